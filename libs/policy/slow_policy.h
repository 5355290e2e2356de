#pragma once

#include <array>
#include <optional>
#include <vector>

#include "libs/policy/decide.h"

namespace keyfence {

// The policy as plain values, decided by scanning: the slow, obvious twin of the image. For tests, /decisions with
// explain, and nothing on a request's path.
class SlowPolicy {
 public:
  using KeyRef = const KeyPolicy*;

  SlowPolicy(Revision revision, InstancePolicy instance, std::vector<AccountPolicy> accounts,
             std::vector<KeyPolicy> keys);

  [[nodiscard]] Revision revision() const noexcept { return revision_; }
  [[nodiscard]] ErrorStyle instance_error_style() const noexcept { return instance_.error_style; }
  [[nodiscard]] KeyRef find_key(const KeyDigest& digest) const noexcept;
  [[nodiscard]] KeyFacts facts(KeyRef key) const noexcept;
  [[nodiscard]] bool has_scopes(KeyRef key, std::span<const ScopeTag> required) const noexcept;
  [[nodiscard]] ListVerdict global_verdict(const std::optional<IpAddress>& address, UnixSeconds now) const noexcept;
  [[nodiscard]] ListVerdict account_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                            UnixSeconds now) const noexcept;
  [[nodiscard]] ListVerdict key_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                        UnixSeconds now) const noexcept;

 private:
  [[nodiscard]] const AccountPolicy* account_of(KeyRef key) const noexcept;

  Revision revision_;
  InstancePolicy instance_;
  std::vector<AccountPolicy> accounts_;
  std::vector<KeyPolicy> keys_;
};

[[nodiscard]] ListVerdict list_verdict(const Allowlist& list, const std::optional<IpAddress>& address,
                                       UnixSeconds now) noexcept;

// The usable entry that admits the address: the most specific, then the oldest (smallest id); nullptr if none does.
[[nodiscard]] const PolicyEntry* matching_entry(const Allowlist& list, const IpAddress& address,
                                                UnixSeconds now) noexcept;

}  // namespace keyfence
