#include <cstring>

#include "libs/base/assert.h"
#include "libs/image/checksum.h"
#include "libs/image/generation.h"

// Copying what stands in one generation into a new one, without its garbage. Reads the old one as a reader does, so
// that its writer may go on changing it; what changes meanwhile is applied again by the caller.
namespace keyfence::image {

namespace {

Extension extension_of(const KeySlot& body) noexcept {
  return static_cast<Extension>(unsigned{body.flags} >> kExtensionShift & 3U);
}

}  // namespace

Generation::Done Generation::copy_holder(const Generation& other, const ListHolder& from, ListHolder& to) {
  to = from;
  to.body.control = 0;
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

Generation::Done Generation::copy_key(const Generation& other, std::size_t slot) {
  const KeySlot& home = other.slots()[slot];
  if (load_acquire(home.control) == 0) return {};
  const KeySlot* standing_body = other.standing(home);
  KeySlot body = *standing_body;
  const KeyName name =
      standing_body == &home ? other.key_names()[slot] : reinterpret_cast<const KeyNameLine*>(standing_body + 1)->name;
  if ((unsigned{body.flags} >> kKeyStateShift & 3U) == kKeyRemoved) return {};
  std::uint32_t& extension = body.words[7];
  switch (extension_of(body)) {
    case Extension::kNone:
      break;
    case Extension::kPrefixes: {
      const auto begin = allocate(1);
      if (!begin) return Err{begin.error()};
      std::memcpy(line(*begin), other.line(extension), kLineBytes);
      extension = *begin;
      break;
    }
    case Extension::kHolder: {
      ListHolder holder;
      if (auto copied = copy_holder(other, *reinterpret_cast<const ListHolder*>(other.line(extension)), holder);
          !copied) {
        return copied;
      }
      if (body.scope_set == kScopeSetsMax) {
        const auto scopes = static_cast<std::uint32_t>(holder.body.owner >> 32);
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
      break;
    }
  }
  return store_slot(body, name);
}

Generation::Done Generation::copy_scopes(const Generation& other) {
  for (const auto& [tags, index] : other.scope_sets_) {
    const std::uint32_t from = other.scope_table()[index];
    const std::size_t lines = scope_set_lines(tags.size() / 8);
    const auto place = allocate(lines);
    if (!place) return Err{place.error()};
    std::memcpy(line(*place), other.line(from), lines * kLineBytes);
    store_release(scope_table()[index], *place);
  }
  scope_sets_ = other.scope_sets_;
  return {};
}

Generation::Done Generation::copy_from(const Generation& other) {
  if (auto copied = copy_scopes(other); !copied) return copied;
  for (std::size_t i = 0; i < other.accounts_used_; ++i) {
    ListHolder holder;
    if (auto copied = copy_holder(other, *other.standing(other.accounts()[i]), holder); !copied) return copied;
    if (auto stored = store_account(static_cast<std::uint32_t>(i), holder); !stored) return stored;
  }
  accounts_used_ = other.accounts_used_;
  account_index_ = other.account_index_;
  const std::uint64_t root = unseal(load_acquire(other.header().root));
  KF_ASSERT(root != kUnsealed);
  ListHolder instance;
  if (auto copied = copy_holder(other, *reinterpret_cast<const ListHolder*>(other.line(root)), instance); !copied) {
    return copied;
  }
  const auto place = allocate(2);
  if (!place) return Err{place.error()};
  std::memcpy(line(*place), &instance, sizeof(instance));
  store_release(header().root, seal(*place));
  for (std::size_t slot = 0; slot < other.slot_count_; ++slot) {
    if (auto copied = copy_key(other, slot); !copied) return copied;
  }
  return {};
}

}  // namespace keyfence::image
