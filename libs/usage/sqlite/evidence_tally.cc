#include "libs/usage/sqlite/evidence_tally.h"

#include <algorithm>
#include <span>

namespace keyfence::usage_sqlite {

EvidenceTally::EvidenceTally(sql::Connection& connection)
    : add_evidence_(connection,
                    "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET hits = hits + ?3, "
                    "first_at = min(first_at, ?4), address = CASE WHEN ?5 >= last_at THEN ?6 ELSE address END, "
                    "last_at = max(last_at, ?5)") {}

void EvidenceTally::add(const UsageRecord& record, const MatchedEntries& matched) {
  const std::uint64_t key = record.decision.key.value();
  const bool allowed = record.decision.outcome == Outcome::kAllow;
  if (key != 0) add(allowed ? EvidenceKind::kKeyAllowed : EvidenceKind::kKeyDenied, key, record);
  for (const EntryId entry : {matched.global, matched.account, matched.key}) {
    if (entry.value() != 0) add(EvidenceKind::kEntry, entry.value(), record);
  }
}

void EvidenceTally::add(EvidenceKind kind, std::uint64_t id, const UsageRecord& record) {
  OfKind& of_kind = kinds_[static_cast<std::size_t>(kind)];
  const std::uint32_t* known = of_kind.places.find(id);
  if (known == nullptr) {
    of_kind.places.insert(id, static_cast<std::uint32_t>(of_kind.counts.size()));
    of_kind.counts.emplace_back().id = id;
  }
  Count& count = known == nullptr ? of_kind.counts.back() : of_kind.counts[*known];
  const std::int64_t at = record.at.micros;
  if (count.hits == 0 || at < count.first) count.first = at;
  if (count.hits == 0 || at >= count.last) {
    count.last = at;
    count.address.reset();
    if (record.address) count.address = record.address->bytes();
  }
  ++count.hits;
}

void EvidenceTally::write() {
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    std::vector<Count>& counts = kinds_[kind].counts;
    std::sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) { return a.id < b.id; });
    for (const Count& count : counts) {
      std::optional<std::span<const std::uint8_t>> address;
      if (count.address) address = std::span<const std::uint8_t>(*count.address);
      (void)add_evidence_.execute(kind, count.id, count.hits, count.first, count.last, address);
    }
  }
  clear();
}

void EvidenceTally::clear() noexcept {
  for (OfKind& of_kind : kinds_) {
    of_kind.counts.clear();
    of_kind.places.clear();
  }
}

}  // namespace keyfence::usage_sqlite
