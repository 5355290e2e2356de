#pragma once

#include "libs/store/rows.h"

namespace keyfence {

// What binds a line of the audit log to all lines before it: SHA-256 over the hash of the line before (32 bytes; zeros
// for the first) and the line's own content.
//
// Shape    The content is ten netstrings (length in decimal, colon, bytes, comma): id, time in microseconds, actor,
//          address, action, subject, account (its id, or nothing), before, after, revision. Numbers are decimal.
// Source   docs/audit.md, with the same in a few lines of Python.
[[nodiscard]] KeyDigest audit_hash(const KeyDigest& previous, const AuditRow& row);

}  // namespace keyfence
