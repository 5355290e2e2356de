#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "libs/base/result.h"
#include "libs/image/format.h"
#include "libs/image/packed_set.h"
#include "libs/image/reader.h"
#include "libs/policy/decide.h"

namespace keyfence {

// One generation of the policy, read where it lies in memory; a PolicySource.
//
// Shape    Bytes of an image file, aligned to 64, which outlive the view. They may be changed by the writer meanwhile,
//          as the layout allows, or be damaged in any way.
// Errors   Every line is checked before it is believed, every offset before it is followed. What is wrong denies, and
//          decide() answers kNoPolicy; the other keys and lists go on.
// Threads  One thread at a time: it remembers which long sets it has verified.
// Cost     A key with up to 8 IPv4 prefixes: two lines, fetched together. Allocates nothing.
class ImageView {
 public:
  // The whole of a file as it is mapped.
  [[nodiscard]] static Result<ImageView, ImageError> over(std::span<const std::byte> file) noexcept;

  // The decision by this generation; kNoPolicy where what was read of it proved damaged. Asks for the memory of key,
  // account and global list as early as it can.
  [[nodiscard]] Decision decide(const Question& question) const noexcept;

  class KeyRef {
   public:
    explicit operator bool() const noexcept { return body_ != nullptr; }

   private:
    friend class ImageView;
    const image::KeySlot* body_ = nullptr;
    const image::ListHolder* account_ = nullptr;  // nullptr: damaged
    const image::ListHolder* holder_ = nullptr;   // only with Extension::kHolder; nullptr otherwise or damaged
    std::uint64_t id_ = 0;
  };
  [[nodiscard]] Revision revision() const noexcept;
  [[nodiscard]] ErrorStyle instance_error_style() const noexcept;
  [[nodiscard]] KeyRef find_key(const KeyDigest& digest) const noexcept;
  [[nodiscard]] KeyFacts facts(KeyRef key) const noexcept;
  [[nodiscard]] bool has_scopes(KeyRef key, std::span<const ScopeTag> required) const noexcept;
  [[nodiscard]] ListVerdict global_verdict(const std::optional<IpAddress>& address, UnixSeconds now) const noexcept;
  [[nodiscard]] ListVerdict account_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                            UnixSeconds now) const noexcept;
  [[nodiscard]] ListVerdict key_verdict(KeyRef key, const std::optional<IpAddress>& address,
                                        UnixSeconds now) const noexcept;

  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

 private:
  ImageView() = default;

  void prefetch(const Question& question) const noexcept;
  void prefetch_key(std::uint64_t digest_head) const noexcept;
  void prefetch_account(std::uint32_t index) const noexcept;
  // What stands in a slot, as seen by who looks for one digest.
  struct Standing {
    enum What : std::uint8_t { kEmpty, kOther, kFound, kDamaged } what;
    const image::KeySlot* body;
    const image::KeyName* name;
  };
  static constexpr std::size_t kNamesAtOnce = 4;  // of 16 bytes: mostly one line
  // Where the names say that a key stands, if it is near its home; nothing there is verified. slot_count_: not seen.
  [[nodiscard]] std::size_t likely_slot(std::uint64_t head) const noexcept;
  [[nodiscard]] Standing standing_at(std::size_t at, const KeyDigest& digest) const noexcept;
  [[nodiscard]] Standing probe(const KeyDigest& digest) const noexcept;
  // count lines of the arena from this one on; nullptr, and damaged, if they are not all inside it.
  [[nodiscard]] const image::Line* arena(std::uint64_t line, std::uint64_t count) const noexcept;
  template <class T>
  [[nodiscard]] const T* record(std::uint64_t line) const noexcept {
    return reinterpret_cast<const T*>(arena(line, sizeof(T) / image::kLineBytes));
  }
  [[nodiscard]] const image::ListHolder* checked_holder(const image::ListHolder* holder) const noexcept;
  [[nodiscard]] const image::ListHolder* account(std::uint32_t index) const noexcept;
  [[nodiscard]] const image::ListHolder* instance() const noexcept;
  [[nodiscard]] std::span<const image::Line> set_lines(const image::SetRef& set) const noexcept;
  [[nodiscard]] bool verified(const image::SetRef& set, std::span<const image::Line> lines) const noexcept;
  [[nodiscard]] bool in_permanent(const image::ListHolder& holder, const IpAddress& address) const noexcept;
  [[nodiscard]] bool in_expiring(const image::ListBody& body, const IpAddress& address, UnixSeconds now) const noexcept;
  [[nodiscard]] bool in_slot(const image::KeySlot& slot, const IpAddress& address) const noexcept;
  [[nodiscard]] bool in_prefix_line(const image::PrefixLine* line, const IpAddress& address) const noexcept;
  [[nodiscard]] ListVerdict holder_verdict(const image::ListHolder* holder, const std::optional<IpAddress>& address,
                                           UnixSeconds now) const noexcept;

  const image::ImageHeader* header_ = nullptr;
  const image::KeySlot* slots_ = nullptr;
  const image::KeyName* key_names_ = nullptr;
  const image::ListHolder* accounts_ = nullptr;
  const image::TreeHint* tree_hints_ = nullptr;  // nullptr: the image has none
  const std::uint32_t* scopes_ = nullptr;
  const image::Line* arena_ = nullptr;
  std::uint64_t arena_lines_ = 0;
  std::uint64_t slot_count_ = 0;
  std::uint64_t account_count_ = 0;
  std::uint64_t change_line_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t epoch_ = 0;

  // Long sets that were verified whole, by the line where they begin. Nothing published is rewritten, so once is
  // enough.
  struct VerifiedSets {
    std::array<image::SetRef, 4> sets{};
    std::uint32_t oldest = 0;
  };
  static constexpr std::size_t kVerifiedMax = 32;
  mutable std::array<VerifiedSets, kVerifiedMax> verified_{};
  // The instance as it was checked last, by the word that led to it: it is asked for several times in a decision.
  mutable std::uint64_t known_root_ = 0;  // no sealed word
  mutable const image::ListHolder* known_instance_ = nullptr;
  // The IPv4 address that decide() was asked for, which says what is worth fetching ahead.
  mutable std::optional<std::uint32_t> asked_v4_;
  mutable bool damaged_ = false;
};

}  // namespace keyfence
