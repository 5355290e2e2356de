#include "libs/admin/input.h"

#include <algorithm>
#include <utility>

#include "libs/admin/http/query.h"

namespace keyfence {
namespace {

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string trimmed(std::string text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.erase(0, begin);
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::optional<std::string> read_name(ObjectReader& reader, Presence presence) {
  auto typed = reader.text("name", presence);
  if (!typed) return std::nullopt;
  std::string name = trimmed(std::move(*typed));
  if (name.empty()) {
    reader.report("name", "empty", "must not be empty");
  } else if (count_characters(name) > kNameCharactersMax) {
    reader.report("name", "too_long", "must have at most " + std::to_string(kNameCharactersMax) + " characters");
  } else if (std::any_of(name.begin(), name.end(), is_control)) {
    reader.report("name", "control_character", "must not hold control characters");
  } else {
    return name;
  }
  return std::nullopt;
}

std::optional<std::string> read_description(ObjectReader& reader) {
  auto typed = reader.text("description");
  if (!typed) return std::nullopt;
  if (count_characters(*typed) > kDescriptionCharactersMax) {
    reader.report("description", "too_long",
                  "must have at most " + std::to_string(kDescriptionCharactersMax) + " characters");
    return std::nullopt;
  }
  if (std::any_of(typed->begin(), typed->end(), [](char c) { return is_control(c) && c != '\n' && c != '\t'; })) {
    reader.report("description", "control_character", "must not hold control characters");
    return std::nullopt;
  }
  return typed;
}

std::optional<std::vector<std::string>> read_scopes(ObjectReader& reader) {
  const boost::json::array* array = reader.array("scopes");
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> scopes;
  bool good = true;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const boost::json::string* text = (*array)[i].if_string();
    if (text == nullptr || !is_scope_name({text->data(), text->size()})) {
      reader.report("scopes", "not_a_scope",
                    "the one at " + std::to_string(i) + " is no scope: 1 to 64 of a-z A-Z 0-9 and . _ - : / *");
      good = false;
      break;
    }
    scopes.emplace_back(text->data(), text->size());
  }
  std::sort(scopes.begin(), scopes.end());
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  if (scopes.size() > kScopesPerKeyMax) {
    reader.report("scopes", "too_many", "must be at most " + std::to_string(kScopesPerKeyMax));
    good = false;
  }
  if (!good) return std::nullopt;
  return scopes;
}

std::optional<std::optional<ErrorStyle>> read_nullable_error_style(ObjectReader& reader) {
  const auto typed = reader.nullable_text("error_style");
  if (!typed) return std::nullopt;
  if (!*typed) return std::optional<ErrorStyle>();
  const auto style = parse_error_style(**typed);
  if (!style) {
    reader.report("error_style", "not_allowed", "must be " + std::string(kErrorStyles) + ", or null");
    return std::nullopt;
  }
  return std::optional(style);
}

std::string hint_of(std::string_view secret) {
  const std::size_t underscore = std::min(secret.find('_'), secret.size() - 1);
  return std::string(secret.substr(0, underscore + 4)) + "…" + std::string(secret.substr(secret.size() - 4));
}

}  // namespace keyfence
