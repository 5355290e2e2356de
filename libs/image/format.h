#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "libs/base/uint128.h"

// The layout of the policy image: the only contract between the planes. docs/image-format.md says every byte.
//
// Shape    Little-endian, fixed widths, offsets instead of pointers. Everything that is looked up lies in lines of 64
//          bytes, each with a 16-bit check in its last two bytes. A line is written, then made reachable by one
//          release store, and from then on never rewritten except for its control word.
// Source   docs/image-format.md; docs/decisions/0010-image-layout.md.
namespace keyfence::image {

static_assert(std::endian::native == std::endian::little, "the image is little-endian");

inline constexpr std::array<char, 8> kImageMagic = {'K', 'F', 'I', 'M', 'A', 'G', 'E', '\n'};
inline constexpr std::array<char, 8> kCurrentMagic = {'K', 'F', 'C', 'U', 'R', 'R', 'N', '\n'};
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr std::size_t kLineBytes = 64;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kScopeSetsMax = 65535;  // index 0: no scopes; index 0xFFFF: see ListBody::owner
inline constexpr std::size_t kScopeTableBytes = 65536 * 4;

// The first page of <dir>/current.
struct CurrentHeader {
  std::array<char, 8> magic;
  std::uint32_t layout_version;
  std::uint32_t crc;  // CRC-32C of magic and layout_version
  std::uint64_t epoch;
  std::array<std::uint8_t, 40> zero;
  std::uint64_t generation;  // atomic, sealed; on a line of its own
  std::array<std::uint8_t, kPageBytes - 72> zero_too;
};
static_assert(sizeof(CurrentHeader) == kPageBytes && offsetof(CurrentHeader, generation) == 64);

// The first page of <dir>/policy.<generation>. Offsets are in bytes from the start of the file.
struct ImageHeader {
  std::array<char, 8> magic;
  std::uint32_t layout_version;
  std::uint32_t crc;  // CRC-32C of the first 128 bytes with this field as zero
  std::uint64_t file_bytes;
  std::uint64_t epoch;
  std::uint64_t generation;
  std::uint64_t slot_count;
  std::uint64_t slots_offset;      // KeySlot[slot_count]
  std::uint64_t key_names_offset;  // KeyName[slot_count]
  std::uint64_t account_count;
  std::uint64_t accounts_offset;    // ListHolder[account_count]
  std::uint64_t scopes_offset;      // u32[65536]: line of the scope set, atomic
  std::uint64_t arena_offset;       // lines, to the end of the file
  std::uint64_t change_line;        // what control words count from: the first line after what was built
  std::uint64_t tree_hints_offset;  // TreeHint[account_count]; 0: none
  std::array<std::uint8_t, 16> zero;
  // Words that change, sealed, each on a line of its own.
  std::uint64_t revision;
  std::array<std::uint8_t, 56> zero_too;
  std::uint64_t root;  // line of the instance's ListHolder
  std::array<std::uint8_t, 56> zero_three;
  std::array<std::uint8_t, kPageBytes - 256> zero_four;
};
static_assert(sizeof(ImageHeader) == kPageBytes);
static_assert(offsetof(ImageHeader, change_line) == 96 && offsetof(ImageHeader, revision) == 128 &&
              offsetof(ImageHeader, root) == 192);
inline constexpr std::size_t kImageHeaderCrcBytes = 128;

// Values of a control word (checksum.h, encode_control). From kControlFirst on: the line, counted from change_line
// less kControlFirst, that stands in place of this one.
inline constexpr std::uint32_t kControlEmpty = 0;  // nothing here yet; ends a probe
inline constexpr std::uint32_t kControlHere = 1;
inline constexpr std::uint32_t kControlFirst = 2;

// Flags of a list, the same in KeySlot and ListBody.
inline constexpr unsigned kModeShift = 0;  // 2 bits: ListMode
inline constexpr std::uint16_t kAllowsWhenEmpty = 1U << 2;
inline constexpr std::uint16_t kHasEntries = 1U << 3;
// Flags of a key.
inline constexpr unsigned kKeyStateShift = 4;  // 2 bits: KeyState, or kKeyRemoved
inline constexpr unsigned kKeyRemoved = 3;
inline constexpr unsigned kV4CountShift = 6;     // 4 bits: IPv4 prefixes in the slot, 0 to 8
inline constexpr unsigned kV6CountShift = 10;    // 3 bits: IPv6 prefixes in the slot, 0 to 4
inline constexpr unsigned kExtensionShift = 13;  // 2 bits: Extension
// Flags of an account and of the instance.
inline constexpr unsigned kAccountStateShift = 4;  // 1 bit: AccountState
inline constexpr unsigned kErrorStyleShift = 5;    // 2 bits: ErrorStyle, or kStyleOfInstance
inline constexpr unsigned kStyleOfInstance = 3;
inline constexpr std::uint16_t kRootFollows = 1U << 7;  // ListHolder::root is the root of the IPv4 tree

enum class Extension : std::uint8_t {
  kNone = 0,
  kPrefixes = 1,  // words[7] is the line of a PrefixLine
  kHolder = 2,    // words[7] is the line of a ListHolder
};

// A key. Found by linear probing from its home; the same line in the arena where a change replaced it, followed by a
// KeyNameLine.
struct alignas(kLineBytes) KeySlot {
  std::uint32_t control;
  std::array<std::uint8_t, 12> digest;  // bytes 8 to 19 of the key's digest
  std::uint32_t account;                // index in the account array
  std::uint16_t flags;
  std::uint16_t scope_set;
  // First the IPv6 prefixes, two words each (the upper 64 bits, low word first), then the IPv4 ones.
  std::array<std::uint32_t, 8> words;
  // Six bits for each prefix in the same order: IPv4 its length, IPv6 its length less one.
  std::array<std::uint8_t, 6> lengths;
  std::uint16_t check;  // covers the KeyName too
};
static_assert(sizeof(KeySlot) == 64 && offsetof(KeySlot, account) == 16 && offsetof(KeySlot, flags) == 20 &&
              offsetof(KeySlot, words) == 24 && offsetof(KeySlot, lengths) == 56 && offsetof(KeySlot, check) == 62);

[[nodiscard]] inline Extension extension_of(const KeySlot& key) noexcept {
  return static_cast<Extension>(unsigned{key.flags} >> kExtensionShift & 3U);
}
[[nodiscard]] inline bool is_removed(const KeySlot& key) noexcept {
  return (unsigned{key.flags} >> kKeyStateShift & 3U) == kKeyRemoved;
}

// What else names a key: in an array beside the slots, so that both are fetched together.
struct KeyName {
  std::uint64_t key_id;
  std::uint64_t digest_head;  // bytes 0 to 7 of the key's digest, which give its home
};
static_assert(sizeof(KeyName) == 16);
struct alignas(kLineBytes) KeyNameLine {
  KeyName name;
  std::array<std::uint8_t, 48> zero;
};
static_assert(sizeof(KeyNameLine) == 64);

[[nodiscard]] inline std::uint64_t digest_head(const std::array<std::uint8_t, 32>& digest) noexcept {
  std::uint64_t head = 0;
  std::memcpy(&head, digest.data(), sizeof(head));
  return head;
}
// Where the probe for a key begins.
[[nodiscard]] inline std::size_t home_slot(std::uint64_t digest_head, std::uint64_t slot_count) noexcept {
  return static_cast<std::size_t>((static_cast<uint128>(digest_head) * slot_count) >> 64);
}

// Up to 13 more IPv4 prefixes of a key. Unused ones repeat the last.
inline constexpr std::size_t kPrefixesPerLine = 13;
struct alignas(kLineBytes) PrefixLine {
  std::array<std::uint32_t, kPrefixesPerLine> addresses;
  std::array<std::uint8_t, 10> lengths;  // six bits each
  std::uint16_t check;
};
static_assert(sizeof(PrefixLine) == 64 && offsetof(PrefixLine, lengths) == 52 && offsetof(PrefixLine, check) == 62);

// A node of a static search tree over the addresses where membership toggles (packed_set.h).
template <class Key, std::size_t kKeys>
struct alignas(kLineBytes) TreeNode {
  static constexpr std::size_t kKeyCount = kKeys;
  std::array<Key, kKeys> keys;
  std::array<std::uint8_t, 60 - sizeof(Key) * kKeys> zero;
  std::uint16_t in;  // bit i: addresses from keys[i] on, up to the next toggle, are members
  std::uint16_t check;
};
template <class Key>
struct alignas(kLineBytes) TreeNode<Key, 15> {
  static constexpr std::size_t kKeyCount = 15;
  std::array<Key, 15> keys;
  std::uint16_t in;
  std::uint16_t check;
};
struct WideKey {
  std::uint64_t high;
  std::uint64_t low;
  friend constexpr auto operator<=>(const WideKey&, const WideKey&) noexcept = default;
};
using NodeV4 = TreeNode<std::uint32_t, 15>;
using NodeV6High = TreeNode<std::uint64_t, 7>;  // every toggle is a multiple of 2^64
using NodeV6 = TreeNode<WideKey, 3>;
static_assert(sizeof(NodeV4) == 64 && offsetof(NodeV4, in) == 60 && offsetof(NodeV4, check) == 62);
static_assert(sizeof(NodeV6High) == 64 && offsetof(NodeV6High, in) == 60);
static_assert(sizeof(NodeV6) == 64 && offsetof(NodeV6, in) == 60);

enum class SetKind : std::uint8_t {
  kEmpty = 0,
  kTreeV4 = 1,
  kTreeV6High = 2,
  kTreeV6 = 3,
  kBlocksV4 = 4,  // 16-bit direct table, packed toggles
  kBlocksV6 = 5,
};

// Where a set of one family lies in the arena.
struct SetRef {
  std::uint32_t line;
  std::uint32_t kind_and_lines;  // SetKind in the upper 4 bits, size in lines in the lower 28
  std::uint32_t crc;             // of the whole, where its lines have no checks of their own; 0 otherwise

  [[nodiscard]] SetKind kind() const noexcept { return static_cast<SetKind>(kind_and_lines >> 28); }
  [[nodiscard]] std::uint32_t lines() const noexcept { return kind_and_lines & 0x0FFFFFFF; }
};
static_assert(sizeof(SetRef) == 12);

// Entries that expire, as disjoint sorted segments.
struct SegmentRef {
  std::uint32_t line;
  std::uint32_t lines;
};

// A list that does not fit a key's slot: an account's, the instance's, or a key's.
struct alignas(kLineBytes) ListBody {
  std::uint32_t control;  // of an account in the account array; 0 elsewhere
  std::uint16_t flags;
  std::uint16_t zero;
  // The account's id; of a key: when it expires (low 32 bits) and the line of its scope set (high 32 bits) if
  // KeySlot::scope_set is 0xFFFF.
  std::uint64_t owner;
  SetRef permanent_v4;
  SetRef permanent_v6;
  SegmentRef expiring_v4;
  SegmentRef expiring_v6;
  std::array<std::uint8_t, 6> zero_too;
  std::uint16_t check;
};
static_assert(sizeof(ListBody) == 64 && offsetof(ListBody, owner) == 8 && offsetof(ListBody, permanent_v4) == 16 &&
              offsetof(ListBody, expiring_v4) == 40 && offsetof(ListBody, check) == 62);

struct ListHolder {
  ListBody body;
  NodeV4 root;  // with kRootFollows a copy of the first node of permanent_v4, so that both arrive together
};
static_assert(sizeof(ListHolder) == 128);

// What is worth fetching as soon as the account of a key is known: where the account's IPv4 tree lies and, roughly,
// what its root says. Advice: nothing of it is believed, and it has no check.
struct alignas(16) TreeHint {
  std::uint32_t line;                   // of the tree; 0: there is none, or nothing below its root
  std::array<std::uint8_t, 12> pivots;  // the upper 8 bits of twelve of the root's keys (kHintedKeys), ascending
};
static_assert(sizeof(TreeHint) == 16);

// An address of the segment is admitted at t if and only if t < until.
struct SegmentV4 {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t until;
};
inline constexpr std::size_t kSegmentsPerLine = 5;
struct alignas(kLineBytes) SegmentLineV4 {
  std::array<SegmentV4, kSegmentsPerLine> segments;  // unused ones repeat the last
  std::uint16_t zero;
  std::uint16_t check;
};
static_assert(sizeof(SegmentLineV4) == 64 && offsetof(SegmentLineV4, check) == 62);
struct alignas(kLineBytes) SegmentLineV6 {
  WideKey first;
  WideKey last;
  std::uint32_t until;
  std::array<std::uint8_t, 26> zero;
  std::uint16_t check;
};
static_assert(sizeof(SegmentLineV6) == 64 && offsetof(SegmentLineV6, check) == 62);

// A scope set: this line, then the tags, ascending, in as many lines as they take.
struct alignas(kLineBytes) ScopeSetLine {
  std::uint32_t crc;  // of count, index and the tags
  std::uint32_t count;
  std::uint32_t index;  // its own in the scope table, or 0xFFFF
  std::uint32_t zero;
  std::array<std::uint64_t, 6> tags;
};
static_assert(sizeof(ScopeSetLine) == 64 && offsetof(ScopeSetLine, tags) == 16);
[[nodiscard]] constexpr std::size_t scope_set_lines(std::size_t count) noexcept {
  return (16 + 8 * count + kLineBytes - 1) / kLineBytes;
}

// All of a line but its control word, which is stored last and alone.
template <class LineType>
[[nodiscard]] inline unsigned char* behind_control(LineType& line) noexcept {
  return reinterpret_cast<unsigned char*>(&line) + sizeof(std::uint32_t);
}

// A copy of a line whose control word may be stored meanwhile; that of the copy is 0.
template <class LineType>
[[nodiscard]] inline LineType without_control(const LineType& line) noexcept {
  LineType copy{};
  std::memcpy(behind_control(copy), reinterpret_cast<const unsigned char*>(&line) + sizeof(std::uint32_t),
              sizeof(line) - sizeof(std::uint32_t));
  return copy;
}

// Words that are stored while readers run.
template <class Word>
[[nodiscard]] inline Word load_acquire(const Word& word) noexcept {
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
template <class Word>
inline void store_release(Word& word, Word value) noexcept {
  __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

}  // namespace keyfence::image
