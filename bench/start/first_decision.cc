// How long it takes a process that has just started to decide by an image that is there: what stands between a gateway
// worker's start and its first decision.
#include <cstdio>
#include <cstdlib>

#include "bench/common/arguments.h"
#include "bench/common/made_policy.h"
#include "bench/common/report.h"
#include "bench/common/rounds.h"
#include "libs/image/reader.h"

int main(int argc, char** argv) {
  using namespace keyfence;
  using namespace keyfence::bench;
  Arguments arguments(argc, argv);
  PolicyShape shape;
  shape.keys = arguments.number("keys", 10'000);
  shape.key_entries_min = shape.key_entries_max = arguments.number("entries", 20);
  const std::string dir = arguments.text("policy-dir", "");
  arguments.done();
  const MadePolicy policy(shape);
  Random random(3);
  const std::uint64_t key = random.below(shape.keys);
  const Question question{{CredentialState::kPresent, policy.digest(key)},
                          policy.admitted_address(key, random),
                          {},
                          UnixSeconds{1'780'000'000}};

  const std::uint64_t begin = now_ns();
  ImageReader reader(dir);
  const Decision decision = reader.decide(question);
  const std::uint64_t end = now_ns();
  if (decision.outcome != Outcome::kAllow) {
    std::fprintf(stderr, "denied: %s\n", std::string(name(decision.reason)).c_str());
    return EXIT_FAILURE;
  }
  Row("first_decision").count("keys", shape.keys).number("microseconds", static_cast<double>(end - begin) / 1e3);
  return EXIT_SUCCESS;
}
