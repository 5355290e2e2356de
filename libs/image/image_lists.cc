#include <cstring>

#include "libs/image/checksum.h"
#include "libs/image/image_view.h"
#include "libs/image/prefix_kernel.h"

// How the image's lists are asked for an address.
namespace keyfence {

using image::KeySlot;
using image::Line;
using image::LineHead;
using image::ListBody;
using image::ListHolder;
using image::Membership;

namespace {

// Mode and the answer for a list without entries.
ListVerdict begin_verdict(std::uint16_t flags) noexcept {
  ListVerdict verdict;
  const unsigned mode = (unsigned{flags} >> image::kModeShift) & 3U;
  verdict.mode = mode <= static_cast<unsigned>(ListMode::kOff) ? static_cast<ListMode>(mode) : ListMode::kEnforce;
  verdict.has_entries = (flags & image::kHasEntries) != 0;
  verdict.admits = !verdict.has_entries && (flags & image::kAllowsWhenEmpty) != 0;
  return verdict;
}

// The last of count things that are sorted by first and not above the address; count if there is none.
template <class FirstOf, class Key>
std::size_t last_not_above(std::size_t count, Key address, FirstOf first_of) noexcept {
  std::size_t begin = 0;
  std::size_t end = count;
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (first_of(middle) <= address) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin == 0 ? count : begin - 1;
}

}  // namespace

std::span<const Line> ImageView::set_lines(const image::SetRef& set) const noexcept {
  if (set.kind() == image::SetKind::kEmpty) return {};
  const Line* lines = arena(set.line, set.lines());
  return lines != nullptr ? std::span<const Line>(lines, set.lines()) : std::span<const Line>();
}

bool ImageView::verified(const image::SetRef& set, std::span<const Line> lines) const noexcept {
  // Neighbours, as the two families of one list, must not take each other's place at every question.
  VerifiedSets& near = verified_[set.line % kVerifiedMax];
  for (const image::SetRef& known : near.sets) {
    if (known.line == set.line && known.crc == set.crc && known.kind_and_lines == set.kind_and_lines) return true;
  }
  if (image::crc32c(lines.data(), lines.size_bytes(), 0) != set.crc) return false;
  near.sets[near.oldest++ % near.sets.size()] = set;
  return true;
}

bool ImageView::in_permanent(const ListHolder& holder, const IpAddress& address) const noexcept {
  const image::SetRef& set = address.is_v4() ? holder.body.permanent_v4 : holder.body.permanent_v6;
  if (set.kind() == image::SetKind::kEmpty) return false;
  const auto lines = set_lines(set);
  Membership found = Membership::kDamaged;
  if (!lines.empty() && (image::has_own_checks(set.kind()) || verified(set, lines))) {
    if (address.is_v4()) {
      const bool root_follows = (holder.body.flags & image::kRootFollows) != 0;
      found = image::find_v4(set.kind(), lines, root_follows ? &holder.root : nullptr, address.v4_number());
    } else {
      found = image::find_v6(set.kind(), lines, address.number());
    }
  }
  if (found == Membership::kDamaged) damaged_ = true;
  return found == Membership::kIn;
}

bool ImageView::in_expiring(const ListBody& body, const IpAddress& address, UnixSeconds now) const noexcept {
  const image::SegmentRef& ref = address.is_v4() ? body.expiring_v4 : body.expiring_v6;
  if (ref.lines == 0) return false;
  const Line* lines = arena(ref.line, ref.lines);
  if (lines == nullptr) return false;
  const auto check = [this](const auto& line) {
    if (image::line_check(&line, LineHead::kCovered) != line.check) damaged_ = true;
  };
  if (address.is_v4()) {
    const auto* v4 = reinterpret_cast<const image::SegmentLineV4*>(lines);
    const std::size_t at = last_not_above(ref.lines, address.v4_number(), [&](std::size_t i) {
      check(v4[i]);
      return v4[i].segments[0].first;
    });
    if (at == ref.lines) return false;
    check(v4[at]);
    for (const image::SegmentV4& segment : v4[at].segments) {
      if (segment.first <= address.v4_number() && address.v4_number() <= segment.last) return now.value < segment.until;
    }
    return false;
  }
  const auto* v6 = reinterpret_cast<const image::SegmentLineV6*>(lines);
  const image::WideKey key{static_cast<std::uint64_t>(address.number() >> 64),
                           static_cast<std::uint64_t>(address.number())};
  const std::size_t at = last_not_above(ref.lines, key, [&](std::size_t i) {
    check(v6[i]);
    return v6[i].first;
  });
  return at != ref.lines && key <= v6[at].last && now.value < v6[at].until;
}

bool ImageView::in_slot(const KeySlot& slot, const IpAddress& address) const noexcept {
  const std::size_t v6_count = (unsigned{slot.flags} >> image::kV6CountShift) & 7U;
  const std::size_t v4_count = (unsigned{slot.flags} >> image::kV4CountShift) & 15U;
  if (2 * v6_count + v4_count > slot.words.size()) {
    damaged_ = true;
    return false;
  }
  std::uint64_t packed = 0;
  std::memcpy(&packed, slot.lengths.data(), slot.lengths.size());
  if (address.is_v4()) {
    // Word i holds the prefix whose length is number i - v6_count, for each IPv6 prefix takes two words.
    return image::in_one_of_eight(address.v4_number(), slot.words.data(), packed << (6 * v6_count),
                                  ((1U << v4_count) - 1) << (2 * v6_count));
  }
  unsigned found = 0;
  const auto high = static_cast<std::uint64_t>(address.number() >> 64);
  for (std::size_t i = 0; i < v6_count; ++i, packed >>= 6) {
    const std::uint64_t prefix = std::uint64_t{slot.words[2 * i + 1]} << 32 | slot.words[2 * i];
    found |= ((high ^ prefix) >> (63 - (packed & 63U))) == 0 ? 1U : 0U;
  }
  return found != 0;
}

bool ImageView::in_prefix_line(const image::PrefixLine* line, const IpAddress& address) const noexcept {
  if (line == nullptr || image::line_check(line, LineHead::kCovered) != line->check) {
    damaged_ = true;
    return false;
  }
  if (!address.is_v4()) return false;
  // The first eight, then the last eight: 13 lengths of 6 bits in 10 bytes, of which number 5 begins at bit 30.
  constexpr std::size_t kLastEight = image::kPrefixesPerLine - 8;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::memcpy(&first, line->lengths.data(), 8);
  std::memcpy(&last, line->lengths.data() + 2, 8);
  return image::in_one_of_eight(address.v4_number(), line->addresses.data(), first, 0xFF) ||
         image::in_one_of_eight(address.v4_number(), line->addresses.data() + kLastEight, last >> (6 * kLastEight - 16),
                                0xFF);
}

ListVerdict ImageView::holder_verdict(const ListHolder* holder, const std::optional<IpAddress>& address,
                                      UnixSeconds now) const noexcept {
  if (holder == nullptr) return {};
  ListVerdict verdict = begin_verdict(holder->body.flags);
  if (verdict.has_entries && address && verdict.mode != ListMode::kOff) {
    verdict.admits = in_permanent(*holder, *address) || in_expiring(holder->body, *address, now);
  }
  return verdict;
}

ListVerdict ImageView::key_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                   UnixSeconds now) const noexcept {
  ListVerdict verdict = begin_verdict(key.body_->flags);
  if (!verdict.has_entries || !address || verdict.mode == ListMode::kOff) return verdict;
  verdict.admits = in_slot(*key.body_, *address);
  if (verdict.admits) return verdict;
  switch (image::extension_of(*key.body_)) {
    case image::Extension::kNone:
      break;
    case image::Extension::kPrefixes:
      verdict.admits = in_prefix_line(record<image::PrefixLine>(key.body_->words[7]), *address);
      break;
    case image::Extension::kHolder:
      verdict.admits = key.holder_ != nullptr &&
                       (in_permanent(*key.holder_, *address) || in_expiring(key.holder_->body, *address, now));
      break;
  }
  return verdict;
}

}  // namespace keyfence
