#include "libs/admin/testing/openapi_check.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <regex>

#include "libs/admin/http/query.h"
#include "libs/admin/openapi_document.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::size_t kItemsCheckedMax = 1'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_of_type(const json::value& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

bool has_a_type_of(const json::value& value, const json::value& type) {
  if (type.is_string()) return is_of_type(value, type.as_string());
  return std::any_of(type.as_array().begin(), type.as_array().end(),
                     [&](const json::value& one) { return is_of_type(value, one.as_string()); });
}

const std::regex& compiled(const std::string& pattern) {
  static std::map<std::string, std::regex> known;
  return known.try_emplace(pattern, pattern).first->second;
}

void check_text(const json::object& schema, const json::string& text, const std::string& at,
                std::vector<std::string>& complaints) {
  const std::string value(text);
  if (const auto* pattern = schema.if_contains("pattern")) {
    if (!std::regex_search(value, compiled(std::string(pattern->as_string()))))
      complaints.push_back(at + ": '" + value + "' is not as the pattern says");
  }
  const auto length = static_cast<std::int64_t>(count_characters(value));
  if (const auto* max = schema.if_contains("maxLength"); max != nullptr && length > max->as_int64()) {
    complaints.push_back(at + ": too long");
  }
  if (const auto* min = schema.if_contains("minLength"); min != nullptr && length < min->as_int64()) {
    complaints.push_back(at + ": too short");
  }
}

void check_number(const json::object& schema, const json::value& value, const std::string& at,
                  std::vector<std::string>& complaints) {
  const double number = value.to_number<double>();
  if (const auto* max = schema.if_contains("maximum"); max != nullptr && number > max->to_number<double>()) {
    complaints.push_back(at + ": too large");
  }
  if (const auto* min = schema.if_contains("minimum"); min != nullptr && number < min->to_number<double>()) {
    complaints.push_back(at + ": too small");
  }
}

}  // namespace

OpenapiCheck::OpenapiCheck() : document_(json::parse(std::string(openapi_document()))) {}

const json::value& OpenapiCheck::resolve(const json::value& node) const {
  const json::object* object = node.if_object();
  const json::value* ref = object != nullptr ? object->if_contains("$ref") : nullptr;
  if (ref == nullptr) return node;
  return document_.at_pointer(std::string_view(ref->as_string()).substr(1));
}

std::vector<std::string> OpenapiCheck::operations() const {
  std::vector<std::string> operations;
  for (const auto& path : document_.as_object().at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      if (operation.key() == "parameters") continue;
      std::string method(operation.key());
      std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::toupper(c); });
      operations.push_back(method + " " + std::string(path.key()));
    }
  }
  std::sort(operations.begin(), operations.end());
  return operations;
}

std::vector<std::string> OpenapiCheck::complaints(std::string_view method, std::string_view path_template,
                                                  const HttpResponse& response) const {
  const json::object& paths = document_.as_object().at("paths").as_object();
  const std::string where = std::string(method) + " " + std::string(path_template);
  const json::value* path = paths.if_contains(path_template);
  const json::value* operation = path != nullptr ? path->as_object().if_contains(lower(method)) : nullptr;
  if (operation == nullptr) return {where + ": not described"};
  const json::object& answers = operation->as_object().at("responses").as_object();
  const std::string status = std::to_string(response.status);
  const json::value* answer = answers.if_contains(status);
  if (answer == nullptr) {
    if (response.status < 400) return {where + ": status " + status + " is not described"};
    answer = &answers.at("default");
  }
  const json::object& described = resolve(*answer).as_object();
  if (response.content_type.empty()) {
    if (described.contains("content")) return {where + ": " + status + " lacks the content that is described"};
    return {};
  }
  if (!described.contains("content")) return {where + ": " + status + " has content that is not described"};
  const std::string media = response.content_type.substr(0, response.content_type.find(';'));
  const json::value* content = described.at("content").as_object().if_contains(media);
  if (content == nullptr) return {where + ": " + status + " with '" + media + "' is not described"};
  std::vector<std::string> found;
  if (const auto* headers = described.if_contains("headers")) {
    for (const auto& header : headers->as_object()) {
      const bool sent = std::any_of(response.headers.begin(), response.headers.end(), [&](const HttpHeader& h) {
        return equals_without_case(h.first, std::string_view(header.key()));
      });
      if (!sent && header.key() == "ETag") found.push_back(where + ": the ETag is missing");
    }
  }
  if (!media.ends_with("json")) return found;
  check(content->as_object().at("schema"), json::parse(response.body), where + " " + status, found);
  return found;
}

std::vector<std::string> OpenapiCheck::complaints_of_schema(std::string_view schema, const json::value& value) const {
  std::vector<std::string> found;
  check(document_.at_pointer("/components/schemas/" + std::string(schema)), value, std::string(schema), found);
  return found;
}

std::vector<std::string> OpenapiCheck::complaints_of(const json::value& schema, const json::value& value) const {
  std::vector<std::string> found;
  check(schema, value, "example", found);
  return found;
}

void OpenapiCheck::check_object(const json::object& schema, const json::object& value, const std::string& at,
                                std::vector<std::string>& complaints) const {
  if (const auto* required = schema.if_contains("required")) {
    for (const json::value& member : required->as_array()) {
      if (!value.contains(member.as_string())) complaints.push_back(at + ": lacks " + std::string(member.as_string()));
    }
  }
  const json::value* properties = schema.if_contains("properties");
  const json::value* additional = schema.if_contains("additionalProperties");
  const bool closed = additional != nullptr && additional->is_bool() && !additional->as_bool();
  for (const auto& member : value) {
    const json::value* known = properties != nullptr ? properties->as_object().if_contains(member.key()) : nullptr;
    if (known != nullptr) {
      check(*known, member.value(), at + "/" + std::string(member.key()), complaints);
    } else if (closed) {
      complaints.push_back(at + ": " + std::string(member.key()) + " is not described");
    }
  }
}

void OpenapiCheck::check(const json::value& node, const json::value& value, const std::string& at,
                         std::vector<std::string>& complaints) const {
  const json::object& schema = resolve(node).as_object();
  if (const auto* any = schema.if_contains("anyOf")) {
    const bool one = std::any_of(any->as_array().begin(), any->as_array().end(), [&](const json::value& option) {
      std::vector<std::string> of_option;
      check(option, value, at, of_option);
      return of_option.empty();
    });
    if (!one) complaints.push_back(at + ": none of anyOf allows " + json::serialize(value));
  }
  if (const auto* type = schema.if_contains("type"); type != nullptr && !has_a_type_of(value, *type)) {
    complaints.push_back(at + ": " + json::serialize(value) + " is not of type " + json::serialize(*type));
    return;
  }
  if (const auto* allowed = schema.if_contains("enum")) {
    const json::array& list = allowed->as_array();
    if (std::find(list.begin(), list.end(), value) == list.end()) {
      complaints.push_back(at + ": " + json::serialize(value) + " is none of " + json::serialize(list));
    }
  }
  if (const auto* constant = schema.if_contains("const"); constant != nullptr && *constant != value) {
    complaints.push_back(at + ": is not " + json::serialize(*constant));
  }
  if (const auto* text = value.if_string()) check_text(schema, *text, at, complaints);
  if (value.is_number()) check_number(schema, value, at, complaints);
  if (const auto* object = value.if_object()) check_object(schema, *object, at, complaints);
  if (const auto* array = value.if_array()) {
    if (const auto* items = schema.if_contains("items")) {
      for (std::size_t i = 0; i < std::min(array->size(), kItemsCheckedMax); ++i) {
        check(*items, (*array)[i], at + "/" + std::to_string(i), complaints);
      }
    }
  }
}

}  // namespace keyfence
