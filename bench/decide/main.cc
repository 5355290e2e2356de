// What one decision costs, digest in hand, in this process: the image reader alone.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "bench/common/arguments.h"
#include "bench/common/made_policy.h"
#include "bench/common/pages.h"
#include "bench/common/report.h"
#include "bench/common/rounds.h"
#include "bench/decide/questions.h"
#include "libs/base/testing/allocation_count.h"
#include "libs/image/format.h"
#include "libs/image/image_view.h"
#include "libs/image/reader.h"
#include "libs/image/writer.h"

namespace keyfence::bench {
namespace {

struct Options {
  PolicyShape shape;
  std::string profile;
  PageSize pages = PageSize::kSmall;
  std::size_t questions = 0;
  RoundOptions rounds;
  std::filesystem::path dir;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

template <class T>
void expect(const Result<T, ImageWriteError>& result) {
  if (!result) fail("image: " + result.error().message);
}

// The peer of the look-up alone: what a program would use that has no image.
struct DigestHash {
  std::size_t operator()(const KeyDigest& digest) const noexcept {
    std::uint64_t bits = 0;
    __builtin_memcpy(&bits, digest.bytes.data(), sizeof bits);
    return bits;
  }
};
using Map = std::unordered_map<KeyDigest, std::uint64_t, DigestHash>;

void build_image(const MadePolicy& policy, const Options& options) {
  auto opened = ImageWriter::open({options.dir, std::nullopt, 1});
  expect(opened);
  ImageWriter writer = std::move(opened).value();
  const std::uint64_t begin = now_ns();
  expect(writer.begin_build(policy.shape().keys, policy.accounts()));
  expect(writer.build_instance(policy.instance()));
  for (std::uint64_t i = 0; i < policy.accounts(); ++i) expect(writer.build_account(policy.account(i)));
  KeyPolicy key;
  for (std::uint64_t i = 0; i < policy.shape().keys; ++i) {
    policy.fill_key(i, key);
    expect(writer.build_key(key));
  }
  expect(writer.publish(Revision{1}));
  const ImageStats stats = writer.stats();
  Row("image")
      .text("profile", options.profile)
      .text("pages", name(options.pages))
      .count("keys", policy.shape().keys)
      .number("build_seconds", static_cast<double>(now_ns() - begin) / 1e9)
      .count("file_bytes", stats.file_bytes)
      .count("reserved_bytes", stats.reserved_bytes)
      .count("arena_used_bytes", stats.arena_used_bytes);
}

// Every question answered once before any is timed: all are allowed, and every page is mapped.
void check_allowed(const ImageView& view, const Questions& questions) {
  for (const Question& question : questions.all()) {
    const Decision decision = view.decide(question);
    if (decision.outcome != Outcome::kAllow) fail("denied: " + std::string(name(decision.reason)));
  }
}

void run(const Options& options) {
  const MadePolicy policy(options.shape);
  const std::uint64_t keys = options.shape.keys;
  progress(options.profile + ": " + std::to_string(keys) + " keys, pages " + std::string(name(options.pages)));
  build_image(policy, options);
  ImageReader reader(options.dir);
  const ImageView* view = reader.acquire();
  if (view == nullptr) fail("the image that was just published cannot be read");

  const Questions uniform(policy, options.questions, KeyChoice::kUniform);
  const Questions skewed(policy, options.questions, KeyChoice::kZipf);
  check_allowed(*view, uniform);
  check_allowed(*view, skewed);

  std::uint64_t sink = 0;
  const auto decide_one = [&](const Question& question) {
    sink += static_cast<std::uint64_t>(view->decide(question).outcome);
  };
  const auto decide_alone = [&](const Question& question) {
    wait_for_everything_before();
    decide_one(question);
  };
  const auto read_question = [&](const Question& question) {
    wait_for_everything_before();
    sink += question.credential.digest.bytes[0] & 1U;
  };
  const auto find_key = [&](const Question& question) {
    wait_for_everything_before();
    sink += view->facts(view->find_key(question.credential.digest)).id.value() & 1U;
  };
  Map map;
  const auto find_in_map = [&](const Question& question) {
    wait_for_everything_before();
    sink += map.find(question.credential.digest)->second & 1U;
  };
  // What the memory itself takes: one line of as many as the key table has, on pages of the same size.
  const std::size_t lines = std::max<std::size_t>(1, keys * 13 / 7);
  const Block memory(lines * image::kLineBytes, options.pages);
  std::memset(memory.data(), 1, lines * image::kLineBytes);
  const auto read_line = [&](const Question& question) {
    wait_for_everything_before();
    std::uint64_t word = 0;
    const std::size_t at = image::home_slot(image::digest_head(question.credential.digest.bytes), lines);
    std::memcpy(&word, memory.data() + at * image::kLineBytes, sizeof word);
    sink += word & 1U;
  };
  std::vector<Contest> contests = {
      {"decide, uniform", [&](std::size_t n) { repeat(uniform.all(), n, decide_alone); }},
      {"decide, Zipf", [&](std::size_t n) { repeat(skewed.all(), n, decide_alone); }},
      {"decide, uniform, overlapping", [&](std::size_t n) { repeat(uniform.all(), n, decide_one); }},
      {"one line of memory", [&](std::size_t n) { repeat(uniform.all(), n, read_line); }},
      {"the question alone", [&](std::size_t n) { repeat(uniform.all(), n, read_question); }},
  };
  if (options.profile == "short") {
    map.reserve(keys);
    for (std::uint64_t i = 0; i < keys; ++i) map.emplace(policy.digest(i), i);
    contests.push_back({"key look-up", [&](std::size_t n) { repeat(uniform.all(), n, find_key); }});
    contests.push_back({"std::unordered_map", [&](std::size_t n) { repeat(uniform.all(), n, find_in_map); }});
  }

  const std::uint64_t before = allocations_so_far();
  repeat(uniform.all(), uniform.all().size(), decide_one);
  const std::uint64_t allocated = allocations_so_far() - before;
  if (allocated != 0) fail("decisions allocated " + std::to_string(allocated) + " times");

  const auto nanoseconds = run_rounds(contests, options.rounds);
  if (sink == 0) fail("nothing was allowed");
  for (std::size_t i = 0; i < contests.size(); ++i) {
    Row("decide")
        .text("profile", options.profile)
        .text("pages", name(options.pages))
        .count("keys", keys)
        .text("contest", contests[i].name)
        .sample("ns", summarise(nanoseconds[i]))
        .count("allocations", allocated)
        .count("huge_page_bytes", huge_page_bytes());
  }
}

PolicyShape shape_of(const std::string& profile) {
  PolicyShape shape;
  if (profile == "short") {
    shape.key_entries_min = 1;
    shape.key_entries_max = 8;
  } else if (profile == "layers") {
    shape.key_entries_min = 20;
    shape.key_entries_max = 20;
    shape.account_entries = 100;
    shape.global_entries = 1'000'000;
  } else {
    fail("--profile=short or --profile=layers");
  }
  return shape;
}

}  // namespace
}  // namespace keyfence::bench

int main(int argc, char** argv) {
  using namespace keyfence::bench;
  Arguments arguments(argc, argv);
  Options options;
  options.pages = arguments.text("pages", "4k") == "huge" ? PageSize::kHuge : PageSize::kSmall;
  use_pages(options.pages, argv);
  options.profile = arguments.text("profile", "short");
  options.shape = shape_of(options.profile);
  options.shape.keys = arguments.number("keys", 10'000);
  options.shape.global_entries = arguments.number("global", options.shape.global_entries);
  options.questions = arguments.number("questions", std::size_t{1} << 20);
  options.rounds.rounds = arguments.number("rounds", 9);
  options.rounds.seconds_each = static_cast<double>(arguments.number("milliseconds", 200)) / 1000;
  arguments.done();

  // On a tmpfs of the program's own where that is allowed: only such a one can have huge pages.
  const auto own = private_tmpfs(options.pages);
  if (!own && options.pages == PageSize::kHuge) fail("huge pages want a tmpfs of their own: run as root");
  options.dir = own.value_or("/dev/shm") / ("keyfence-bench-" + std::to_string(getpid()));
  run(options);
  std::filesystem::remove_all(options.dir);
}
