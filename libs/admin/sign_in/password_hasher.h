#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "libs/store/people_rows.h"

namespace keyfence {

// What one Argon2id hash costs.
struct Argon2Cost {
  std::uint32_t memory_kib = 46 * 1024;
  std::uint32_t passes = 1;
  std::uint32_t lanes = 1;
};

// One place to run and one to wait are for those who are known alone, as far as there are several: strangers who try to
// sign in all the time keep nobody else from it.
struct HasherLimits {
  std::size_t running_max = 2;  // so that all of them together take at most twice the memory of one
  std::size_t waiting_max = 8;  // far fewer than the API has workers: the others go on
};

// kKnown: with a session, or from a browser that has signed in as this person before.
enum class Asker : std::uint8_t { kStranger, kKnown };

enum class PasswordMatch : std::uint8_t { kNo, kYes };

// Passwords to Argon2id hashes, a few at a time.
//
// Errors   nullopt where too many wait already: the caller answers that the service is busy.
// Threads  Safe; a call blocks until it had its turn.
// Source   RFC 9106; parameters as OWASP's Password Storage Cheat Sheet has them.
class PasswordHasher {
 public:
  explicit PasswordHasher(Argon2Cost cost = {}, HasherLimits limits = {});

  [[nodiscard]] std::optional<PasswordHash> hash(std::string_view password, Asker asker = Asker::kStranger);
  [[nodiscard]] std::optional<PasswordMatch> verify(const PasswordHash& hash, std::string_view password,
                                                    Asker asker = Asker::kStranger);
  // A hash that no password matches, for logins that nobody has: refusing them costs the same.
  [[nodiscard]] const PasswordHash& decoy() const noexcept { return decoy_; }

 private:
  // A place among those that run; none if too many wait for one.
  class Turn {
   public:
    Turn(PasswordHasher& hasher, Asker asker);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool came() const noexcept { return came_; }

   private:
    PasswordHasher& hasher_;
    const Asker asker_;
    bool came_ = false;
  };
  struct Count {
    std::size_t all = 0;
    std::size_t strangers = 0;
    void add(Asker asker) noexcept;
    void remove(Asker asker) noexcept;
    [[nodiscard]] bool has_room(Asker asker, std::size_t max) const noexcept;
  };

  [[nodiscard]] PasswordHash make(std::string_view password) const;

  const Argon2Cost cost_;
  const HasherLimits limits_;
  std::mutex mutex_;
  std::condition_variable freed_;
  Count running_;
  Count waiting_;
  PasswordHash decoy_;
};

// A password for a person who has none yet: 100 random bits in Crockford's base 32, in groups of five.
[[nodiscard]] std::string random_password();

}  // namespace keyfence
