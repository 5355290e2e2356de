// Writes what the request benchmark needs: a policy image, the requests that it allows, and its global list as text.
//
//   --dir=DIR          where the image goes
//   --requests=FILE    lines of 69 bytes: the secret of a key, a space, an address that its lists admit
//   --requests-max=N   so many lines at most, of keys that lie evenly among all; one for each key if not named
//   --global-text=FILE the global list, one CIDR block a line
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/common/arguments.h"
#include "bench/common/made_policy.h"
#include "bench/common/report.h"
#include "libs/image/writer.h"
#include "libs/policy/presented_key.h"

namespace keyfence::bench {
namespace {

constexpr std::size_t kAddressWidth = 15;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

template <class T>
void expect(const Result<T, ImageWriteError>& result) {
  if (!result) fail("image: " + result.error().message);
}

void write_global_text(const MadePolicy& policy, const std::string& path) {
  std::ofstream file(path);
  for (const PolicyEntry& entry : policy.instance().allowlist.entries) file << entry.range.text() << '\n';
  if (!file.flush()) fail("cannot write " + path);
}

struct Requests {
  std::string path;
  std::uint64_t max;
};

void write_image(const MadePolicy& policy, const std::string& dir, const Requests& wanted) {
  auto opened = ImageWriter::open({dir, std::nullopt, 1});
  expect(opened);
  ImageWriter writer = std::move(opened).value();
  expect(writer.begin_build(policy.shape().keys, policy.accounts()));
  expect(writer.build_instance(policy.instance()));
  for (std::uint64_t i = 0; i < policy.accounts(); ++i) expect(writer.build_account(policy.account(i)));

  std::ofstream requests(wanted.path);
  const std::uint64_t every = (policy.shape().keys + wanted.max - 1) / wanted.max;
  std::uint64_t lines = 0;
  Random random(5);
  KeyPolicy key;
  for (std::uint64_t i = 0; i < policy.shape().keys; ++i) {
    const NewSecret secret = NewSecret::make("kf_");
    policy.fill_key(i, key);
    key.digest = secret.digest();
    expect(writer.build_key(key));
    if (i % every != 0) continue;
    ++lines;
    std::string address = policy.admitted_address(i, random).text();
    address.resize(kAddressWidth, ' ');
    requests << secret.reveal_once() << ' ' << address << '\n';
  }
  expect(writer.publish(Revision{1}));
  if (!requests.flush()) fail("cannot write " + wanted.path);
  const ImageStats stats = writer.stats();
  Row("seed")
      .count("keys", stats.keys)
      .count("accounts", stats.accounts)
      .count("requests", lines)
      .count("reserved_bytes", stats.reserved_bytes)
      .count("arena_used_bytes", stats.arena_used_bytes);
}

}  // namespace
}  // namespace keyfence::bench

int main(int argc, char** argv) {
  using namespace keyfence::bench;
  Arguments arguments(argc, argv);
  PolicyShape shape;
  shape.keys = arguments.number("keys", 10'000);
  shape.key_entries_min = shape.key_entries_max = arguments.number("entries", 20);
  shape.account_entries = arguments.number("account-entries", 1'000);
  shape.global_entries = arguments.number("global-entries", 100'000);
  const std::string dir = arguments.text("dir", "");
  const std::string requests = arguments.text("requests", "");
  const std::uint64_t requests_max = arguments.number("requests-max", shape.keys);
  const std::string global_text = arguments.text("global-text", "");
  arguments.done();
  if (dir.empty() || requests.empty() || global_text.empty()) fail("--dir, --requests and --global-text are needed");
  if (requests_max == 0) fail("--requests-max is at least 1");

  const MadePolicy policy(shape);
  write_global_text(policy, global_text);
  write_image(policy, dir, {requests, requests_max});
}
