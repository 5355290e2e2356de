#include "libs/admin/maintenance.h"
#include "libs/admin/sign_in/cookies.h"
#include "libs/admin/sign_in/totp.h"
#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Sessions : public ApiFixture {
 protected:
  Sessions() { boss_ = make_person({.login = "boss", .reach = Reach::kInstance}); }

  ApiAnswer me(Browser& browser) { return browse(browser, {.method = "GET", .path = "/api/v1/me"}); }
  ApiAnswer send(Browser& browser, std::string_view method, const std::string& path, const std::string& body = "") {
    return browse(browser, {.method = method, .path = "/api/v1" + path, .body = body});
  }
  std::string newest_action(const std::string& query = "") {
    return get("/api/v1/audit?limit=1" + query).text("/items/0/action");
  }
  // Sets up an authenticator; the code of this moment is spent then.
  TotpSecret enable_totp(Browser& browser, std::vector<std::string>* codes = nullptr) {
    EXPECT_EQ(send(browser, "POST", "/me/totp").status, 200);
    const TotpSecret secret = *store_->person(boss_)->totp_pending;
    const ApiAnswer enabled = send(browser, "PUT", "/me/totp", code_body(secret));
    EXPECT_EQ(enabled.status, 200) << enabled.response.body;
    if (codes != nullptr) {
      for (const auto& code : enabled.body.at("recovery_codes").as_array()) codes->emplace_back(code.as_string());
    }
    return secret;
  }
  std::string code_body(const TotpSecret& secret) {
    return R"({"code":")" + totp_code(secret, totp_step_at(clock_.now())) + "\"}";
  }

  PersonId boss_;
};

TEST_F(Sessions, SignIn200TellsWhoIAmAndSetsAHostOnlyCookie) {
  Browser browser;
  const ApiAnswer answer = sign_in(browser, "Boss");
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(answer.text("/status"), "signed_in");
  EXPECT_EQ(answer.text("/me/login"), "boss");
  EXPECT_EQ(answer.text("/me/operator"), "true");
  const std::string cookie = *answer.header("Set-Cookie");
  EXPECT_EQ(cookie.rfind("__Host-keyfence=kfs_", 0), 0U) << cookie;
  for (const std::string_view part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"}) {
    EXPECT_NE(cookie.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(cookie.find("Domain"), std::string::npos);
  EXPECT_EQ(me(browser).text("/id"), boss_.text());
  EXPECT_EQ(send(browser, "GET", "/accounts").status, 200);
  EXPECT_EQ(newest_action(), "session.begin");
  EXPECT_EQ(get("/api/v1/audit?limit=1").text("/items/0/actor"), "person:" + boss_.text());
}

TEST_F(Sessions, SignIn401IsTheSameForAWrongPasswordAndALoginThatNobodyHas) {
  Browser browser;
  ApiAnswer wrong = sign_in(browser, "boss", "wrong");
  ApiAnswer unknown = sign_in(browser, "nobody", "wrong");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.text("/code"), "sign_in_failed");
  wrong.body.as_object().erase("request_id");
  unknown.body.as_object().erase("request_id");
  EXPECT_EQ(wrong.body, unknown.body);
  EXPECT_TRUE(browser.cookies.empty());
}

TEST_F(Sessions, DeniedSignInsAreInTheAuditLogWithoutWhatWasTyped) {
  Browser browser;
  sign_in(browser, "boss", "not-the-password");
  const ApiAnswer audit = get("/api/v1/audit?limit=1");
  EXPECT_EQ(audit.text("/items/0/action"), "session.denied");
  EXPECT_EQ(audit.text("/items/0/subject"), boss_.text());
  EXPECT_EQ(audit.text("/items/0/actor"), "anonymous");
  EXPECT_EQ(audit.text("/items/0/address"), "192.0.2.77");
  sign_in(browser, "my-password-typed-as-login", "x");
  EXPECT_EQ(get("/api/v1/audit?limit=1").text("/items/0/subject"), "unknown");
  const std::string everything = get("/api/v1/audit").response.body + log_;
  EXPECT_EQ(everything.find("not-the-password"), std::string::npos);
  EXPECT_EQ(everything.find("typed-as-login"), std::string::npos);
}

TEST_F(Sessions, SigningInGivesANewSessionAndEndsTheOneOfTheCookie) {
  Browser browser;
  sign_in(browser, "boss");
  Browser before = browser;
  sign_in(browser, "boss");
  EXPECT_NE(browser.cookies, before.cookies);
  EXPECT_EQ(me(before).status, 401);
  EXPECT_EQ(me(browser).status, 200);
}

TEST_F(Sessions, EndWhenIdleAndEndForGood) {
  Browser browser;
  sign_in(browser, "boss");
  const auto use = [&] {
    const int status = me(browser).status;
    run_maintenance(*services_);  // which writes the use down
    return status;
  };
  pass(std::chrono::minutes(119));
  EXPECT_EQ(use(), 200);
  pass(std::chrono::minutes(119));
  EXPECT_EQ(use(), 200);
  pass(std::chrono::minutes(121));
  EXPECT_EQ(me(browser).status, 401);
  sign_in(browser, "boss");
  for (int hour = 0; hour < 23; ++hour) {
    pass(std::chrono::hours(1));
    ASSERT_EQ(use(), 200) << hour;
  }
  pass(std::chrono::hours(1));
  EXPECT_EQ(me(browser).status, 401) << "a day after sign-in, though it was used all the time";
}

TEST_F(Sessions, SigningOutTakesTheCookieBackAndAlwaysWorks) {
  Browser browser;
  sign_in(browser, "boss");
  Browser copy = browser;
  EXPECT_EQ(send(browser, "DELETE", "/session").status, 204);
  EXPECT_FALSE(browser.cookies.contains("__Host-keyfence"));
  EXPECT_EQ(me(copy).status, 401);
  EXPECT_EQ(send(copy, "DELETE", "/session").status, 204);
}

TEST_F(Sessions, CookiesOfAnotherInstanceAndMangledOnesAre401) {
  Browser browser;
  browser.cookies["__Host-keyfence"] = NewSecret::make("kfs_").reveal_once();
  EXPECT_EQ(me(browser).status, 401);
  browser.cookies["__Host-keyfence"] = operator_token_;
  EXPECT_EQ(me(browser).status, 401);
  sign_in(browser, "boss");
  const std::string good = browser.cookies["__Host-keyfence"];
  browser.cookies["__Host-keyfence"] = good + "x";
  EXPECT_EQ(me(browser).status, 401);
  browser.cookies["__Host-keyfence"] = good + "; __Host-keyfence=" + good;
  EXPECT_EQ(me(browser).status, 401) << "which of the two?";
  browser.cookies["__Host-keyfence"] = good;
  EXPECT_EQ(me(browser).status, 200);
}

TEST_F(Sessions, ChangesNeedTheHeaderOfOurPagesAndNoForeignOrigin) {
  Browser browser;
  sign_in(browser, "boss");
  const HttpHeader cookie{"Cookie", "__Host-keyfence=" + browser.cookies["__Host-keyfence"]};
  const auto code_with = [&](std::vector<HttpHeader> headers) {
    headers.push_back(cookie);
    return call({.method = "PATCH",
                 .path = "/api/v1/me",
                 .body = R"({"name":"B"})",
                 .token = "none",
                 .headers = std::move(headers)})
        .text("/code");
  };
  const HttpHeader ours{"Keyfence-Csrf", "1"};
  const HttpHeader host{"Host", "keyfence.example:8600"};
  EXPECT_EQ(code_with({host}), "csrf");
  EXPECT_EQ(code_with({host, {"Keyfence-Csrf", "0"}}), "csrf");
  EXPECT_EQ(code_with({host, ours, {"Origin", "https://evil.example"}}), "csrf");
  EXPECT_EQ(code_with({host, ours, {"Origin", "null"}}), "csrf");
  EXPECT_EQ(code_with({host, ours, {"Origin", "https://keyfence.example"}}), "csrf") << "another port";
  EXPECT_EQ(code_with({host, ours, {"Origin", "http://keyfence.example:8600"}}), "");
  EXPECT_EQ(code_with({host, ours}), "");
  const ApiAnswer reading = call(
      {.method = "GET", .path = "/api/v1/me", .token = "none", .headers = {cookie, {"Origin", "https://e.example"}}});
  EXPECT_EQ(reading.status, 200) << "reading changes nothing, and no other site gets to see the answer";
  const ApiAnswer signing_in = call({.method = "POST",
                                     .path = "/api/v1/session",
                                     .body = R"({"login":"boss","password":"correct horse"})",
                                     .token = "none",
                                     .headers = {host, {"Origin", "https://evil.example"}}});
  EXPECT_EQ(signing_in.text("/code"), "csrf") << "nobody is signed in by another site";
}

TEST_F(Sessions, GuessingIsSlowedDownAndLocksNobodyElseOut) {
  Browser known;
  known.address = "192.0.2.1";
  sign_in(known, "boss");
  send(known, "DELETE", "/session");
  Browser guesser;
  guesser.address = "192.0.2.1";  // behind the same address even
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in(guesser, "boss", "guess").status, 401);
  const ApiAnswer refused = sign_in(guesser, "boss");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.text("/code"), "too_many_attempts");
  EXPECT_EQ(refused.header("Retry-After"), "901");
  EXPECT_EQ(newest_action(), "session.throttled");
  const std::string audit = get("/api/v1/audit").response.body;
  sign_in(guesser, "boss");
  EXPECT_EQ(get("/api/v1/audit").response.body, audit) << "one line is enough";
  EXPECT_EQ(sign_in(known, "boss").status, 200) << "a browser that was here before";
  Browser elsewhere;
  elsewhere.address = "198.51.100.1";
  EXPECT_EQ(sign_in(elsewhere, "boss").status, 200);
  pass(std::chrono::minutes(15));
  EXPECT_EQ(sign_in(guesser, "boss").status, 200);
}

TEST_F(Sessions, WithAnAuthenticatorThePasswordAloneOpensNothing) {
  Browser browser;
  sign_in(browser, "boss");
  const TotpSecret secret = enable_totp(browser);
  EXPECT_EQ(me(browser).text("/totp_enabled"), "true");
  EXPECT_EQ(me(browser).text("/recovery_codes_left"), "10");
  pass(std::chrono::seconds(90));
  const ApiAnswer half = sign_in(browser, "boss");
  EXPECT_EQ(half.text("/status"), "second_factor_required");
  EXPECT_EQ(half.text("/me"), "");
  EXPECT_EQ(me(browser).status, 401);
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", R"({"code":"000000"})").status, 401);
  EXPECT_EQ(newest_action(), "session.second_factor_denied");
  const std::string half_cookie = browser.cookies["__Host-keyfence"];
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", code_body(secret)).text("/status"), "signed_in");
  EXPECT_NE(browser.cookies["__Host-keyfence"], half_cookie);
  EXPECT_EQ(me(browser).status, 200);
}

TEST_F(Sessions, CodesAreGoodOnce) {
  Browser browser;
  sign_in(browser, "boss");
  const TotpSecret secret = enable_totp(browser);
  sign_in(browser, "boss");
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", code_body(secret)).status, 401)
      << "the code that set it up was used";
  pass(std::chrono::seconds(60));
  const std::string code = code_body(secret);
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", code).status, 200);
  Browser replay;
  sign_in(replay, "boss");
  EXPECT_EQ(send(replay, "POST", "/session/second-factor", code).status, 401);
}

TEST_F(Sessions, RecoveryCodesStandInOnceEach) {
  Browser browser;
  sign_in(browser, "boss");
  std::vector<std::string> codes;
  enable_totp(browser, &codes);
  ASSERT_EQ(codes.size(), 10U);
  const std::string body = R"({"recovery_code":")" + codes[3] + "\"}";
  sign_in(browser, "boss");
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", body).status, 200);
  EXPECT_EQ(me(browser).text("/recovery_codes_left"), "9");
  sign_in(browser, "boss");
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", body).status, 401);
}

TEST_F(Sessions, TheSecondFactorIsAskedForFiveMinutes) {
  Browser browser;
  sign_in(browser, "boss");
  const TotpSecret secret = enable_totp(browser);
  sign_in(browser, "boss");
  pass(std::chrono::minutes(5));
  EXPECT_EQ(send(browser, "POST", "/session/second-factor", code_body(secret)).text("/code"), "unauthorized");
}

TEST_F(Sessions, WhatMattersMostAsksForThePasswordAgain) {
  const std::string account = make_account("Acme");
  Browser browser;
  sign_in(browser, "boss");
  pass(std::chrono::minutes(10));
  const auto codes = [&] {
    std::vector<std::string> found;
    found.push_back(send(browser, "PUT", "/me/password", R"({"password":"another password"})").text("/code"));
    found.push_back(send(browser, "POST", "/me/totp").text("/code"));
    found.push_back(send(browser, "DELETE", "/me/totp").text("/code"));
    found.push_back(send(browser, "PATCH", "/allowlist", R"({"mode":"monitor"})").text("/code"));
    found.push_back(send(browser, "DELETE", "/accounts/" + account).text("/code"));
    return found;
  };
  EXPECT_EQ(codes(), std::vector<std::string>(5, "sign_in_again"));
  EXPECT_EQ(send(browser, "PATCH", "/me", R"({"name":"Other"})").status, 200) << "not everything does";
  EXPECT_EQ(send(browser, "POST", "/session/confirm", R"({"password":"wrong"})").text("/code"), "sign_in_failed");
  const ApiAnswer confirmed = send(browser, "POST", "/session/confirm", R"({"password":"correct horse"})");
  EXPECT_EQ(confirmed.text("/fresh_until"), rfc3339(Timestamp{clock_.now().micros + 600'000'000}));
  EXPECT_EQ(codes(), std::vector<std::string>(5, ""));
}

TEST_F(Sessions, ConfirmingAsksForTheCodeTooAndForANewOne) {
  Browser browser;
  sign_in(browser, "boss");
  const TotpSecret secret = enable_totp(browser);
  EXPECT_EQ(send(browser, "POST", "/session/confirm", R"({"password":"correct horse"})").status, 401);
  pass(std::chrono::seconds(30));
  std::string body = code_body(secret);
  body.insert(1, R"("password":"correct horse",)");
  EXPECT_EQ(send(browser, "POST", "/session/confirm", body).status, 200);
  EXPECT_EQ(send(browser, "POST", "/session/confirm", body).status, 401);
}

TEST_F(Sessions, ANewPasswordEndsTheOtherSessions) {
  Browser here;
  Browser there;
  sign_in(here, "boss");
  sign_in(there, "boss");
  EXPECT_EQ(send(here, "PUT", "/me/password", R"({"password":"short"})").text("/errors/0/code"), "too_short");
  EXPECT_EQ(send(here, "PUT", "/me/password", R"({"password":"correct horses"})").status, 204);
  EXPECT_EQ(me(here).status, 200);
  EXPECT_EQ(me(there).status, 401);
  EXPECT_EQ(sign_in(there, "boss").status, 401);
  EXPECT_EQ(sign_in(there, "boss", "correct horses").status, 200);
}

TEST_F(Sessions, AreListedAndEndedOneByOne) {
  Browser here;
  Browser there;
  sign_in(here, "boss");
  pass(std::chrono::seconds(1));
  there.address = "2001:db8::5";
  sign_in(there, "boss");
  const ApiAnswer listed = send(here, "GET", "/me/sessions");
  ASSERT_EQ(listed.body.at("items").as_array().size(), 2U);
  EXPECT_EQ(listed.text("/items/0/address"), "2001:db8::5");
  EXPECT_EQ(listed.text("/items/0/current"), "false");
  EXPECT_EQ(listed.text("/items/1/current"), "true");
  EXPECT_EQ(send(here, "DELETE", "/me/sessions/" + listed.text("/items/0/id")).status, 204);
  EXPECT_EQ(me(there).status, 401);
  EXPECT_EQ(send(here, "DELETE", "/me/sessions/" + listed.text("/items/0/id")).status, 404);
  sign_in(there, "boss");
  EXPECT_EQ(send(here, "DELETE", "/me/sessions").status, 204);
  EXPECT_EQ(me(there).status, 401);
  EXPECT_EQ(me(here).status, 200);
  make_person({.login = "other", .reach = Reach::kInstance});
  sign_in(there, "other");
  const std::string foreign = send(there, "GET", "/me/sessions").text("/items/0/id");
  EXPECT_EQ(send(here, "DELETE", "/me/sessions/" + foreign).status, 404);
}

TEST_F(Sessions, BusySignInsAre503AndCostNoTry) {
  PasswordHasher none({.memory_kib = 64}, {.running_max = 0, .waiting_max = 0});
  Services services{.store = *store_,
                    .publisher = *publisher_,
                    .clock = clock_,
                    .ids = ids_,
                    .metrics = metrics_,
                    .hasher = none,
                    .throttle = throttle_,
                    .version = "test",
                    .started_at = clock_.now(),
                    .readers = {}};
  application_ = std::make_unique<AdminApplication>(services);
  Browser browser;
  for (int i = 0; i < 9; ++i) {
    const ApiAnswer answer = sign_in(browser, "boss");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.text("/code"), "busy");
  }
  application_.reset();
}

TEST_F(Sessions, TokensAreToldWhoTheyAreAndHaveNothingOfTheirOwn) {
  EXPECT_EQ(get("/api/v1/me").text("/kind"), "token");
  EXPECT_EQ(get("/api/v1/me/sessions").status, 403);
  EXPECT_EQ(post("/api/v1/session/confirm", R"({"password":"x"})").status, 403);
}

}  // namespace
}  // namespace keyfence
