#pragma once

#include <concepts>
#include <optional>
#include <span>

#include "libs/policy/decision.h"

namespace keyfence {

// What is asked: a credential, where it came from, what the route needs, and when.
struct Question {
  PresentedKey credential;
  std::optional<IpAddress> address;  // nullopt: unknown
  std::span<const ScopeTag> required_scopes;
  UnixSeconds now;
};

struct KeyFacts {
  KeyId id;
  AccountId account;
  KeyState state = KeyState::kRevoked;
  AccountState account_state = AccountState::kSuspended;
  UnixSeconds expires_at{0xFFFFFFFF};  // 0xFFFFFFFF: never
  ErrorStyle error_style = ErrorStyle::kEnvelope;
};

// What one list says of an address. The zero value denies.
struct ListVerdict {
  ListMode mode = ListMode::kEnforce;
  bool has_entries = true;
  bool admits = false;  // with an unknown address: whether the list admits without looking at it
};

// Where the policy is read from: the image on the data plane, plain values in the slow model. find_key() answers
// something that tests false if there is no such key. Nothing may throw or allocate.
// clang-format 14 does not know compound requirements.
// clang-format off
template <class S>
concept PolicySource =
    requires(const S& source, const KeyDigest& digest, typename S::KeyRef key, std::span<const ScopeTag> scopes,
             const std::optional<IpAddress>& address, UnixSeconds now) {
      { source.revision() } noexcept -> std::same_as<Revision>;
      { source.instance_error_style() } noexcept -> std::same_as<ErrorStyle>;
      { source.find_key(digest) } noexcept -> std::same_as<typename S::KeyRef>;
      { static_cast<bool>(key) } noexcept;
      { source.facts(key) } noexcept -> std::same_as<KeyFacts>;
      { source.has_scopes(key, scopes) } noexcept -> std::same_as<bool>;
      { source.global_verdict(address, now) } noexcept -> std::same_as<ListVerdict>;
      { source.account_verdict(key, address, now) } noexcept -> std::same_as<ListVerdict>;
      { source.key_verdict(key, address, now) } noexcept -> std::same_as<ListVerdict>;
    };
// clang-format on

// The one place where the order of design part 3 stands: key, scope, global list, account list, key list.
//
// Errors   None. Allocates nothing, takes no lock, reads no clock.
// Source   docs/decision-order.md.
template <PolicySource Source>
[[nodiscard]] Decision decide(const Source& source, const Question& question) noexcept {
  Decision decision;
  decision.revision = source.revision();
  decision.error_style = source.instance_error_style();
  const auto deny = [&decision](Reason reason, Layer layer = Layer::kNone) {
    decision.reason = reason;
    decision.layer = layer;
    return decision;
  };

  switch (question.credential.state) {
    case CredentialState::kMissing:
      return deny(Reason::kKeyMissing);
    case CredentialState::kMalformed:
      return deny(Reason::kKeyMalformed);
    case CredentialState::kPresent:
      break;
  }
  // A value that this program does not know, as a damaged image may hold: never on to an allow. Here and below.
  if (question.credential.state != CredentialState::kPresent) return deny(Reason::kKeyMalformed);
  const typename Source::KeyRef key = source.find_key(question.credential.digest);
  if (!key) return deny(Reason::kKeyUnknown);

  const KeyFacts facts = source.facts(key);
  decision.key = facts.id;
  decision.account = facts.account;
  decision.error_style = facts.error_style;
  if (facts.account_state != AccountState::kActive) return deny(Reason::kKeyDisabled);
  switch (facts.state) {
    case KeyState::kDisabled:
      return deny(Reason::kKeyDisabled);
    case KeyState::kRevoked:
      return deny(Reason::kKeyRevoked);
    case KeyState::kActive:
      break;
  }
  if (facts.state != KeyState::kActive) return deny(Reason::kKeyDisabled);
  if (facts.expires_at.value != 0xFFFFFFFF && question.now >= facts.expires_at) return deny(Reason::kKeyExpired);
  if (!question.required_scopes.empty() && !source.has_scopes(key, question.required_scopes)) {
    return deny(Reason::kScopeMissing);
  }

  const auto consult = [&](Layer layer) {
    switch (layer) {
      case Layer::kGlobal:
        return source.global_verdict(question.address, question.now);
      case Layer::kAccount:
        return source.account_verdict(key, question.address, question.now);
      case Layer::kKey:
        return source.key_verdict(key, question.address, question.now);
      case Layer::kNone:
        break;
    }
    return ListVerdict{};
  };
  for (const Layer layer : kListLayers) {
    const ListVerdict verdict = consult(layer);
    if (verdict.mode == ListMode::kOff || verdict.admits) continue;
    const Reason reason = !question.address          ? Reason::kAddressUnknown
                          : layer == Layer::kGlobal  ? Reason::kAddressDeniedGlobal
                          : layer == Layer::kAccount ? Reason::kAddressDeniedAccount
                                                     : Reason::kAddressDeniedKey;
    if (verdict.mode != ListMode::kMonitor) return deny(reason, layer);
    if (decision.would_deny == Reason::kAllowed) {
      decision.would_deny = reason;
      decision.would_deny_layer = layer;
    }
  }
  decision.outcome = Outcome::kAllow;
  decision.reason = Reason::kAllowed;
  return decision;
}

}  // namespace keyfence
