#include "libs/admin/last_uses.h"

#include "libs/admin/maintenance.h"
#include "libs/admin/testing/api_fixture.h"
#include "libs/admin/testing/counting_store.h"

namespace keyfence {
namespace {

class LastUse : public ApiFixture {
 protected:
  LastUse() { serve_with(counting_, *publisher_); }
  ~LastUse() override {
    application_.reset();
    services_.reset();
  }

  CountingStore counting_{*store_};
};

TEST_F(LastUse, ReadsWaitForNoWriter) {
  make_person({.login = "boss", .reach = Reach::kInstance});
  Browser browser;
  sign_in(browser, "boss");
  const std::size_t before = counting_.transactions;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get("/api/v1/instance").status, 200);
    EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me"}).status, 200);
    pass(std::chrono::minutes(2));
  }
  EXPECT_EQ(counting_.transactions, before);
}

TEST_F(LastUse, OfAllIsWrittenDownInOneTransaction) {
  make_person({.login = "boss", .reach = Reach::kInstance});
  Browser browser;
  sign_in(browser, "boss");
  pass(std::chrono::minutes(2));
  get("/api/v1/instance");
  browse(browser, {.method = "GET", .path = "/api/v1/me"});
  const std::size_t before = counting_.transactions;
  services_->last_uses->flush(counting_);
  services_->last_uses->flush(counting_);
  EXPECT_EQ(counting_.transactions, before + 1);
  EXPECT_EQ(get("/api/v1/tokens").text("/items/0/last_used_at"), rfc3339(clock_.now()));
  EXPECT_EQ(browse(browser, {.method = "GET", .path = "/api/v1/me/sessions"}).text("/items/0/last_seen_at"),
            rfc3339(clock_.now()));
}

TEST_F(LastUse, IsWrittenDownWhenTheDaemonEnds) {
  get("/api/v1/instance");
  { const Maintenance maintenance(*services_, std::chrono::hours(1)); }
  EXPECT_EQ(store_->tokens({})->front().last_used_at, clock_.now());
}

TEST_F(LastUse, OfASessionDoesNotTakeBackThatItWasConfirmed) {
  make_person({.login = "boss", .reach = Reach::kInstance});
  Browser browser;
  sign_in(browser, "boss");
  pass(std::chrono::minutes(11));
  browse(browser, {.method = "GET", .path = "/api/v1/me"});
  EXPECT_EQ(
      browse(browser, {.method = "POST", .path = "/api/v1/session/confirm", .body = R"({"password":"correct horse"})"})
          .status,
      200);
  services_->last_uses->flush(counting_);
  EXPECT_EQ(browse(browser, {.method = "POST", .path = "/api/v1/me/recovery-codes"}).text("/code"), "no_totp");
}

TEST_F(LastUse, OfWhatIsGoneIsForgotten) {
  LastUses uses;
  uses.note(TokenId(5), clock_.now());
  uses.note(SessionId(5), clock_.now());
  const TokenId known = store_->tokens({})->front().id;
  uses.note(known, clock_.now());
  uses.note(known, {1});
  uses.flush(counting_);
  EXPECT_EQ(store_->token(known)->last_used_at, clock_.now());
}

}  // namespace
}  // namespace keyfence
