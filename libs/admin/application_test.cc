#include "libs/admin/application.h"

#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Application : public ApiFixture {};

TEST_F(Application, EveryAnswerCarriesTheSecurityHeaders) {
  for (const std::string_view path : {"/healthz", "/nothing", "/api/v1/accounts"}) {
    const ApiAnswer answer = get(std::string(path));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("X-Request-Id")->substr(0, 4), "req_");
  }
}

TEST_F(Application, UnknownPathsAre404AndUnknownMethods405WithAllow) {
  EXPECT_EQ(get("/api/v1/nothing").text("/code"), "not_found");
  const ApiAnswer answer = call({.method = "PUT", .path = "/api/v1/accounts", .body = "{}"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST");
}

TEST_F(Application, BodiesThatAreNotStrictJsonAre400) {
  for (const std::string_view body :
       {"{", "[", "nul", "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"\xFF\"}", "{} x"}) {
    const ApiAnswer answer = post("/api/v1/accounts", std::string(body));
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.text("/code"), "invalid_json") << body;
  }
  EXPECT_EQ(post("/api/v1/accounts", R"({"name":"a","name":"b"})").text("/errors/0/pointer"), "/name");
  EXPECT_EQ(post("/api/v1/accounts", std::string(100'000, '[')).text("/errors/0/code"), "too_deep");
}

TEST_F(Application, OtherMediaTypesAre415) {
  for (const std::string_view type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""}) {
    EXPECT_EQ(
        call({.method = "POST", .path = "/api/v1/accounts", .body = "{}", .content_type = std::string(type)}).status,
        415)
        << type;
  }
  EXPECT_EQ(call({.method = "POST",
                  .path = "/api/v1/accounts",
                  .body = R"({"name":"x"})",
                  .content_type = "Application/JSON ; charset=utf-8"})
                .status,
            201);
}

TEST_F(Application, CredentialsInTheQueryAreRefusedAndNotLogged) {
  for (const std::string& query : {std::string("access_token=x"), std::string("token=x"), "limit=" + operator_token_,
                                   std::string("KEY=kf_abc"), std::string("name=kf_abc")}) {
    EXPECT_EQ(get("/api/v1/accounts?" + query).text("/code"), "token_in_query") << query;
  }
  EXPECT_EQ(log_.find("kf_abc"), std::string::npos);
  EXPECT_EQ(log_.find(operator_token_), std::string::npos);
  EXPECT_EQ(get("/api/v1/keys/kf_pasted").status, 404);
  EXPECT_EQ(log_.find("kf_pasted"), std::string::npos);
}

TEST_F(Application, TokensThatAreMissingWrongRevokedOrExpiredAre401) {
  const auto status_with = [&](std::vector<HttpHeader> headers) {
    return call({.method = "GET", .path = "/api/v1/whoami", .token = "none", .headers = std::move(headers)}).status;
  };
  const std::string good = "Bearer " + operator_token_;
  EXPECT_EQ(status_with({}), 401);
  EXPECT_EQ(status_with({{"Authorization", "Basic x"}}), 401);
  EXPECT_EQ(status_with({{"Authorization", "Bearer "}}), 401);
  EXPECT_EQ(status_with({{"Authorization", good + "x"}}), 401);
  EXPECT_EQ(status_with({{"Authorization", good}, {"Authorization", good}}), 401);
  EXPECT_EQ(status_with({{"authorization", "bearer " + operator_token_}}), 200);

  const ApiAnswer made = post(
      "/api/v1/tokens", R"({"name":"t","role":"operator","expires_at":")" + rfc3339(to_seconds(clock_.now())) + "\"}");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/whoami", .token = made.text("/secret")}).status, 401);
  const ApiAnswer second = post("/api/v1/tokens", R"({"name":"t","role":"operator"})");
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/whoami", .token = second.text("/secret")}).status, 200);
  EXPECT_EQ(remove("/api/v1/tokens/" + second.text("/token/id")).status, 200);
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/whoami", .token = second.text("/secret")}).status, 401);
}

TEST_F(Application, RolesReachAsFarAsTheyShould) {
  const std::string mine = make_account("Mine");
  const std::string theirs = make_account("Theirs");
  const MadeKey my_key = make_key(mine);
  const MadeKey their_key = make_key(theirs);
  const std::string viewer = make_token("viewer", mine);
  const std::string admin = make_token("admin", mine);
  const std::string owner = make_token("owner", mine);
  const auto status = [&](const std::string& token, std::string_view method, const std::string& path,
                          const std::string& body = "") {
    return call({.method = method, .path = "/api/v1" + path, .body = body, .token = token}).status;
  };
  const std::string my_list = "/keys/" + my_key.id + "/allowlist";
  const std::string entry = R"({"text":"192.0.2.1"})";
  // A viewer reads its account and changes nothing.
  EXPECT_EQ(status(viewer, "GET", "/accounts/" + mine), 200);
  EXPECT_EQ(status(viewer, "GET", my_list), 200);
  EXPECT_EQ(status(viewer, "GET", "/audit"), 200);
  EXPECT_EQ(status(viewer, "POST", my_list + "/entries", entry), 403);
  EXPECT_EQ(status(viewer, "GET", "/tokens"), 403);
  EXPECT_EQ(status(viewer, "GET", "/allowlist"), 403);
  EXPECT_EQ(status(viewer, "GET", "/status"), 403);
  // An admin changes its account, but not the instance, other accounts, its own state, or tokens.
  EXPECT_EQ(status(admin, "POST", my_list + "/entries", entry), 201);
  EXPECT_EQ(status(admin, "POST", "/accounts/" + mine + "/keys", R"({"name":"k"})"), 201);
  EXPECT_EQ(status(admin, "PATCH", "/accounts/" + mine, R"({"name":"Ours"})"), 200);
  EXPECT_EQ(status(admin, "PATCH", "/accounts/" + mine, R"({"state":"suspended"})"), 403);
  EXPECT_EQ(status(admin, "POST", "/accounts", R"({"name":"New"})"), 403);
  EXPECT_EQ(status(admin, "PATCH", "/instance", R"({"error_style":"flat"})"), 403);
  EXPECT_EQ(status(admin, "POST", "/tokens", R"({"name":"t","role":"viewer","account_id":")" + mine + "\"}"), 403);
  // An owner makes tokens for its account alone.
  EXPECT_EQ(status(owner, "POST", "/tokens", R"({"name":"t","role":"viewer","account_id":")" + mine + "\"}"), 201);
  EXPECT_EQ(status(owner, "POST", "/tokens", R"({"name":"t","role":"viewer","account_id":")" + theirs + "\"}"), 404);
  EXPECT_EQ(status(owner, "POST", "/tokens", R"({"name":"t","role":"operator"})"), 403);
  // What belongs to others does not exist.
  for (const std::string& token : {viewer, admin, owner}) {
    EXPECT_EQ(status(token, "GET", "/accounts/" + theirs), 404);
    EXPECT_EQ(status(token, "GET", "/accounts/" + theirs + "/keys"), 404);
    EXPECT_EQ(status(token, "GET", "/keys/" + their_key.id), 404);
    EXPECT_EQ(status(token, "GET", "/keys/" + their_key.id + "/allowlist"), 404);
    EXPECT_EQ(status(token, "GET", "/audit?account_id=" + theirs), 404);
  }
  EXPECT_EQ(status(owner, "POST", "/keys/" + their_key.id + "/revoke"), 404);
  EXPECT_EQ(status(owner, "DELETE", "/keys/" + their_key.id), 404);
  EXPECT_EQ(status(owner, "POST", "/accounts/" + theirs + "/keys", R"({"name":"k"})"), 404);
  EXPECT_EQ(decide(their_key.secret, "192.0.2.9").reason, Reason::kAllowed);
  const ApiAnswer accounts = call({.method = "GET", .path = "/api/v1/accounts", .token = viewer});
  EXPECT_EQ(accounts.body.as_object().at("items").as_array().size(), 1U);
  const ApiAnswer tokens = call({.method = "GET", .path = "/api/v1/tokens", .token = owner});
  EXPECT_EQ(tokens.body.as_object().at("items").as_array().size(), 4U);
}

TEST_F(Application, TheAuditLogTellsWhoWhatAndWhere) {
  const std::string account = make_account("Acme");
  const MadeKey key = make_key(account);
  patch("/api/v1/keys/" + key.id, R"({"state":"disabled"})");
  const ApiAnswer audit = get("/api/v1/audit?limit=1");
  EXPECT_EQ(audit.text("/items/0/action"), "key.update");
  EXPECT_EQ(audit.text("/items/0/subject"), key.id);
  EXPECT_EQ(audit.text("/items/0/account_id"), account);
  EXPECT_EQ(audit.text("/items/0/address"), "192.0.2.77");
  EXPECT_EQ(audit.text("/items/0/before/state"), "active");
  EXPECT_EQ(audit.text("/items/0/after/state"), "disabled");
  EXPECT_EQ(audit.text("/items/0/revision"), std::to_string(store_->revision()->value));
  const ApiAnswer older = get("/api/v1/audit?limit=1&after=" + audit.text("/next"));
  EXPECT_EQ(older.text("/items/0/action"), "key.create");
  make_account("Other");
  EXPECT_EQ(get("/api/v1/audit?account_id=" + account).body.as_object().at("items").as_array().size(), 3U);
}

TEST_F(Application, RefusedChangesAreNotAudited) {
  make_account("Acme");
  const std::string before = get("/api/v1/audit").response.body;
  EXPECT_EQ(post("/api/v1/accounts", R"({"name":"Acme"})").status, 409);
  EXPECT_EQ(get("/api/v1/audit").response.body, before);
}

// A publisher whose tmpfs is full.
class StuckPublisher final : public Publisher {
 public:
  [[nodiscard]] PublisherStatus status() const override {
    PublisherStatus status;
    status.failure = "no space left";
    return status;
  }
  [[nodiscard]] bool ready_for_changes() override { return false; }
};

TEST_F(Application, WithoutAWayToPublishChangesAre503AndNothingIsWritten) {
  const std::string account = make_account("Acme");
  const std::string audit_before = get("/api/v1/audit").response.body;
  StuckPublisher stuck;
  Services services{.store = *store_,
                    .publisher = stuck,
                    .clock = clock_,
                    .ids = ids_,
                    .metrics = metrics_,
                    .hasher = hasher_,
                    .throttle = throttle_,
                    .version = "test",
                    .started_at = clock_.now(),
                    .readers = {}};
  application_ = std::make_unique<AdminApplication>(services);
  const ApiAnswer refused = post("/api/v1/accounts/" + account + "/keys", R"({"name":"k"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.text("/code"), "policy_not_publishable");
  EXPECT_EQ(refused.header("Retry-After"), "1");
  const ApiAnswer ready = call({.method = "GET", .path = "/readyz", .token = "none"});
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.text("/status"), "not_ready");
  EXPECT_EQ(get("/api/v1/status").text("/publisher_failure"), "no space left");
  EXPECT_EQ(get("/api/v1/audit").response.body, audit_before);
  application_.reset();
}

TEST_F(Application, TokensAreMadeAndRevokedWhilePolicyCannotBePublished) {
  StuckPublisher stuck;
  serve_with(*store_, stuck);
  const std::string body = R"({"name":"t","role":"operator"})";
  const ApiAnswer made = post("/api/v1/tokens", body);
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(remove("/api/v1/tokens/" + made.text("/token/id")).status, 200);
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/whoami", .token = made.text("/secret")}).status, 401);
  const ApiRequest once{
      .method = "POST", .path = "/api/v1/tokens", .body = body, .headers = {{"Idempotency-Key", "one"}}};
  const std::string secret = call(once).text("/secret");
  EXPECT_EQ(call(once).text("/secret"), secret);
  application_.reset();
  services_.reset();
}

TEST_F(Application, ABodyOfNobodyKnownIsNotWaitedFor) {
  const auto refused = [&](const std::string& method, const std::string& path, const std::string& token) {
    HttpRequest head;
    head.method = method == "PUT" ? HttpMethod::kPut : HttpMethod::kPost;
    head.path = path;
    if (!token.empty()) head.headers = {{"Authorization", "Bearer " + token}};
    const auto response = application_->refuse_head(head, 0);
    return response ? response->status : 0;
  };
  EXPECT_EQ(refused("PUT", "/api/v1/allowlist", ""), 401);
  EXPECT_EQ(refused("PUT", "/api/v1/allowlist", "kfm_made-up"), 401);
  EXPECT_EQ(refused("PUT", "/api/v1/allowlist", operator_token_), 0);
  EXPECT_EQ(refused("PUT", "/api/v1/nothing", ""), 404);
  EXPECT_EQ(refused("PUT", "/api/v1/accounts", ""), 405);
  RateLimiter limiter(1);
  services_->rate_limiter = &limiter;
  EXPECT_EQ(refused("POST", "/api/v1/apply", ""), 401);
  EXPECT_EQ(refused("POST", "/api/v1/apply", ""), 429) << "counted like any other";
  services_->rate_limiter = nullptr;
  EXPECT_EQ(application_->body_bytes_max(HttpMethod::kPost, "/api/v1/session"), HttpApplication::kUnjudgedBodyBytes);
  EXPECT_EQ(application_->body_bytes_max(HttpMethod::kPost, "/api/v1/apply"), std::size_t{16} * 1024 * 1024);
}

TEST_F(Application, InstanceSettingsAreChangedInPart) {
  const ApiAnswer before = get("/api/v1/instance");
  EXPECT_EQ(before.text("/limits/key"), R"({"entries_max":20,"floor_v4":9,"floor_v6":33})");
  const ApiAnswer changed =
      patch("/api/v1/instance", R"({"error_style":"problem","limits":{"key":{"entries_max":2,"floor_v4":null}}})");
  ASSERT_EQ(changed.status, 200) << changed.response.body;
  EXPECT_EQ(get("/api/v1/instance").text("/limits/key"), R"({"entries_max":2,"floor_v4":null,"floor_v6":33})");
  EXPECT_EQ(get("/api/v1/instance").text("/error_style"), "problem");
  const ApiAnswer stale = call({.method = "PATCH",
                                .path = "/api/v1/instance",
                                .body = R"({"error_style":"flat"})",
                                .headers = {{"If-Match", *before.header("ETag")}}});
  EXPECT_EQ(stale.status, 412);
  const ApiAnswer wrong =
      patch("/api/v1/instance", R"({"limits":{"key":{"entries_max":0,"floor_v4":33,"floor_v6":1.5,"x":1}}})");
  EXPECT_EQ(wrong.body.as_object().at("errors").as_array().size(), 4U) << wrong.response.body;
}

TEST_F(Application, EntriesAreParsedWithTheirMeaning) {
  const ApiAnswer answer = post("/api/v1/entries/parse", R"({"text":" 192.168.10.10-20 "})");
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(answer.text("/canonical"), "192.168.10.10-192.168.10.20");
  EXPECT_EQ(answer.text("/count"), "11");
  EXPECT_EQ(answer.text("/prefix_length"), "null");
  EXPECT_EQ(answer.text("/warnings/0/code"), "not_public");
  const ApiAnswer wrong = post("/api/v1/entries/parse", R"({"text":"10.0.0.*"})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.text("/errors/0/code"), "wildcard");
  EXPECT_EQ(wrong.text("/errors/0/suggestions/0"), "10.0.0.0/24");
}

TEST_F(Application, WhoamiTellsTheAddressBehindATrustedProxyAlone) {
  const std::vector<HttpHeader> headers = {{"X-Forwarded-For", "203.0.113.9"}};
  const ApiRequest request{.method = "GET", .path = "/api/v1/whoami", .headers = headers};
  EXPECT_EQ(call(request).text("/address"), "192.0.2.77");
  AddressSetBuilder proxies;
  proxies.add(IpRange::single(*IpAddress::parse("192.0.2.77")));
  services_->proxy_trust.proxies = std::move(proxies).build();
  EXPECT_EQ(call(request).text("/address"), "203.0.113.9");
}

TEST_F(Application, HealthMetricsAndTheDocumentNeedNoToken) {
  EXPECT_EQ(call({.method = "GET", .path = "/healthz", .token = "none"}).status, 200);
  EXPECT_EQ(call({.method = "GET", .path = "/readyz", .token = "none"}).text("/status"), "ready");
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/openapi.json", .token = "none"}).text("/openapi"), "3.1.0");
  make_key(make_account("Acme"));
  const ApiAnswer metrics = call({.method = "GET", .path = "/metrics", .token = "none"});
  for (const std::string_view line :
       {"\nkeyfence_image_keys 1\n", "\nkeyfence_publisher_failed 0\n",
        "keyfence_http_requests_total{method=\"POST\",route=\"/api/v1/accounts\",status=\"201\"} 1\n"}) {
    EXPECT_NE(metrics.response.body.find(line), std::string::npos) << line << metrics.response.body;
  }
  EXPECT_EQ(get("/api/v1/status").text("/image/keys"), "1");
}

TEST_F(Application, BodiesWhereNoneBelongAre400) {
  EXPECT_EQ(call({.method = "GET", .path = "/api/v1/accounts", .body = "{}"}).status, 400);
}

}  // namespace
}  // namespace keyfence
