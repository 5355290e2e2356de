#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/http/message.h"
#include "libs/base/result.h"

namespace keyfence {

// The files of the console, read once and held in memory: no path of a request ever reaches the file system.
//
// Shape    Each regular file under the directory under its path from there. FILE.gz beside FILE is for clients that
//          take gzip. A path that names no file and has no extension is one of the console's own routes: /sign-in gets
//          sign-in.html where there is one, every other path index.html.
//          Files whose name carries a hash (app-3f9c1a2b.js) are immutable; others are asked for again by their ETag.
// Errors   load() answers why the directory cannot be read, or that it holds no index.html.
// Threads  Reads only, once made.
class StaticFiles {
 public:
  static constexpr std::size_t kBytesMax = 64 * 1024 * 1024;

  [[nodiscard]] static Result<StaticFiles, std::string> load(const std::filesystem::path& directory);

  // nullopt where there is no such file. The request is a GET or HEAD.
  [[nodiscard]] std::optional<HttpResponse> answer(const HttpRequest& request) const;

 private:
  struct File {
    std::string content_type;
    std::string bytes;
    std::string gzip;  // empty: there is none
    std::string etag;
    bool immutable = false;
  };

  [[nodiscard]] static HttpResponse respond(const File& file, const HttpRequest& request);

  std::map<std::string, File, std::less<>> files_;  // by path: "/assets/app-3f9c1a2b.js"
};

}  // namespace keyfence
