#pragma once

#include <string>
#include <string_view>

#include "libs/store/rows.h"

// Rows with everything filled in, for tests: ids and digests are new with each call.
namespace keyfence::testing {

[[nodiscard]] AccountRow new_account(std::string name);
[[nodiscard]] KeyRow new_key(AccountId account, std::string name);
[[nodiscard]] EntryRow new_entry(std::string_view text);  // must be an entry that parses
[[nodiscard]] TokenRow new_token(std::string name);
[[nodiscard]] AuditRow new_audit_line(std::string action, std::string subject);
[[nodiscard]] PersonRow new_person(std::string login);
[[nodiscard]] InvitationRow new_invitation(AccountId account, std::string login);
[[nodiscard]] SessionRow new_session(PersonId person);
[[nodiscard]] KeyDigest new_digest();

// A directory that goes with the object.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace keyfence::testing
