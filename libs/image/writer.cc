#include "libs/image/writer.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "libs/image/current_file.h"
#include "libs/image/generation.h"
#include "libs/image/renewal.h"

namespace keyfence {

using image::CurrentFile;
using image::Generation;
using image::GenerationPlan;
using image::OwnedFd;
using image::Renewal;
using image::Retirement;
using image::system_error;
using Done = Result<void, ImageWriteError>;

namespace {

// After a renewal that failed, for lack of space most likely, how many changes pass before the next attempt.
constexpr std::uint64_t kChangesBetweenRenewals = 10'000;

ImageWriteError failure(std::string message) {
  return {ImageWriteError::Code::kFailed, std::move(message)};
}

Result<gid_t, ImageWriteError> find_group(const std::string& name) {
  std::vector<char> buffer(4096);
  group entry{};
  group* found = nullptr;
  int number = ERANGE;
  while ((number = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
    buffer.resize(buffer.size() * 2);
  }
  if (number == 0 && found != nullptr) return entry.gr_gid;
  return Err{failure("there is no group " + name)};
}

// The number in "policy.<number>", or nullopt.
std::optional<std::uint64_t> generation_of(const std::string& file_name) {
  constexpr std::string_view kPrefix = "policy.";
  if (file_name.compare(0, kPrefix.size(), kPrefix) != 0) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = file_name.data() + file_name.size();
  const auto [read, error] = std::from_chars(file_name.data() + kPrefix.size(), end, number);
  if (error != std::errc{} || read != end || number == 0) return std::nullopt;
  return number;
}

}  // namespace

struct ImageWriter::State {
  ImageOptions options;
  std::optional<gid_t> group;
  OwnedFd lock;
  std::optional<CurrentFile> current;
  std::uint64_t last_number = 0;
  std::optional<std::filesystem::path> inherited;  // the file of the writer before, in force until the first publish
  std::unique_ptr<Generation> standing;            // what this writer published last
  std::unique_ptr<Generation> building;
  std::unique_ptr<Renewal> renewal;  // of what stands
  std::unique_ptr<Retirement> retired;
  std::uint64_t changes_until_renewal = 0;  // after one that failed

  Result<Generation, ImageWriteError> create(std::size_t keys, std::size_t accounts);
  void install(Generation next);
  void remove_leftovers();
  Done start_renewal();
  Done complete_renewal();
  // Applies a change to what stands. Keeps it in shape: begins, and ends, the making of the next generation; waits for
  // it only where there is no room otherwise.
  template <class Change>
  Done apply(Change change);
  // Puts something into what is being built, in a larger table if it was expected to be smaller.
  template <class Put>
  Done build(Put put);
};

Result<Generation, ImageWriteError> ImageWriter::State::create(std::size_t keys, std::size_t accounts) {
  GenerationPlan plan;
  plan.dir = options.dir;
  plan.group = group;
  plan.epoch = options.epoch;
  plan.number = ++last_number;
  plan.expected_keys = keys;
  plan.expected_accounts = accounts;
  return Generation::create(plan);
}

// Moves the readers to a finished generation.
void ImageWriter::State::install(Generation next) {
  next.keep();
  current->flip(next.number(), options.epoch);
  std::error_code ignored;
  if (inherited) std::filesystem::remove(*inherited, ignored);
  inherited.reset();
  if (standing) {
    std::filesystem::remove(standing->path(), ignored);
    retired = std::make_unique<Retirement>(std::move(*standing));
  }
  standing = std::make_unique<Generation>(std::move(next));
}

// Files of generations that no reader follows: what a writer left that died, or was built and never published.
void ImageWriter::State::remove_leftovers() {
  const std::uint64_t kept = current->generation();
  last_number = kept;
  std::error_code error;
  std::vector<std::filesystem::path> leftovers;
  for (const auto& file : std::filesystem::directory_iterator(options.dir, error)) {
    const auto number = generation_of(file.path().filename().string());
    if (!number) continue;
    last_number = std::max(last_number, *number);
    if (*number == kept) {
      inherited = file.path();
    } else {
      leftovers.push_back(file.path());
    }
  }
  for (const auto& path : leftovers) std::filesystem::remove(path, error);
}

Done ImageWriter::State::start_renewal() {
  auto next = create(standing->keys() + standing->keys() / 4, standing->accounts_used() * 2);
  if (!next) return Err{next.error()};
  renewal = std::make_unique<Renewal>(*standing, std::move(*next));
  return {};
}

Done ImageWriter::State::complete_renewal() {
  auto next = renewal->complete();
  renewal.reset();
  if (!next) return Err{next.error()};
  install(std::move(*next));
  return {};
}

template <class Change>
Done ImageWriter::State::apply(Change change) {
  if (!standing) return Err{failure("no policy was published by this writer yet")};
  if (changes_until_renewal > 0) --changes_until_renewal;
  Done renewed;
  if (!renewal && changes_until_renewal == 0 && standing->is_worn()) renewed = start_renewal();
  if (renewal && (renewal->is_done() || standing->is_nearly_full())) renewed = complete_renewal();
  if (!renewed) changes_until_renewal = kChangesBetweenRenewals;
  Done done = change(*standing);
  if (done || !standing->is_full()) return done;
  if (!renewal) renewed = start_renewal();
  if (renewal) renewed = complete_renewal();
  return renewed ? change(*standing) : renewed;
}

template <class Put>
Done ImageWriter::State::build(Put put) {
  if (!building) return Err{failure("no build was begun")};
  if (building->is_nearly_full()) {
    auto larger = create(building->keys() * 2, building->accounts_used() * 2);
    if (!larger) return Err{larger.error()};
    const std::atomic<bool> never{false};
    larger->begin_copy(*building);
    if (auto copied = larger->copy(*building, never); !copied) return copied;
    if (auto ended = larger->end_copy(*building); !ended) return ended;
    *building = std::move(*larger);
  }
  return put(*building);
}

ImageWriter::ImageWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageWriter::~ImageWriter() = default;
ImageWriter::ImageWriter(ImageWriter&&) noexcept = default;
ImageWriter& ImageWriter::operator=(ImageWriter&&) noexcept = default;

Result<ImageWriter, ImageWriteError> ImageWriter::open(ImageOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  const std::filesystem::path& dir = state->options.dir;
  if (state->options.reader_group) {
    auto group = find_group(*state->options.reader_group);
    if (!group) return Err{group.error()};
    state->group = *group;
  }
  std::error_code error;
  const bool made = std::filesystem::create_directories(dir, error);
  if (error) {
    errno = error.value();
    return Err{system_error("cannot make " + dir.string())};
  }
  if (made && (chmod(dir.c_str(), 0750) != 0 ||
               (state->group && chown(dir.c_str(), static_cast<uid_t>(-1), *state->group) != 0))) {
    return Err{system_error("cannot set group and mode of " + dir.string())};
  }
  const std::filesystem::path lock_path = dir / "lock";
  state->lock = OwnedFd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (state->lock.get() < 0) return Err{system_error("cannot open " + lock_path.string())};
  if (flock(state->lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Err{ImageWriteError{ImageWriteError::Code::kBusy, "another process writes to " + dir.string()}};
    }
    return Err{system_error("cannot lock " + lock_path.string())};
  }
  auto current = CurrentFile::open(dir, state->group);
  if (!current) return Err{current.error()};
  state->current.emplace(std::move(*current));
  state->remove_leftovers();
  return ImageWriter(std::move(state));
}

Done ImageWriter::begin_build(std::size_t expected_keys, std::size_t expected_accounts) {
  state_->building.reset();
  auto made = state_->create(expected_keys, expected_accounts);
  if (!made) return Err{made.error()};
  state_->building = std::make_unique<Generation>(std::move(*made));
  return {};
}

Done ImageWriter::build_instance(const InstancePolicy& instance) {
  return state_->build([&](Generation& g) { return g.put_instance(instance); });
}
Done ImageWriter::build_account(const AccountPolicy& account) {
  return state_->build([&](Generation& g) { return g.put_account(account); });
}
Done ImageWriter::build_key(const KeyPolicy& key) {
  return state_->build([&](Generation& g) { return g.put_key(key); });
}

Done ImageWriter::publish(Revision revision) {
  if (!state_->building) return Err{failure("no build was begun")};
  if (auto finished = state_->building->finish(revision); !finished) return finished;
  state_->renewal.reset();
  state_->install(std::move(*state_->building));
  state_->building.reset();
  return {};
}

Done ImageWriter::put_instance(const InstancePolicy& instance) {
  return state_->apply([&](Generation& g) { return g.put_instance(instance); });
}
Done ImageWriter::put_account(const AccountPolicy& account) {
  return state_->apply([&](Generation& g) { return g.put_account(account); });
}
Done ImageWriter::remove_account(AccountId account) {
  return state_->apply([&](Generation& g) { return g.remove_account(account); });
}
Done ImageWriter::put_key(const KeyPolicy& key) {
  return state_->apply([&](Generation& g) { return g.put_key(key); });
}
Done ImageWriter::remove_key(const KeyDigest& digest) {
  return state_->apply([&](Generation& g) { return g.remove_key(digest); });
}
Done ImageWriter::advance(Revision revision) {
  return state_->apply([&](Generation& g) {
    g.advance(revision);
    return Done{};
  });
}

Done ImageWriter::reserve(std::size_t bytes) {
  return state_->apply([&](Generation& g) { return g.reserve_change_bytes(bytes); });
}

ImageStats ImageWriter::stats() const noexcept {
  return state_->standing ? state_->standing->stats() : ImageStats{};
}

}  // namespace keyfence
