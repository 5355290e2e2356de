#include "libs/admin/routes/usage/csv.h"

#include <charconv>

#include "libs/admin/http/query.h"
#include "libs/admin/routes/usage/filter.h"

namespace keyfence::routes::usage {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";

void append_number(std::uint64_t value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(digits, end).push_back(',');
}

// Of our own making: nothing in it needs quotes.
void append_plain(std::string_view text, std::string& out) {
  out.append(text).push_back(',');
}

template <class Id>
void append_id(Id id, std::string& out) {
  if (id.value() != 0) out.append(id.text());
  out.push_back(',');
}

bool is_plain(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == ',') return false;
  }
  return text.empty() || kFormulaStarts.find(text.front()) == std::string_view::npos;
}

}  // namespace

std::string_view csv_heading() noexcept {
  return "time,request_id,account_id,key_id,address,address_header,method,host,path,user_agent,truncated,status,"
         "bytes_sent,duration_micros,decision,reason,layer,would_deny,would_deny_layer,matched_entry_global,"
         "matched_entry_account,matched_entry_key,revision,gateway\r\n";
}

void append_csv_field(std::string_view text, std::string& out) {
  if (is_plain(text)) {
    out.append(text);
    return;
  }
  const bool whole_utf8 = is_utf8(text);
  out.push_back('"');
  if (kFormulaStarts.find(text.front()) != std::string_view::npos) out.push_back('\'');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
    if (control || (byte >= 0x80 && !whole_utf8)) {
      out.append("\\x").push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 15U]);
    } else {
      if (c == '"') out.push_back('"');
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_csv(const StoredRecord& stored, std::string& out) {
  const UsageRecord& r = stored.record;
  const Decision& d = r.decision;
  append_plain(rfc3339(r.at), out);
  append_plain(request_id_text(r.request_id), out);
  append_id(d.account, out);
  append_id(d.key, out);
  append_plain(r.address ? r.address->text() : std::string(), out);
  append_plain(address_header_text(r.address_note), out);
  for (const std::string* text : {&stored.method, &stored.host, &stored.path, &stored.user_agent}) {
    append_csv_field(*text, out);
    out.push_back(',');
  }
  append_plain(r.truncated ? "true" : "false", out);
  append_number(r.status, out);
  append_number(r.bytes_sent, out);
  append_number(r.duration_micros, out);
  append_plain(d.outcome == Outcome::kAllow ? "allow" : "deny", out);
  append_plain(name(d.reason), out);
  append_plain(name(d.layer), out);
  append_plain(d.would_deny == Reason::kAllowed ? "" : name(d.would_deny), out);
  append_plain(d.would_deny_layer == Layer::kNone ? "" : name(d.would_deny_layer), out);
  append_id(stored.matched.global, out);
  append_id(stored.matched.account, out);
  append_id(stored.matched.key, out);
  append_number(d.revision.value, out);
  append_csv_field(stored.gateway, out);
  out.append("\r\n");
}

}  // namespace keyfence::routes::usage
