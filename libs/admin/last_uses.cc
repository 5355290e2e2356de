#include "libs/admin/last_uses.h"

#include <algorithm>
#include <utility>

namespace keyfence {
namespace {

template <class Map, class Id>
void keep_latest(Map& map, Id id, Timestamp at) {
  Timestamp& known = map.try_emplace(id, at).first->second;
  known = std::max(known, at);
}

// What is gone since was used all the same.
bool is_written(const StoreResult<void>& result) {
  return result.ok() || result.error().code == StoreError::Code::kNotFound;
}

}  // namespace

void LastUses::note(TokenId token, Timestamp at) {
  const std::lock_guard lock(mutex_);
  keep_latest(uses_.tokens, token, at);
}

void LastUses::note(SessionId session, Timestamp at) {
  const std::lock_guard lock(mutex_);
  keep_latest(uses_.sessions, session, at);
}

void LastUses::flush(ControlStore& store) {
  Uses uses;
  {
    const std::lock_guard lock(mutex_);
    std::swap(uses, uses_);
  }
  if (uses.empty()) return;
  const auto written = store.transact([&](Transaction& tx) -> StoreResult<void> {
    for (const auto& [id, at] : uses.tokens) {
      if (auto touched = tx.touch_token(id, at); !is_written(touched)) return touched;
    }
    for (const auto& [id, at] : uses.sessions) {
      if (auto touched = tx.touch_session(id, at); !is_written(touched)) return touched;
    }
    return {};
  });
  if (written) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, at] : uses.tokens) keep_latest(uses_.tokens, id, at);
  for (const auto& [id, at] : uses.sessions) keep_latest(uses_.sessions, id, at);
}

}  // namespace keyfence
