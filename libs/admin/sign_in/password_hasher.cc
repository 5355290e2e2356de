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

PasswordHasher::Turn::Turn(PasswordHasher& hasher) : hasher_(hasher) {
  std::unique_lock lock(hasher_.mutex_);
  if (hasher_.running_ >= hasher_.limits_.running_max) {
    if (hasher_.waiting_ >= hasher_.limits_.waiting_max) return;
    ++hasher_.waiting_;
    hasher_.freed_.wait(lock, [this] { return hasher_.running_ < hasher_.limits_.running_max; });
    --hasher_.waiting_;
  }
  ++hasher_.running_;
  came_ = true;
}

PasswordHasher::Turn::~Turn() {
  if (!came_) return;
  {
    const std::lock_guard lock(hasher_.mutex_);
    --hasher_.running_;
  }
  hasher_.freed_.notify_one();
}

std::optional<PasswordHash> PasswordHasher::hash(std::string_view password) {
  const Turn turn(*this);
  if (!turn.came()) return std::nullopt;
  return make(password);
}

std::optional<PasswordMatch> PasswordHasher::verify(const PasswordHash& hash, std::string_view password) {
  const Turn turn(*this);
  if (!turn.came()) return std::nullopt;
  const int result = argon2id_verify(hash.encoded.c_str(), password.data(), password.size());
  return result == ARGON2_OK ? PasswordMatch::kYes : PasswordMatch::kNo;
}

std::string random_password() {
  return random_groups(4, 5);
}

}  // namespace keyfence
