#include "gateways/nginx/request_record.h"

#include <gtest/gtest.h>

namespace keyfence::nginx {
namespace {

RequestRecord decided(Outcome outcome, Reason reason, FenceMode mode) {
  RequestRecord record;
  record.decision.emplace();
  record.decision->outcome = outcome;
  record.decision->reason = reason;
  record.decision->key = KeyId(7);
  record.mode = mode;
  return record;
}

TEST(RequestRecord, a_denial_refuses_in_every_mode_but_monitor) {
  EXPECT_TRUE(decided(Outcome::kDeny, Reason::kKeyMissing, FenceMode::kOn).refused());
  EXPECT_TRUE(decided(Outcome::kDeny, Reason::kKeyMissing, FenceMode::kOff).refused());
  EXPECT_FALSE(decided(Outcome::kDeny, Reason::kKeyMissing, FenceMode::kMonitor).refused());
  EXPECT_FALSE(decided(Outcome::kAllow, Reason::kAllowed, FenceMode::kOn).refused());
}

TEST(RequestRecord, a_decision_that_was_never_written_refuses) {
  RequestRecord record;
  record.decision.emplace();
  record.mode = FenceMode::kOn;
  EXPECT_TRUE(record.refused());
}

TEST(RequestRecord, a_location_in_monitor_records_what_it_let_pass) {
  RequestRecord record = decided(Outcome::kDeny, Reason::kAddressDeniedKey, FenceMode::kMonitor);
  record.decision->layer = Layer::kKey;
  record.decision->would_deny = Reason::kAddressDeniedGlobal;
  record.decision->would_deny_layer = Layer::kGlobal;
  EXPECT_EQ(record.would_deny(), Reason::kAddressDeniedKey);
  EXPECT_EQ(record.would_deny_layer(), Layer::kKey);
}

TEST(RequestRecord, a_list_in_monitor_records_what_it_let_pass) {
  RequestRecord record = decided(Outcome::kAllow, Reason::kAllowed, FenceMode::kOn);
  record.decision->would_deny = Reason::kAddressDeniedGlobal;
  record.decision->would_deny_layer = Layer::kGlobal;
  EXPECT_EQ(record.would_deny(), Reason::kAddressDeniedGlobal);
  EXPECT_EQ(record.would_deny_layer(), Layer::kGlobal);
}

TEST(RequestRecord, a_key_is_good_only_if_the_key_was_not_what_failed) {
  for (const Reason reason : {Reason::kNoPolicy, Reason::kKeyMissing, Reason::kKeyMalformed, Reason::kKeyUnknown,
                              Reason::kKeyDisabled, Reason::kKeyRevoked, Reason::kKeyExpired}) {
    EXPECT_FALSE(decided(Outcome::kDeny, reason, FenceMode::kMonitor).key_is_good()) << name(reason);
  }
  for (const Reason reason : {Reason::kScopeMissing, Reason::kAddressUnknown, Reason::kAddressDeniedGlobal,
                              Reason::kAddressDeniedAccount, Reason::kAddressDeniedKey}) {
    EXPECT_TRUE(decided(Outcome::kDeny, reason, FenceMode::kMonitor).key_is_good()) << name(reason);
  }
  EXPECT_TRUE(decided(Outcome::kAllow, Reason::kAllowed, FenceMode::kOn).key_is_good());
  EXPECT_FALSE(RequestRecord{}.key_is_good());
}

}  // namespace
}  // namespace keyfence::nginx
