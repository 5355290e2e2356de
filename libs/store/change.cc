#include "libs/store/change.h"

#include <charconv>

namespace keyfence {
namespace {

// Writes JSON whose texts need no escapes: ids, names of enumerators, scopes, addresses and hexadecimal digits.
class Body {
 public:
  void raw(std::string_view text) { out_ += text; }
  void text(std::string_view plain) {
    out_ += '"';
    out_ += plain;
    out_ += '"';
  }
  template <class Tag>
  void id(StrongId<Tag> id) {
    out_ += '"';
    out_ += Tag::kPrefix;
    append_crockford(out_, id.value());
    out_ += '"';
  }
  void number(std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  void seconds(const std::optional<UnixSeconds>& time) {
    if (time) {
      number(time->value);
    } else {
      raw("null");
    }
  }
  template <class Range, class Write>
  void array(const Range& range, Write write) {
    out_ += '[';
    bool first = true;
    for (const auto& element : range) {
      if (!first) out_ += ',';
      first = false;
      write(element);
    }
    out_ += ']';
  }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

void write_style(Body& body, const std::optional<ErrorStyle>& style) {
  if (style) {
    body.text(name(*style));
  } else {
    body.raw("null");
  }
}

void write_list_head(Body& body, ListMode mode, WhenEmpty when_empty) {
  body.raw(",\"mode\":");
  body.text(name(mode));
  body.raw(",\"when_empty\":");
  body.text(name(when_empty));
}

void write_entries(Body& body, const std::vector<PolicyEntry>& entries) {
  body.array(entries, [&body](const PolicyEntry& entry) {
    body.raw("{\"id\":");
    body.id(entry.id);
    body.raw(",\"range\":");
    body.text(entry.range.text());
    // Most are enabled and do not expire: it is said where it is not so.
    if (entry.state != EntryState::kEnabled) body.raw(",\"enabled\":false");
    if (entry.expires_at) {
      body.raw(",\"expires_at\":");
      body.number(entry.expires_at->value);
    }
    body.raw("}");
  });
}

void write_account(Body& body, const AccountPolicy& account) {
  body.raw("{\"id\":");
  body.id(account.id);
  body.raw(",\"state\":");
  body.text(name(account.state));
  body.raw(",\"error_style\":");
  write_style(body, account.error_style);
  body.raw("}");
}

void write_key(Body& body, const KeyPolicy& key) {
  body.raw("{\"id\":");
  body.id(key.id);
  body.raw(",\"account\":");
  body.id(key.account);
  body.raw(",\"digest\":");
  body.text(key.digest.hex());
  body.raw(",\"state\":");
  body.text(name(key.state));
  body.raw(",\"expires_at\":");
  body.seconds(key.expires_at);
  body.raw(",\"scopes\":");
  body.array(key.scopes, [&body](const std::string& scope) { body.text(scope); });
  write_list_head(body, key.allowlist.mode, key.allowlist.when_empty);
  body.raw(",\"entries\":");
  write_entries(body, key.allowlist.entries);
  body.raw("}");
}

void write_list(Body& body, const ListDelta& list) {
  body.raw("{\"account\":");
  if (list.ref.layer == Layer::kAccount) {
    body.id(AccountId(list.ref.owner));
  } else {
    body.raw("null");
  }
  write_list_head(body, list.mode, list.when_empty);
  body.raw(list.replaces_all ? ",\"replaces_all\":true" : ",\"replaces_all\":false");
  body.raw(",\"upserted\":");
  write_entries(body, list.upserted);
  body.raw(",\"removed\":");
  body.array(list.removed, [&body](EntryId id) { body.id(id); });
  body.raw("}");
}

}  // namespace

std::string to_body(const PolicyChange& change) {
  Body body;
  body.raw("{\"revision\":");
  body.number(change.revision.value);
  body.raw(",\"instance_error_style\":");
  write_style(body, change.instance_error_style);
  body.raw(",\"accounts\":");
  body.array(change.accounts, [&body](const AccountPolicy& account) { write_account(body, account); });
  body.raw(",\"removed_accounts\":");
  body.array(change.removed_accounts, [&body](AccountId id) { body.id(id); });
  body.raw(",\"keys\":");
  body.array(change.keys, [&body](const KeyPolicy& key) { write_key(body, key); });
  body.raw(",\"removed_digests\":");
  body.array(change.removed_digests, [&body](const KeyDigest& digest) { body.text(digest.hex()); });
  body.raw(",\"lists\":");
  body.array(change.lists, [&body](const ListDelta& list) { write_list(body, list); });
  body.raw("}");
  return std::move(body).take();
}

}  // namespace keyfence
