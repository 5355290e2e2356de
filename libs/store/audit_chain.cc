#include "libs/store/audit_chain.h"

namespace keyfence {
namespace {

void append_netstring(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
  out += ',';
}

}  // namespace

KeyDigest audit_hash(const KeyDigest& previous, const AuditRow& row) {
  std::string content;
  content.reserve(previous.bytes.size() + row.actor.size() + row.address.size() + row.action.size() +
                  row.subject.size() + row.before.size() + row.after.size() + 256);
  content.append(previous.bytes.begin(), previous.bytes.end());
  append_netstring(content, std::to_string(row.id));
  append_netstring(content, std::to_string(row.at.micros));
  append_netstring(content, row.actor);
  append_netstring(content, row.address);
  append_netstring(content, row.action);
  append_netstring(content, row.subject);
  append_netstring(content, row.account ? row.account->text() : "");
  append_netstring(content, row.before);
  append_netstring(content, row.after);
  append_netstring(content, std::to_string(row.revision.value));
  return sha256(content);
}

}  // namespace keyfence
