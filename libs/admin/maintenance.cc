#include "libs/admin/maintenance.h"

#include <boost/json/serialize.hpp>

#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/views.h"

namespace keyfence {
namespace {

void purge(Services& services, AccountId id, Timestamp now) {
  static_cast<void>(services.store.transact([&](Transaction& tx) -> StoreResult<void> {
    const auto standing = tx.account(id);
    if (!standing) return Err{standing.error()};
    if (!standing->deletion || now < standing->deletion->purge_at) return {};  // restored since
    AuditRow line;
    line.at = now;
    line.actor = "system";
    line.action = "account.purge";
    line.subject = id.text();
    line.account = id;
    line.before = boost::json::serialize(view(*standing));
    tx.audit_line(std::move(line));
    return tx.delete_account(id);
  }));
}

}  // namespace

void run_maintenance(Services& services) {
  const Timestamp now = services.clock.now();
  const Outdated outdated = outdated_at(now);
  static_cast<void>(services.store.transact([&](Transaction& tx) { return tx.delete_outdated(outdated); }));
  const auto ended = services.store.accounts_to_purge(now);
  if (!ended) return;
  for (const AccountId id : *ended) {
    if (!services.publisher.ready_for_changes()) return;
    purge(services, id, now);
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
