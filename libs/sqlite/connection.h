#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "libs/base/clock.h"
#include "libs/base/strong_id.h"
#include "libs/policy/ids.h"
#include "libs/policy/presented_key.h"

// SQLite's C interface as values that clean up after themselves.
//
// Errors   Failure is thrown; each store catches it where its own functions end: no exception leaves a store.
// Threads  A connection and its statements belong to one thread at a time.
namespace keyfence::sql {

// Why a statement failed, in the terms that the stores pass on.
struct Failure {
  enum class Code : std::uint8_t { kNotFound, kDuplicate, kBusy, kNoSpace, kReadOnly, kCorrupt, kFailed };
  Code code = Code::kFailed;
  std::string detail;  // for the log only
};

// The text of a statement: only a literal becomes one, so that nothing is ever built into SQL.
class Sql {
 public:
  consteval Sql(const char* literal) noexcept : text_(literal) {}  // NOLINT(google-explicit-constructor): a literal
  [[nodiscard]] const char* text() const noexcept { return text_; }

 private:
  const char* text_;
};

enum class Access : std::uint8_t { kReadWrite, kReadWriteCreate, kReadOnly };

class Connection {
 public:
  // Opens the file, which must exist unless it is to be created, and sets what every connection has in common.
  Connection(const std::string& path, Access access);

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
  void execute(Sql statements);  // one or more, without parameters
  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }
  // Rolls back if a transaction is open; never fails, because SQLite rolls back by itself where this cannot.
  void roll_back() noexcept;
  [[noreturn]] void fail(int result_code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// What SQLite answered last on this connection.
[[nodiscard]] Failure failure_of(sqlite3* handle, int result_code);

class Statement;

// The rows of a running statement; resets it when it goes.
class Rows {
 public:
  explicit Rows(Statement& statement) noexcept : statement_(&statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  [[nodiscard]] bool next();  // false: no more
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::uint64_t id(int column) const noexcept { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] bool is_integer(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;               // until next()
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const noexcept;  // until next()

  [[nodiscard]] Timestamp timestamp(int column) const noexcept { return {integer(column)}; }
  [[nodiscard]] std::optional<Timestamp> optional_timestamp(int column) const noexcept;
  [[nodiscard]] std::optional<UnixSeconds> optional_seconds(int column) const noexcept;
  [[nodiscard]] Revision revision(int column) const noexcept { return {id(column)}; }
  [[nodiscard]] KeyDigest digest(int column) const;
  // An enumerator from 0 to last; anything else is a corrupt store.
  template <class Enum>
  [[nodiscard]] Enum enumerator(int column, Enum last) const {
    return static_cast<Enum>(bounded(column, static_cast<int>(last)));
  }
  template <class Enum>
  [[nodiscard]] std::optional<Enum> optional_enumerator(int column, Enum last) const {
    if (is_null(column)) return std::nullopt;
    return enumerator(column, last);
  }

 private:
  [[nodiscard]] int bounded(int column, int last) const;
  Statement* statement_;
};

// A prepared statement. Parameters are bound by position.
class Statement {
 public:
  Statement(Connection& connection, Sql sql);

  // Runs to the end and answers how many rows it changed.
  template <class... Parameters>
  std::int64_t execute(const Parameters&... parameters) {
    int index = 0;
    (bind(++index, parameters, SQLITE_STATIC), ...);
    return finish();
  }
  // Runs and answers its rows, to be read before the statement runs again.
  template <class... Parameters>
  [[nodiscard]] Rows query(const Parameters&... parameters) {
    int index = 0;
    (bind(++index, parameters, SQLITE_TRANSIENT), ...);
    return Rows(*this);
  }

 private:
  friend class Rows;
  using Lifetime = sqlite3_destructor_type;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  std::int64_t finish();
  void check(int result_code) const;
  void bind(int index, std::nullptr_t, Lifetime);
  void bind(int index, std::string_view text, Lifetime lifetime);
  void bind(int index, std::span<const std::uint8_t> bytes, Lifetime lifetime);
  void bind_integer(int index, std::int64_t value);

  void bind(int index, const std::string& text, Lifetime lifetime) { bind(index, std::string_view(text), lifetime); }
  template <std::integral Integer>
  void bind(int index, Integer value, Lifetime) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void bind(int index, Enum value, Lifetime) { bind_integer(index, static_cast<std::int64_t>(value)); }
  template <class Tag>
  void bind(int index, StrongId<Tag> id, Lifetime) {
    bind_integer(index, static_cast<std::int64_t>(id.value()));
  }
  void bind(int index, Revision revision, Lifetime) { bind_integer(index, static_cast<std::int64_t>(revision.value)); }
  void bind(int index, Timestamp time, Lifetime) { bind_integer(index, time.micros); }
  void bind(int index, UnixSeconds time, Lifetime) { bind_integer(index, time.value); }
  void bind(int index, const KeyDigest& digest, Lifetime lifetime) {
    bind(index, std::span<const std::uint8_t>(digest.bytes), lifetime);
  }
  template <class... Ts>
  void bind(int index, const std::variant<Ts...>& value, Lifetime lifetime) {
    std::visit([&](const auto& held) { bind(index, held, lifetime); }, value);
  }
  template <class T>
  void bind(int index, const std::optional<T>& value, Lifetime lifetime) {
    if (value) {
      bind(index, *value, lifetime);
    } else {
      bind(index, nullptr, lifetime);
    }
  }

  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// A read transaction: all statements within see one snapshot. Nested within another transaction it does nothing.
class ReadSnapshot {
 public:
  explicit ReadSnapshot(Connection& connection);
  ~ReadSnapshot();
  ReadSnapshot(const ReadSnapshot&) = delete;
  ReadSnapshot& operator=(const ReadSnapshot&) = delete;

 private:
  Connection* connection_;  // nullptr: nested
};

}  // namespace keyfence::sql
