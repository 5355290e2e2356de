#include "apps/keyfence/api_session.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "apps/keyfence/commands.h"
#include "apps/keyfence/settings.h"

namespace keyfence {
namespace {

namespace json = boost::json;

std::string first_line(std::string text) {
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

// A problem as text: what, then each field with its suggestions.
std::string describe(int status, const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return "the server answered " + std::to_string(status);
  std::string text = cell(value, "detail") + " (" + cell(value, "code") + ", " + cell(value, "request_id") + ")";
  for (const std::string_view member : {"errors", "lines"}) {
    const json::value* list = value.as_object().if_contains(member);
    if (list == nullptr || !list->is_array()) continue;
    for (const json::value& item : list->as_array()) {
      std::string where = cell(item, "pointer") + cell(item, "parameter");
      if (member == std::string_view("lines")) where = "line " + cell(item, "line") + " '" + cell(item, "text") + "'";
      text += "\n  " + where + (where.empty() ? "" : ": ") + cell(item, "message") + " (" + cell(item, "code") + ")";
      if (!cell(item, "standing_id").empty()) text += " " + cell(item, "standing_id");
      const json::value* suggestions = item.as_object().if_contains("suggestions");
      if (suggestions == nullptr || !suggestions->is_array()) continue;
      for (const json::value& suggestion : suggestions->as_array()) {
        text += "\n    did you mean  " + std::string(suggestion.as_string().c_str());
      }
    }
  }
  return text;
}

CommandResult<std::string> read_token(const ApiFlags& flags) {
  const Environment environment = process_environment();
  std::string file = flags.token_file;
  if (file.empty()) {
    if (auto token = environment("KEYFENCE_TOKEN")) return first_line(std::move(*token));
    file = environment("KEYFENCE_TOKEN_FILE").value_or("");
  }
  if (file.empty()) return Err{CommandError{"a token is needed: --token-file, KEYFENCE_TOKEN_FILE or KEYFENCE_TOKEN"}};
  auto text = read_input(file);
  if (!text) return Err{std::move(text).error()};
  return first_line(std::move(*text));
}

}  // namespace

CommandResult<ApiSession> ApiSession::open(const ApiFlags& flags) {
  auto token = read_token(flags);
  if (!token) return Err{std::move(token).error()};
  std::string url = flags.api;
  if (url.empty()) url = process_environment()("KEYFENCE_API").value_or("http://127.0.0.1:8600");
  auto client = HttpClient::connect(url);
  if (!client) return Err{CommandError{client.error()}};
  return ApiSession(std::move(*client), std::move(*token));
}

CommandResult<json::value> ApiSession::send(std::string_view method, const std::string& path,
                                            std::string_view content_type, std::string body) {
  auto response = client_.send(method, "/api/v1" + path, token_, content_type, std::move(body));
  if (!response) return Err{CommandError{response.error()}};
  if (response->status >= 300) return Err{CommandError{describe(response->status, response->body)}};
  if (response->status == 204) return json::value();
  boost::system::error_code error;
  json::value value = json::parse(response->body, error);
  if (error) return Err{CommandError{"the server's answer is not JSON"}};
  return value;
}

CommandResult<json::value> ApiSession::call(std::string_view method, const std::string& path) {
  return send(method, path, "", "");
}

CommandResult<json::value> ApiSession::call(std::string_view method, const std::string& path, const json::value& body) {
  return send(method, path, "application/json", json::serialize(body));
}

CommandResult<json::value> ApiSession::call_text(std::string_view method, const std::string& path, std::string text) {
  return send(method, path, "text/plain", std::move(text));
}

CommandResult<void> ApiSession::download(const std::string& path, const std::function<bool(std::string_view)>& sink) {
  const auto response = client_.download("/api/v1" + path, token_, sink);
  if (!response) return Err{CommandError{response.error()}};
  if (response->status >= 300) return Err{CommandError{describe(response->status, response->body)}};
  return {};
}

CommandResult<json::array> ApiSession::all(const std::string& path, std::string_view member) {
  json::array items;
  std::string after;
  for (;;) {
    const char joint = path.find('?') == std::string::npos ? '?' : '&';
    auto page = call("GET", path + joint + "limit=1000" + (after.empty() ? "" : "&after=" + after));
    if (!page) return Err{std::move(page).error()};
    for (json::value& item : page->as_object()[member].as_array()) items.emplace_back(std::move(item));
    after = cell(*page, "next");
    if (after.empty()) return items;
  }
}

void add_api_flags(CLI::App& command, const std::shared_ptr<ApiFlags>& flags) {
  command.add_option("--api", flags->api, "the admin API (or KEYFENCE_API; default http://127.0.0.1:8600)");
  command.add_option("--token-file", flags->token_file,
                     "file with the management token (or KEYFENCE_TOKEN_FILE, or the token in KEYFENCE_TOKEN)");
  command.add_flag("--json", flags->json, "print the API's answer as JSON");
}

CLI::App* add_api_group(CLI::App& app, const std::string& name, const std::string& help,
                        const std::shared_ptr<ApiFlags>& flags) {
  CLI::App* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  add_api_flags(*group, flags);
  return group;
}

CLI::App* add_api_leaf(CLI::App& group, const std::string& name, const std::string& help,
                       const std::shared_ptr<ApiFlags>& flags, int& exit_code, ApiCommand run) {
  CLI::App* leaf = group.add_subcommand(name, help);
  leaf->fallthrough();
  leaf->callback([flags, run = std::move(run), &exit_code] {
    auto session = ApiSession::open(*flags);
    if (!session) {
      exit_code = fail_command(session.error().text);
      return;
    }
    const auto outcome = run(*session, *flags);
    if (!outcome) exit_code = fail_command(outcome.error().text);
  });
  return leaf;
}

void print_json(const json::value& value) {
  std::cout << json::serialize(value) << '\n';
}

void print_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, text] : fields) width = std::max(width, name.size());
  for (const auto& [name, text] : fields) {
    std::cout << name << std::string(width - name.size() + 2, ' ') << text << '\n';
  }
}

void print_table(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows) {
  const auto characters = [](const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
  };
  std::vector<std::size_t> widths(heading.size(), 0);
  const auto measure = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], characters(row[i]));
  };
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - characters(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
  };
  measure(heading);
  for (const auto& row : rows) measure(row);
  print(heading);
  for (const auto& row : rows) print(row);
}

std::string cell(const json::value& object, std::string_view member) {
  const json::object* members = object.if_object();
  const json::value* value = members != nullptr ? members->if_contains(member) : nullptr;
  if (value == nullptr || value->is_null()) return "";
  std::string text;
  if (const json::string* string = value->if_string()) {
    text.assign(string->data(), string->size());
  } else if (const json::array* array = value->if_array()) {
    for (const json::value& item : *array) {
      text += (text.empty() ? "" : " ") + (item.is_string() ? std::string(item.as_string()) : json::serialize(item));
    }
  } else {
    text = json::serialize(*value);
  }
  // Nothing that was typed elsewhere may move the cursor of this terminal.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return text;
}

void print_warnings(const json::value& answer) {
  const json::value* warnings = answer.as_object().if_contains("warnings");
  if (warnings == nullptr || !warnings->is_array()) return;
  for (const json::value& warning : warnings->as_array()) {
    std::cerr << "warning: " << cell(warning, "message") << " (" << cell(warning, "code") << ")\n";
  }
}

std::string encode_query(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

CommandResult<std::string> read_input(const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream in(file, std::ios::binary);
  if (in) text << in.rdbuf();
  if (!in) return Err{CommandError{file + ": cannot be read"}};
  return text.str();
}

}  // namespace keyfence
