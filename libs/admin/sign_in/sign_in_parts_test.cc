#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "libs/admin/sign_in/cookies.h"
#include "libs/admin/sign_in/password_hasher.h"
#include "libs/admin/sign_in/random_codes.h"
#include "libs/admin/sign_in/sign_in_throttle.h"
#include "libs/admin/sign_in/totp.h"

namespace keyfence {
namespace {

constexpr Timestamp kNow{1'800'000'000'000'000};

TotpSecret secret_of_rfc() {
  TotpSecret secret;
  const std::string_view text = "12345678901234567890";
  std::copy(text.begin(), text.end(), secret.bytes.begin());
  return secret;
}

TEST(Totp, GivesTheCodesOfRfc6238) {
  const TotpSecret secret = secret_of_rfc();
  const std::pair<std::int64_t, std::string_view> known[] = {{59, "287082"},         {1111111109, "081804"},
                                                             {1111111111, "050471"}, {1234567890, "005924"},
                                                             {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [seconds, code] : known) {
    EXPECT_EQ(totp_code(secret, totp_step_at({seconds * 1'000'000})), code) << seconds;
  }
  EXPECT_EQ(base32(secret.bytes), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(otpauth_uri(secret, "a+b@example.org"),
            "otpauth://totp/Keyfence:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Keyfence");
}

TEST(Totp, TakesTheStepBeforeAndAfterAndNoneThatIsSpent) {
  const TotpSecret secret = secret_of_rfc();
  const std::uint64_t step = totp_step_at(kNow);
  for (const std::uint64_t near : {step - 1, step, step + 1}) {
    EXPECT_EQ(match_totp(secret, totp_code(secret, near), kNow, 0), near);
  }
  for (const std::uint64_t far : {step - 2, step + 2}) {
    EXPECT_EQ(match_totp(secret, totp_code(secret, far), kNow, 0), std::nullopt);
  }
  EXPECT_EQ(match_totp(secret, totp_code(secret, step), kNow, step), std::nullopt);
  EXPECT_EQ(match_totp(secret, totp_code(secret, step - 1), kNow, step), std::nullopt) << "older than the spent one";
  EXPECT_EQ(match_totp(secret, totp_code(secret, step + 1), kNow, step), step + 1);
  EXPECT_EQ(match_totp(secret, "", kNow, 0), std::nullopt);
  EXPECT_EQ(match_totp(secret, totp_code(secret, step) + "0", kNow, 0), std::nullopt);
}

TEST(Passwords, MatchThemselvesAlone) {
  PasswordHasher hasher({.memory_kib = 64});
  const PasswordHash hash = *hasher.hash("correct horse");
  EXPECT_EQ(hash.encoded.rfind("$argon2id$v=19$m=64,t=1,p=1$", 0), 0U) << hash.encoded;
  EXPECT_EQ(hasher.verify(hash, "correct horse"), PasswordMatch::kYes);
  EXPECT_EQ(hasher.verify(hash, "correct horsf"), PasswordMatch::kNo);
  EXPECT_EQ(hasher.verify(hash, ""), PasswordMatch::kNo);
  EXPECT_NE(hasher.hash("correct horse")->encoded, hash.encoded) << "salted";
}

TEST(Passwords, CostWhatTheyShouldByDefaultAlsoForLoginsThatNobodyHas) {
  const PasswordHasher hasher;
  EXPECT_EQ(hasher.decoy().encoded.rfind("$argon2id$v=19$m=47104,t=1,p=1$", 0), 0U) << hasher.decoy().encoded;
}

TEST(Passwords, OverTheLimitsAreRefusedAndNotQueued) {
  PasswordHasher hasher({.memory_kib = 64 * 1024}, {.running_max = 1, .waiting_max = 1});
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  threads.reserve(16);
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { ++(hasher.verify(hasher.decoy(), "x") ? served : refused); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served + refused, 16);
  EXPECT_GE(served, 1);
  EXPECT_EQ(hasher.verify(hasher.decoy(), "x"), PasswordMatch::kNo) << "free again";
}

TEST(Passwords, StrangersLeaveWhoIsKnownAPlace) {
  PasswordHasher hasher({.memory_kib = 4 * 1024}, {.running_max = 2, .waiting_max = 2});
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> strangers;
  strangers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    strangers.emplace_back([&] {
      while (!stop) {
        if (!hasher.verify(hasher.decoy(), "x")) ++refused;
      }
    });
  }
  while (refused == 0) std::this_thread::yield();
  int served = 0;
  for (int i = 0; i < 50; ++i) served += hasher.verify(hasher.decoy(), "x", Asker::kKnown).has_value() ? 1 : 0;
  stop = true;
  for (std::thread& thread : strangers) thread.join();
  EXPECT_EQ(served, 50);
}

TEST(RandomCodes, AreReadWithoutCaseAndDashes) {
  const std::vector<std::string> codes = new_recovery_codes();
  ASSERT_EQ(codes.size(), 10U);
  std::string typed = codes[0];
  EXPECT_EQ(typed.size(), 11U);
  typed.erase(5, 1);
  std::transform(typed.begin(), typed.end(), typed.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_EQ(recovery_code_digest(" " + typed), recovery_code_digest(codes[0]));
  EXPECT_NE(recovery_code_digest(codes[1]), recovery_code_digest(codes[0]));
  EXPECT_EQ(random_password().size(), 23U);
}

SignInAttempt attempt(std::string login, std::string_view address) {
  return {.login = std::move(login), .client = IpAddress::parse(address), .device = {}};
}

TEST(Throttle, CountsALoginFromAnAddressAndForgetsAfterItsWindow) {
  SignInThrottle throttle;
  const SignInAttempt one = attempt("ada", "192.0.2.1");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(throttle.begin(one, kNow).has_value());
  const auto refusal = throttle.begin(one, kNow);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_TRUE(refusal->first);
  EXPECT_FALSE(throttle.begin(one, kNow)->first);
  EXPECT_FALSE(throttle.begin(attempt("bob", "192.0.2.1"), kNow).has_value());
  EXPECT_FALSE(throttle.begin(attempt("ada", "192.0.2.2"), kNow).has_value());
  EXPECT_FALSE(throttle.begin(one, {kNow.micros + 900'000'000}).has_value());
}

TEST(Throttle, WhatSucceedsDoesNotCount) {
  SignInThrottle throttle;
  const SignInAttempt one = attempt("ada", "192.0.2.1");
  for (int i = 0; i < 500; ++i) {
    ASSERT_FALSE(throttle.begin(one, kNow).has_value()) << i;
    throttle.take_back(one);
  }
}

TEST(Throttle, AnAddressOfVersionSixCountsAsItsNetwork) {
  SignInThrottle throttle;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(throttle.begin(attempt("ada", "2001:db8:0:1::" + std::to_string(i)), kNow).has_value());
  }
  EXPECT_TRUE(throttle.begin(attempt("ada", "2001:db8:0:1::ffff"), kNow).has_value());
  EXPECT_FALSE(throttle.begin(attempt("ada", "2001:db8:0:2::"), kNow).has_value());
}

TEST(Throttle, AnAddressThatTriesManyLoginsIsRefusedThemAll) {
  SignInThrottle throttle;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(throttle.begin(attempt("login" + std::to_string(i), "192.0.2.1"), kNow).has_value());
  }
  EXPECT_TRUE(throttle.begin(attempt("ada", "192.0.2.1"), kNow).has_value());
}

TEST(Throttle, ABesiegedLoginStillHasOneTryFromEveryAddressAndAllFromItsBrowsers) {
  SignInThrottle throttle;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(throttle.begin(attempt("ada", "198.51.100." + std::to_string(i)), kNow).has_value());
  }
  EXPECT_FALSE(throttle.begin(attempt("ada", "192.0.2.1"), kNow).has_value());
  EXPECT_TRUE(throttle.begin(attempt("ada", "192.0.2.1"), kNow).has_value());
  SignInAttempt known = attempt("ada", "192.0.2.1");
  known.device = sha256("her browser");
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(throttle.begin(known, kNow).has_value());
  EXPECT_TRUE(throttle.begin(known, kNow).has_value());
}

HttpRequest with_cookies(std::vector<std::string> lines) {
  HttpRequest request;
  for (std::string& line : lines) request.headers.emplace_back("cookie", std::move(line));
  return request;
}

TEST(Cookies, AreFoundWhereTheyAreSentOnce) {
  EXPECT_EQ(cookie_of(with_cookies({"a=1; __Host-keyfence=x; b=2"}), kSessionCookie), "x");
  EXPECT_EQ(cookie_of(with_cookies({"a=1", "__Host-keyfence=x=y"}), kSessionCookie), "x=y");
  EXPECT_EQ(cookie_of(with_cookies({"__Host-keyfence-device=x"}), kSessionCookie), std::nullopt);
  EXPECT_EQ(cookie_of(with_cookies({"__Host-keyfence=x", "__Host-keyfence=y"}), kSessionCookie), std::nullopt);
  EXPECT_EQ(cookie_of(with_cookies({"__Host-keyfence", ";;=;"}), kSessionCookie), std::nullopt);
}

}  // namespace
}  // namespace keyfence
