#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// The layout of a spool segment, shared by the gateway's workers, which append, and the drain, which reads.
// docs/spool-format.md tells every byte. Integers are little-endian.
namespace keyfence::spool {

inline constexpr std::array<char, 8> kMagic = {'K', 'F', 'S', 'P', 'O', 'O', 'L', '\0'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kGatewayBytesMax = 64;
inline constexpr std::size_t kRecordAlign = 8;

// What is written once, before the file gets its final name.
struct SegmentIdentity {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t check;  // CRC-32C of the bytes after it, to the end of this struct
  std::uint64_t writer;
  std::uint64_t sequence;
  std::uint64_t segment_bytes;  // size of the file
  std::int64_t created_micros;
  std::array<char, kGatewayBytesMax> gateway;  // padded with NUL
  std::array<std::uint8_t, 16> reserved;
};
static_assert(sizeof(SegmentIdentity) == 128);

struct SegmentHeader {
  SegmentIdentity identity;
  alignas(64) std::atomic<std::uint64_t> committed;  // end of the last whole record, from the start of the file
  alignas(64) std::atomic<std::uint64_t> dropped;    // records its writer could not append since it made this segment
  alignas(64) std::atomic<std::uint64_t> sealed;     // 1: no record will follow in this file
};
static_assert(offsetof(SegmentHeader, committed) == 128);
static_assert(offsetof(SegmentHeader, dropped) == 192);
static_assert(offsetof(SegmentHeader, sealed) == 256);
static_assert(sizeof(SegmentHeader) <= kHeaderBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// A record: this, then method, host, path and user agent, then zeros to a multiple of 8.
struct RecordHeader {
  std::uint32_t bytes;  // of the whole record, padding included
  std::uint32_t check;  // CRC-32C of the bytes after it
  std::int64_t at_micros;
  std::array<std::uint8_t, 16> request_id;
  std::array<std::uint8_t, 16> address;  // network order, IPv4 mapped; zeros if unknown
  std::uint64_t key;
  std::uint64_t account;
  std::uint64_t revision;
  std::uint64_t bytes_sent;
  std::uint64_t duration_micros;
  std::uint16_t status;
  std::uint16_t host_bytes;
  std::uint16_t path_bytes;
  std::uint16_t user_agent_bytes;
  std::uint8_t method_bytes;
  std::uint8_t flags;  // kAddressKnown, kTruncated
  std::uint8_t address_note;
  std::uint8_t outcome;
  std::uint8_t reason;
  std::uint8_t layer;
  std::uint8_t would_deny;
  std::uint8_t would_deny_layer;
};
static_assert(sizeof(RecordHeader) == 104);

inline constexpr std::uint8_t kAddressKnown = 1;
inline constexpr std::uint8_t kTruncated = 2;

}  // namespace keyfence::spool
