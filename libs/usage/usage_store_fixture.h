#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/usage/usage_store.h"

namespace keyfence {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr Timestamp kNoon{20'500 * kDay + kDay / 2};

// A store in a directory of its own.
class UsageStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "keyfence-usage-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    reopen();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    store_.reset();
    auto opened = open_sqlite_usage_store(dir_ / "usage");
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
  }

  // Stores records as the first piece of a segment of their own.
  void store(std::vector<StorableRecord> records) {
    std::uint64_t offset = 4096;
    for (StorableRecord& record : records) record.offset = offset += 128;
    const auto stored =
        store_->store({.to = {++writer_, 1, offset}, .gateway = "g1", .dropped = 0, .damaged = 0, .records = records});
    ASSERT_TRUE(stored) << stored.error().detail;
  }

  std::vector<StoredRecord> all(const UsageFilter& filter = {}) {
    std::vector<StoredRecord> out;
    const auto result = store_->query(filter, std::nullopt, 1'000'000, [&out](const StoredRecord& record) {
      out.push_back(record);
      return true;
    });
    EXPECT_TRUE(result) << result.error().detail;
    return out;
  }

  [[nodiscard]] std::filesystem::path file_of_noon() const { return dir_ / "usage" / "usage-2026-02-16.db"; }

  // An empty spool beside the store.
  [[nodiscard]] std::filesystem::path make_spool() const {
    std::filesystem::create_directories(dir_ / "spool");
    return dir_ / "spool";
  }

  std::filesystem::path dir_;
  std::unique_ptr<UsageStore> store_;
  std::uint64_t writer_ = 0;
};

// Made-up requests: four keys, two accounts, eight addresses, a third of them denied.
inline StorableRecord request(std::uint64_t n, Timestamp at) {
  StorableRecord item;
  UsageRecord& r = item.record;
  r.at = at;
  const auto millis = static_cast<std::uint64_t>(at.micros / 1000);
  for (std::size_t i = 0; i < 6; ++i) r.request_id[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
  r.request_id[15] = static_cast<std::uint8_t>(n);
  r.request_id[14] = static_cast<std::uint8_t>(n >> 8);
  r.address = IpAddress::v4(0xCB007100U + static_cast<std::uint32_t>(n % 8));
  r.decision.account = AccountId(100 + n % 2);
  r.decision.key = KeyId(1000 + n % 4);
  const bool allowed = n % 3 != 0;
  r.decision.outcome = allowed ? Outcome::kAllow : Outcome::kDeny;
  r.decision.reason = allowed ? Reason::kAllowed : Reason::kAddressDeniedKey;
  r.decision.layer = allowed ? Layer::kNone : Layer::kKey;
  r.status = allowed ? 200 : 403;
  r.bytes_sent = n;
  r.duration_micros = 10 + n;
  r.method = n % 5 == 0 ? "POST" : "GET";
  r.host = "api.example.com";
  r.path = n % 2 == 0 ? "/v1/messages" : "/v1/models";
  r.user_agent = "curl/8";
  if (allowed) item.matched.key = EntryId(7);
  return item;
}

inline std::vector<StorableRecord> requests(std::uint64_t count, std::int64_t apart_micros) {
  std::vector<StorableRecord> out;
  for (std::uint64_t n = 0; n < count; ++n) {
    out.push_back(request(n, Timestamp{kNoon.micros + static_cast<std::int64_t>(n) * apart_micros}));
  }
  return out;
}

}  // namespace keyfence
