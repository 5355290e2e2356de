#include "libs/publish/store_publisher.h"

#include <algorithm>

namespace keyfence {
namespace {

// Room for one change set: keys and short lists, and the longest list written anew with its index.
constexpr std::size_t kReservedBytesMin = std::size_t{256} * 1024;
constexpr std::size_t kReservedBytesPerEntry = 48;

}  // namespace

StorePublisher::StorePublisher(ControlStore& store, std::unique_ptr<ImageTarget> target, RetryPauses pauses)
    : store_(&store), pauses_(pauses), target_(std::move(target)) {}

StorePublisher::~StorePublisher() {
  store_->on_committed(nullptr);
  {
    const std::lock_guard lock(status_mutex_);
    stopping_ = true;
  }
  recovery_wanted_.notify_all();
  if (recovery_.joinable()) recovery_.join();
}

// Subscribes first: what is committed before the snapshot is in it, and what comes while it is built waits.
Result<void, std::string> StorePublisher::begin() {
  store_->on_committed([this](std::span<const PolicyChange> changes) { apply(changes); });
  if (Done built = rebuild(); !built) return built;
  recovery_ = std::thread([this] { recover_in_background(); });
  return {};
}

PublisherStatus StorePublisher::status() const {
  const std::lock_guard lock(status_mutex_);
  PublisherStatus status = status_;
  if (!status.failure) status.failure = no_room_;
  return status;
}

bool StorePublisher::ready_for_changes() {
  {
    const std::lock_guard lock(status_mutex_);
    if (status_.failure) return false;
  }
  return make_room();
}

bool StorePublisher::make_room() {
  const std::lock_guard image_lock(image_mutex_);
  const ImageTarget::Done reserved = target_->reserve(reserved_bytes());
  const std::lock_guard lock(status_mutex_);
  no_room_.reset();
  if (!reserved) {
    no_room_ = reserved.error().message;
    recovery_wanted_.notify_all();
  }
  return reserved.ok() && !status_.failure;
}

std::size_t StorePublisher::reserved_bytes() const {
  return kReservedBytesMin + kReservedBytesPerEntry * longest_list_;
}

void StorePublisher::apply(std::span<const PolicyChange> changes) {
  const std::lock_guard image_lock(image_mutex_);
  if (!image_revision_) return;  // the snapshot to come holds them
  bool failed = false;
  {
    const std::lock_guard lock(status_mutex_);
    failed = status_.failure.has_value();
  }
  // While the image lags nothing is added to it: the next snapshot holds these changes.
  if (!failed) {
    if (Done applied = apply_to_image(changes); !applied) set_failure(applied.error());
  }
  note_revisions(changes.back().revision);
}

Result<void, std::string> StorePublisher::apply_to_image(std::span<const PolicyChange> changes) {
  while (!changes.empty() && changes.front().revision <= *image_revision_) changes = changes.subspan(1);
  if (changes.empty()) return {};
  Revision expected = *image_revision_;
  for (const PolicyChange& change : changes) {
    ++expected.value;
    if (change.revision != expected) {
      return Err{"change " + std::to_string(change.revision.value) + " came where " + std::to_string(expected.value) +
                 " was expected"};
    }
  }
  const std::optional<ImageChange> change = lists_.apply(changes);
  if (!change) return Err{"change " + std::to_string(expected.value) + " does not fit the one before"};
  if (Done done = put(*change); !done) return done;
  image_revision_ = change->revision;
  return {};
}

// New keys before the old digests go, so that a key that is rotated never lacks both.
Result<void, std::string> StorePublisher::put(const ImageChange& change) {
  const auto failure = [](const ImageTarget::Done& done) { return Err{done.error().message}; };
  if (change.instance) {
    longest_list_ = std::max(longest_list_, lists_.instance().allowlist.entries.size());
    if (auto done = target_->put_instance(lists_.instance()); !done) return failure(done);
  }
  for (const AccountId id : change.put_accounts) {
    longest_list_ = std::max(longest_list_, lists_.account(id).allowlist.entries.size());
    if (auto done = target_->put_account(lists_.account(id)); !done) return failure(done);
  }
  for (const KeyPolicy* key : change.put_keys) {
    if (auto done = target_->put_key(*key); !done) return failure(done);
  }
  for (const KeyDigest& digest : change.removed_digests) {
    if (auto done = target_->remove_key(digest); !done) return failure(done);
  }
  for (const AccountId id : change.removed_accounts) {
    if (auto done = target_->remove_account(id); !done) return failure(done);
  }
  if (auto done = target_->advance(change.revision); !done) return failure(done);
  return {};
}

Result<void, std::string> StorePublisher::rebuild() {
  const std::lock_guard image_lock(image_mutex_);
  ImageTarget::Done built;
  Revision revision;
  lists_.clear();
  longest_list_ = 0;
  ControlStore::SnapshotSink sink;
  sink.begin = [&](Revision at, std::uint64_t, std::size_t keys, std::size_t accounts) {
    revision = at;
    built = target_->begin_build(keys, accounts);
  };
  sink.instance = [&](const InstancePolicy& instance) {
    lists_.put(instance);
    longest_list_ = instance.allowlist.entries.size();
    if (built) built = target_->build_instance(instance);
  };
  sink.account = [&](const AccountPolicy& account) {
    lists_.put(account);
    longest_list_ = std::max(longest_list_, account.allowlist.entries.size());
    if (built) built = target_->build_account(account);
  };
  sink.key = [&](const KeyPolicy& key) {
    if (built) built = target_->build_key(key);
  };
  if (const StoreResult<void> read = store_->snapshot(sink); !read) return Err{read.error().message};
  if (built) built = target_->publish(revision);
  if (!built) return Err{built.error().message};
  image_revision_ = revision;
  note_revisions(revision);
  set_failure(std::nullopt);
  return {};
}

void StorePublisher::recover_in_background() {
  std::unique_lock lock(status_mutex_);
  std::chrono::milliseconds pause{0};
  while (!stopping_) {
    if (!status_.failure && !no_room_) {
      pause = std::chrono::milliseconds{0};
      recovery_wanted_.wait(lock, [this] { return stopping_ || status_.failure || no_room_; });
      continue;
    }
    if (recovery_wanted_.wait_for(lock, pause, [this] { return stopping_; })) return;
    const bool lags = status_.failure.has_value();
    lock.unlock();
    if (!lags) {
      static_cast<void>(make_room());
    } else if (Done built = rebuild(); !built) {
      set_failure(built.error());
    }
    lock.lock();
    pause = std::min(std::max(2 * pause, pauses_.first), pauses_.longest);
  }
}

void StorePublisher::set_failure(std::optional<std::string> failure) {
  const std::lock_guard lock(status_mutex_);
  if (!failure) no_room_.reset();
  status_.failure = std::move(failure);
  recovery_wanted_.notify_all();
}

void StorePublisher::note_revisions(Revision store_revision) {
  const std::lock_guard lock(status_mutex_);
  status_.store_revision = std::max(status_.store_revision, store_revision);
  status_.image_revision = *image_revision_;
  status_.image = target_->stats();
}

}  // namespace keyfence
