#include "libs/admin/static_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

namespace fs = std::filesystem;

std::string_view type_of(std::string_view extension) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kTypes = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
  }};
  for (const auto& [known, type] : kTypes) {
    if (known == extension) return type;
  }
  return "application/octet-stream";
}

// name-3f9c1A_b.js: a dash and at least eight characters before the extension, at least one of them no lower-case
// letter, as in a hash and not in a word.
bool has_hash(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dash = stem.size() > 9 ? stem.rfind('-', stem.size() - 9) : std::string::npos;
  if (dash == std::string::npos) return false;
  const std::string_view hash = std::string_view(stem).substr(dash + 1);
  return std::any_of(hash.begin(), hash.end(), [](char c) { return c < 'a' || c > 'z'; });
}

std::optional<std::string> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (in) bytes << in.rdbuf();
  if (!in) return std::nullopt;
  return std::move(bytes).str();
}

bool takes_gzip(const HttpRequest& request) {
  const std::string_view encodings = request.header("Accept-Encoding").value_or("");
  return encodings.find("gzip") != std::string_view::npos && encodings.find("gzip;q=0") == std::string_view::npos;
}

bool has_tag(std::string_view list, std::string_view etag) {
  return list == "*" || list.find(etag) != std::string_view::npos;
}

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

}  // namespace

Result<StaticFiles, std::string> StaticFiles::load(const fs::path& directory) {
  StaticFiles files;
  std::map<std::string, std::string> compressed;
  std::size_t bytes_read = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    auto bytes = read_whole(at->path());
    if (!bytes) return Err{at->path().string() + " cannot be read"};
    bytes_read += bytes->size();
    if (bytes_read > kBytesMax) return Err{directory.string() + " holds more than a console does"};
    std::string name = "/" + at->path().lexically_relative(directory).generic_string();
    if (at->path().extension() == ".gz") {
      compressed.emplace(name.substr(0, name.size() - 3), std::move(*bytes));
      continue;
    }
    File file;
    file.content_type = type_of(at->path().extension().string());
    file.etag = sha256(*bytes).hex().substr(0, 32);
    file.immutable = has_hash(at->path());
    file.bytes = std::move(*bytes);
    files.files_.emplace(std::move(name), std::move(file));
  }
  if (error) return Err{directory.string() + " cannot be read: " + error.message()};
  if (!files.files_.contains("/index.html")) return Err{directory.string() + " holds no index.html"};
  for (auto& [name, bytes] : compressed) {
    const auto file = files.files_.find(name);
    if (file != files.files_.end()) file->second.gzip = std::move(bytes);
  }
  return files;
}

HttpResponse StaticFiles::respond(const File& file, const HttpRequest& request) {
  const bool gzip = !file.gzip.empty() && takes_gzip(request);
  const std::string etag = "\"" + file.etag + (gzip ? "-gzip\"" : "\"");
  HttpResponse response;
  response.headers = {
      {"ETag", etag},
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
      {"Cross-Origin-Opener-Policy", "same-origin"},
  };
  if (!file.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_tag(request.header("If-None-Match").value_or(""), etag)) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.content_type = file.content_type;
  response.body = gzip ? file.gzip : file.bytes;
  return response;
}

std::optional<HttpResponse> StaticFiles::answer(const HttpRequest& request) const {
  auto file = files_.find(request.path);
  if (file == files_.end()) {
    const std::string_view path = request.path;
    const bool names_a_file = path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos;
    if (names_a_file) return std::nullopt;
    file = files_.find(std::string(path) + ".html");
    if (file == files_.end()) file = files_.find("/index.html");
  }
  return respond(file->second, request);
}

}  // namespace keyfence
