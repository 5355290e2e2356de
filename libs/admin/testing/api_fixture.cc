#include "libs/admin/testing/api_fixture.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <utility>

#include "libs/admin/router.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

HttpMethod method_of(std::string_view method) {
  for (const HttpMethod one : {HttpMethod::kGet, HttpMethod::kHead, HttpMethod::kPost, HttpMethod::kPut,
                               HttpMethod::kPatch, HttpMethod::kDelete}) {
    if (name(one) == method) return one;
  }
  return HttpMethod::kOther;
}

std::filesystem::path make_dir() {
  std::string pattern = "/dev/shm/keyfence-admin-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

}  // namespace

std::string ApiAnswer::text(std::string_view pointer) const {
  boost::system::error_code error;
  const boost::json::value* value = body.find_pointer(std::string(pointer), error);
  if (value == nullptr) return "";
  if (const auto* string = value->if_string()) return std::string(*string);
  return boost::json::serialize(*value);
}

std::optional<std::string> ApiAnswer::header(std::string_view wanted) const {
  for (const auto& [key, value] : response.headers) {
    if (equals_without_case(key, wanted)) return value;
  }
  return std::nullopt;
}

ApiFixture::ApiFixture() : dir_(make_dir()), clock_(Timestamp{1'800'000'000'000'000}) {
  auto store = open_sqlite_store((dir_ / "control.db").string());
  KF_ASSERT(store.ok());
  store_ = std::move(*store);
  auto publisher = Publisher::start(*store_, {.dir = dir_ / "policy", .reader_group = {}, .epoch = 1});
  KF_ASSERT(publisher.ok());
  publisher_ = std::move(*publisher);
  auto usage = open_sqlite_usage_store(dir_ / "usage");
  KF_ASSERT(usage.ok());
  usage_ = std::move(*usage);
  serve_with(*store_, *publisher_);

  const NewSecret secret = NewSecret::make("kfm_");
  operator_token_ = secret.reveal_once();
  TokenRow row{.id = TokenId(ids_.next()),
               .name = "operator",
               .digest = secret.digest(),
               .hint = "",
               .role = Role::kOperator,
               .account = {},
               .expires_at = {},
               .revoked_at = {},
               .created_by = "system",
               .created_at = clock_.now()};
  const auto committed = store_->transact([&](Transaction& tx) { return tx.insert_token(row); });
  KF_ASSERT(committed.ok());
}

void ApiFixture::serve_with(ControlStore& store, Publisher& publisher) {
  application_.reset();
  services_.emplace(Services{.store = store,
                             .publisher = publisher,
                             .clock = clock_,
                             .ids = ids_,
                             .metrics = metrics_,
                             .hasher = hasher_,
                             .throttle = throttle_,
                             .version = "test",
                             .started_at = clock_.now(),
                             .proxy_trust = {},
                             .log = {},
                             .usage = usage_.get(),
                             .readers = {}});
  services_->readers.emplace_back(dir_ / "policy");
  services_->log = [this](const RequestSummary& line) {
    log_ += std::string(line.method) + " " + std::string(line.path) + " " + std::string(line.code) + " " +
            std::string(line.actor) + " " + std::string(line.log_detail) + "\n";
  };
  application_ = std::make_unique<AdminApplication>(*services_);
}

ApiFixture::~ApiFixture() {
  application_.reset();
  services_.reset();
  publisher_.reset();
  usage_.reset();
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

ApiAnswer ApiFixture::call(const ApiRequest& request) {
  HttpRequest http;
  http.method = method_of(request.method);
  const std::size_t question = std::min(request.path.find('?'), request.path.size());
  http.path = request.path.substr(0, question);
  http.query = request.path.substr(std::min(question + 1, request.path.size()));
  http.body = request.body;
  http.peer = *IpAddress::parse(request.peer);
  http.headers = request.headers;
  const std::string token = request.token.empty() ? operator_token_ : request.token;
  if (token != "none") http.headers.emplace_back("Authorization", "Bearer " + token);
  if (!request.body.empty()) http.headers.emplace_back("Content-Type", request.content_type);

  ApiAnswer answer;
  answer.response = application_->handle(http, 0);
  answer.status = answer.response.status;
  if (answer.response.content_type.ends_with("json")) {
    answer.body = boost::json::parse(answer.response.body);
  }
  const RouteMatch match = match_route(http.method, http.path);
  if (match.route != nullptr) {
    for (const std::string& complaint : openapi_.complaints(request.method, match.route->path, answer.response)) {
      ADD_FAILURE() << complaint;
    }
  }
  EXPECT_TRUE(answer.header("X-Request-Id").has_value());
  return answer;
}

ApiAnswer ApiFixture::browse(Browser& browser, const ApiRequest& request) {
  ApiRequest sent = request;
  sent.token = "none";
  sent.peer = browser.address;
  std::string cookies;
  for (const auto& [key, value] : browser.cookies) {
    cookies.append(cookies.empty() ? "" : "; ").append(key).append("=").append(value);
  }
  if (!cookies.empty()) sent.headers.emplace_back("Cookie", cookies);
  sent.headers.emplace_back("Keyfence-Csrf", "1");
  ApiAnswer answer = call(sent);
  for (const auto& [key, value] : answer.response.headers) {
    if (key != "Set-Cookie") continue;
    const std::size_t equals = value.find('=');
    const std::string content = value.substr(equals + 1, value.find(';') - equals - 1);
    if (content.empty()) {
      browser.cookies.erase(value.substr(0, equals));
    } else {
      browser.cookies[value.substr(0, equals)] = content;
    }
  }
  return answer;
}

PersonId ApiFixture::make_person(const NewPerson& person) {
  PersonRow row;
  row.id = PersonId(ids_.next());
  row.login = person.login;
  row.name = "A person";
  row.password = *hasher_.hash(person.password);
  row.reach = person.reach;
  row.created_at = clock_.now();
  const auto committed = store_->transact([&](Transaction& tx) -> StoreResult<void> {
    if (auto made = tx.insert_person(row); !made) return made;
    if (person.account.empty()) return {};
    return tx.put_membership({*AccountId::parse(person.account), row.id, person.role, clock_.now()});
  });
  EXPECT_TRUE(committed.ok());
  return row.id;
}

ApiAnswer ApiFixture::sign_in(Browser& browser, const std::string& login, const std::string& password) {
  return browse(browser, {.method = "POST",
                          .path = "/api/v1/session",
                          .body = R"({"login":")" + login + R"(","password":")" + password + "\"}"});
}

std::string ApiFixture::make_account(const std::string& account_name) {
  const ApiAnswer answer = post("/api/v1/accounts", R"({"name":")" + account_name + R"("})");
  EXPECT_EQ(answer.status, 201) << answer.response.body;
  return answer.text("/id");
}

ApiFixture::MadeKey ApiFixture::make_key(const std::string& account, const std::string& extra) {
  const ApiAnswer answer = post("/api/v1/accounts/" + account + "/keys", R"({"name":"a key")" + extra + "}");
  EXPECT_EQ(answer.status, 201) << answer.response.body;
  return {answer.text("/key/id"), answer.text("/secret")};
}

std::string ApiFixture::make_token(const std::string& role, const std::string& account) {
  std::string body = R"({"name":"a token","role":")" + role + "\"";
  if (!account.empty()) body += R"(,"account_id":")" + account + "\"";
  const ApiAnswer answer = post("/api/v1/tokens", body + "}");
  EXPECT_EQ(answer.status, 201) << answer.response.body;
  return answer.text("/secret");
}

Decision ApiFixture::decide(const std::string& secret, std::string_view address) {
  return services_->readers[0].decide({.credential = read_presented_key(secret),
                                       .address = IpAddress::parse(address),
                                       .required_scopes = {},
                                       .now = to_seconds(clock_.now())});
}

}  // namespace keyfence
