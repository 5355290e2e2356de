#include "libs/store/packed_policy.h"

#include <cstring>

#include "libs/base/assert.h"

namespace keyfence {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::uint8_t kEntryEnabled = 1;
constexpr std::uint8_t kEntryExpires = 2;
constexpr std::uint8_t kEntryFlags = kEntryEnabled | kEntryExpires;

std::size_t put_address(const IpAddress& address, std::uint8_t* out) noexcept {
  const std::size_t size = address.is_v4() ? 4 : 16;
  uint128 number = address.number();
  for (std::size_t i = size; i-- > 0; number >>= 8) out[i] = static_cast<std::uint8_t>(number);
  return size;
}

IpAddress get_v4(const std::uint8_t* in) noexcept {
  return IpAddress::v4(std::uint32_t{in[0]} << 24 | std::uint32_t{in[1]} << 16 | std::uint32_t{in[2]} << 8 |
                       std::uint32_t{in[3]});
}

IpAddress get_v6(const std::uint8_t* in) noexcept {
  uint128 number = 0;
  for (std::size_t i = 0; i < 16; ++i) number = number << 8 | in[i];
  return IpAddress::v6(number);
}

class Packer {
 public:
  explicit Packer(std::vector<std::uint8_t>& out) noexcept : out_(&out) {}

  template <class Integer>
  void integer(Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) out_->push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void bytes(std::span<const std::uint8_t> bytes) { out_->insert(out_->end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) { out_->insert(out_->end(), text.begin(), text.end()); }

 private:
  std::vector<std::uint8_t>* out_;
};

// Reads on from a position; past the end everything reads as zero and complete() turns false.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  template <class Integer>
  [[nodiscard]] Integer integer() noexcept {
    const std::span<const std::uint8_t> in = bytes(sizeof(Integer));
    Integer value = 0;
    if (!in.empty()) std::memcpy(&value, in.data(), sizeof(Integer));
    return value;
  }
  // As many bytes as asked for, or none.
  [[nodiscard]] std::span<const std::uint8_t> bytes(std::size_t size) noexcept {
    if (size > rest_.size()) {
      torn_ = true;
      rest_ = {};
      return {};
    }
    const std::span<const std::uint8_t> taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  [[nodiscard]] bool torn() const noexcept { return torn_; }
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

 private:
  std::span<const std::uint8_t> rest_;
  bool torn_ = false;
};

bool unpack_head(Unpacker& in, KeyPolicy& policy) {
  if (in.integer<std::uint8_t>() != kForm) return false;
  policy.account = AccountId(in.integer<std::uint64_t>());
  const std::span<const std::uint8_t> digest = in.bytes(policy.digest.bytes.size());
  if (digest.empty()) return false;
  std::memcpy(policy.digest.bytes.data(), digest.data(), digest.size());
  const auto state = in.integer<std::uint8_t>();
  const auto mode = in.integer<std::uint8_t>();
  const auto when_empty = in.integer<std::uint8_t>();
  const auto expires = in.integer<std::uint8_t>();
  if (state > 2 || mode > 2 || when_empty > 1 || expires > 1) return false;
  policy.state = static_cast<KeyState>(state);
  policy.allowlist.mode = static_cast<ListMode>(mode);
  policy.allowlist.when_empty = static_cast<WhenEmpty>(when_empty);
  policy.expires_at.reset();
  if (expires == 1) policy.expires_at = UnixSeconds{in.integer<std::uint32_t>()};
  return !in.torn();
}

bool unpack_scopes(Unpacker& in, KeyPolicy& policy) {
  policy.scopes.resize(in.integer<std::uint8_t>());
  for (std::string& scope : policy.scopes) {
    const std::span<const std::uint8_t> text = in.bytes(in.integer<std::uint8_t>());
    scope.assign(reinterpret_cast<const char*>(text.data()), text.size());
  }
  return !in.torn();
}

bool unpack_entries(Unpacker& in, std::vector<PolicyEntry>& entries) {
  constexpr std::size_t kEntryBytesMin = 13;
  const auto count = in.integer<std::uint32_t>();
  if (count > in.left() / kEntryBytesMin) return false;
  entries.clear();
  entries.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const EntryId id(in.integer<std::uint64_t>());
    const auto flags = in.integer<std::uint8_t>();
    std::optional<UnixSeconds> expires_at;
    if ((flags & kEntryExpires) != 0) expires_at = UnixSeconds{in.integer<std::uint32_t>()};
    const std::optional<IpRange> range = unpack_range(in.bytes(flags & std::uint8_t{0xFF ^ kEntryFlags}));
    if (!range) return false;
    const EntryState state = (flags & kEntryEnabled) != 0 ? EntryState::kEnabled : EntryState::kDisabled;
    entries.push_back({id, *range, state, expires_at});
  }
  return !in.torn();
}

}  // namespace

PackedRange::PackedRange(const IpRange& range) noexcept {
  size_ = put_address(range.first(), bytes_.data());
  if (range.first() != range.last()) size_ += put_address(range.last(), bytes_.data() + size_);
}

std::optional<IpRange> unpack_range(std::span<const std::uint8_t> bytes) noexcept {
  switch (bytes.size()) {
    case 4:
      return IpRange::single(get_v4(bytes.data()));
    case 8:
      return IpRange::make(get_v4(bytes.data()), get_v4(bytes.data() + 4));
    case 16:
      return IpRange::single(get_v6(bytes.data()));
    case 32:
      return IpRange::make(get_v6(bytes.data()), get_v6(bytes.data() + 16));
    default:
      return std::nullopt;
  }
}

void pack_key_policy(const KeyPolicy& policy, std::vector<std::uint8_t>& out) {
  KF_ASSERT(policy.scopes.size() <= 0xFF);
  out.clear();
  Packer packer(out);
  packer.integer(kForm);
  packer.integer(policy.account.value());
  packer.bytes(policy.digest.bytes);
  packer.integer(static_cast<std::uint8_t>(policy.state));
  packer.integer(static_cast<std::uint8_t>(policy.allowlist.mode));
  packer.integer(static_cast<std::uint8_t>(policy.allowlist.when_empty));
  packer.integer(static_cast<std::uint8_t>(policy.expires_at ? 1 : 0));
  if (policy.expires_at) packer.integer(policy.expires_at->value);
  packer.integer(static_cast<std::uint8_t>(policy.scopes.size()));
  for (const std::string& scope : policy.scopes) {
    KF_ASSERT(scope.size() <= 0xFF);
    packer.integer(static_cast<std::uint8_t>(scope.size()));
    packer.text(scope);
  }
  packer.integer(static_cast<std::uint32_t>(policy.allowlist.entries.size()));
  for (const PolicyEntry& entry : policy.allowlist.entries) {
    const PackedRange range(entry.range);
    std::uint8_t flags = static_cast<std::uint8_t>(range.bytes().size());
    if (entry.state == EntryState::kEnabled) flags |= kEntryEnabled;
    if (entry.expires_at) flags |= kEntryExpires;
    packer.integer(entry.id.value());
    packer.integer(flags);
    if (entry.expires_at) packer.integer(entry.expires_at->value);
    packer.bytes(range.bytes());
  }
}

bool unpack_key_policy(std::span<const std::uint8_t> packed, KeyPolicy& policy) {
  Unpacker in(packed);
  return unpack_head(in, policy) && unpack_scopes(in, policy) && unpack_entries(in, policy.allowlist.entries) &&
         in.left() == 0;
}

}  // namespace keyfence
