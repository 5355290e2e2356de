#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/net/ip_range.h"
#include "libs/usage/usage_record.h"

namespace keyfence {

struct UsageError {
  enum class Code : std::uint8_t { kNotFound, kTooMany, kBusy, kNoSpace, kReadOnly, kCorrupt, kFailed };
  Code code = Code::kFailed;
  std::string message;  // may be shown to the caller
  std::string detail;   // for the log only
};
template <class T>
using UsageResult = Result<T, UsageError>;

// The entries that admitted an address, one per layer that had one; 0 where none did.
struct MatchedEntries {
  EntryId global, account, key;
};

// One record on its way into the store, with what the drain found out about it.
struct StorableRecord {
  UsageRecord record;  // texts are valid during store()
  MatchedEntries matched;
  std::uint64_t offset = 0;  // where the record ends in its segment
};

// A piece of one segment: all its readable records in (from, to]. Delivered at least once, stored exactly once: a store
// remembers how far each segment got, in the transaction that stores the records, and passes over what it has.
struct UsageBatch {
  SpoolPosition to;
  std::string gateway;
  std::uint64_t dropped = 0;  // of the segment, counted from its beginning
  std::uint64_t damaged = 0;  // met between the batch before and this one
  std::span<const StorableRecord> records;
};

// A record as it is read back. The texts stand beside it; those of `record` are empty.
struct StoredRecord {
  std::uint64_t day = 0;  // days since 1970-01-01, UTC
  std::uint64_t id = 0;   // grows with time within a day
  UsageRecord record;
  std::string method, host, path, user_agent;
  MatchedEntries matched;
  std::string gateway;
};

// What records are asked for; every member that is set must hold.
struct UsageFilter {
  std::optional<AccountId> account;
  std::optional<KeyId> key;
  std::optional<std::string> method;
  std::optional<std::uint16_t> status_min, status_max;  // 403..403, or 400..499
  std::optional<Reason> reason;
  std::optional<Layer> layer;
  std::optional<IpRange> address;
  std::optional<std::string> path_prefix;
  std::optional<RequestId> request_id;
  std::optional<Timestamp> from, until;  // from <= at < until
};

// Where the next page begins; opaque text on the outside.
struct UsageCursor {
  std::uint64_t day = 0;
  std::uint64_t id = 0;
  friend constexpr auto operator<=>(const UsageCursor&, const UsageCursor&) noexcept = default;
};

enum class GroupBy : std::uint8_t { kTime, kReason, kKey, kAddress, kStatus };
struct UsageTotal {
  std::string group;  // RFC 3339 start of the bucket, reason name, key id, address, status
  std::uint64_t allowed = 0;
  std::uint64_t denied = 0;
  std::uint64_t would_deny = 0;
};

// How often something was hit, kept up by store(); survives the log's retention.
struct Evidence {
  std::uint64_t hits = 0;
  Timestamp first_at, last_at;
};
struct KeyEvidence {
  Evidence allowed, denied;
  std::optional<IpAddress> last_address;
};

struct UsageStats {
  std::uint64_t bytes = 0;    // on disk
  std::uint64_t dropped = 0;  // since the store was made: by gateways whose spool was full
  std::uint64_t damaged = 0;
  std::optional<Timestamp> oldest;
  std::vector<std::string> set_aside;  // files that were damaged and are no longer read
};

struct UsageRetention {
  std::chrono::days age_max{30};
  std::uint64_t bytes_max = std::uint64_t{10} << 30;
};

// The usage log.
//
// Errors   A damaged file is set aside under another name, said in stats() and never a reason not to open.
// Threads  store() and apply_retention() from one thread; queries from any, beside them.
// Source   docs/usage-log.md.
class UsageStore {
 public:
  virtual ~UsageStore() = default;

  // In one transaction for each day: the more records, the cheaper each.
  [[nodiscard]] virtual UsageResult<void> store(std::span<const UsageBatch> batches) = 0;
  [[nodiscard]] UsageResult<void> store(const UsageBatch& batch) { return store(std::span(&batch, 1)); }
  // How far a segment is stored: 0 if nothing of it is.
  [[nodiscard]] virtual UsageResult<std::uint64_t> stored_up_to(std::uint64_t writer, std::uint64_t sequence) = 0;

  // Newest first, strictly before the cursor if one is given; at most limit. The sink returns false to stop.
  [[nodiscard]] virtual UsageResult<void> query(const UsageFilter& filter, std::optional<UsageCursor> before,
                                                std::size_t limit,
                                                const std::function<bool(const StoredRecord&)>& sink) = 0;
  // Totals in buckets of that width for kTime (others ignore it), largest first otherwise, at most limit groups.
  // kTooMany beyond a million groups before that.
  [[nodiscard]] virtual UsageResult<std::vector<UsageTotal>> summary(const UsageFilter& filter, GroupBy group,
                                                                     std::chrono::seconds bucket,
                                                                     std::size_t limit) = 0;
  [[nodiscard]] virtual UsageResult<std::optional<StoredRecord>> find(const RequestId& id) = 0;

  [[nodiscard]] virtual UsageResult<std::vector<std::optional<Evidence>>> entry_evidence(
      std::span<const EntryId> entries) = 0;
  [[nodiscard]] virtual UsageResult<std::vector<std::optional<KeyEvidence>>> key_evidence(
      std::span<const KeyId> keys) = 0;

  // Does a part where there is much to do: to be called every second or so.
  [[nodiscard]] virtual UsageResult<void> apply_retention(const UsageRetention& retention, Timestamp now) = 0;
  [[nodiscard]] virtual UsageResult<UsageStats> stats() = 0;
};

// The embedded store: one SQLite file per day in a directory, made if missing.
[[nodiscard]] UsageResult<std::unique_ptr<UsageStore>> open_sqlite_usage_store(const std::filesystem::path& dir);

}  // namespace keyfence
