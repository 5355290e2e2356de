#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/decisions/table_policy.h"

namespace keyfence::decisions {

// One way into the library by which a table's policy can be asked.
class Door {
 public:
  virtual ~Door() = default;
  [[nodiscard]] virtual Decision decide(const Question& question) = 0;
};

struct DoorKind {
  std::string_view name;
  // policy nullptr: none was ever published.
  std::unique_ptr<Door> (*open)(const TablePolicy* policy);
};

inline constexpr Revision kTableRevision{7};

[[nodiscard]] std::vector<DoorKind> library_doors();

}  // namespace keyfence::decisions
