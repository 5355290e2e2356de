#include <algorithm>
#include <cstring>

#include "libs/image/checksum.h"
#include "libs/image/generation.h"

// The keys of a generation and their scope sets.
namespace keyfence::image {
namespace {

constexpr std::size_t kScopeNamesRemembered = 100'000;
constexpr std::size_t kSlotsPerEmptyOne = 16;
constexpr std::uint32_t kNeverExpires = 0xFFFFFFFF;
constexpr std::size_t kWords = 8;  // of a slot
constexpr std::size_t kWordsBesideExtension = kWords - 1;

void put_length(std::uint8_t* lengths, std::size_t index, unsigned length) noexcept {
  const std::size_t bit = index * 6;
  const unsigned shifted = length << (bit % 8);
  lengths[bit / 8] = static_cast<std::uint8_t>(lengths[bit / 8] | (shifted & 0xFF));
  if (bit % 8 > 2) lengths[bit / 8 + 1] = static_cast<std::uint8_t>(lengths[bit / 8 + 1] | shifted >> 8);
}

// As many prefixes as fit: all IPv6 ones, then the first v4_count IPv4 ones.
void fill_slot(KeySlot& body, const std::vector<PrefixV6>& v6, const std::vector<PrefixV4>& v4, std::size_t v4_count) {
  std::size_t word = 0;
  std::size_t index = 0;
  for (const PrefixV6& prefix : v6) {
    body.words[word++] = static_cast<std::uint32_t>(prefix.high);
    body.words[word++] = static_cast<std::uint32_t>(prefix.high >> 32);
    put_length(body.lengths.data(), index++, prefix.length - 1U);
  }
  for (std::size_t i = 0; i < v4_count; ++i) {
    body.words[word++] = v4[i].address;
    put_length(body.lengths.data(), index++, v4[i].length);
  }
  body.flags = static_cast<std::uint16_t>(body.flags | v6.size() << kV6CountShift | v4_count << kV4CountShift);
}

PrefixLine prefix_line(const std::vector<PrefixV4>& prefixes, std::size_t begin) {
  PrefixLine line{};
  for (std::size_t i = 0; i < kPrefixesPerLine; ++i) {
    const PrefixV4& prefix = prefixes[std::min(begin + i, prefixes.size() - 1)];
    line.addresses[i] = prefix.address;
    put_length(line.lengths.data(), i, prefix.length);
  }
  line.check = line_check(&line, LineHead::kCovered);
  return line;
}

KeySlot slot_of(const KeyDigest& digest) noexcept {
  KeySlot body{};
  std::memcpy(body.digest.data(), digest.bytes.data() + 8, body.digest.size());
  return body;
}

void set_extension(KeySlot& body, Extension extension, std::uint32_t line) noexcept {
  body.flags = static_cast<std::uint16_t>(body.flags | static_cast<unsigned>(extension) << kExtensionShift);
  body.words[kWordsBesideExtension] = line;
}

}  // namespace

Generation::Found Generation::find(std::uint64_t digest_head, const KeySlot& body) const noexcept {
  std::size_t at = home_slot(digest_head, slot_count_);
  for (std::size_t probes = 0; probes < slot_count_; ++probes) {
    const KeySlot& slot = slots()[at];
    if (slot.control == 0) return {at, false};
    if (key_names()[at].digest_head == digest_head && slot.digest == body.digest) return {at, true};
    at = at + 1 == slot_count_ ? 0 : at + 1;
  }
  return {slot_count_, false};
}

Generation::StandingKey Generation::standing_key(std::size_t slot) const noexcept {
  const KeySlot* body = slots() + slot;
  const KeyName* name = key_names() + slot;
  const std::uint32_t value = decode_control(load_acquire(body->control));
  if (value == kControlEmpty || value == kControlDamaged) return {nullptr, {}};
  if (value != kControlHere) {
    const std::uint64_t at_line = change_line_ + value - kControlFirst;
    if (!has_lines(at_line, 2)) return {nullptr, {}};
    body = reinterpret_cast<const KeySlot*>(line(at_line));
    name = &reinterpret_cast<const KeyNameLine*>(body + 1)->name;
  }
  const bool intact = line_check(body, LineHead::kControl, {name->key_id, name->digest_head}) == body->check;
  return {intact ? body : nullptr, *name};
}

std::size_t Generation::garbage_of(const KeySlot& body) const noexcept {
  switch (extension_of(body)) {
    case Extension::kNone:
      return 0;
    case Extension::kPrefixes:
      return 1;
    case Extension::kHolder:
      return 2 + garbage_of(reinterpret_cast<const ListHolder*>(line(body.words[kWordsBesideExtension]))->body);
  }
  return 0;
}

// Makes a body the one that readers find, by one store.
Generation::Done Generation::store_slot(KeySlot body, const KeyName& name) {
  const Found found = find(name.digest_head, body);
  // Some stay empty, so that the probe for an unknown key ends.
  if (!found.taken && slots_used_ >= slot_count_ - slot_count_ / kSlotsPerEmptyOne) return fail_full("key table");
  KeySlot& slot = slots()[found.slot];
  body.check = line_check(&body, LineHead::kControl, {name.key_id, name.digest_head});
  const KeySlot* before = found.taken ? standing_key(found.slot).body : nullptr;
  const bool was = before != nullptr && !is_removed(*before);
  if (!found.taken || !finished_) {
    if (before != nullptr) garbage_lines_ += garbage_of(*before);
    std::memcpy(behind_control(slot), behind_control(body), sizeof(body) - sizeof(body.control));
    key_names()[found.slot] = name;
    store_release(slot.control, encode_control(kControlHere));
    if (!found.taken) ++slots_used_;
  } else {
    const auto begin = allocate(2);
    if (!begin) return Err{begin.error()};
    if (before != nullptr) garbage_lines_ += garbage_of(*before) + (before == &slot ? 0U : 2U);
    std::memcpy(line(*begin), &body, sizeof(body));
    const KeyNameLine name_line{name, {}};
    std::memcpy(line(*begin + 1), &name_line, sizeof(name_line));
    store_release(slot.control, encode_control(static_cast<std::uint32_t>(*begin - change_line_) + kControlFirst));
  }
  if (journal_) journal_->slots.push_back(found.slot);
  keys_ += is_removed(body) ? 0U : 1U;
  keys_ -= was ? 1U : 0U;
  return {};
}

Generation::Done Generation::store_key_list(const KeyPolicy& key, const Scopes& scopes, KeySlot& body) {
  const bool needs_holder =
      key.expires_at || scopes.index == kScopeSetsMax || !list_.expiring_v4.empty() || !list_.expiring_v6.empty();
  const bool prefixes = list_.as_prefixes(kWordsBesideExtension + kPrefixesPerLine, prefixes_v4_, prefixes_v6_);
  const std::size_t words = prefixes ? 2 * prefixes_v6_.size() + prefixes_v4_.size() : 0;
  if (prefixes && !needs_holder && words <= kWords) {
    fill_slot(body, prefixes_v6_, prefixes_v4_, prefixes_v4_.size());
    return {};
  }
  if (prefixes && !needs_holder && 2 * prefixes_v6_.size() <= kWordsBesideExtension &&
      words <= kWordsBesideExtension + kPrefixesPerLine) {
    const std::size_t inside = std::min(kWordsBesideExtension - 2 * prefixes_v6_.size(), prefixes_v4_.size());
    if (inside < prefixes_v4_.size()) {
      const auto begin = allocate(1);
      if (!begin) return Err{begin.error()};
      fill_slot(body, prefixes_v6_, prefixes_v4_, inside);
      const PrefixLine more = prefix_line(prefixes_v4_, inside);
      std::memcpy(line(*begin), &more, sizeof(more));
      set_extension(body, Extension::kPrefixes, *begin);
      return {};
    }
  }
  if (prefixes && words <= kWordsBesideExtension) {
    fill_slot(body, prefixes_v6_, prefixes_v4_, prefixes_v4_.size());
    list_.v4.clear();
    list_.v6.clear();
  }
  ListHolder holder{};
  holder.body.owner = (key.expires_at ? key.expires_at->value : kNeverExpires) | std::uint64_t{scopes.line} << 32;
  if (auto stored = store_list(list_, holder); !stored) return stored;
  const auto begin = allocate(2);
  if (!begin) return Err{begin.error()};
  holder.body.check = line_check(&holder.body, LineHead::kControl);
  std::memcpy(line(*begin), &holder, sizeof(holder));
  set_extension(body, Extension::kHolder, *begin);
  return {};
}

Generation::Done Generation::put_key(const KeyPolicy& key) {
  const auto account = account_index(key.account);
  if (!account) return Err{account.error()};
  const auto scopes = scopes_of(key.scopes);
  if (!scopes) return Err{scopes.error()};
  const std::uint64_t mark = arena_used_;
  list_.compile(key.allowlist);
  KeySlot body = slot_of(key.digest);
  body.account = *account;
  body.flags = static_cast<std::uint16_t>(list_.flags | static_cast<unsigned>(key.state) << kKeyStateShift);
  body.scope_set = scopes->index;
  auto stored = store_key_list(key, *scopes, body);
  if (stored) stored = store_slot(body, {key.id.value(), digest_head(key.digest.bytes)});
  if (!stored) arena_used_ = mark;
  return stored;
}

Generation::Done Generation::remove_key(const KeyDigest& digest) {
  KeySlot body = slot_of(digest);
  if (!find(digest_head(digest.bytes), body).taken) return {};
  body.flags = kKeyRemoved << kKeyStateShift;
  return store_slot(body, {0, digest_head(digest.bytes)});
}

// The scope set of these names, shared by all keys that have the same.
Result<Generation::Scopes, ImageWriteError> Generation::scopes_of(const std::vector<std::string>& names) {
  if (names.empty()) return Scopes{0, 0};
  if (names.size() > kScopesPerKeyMax) {
    return Err{ImageWriteError{ImageWriteError::Code::kFailed, "a key with too many scopes"}};
  }
  std::vector<std::uint64_t> tags;
  tags.reserve(names.size());
  if (scope_tags_.size() > kScopeNamesRemembered) scope_tags_.clear();
  for (const std::string& name : names) {
    auto known = scope_tags_.find(name);
    if (known == scope_tags_.end()) known = scope_tags_.emplace(name, scope_tag(name)).first;
    tags.push_back(known->second.value);
  }
  std::sort(tags.begin(), tags.end());
  scope_bytes_.assign(reinterpret_cast<const char*>(tags.data()), tags.size() * 8);
  if (const auto known = scope_sets_.find(scope_bytes_); known != scope_sets_.end()) return Scopes{known->second, 0};

  const std::size_t lines = scope_set_lines(tags.size());
  const auto begin = allocate(lines);
  if (!begin) return Err{begin.error()};
  const std::size_t next = scope_sets_.size() + 1;
  const auto index = static_cast<std::uint16_t>(std::min(next, kScopeSetsMax));
  ScopeSetLine set{};
  set.count = static_cast<std::uint32_t>(tags.size());
  set.index = index;
  auto* to = reinterpret_cast<unsigned char*>(line(*begin));
  std::memset(to, 0, lines * kLineBytes);
  std::memcpy(to, &set, 16);
  std::memcpy(to + 16, tags.data(), tags.size() * 8);
  const std::uint32_t crc = crc32c(to + 4, 12 + tags.size() * 8, 0);
  std::memcpy(to, &crc, 4);
  if (index == kScopeSetsMax) return Scopes{index, *begin};
  store_release(scope_table()[index], *begin);
  scope_sets_.emplace(scope_bytes_, index);
  return Scopes{index, 0};
}

}  // namespace keyfence::image
