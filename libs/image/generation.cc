#include "libs/image/generation.h"

#include <algorithm>
#include <cstring>

#include "libs/image/checksum.h"
#include "libs/image/tree_hint.h"

// The frame of a generation: its file, the arena, the instance and the accounts. Keys: generation_keys.cc; copying:
// generation_copy.cc.
namespace keyfence::image {
namespace {

constexpr std::size_t kSlotsMin = 1024;
constexpr std::size_t kAccountsMin = 256;
// How much changes may append before the next generation: half of what was built, within these.
constexpr std::size_t kChangeRoomBytesMin = std::size_t{256} << 20;
constexpr std::size_t kChangeRoomBytesMax = (std::size_t{kControlMax} - kControlFirst) * kLineBytes;
// Garbage that is not worth a new generation.
constexpr std::size_t kGarbageBytesIgnored = std::size_t{32} << 20;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) noexcept {
  return (bytes + unit - 1) / unit * unit;
}

template <class T>
void add_check(T& line) noexcept {
  line.check = line_check(&line, LineHead::kControl);
}

std::uint16_t style_flags(unsigned style) noexcept {
  return static_cast<std::uint16_t>(style << kErrorStyleShift);
}

}  // namespace

Result<Generation, ImageWriteError> Generation::create(const GenerationPlan& plan) {
  auto file = ImageFile::create(plan.dir / ("policy." + std::to_string(plan.number)), plan.group);
  if (!file) return Err{file.error()};
  Generation made(std::move(*file), plan);
  made.slot_count_ = std::max(kSlotsMin, plan.expected_keys * 13 / 7);
  made.account_count_ = std::max(kAccountsMin, plan.expected_accounts + plan.expected_accounts / 4);
  made.slots_offset_ = kPageBytes;
  made.key_names_offset_ = made.slots_offset_ + made.slot_count_ * sizeof(KeySlot);
  made.accounts_offset_ = round_up(made.key_names_offset_ + made.slot_count_ * sizeof(KeyName), kPageBytes);
  made.tree_hints_offset_ = made.accounts_offset_ + made.account_count_ * sizeof(ListHolder);
  made.scopes_offset_ = round_up(made.tree_hints_offset_ + made.account_count_ * sizeof(TreeHint), kPageBytes);
  made.arena_offset_ = made.scopes_offset_ + kScopeTableBytes;
  if (auto reserved = made.file_.reserve(made.arena_offset_ + kPageBytes); !reserved) return Err{reserved.error()};
  return made;
}

Err<ImageWriteError> Generation::fail_full(const char* what) {
  full_ = true;
  return {ImageWriteError{ImageWriteError::Code::kNoSpace, std::string("the policy image is full: ") + what}};
}

Result<std::uint32_t, ImageWriteError> Generation::allocate(std::size_t lines) {
  const std::uint64_t begin = arena_used_;
  const std::uint64_t end = begin + lines;
  if ((arena_max_ != 0 && end > arena_max_) || end > 0xFFFFFFFF) {
    return fail_full("arena");
  }
  if (auto reserved = file_.reserve(arena_offset_ + end * kLineBytes); !reserved) return Err{reserved.error()};
  arena_used_ = end;
  return static_cast<std::uint32_t>(begin);
}

Generation::Done Generation::reserve_change_bytes(std::size_t bytes) {
  const std::uint64_t end = arena_used_ + bytes / kLineBytes + 1;
  if (end > arena_max_) {
    return fail_full("arena");
  }
  return file_.reserve(arena_offset_ + end * kLineBytes);
}

Result<SetRef, ImageWriteError> Generation::store_set(const PackedLines& set) {
  SetRef ref{};
  if (set.kind == SetKind::kEmpty) return ref;
  const auto begin = allocate(set.lines.size());
  if (!begin) return Err{begin.error()};
  std::memcpy(line(*begin), set.lines.data(), set.lines.size() * kLineBytes);
  ref.line = *begin;
  ref.kind_and_lines = static_cast<std::uint32_t>(set.kind) << 28 | static_cast<std::uint32_t>(set.lines.size());
  ref.crc = set.crc;
  return ref;
}

// The sets of a list, into the arena; fills all of holder but flags of its own, owner and check.
Generation::Done Generation::store_list(const CompiledList& list, ListHolder& holder) {
  holder.body.flags = static_cast<std::uint16_t>(holder.body.flags | list.flags);
  const PackedLines v4 = pack(list.v4);
  const auto v4_ref = store_set(v4);
  if (!v4_ref) return Err{v4_ref.error()};
  holder.body.permanent_v4 = *v4_ref;
  if (v4.kind == SetKind::kTreeV4) {
    std::memcpy(&holder.root, v4.lines.data(), sizeof(holder.root));
    holder.body.flags |= kRootFollows;
  }
  const auto v6_ref = store_set(pack(list.v6));
  if (!v6_ref) return Err{v6_ref.error()};
  holder.body.permanent_v6 = *v6_ref;

  if (!list.expiring_v4.empty()) {
    const std::size_t lines = (list.expiring_v4.size() + kSegmentsPerLine - 1) / kSegmentsPerLine;
    const auto begin = allocate(lines);
    if (!begin) return Err{begin.error()};
    for (std::size_t i = 0; i < lines; ++i) {
      SegmentLineV4 segments{};
      for (std::size_t j = 0; j < kSegmentsPerLine; ++j) {
        const auto& segment = list.expiring_v4[std::min(i * kSegmentsPerLine + j, list.expiring_v4.size() - 1)];
        segments.segments[j] = {segment.first, segment.last, segment.until};
      }
      segments.check = line_check(&segments, LineHead::kCovered);
      std::memcpy(line(*begin + i), &segments, sizeof(segments));
    }
    holder.body.expiring_v4 = {*begin, static_cast<std::uint32_t>(lines)};
  }
  if (!list.expiring_v6.empty()) {
    const auto begin = allocate(list.expiring_v6.size());
    if (!begin) return Err{begin.error()};
    const auto wide = [](uint128 n) {
      return WideKey{static_cast<std::uint64_t>(n >> 64), static_cast<std::uint64_t>(n)};
    };
    for (std::size_t i = 0; i < list.expiring_v6.size(); ++i) {
      const auto& from = list.expiring_v6[i];
      SegmentLineV6 segment{wide(from.first), wide(from.last), from.until, {}, 0};
      segment.check = line_check(&segment, LineHead::kCovered);
      std::memcpy(line(*begin + i), &segment, sizeof(segment));
    }
    holder.body.expiring_v6 = {*begin, static_cast<std::uint32_t>(list.expiring_v6.size())};
  }
  return {};
}

std::size_t Generation::garbage_of(const ListBody& body) noexcept {
  return std::size_t{body.permanent_v4.lines()} + body.permanent_v6.lines() + body.expiring_v4.lines +
         body.expiring_v6.lines;
}

Generation::Done Generation::put_instance(const InstancePolicy& instance) {
  const std::uint64_t mark = arena_used_;
  list_.compile(instance.allowlist);
  ListHolder holder{};
  holder.body.flags = style_flags(static_cast<unsigned>(instance.error_style));
  auto stored = store_list(list_, holder);
  Result<std::uint32_t, ImageWriteError> begin = stored ? allocate(2) : Err{stored.error()};
  if (!begin) {
    arena_used_ = mark;
    return Err{begin.error()};
  }
  add_check(holder.body);
  std::memcpy(line(*begin), &holder, sizeof(holder));
  if (header().root != 0) {
    if (const ListHolder* before = standing_instance()) garbage_lines_ += 2 + garbage_of(before->body);
  }
  store_release(header().root, seal(*begin));
  if (journal_) journal_->instance = true;
  return {};
}

// While a thread copies from here, the writer may reserve more: what it was finished with is what both may rely on.
bool Generation::has_lines(std::uint64_t begin, std::uint64_t count) const noexcept {
  const std::size_t end = finished_ ? file_bytes_ : file_.reserved_bytes();
  return begin != 0 && begin < 0xFFFFFFFF && arena_offset_ + (begin + count) * kLineBytes <= end;
}

const ListHolder* Generation::intact_holder(std::uint64_t line_index) const noexcept {
  if (!has_lines(line_index, 2)) return nullptr;
  const auto* holder = reinterpret_cast<const ListHolder*>(line(line_index));
  return line_check(&holder->body, LineHead::kControl) == holder->body.check ? holder : nullptr;
}

const ListHolder* Generation::standing_instance() const noexcept {
  return intact_holder(unseal(load_acquire(header().root)));
}

const ListHolder* Generation::standing_account(std::size_t index) const noexcept {
  const ListHolder& account = accounts()[index];
  const std::uint32_t value = decode_control(load_acquire(account.body.control));
  if (value == kControlHere) {
    return line_check(&account.body, LineHead::kControl) == account.body.check ? &account : nullptr;
  }
  if (value == kControlEmpty || value == kControlDamaged) return nullptr;
  return intact_holder(change_line_ + value - kControlFirst);
}

Generation::Done Generation::store_account(std::uint32_t index, ListHolder holder) {
  ListHolder& slot = accounts()[index];
  if (journal_) journal_->accounts.push_back(index);
  const ListHolder* before = slot.body.control == 0 ? nullptr : standing_account(index);
  const TreeHint hint = hint_of(holder);
  if (slot.body.control == 0 || !finished_) {
    if (before != nullptr) garbage_lines_ += garbage_of(before->body);
    add_check(holder.body);
    std::memcpy(behind_control(slot), behind_control(holder), sizeof(holder) - sizeof(slot.body.control));
    store_release(slot.body.control, encode_control(kControlHere));
    store_hint(tree_hints()[index], hint);
    return {};
  }
  const auto begin = allocate(2);
  if (!begin) return Err{begin.error()};
  if (before != nullptr) garbage_lines_ += garbage_of(before->body) + (before == &slot ? 0U : 2U);
  add_check(holder.body);
  std::memcpy(line(*begin), &holder, sizeof(holder));
  store_release(slot.body.control, encode_control(static_cast<std::uint32_t>(*begin - change_line_) + kControlFirst));
  store_hint(tree_hints()[index], hint);
  return {};
}

// The index of an account; one that was never put stands as suspended, so that its keys are refused.
Result<std::uint32_t, ImageWriteError> Generation::account_index(AccountId account) {
  if (const auto known = account_index_.find(account); known != account_index_.end()) return known->second;
  if (accounts_used_ == account_count_) {
    return fail_full("account table");
  }
  const auto index = static_cast<std::uint32_t>(accounts_used_);
  ListHolder holder{};
  holder.body.owner = account.value();
  holder.body.flags = static_cast<std::uint16_t>(style_flags(kStyleOfInstance) | kHasEntries);
  account_index_.emplace(account, index);
  ++accounts_used_;
  if (auto stored = store_account(index, holder); !stored) return Err{stored.error()};
  return index;
}

Generation::Done Generation::put_account(const AccountPolicy& account) {
  const auto index = account_index(account.id);
  if (!index) return Err{index.error()};
  const std::uint64_t mark = arena_used_;
  list_.compile(account.allowlist);
  ListHolder holder{};
  holder.body.owner = account.id.value();
  holder.body.flags = style_flags(account.error_style ? static_cast<unsigned>(*account.error_style) : kStyleOfInstance);
  if (account.state == AccountState::kActive) holder.body.flags |= 1U << kAccountStateShift;
  auto stored = store_list(list_, holder);
  if (stored) stored = store_account(*index, holder);
  if (!stored) arena_used_ = mark;
  return stored;
}

Generation::Done Generation::remove_account(AccountId account) {
  const auto known = account_index_.find(account);
  if (known == account_index_.end()) return {};
  ListHolder holder{};
  holder.body.owner = account.value();
  holder.body.flags = static_cast<std::uint16_t>(style_flags(kStyleOfInstance) | kHasEntries);
  return store_account(known->second, holder);
}

void Generation::advance(Revision revision) {
  revision_ = revision;
  store_release(header().revision, seal(revision.value));
}

Generation::Done Generation::finish(Revision revision) {
  if (header().root == 0) {
    if (auto put = put_instance(InstancePolicy{}); !put) return put;
  }
  const std::size_t room = std::clamp(arena_used_ * kLineBytes / 2, kChangeRoomBytesMin, kChangeRoomBytesMax);
  const std::uint64_t arena_max = std::min<std::uint64_t>(arena_used_ + room / kLineBytes, 0xFFFFFFFF);
  const std::size_t file_bytes = round_up(arena_offset_ + arena_max * kLineBytes, kPageBytes);
  if (auto sized = file_.set_size(std::max(file_bytes, file_.reserved_bytes())); !sized) return sized;
  file_bytes_ = std::max(file_bytes, file_.reserved_bytes());
  change_line_ = arena_used_;
  arena_max_ = arena_max;
  finished_ = true;

  ImageHeader& to = header();
  to.magic = kImageMagic;
  to.layout_version = kLayoutVersion;
  to.crc = 0;
  to.file_bytes = file_bytes_;
  to.epoch = plan_.epoch;
  to.generation = plan_.number;
  to.slot_count = slot_count_;
  to.slots_offset = slots_offset_;
  to.key_names_offset = key_names_offset_;
  to.account_count = account_count_;
  to.accounts_offset = accounts_offset_;
  to.tree_hints_offset = tree_hints_offset_;
  to.scopes_offset = scopes_offset_;
  to.arena_offset = arena_offset_;
  to.change_line = change_line_;
  to.crc = crc32c(&to, kImageHeaderCrcBytes, 0);
  advance(revision);
  return {};
}

ImageStats Generation::stats() const noexcept {
  ImageStats stats;
  stats.generation = plan_.number;
  stats.revision = revision_;
  stats.keys = keys_;
  stats.accounts = accounts_used_;
  stats.file_bytes = file_bytes_;
  stats.reserved_bytes = file_.reserved_bytes();
  stats.arena_used_bytes = arena_used_ * kLineBytes;
  stats.arena_garbage_bytes = garbage_lines_ * kLineBytes;
  return stats;
}

bool Generation::is_worn() const noexcept {
  const std::size_t garbage = garbage_lines_ * kLineBytes;
  const std::size_t live = (arena_used_ - garbage_lines_) * kLineBytes + arena_offset_;
  return garbage > std::max(kGarbageBytesIgnored, live / 2) || slots_used_ > slot_count_ / 10 * 7 ||
         accounts_used_ > account_count_ / 10 * 9 || arena_used_ - change_line_ > (arena_max_ - change_line_) / 4 * 3;
}

bool Generation::is_nearly_full() const noexcept {
  return slots_used_ > slot_count_ / 10 * 9 || accounts_used_ + 1 >= account_count_ ||
         (finished_ && arena_used_ - change_line_ > (arena_max_ - change_line_) / 20 * 19);
}

}  // namespace keyfence::image
