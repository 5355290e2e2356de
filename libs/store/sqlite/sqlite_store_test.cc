#include "libs/store/testing/control_store_contract.h"
#include "libs/store/testing/rows_for_test.h"

namespace keyfence::testing {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  ControlStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    StoreResult<std::unique_ptr<ControlStore>> opened = open_sqlite_store(directory_.file("control.db"));
    ASSERT_TRUE(opened.ok()) << opened.error().message << ": " << opened.error().detail;
    store_ = *std::move(opened);
  }

 private:
  ScratchDirectory directory_;
  std::unique_ptr<ControlStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, ControlStoreContract,
                         ::testing::Values(StoreImplementation{"sqlite",
                                                               [] { return std::make_unique<SqliteUnderTest>(); }}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace keyfence::testing
