#include "libs/store/sqlite/audit_reads.h"

#include <limits>

#include "libs/store/sqlite/row_sets.h"

namespace keyfence::sqlite {
namespace {

// Beyond what an action that begins with this text can be.
std::string after_prefix(std::string_view prefix) {
  return std::string(prefix) + "\xFF";
}

}  // namespace

AuditRow audit_of(const Rows& rows) {
  AuditRow row;
  row.id = rows.id(0);
  row.at = rows.timestamp(1);
  row.actor = rows.text(2);
  row.address = rows.text(3);
  row.action = rows.text(4);
  row.subject = rows.text(5);
  if (!rows.is_null(6)) row.account = AccountId(rows.id(6));
  row.before = rows.text(7);
  row.after = rows.text(8);
  row.revision = rows.revision(9);
  row.hash = rows.digest(10);
  return row;
}

AuditReads::AuditReads(Connection& connection)
    : all_(connection,
           "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit NOT "
           "INDEXED"
           " WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)"
           " AND (?4 IS NULL OR (action >= ?4 AND action < ?5)) AND (?6 IS NULL OR subject = ?6)"
           " AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
           " AND (?11 IS NULL OR ?11 = (action IN ('session.denied', 'session.second_factor_denied',"
           " 'session.confirm_denied', 'session.throttled')))"
           " AND id < ?9 ORDER BY id DESC LIMIT ?10"),
      of_account_(connection,
                  "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
                  " WHERE account = ?1 AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2)"
                  " AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR (action >= ?4 AND action < ?5))"
                  " AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
                  " AND (?11 IS NULL OR ?11 = (action IN ('session.denied', 'session.second_factor_denied',"
                  " 'session.confirm_denied', 'session.throttled')))"
                  " AND id < ?9 ORDER BY id DESC LIMIT ?10"),
      of_actor_(connection,
                "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
                " WHERE actor = ?2 AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2)"
                " AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR (action >= ?4 AND action < ?5))"
                " AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
                " AND (?11 IS NULL OR ?11 = (action IN ('session.denied', 'session.second_factor_denied',"
                " 'session.confirm_denied', 'session.throttled')))"
                " AND id < ?9 ORDER BY id DESC LIMIT ?10"),
      of_action_(connection,
                 "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
                 " WHERE action = ?3 AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2)"
                 " AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR (action >= ?4 AND action < ?5))"
                 " AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
                 " AND (?11 IS NULL OR ?11 = (action IN ('session.denied', 'session.second_factor_denied',"
                 " 'session.confirm_denied', 'session.throttled')))"
                 " AND id < ?9 ORDER BY id DESC LIMIT ?10"),
      of_subject_(connection,
                  "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
                  " WHERE subject = ?6 AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2)"
                  " AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR (action >= ?4 AND action < ?5))"
                  " AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
                  " AND (?11 IS NULL OR ?11 = (action IN ('session.denied', 'session.second_factor_denied',"
                  " 'session.confirm_denied', 'session.throttled')))"
                  " AND id < ?9 ORDER BY id DESC LIMIT ?10"),
      denied_(connection,
              "SELECT id, at, actor, address, action, subject, account, before, after, revision, hash FROM audit"
              " WHERE action IN ('session.denied', 'session.second_factor_denied', 'session.confirm_denied',"
              " 'session.throttled') AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR actor = ?2)"
              " AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR (action >= ?4 AND action < ?5))"
              " AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)"
              " AND (?11 IS NULL OR ?11) AND id < ?9 ORDER BY id DESC LIMIT ?10") {}

std::vector<AuditRow> AuditReads::lines(const AuditFilter& filter, PageRequest page) {
  const auto given = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  const bool is_prefix = filter.action.ends_with('*');
  std::optional<std::string> action;
  std::optional<std::string> prefix;
  std::optional<std::string> prefix_end;
  if (is_prefix) {
    prefix = filter.action.substr(0, filter.action.size() - 1);
    prefix_end = after_prefix(*prefix);
  } else {
    action = given(filter.action);
  }
  // The index that leaves the fewest lines to look at.
  Statement* statement = &all_;
  if (!filter.subject.empty()) {
    statement = &of_subject_;
  } else if (filter.account) {
    statement = &of_account_;
  } else if (!filter.actor.empty()) {
    statement = &of_actor_;
  } else if (action) {
    statement = &of_action_;
  } else if (filter.outcome == AuditOutcome::kDenied) {
    statement = &denied_;
  }
  std::optional<std::int64_t> is_denied;
  if (filter.outcome) is_denied = *filter.outcome == AuditOutcome::kDenied ? 1 : 0;
  const std::int64_t before = page.after == 0 ? std::numeric_limits<std::int64_t>::max() : clamped(page.after);
  return all(statement->query(filter.account, given(filter.actor), action, prefix, prefix_end, given(filter.subject),
                              filter.from, filter.until, before, clamped(page.limit), is_denied),
             audit_of);
}

}  // namespace keyfence::sqlite
