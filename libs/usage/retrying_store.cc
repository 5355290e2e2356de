#include "libs/usage/retrying_store.h"

#include <chrono>
#include <mutex>
#include <utility>

namespace keyfence {
namespace {

constexpr std::chrono::seconds kBetweenTries{1};

class RetryingStore final : public UsageStore {
 public:
  explicit RetryingStore(std::function<UsageResult<std::unique_ptr<UsageStore>>()> open) : open_(std::move(open)) {
    (void)opened();
  }

  using UsageStore::store;
  UsageResult<void> store(std::span<const UsageBatch> batches) override {
    return with([&](UsageStore& store) { return store.store(batches); });
  }
  UsageResult<std::uint64_t> stored_up_to(std::uint64_t writer, std::uint64_t sequence) override {
    return with([&](UsageStore& store) { return store.stored_up_to(writer, sequence); });
  }
  UsageResult<void> query(const UsageFilter& filter, std::optional<UsageCursor> before, std::size_t limit,
                          const std::function<bool(const StoredRecord&)>& sink) override {
    return with([&](UsageStore& store) { return store.query(filter, before, limit, sink); });
  }
  UsageResult<std::vector<UsageTotal>> summary(const UsageFilter& filter, GroupBy group, std::chrono::seconds bucket,
                                               std::size_t limit) override {
    return with([&](UsageStore& store) { return store.summary(filter, group, bucket, limit); });
  }
  UsageResult<std::optional<StoredRecord>> find(const RequestId& id) override {
    return with([&](UsageStore& store) { return store.find(id); });
  }
  UsageResult<std::vector<std::optional<Evidence>>> entry_evidence(std::span<const EntryId> entries) override {
    return with([&](UsageStore& store) { return store.entry_evidence(entries); });
  }
  UsageResult<std::vector<std::optional<KeyEvidence>>> key_evidence(std::span<const KeyId> keys) override {
    return with([&](UsageStore& store) { return store.key_evidence(keys); });
  }
  UsageResult<void> apply_retention(const UsageRetention& retention, Timestamp now) override {
    return with([&](UsageStore& store) { return store.apply_retention(retention, now); });
  }
  UsageResult<UsageStats> stats() override {
    return with([&](UsageStore& store) { return store.stats(); });
  }

 private:
  template <class Function>
  auto with(Function&& function) -> std::invoke_result_t<Function, UsageStore&> {
    UsageResult<UsageStore*> store = opened();
    if (!store) return Err{std::move(store).error()};
    return function(**store);
  }

  UsageResult<UsageStore*> opened() {
    const std::lock_guard lock(mutex_);
    if (store_) return store_.get();
    const auto now = std::chrono::steady_clock::now();
    if (!failure_ || now >= again_at_) {
      auto opened = open_();
      if (opened) {
        store_ = std::move(*opened);
        return store_.get();
      }
      failure_ = std::move(opened).error();
      again_at_ = now + kBetweenTries;
    }
    return Err{*failure_};
  }

  std::function<UsageResult<std::unique_ptr<UsageStore>>()> open_;
  std::mutex mutex_;
  std::unique_ptr<UsageStore> store_;  // once it is open it stays
  std::optional<UsageError> failure_;
  std::chrono::steady_clock::time_point again_at_;
};

}  // namespace

std::unique_ptr<UsageStore> open_when_possible(std::function<UsageResult<std::unique_ptr<UsageStore>>()> open) {
  return std::make_unique<RetryingStore>(std::move(open));
}

}  // namespace keyfence
