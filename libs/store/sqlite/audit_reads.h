#pragma once

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

// The audit log's reads over one connection: prepared once, throwing Failure.
class AuditReads {
 public:
  explicit AuditReads(Connection& connection);

  [[nodiscard]] std::vector<AuditRow> lines(const AuditFilter& filter, PageRequest page);

 private:
  Statement all_, of_account_, of_actor_, of_action_, of_subject_, denied_;
};

// Of id, at, actor, address, action, subject, account, before, after, revision, hash.
[[nodiscard]] AuditRow audit_of(const Rows& rows);

}  // namespace keyfence::sqlite
