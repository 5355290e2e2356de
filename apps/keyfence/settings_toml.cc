#include <toml++/toml.h>
#include <fstream>
#include <sstream>
#include <utility>

#include "apps/keyfence/settings.h"

namespace keyfence {
namespace {

std::string place(const std::string& file, const toml::source_position& at) {
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

bool is_known(std::string_view name) {
  for (const SettingDescription& known : serve_settings_known()) {
    if (known.name == name) return true;
  }
  return false;
}

std::string known_names() {
  std::string names;
  for (const SettingDescription& known : serve_settings_known()) {
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return names;
}

// Texts and whole numbers; lists of texts as one text with commas.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* array = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *array) {
      const auto* text = item.as_string();
      if (text == nullptr) return std::nullopt;
      joined += (joined.empty() ? "" : ",") + text->get();
    }
    return joined;
  }
  return std::nullopt;
}

}  // namespace

Result<WrittenSettings, std::string> settings_of_toml(std::string_view text, const std::string& file) {
  try {
    const toml::table table = toml::parse(text, file);
    WrittenSettings settings;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (!is_known(name)) {
        return Err{place(file, key.source().begin) + ": unknown setting '" + name + "'; known are " + known_names()};
      }
      auto value = text_of(node);
      if (!value) {
        return Err{place(file, node.source().begin) + ": " + name +
                   " must be a text, a whole number or a list of texts"};
      }
      settings.emplace(name, WrittenSetting{std::move(*value), place(file, node.source().begin)});
    }
    return settings;
  } catch (const toml::parse_error& error) {
    return Err{place(file, error.source().begin) + ": " + std::string(error.description())};
  }
}

Result<WrittenSettings, std::string> settings_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return Err{file.string() + ": cannot be read"};
  return settings_of_toml(text.str(), file.string());
}

}  // namespace keyfence
