// Executes the example of every operation of openapi.yaml: asked as it stands, of an instance that has what it speaks
// of, each is answered as the document says, and the example of the answer is one that could be given.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "libs/admin/sign_in/totp.h"
#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::string_view kPassword = "correct horse battery staple";

struct Operation {
  std::string path;  // a template
  std::string method;
  const json::object* description = nullptr;
  const json::object* shared = nullptr;  // of the path

  [[nodiscard]] std::string id() const { return std::string(description->at("operationId").as_string()); }
};

// What the examples speak of, made; and how its ids and secrets are put where the examples have others.
class World : public ApiFixture {
 protected:
  World() {
    person_ = make_person({.login = "operator", .password = std::string(kPassword), .reach = Reach::kInstance});
    sign_in(browser_, "operator", std::string(kPassword));
    account_ = make_account("Acme Payments");
    key_ = make_key(account_, R"(,"scopes":["messages:read"],"allowlist":{"entries":[{"text":"203.0.113.7"}]})").id;
    member_ = make_person({.login = "ada@example.com", .account = account_, .role = Role::kViewer}).text();
    make_person({.login = "owner@example.com", .account = account_, .role = Role::kOwner});
    second_ = make_person({.login = "other@example.com", .reach = Reach::kInstance}).text();
    const ApiAnswer invited =
        post("/api/v1/accounts/" + account_ + "/invitations", R"({"login":"guest@example.com","role":"viewer"})");
    invitation_ = invited.text("/id");
    invitation_token_ = invited.text("/token");
    token_ = post("/api/v1/tokens", R"({"name":"reports","role":"viewer","account_id":")" + account_ + "\"}")
                 .text("/token/id");
    for (const std::string& list : {std::string("/api/v1/allowlist"), "/api/v1/accounts/" + account_ + "/allowlist",
                                    "/api/v1/keys/" + key_ + "/allowlist"}) {
      entries_[list] = post(list + "/entries", R"({"text":"192.0.2.0/24","label":"office"})").text("/entry/id");
      revisions_[list] = store_->revision()->value;
      post(list + "/entries", R"({"text":"192.0.2.200"})");
    }
    log_request();
  }

  void log_request() {
    StorableRecord stored;
    UsageRecord& record = stored.record;
    record.at = clock_.now();
    const auto millis = static_cast<std::uint64_t>(record.at.micros / 1000);
    for (std::size_t i = 0; i < 6; ++i) record.request_id[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
    record.request_id[15] = 1;
    record.address = IpAddress::parse("203.0.113.9");
    record.decision.account = *AccountId::parse(account_);
    record.decision.key = *KeyId::parse(key_);
    record.decision.outcome = Outcome::kDeny;
    record.decision.reason = Reason::kAddressDeniedKey;
    record.decision.layer = Layer::kKey;
    record.status = 403;
    record.method = "POST";
    record.host = "api.example.com";
    record.path = "/v1/messages";
    record.user_agent = "shop/1.4";
    stored.offset = 4224;
    ASSERT_TRUE(usage_->store({.to = {1, 1, stored.offset},
                               .gateway = "gateway-1",
                               .dropped = 0,
                               .damaged = 0,
                               .records = std::span(&stored, 1)}));
    request_id_ = get("/api/v1/usage").text("/items/0/request_id");
  }

  static void put(std::string& text, std::string_view example, const std::string& real) {
    for (std::size_t at = text.find(example); at != std::string::npos; at = text.find(example, at + real.size())) {
      text.replace(at, example.size(), real);
    }
  }

  // The example's ids and secrets, as they are here.
  std::string translated(const Operation& operation, std::string text) {
    const std::string list = list_of(operation.path);
    put(text, "acc_0am5bzb5nargv", account_);
    put(text, "key_0am5c1nq2h8xw", key_);
    put(text, "ent_0am5c3w7ke1zt", list.empty() ? "" : entries_.at(list));
    put(text, "per_0am5c6d4rmv8s", operation.path.find("/operators") != std::string::npos ? second_ : member_);
    put(text, "inv_0am5c9x2tbq6y", invitation_);
    put(text, "tok_0am5cck5jwp3a", token_);
    put(text, "ses_0am5ceh7gdn1m", other_session_);
    put(text, "1207", list.empty() ? "" : std::to_string(revisions_.at(list)));
    put(text, "0198f5a2c3d47e8f90a1b2c3d4e5f601", request_id_);
    put(text, "kfi_ExampleExampleExampleExampleExampleExampleExample", invitation_token_);
    put(text, "123456", totp_ ? totp_code(*totp_, totp_step_at(clock_.now())) : "123456");
    return text;
  }
  std::string list_of(const std::string& path) const {
    if (path.find("allowlist") == std::string::npos) return "";
    if (path.rfind("/api/v1/keys", 0) == 0) return "/api/v1/keys/" + key_ + "/allowlist";
    if (path.rfind("/api/v1/accounts", 0) == 0) return "/api/v1/accounts/" + account_ + "/allowlist";
    return "/api/v1/allowlist";
  }

  void begin_totp() {
    browse(browser_, {.method = "POST", .path = "/api/v1/me/totp"});
    totp_ = store_->person(person_)->totp_pending;
  }
  void enable_totp() {
    begin_totp();
    const std::string code = totp_code(*totp_, totp_step_at(clock_.now()));
    browse(browser_, {.method = "PUT", .path = "/api/v1/me/totp", .body = R"({"code":")" + code + "\"}"});
    pass(std::chrono::seconds(30));
  }

  // What has to have happened before.
  void prepare(const std::string& operation) {
    if (operation == "restoreAccount") remove("/api/v1/accounts/" + account_);
    if (operation == "acceptInvitation" || operation == "signIn") browser_ = {};
    if (operation == "enableTotp") begin_totp();
    if (operation == "disableTotp" || operation == "renewRecoveryCodes") enable_totp();
    if (operation == "signInSecondFactor") {
      enable_totp();
      browser_ = {};
      sign_in(browser_, "operator", std::string(kPassword));
    }
    if (operation == "endMySession") {
      Browser other;
      sign_in(other, "operator", std::string(kPassword));
      const ApiAnswer sessions = browse(browser_, {.method = "GET", .path = "/api/v1/me/sessions"});
      other_session_ =
          sessions.text("/items/0/current") == "true" ? sessions.text("/items/1/id") : sessions.text("/items/0/id");
    }
  }

  PersonId person_;
  Browser browser_;
  std::string account_, key_, member_, second_, invitation_, invitation_token_, token_, request_id_, other_session_;
  std::map<std::string, std::string> entries_;
  std::map<std::string, std::uint64_t> revisions_;
  std::optional<TotpSecret> totp_;
};

class Document {
 public:
  std::vector<Operation> operations() const {
    std::vector<Operation> all;
    for (const auto& path : check_.document().at("paths").as_object()) {
      const json::object& item = path.value().as_object();
      for (const auto& one : item) {
        if (one.key() == "parameters") continue;
        std::string method(one.key());
        std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::toupper(c); });
        all.push_back({std::string(path.key()), method, &one.value().as_object(), &item});
      }
    }
    return all;
  }

  // The one example of a media type; nullptr: it has none.
  const json::value* example_of(const json::value& media) const {
    const json::object& object = media.as_object();
    const json::value* examples = object.if_contains("examples");
    if (examples == nullptr || examples->as_object().empty()) return nullptr;
    return check_.resolve(examples->as_object().begin()->value()).as_object().if_contains("value");
  }

  // The path with the examples of its parameters, and of those of the query that are required.
  std::string target_of(const Operation& operation, std::vector<std::string>& lacking) const {
    std::string target = operation.path;
    std::string query;
    for (const json::object* place : {operation.shared, operation.description}) {
      const json::value* parameters = place->if_contains("parameters");
      if (parameters == nullptr) continue;
      for (const json::value& reference : parameters->as_array()) {
        const json::object& parameter = check_.resolve(reference).as_object();
        const json::value* required = parameter.if_contains("required");
        if (required == nullptr || !required->as_bool()) continue;
        const std::string name(parameter.at("name").as_string());
        const json::value* example = parameter.if_contains("example");
        if (example == nullptr) {
          lacking.push_back(operation.id() + ": parameter " + name);
          continue;
        }
        const std::string text = example->is_string() ? std::string(example->as_string()) : json::serialize(*example);
        const std::size_t at = target.find("{" + name + "}");
        if (at != std::string::npos) {
          target.replace(at, name.size() + 2, text);
        } else {
          query += (query.empty() ? "?" : "&") + name + "=" + text;
        }
      }
    }
    return target + query;
  }

  // What may be sent: media types with their examples; one without any where there is no body.
  struct Body {
    std::string media;
    std::string text;
  };
  std::vector<Body> bodies_of(const Operation& operation, std::vector<std::string>& lacking) const {
    const json::value* body = operation.description->if_contains("requestBody");
    if (body == nullptr) return {{}};
    std::vector<Body> bodies;
    for (const auto& content : check_.resolve(*body).at("content").as_object()) {
      const json::value* example = example_of(content.value());
      if (example == nullptr) {
        lacking.push_back(operation.id() + ": the body as " + std::string(content.key()));
        continue;
      }
      const bool text = content.key() == "text/plain";
      bodies.push_back(
          {std::string(content.key()), text ? std::string(example->as_string()) : json::serialize(*example)});
    }
    return bodies;
  }

  // The answer that is no error.
  static std::pair<int, const json::value*> success_of(const Operation& operation) {
    for (const auto& answer : operation.description->at("responses").as_object()) {
      if (answer.key().front() == '2') return {std::stoi(std::string(answer.key())), &answer.value()};
    }
    ADD_FAILURE() << operation.id() << " describes no success";
    return {};
  }

  const OpenapiCheck& check() const { return check_; }

 private:
  OpenapiCheck check_;
};

TEST(Examples, EveryOperationHasThemAndTheyFitTheirSchemas) {
  const Document document;
  std::vector<std::string> lacking;
  for (const Operation& operation : document.operations()) {
    static_cast<void>(document.target_of(operation, lacking));
    static_cast<void>(document.bodies_of(operation, lacking));
    const json::object& answer = document.check().resolve(*Document::success_of(operation).second).as_object();
    const json::value* content = answer.if_contains("content");
    if (content == nullptr) continue;
    for (const auto& media : content->as_object()) {
      const json::value* example = document.example_of(media.value());
      if (example == nullptr) {
        lacking.push_back(operation.id() + ": the answer as " + std::string(media.key()));
        continue;
      }
      for (const std::string& complaint : document.check().complaints_of(media.value().at("schema"), *example)) {
        ADD_FAILURE() << operation.id() << ": " << complaint;
      }
    }
  }
  EXPECT_EQ(lacking, std::vector<std::string>());
}

class EachExample : public World, public ::testing::WithParamInterface<Operation> {};

// A world of its own for each: some change what others speak of.
TEST_P(EachExample, IsAnsweredAsTheDocumentSays) {
  const Document document;
  const Operation& operation = GetParam();
  std::vector<std::string> lacking;
  const std::string target = document.target_of(operation, lacking);
  prepare(operation.id());
  const std::vector<Document::Body> bodies = document.bodies_of(operation, lacking);
  for (const Document::Body& body : bodies) {
    ApiRequest request{
        .method = operation.method, .path = translated(operation, target), .body = translated(operation, body.text)};
    if (!body.media.empty()) request.content_type = body.media;
    if (body.media != bodies.front().media) request.path += "?on_duplicate=skip";  // the same as JSON and as text
    const ApiAnswer answer = browse(browser_, request);                            // held against the document
    EXPECT_EQ(answer.status, Document::success_of(operation).first) << request.method << " " << request.path << "\n"
                                                                    << request.body << "\n"
                                                                    << answer.response.body;
  }
  EXPECT_EQ(lacking, std::vector<std::string>());
}

// The document outlives its operations.
std::vector<Operation> all_operations() {
  static const Document document;
  return document.operations();
}

INSTANTIATE_TEST_SUITE_P(Openapi, EachExample, ::testing::ValuesIn(all_operations()),
                         [](const auto& tested) { return tested.param.id(); });

}  // namespace
}  // namespace keyfence
