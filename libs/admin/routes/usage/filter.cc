#include "libs/admin/routes/usage/filter.h"

#include <algorithm>
#include <charconv>

#include "libs/net/entry_syntax.h"

namespace keyfence::routes::usage {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// "403" or "4xx".
bool read_status(std::string_view text, UsageFilter& filter) noexcept {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  const auto hundreds = static_cast<std::uint16_t>((text[0] - '0') * 100);
  if (text.substr(1) == "xx") {
    filter.status_min = hundreds;
    filter.status_max = static_cast<std::uint16_t>(hundreds + 99);
    return true;
  }
  std::uint16_t status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  filter.status_min = filter.status_max = status;
  return true;
}

std::optional<Layer> parse_layer(std::string_view text) noexcept {
  for (const Layer layer : {Layer::kNone, Layer::kGlobal, Layer::kAccount, Layer::kKey}) {
    if (text == name(layer)) return layer;
  }
  return std::nullopt;
}

// Texts of a request may be any bytes; JSON holds characters. Bytes that are no UTF-8 are shown as \xHH.
std::string printable(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

template <class Id>
boost::json::value id_or_null(Id id) {
  if (id.value() == 0) return nullptr;
  return boost::json::value(id.text());
}

boost::json::value text_value(std::string_view text) {
  return boost::json::value(boost::json::string(text));
}

}  // namespace

Result<UsageStore*, Problem> store_of(const Call& call) {
  if (call.services.usage == nullptr) {
    return Err{Problem{.status = 503, .code = "usage_log_off", .detail = "this daemon keeps no usage log"}};
  }
  return call.services.usage;
}

Problem problem_of(const UsageError& error) {
  if (error.code == UsageError::Code::kTooMany) {
    return {.status = 422, .code = "too_many_groups", .detail = error.message};
  }
  const int status = error.code == UsageError::Code::kBusy || error.code == UsageError::Code::kNoSpace ? 503 : 500;
  return {.status = status, .code = "usage_log_failed", .detail = error.message, .log_detail = error.detail};
}

std::vector<std::string_view> filter_parameters() {
  return {"account_id", "key_id",      "method",     "status", "reason", "layer",
          "address",    "path_prefix", "request_id", "from",   "until"};
}

Result<std::size_t, Problem> limit_of(const Call& call, std::size_t without, std::size_t max) {
  const auto text = call.query.find("limit");
  if (!text) return without;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size() || limit == 0 || limit > max) {
    return Err{invalid_parameter("limit", "invalid_value", "expected a number from 1 to " + std::to_string(max))};
  }
  return limit;
}

std::string_view address_header_text(ClientAddressNote note) noexcept {
  switch (note) {
    case ClientAddressNote::kNone:
      return "";
    case ClientAddressNote::kHeaderIgnored:
      return "ignored";
    case ClientAddressNote::kHeaderMalformed:
      return "malformed";
  }
  return "";
}

Result<UsageFilter, Problem> filter_of(const Call& call) {
  UsageFilter filter;
  std::vector<FieldError> errors;
  const auto read = [&](std::string_view parameter, std::string_view expected, auto&& take) {
    const auto text = call.query.find(parameter);
    if (text && !take(*text)) {
      errors.push_back({.pointer = {},
                        .parameter = std::string(parameter),
                        .code = "invalid_value",
                        .message = "expected " + std::string(expected)});
    }
  };
  const auto set = [](auto& member, auto&& parsed) {
    if (!parsed) return false;
    member = *parsed;
    return true;
  };
  const auto account = account_scope(call);
  if (!account) return Err{account.error()};
  filter.account = *account;
  if (const auto wanted = call.query.find("key_id")) {
    const auto id = KeyId::parse(*wanted);
    if (!id) return Err{not_found()};
    filter.key = id;  // within the caller's account: another account's key has no records there
  }
  read("method", "1 to 16 letters", [&](std::string_view text) {
    filter.method = std::string(text);
    return !text.empty() && text.size() <= kUsageMethodBytesMax;
  });
  read("status", "a status such as 403, or a class such as 4xx",
       [&](std::string_view text) { return read_status(text, filter); });
  read("reason", "the name of a reason", [&](std::string_view text) { return set(filter.reason, parse_reason(text)); });
  read("layer", "none, global, account or key",
       [&](std::string_view text) { return set(filter.layer, parse_layer(text)); });
  read("address", "an address, CIDR or range", [&](std::string_view text) {
    const auto entry = parse_entry(text);
    if (!entry) return false;
    filter.address = entry->range;
    return true;
  });
  read("path_prefix", "at most 2,048 bytes", [&](std::string_view text) {
    filter.path_prefix = std::string(text);
    return text.size() <= kUsagePathBytesMax;
  });
  read("request_id", "32 hexadecimal digits",
       [&](std::string_view text) { return set(filter.request_id, parse_request_id(text)); });
  read("from", "a time by RFC 3339", [&](std::string_view text) { return set(filter.from, parse_rfc3339(text)); });
  read("until", "a time by RFC 3339", [&](std::string_view text) { return set(filter.until, parse_rfc3339(text)); });
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  return filter;
}

std::string request_id_text(const RequestId& id) {
  std::string out;
  for (const std::uint8_t byte : id) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<RequestId> parse_request_id(std::string_view text) noexcept {
  RequestId id{};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = kHex.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    id[i / 2] = static_cast<std::uint8_t>(std::size_t{id[i / 2]} << 4 | digit);
  }
  return id;
}

boost::json::object view(const StoredRecord& stored) {
  const UsageRecord& r = stored.record;
  const Decision& d = r.decision;
  return {{"time", rfc3339(r.at)},
          {"request_id", request_id_text(r.request_id)},
          {"account_id", id_or_null(d.account)},
          {"key_id", id_or_null(d.key)},
          {"address", r.address ? boost::json::value(r.address->text()) : nullptr},
          {"address_header",
           r.address_note == ClientAddressNote::kNone ? nullptr : text_value(address_header_text(r.address_note))},
          {"method", printable(stored.method)},
          {"host", printable(stored.host)},
          {"path", printable(stored.path)},
          {"user_agent", printable(stored.user_agent)},
          {"truncated", r.truncated},
          {"status", r.status},
          {"bytes_sent", r.bytes_sent},
          {"duration_micros", r.duration_micros},
          {"decision", d.outcome == Outcome::kAllow ? "allow" : "deny"},
          {"reason", text_value(name(d.reason))},
          {"layer", text_value(name(d.layer))},
          {"would_deny", d.would_deny == Reason::kAllowed ? nullptr : text_value(name(d.would_deny))},
          {"would_deny_layer", d.would_deny_layer == Layer::kNone ? nullptr : text_value(name(d.would_deny_layer))},
          {"matched_entries",
           {{"global", id_or_null(stored.matched.global)},
            {"account", id_or_null(stored.matched.account)},
            {"key", id_or_null(stored.matched.key)}}},
          {"revision", d.revision.value},
          {"gateway", printable(stored.gateway)}};
}

}  // namespace keyfence::routes::usage
