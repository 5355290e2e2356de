// Asks every operation of openapi.yaml in ways that its description allows and in ways that it does not. Whatever is
// sent, the answer is one that the document describes, and never a 5xx.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <random>

#include "libs/admin/openapi_document.h"
#include "libs/admin/testing/api_fixture.h"
#include "libs/usage/usage_store.h"

namespace keyfence {
namespace {

namespace json = boost::json;

class Fuzz : public ApiFixture {
 protected:
  Fuzz() : document_(json::parse(std::string(openapi_document()))) {
    auto usage = open_sqlite_usage_store(dir_ / "usage");
    EXPECT_TRUE(usage.ok());
    usage_ = std::move(*usage);
    services_->usage = usage_.get();
    refresh();
  }
  ~Fuzz() override { services_->usage = nullptr; }

  // What is there to be asked about; earlier rounds may have deleted it.
  void refresh() {
    const std::string account = make_account("account " + std::to_string(ids_.next()));
    const std::string key = make_key(account).id;
    known_["account_id"] = account;
    known_["key_id"] = key;
    known_["entry_id"] =
        post("/api/v1/keys/" + key + "/allowlist/entries", R"({"text":"192.0.2.1"})").text("/entry/id");
    known_["token_id"] =
        post("/api/v1/tokens", R"({"name":"t","role":"viewer","account_id":")" + account + "\"}").text("/token/id");
  }

  [[nodiscard]] const json::value& resolve(const json::value& node) const {
    const json::object* object = node.if_object();
    const json::value* ref = object != nullptr ? object->if_contains("$ref") : nullptr;
    if (ref == nullptr) return node;
    return document_.at_pointer(std::string_view(ref->as_string()).substr(1));
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::string odd_text() {
    static const std::vector<std::string> kTexts = {"",
                                                    " ",
                                                    "a",
                                                    "0",
                                                    "-1",
                                                    "null",
                                                    "\xC3\xA9\xE2\x82\xAC",
                                                    std::string("a\0b", 3),
                                                    "\x1B[2J",
                                                    "2026-02-30T00:00:00Z",
                                                    "2027-01-01T00:00:00Z",
                                                    "203.0.113.0/24",
                                                    "10.0.0.*",
                                                    "2001:db8::/33",
                                                    "18446744073709551616",
                                                    "9223372036854775808",
                                                    "%00",
                                                    "../../etc/passwd",
                                                    "' OR 1=1 --",
                                                    "acc_0000000000000",
                                                    "key_zzzzzzzzzzzzz",
                                                    "per_0am5bzb5nargv",
                                                    std::string(300, 'x'),
                                                    std::string(5000, '9')};
    return kTexts[below(kTexts.size())];
  }

  // A value as the schema has it, or nearly.
  json::value value_of(const json::value& node, int depth = 0) {
    if (one_in(12) || depth > 5) return odd_value();
    const json::object& schema = resolve(node).as_object();
    if (const auto* any = schema.if_contains("anyOf")) {
      const json::array& options = any->as_array();
      return value_of(options[below(options.size())], depth + 1);
    }
    if (const auto* allowed = schema.if_contains("enum")) return allowed->as_array()[below(allowed->as_array().size())];
    if (const auto* constant = schema.if_contains("const")) return *constant;
    const auto* type = schema.if_contains("type");
    if (type == nullptr) return odd_value();
    const json::array types = type->is_array() ? type->as_array() : json::array{*type};
    return value_of_type(types[below(types.size())].as_string(), schema, depth);
  }

  json::value value_of_type(std::string_view type, const json::object& schema, int depth) {
    if (type == "object") {
      json::object out;
      if (const auto* properties = schema.if_contains("properties")) {
        for (const auto& member : properties->as_object()) {
          if (!one_in(4)) out[member.key()] = value_of(member.value(), depth + 1);
        }
      }
      if (one_in(10)) out["odd"] = odd_value();
      return out;
    }
    if (type == "array") {
      json::array out;
      const auto* items = schema.if_contains("items");
      for (std::uint64_t i = below(4); i > 0 && items != nullptr; --i) out.push_back(value_of(*items, depth + 1));
      return out;
    }
    if (type == "integer") return static_cast<std::int64_t>(below(40)) - 3;
    if (type == "boolean") return one_in(2);
    if (type == "null") return nullptr;
    if (schema.contains("pattern") && one_in(2)) {
      auto known = known_.begin();
      std::advance(known, static_cast<std::ptrdiff_t>(below(known_.size())));
      return json::value(known->second);
    }
    return json::value(odd_text());
  }

  json::value odd_value() {
    switch (below(8)) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return -9'223'372'036'854'775'807LL;
      case 3:
        return 1e300;
      case 4:
        return json::array{json::array{json::object{}}, nullptr};
      case 5:
        return json::object{{"a", 1}};
      default:
        return json::value(odd_text());
    }
  }

  static std::string encoded(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '_' || c == '.') {
        out += c;
      } else {
        out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
      }
    }
    return out;
  }

  std::string path_of(std::string_view path_template) {
    std::string path(path_template);
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      const std::size_t close = path.find('}');
      const std::string parameter = path.substr(open + 1, close - open - 1);
      const auto known = known_.find(parameter);
      const bool good = known != known_.end() && !one_in(3);
      path.replace(open, close - open + 1, good ? known->second : encoded(odd_text().substr(0, 50)));
    }
    return path;
  }

  std::string query_of(const json::object& operation) {
    std::string query;
    const auto add = [&](std::string_view parameter, const std::string& value) {
      query += (query.empty() ? "?" : "&") + std::string(parameter) + "=" + encoded(value);
    };
    if (const auto* parameters = operation.if_contains("parameters")) {
      for (const json::value& reference : parameters->as_array()) {
        const json::object& parameter = resolve(reference).as_object();
        if (parameter.at("in").as_string() != "query" || one_in(2)) continue;
        const json::value value = value_of(parameter.at("schema"));
        add(parameter.at("name").as_string(),
            value.is_string() ? std::string(value.as_string()) : json::serialize(value));
      }
    }
    if (one_in(10)) add(odd_text().substr(0, 20), odd_text().substr(0, 100));
    if (one_in(30)) query += "&%zz=%";
    return query;
  }

  std::string body_of(const json::object& operation) {
    const auto* reference = operation.if_contains("requestBody");
    if (reference == nullptr) return one_in(10) ? "{}" : "";
    const json::object& content = resolve(*reference).at("content").as_object();
    std::string body = json::serialize(value_of(content.at("application/json").at("schema")));
    if (one_in(10) && !body.empty()) body[below(body.size())] = static_cast<char>(below(256));
    if (one_in(20)) body.resize(below(body.size() + 1));
    return body;
  }

  void ask(std::string_view path_template, std::string method, const json::object& operation) {
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::toupper(c); });
    ApiRequest request{
        .method = method, .path = path_of(path_template) + query_of(operation), .body = body_of(operation)};
    if (one_in(8)) request.headers.emplace_back("If-Match", one_in(2) ? "\"1\"" : odd_text().substr(0, 40));
    const ApiAnswer answer = call(request);  // held against the document
    EXPECT_LT(answer.status, 500) << method << " " << request.path << "\n"
                                  << request.body << "\n"
                                  << answer.response.body;
  }

  json::value document_;
  std::unique_ptr<UsageStore> usage_;
  std::map<std::string, std::string> known_;
  std::mt19937_64 random_{20'261'122};  // the same cases each time, so that one is found again
};

TEST_F(Fuzz, WhateverIsAskedTheAnswerIsAsDescribedAndNo5xx) {
  constexpr int kRounds = 25;
  for (int round = 0; round < kRounds; ++round) {
    refresh();
    for (const auto& path : document_.at("paths").as_object()) {
      for (const auto& operation : path.value().as_object()) {
        if (operation.key() == "parameters") continue;
        ask(path.key(), operation.key(), operation.value().as_object());
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace keyfence
