#include "libs/admin/maintenance.h"

#include <boost/json/serialize.hpp>

#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

enum class Purged : std::uint8_t { kNot, kSomeKeys, kWhole };

// Some of its keys, or, where there are few left, the account with all that is its.
Purged purge_some(Services& services, AccountId id, Timestamp now) {
  Purged purged = Purged::kNot;
  const auto done = services.store.transact([&](Transaction& tx) -> StoreResult<void> {
    purged = Purged::kNot;
    const auto standing = tx.account(id);
    if (!standing) return Err{standing.error()};
    if (!standing->deletion || now < standing->deletion->purge_at) return {};  // restored since
    const auto keys = tx.keys(id, "", {.after = 0, .limit = kKeysPurgedAtOnce});
    if (!keys) return Err{keys.error()};
    if (keys->size() == kKeysPurgedAtOnce) {
      purged = Purged::kSomeKeys;
      for (const KeyRow& key : *keys) {
        if (auto gone = tx.delete_key(key.id); !gone) return gone;
      }
      return {};
    }
    purged = Purged::kWhole;
    AuditRow line;
    line.at = now;
    line.actor = "system";
    line.action = "account.purge";
    line.subject = id.text();
    line.account = id;
    line.before = boost::json::serialize(view(*standing));
    tx.audit_line(std::move(line));
    return tx.delete_account(id);
  });
  return done ? purged : Purged::kNot;
}

}  // namespace

void run_maintenance(Services& services) {
  services.last_uses->flush(services.store);
  const Timestamp now = services.clock.now();
  const Outdated outdated = outdated_at(now);
  static_cast<void>(services.store.transact([&](Transaction& tx) { return tx.delete_outdated(outdated); }));
  const auto ended = services.store.accounts_to_purge(now);
  if (!ended) return;
  for (const AccountId id : *ended) {
    do {
      if (!services.publisher.ready_for_changes()) return;
    } while (purge_some(services, id, now) == Purged::kSomeKeys);
  }
}

Maintenance::Maintenance(Services& services, std::chrono::milliseconds interval)
    : services_(services), interval_(interval), thread_([this] { loop(); }) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
  services_.last_uses->flush(services_.store);
}

void Maintenance::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    run_maintenance(services_);
    lock.lock();
  }
}

}  // namespace keyfence
