#include "libs/admin/json/strict_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <unordered_set>
#include <utility>
#include <vector>

namespace keyfence {
namespace {

namespace json = boost::json;
using boost::system::error_code;

// The member names of one object. Most have few, which are compared sooner than hashed.
class MemberNames {
 public:
  [[nodiscard]] bool insert(const std::string& name) {
    if (!many_.empty()) return many_.insert(name).second;
    if (std::find(few_.begin(), few_.end(), name) != few_.end()) return false;
    few_.push_back(name);
    if (few_.size() > kFewMax) many_.insert(few_.begin(), few_.end());
    return true;
  }

 private:
  static constexpr std::size_t kFewMax = 16;
  std::vector<std::string> few_;
  std::unordered_set<std::string> many_;
};

// Builds the value as the library's own parser does, and keeps the member names of the objects that are open.
class Handler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit Handler(json::storage_ptr memory) { stack_.reset(std::move(memory)); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, error_code&) {
    stack_.push_object(n);
    open_.pop_back();
    return value_done();
  }
  bool on_array_begin(error_code&) {
    open_.emplace_back();
    open_.back().is_array = true;
    return true;
  }
  bool on_array_end(std::size_t n, error_code&) {
    stack_.push_array(n);
    open_.pop_back();
    return value_done();
  }

  bool on_key_part(json::string_view s, std::size_t, error_code&) {
    key_.append(s.data(), s.size());
    stack_.push_chars(s);
    return true;
  }
  bool on_key(json::string_view s, std::size_t, error_code& error) {
    key_.append(s.data(), s.size());
    stack_.push_key(s);
    Open& object = open_.back();
    object.member = std::exchange(key_, {});
    if (object.names.insert(object.member)) return true;
    for (const Open& level : open_) {
      duplicate_ += '/';
      duplicate_ += level.is_array ? std::to_string(level.index) : pointer_step(level.member);
    }
    error = make_error_code(json::error::exception);
    return false;
  }

  bool on_string_part(json::string_view s, std::size_t, error_code&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_string(json::string_view s, std::size_t, error_code&) {
    stack_.push_string(s);
    return value_done();
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t i, json::string_view, error_code&) {
    stack_.push_int64(i);
    return value_done();
  }
  bool on_uint64(std::uint64_t u, json::string_view, error_code&) {
    stack_.push_uint64(u);
    return value_done();
  }
  bool on_double(double d, json::string_view, error_code& error) {
    if (!std::isfinite(d)) {
      error = make_error_code(json::error::exponent_overflow);
      return false;
    }
    stack_.push_double(d);
    return value_done();
  }
  bool on_bool(bool b, error_code&) {
    stack_.push_bool(b);
    return value_done();
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return value_done();
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  json::value release() { return stack_.release(); }
  [[nodiscard]] const std::string& duplicate() const noexcept { return duplicate_; }

 private:
  struct Open {
    bool is_array = false;
    std::size_t index = 0;
    std::string member;
    MemberNames names;
  };

  bool value_done() {
    if (!open_.empty() && open_.back().is_array) ++open_.back().index;
    return true;
  }

  json::value_stack stack_;
  std::vector<Open> open_;
  std::string key_;
  std::string duplicate_;
};

}  // namespace

std::string pointer_step(std::string_view member) {
  std::string out;
  for (const char c : member) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

Result<json::value, JsonError> parse_strict_json(std::string_view text, json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<Handler> parser(options, std::move(memory));
  error_code error;
  std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = make_error_code(json::error::extra_data);
  if (!error) return parser.handler().release();
  if (!parser.handler().duplicate().empty()) {
    const std::string& pointer = parser.handler().duplicate();
    return Err{JsonError{"duplicate_member", "the member " + pointer + " comes twice", pointer}};
  }
  if (error == json::error::too_deep) {
    return Err{JsonError{"too_deep", "nested deeper than " + std::to_string(kJsonDepthMax) + " levels", {}}};
  }
  if (error == json::error::illegal_leading_surrogate || error == json::error::illegal_trailing_surrogate ||
      error == json::error::expected_utf16_escape) {
    return Err{JsonError{"malformed", "an escaped surrogate without its other half", {}}};
  }
  return Err{JsonError{"malformed", "not JSON at byte " + std::to_string(used) + ": " + error.message(), {}}};
}

}  // namespace keyfence
