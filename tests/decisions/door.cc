#include "tests/decisions/door.h"

#include "libs/policy/slow_policy.h"

namespace keyfence::decisions {
namespace {

// Plain values, decided by scanning.
class SlowDoor final : public Door {
 public:
  explicit SlowDoor(const TablePolicy* policy) {
    if (policy != nullptr) policy_.emplace(kTableRevision, policy->instance, policy->accounts, policy->keys);
  }
  [[nodiscard]] Decision decide(const Question& question) override {
    return policy_ ? keyfence::decide(*policy_, question) : Decision{};
  }

 private:
  std::optional<SlowPolicy> policy_;
};

}  // namespace

std::vector<DoorKind> library_doors() {
  return {
      {"slow", [](const TablePolicy* policy) -> std::unique_ptr<Door> { return std::make_unique<SlowDoor>(policy); }},
  };
}

}  // namespace keyfence::decisions
