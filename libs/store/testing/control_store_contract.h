#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "libs/store/control_store.h"

namespace keyfence::testing {

// An empty store of one implementation, for one test.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  [[nodiscard]] virtual ControlStore& store() = 0;
  virtual void reopen() = 0;  // closes it and opens it again
};

struct StoreImplementation {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  friend void PrintTo(const StoreImplementation& implementation, std::ostream* out) { *out << implementation.name; }
};

// What every implementation of ControlStore must do. To hold one to it: compile control_store_*.cc into its test and
// instantiate the suite with its StoreImplementation.
class ControlStoreContract : public ::testing::TestWithParam<StoreImplementation> {
 protected:
  ControlStoreContract() : under_test_(GetParam().make()) {}

  [[nodiscard]] ControlStore& store() { return under_test_->store(); }
  void reopen() { under_test_->reopen(); }
  // Runs a work that must succeed.
  Committed change(const Work& work);
  [[nodiscard]] AccountRow add_account(const std::string& name);
  [[nodiscard]] KeyRow add_key(AccountId account, const std::string& name);
  [[nodiscard]] EntryRow add_entry(ListRef ref, const std::string& text);

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace keyfence::testing
