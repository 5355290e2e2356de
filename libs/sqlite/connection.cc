#include "libs/sqlite/connection.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace keyfence::sql {
namespace {

Failure::Code code_of(int extended_code, int system_error) noexcept {
  using Code = Failure::Code;
  if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG) return Code::kNoSpace;
  switch (extended_code & 0xFF) {
    case SQLITE_FULL:
      return Code::kNoSpace;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kReadOnly;
    case SQLITE_CANTOPEN:
      return system_error == EACCES || system_error == EROFS || system_error == EPERM ? Code::kReadOnly : Code::kFailed;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorrupt;
    case SQLITE_CONSTRAINT:
      return extended_code == SQLITE_CONSTRAINT_FOREIGNKEY ? Code::kNotFound : Code::kDuplicate;
    default:
      return Code::kFailed;
  }
}

}  // namespace

Failure failure_of(sqlite3* handle, int result_code) {
  const int last_errno = errno;
  const int extended = handle == nullptr ? result_code : sqlite3_extended_errcode(handle);
  const int primary = extended & 0xFF;
  const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
  // A commit that fails does not note it: then it is still where the system call left it.
  int system_error = handle != nullptr && from_system ? sqlite3_system_errno(handle) : 0;
  if (from_system && system_error == 0) system_error = last_errno;
  const Failure::Code code = code_of(extended, system_error);
  std::string detail = "sqlite " + std::to_string(extended) + ": ";
  detail += handle == nullptr ? sqlite3_errstr(result_code) : sqlite3_errmsg(handle);
  if (system_error != 0) detail += " (" + std::string(std::strerror(system_error)) + ")";
  return {code, std::move(detail)};
}

Connection::Connection(const std::string& path, Access access) {
  // Statistics of memory cost a lock for every allocation. Refused, and of no matter, once SQLite is in use.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(configured);
  sqlite3* raw = nullptr;
  const int mode = access == Access::kReadOnly    ? SQLITE_OPEN_READONLY
                   : access == Access::kReadWrite ? SQLITE_OPEN_READWRITE
                                                  : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (result != SQLITE_OK) fail(result);
  sqlite3_busy_timeout(raw, 10'000);
  execute("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;");
}

void Connection::fail(int result_code) const {
  throw failure_of(handle(), result_code);
}

void Connection::execute(Sql statements) {
  const int result = sqlite3_exec(handle(), statements.text(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result);
}

void Connection::roll_back() noexcept {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Statement::Statement(Connection& connection, Sql sql) : connection_(connection.handle()) {
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v3(connection_, sql.text(), -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr));
  handle_.reset(raw);
}

void Statement::check(int result_code) const {
  if (result_code != SQLITE_OK) throw failure_of(connection_, result_code);
}

std::int64_t Statement::finish() {
  errno = 0;
  const int result = sqlite3_step(handle_.get());
  if (result != SQLITE_DONE && result != SQLITE_ROW) {
    Failure failure = failure_of(connection_, result);
    sqlite3_reset(handle_.get());
    throw Failure(std::move(failure));
  }
  const std::int64_t changed = sqlite3_changes64(connection_);
  check(sqlite3_reset(handle_.get()));
  return changed;
}

void Statement::bind(int index, std::nullptr_t, Lifetime) {
  check(sqlite3_bind_null(handle_.get(), index));
}

void Statement::bind(int index, std::string_view text, Lifetime lifetime) {
  const char* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(handle_.get(), index, data, text.size(), lifetime, SQLITE_UTF8));
}

void Statement::bind(int index, std::span<const std::uint8_t> bytes, Lifetime lifetime) {
  if (bytes.empty()) {
    check(sqlite3_bind_zeroblob(handle_.get(), index, 0));
  } else {
    check(sqlite3_bind_blob64(handle_.get(), index, bytes.data(), bytes.size(), lifetime));
  }
}

void Statement::bind_integer(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
}

Rows::~Rows() {
  sqlite3_reset(statement_->handle_.get());
}

bool Rows::next() {
  errno = 0;
  const int result = sqlite3_step(statement_->handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  throw failure_of(statement_->connection_, result);
}

std::int64_t Rows::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_->handle_.get(), column);
}

bool Rows::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_NULL;
}

bool Rows::is_integer(int column) const noexcept {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_INTEGER;
}

std::string_view Rows::text(int column) const noexcept {
  const std::span<const std::uint8_t> bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> Rows::blob(int column) const noexcept {
  const void* data = sqlite3_column_blob(statement_->handle_.get(), column);
  const int size = sqlite3_column_bytes(statement_->handle_.get(), column);
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

std::optional<Timestamp> Rows::optional_timestamp(int column) const noexcept {
  if (is_null(column)) return std::nullopt;
  return timestamp(column);
}

std::optional<UnixSeconds> Rows::optional_seconds(int column) const noexcept {
  if (is_null(column)) return std::nullopt;
  return UnixSeconds{static_cast<std::uint32_t>(integer(column))};
}

KeyDigest Rows::digest(int column) const {
  const std::span<const std::uint8_t> bytes = blob(column);
  KeyDigest digest;
  if (bytes.size() != digest.bytes.size()) {
    throw Failure{Failure::Code::kCorrupt, "a digest is not 32 bytes"};
  }
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

int Rows::bounded(int column, int last) const {
  const std::int64_t value = integer(column);
  if (value < 0 || value > last) {
    throw Failure{Failure::Code::kCorrupt, "an enumerator is out of range"};
  }
  return static_cast<int>(value);
}

ReadSnapshot::ReadSnapshot(Connection& connection) : connection_(connection.in_transaction() ? nullptr : &connection) {
  if (connection_ != nullptr) connection_->execute("BEGIN");
}

ReadSnapshot::~ReadSnapshot() {
  if (connection_ != nullptr) connection_->roll_back();
}

}  // namespace keyfence::sql
