// From a change of a key's list, asked of the admin API, to its enforcement: how many are acknowledged a second, how
// long each takes, and when a reader of the image sees it. The daemon holds the made-up policy of bench_seed_store.
//
//   --port=N --token=TEXT --policy-dir=DIR --keys=N --entries=N   the daemon and what it was filled with
//   --connections=N --changes=N                                   how many at a time, how many in all
//   --first=N                                                     the number of the first: no two runs on one store may
//                                                                 make the same changes, the second would change
//                                                                 nothing
//   --rate=N                                                      so many a second, all connections together, each
//                                                                 timed from when it was due; not named: as fast as
//                                                                 can be
//   --label=TEXT                                                  of every entry; as they have it, if not named. With
//                                                                 another one all entries are changed, not one
//   --watch                                                       one at a time, with a second reader that watches
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/change/http_client.h"
#include "bench/common/arguments.h"
#include "bench/common/made_policy.h"
#include "bench/common/report.h"
#include "bench/common/rounds.h"
#include "libs/image/reader.h"

namespace keyfence::bench {
namespace {

constexpr std::uint64_t kLanes = 64;

struct Options {
  std::uint16_t port = 0;
  std::string token;
  std::string policy_dir;
  PolicyShape shape;
  std::size_t connections = 1;
  std::size_t changes = 0;
  std::uint64_t first = 0;
  std::uint64_t rate = 0;  // a second; 0: one after the other
  std::string label;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

double percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(std::llround(share * static_cast<double>(values.size() - 1)));
  return values[at];
}

// One change: a key's whole list is replaced by one that differs in one entry, a single address that no list of the
// policy held before, so that whether it is admitted tells which list decides.
struct Change {
  std::uint64_t key;
  IpAddress address;
  std::string path;
  std::string body;
};

Change make_change(const MadePolicy& policy, std::uint64_t number, const std::string& label) {
  // Two changes on two connections at once are never of the same key: kLanes is a multiple of every allowed number of
  // connections.
  const std::uint64_t key = mixed(number ^ 0xC4A6E) % (policy.shape().keys / kLanes) * kLanes + number % kLanes;
  // 240.0.0.0/4 is in no made-up list but by chance of one in sixteen; each change has its own address.
  Change change{key, IpAddress::v4(static_cast<std::uint32_t>(0xF0000000 + number)), "", ""};
  change.path = "/api/v1/keys/" + MadePolicy::key_id(key).text() + "/allowlist";
  const std::string end = R"(","label":")" + label + R"("})";
  change.body = R"({"entries":[{"text":")" + change.address.text() + end;
  std::vector<IpRange> kept;
  for (std::size_t i = 1; i < policy.key_entries(key); ++i) {
    const IpRange range = policy.key_entry(key, i);
    if (std::find(kept.begin(), kept.end(), range) != kept.end()) continue;
    kept.push_back(range);
    change.body += R"(,{"text":")" + range.text() + end;
  }
  change.body += "]}";
  return change;
}

Question question_of(const MadePolicy& policy, const Change& change) {
  return Question{
      {CredentialState::kPresent, policy.digest(change.key)}, change.address, {}, UnixSeconds{1'780'000'000}};
}

bool admitted(ImageReader& reader, const Question& question) {
  return reader.decide(question).outcome == Outcome::kAllow;
}

struct Tally {
  std::vector<double> milliseconds;
  std::uint64_t stale = 0;
};

void sleep_until(std::uint64_t due_ns) {
  const std::uint64_t now = now_ns();
  if (now < due_ns) std::this_thread::sleep_for(std::chrono::nanoseconds(due_ns - now));
}

// Changes first, first + step, ... on one connection; after each answer the image must decide by it.
Tally change_in_turn(const Options& options, const MadePolicy& policy, std::size_t first, std::size_t step) {
  Tally tally;
  HttpClient client(options.port, options.token);
  ImageReader reader(options.policy_dir);
  const std::uint64_t start = now_ns();
  for (std::size_t i = first; i < options.changes; i += step) {
    const Change change = make_change(policy, options.first + i, options.label);
    std::uint64_t begin = now_ns();
    if (options.rate > 0) {
      begin = start + i * 1'000'000'000 / options.rate;
      sleep_until(begin);
    }
    const HttpClient::Answer answer = client.send("PUT", change.path, change.body);
    tally.milliseconds.push_back(static_cast<double>(now_ns() - begin) / 1e6);
    if (answer.status != 200) fail("PUT " + change.path + ": " + answer.body);
    if (!admitted(reader, question_of(policy, change))) ++tally.stale;
  }
  return tally;
}

void measure_rate(const Options& options, const MadePolicy& policy) {
  std::vector<Tally> tallies(options.connections);
  const std::uint64_t begin = now_ns();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.connections; ++i) {
    threads.emplace_back([&, i] { tallies[i] = change_in_turn(options, policy, i, options.connections); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;

  Tally all;
  for (const Tally& tally : tallies) {
    all.milliseconds.insert(all.milliseconds.end(), tally.milliseconds.begin(), tally.milliseconds.end());
    all.stale += tally.stale;
  }
  Row("change")
      .count("keys", policy.shape().keys)
      .count("connections", options.connections)
      .count("rate", options.rate)
      .count("changes", options.changes)
      .number("per_second", static_cast<double>(options.changes) / seconds)
      .number("p50_ms", percentile(all.milliseconds, 0.5))
      .number("p99_ms", percentile(all.milliseconds, 0.99))
      .number("max_ms", all.milliseconds.back())
      .count("stale", all.stale);
}

// A second reader asks over and over until the change is there, as a gateway worker under traffic would.
void measure_visibility(const Options& options, const MadePolicy& policy) {
  HttpClient client(options.port, options.token);
  std::vector<double> seen_ms;
  std::vector<double> answered_ms;
  std::uint64_t late = 0;
  for (std::size_t i = 0; i < options.changes; ++i) {
    const Change change = make_change(policy, options.first + i, options.label);
    const Question question = question_of(policy, change);
    std::atomic<bool> ready{false};
    std::uint64_t seen = 0;
    std::thread watcher([&] {
      ImageReader reader(options.policy_dir);
      if (admitted(reader, question)) fail("admitted before the change");
      ready = true;
      while (!admitted(reader, question)) std::this_thread::yield();
      seen = now_ns();
    });
    while (!ready) std::this_thread::yield();
    const std::uint64_t begin = now_ns();
    if (client.send("PUT", change.path, change.body).status != 200) fail("PUT " + change.path);
    const std::uint64_t answered = now_ns();
    watcher.join();
    seen_ms.push_back(static_cast<double>(seen - begin) / 1e6);
    answered_ms.push_back(static_cast<double>(answered - begin) / 1e6);
    late += seen > answered ? 1 : 0;
  }
  Row("visibility")
      .count("keys", policy.shape().keys)
      .count("changes", options.changes)
      .number("seen_p50_ms", percentile(seen_ms, 0.5))
      .number("seen_p99_ms", percentile(seen_ms, 0.99))
      .number("answered_p50_ms", percentile(answered_ms, 0.5))
      .number("answered_p99_ms", percentile(answered_ms, 0.99))
      .count("first_asked_after_the_answer", late);
}

}  // namespace
}  // namespace keyfence::bench

int main(int argc, char** argv) {
  using namespace keyfence::bench;
  Arguments arguments(argc, argv);
  Options options;
  options.port = static_cast<std::uint16_t>(arguments.number("port", 0));
  options.token = arguments.text("token", "");
  options.policy_dir = arguments.text("policy-dir", "");
  options.shape.keys = arguments.number("keys", 10'000);
  options.shape.key_entries_min = options.shape.key_entries_max = arguments.number("entries", 20);
  options.connections = arguments.number("connections", 1);
  options.changes = arguments.number("changes", 1'000);
  options.first = arguments.number("first", 0);
  options.rate = arguments.number("rate", 0);
  options.label = arguments.text("label", "office");
  const bool watch = arguments.has("watch");
  arguments.done();
  if (options.connections == 0 || kLanes % options.connections != 0) fail("--connections: 1, 2, 4, 8, 16, 32 or 64");
  if (options.shape.keys < kLanes) fail("--keys: at least 64");
  const MadePolicy policy(options.shape);
  if (watch) {
    measure_visibility(options, policy);
  } else {
    measure_rate(options, policy);
  }
}
