// Fills a control store with a made-up policy: what the daemon starts from in the benchmarks of start and change.
//
//   --store=FILE            made if missing, filled further if it was broken off; --fresh removes it first
//   --keys-per-account=N    1000 if not named
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "bench/common/arguments.h"
#include "bench/common/made_policy.h"
#include "bench/common/random.h"
#include "bench/common/report.h"
#include "bench/common/rounds.h"
#include "libs/store/control_store.h"

namespace keyfence::bench {
namespace {

constexpr std::uint64_t kKeysPerTransaction = 800;  // SQLite's time for a key grows with the keys before it
constexpr Timestamp kThen{1'770'000'000'000'000};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// Names as people give them, each once: words that many keys share, and one in 50,000 that few do.
std::string name_of(std::uint64_t id) {
  static constexpr std::array<std::string_view, 12> kUses = {"billing", "search",  "mobile app", "warehouse",
                                                             "export",  "partner", "checkout",   "webhook",
                                                             "nightly", "reports", "staging",    "CI"};
  static constexpr std::array<std::string_view, 8> kPlaces = {"Berlin", "Oslo",   "Tokyo",  "Lagos",
                                                              "Lima",   "Madrid", "Boston", "Perth"};
  if (id % 50'000 == 7) return "quartz " + std::to_string(id);
  return std::string(kUses[mixed(id) % kUses.size()]) + " " + std::string(kPlaces[mixed(~id) % kPlaces.size()]) + " " +
         std::to_string(id);
}

EntryRow row_of(const PolicyEntry& entry) {
  EntryRow row;
  row.id = entry.id;
  row.range = entry.range;
  row.kind = entry.range.first() == entry.range.last() ? EntryKind::kAddress : EntryKind::kCidr;
  row.text = entry.range.text();
  row.label = "office";
  row.state = entry.state;
  row.added_by = "system";
  row.added_at = kThen;
  return row;
}

StoreResult<void> insert_list(Transaction& transaction, ListRef ref, const Allowlist& list) {
  if (auto updated = transaction.update_list(ref, list.mode, list.when_empty); !updated) return updated;
  std::set<IpRange> seen;  // short blocks are sometimes drawn twice
  for (const PolicyEntry& entry : list.entries) {
    if (!seen.insert(entry.range).second) continue;
    if (auto inserted = transaction.insert_entry(ref, row_of(entry)); !inserted) return inserted;
  }
  return {};
}

StoreResult<void> insert_account(Transaction& transaction, const AccountPolicy& account) {
  AccountRow row;
  row.id = account.id;
  row.name = "account " + std::to_string(account.id.value());
  row.created_at = kThen;
  if (auto inserted = transaction.insert_account(row); !inserted) return inserted;
  return insert_list(transaction, ListRef::of(account.id), account.allowlist);
}

StoreResult<void> insert_key(Transaction& transaction, const KeyPolicy& key) {
  KeyRow row;
  row.id = key.id;
  row.account = key.account;
  row.name = name_of(key.id.value());
  row.digest = key.digest;
  row.state = key.state;
  row.created_by = "system";
  row.created_at = kThen;
  if (auto inserted = transaction.insert_key(row); !inserted) return inserted;
  return insert_list(transaction, ListRef::of(key.id), key.allowlist);
}

void write(ControlStore& store, const Work& work) {
  if (auto committed = store.transact(work); !committed) {
    fail("store: " + committed.error().message + " " + committed.error().detail);
  }
}

// The first key that is not there yet: filling may have been broken off, between two transactions.
std::uint64_t keys_standing(ControlStore& store, const MadePolicy& policy) {
  std::uint64_t low = 0;
  std::uint64_t high = policy.shape().keys;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (store.key(MadePolicy::key_id(middle))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void fill(ControlStore& store, const MadePolicy& policy) {
  const std::uint64_t standing = keys_standing(store, policy);
  if (standing == 0) {
    write(store, [&](Transaction& transaction) {
      return insert_list(transaction, ListRef::global(), policy.instance().allowlist);
    });
  }
  for (std::uint64_t first = standing; first < policy.shape().keys; first += kKeysPerTransaction) {
    write(store, [&](Transaction& transaction) -> StoreResult<void> {
      KeyPolicy key;
      for (std::uint64_t i = first; i < first + kKeysPerTransaction && i < policy.shape().keys; ++i) {
        if (i % policy.shape().keys_per_account == 0) {
          const AccountPolicy account = policy.account(i / policy.shape().keys_per_account);
          if (auto inserted = insert_account(transaction, account); !inserted) return inserted;
        }
        policy.fill_key(i, key);
        if (auto inserted = insert_key(transaction, key); !inserted) return inserted;
      }
      return {};
    });
    if (first % 100'000 == 0) progress(std::to_string(first) + " keys stored");
  }
}

}  // namespace
}  // namespace keyfence::bench

int main(int argc, char** argv) {
  using namespace keyfence::bench;
  Arguments arguments(argc, argv);
  PolicyShape shape;
  shape.keys = arguments.number("keys", 10'000);
  shape.key_entries_min = shape.key_entries_max = arguments.number("entries", 20);
  shape.keys_per_account = arguments.number("keys-per-account", shape.keys_per_account);
  shape.account_entries = arguments.number("account-entries", 0);
  shape.global_entries = arguments.number("global-entries", 0);
  const std::string path = arguments.text("store", "");
  const bool fresh = arguments.has("fresh");
  arguments.done();
  if (path.empty()) fail("--store=FILE is needed");
  if (fresh) {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + end);
  }

  auto store = keyfence::open_sqlite_store(path);
  if (!store) fail("store: " + store.error().message);
  const std::uint64_t begin = now_ns();
  fill(*store.value(), MadePolicy(shape));
  Row("store").count("keys", shape.keys).number("seconds", static_cast<double>(now_ns() - begin) / 1e9);
}
