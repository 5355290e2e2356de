#include "libs/admin/sign_in/sign_in_throttle.h"

#include <algorithm>

#include "libs/admin/rate_limit.h"

namespace keyfence {
namespace {

constexpr std::int64_t kWindowMicros = std::chrono::microseconds(SignInThrottle::kWindow).count();

struct Names {
  std::string device, pair, place, login;
};

Names names_of(const SignInAttempt& attempt) {
  const std::string place = place_of(attempt.client);
  Names names;
  if (attempt.device) names.device = "device " + attempt.device->hex() + " " + attempt.login;
  names.pair = "pair " + place + " " + attempt.login;
  names.place = "place " + place;
  names.login = "login " + attempt.login;
  return names;
}

}  // namespace

void SignInThrottle::make_room(Timestamp now) {
  if (counts_.size() < kCountsMax) return;
  std::erase_if(counts_, [&](const auto& one) { return now.micros - one.second.since.micros >= kWindowMicros; });
  while (counts_.size() >= kCountsMax) counts_.erase(counts_.begin());
}

SignInThrottle::Count& SignInThrottle::count_of(const std::string& name, Timestamp now) {
  auto position = counts_.find(name);
  if (position == counts_.end()) {
    make_room(now);
    position = counts_.emplace(name, Count{now, 0, false}).first;
  }
  Count& count = position->second;
  if (now.micros - count.since.micros >= kWindowMicros) count = Count{now, 0, false};
  return count;
}

std::optional<SignInThrottle::Refusal> SignInThrottle::judge(const std::string& name, unsigned tries_max,
                                                             Timestamp now) {
  Count& count = count_of(name, now);
  if (count.tries < tries_max) return std::nullopt;
  const bool first = !count.refused;
  count.refused = true;
  const std::int64_t left = kWindowMicros - (now.micros - count.since.micros);
  return Refusal{std::chrono::seconds(left / 1'000'000 + 1), first};
}

std::optional<SignInThrottle::Refusal> SignInThrottle::begin(const SignInAttempt& attempt, Timestamp now) {
  const Names names = names_of(attempt);
  const std::lock_guard lock(mutex_);
  if (attempt.device) {
    if (auto refusal = judge(names.device, kTriesOfDevice, now)) return refusal;
    ++count_of(names.device, now).tries;
    return std::nullopt;
  }
  const bool besieged = count_of(names.login, now).tries >= kTriesOfLogin;
  if (auto refusal = judge(names.pair, besieged ? 1 : kTriesOfLoginAndAddress, now)) return refusal;
  if (auto refusal = judge(names.place, kTriesOfAddress, now)) return refusal;
  for (const std::string* name : {&names.pair, &names.place, &names.login}) ++count_of(*name, now).tries;
  return std::nullopt;
}

void SignInThrottle::take_back(const SignInAttempt& attempt) {
  const Names names = names_of(attempt);
  const std::lock_guard lock(mutex_);
  const auto less = [this](const std::string& name) {
    const auto position = counts_.find(name);
    if (position != counts_.end() && position->second.tries > 0) --position->second.tries;
  };
  if (attempt.device) return less(names.device);
  for (const std::string* name : {&names.pair, &names.place, &names.login}) less(*name);
}

}  // namespace keyfence
