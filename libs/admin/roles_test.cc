// Asks the API for every cell of roles.txt.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "libs/admin/router.h"
#include "libs/admin/sign_in/session_times.h"
#include "libs/admin/testing/api_fixture.h"
#include "libs/usage/usage_store.h"

namespace keyfence {
namespace {

struct Line {
  std::string method;
  std::string path;
  std::map<std::string, std::string> cells;  // by column

  [[nodiscard]] std::string operation() const { return method + " " + path; }
};

std::vector<Line> read_table() {
  std::ifstream in(KEYFENCE_ROLES_FILE);
  EXPECT_TRUE(in.good());
  std::vector<Line> lines;
  std::vector<std::string> columns;
  for (std::string text; std::getline(in, text);) {
    std::istringstream words(text);
    Line line;
    words >> line.method;
    if (line.method == "#") {
      std::string word;
      words >> word;
      if (word != "method") continue;
      words >> word;  // path
      while (words >> word) columns.push_back(word);
    } else if (!line.method.empty()) {
      words >> line.path;
      for (const std::string& column : columns) words >> line.cells[column];
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

class Roles : public ApiFixture {
 protected:
  Roles() {
    make_world();
    for (const Role role : {Role::kViewer, Role::kAdmin, Role::kOwner, Role::kOperator}) {
      const bool everywhere = role == Role::kOperator;
      callers_[std::string(name(role))] = {make_person({.login = std::string(name(role)),
                                                        .reach = everywhere ? Reach::kInstance : Reach::kAccounts,
                                                        .account = everywhere ? "" : account_,
                                                        .role = role}),
                                           make_token(std::string(name(role)), everywhere ? "" : account_)};
    }
    const std::string other = make_account("Other");
    callers_["elsewhere"] = {make_person({.login = "elsewhere", .account = other}), make_token("owner", other)};
  }

  // Things to ask about. The account stays; what a call may have consumed is made anew.
  void make_world() {
    if (account_.empty()) account_ = make_account("Mine");
    make_things();
  }
  void make_things() {
    ++made_;
    const std::string number = std::to_string(made_ / 250) + "." + std::to_string(made_ % 250);
    const std::string entry = R"({"text":"203.0.)" + number + "\"}";
    key_ = make_key(account_).id;
    ids_by_prefix_["/api/v1/allowlist"] = post("/api/v1/allowlist/entries", entry).text("/entry/id");
    ids_by_prefix_["/api/v1/accounts"] =
        post("/api/v1/accounts/" + account_ + "/allowlist/entries", entry).text("/entry/id");
    ids_by_prefix_["/api/v1/keys"] = post("/api/v1/keys/" + key_ + "/allowlist/entries", entry).text("/entry/id");
    const std::string login = "member" + std::to_string(made_);
    member_ = make_person({.login = login, .account = account_, .role = Role::kViewer}).text();
    operator_ = make_person({.login = "operator" + std::to_string(made_), .reach = Reach::kInstance}).text();
    invitation_ = post("/api/v1/accounts/" + account_ + "/invitations",
                       R"({"login":"new)" + std::to_string(made_) + R"(","role":"viewer"})")
                      .text("/id");
    token_ =
        post("/api/v1/tokens", R"({"name":"t","role":"viewer","account_id":")" + account_ + "\"}").text("/token/id");
  }

  // A session of this person, as its cookie.
  struct MadeSession {
    std::string cookie;
    SessionId id;
  };
  MadeSession make_session(PersonId person, std::chrono::seconds age, std::chrono::seconds confirmed_ago) {
    const NewSecret secret = NewSecret::make("kfs_");
    const SessionRow row{.id = SessionId(ids_.next()),
                         .digest = secret.digest(),
                         .person = person,
                         .stage = SessionStage::kSignedIn,
                         .created_at = after(clock_.now(), -age),
                         .last_seen_at = clock_.now(),
                         .confirmed_at = after(clock_.now(), -confirmed_ago),
                         .address = "",
                         .user_agent = ""};
    EXPECT_TRUE(store_->transact([&](Transaction& tx) { return tx.insert_session(row); }).ok());
    return {secret.reveal_once(), row.id};
  }

  ApiAnswer ask(const Line& line, const std::string& token, const std::string& cookie, const std::string& session) {
    std::string path = line.path;
    const auto put = [&path](std::string_view parameter, const std::string& id) {
      const std::size_t at = path.find(parameter);
      if (at != std::string::npos) path.replace(at, parameter.size(), id);
    };
    for (const auto& [prefix, id] : ids_by_prefix_) {
      if (path.rfind(prefix, 0) == 0) put("{entry_id}", id);
    }
    put("{account_id}", account_);
    put("{key_id}", key_);
    put("{person_id}", path.rfind("/api/v1/operators", 0) == 0 ? operator_ : member_);
    put("{invitation_id}", invitation_);
    put("{token_id}", token_);
    put("{session_id}", session);
    put("{request_id}", std::string(32, '0'));
    put("{revision}", "0");
    EXPECT_EQ(path.find('{'), std::string::npos) << "a parameter that this test does not know: " << path;
    const HttpMethod method = method_called(line.method);
    const Route* route = match_route(method, path).route;
    EXPECT_NE(route, nullptr) << path;
    ApiRequest request{.method = line.method, .path = path, .token = token.empty() ? "none" : token};
    if (route != nullptr && route->body != BodyKind::kNone) request.body = "{}";
    if (!cookie.empty()) request.headers = {{"Cookie", "__Host-keyfence=" + cookie}, {"Keyfence-Csrf", "1"}};
    return call(request);
  }

  static HttpMethod method_called(std::string_view text) {
    for (const HttpMethod one : {HttpMethod::kGet, HttpMethod::kPost, HttpMethod::kPut, HttpMethod::kPatch}) {
      if (name(one) == text) return one;
    }
    return HttpMethod::kDelete;
  }

  static void expect_cell(const Line& line, const std::string& who, const ApiAnswer& answer, const std::string& cell) {
    const std::string what = line.operation() + " as " + who + ": " + std::to_string(answer.status) + " " +
                             answer.response.body.substr(0, 200);
    if (cell != "yes") {
      EXPECT_EQ(std::to_string(answer.status), cell) << what;
      return;
    }
    const bool unknown_request = line.path.find("{request_id}") != std::string::npos && answer.status == 404;
    const bool refused = answer.status == 401 || answer.status == 403 || answer.status == 405 ||
                         (answer.status == 404 && !unknown_request) || answer.status >= 500;
    EXPECT_FALSE(refused) << what;
  }

  // What a call that is let in may use up.
  void renew(const Line& line) {
    const bool consumes = line.method == "DELETE" || line.path.find("/revoke") != std::string::npos;
    if (!consumes) return;
    static_cast<void>(call({.method = "POST", .path = "/api/v1/accounts/" + account_ + "/restore"}));
    make_things();
  }

  struct Known {
    PersonId person;
    std::string token;
  };
  std::map<std::string, Known> callers_;  // by column
  std::map<std::string, std::string> ids_by_prefix_;
  std::string account_, key_, member_, operator_, invitation_, token_;
  int made_ = 0;
};

TEST_F(Roles, TheTableHasEveryOperationOnce) {
  std::vector<std::string> listed;
  for (const Line& line : read_table()) listed.push_back(line.operation());
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, openapi_.operations());
}

TEST_F(Roles, EveryRoleIsAnsweredAsTheTableSays) {
  for (const Line& line : read_table()) {
    for (const auto& [column, caller] : callers_) {
      const std::string& cell = line.cells.at(column);
      if (cell == "-") continue;
      const MadeSession session = make_session(caller.person, std::chrono::seconds(0), std::chrono::seconds(0));
      const PersonId whose = column == "elsewhere" ? callers_.at("viewer").person : caller.person;
      const MadeSession other = make_session(whose, std::chrono::seconds(0), std::chrono::seconds(0));
      expect_cell(line, column, ask(line, "", session.cookie, other.id.text()), cell);
      renew(line);
      const bool tokens_may = line.cells.at("token") == "yes";
      expect_cell(line, column + "'s token", ask(line, caller.token, "", other.id.text()),
                  tokens_may ? cell : line.cells.at("token"));
      renew(line);
    }
  }
}

TEST_F(Roles, WhoHasNoSessionOrOneThatHasEndedIsNobody) {
  const PersonId person = callers_.at("operator").person;
  const ApiAnswer made = post(
      "/api/v1/tokens", R"({"name":"t","role":"operator","expires_at":")" + rfc3339(to_seconds(clock_.now())) + "\"}");
  for (const Line& line : read_table()) {
    const std::string& cell = line.cells.at("nobody");
    const std::string id = SessionId(ids_.next()).text();
    expect_cell(line, "nobody", ask(line, "", "", id), cell);
    const MadeSession ended = make_session(person, kSessionLife, std::chrono::seconds(0));
    expect_cell(line, "an ended session", ask(line, "", ended.cookie, id), cell);
    expect_cell(line, "an expired token", ask(line, made.text("/secret"), "", id), cell);
  }
}

TEST_F(Roles, WhatAsksForThePasswordAgainDoesSoOfPeopleAlone) {
  for (const Line& line : read_table()) {
    if (line.cells.at("operator") != "yes" || line.cells.at("nobody") == "yes") continue;
    const PersonId person = callers_.at("operator").person;
    const MadeSession old = make_session(person, std::chrono::minutes(11), std::chrono::minutes(11));
    const MadeSession other = make_session(person, std::chrono::seconds(0), std::chrono::seconds(0));
    const ApiAnswer answer = ask(line, "", old.cookie, other.id.text());
    EXPECT_EQ(answer.text("/code") == "sign_in_again", line.cells.at("again") == "yes") << line.operation();
    renew(line);
  }
}

}  // namespace
}  // namespace keyfence
