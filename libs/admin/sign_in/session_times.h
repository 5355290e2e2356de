#pragma once

#include <chrono>

#include "libs/store/people_store.h"

// How long what a person signs in with is good for.
namespace keyfence {

inline constexpr std::chrono::hours kSessionIdle{2};         // since it was last used
inline constexpr std::chrono::hours kSessionLife{24};        // since sign-in, whatever happens
inline constexpr std::chrono::minutes kSessionFresh{10};     // for what asks for signing in again
inline constexpr std::chrono::minutes kSecondFactorLife{5};  // between password and code
inline constexpr std::chrono::seconds kUseNoted{60};         // a use is written down this often
inline constexpr std::chrono::hours kDeviceLife{400 * 24};
inline constexpr std::chrono::hours kInvitationLife{7 * 24};
inline constexpr std::chrono::hours kDeletionGrace{30 * 24};  // of an account

[[nodiscard]] Timestamp after(Timestamp moment, std::chrono::microseconds duration) noexcept;
[[nodiscard]] Timestamp idle_end_of(const SessionRow& session) noexcept;
[[nodiscard]] Timestamp end_of(const SessionRow& session) noexcept;
[[nodiscard]] Timestamp fresh_until(const SessionRow& session) noexcept;
[[nodiscard]] bool has_ended(const SessionRow& session, Timestamp now) noexcept;
[[nodiscard]] Outdated outdated_at(Timestamp now) noexcept;

}  // namespace keyfence
