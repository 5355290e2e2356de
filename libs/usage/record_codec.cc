#include "libs/usage/record_codec.h"

#include <cstring>
#include <string_view>

#include "libs/base/crc32c.h"

namespace keyfence::spool {
namespace {

constexpr std::size_t kCheckedFrom = offsetof(RecordHeader, at_micros);

constexpr std::size_t padded(std::size_t bytes) noexcept {
  return (bytes + kRecordAlign - 1) / kRecordAlign * kRecordAlign;
}

struct Texts {
  std::string_view method, host, path, user_agent;
  bool cut = false;

  explicit Texts(const UsageRecord& record) noexcept
      : method(record.method.substr(0, kUsageMethodBytesMax)),
        host(record.host.substr(0, kUsageHostBytesMax)),
        path(record.path.substr(0, kUsagePathBytesMax)),
        user_agent(record.user_agent.substr(0, kUsageUserAgentBytesMax)),
        cut(method.size() != record.method.size() || host.size() != record.host.size() ||
            path.size() != record.path.size() || user_agent.size() != record.user_agent.size()) {}

  [[nodiscard]] std::size_t bytes() const noexcept {
    return method.size() + host.size() + path.size() + user_agent.size();
  }
};

std::uint8_t* put(std::uint8_t* at, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

std::size_t encoded_bytes(const UsageRecord& record) noexcept {
  return padded(sizeof(RecordHeader) + Texts(record).bytes());
}

void encode(const UsageRecord& record, std::uint8_t* out) noexcept {
  const Texts texts(record);
  const std::size_t used = sizeof(RecordHeader) + texts.bytes();
  const std::size_t total = padded(used);
  RecordHeader header{};
  header.bytes = static_cast<std::uint32_t>(total);
  header.at_micros = record.at.micros;
  header.request_id = record.request_id;
  if (record.address) header.address = record.address->bytes();
  header.key = record.decision.key.value();
  header.account = record.decision.account.value();
  header.revision = record.decision.revision.value;
  header.bytes_sent = record.bytes_sent;
  header.duration_micros = record.duration_micros;
  header.status = record.status;
  header.host_bytes = static_cast<std::uint16_t>(texts.host.size());
  header.path_bytes = static_cast<std::uint16_t>(texts.path.size());
  header.user_agent_bytes = static_cast<std::uint16_t>(texts.user_agent.size());
  header.method_bytes = static_cast<std::uint8_t>(texts.method.size());
  header.flags = static_cast<std::uint8_t>((record.address ? kAddressKnown : 0) |
                                           (texts.cut || record.truncated ? kTruncated : 0));
  header.address_note = static_cast<std::uint8_t>(record.address_note);
  header.outcome = static_cast<std::uint8_t>(record.decision.outcome);
  header.reason = static_cast<std::uint8_t>(record.decision.reason);
  header.layer = static_cast<std::uint8_t>(record.decision.layer);
  header.would_deny = static_cast<std::uint8_t>(record.decision.would_deny);
  header.would_deny_layer = static_cast<std::uint8_t>(record.decision.would_deny_layer);

  std::memcpy(out, &header, sizeof header);
  std::uint8_t* end = put(out + sizeof header, texts.method);
  end = put(end, texts.host);
  end = put(end, texts.path);
  end = put(end, texts.user_agent);
  std::memset(end, 0, total - used);
  const std::uint32_t check = crc32c(out + kCheckedFrom, total - kCheckedFrom);
  std::memcpy(out + offsetof(RecordHeader, check), &check, sizeof check);
}

std::optional<std::size_t> plausible_length(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() < sizeof(RecordHeader)) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length % kRecordAlign != 0 || length < sizeof(RecordHeader) || length > kRecordBytesMax ||
      length > bytes.size()) {
    return std::nullopt;
  }
  return length;
}

std::optional<UsageRecord> decode(std::span<const std::uint8_t> bytes) noexcept {
  const auto length = plausible_length(bytes);
  if (!length) return std::nullopt;
  RecordHeader header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  if (crc32c(bytes.data() + kCheckedFrom, *length - kCheckedFrom) != header.check) return std::nullopt;
  const std::size_t texts =
      std::size_t{header.method_bytes} + header.host_bytes + header.path_bytes + header.user_agent_bytes;
  const bool known_values = header.reason < kReasonCount && header.would_deny < kReasonCount &&
                            header.layer <= static_cast<std::uint8_t>(Layer::kKey) &&
                            header.would_deny_layer <= static_cast<std::uint8_t>(Layer::kKey) &&
                            header.outcome <= static_cast<std::uint8_t>(Outcome::kAllow) &&
                            header.address_note <= static_cast<std::uint8_t>(ClientAddressNote::kHeaderMalformed);
  if (!known_values || padded(sizeof header + texts) != *length) return std::nullopt;

  UsageRecord record;
  record.at = Timestamp{header.at_micros};
  record.request_id = header.request_id;
  if ((header.flags & kAddressKnown) != 0) record.address = IpAddress::from_bytes(header.address);
  record.truncated = (header.flags & kTruncated) != 0;
  record.address_note = static_cast<ClientAddressNote>(header.address_note);
  record.decision.outcome = static_cast<Outcome>(header.outcome);
  record.decision.reason = static_cast<Reason>(header.reason);
  record.decision.layer = static_cast<Layer>(header.layer);
  record.decision.would_deny = static_cast<Reason>(header.would_deny);
  record.decision.would_deny_layer = static_cast<Layer>(header.would_deny_layer);
  record.decision.key = KeyId(header.key);
  record.decision.account = AccountId(header.account);
  record.decision.revision = Revision{header.revision};
  record.status = header.status;
  record.bytes_sent = header.bytes_sent;
  record.duration_micros = header.duration_micros;
  const char* text = reinterpret_cast<const char*>(bytes.data() + sizeof header);
  const auto take = [&text](std::size_t size) {
    const std::string_view view(text, size);
    text += size;
    return view;
  };
  record.method = take(header.method_bytes);
  record.host = take(header.host_bytes);
  record.path = take(header.path_bytes);
  record.user_agent = take(header.user_agent_bytes);
  return record;
}

}  // namespace keyfence::spool
