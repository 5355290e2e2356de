#include "libs/policy/list_rules.h"

#include <utility>

#include "libs/net/count_text.h"
#include "libs/policy/entry_relations.h"

namespace keyfence {
namespace {

// What a key's list refuses by default is worth a warning in every list.
constexpr int kVeryBroadV4 = 9;
constexpr int kVeryBroadV6 = 33;

int host_bits(IpFamily family, int floor) noexcept {
  return (family == IpFamily::kV4 ? 32 : 128) - floor;
}

bool is_broader_than(const IpRange& range, int floor) noexcept {
  const int bits = host_bits(range.family(), floor);
  return bits < 128 && range.count_minus_one() >> bits != 0;
}

std::optional<int> floor_of(const ListLimits& limits, IpFamily family) noexcept {
  const std::optional<int> floor = family == IpFamily::kV4 ? limits.floor_v4 : limits.floor_v6;
  if (!floor || *floor <= 0 || host_bits(family, *floor) < 0) return std::nullopt;
  return floor;
}

EntryRuleError too_broad(std::size_t index, const IpRange& range, int floor) {
  const std::string_view family = range.family() == IpFamily::kV4 ? " IPv4 addresses" : " IPv6 addresses";
  const uint128 most_minus_one = (uint128{1} << host_bits(range.family(), floor)) - 1;
  std::string message = range.text() + " admits " + range.count_text();
  message.append(family).append("; this list accepts at most ").append(count_text(most_minus_one));
  message.append(" in one entry, as many as a /").append(std::to_string(floor)).append(".");
  return {index, EntryRuleCode::kTooBroad, std::move(message), std::nullopt};
}

EntryRuleError duplicate(std::size_t index, const CandidateEntry& twin, const EntryRelations& relations) {
  if (relations.stands(&twin)) {
    return {index, EntryRuleCode::kDuplicate, twin.range.text() + " is in the list already.", twin.id};
  }
  return {index, EntryRuleCode::kDuplicate, twin.range.text() + " is there twice.", std::nullopt};
}

EntryRuleError too_many(std::size_t index, std::size_t entries_max, std::size_t standing, std::size_t added) {
  return {index, EntryRuleCode::kTooMany,
          "This list holds at most " + std::to_string(entries_max) + " entries; it has " + std::to_string(standing) +
              " and " + std::to_string(added) + " would be added.",
          std::nullopt};
}

std::string_view description(AddressClass address_class) noexcept {
  switch (address_class) {
    case AddressClass::kPublic:
      return "public";
    case AddressClass::kPrivate:
      return "private";
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kLinkLocal:
      return "link-local";
    case AddressClass::kCgnat:
      return "shared by a carrier's customers (CGNAT)";
    case AddressClass::kDocumentation:
      return "for documentation";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kUnspecified:
      return "the unspecified address";
    case AddressClass::kReserved:
      return "reserved";
  }
  return "special";
}

std::optional<EntryId> id_of(const CandidateEntry& other) noexcept {
  return other.id.value() == 0 ? std::nullopt : std::optional(other.id);
}

class Judge {
 public:
  Judge(const ListLimits& limits, const std::vector<CandidateEntry>& standing, const std::vector<CandidateEntry>& added)
      : limits_(limits), standing_(standing), added_(added), relations_(standing, added), refused_(added.size()) {}

  void find_errors(std::vector<EntryRuleError>& errors) {
    std::size_t accepted = 0;
    std::optional<std::size_t> first_beyond;
    for (std::size_t i = 0; i < added_.size(); ++i) {
      const std::size_t before = errors.size();
      const IpRange& range = added_[i].range;
      const auto floor = floor_of(limits_, range.family());
      if (floor && is_broader_than(range, *floor)) errors.push_back(too_broad(i, range, *floor));
      if (const CandidateEntry* twin = relations_.twin(i)) errors.push_back(duplicate(i, *twin, relations_));
      refused_[i] = errors.size() > before ? 1 : 0;
      if (refused_[i] != 0) continue;
      ++accepted;
      if (standing_.size() + accepted > limits_.entries_max && !first_beyond) first_beyond = i;
    }
    if (first_beyond) errors.push_back(too_many(*first_beyond, limits_.entries_max, standing_.size(), accepted));
  }

  void find_warnings(NonPublicWarnings non_public, std::vector<EntryWarning>& warnings) const {
    const std::vector<const CandidateEntry*> holders = relations_.holders(refused_);
    for (std::size_t i = 0; i < added_.size(); ++i) {
      if (refused_[i] != 0) continue;
      const IpRange& range = added_[i].range;
      if (holders[i] != nullptr) warnings.push_back(inside_other(i, *holders[i]));
      if (const CandidateEntry* inner = relations_.inner(i)) {
        warnings.push_back({i, EntryWarningCode::kCoversOther,
                            range.text() + " holds " + inner->range.text() + ", which is in the list already.",
                            inner->id});
      }
      if (non_public == NonPublicWarnings::kOn) warn_of_non_public(i, warnings);
      if (is_broader_than(range, range.family() == IpFamily::kV4 ? kVeryBroadV4 : kVeryBroadV6)) {
        warnings.push_back({i, EntryWarningCode::kVeryBroad,
                            range.text() + " admits " + range.count_text() + " addresses.", std::nullopt});
      }
    }
  }

 private:
  [[nodiscard]] EntryWarning inside_other(std::size_t index, const CandidateEntry& holder) const {
    const std::string_view where = relations_.stands(&holder) ? ", which is in the list already." : ", added with it.";
    return {index, EntryWarningCode::kInsideOther,
            added_[index].range.text() + " lies inside " + holder.range.text() + std::string(where), id_of(holder)};
  }

  void warn_of_non_public(std::size_t index, std::vector<EntryWarning>& warnings) const {
    const AddressClass address_class = classify(added_[index].range);
    if (address_class == AddressClass::kPublic) return;
    const bool single = added_[index].range.first() == added_[index].range.last();
    warnings.push_back({index, EntryWarningCode::kNotPublic,
                        "A gateway on the internet never sees " +
                            std::string(single ? "this address: " : "these addresses: ") + added_[index].range.text() +
                            " is " + std::string(description(address_class)) + ".",
                        std::nullopt});
  }

  const ListLimits& limits_;
  const std::vector<CandidateEntry>& standing_;
  const std::vector<CandidateEntry>& added_;
  EntryRelations relations_;
  std::vector<std::uint8_t> refused_;
};

}  // namespace

ListLimits default_limits(Layer layer) noexcept {
  switch (layer) {
    case Layer::kGlobal:
      return {1'000'000, std::nullopt, std::nullopt};
    case Layer::kAccount:
      return {1'000, std::nullopt, std::nullopt};
    case Layer::kKey:
      return {20, 9, 33};
    case Layer::kNone:
      return {};
  }
  return {};
}

RuleReport check_additions(const ListLimits& limits, const std::vector<CandidateEntry>& standing,
                           const std::vector<CandidateEntry>& added, NonPublicWarnings non_public) {
  RuleReport report;
  Judge judge(limits, standing, added);
  judge.find_errors(report.errors);
  judge.find_warnings(non_public, report.warnings);
  return report;
}

std::string_view name(EntryRuleCode code) noexcept {
  switch (code) {
    case EntryRuleCode::kTooBroad:
      return "too_broad";
    case EntryRuleCode::kDuplicate:
      return "duplicate_entry";
    case EntryRuleCode::kTooMany:
      return "too_many_entries";
    case EntryRuleCode::kLabelTooLong:
      return "label_too_long";
    case EntryRuleCode::kLabelNotText:
      return "label_not_text";
  }
  return "unknown";
}

std::string_view name(EntryWarningCode code) noexcept {
  switch (code) {
    case EntryWarningCode::kInsideOther:
      return "inside_other_entry";
    case EntryWarningCode::kCoversOther:
      return "covers_other_entry";
    case EntryWarningCode::kNotPublic:
      return "not_public";
    case EntryWarningCode::kVeryBroad:
      return "very_broad";
    case EntryWarningCode::kTrustedProxy:
      return "trusted_proxy";
  }
  return "unknown";
}

}  // namespace keyfence
