#include "libs/store/testing/rows_for_test.h"

#include <cstdlib>
#include <filesystem>

#include "libs/base/assert.h"
#include "libs/base/random.h"

namespace keyfence::testing {
namespace {

constexpr Timestamp kSomeTime{1'770'000'000'123'456};

std::uint64_t new_id() {
  static IdSource source;
  return source.next();
}

}  // namespace

KeyDigest new_digest() {
  KeyDigest digest;
  fill_random(digest.bytes);
  return digest;
}

AccountRow new_account(std::string name) {
  AccountRow row;
  row.id = AccountId(new_id());
  row.name = std::move(name);
  row.created_at = kSomeTime;
  return row;
}

KeyRow new_key(AccountId account, std::string name) {
  KeyRow row;
  row.id = KeyId(new_id());
  row.account = account;
  row.name = std::move(name);
  row.description = "made by a test";
  row.digest = new_digest();
  row.hint = "kf_abc…wxyz";
  row.scopes = {"messages:read", "messages:write"};
  row.created_by = "cli";
  row.created_at = kSomeTime;
  return row;
}

EntryRow new_entry(std::string_view text) {
  Result<ParsedEntry, EntryError> parsed = parse_entry(text);
  KF_ASSERT(parsed.ok());
  EntryRow row;
  row.id = EntryId(new_id());
  row.range = parsed->range;
  row.kind = parsed->kind;
  row.text = text;
  row.label = "office";
  row.added_by = "cli";
  row.added_at = kSomeTime;
  return row;
}

TokenRow new_token(std::string name) {
  TokenRow row;
  row.id = TokenId(new_id());
  row.name = std::move(name);
  row.digest = new_digest();
  row.hint = "kfm_abc…wxyz";
  row.role = Role::kOperator;
  row.created_by = "cli";
  row.created_at = kSomeTime;
  return row;
}

AuditRow new_audit_line(std::string action, std::string subject) {
  AuditRow row;
  row.at = kSomeTime;
  row.actor = "cli";
  row.address = "192.0.2.7";
  row.action = std::move(action);
  row.subject = std::move(subject);
  row.before = "{}";
  row.after = R"({"state":"active"})";
  return row;
}

PersonRow new_person(std::string login) {
  PersonRow row;
  row.id = PersonId(new_id());
  row.login = std::move(login);
  row.name = "Ada";
  row.password.encoded = "$argon2id$made-up";
  row.created_at = kSomeTime;
  return row;
}

InvitationRow new_invitation(AccountId account, std::string login) {
  InvitationRow row;
  row.id = InvitationId(new_id());
  row.account = account;
  row.login = std::move(login);
  row.role = Role::kAdmin;
  row.digest = new_digest();
  row.invited_by = "cli";
  row.created_at = kSomeTime;
  row.expires_at = Timestamp{kSomeTime.micros + 1'000'000};
  return row;
}

SessionRow new_session(PersonId person) {
  SessionRow row;
  row.id = SessionId(new_id());
  row.digest = new_digest();
  row.person = person;
  row.stage = SessionStage::kSignedIn;
  row.created_at = kSomeTime;
  row.last_seen_at = kSomeTime;
  row.confirmed_at = kSomeTime;
  row.address = "192.0.2.7";
  row.user_agent = "a browser";
  return row;
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "keyfence-test-XXXXXX";
  KF_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace keyfence::testing
