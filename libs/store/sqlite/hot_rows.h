#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "libs/store/rows.h"

namespace keyfence::sqlite {

// Rows that nearly every request reads and few changes touch, kept in memory: the instance, and tokens by their digest.
// Nobody but the process that has the store open writes it, so no change of them is missed.
//
// Threads  Safe. A row is kept only if forget() was not called since what it was read from began: the snapshot that the
//          thread holds since a generation, or else the reading.
class HotRows {
 public:
  static constexpr std::size_t kTokensMax = 1024;
  using Generation = std::uint64_t;

  [[nodiscard]] Generation generation() {
    const std::lock_guard lock(mutex_);
    return generation_;
  }
  // The row that is kept, else what the function reads.
  template <class Read>
  [[nodiscard]] InstanceRow instance(std::optional<Generation> held_since, Read&& read) {
    Generation began = 0;
    {
      const std::lock_guard lock(mutex_);
      if (instance_) return *instance_;
      began = held_since.value_or(generation_);
    }
    InstanceRow row = read();
    const std::lock_guard lock(mutex_);
    if (began == generation_) instance_ = row;
    return row;
  }
  // Of a digest that no token has nothing is kept: it costs a caller nothing to make such ones up.
  template <class Read>
  [[nodiscard]] std::optional<TokenRow> token(const KeyDigest& digest, std::optional<Generation> held_since,
                                              Read&& read) {
    Generation began = 0;
    {
      const std::lock_guard lock(mutex_);
      if (const auto kept = tokens_.find(digest); kept != tokens_.end()) return kept->second;
      began = held_since.value_or(generation_);
    }
    std::optional<TokenRow> row = read();
    if (!row) return row;
    const std::lock_guard lock(mutex_);
    if (began != generation_) return row;
    if (tokens_.size() >= kTokensMax) tokens_.clear();
    tokens_.emplace(digest, *row);
    return row;
  }

  // After a commit that touched any of them, before it is answered.
  void forget() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    instance_.reset();
    tokens_.clear();
  }

 private:
  std::mutex mutex_;
  Generation generation_ = 0;
  std::optional<InstanceRow> instance_;
  std::map<KeyDigest, TokenRow> tokens_;
};

}  // namespace keyfence::sqlite
