#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "libs/base/assert.h"

namespace keyfence {

template <class E>
struct Err {
  E error;
};
template <class E>
Err(E) -> Err<E>;

template <class F, class E>
concept MakesError = std::is_constructible_v<E, F&&>;

// A value or the error that stands in its place. std::expected's part of C++23 that this project uses.
//
// Errors   value() of an error, and error() of a value, end the process: a broken invariant, not a condition.
// Threads  As T and E.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): "return value;" is the point
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <MakesError<E> F>
  // NOLINTNEXTLINE(google-explicit-constructor): "return Err{...};" is the point
  Result(Err<F> err) : state_(std::in_place_index<1>, std::move(err.error)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & {
    KF_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    KF_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    KF_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const E& error() const& {
    KF_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] E&& error() && {
    KF_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <MakesError<E> F>
  // NOLINTNEXTLINE(google-explicit-constructor): "return Err{...};" is the point
  Result(Err<F> err) : state_(std::in_place_index<1>, std::move(err.error)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const E& error() const& {
    KF_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] E&& error() && {
    KF_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace keyfence
