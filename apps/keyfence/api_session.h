#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/keyfence/http_client.h"
#include "libs/base/result.h"

namespace keyfence {

// How to reach the API: by flag or environment.
struct ApiFlags {
  std::string api;         // --api, KEYFENCE_API, http://127.0.0.1:8600
  std::string token_file;  // --token-file, KEYFENCE_TOKEN_FILE; or the token itself in KEYFENCE_TOKEN
  bool json = false;
};

// What a command prints, and how it ends: a refusal has been turned into text already.
struct CommandError {
  std::string text;
};
template <class T>
using CommandResult = Result<T, CommandError>;

// One command's conversation with the API.
class ApiSession {
 public:
  [[nodiscard]] static CommandResult<ApiSession> open(const ApiFlags& flags);

  [[nodiscard]] CommandResult<boost::json::value> call(std::string_view method, const std::string& path);
  [[nodiscard]] CommandResult<boost::json::value> call(std::string_view method, const std::string& path,
                                                       const boost::json::value& body);
  [[nodiscard]] CommandResult<boost::json::value> call_text(std::string_view method, const std::string& path,
                                                            std::string text);
  // The body as it arrives; the sink answers false to stop.
  [[nodiscard]] CommandResult<void> download(const std::string& path,
                                             const std::function<bool(std::string_view)>& sink);
  // Every item of a paged collection: `items`, or `entries` of an allowlist.
  [[nodiscard]] CommandResult<boost::json::array> all(const std::string& path, std::string_view member = "items");

 private:
  ApiSession(HttpClient client, std::string token) : client_(std::move(client)), token_(std::move(token)) {}
  CommandResult<boost::json::value> send(std::string_view method, const std::string& path,
                                         std::string_view content_type, std::string body);

  HttpClient client_;
  std::string token_;
};

// A leaf of the command line that talks to the API. The run function answers nothing if it printed what there is.
using ApiCommand = std::function<CommandResult<void>(ApiSession&, const ApiFlags&)>;
CLI::App* add_api_leaf(CLI::App& group, const std::string& name, const std::string& help,
                       const std::shared_ptr<ApiFlags>& flags, int& exit_code, ApiCommand run);
// A group of such leaves: `keyfence account …`; takes the flags that all share.
CLI::App* add_api_group(CLI::App& app, const std::string& name, const std::string& help,
                        const std::shared_ptr<ApiFlags>& flags);
void add_api_flags(CLI::App& command, const std::shared_ptr<ApiFlags>& flags);

void print_json(const boost::json::value& value);
// Named texts, one a line, aligned.
void print_fields(const std::vector<std::pair<std::string, std::string>>& fields);
// Rows under a heading, in aligned columns; control characters in cells are shown as question marks.
void print_table(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows);
// A member as a person reads it; empty for null and for what is not there.
[[nodiscard]] std::string cell(const boost::json::value& object, std::string_view member);
// Warnings of an answer, on standard error.
void print_warnings(const boost::json::value& answer);
[[nodiscard]] std::string encode_query(std::string_view text);
// A file's text; "-" is standard input.
[[nodiscard]] CommandResult<std::string> read_input(const std::string& file);

}  // namespace keyfence
