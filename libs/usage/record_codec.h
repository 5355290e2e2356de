#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "libs/usage/spool_format.h"
#include "libs/usage/usage_record.h"

// Between UsageRecord and the bytes of a spool record. Only the spool's writer and reader use it.
namespace keyfence::spool {

// The bytes that a record takes, texts cut to their bounds, padding included.
[[nodiscard]] std::size_t encoded_bytes(const UsageRecord& record) noexcept;
// Writes exactly encoded_bytes(record) at out, which is aligned to kRecordAlign.
void encode(const UsageRecord& record, std::uint8_t* out) noexcept;
// Checks and reads one record that begins at bytes; nullopt if it is damaged. Texts point into bytes.
[[nodiscard]] std::optional<UsageRecord> decode(std::span<const std::uint8_t> bytes) noexcept;
// What the length field of the record at bytes says, if it can be true: a multiple of 8, within bounds.
[[nodiscard]] std::optional<std::size_t> plausible_length(std::span<const std::uint8_t> bytes) noexcept;

inline constexpr std::size_t kRecordBytesMax = (sizeof(RecordHeader) + kUsageMethodBytesMax + kUsageHostBytesMax +
                                                kUsagePathBytesMax + kUsageUserAgentBytesMax + kRecordAlign - 1) /
                                               kRecordAlign * kRecordAlign;

}  // namespace keyfence::spool
