#include "libs/admin/json/object_reader.h"

#include <algorithm>
#include <utility>

#include "libs/admin/json/strict_json.h"

namespace keyfence {
namespace {

namespace json = boost::json;

std::string_view kind_name(json::kind kind) noexcept {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number that is no integer";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

constexpr std::size_t kUnknownMembersReportedMax = 20;

}  // namespace

ObjectReader::ObjectReader(const json::value& value, std::string pointer, std::vector<FieldError>& errors)
    : object_(value.if_object()), pointer_(std::move(pointer)), errors_(errors) {
  known_.reserve(8);
  if (object_ == nullptr) {
    errors_.push_back({.pointer = pointer_,
                       .code = "wrong_type",
                       .message = "must be an object, not " + std::string(kind_name(value.kind()))});
  }
}

bool ObjectReader::has(std::string_view member) const noexcept {
  return object_ != nullptr && object_->contains(member);
}

std::string ObjectReader::pointer_to(std::string_view member) const {
  return pointer_ + "/" + pointer_step(member);
}

void ObjectReader::report(std::string_view member, std::string code, std::string message) {
  errors_.push_back({.pointer = pointer_to(member), .code = std::move(code), .message = std::move(message)});
}

void ObjectReader::wrong_type(std::string_view member, std::string_view wanted, const json::value& found) {
  report(member, "wrong_type", "must be " + std::string(wanted) + ", not " + std::string(kind_name(found.kind())));
}

const json::value* ObjectReader::take(std::string_view member, Presence presence) {
  known_.push_back(member);
  if (object_ == nullptr) return nullptr;
  const json::value* value = object_->if_contains(member);
  if (value == nullptr && presence == Presence::kRequired) report(member, "missing", "is required");
  return value;
}

std::optional<std::string> ObjectReader::text(std::string_view member, Presence presence) {
  const json::value* value = take(member, presence);
  if (value == nullptr) return std::nullopt;
  if (const json::string* text = value->if_string()) return std::string(text->data(), text->size());
  wrong_type(member, "a string", *value);
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view member) {
  const json::value* value = take(member, Presence::kOptional);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  wrong_type(member, "a boolean", *value);
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view member, std::int64_t min, std::int64_t max) {
  const json::value* value = take(member, Presence::kOptional);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() && !value->is_uint64()) {
    wrong_type(member, "an integer", *value);
    return std::nullopt;
  }
  const std::int64_t* number = value->if_int64();
  if (number == nullptr || *number < min || *number > max) {
    report(member, "out_of_range", "must be from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return *number;
}

std::optional<std::optional<std::int64_t>> ObjectReader::nullable_integer(std::string_view member, std::int64_t min,
                                                                          std::int64_t max) {
  if (has(member) && object_->at(member).is_null()) {
    known_.push_back(member);
    return std::optional<std::int64_t>();
  }
  const auto number = integer(member, min, max);
  if (!number) return std::nullopt;
  return std::optional(number);
}

std::optional<std::optional<std::string>> ObjectReader::nullable_text(std::string_view member) {
  if (has(member) && object_->at(member).is_null()) {
    known_.push_back(member);
    return std::optional<std::string>();
  }
  auto typed = text(member);
  if (!typed) return std::nullopt;
  return std::optional(std::move(typed));
}

const json::array* ObjectReader::array(std::string_view member, Presence presence) {
  const json::value* value = take(member, presence);
  if (value == nullptr) return nullptr;
  if (const json::array* array = value->if_array()) return array;
  wrong_type(member, "an array", *value);
  return nullptr;
}

const json::value* ObjectReader::object(std::string_view member) {
  const json::value* value = take(member, Presence::kOptional);
  if (value == nullptr || value->is_object()) return value;
  wrong_type(member, "an object", *value);
  return nullptr;
}

std::optional<Timestamp> ObjectReader::time(std::string_view member) {
  const auto typed = text(member);
  if (!typed) return std::nullopt;
  const auto moment = parse_rfc3339(*typed);
  if (!moment) report(member, "not_a_time", "must be a time such as 2026-03-01T12:00:00Z, from 1970 to 2106");
  return moment;
}

std::optional<std::optional<UnixSeconds>> ObjectReader::expiry(std::string_view member) {
  if (has(member) && object_->at(member).is_null()) {
    known_.push_back(member);
    return std::optional<UnixSeconds>();
  }
  const auto moment = time(member);
  if (!moment) return std::nullopt;
  return std::optional(to_seconds(*moment));
}

void ObjectReader::finish() {
  if (object_ == nullptr) return;
  std::size_t reported = 0;
  for (const auto& member : *object_) {
    const std::string_view member_name(member.key().data(), member.key().size());
    if (std::find(known_.begin(), known_.end(), member_name) != known_.end()) continue;
    std::string known;
    for (const std::string_view other : known_) known += (known.empty() ? "" : ", ") + std::string(other);
    report(member_name, "unknown_member", "is not known here; known are " + known);
    if (++reported == kUnknownMembersReportedMax) return;
  }
}

}  // namespace keyfence
