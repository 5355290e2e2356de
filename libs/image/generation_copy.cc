#include <cstring>
#include <utility>

#include "libs/image/checksum.h"
#include "libs/image/generation.h"

// Copying what stands in one generation into the next, without its garbage. Reads the old one as a reader does, so
// that its writer may go on changing it meanwhile; what was changed is then copied once more.
namespace keyfence::image {
namespace {

constexpr std::size_t kSlotsBetweenLooks = 4096;

ImageWriteError damaged() {
  return {ImageWriteError::Code::kFailed, "the policy image was damaged by something else; it must be built anew"};
}

}  // namespace

Generation::Done Generation::copy_holder(const Generation& other, const ListHolder& from, ListHolder& to) {
  to = without_control(from);
  const auto move_lines = [&](std::uint32_t& begin, std::uint32_t count) -> Done {
    if (count == 0) return {};
    const auto place = allocate(count);
    if (!place) return Err{place.error()};
    std::memcpy(line(*place), other.line(begin), std::size_t{count} * kLineBytes);
    begin = *place;
    return {};
  };
  for (SetRef* set : {&to.body.permanent_v4, &to.body.permanent_v6}) {
    if (auto moved = move_lines(set->line, set->lines()); !moved) return moved;
  }
  for (SegmentRef* segments : {&to.body.expiring_v4, &to.body.expiring_v6}) {
    if (auto moved = move_lines(segments->line, segments->lines); !moved) return moved;
  }
  to.body.check = line_check(&to.body, LineHead::kControl);
  return {};
}

Generation::Done Generation::copy_extension(const Generation& other, KeySlot& body) {
  std::uint32_t& extension = body.words[7];
  switch (extension_of(body)) {
    case Extension::kNone:
      return {};
    case Extension::kPrefixes: {
      const auto begin = allocate(1);
      if (!begin) return Err{begin.error()};
      std::memcpy(line(*begin), other.line(extension), kLineBytes);
      extension = *begin;
      return {};
    }
    case Extension::kHolder:
      break;
  }
  const ListHolder* from = other.intact_holder(extension);
  if (from == nullptr) return Err{damaged()};
  ListHolder holder;
  if (auto copied = copy_holder(other, *from, holder); !copied) return copied;
  if (body.scope_set == kScopeSetsMax) {
    const std::uint64_t scopes = holder.body.owner >> 32;
    const auto* set = reinterpret_cast<const ScopeSetLine*>(other.line(scopes));
    const std::size_t lines = scope_set_lines(set->count);
    const auto place = allocate(lines);
    if (!place) return Err{place.error()};
    std::memcpy(line(*place), other.line(scopes), lines * kLineBytes);
    holder.body.owner = (holder.body.owner & 0xFFFFFFFF) | std::uint64_t{*place} << 32;
    holder.body.check = line_check(&holder.body, LineHead::kControl);
  }
  const auto begin = allocate(2);
  if (!begin) return Err{begin.error()};
  std::memcpy(line(*begin), &holder, sizeof(holder));
  extension = *begin;
  return {};
}

Generation::Done Generation::copy_key(const Generation& other, std::size_t slot) {
  if (load_acquire(other.slots()[slot].control) == 0) return {};
  const StandingKey from = other.standing_key(slot);
  if (from.body == nullptr) return Err{damaged()};
  KeySlot body = without_control(*from.body);
  // A removed key is left behind, unless it was copied before it was removed.
  if (is_removed(body) && !find(from.name.digest_head, body).taken) return {};
  if (auto copied = copy_extension(other, body); !copied) return copied;
  return store_slot(body, from.name);
}

Generation::Done Generation::copy_account(const Generation& other, std::size_t index) {
  const ListHolder* from = other.standing_account(index);
  if (from == nullptr) return Err{damaged()};
  ListHolder holder;
  if (auto copied = copy_holder(other, *from, holder); !copied) return copied;
  return store_account(static_cast<std::uint32_t>(index), holder);
}

Generation::Done Generation::copy_instance(const Generation& other) {
  const ListHolder* from = other.standing_instance();
  if (from == nullptr) return Err{damaged()};
  ListHolder holder;
  if (auto copied = copy_holder(other, *from, holder); !copied) return copied;
  const auto place = allocate(2);
  if (!place) return Err{place.error()};
  std::memcpy(line(*place), &holder, sizeof(holder));
  store_release(header().root, seal(*place));
  return {};
}

// Those that are not here yet. They keep their indexes, which the slots hold.
Generation::Done Generation::copy_scopes(const Generation& other) {
  for (const auto& [tags, index] : other.scope_sets_) {
    if (scope_table()[index] != 0) continue;
    const std::size_t lines = scope_set_lines(tags.size() / 8);
    const auto place = allocate(lines);
    if (!place) return Err{place.error()};
    std::memcpy(line(*place), other.line(other.scope_table()[index]), lines * kLineBytes);
    store_release(scope_table()[index], *place);
  }
  scope_sets_ = other.scope_sets_;
  return {};
}

void Generation::begin_copy(Generation& other) {
  other.journal_.emplace();
  accounts_to_copy_ = other.accounts_used_;
}

Generation::Done Generation::copy(const Generation& other, const std::atomic<bool>& cancelled) {
  for (std::size_t index = 0; index < accounts_to_copy_; ++index) {
    if (auto copied = copy_account(other, index); !copied) return copied;
  }
  if (auto copied = copy_instance(other); !copied) return copied;
  for (std::size_t slot = 0; slot < other.slot_count_; ++slot) {
    if (slot % kSlotsBetweenLooks == 0 && cancelled.load()) {
      return Err{ImageWriteError{ImageWriteError::Code::kFailed, "given up"}};
    }
    if (auto copied = copy_key(other, slot); !copied) return copied;
  }
  return {};
}

Generation::Done Generation::end_copy(Generation& other) {
  const ChangeJournal changed = *std::exchange(other.journal_, std::nullopt);
  if (auto copied = copy_scopes(other); !copied) return copied;
  for (const std::size_t index : changed.accounts) {
    if (auto copied = copy_account(other, index); !copied) return copied;
  }
  accounts_used_ = other.accounts_used_;
  account_index_ = other.account_index_;
  scope_tags_ = std::move(other.scope_tags_);
  if (changed.instance || header().root == 0) {
    if (auto copied = copy_instance(other); !copied) return copied;
  }
  for (const std::size_t slot : changed.slots) {
    if (auto copied = copy_key(other, slot); !copied) return copied;
  }
  return {};
}

}  // namespace keyfence::image
