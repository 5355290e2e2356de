#include "libs/admin/sign_in/session_times.h"

#include <algorithm>

namespace keyfence {
namespace {

Timestamp before(Timestamp moment, std::chrono::microseconds duration) noexcept {
  return after(moment, -duration);
}

}  // namespace

Timestamp after(Timestamp moment, std::chrono::microseconds duration) noexcept {
  return {moment.micros + duration.count()};
}

Timestamp end_of(const SessionRow& session) noexcept {
  if (session.stage == SessionStage::kAwaitsSecondFactor) return after(session.created_at, kSecondFactorLife);
  return after(session.created_at, kSessionLife);
}

Timestamp idle_end_of(const SessionRow& session) noexcept {
  return std::min(after(session.last_seen_at, kSessionIdle), end_of(session));
}

Timestamp fresh_until(const SessionRow& session) noexcept {
  return after(session.confirmed_at, kSessionFresh);
}

bool has_ended(const SessionRow& session, Timestamp now) noexcept {
  return now >= idle_end_of(session);
}

Outdated outdated_at(Timestamp now) noexcept {
  return {.sessions_begun_before = before(now, kSessionLife),
          .sessions_idle_since = before(now, kSessionIdle),
          .second_factors_begun_before = before(now, kSecondFactorLife),
          .invitations_expired_before = now,
          .devices_idle_since = before(now, kDeviceLife)};
}

}  // namespace keyfence
