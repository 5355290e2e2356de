#include "apps/keyfence/declared_toml.h"

#include <toml++/toml.h>
#include <boost/json/value.hpp>
#include <sstream>

namespace keyfence {
namespace {

namespace json = boost::json;

json::value to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    json::object out;
    for (const auto& [key, value] : *table) out[std::string_view(key.str())] = to_json(value);
    return out;
  }
  if (const auto* array = node.as_array()) {
    json::array out;
    for (const auto& value : *array) out.emplace_back(to_json(value));
    return out;
  }
  if (const auto* text = node.as_string()) return json::value(text->get());
  if (const auto* number = node.as_integer()) return json::value(number->get());
  if (const auto* flag = node.as_boolean()) return json::value(flag->get());
  if (const auto* number = node.as_floating_point()) return json::value(number->get());
  std::ostringstream time;
  if (const auto* value = node.as_date_time()) time << value->get();
  if (const auto* value = node.as_date()) time << value->get();
  if (const auto* value = node.as_time()) time << value->get();
  return json::value(time.str());
}

toml::table to_table(const json::object& object);

toml::array to_array(const json::array& array) {
  toml::array out;
  for (const json::value& value : array) {
    if (value.is_object()) out.push_back(to_table(value.as_object()));
    if (value.is_string()) out.push_back(std::string(value.as_string()));
  }
  return out;
}

// What has no value is left out: TOML knows no null.
toml::table to_table(const json::object& object) {
  toml::table out;
  for (const auto& member : object) {
    const std::string_view key = member.key();
    const json::value& value = member.value();
    if (value.is_object()) out.insert(key, to_table(value.as_object()));
    if (value.is_array()) out.insert(key, to_array(value.as_array()));
    if (value.is_string()) out.insert(key, std::string(value.as_string()));
    if (value.is_bool()) out.insert(key, value.as_bool());
    if (value.is_int64()) out.insert(key, value.as_int64());
  }
  return out;
}

}  // namespace

std::string toml_of(const json::object& document) {
  std::ostringstream out;
  out << to_table(document) << '\n';
  return out.str();
}

Result<json::object, std::string> json_of_toml(const std::string& text, const std::string& file) {
  try {
    const toml::table table = toml::parse(text, file);
    return to_json(table).as_object();
  } catch (const toml::parse_error& error) {
    return Err{file + ":" + std::to_string(error.source().begin.line) + ":" +
               std::to_string(error.source().begin.column) + ": " + std::string(error.description())};
  }
}

}  // namespace keyfence
