#include "libs/image/image_view.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/image/checksum.h"
#include "libs/image/fetch_ahead.h"
#include "libs/image/tree_hint.h"

namespace keyfence {

using image::kControlEmpty;
using image::kControlFirst;
using image::kControlHere;
using image::KeySlot;
using image::Line;
using image::LineHead;
using image::ListBody;
using image::ListHolder;

static_assert(PolicySource<ImageView>);

namespace {

template <class T>
bool intact(const T& line, LineHead head, image::Beside beside = {}) noexcept {
  return image::line_check(&line, head, beside) == line.check;
}

bool intact(const KeySlot& slot, const image::KeyName& name) noexcept {
  return intact(slot, LineHead::kControl, {name.key_id, name.digest_head});
}

std::uint64_t digest_head(const KeyDigest& digest) noexcept {
  return image::digest_head(digest.bytes);
}

// Whether a slot holds bytes 8 to 19 of the digest.
bool has_digest(const KeySlot& slot, const KeyDigest& digest) noexcept {
  std::array<std::uint64_t, 2> there{};
  std::array<std::uint64_t, 2> wanted{};
  std::memcpy(there.data(), slot.digest.data(), sizeof(slot.digest));
  std::memcpy(wanted.data(), digest.bytes.data() + 8, sizeof(slot.digest));
  return ((there[0] ^ wanted[0]) | (there[1] ^ wanted[1])) == 0;
}

// Whether [offset, offset + count * size) lies in a file of this many bytes, on a line.
bool fits(std::uint64_t offset, std::uint64_t count, std::uint64_t size, std::uint64_t file_bytes) noexcept {
  return offset % image::kLineBytes == 0 && offset <= file_bytes && count <= (file_bytes - offset) / size;
}

}  // namespace

Result<ImageView, ImageError> ImageView::over(std::span<const std::byte> file) noexcept {
  if (file.size() < sizeof(image::ImageHeader)) return Err{ImageError::kTooShort};
  const auto* header = reinterpret_cast<const image::ImageHeader*>(file.data());
  if (header->magic != image::kImageMagic) return Err{ImageError::kForeign};
  if (header->layout_version != image::kLayoutVersion) return Err{ImageError::kOtherVersion};
  image::ImageHeader copy;
  std::memcpy(&copy, header, image::kImageHeaderCrcBytes);
  copy.crc = 0;
  if (image::crc32c(&copy, image::kImageHeaderCrcBytes, 0) != header->crc) return Err{ImageError::kCorrupt};
  if (copy.file_bytes > file.size()) return Err{ImageError::kTooShort};
  const std::uint64_t bytes = copy.file_bytes;
  const bool inside = copy.slot_count > 0 && fits(copy.slots_offset, copy.slot_count, sizeof(KeySlot), bytes) &&
                      fits(copy.key_names_offset, copy.slot_count, sizeof(image::KeyName), bytes) &&
                      fits(copy.accounts_offset, copy.account_count, sizeof(ListHolder), bytes) &&
                      fits(copy.tree_hints_offset, copy.tree_hints_offset == 0 ? 0 : copy.account_count,
                           sizeof(image::TreeHint), bytes) &&
                      fits(copy.scopes_offset, 1, image::kScopeTableBytes, bytes) &&
                      fits(copy.arena_offset, 1, image::kLineBytes, bytes) && copy.slot_count < (1ULL << 40);
  if (!inside) return Err{ImageError::kCorrupt};

  ImageView view;
  const std::byte* base = file.data();
  view.header_ = header;
  view.slots_ = reinterpret_cast<const KeySlot*>(base + copy.slots_offset);
  view.key_names_ = reinterpret_cast<const image::KeyName*>(base + copy.key_names_offset);
  view.accounts_ = reinterpret_cast<const ListHolder*>(base + copy.accounts_offset);
  if (copy.tree_hints_offset != 0) {
    view.tree_hints_ = reinterpret_cast<const image::TreeHint*>(base + copy.tree_hints_offset);
  }
  view.scopes_ = reinterpret_cast<const std::uint32_t*>(base + copy.scopes_offset);
  view.arena_ = reinterpret_cast<const Line*>(base + copy.arena_offset);
  view.arena_lines_ = (bytes - copy.arena_offset) / image::kLineBytes;
  view.slot_count_ = copy.slot_count;
  view.account_count_ = copy.account_count;
  view.change_line_ = copy.change_line;
  view.generation_ = copy.generation;
  view.epoch_ = copy.epoch;
  return view;
}

[[gnu::flatten]] Decision ImageView::decide(const Question& question) const noexcept {
  damaged_ = false;
  asked_v4_.reset();
  if (question.address && question.address->is_v4()) asked_v4_ = question.address->v4_number();
  if (question.credential.state == CredentialState::kPresent) prefetch(question);
  const Decision decision = keyfence::decide(*this, question);
  if (damaged_) return Decision{};
  return decision;
}

// What a key is found by: names and slots, of which four in ten keys do not stand in the first.
void ImageView::prefetch_key(std::uint64_t head) const noexcept {
  const std::size_t at = image::home_slot(head, slot_count_);
  image::fetch_ahead(key_names_ + at);
  image::fetch_ahead(slots_ + at);
  image::fetch_ahead(slots_ + (at + 1 == slot_count_ ? 0 : at + 1));
  image::fetch_ahead(key_names_ + (at + kNamesAtOnce > slot_count_ ? 0 : at + kNamesAtOnce - 1));
}

// The account's list with the root of its IPv4 tree and, by the hint, what comes after the root.
void ImageView::prefetch_account(std::uint32_t index) const noexcept {
  image::fetch_ahead(accounts_ + index);
  image::fetch_ahead(&accounts_[index].root);
  if (!asked_v4_ || tree_hints_ == nullptr) return;
  const image::TreeHint hint = image::load_hint(tree_hints_[index]);
  if (hint.line == 0 || hint.line >= arena_lines_) return;
  const image::ChildRange children = image::likely_children(hint, *asked_v4_);
  const std::size_t past = std::min({children.last + 1, children.first + image::kChildrenAheadMax,
                                     static_cast<std::size_t>(arena_lines_ - hint.line - 1)});
  for (std::size_t child = children.first; child < past; ++child) image::fetch_ahead(arena_ + hint.line + 1 + child);
}

void ImageView::prefetch(const Question& question) const noexcept {
  // First, so that the key comes while the direct table is waited for; find_key() asks again, for nothing.
  prefetch_key(digest_head(question.credential.digest));
  if (!question.address) return;
  const ListHolder* global = instance();
  if (global == nullptr) return;
  const bool v4 = question.address->is_v4();
  const image::SetRef& set = v4 ? global->body.permanent_v4 : global->body.permanent_v6;
  const auto lines = set_lines(set);
  if (v4) {
    image::prefetch_v4(set.kind(), lines, question.address->v4_number());
  } else {
    image::prefetch_v6(set.kind(), lines, question.address->number());
  }
}

const Line* ImageView::arena(std::uint64_t line, std::uint64_t count) const noexcept {
  if (line > arena_lines_ || count > arena_lines_ - line) {
    damaged_ = true;
    return nullptr;
  }
  return arena_ + line;
}

Revision ImageView::revision() const noexcept {
  const std::uint64_t value = image::unseal(image::load_acquire(header_->revision));
  if (value == image::kUnsealed) {
    damaged_ = true;
    return {};
  }
  return Revision{value};
}

const ListHolder* ImageView::checked_holder(const ListHolder* holder) const noexcept {
  if (holder == nullptr || !intact(holder->body, LineHead::kControl)) {
    damaged_ = true;
    return nullptr;
  }
  return holder;
}

const ListHolder* ImageView::instance() const noexcept {
  const std::uint64_t word = image::load_acquire(header_->root);
  if (word == known_root_ && known_instance_ != nullptr) return known_instance_;
  const ListHolder* holder = checked_holder(record<ListHolder>(image::unseal(word)));
  if (holder != nullptr) {
    known_root_ = word;
    known_instance_ = holder;
  }
  return holder;
}

ErrorStyle ImageView::instance_error_style() const noexcept {
  const ListHolder* holder = instance();
  if (holder == nullptr) return ErrorStyle::kEnvelope;
  const unsigned style = (unsigned{holder->body.flags} >> image::kErrorStyleShift) & 3U;
  return style <= static_cast<unsigned>(ErrorStyle::kProblem) ? static_cast<ErrorStyle>(style) : ErrorStyle::kEnvelope;
}

std::size_t ImageView::likely_slot(std::uint64_t head) const noexcept {
  const std::size_t home = image::home_slot(head, slot_count_);
  if (slot_count_ < kNamesAtOnce || home > slot_count_ - kNamesAtOnce) return slot_count_;
  unsigned found = 0;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kNamesAtOnce; ++i) {
    const std::uint64_t there = __atomic_load_n(&key_names_[home + i].digest_head, __ATOMIC_RELAXED);
    found |= there == head ? 1U << i : 0U;
  }
  return found != 0 ? home + static_cast<unsigned>(std::countr_zero(found)) : slot_count_;
}

ImageView::Standing ImageView::standing_at(std::size_t at, const KeyDigest& digest) const noexcept {
  const KeySlot& slot = slots_[at];
  const std::uint32_t control = image::load_acquire(slot.control);
  if (control == image::encode_control(kControlEmpty)) return {Standing::kEmpty, nullptr, nullptr};
  const image::KeyName* name = key_names_ + at;
  const std::uint64_t head = digest_head(digest);
  constexpr Standing kDamaged{Standing::kDamaged, nullptr, nullptr};
  if (!intact(slot, *name)) return kDamaged;  // cannot tell whose it is
  if (name->digest_head != head || !has_digest(slot, digest)) return {Standing::kOther, nullptr, nullptr};
  if (control == image::encode_control(kControlHere)) return {Standing::kFound, &slot, name};
  const std::uint32_t value = image::decode_control(control);
  if (value == image::kControlDamaged || value < kControlFirst) return kDamaged;
  const auto* lines = arena(change_line_ + value - kControlFirst, 2);
  if (lines == nullptr) return kDamaged;
  const auto* body = reinterpret_cast<const KeySlot*>(lines);
  name = &reinterpret_cast<const image::KeyNameLine*>(lines + 1)->name;
  if (!intact(*body, *name) || name->digest_head != head || !has_digest(*body, digest)) return kDamaged;
  return {Standing::kFound, body, name};
}

// One slot after the other from its home, each verified: what answers for a key that is not there.
ImageView::Standing ImageView::probe(const KeyDigest& digest) const noexcept {
  std::size_t at = image::home_slot(digest_head(digest), slot_count_);
  for (std::uint64_t probes = 0; probes < slot_count_; ++probes, at = at + 1 == slot_count_ ? 0 : at + 1) {
    const Standing standing = standing_at(at, digest);
    if (standing.what != Standing::kOther) return standing;
  }
  return {Standing::kDamaged, nullptr, nullptr};
}

ImageView::KeyRef ImageView::find_key(const KeyDigest& digest) const noexcept {
  KeyRef key;
  Standing standing{Standing::kOther, nullptr, nullptr};
  prefetch_key(digest_head(digest));
  if (const std::size_t likely = likely_slot(digest_head(digest)); likely < slot_count_) {
    standing = standing_at(likely, digest);
  }
  if (standing.what != Standing::kFound) standing = probe(digest);
  if (standing.what == Standing::kEmpty) return key;
  const KeySlot* body = standing.body;
  if (standing.what == Standing::kFound) {
    if (image::is_removed(*body)) return key;
    if (body->account < account_count_) {
      prefetch_account(body->account);
      const image::Extension extension = image::extension_of(*body);
      const auto* more = extension == image::Extension::kNone ? nullptr : arena(body->words[7], 1);
      if (extension == image::Extension::kNone || more != nullptr) {
        if (more != nullptr) image::fetch_ahead(more);
        if (extension == image::Extension::kHolder) key.holder_ = checked_holder(record<ListHolder>(body->words[7]));
        key.account_ = account(body->account);
        key.body_ = body;
        key.id_ = standing.name->key_id;
        return key;
      }
    }
  }
  damaged_ = true;
  return KeyRef{};
}

const ListHolder* ImageView::account(std::uint32_t index) const noexcept {
  const ListHolder* holder = accounts_ + index;
  const std::uint32_t control = image::load_acquire(holder->body.control);
  if (control == image::encode_control(kControlHere)) return checked_holder(holder);
  const std::uint32_t value = image::decode_control(control);
  if (value == image::kControlDamaged || value < kControlFirst) return checked_holder(nullptr);
  return checked_holder(record<ListHolder>(change_line_ + value - kControlFirst));
}

KeyFacts ImageView::facts(KeyRef key) const noexcept {
  KeyFacts facts;
  facts.id = KeyId{key.id_};
  facts.error_style = instance_error_style();
  facts.state = static_cast<KeyState>((unsigned{key.body_->flags} >> image::kKeyStateShift) & 3U);
  if (key.holder_ != nullptr) facts.expires_at = UnixSeconds{static_cast<std::uint32_t>(key.holder_->body.owner)};
  if (key.account_ == nullptr) return facts;
  const ListBody& account = key.account_->body;
  facts.account = AccountId{account.owner};
  facts.account_state = (unsigned{account.flags} >> image::kAccountStateShift & 1U) != 0 ? AccountState::kActive
                                                                                         : AccountState::kSuspended;
  const unsigned style = (unsigned{account.flags} >> image::kErrorStyleShift) & 3U;
  if (style != image::kStyleOfInstance) facts.error_style = static_cast<ErrorStyle>(style);
  return facts;
}

bool ImageView::has_scopes(KeyRef key, std::span<const ScopeTag> required) const noexcept {
  const std::uint16_t index = key.body_->scope_set;
  if (index == 0) return required.empty();
  std::uint64_t line = 0;
  if (index != image::kScopeSetsMax) {
    line = image::load_acquire(scopes_[index]);
  } else if (key.holder_ != nullptr) {
    line = key.holder_->body.owner >> 32;
  }
  const auto* set = record<image::ScopeSetLine>(line);
  const bool readable = set != nullptr && set->count <= kScopesPerKeyMax &&
                        arena(line, image::scope_set_lines(set->count)) != nullptr && set->index == index &&
                        image::crc32c(&set->count, 12 + 8 * std::size_t{set->count}, 0) == set->crc;
  if (!readable) {
    damaged_ = true;
    return false;
  }
  const std::uint64_t* tags = set->tags.data();
  for (const ScopeTag& tag : required) {
    bool found = false;
    for (std::size_t i = 0; i < set->count; ++i) found = found || tags[i] == tag.value;
    if (!found) return false;
  }
  return true;
}

ListVerdict ImageView::global_verdict(const std::optional<IpAddress>& address, UnixSeconds now) const noexcept {
  return holder_verdict(instance(), address, now);
}

ListVerdict ImageView::account_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                       UnixSeconds now) const noexcept {
  return holder_verdict(key.account_, address, now);
}

}  // namespace keyfence
