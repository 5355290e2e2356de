#include "libs/admin/sign_in/password_hasher.h"

#include <argon2.h>

#include <array>

#include "libs/admin/sign_in/random_codes.h"
#include "libs/base/assert.h"
#include "libs/base/random.h"

namespace keyfence {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

}  // namespace

PasswordHasher::PasswordHasher(Argon2Cost cost, HasherLimits limits)
    : cost_(cost), limits_(limits), decoy_(make(random_password())) {}

PasswordHash PasswordHasher::make(std::string_view password) const {
  std::array<std::uint8_t, kSaltBytes> salt{};
  fill_random(salt);
  std::string encoded(argon2_encodedlen(cost_.passes, cost_.memory_kib, cost_.lanes, kSaltBytes, kHashBytes, Argon2_id),
                      '\0');
  const int result =
      argon2id_hash_encoded(cost_.passes, cost_.memory_kib, cost_.lanes, password.data(), password.size(), salt.data(),
                            salt.size(), kHashBytes, encoded.data(), encoded.size());
  KF_ASSERT(result == ARGON2_OK);  // memory alone can be wanting
  encoded.resize(encoded.find('\0'));
  return {std::move(encoded)};
}

void PasswordHasher::Count::add(Asker asker) noexcept {
  ++all;
  if (asker == Asker::kStranger) ++strangers;
}

void PasswordHasher::Count::remove(Asker asker) noexcept {
  --all;
  if (asker == Asker::kStranger) --strangers;
}

bool PasswordHasher::Count::has_room(Asker asker, std::size_t max) const noexcept {
  const std::size_t strangers_max = max > 1 ? max - 1 : max;
  return all < max && (asker == Asker::kKnown || strangers < strangers_max);
}

PasswordHasher::Turn::Turn(PasswordHasher& hasher, Asker asker) : hasher_(hasher), asker_(asker) {
  std::unique_lock lock(hasher_.mutex_);
  const auto may_run = [this] { return hasher_.running_.has_room(asker_, hasher_.limits_.running_max); };
  if (!may_run()) {
    if (!hasher_.waiting_.has_room(asker_, hasher_.limits_.waiting_max)) return;
    hasher_.waiting_.add(asker_);
    hasher_.freed_.wait(lock, may_run);
    hasher_.waiting_.remove(asker_);
  }
  hasher_.running_.add(asker_);
  came_ = true;
}

PasswordHasher::Turn::~Turn() {
  if (!came_) return;
  {
    const std::lock_guard lock(hasher_.mutex_);
    hasher_.running_.remove(asker_);
  }
  hasher_.freed_.notify_all();  // the place may be one that not all who wait may take
}

std::optional<PasswordHash> PasswordHasher::hash(std::string_view password, Asker asker) {
  const Turn turn(*this, asker);
  if (!turn.came()) return std::nullopt;
  return make(password);
}

std::optional<PasswordMatch> PasswordHasher::verify(const PasswordHash& hash, std::string_view password, Asker asker) {
  const Turn turn(*this, asker);
  if (!turn.came()) return std::nullopt;
  const int result = argon2id_verify(hash.encoded.c_str(), password.data(), password.size());
  return result == ARGON2_OK ? PasswordMatch::kYes : PasswordMatch::kNo;
}

std::string random_password() {
  return random_groups(4, 5);
}

}  // namespace keyfence
