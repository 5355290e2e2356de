#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "libs/sqlite/connection.h"
#include "libs/store/control_store.h"

// SQLite as the control store sees it: its failures become StoreErrors with words that say what to do.
//
// Errors   Failure and sql::Failure are thrown, and caught again by guarded(): no exception leaves this folder.
namespace keyfence::sqlite {

using sql::Access;
using sql::Connection;
using sql::ReadSnapshot;
using sql::Rows;
using sql::Sql;
using sql::Statement;

struct Failure {
  StoreError error;
};

[[nodiscard]] StoreError error_of(const sql::Failure& failure);

// Runs the function and turns what it throws into an error.
template <class Function>
auto guarded(Function&& function) noexcept -> StoreResult<std::invoke_result_t<Function>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      function();
      return {};
    } else {
      return function();
    }
  } catch (Failure& failure) {
    return Err{std::move(failure.error)};
  } catch (const sql::Failure& failure) {
    return Err{error_of(failure)};
  } catch (const std::exception& exception) {
    return Err{StoreError{StoreError::Code::kFailed, "the store failed", exception.what()}};
  }
}

}  // namespace keyfence::sqlite
