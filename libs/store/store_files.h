#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libs/base/clock.h"
#include "libs/store/control_store.h"

// What can be done with the file of a SQLite store from outside the daemon.
namespace keyfence {

// What the chain of the audit log says; see audit_chain.h.
struct AuditVerdict {
  struct Wrong {
    std::uint64_t id = 0;
    std::string what;  // "was edited, …", "is missing", …
  };
  std::uint64_t newest = 0;  // the last line that is right, 0 for none
  KeyDigest hash;            // its hash: who keeps both elsewhere finds a log that was made anew
  std::optional<Wrong> wrong;
};
// Reads the audit log of a store, in use or not. An earlier line's hash that was kept elsewhere is compared too.
struct KnownAuditLine {
  std::uint64_t id = 0;
  KeyDigest hash;
};
[[nodiscard]] StoreResult<AuditVerdict> verify_audit_log(const std::string& store,
                                                         const std::optional<KnownAuditLine>& known);

struct StoreSummary {
  Revision revision;
  std::uint64_t accounts = 0;
  std::uint64_t keys = 0;
  std::uint64_t audit_lines = 0;
  std::uint64_t bytes = 0;
};

// Copies a store, in use or not, into a new file that only its owner can read, as of one moment, and checks the copy.
//
// Errors   kPrecondition if the file exists. After a failure there is no file. A store that an older Keyfence wrote
//          must have been opened by this one before.
// Cost     Reads the store twice; nobody waits for it.
[[nodiscard]] StoreResult<StoreSummary> back_up_store(const std::string& store, const std::string& file);

enum class StandingStore : std::uint8_t { kRefuse, kSetAside };

// Puts a backup in the place of a store that no process uses. What stood there is kept beside it as
// <store>.before-restore. The store gets a new epoch, so that gateways take its policy whole, and a line in its audit
// log; whoever was signed in signs in again.
//
// Errors   kBusy while a process uses the store. kPrecondition if one stands there and must not be set aside. Whatever
//          fails, the store that stood there stands: the backup is copied, brought to this schema and checked before.
[[nodiscard]] StoreResult<StoreSummary> restore_store(const std::string& file, const std::string& store,
                                                      StandingStore standing, Timestamp now);

}  // namespace keyfence
