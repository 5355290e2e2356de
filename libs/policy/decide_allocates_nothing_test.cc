// Counts every allocation of this program, the C++ ones and OpenSSL's, round a whole decision: credential to body.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "libs/base/testing/allocation_count.h"
#include "libs/policy/decide.h"
#include "libs/policy/denial_body.h"
#include "libs/policy/slow_policy.h"

namespace {

std::uint64_t openssl_allocations = 0;

void* counted_malloc(std::size_t bytes, const char* /*file*/, int /*line*/) {
  ++openssl_allocations;
  return std::malloc(bytes);
}
void* counted_realloc(void* old, std::size_t bytes, const char* /*file*/, int /*line*/) {
  ++openssl_allocations;
  return std::realloc(old, bytes);
}
void counted_free(void* memory, const char* /*file*/, int /*line*/) {
  std::free(memory);
}
// Set before main, as OpenSSL refuses it once it has allocated.
const bool openssl_is_counted = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

}  // namespace

namespace keyfence {
namespace {

std::uint64_t allocation_count() {
  return allocations_so_far() + openssl_allocations;
}

constexpr UnixSeconds kNow{1'800'000'000};

SlowPolicy policy_of(KeyState state, IpAddress admitted, const std::string& secret) {
  Allowlist list;
  list.entries.push_back({EntryId(1), IpRange::single(admitted), EntryState::kEnabled, UnixSeconds{kNow.value + 1}});
  const AccountPolicy account{AccountId(2), AccountState::kActive, ErrorStyle::kProblem, list};
  const KeyPolicy key{KeyId(3), AccountId(2), sha256(secret), state, UnixSeconds{kNow.value + 1}, {"a", "b"}, list};
  return {Revision{1}, {ErrorStyle::kEnvelope, list}, {account}, {key}};
}

// The whole of what the data plane does but for reading the request; returns how often it allocated.
std::uint64_t allocations_of(const SlowPolicy& policy, std::string_view credential,
                             const std::optional<IpAddress>& address, Reason expected) {
  const std::array required = {scope_tag("a"), scope_tag("b")};
  std::array<char, kDenialBodyBytesMax> buffer{};
  const std::uint64_t before = allocation_count();
  const Decision decision = decide(policy, {read_presented_key(credential), address, required, kNow});
  if (decision.reason != Reason::kAllowed) {
    (void)render_denial(decision.error_style, decision.reason, "0123456789abcdef", buffer);
  }
  const std::uint64_t after = allocation_count();
  EXPECT_EQ(name(decision.reason), name(expected));
  return after - before;
}

TEST(DecideAllocatesNothing, CountsWhatIsAllocated) {
  ASSERT_TRUE(openssl_is_counted);
  const std::uint64_t before = allocation_count();
  const auto memory = std::make_unique<int>(1);
  EXPECT_EQ(allocation_count(), before + 1);
  void* theirs = OPENSSL_malloc(8);
  EXPECT_EQ(allocation_count(), before + 2);
  OPENSSL_free(theirs);
}

TEST(DecideAllocatesNothing, ForAnyReason) {
  const std::string secret = NewSecret::make("kf_").reveal_once();
  const std::string other = NewSecret::make("kf_").reveal_once();
  const IpAddress inside = IpAddress::v4(1);
  const IpAddress outside = IpAddress::v4(2);
  const SlowPolicy live = policy_of(KeyState::kActive, inside, secret);
  const SlowPolicy revoked = policy_of(KeyState::kRevoked, inside, secret);
  EXPECT_EQ(allocations_of(live, secret, inside, Reason::kAllowed), 0U);
  EXPECT_EQ(allocations_of(live, secret, outside, Reason::kAddressDeniedGlobal), 0U);
  EXPECT_EQ(allocations_of(live, secret, std::nullopt, Reason::kAddressUnknown), 0U);
  EXPECT_EQ(allocations_of(live, other, inside, Reason::kKeyUnknown), 0U);
  EXPECT_EQ(allocations_of(live, "kf_mistyped", inside, Reason::kKeyMalformed), 0U);
  EXPECT_EQ(allocations_of(live, "", inside, Reason::kKeyMissing), 0U);
  EXPECT_EQ(allocations_of(revoked, secret, inside, Reason::kKeyRevoked), 0U);
}

}  // namespace
}  // namespace keyfence
