#pragma once

#include "libs/store/sqlite/failure.h"
#include "libs/store/store_files.h"

namespace keyfence::sqlite {

// What can be seen of a damaged file without reading all of it: for every start. Throws Failure.
// Cost     The whole of a small file, some pages of a large one.
void check_quickly(Connection& connection);

// Compares everything that is kept twice with the rows that it comes from. Throws Failure: kCorrupt, the detail names
// what differs.
// Cost     Reads all keys, lists and entries.
void check_rows(Connection& connection);

// Follows the chain of the audit log from its first line to its head.
// Cost     Reads the audit log.
[[nodiscard]] AuditVerdict verify_audit(Connection& connection);

}  // namespace keyfence::sqlite
