#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Members : public ApiFixture {
 protected:
  Members() : acme_(make_account("Acme")), ada_(make_person({.login = "ada", .account = acme_})) {
    sign_in(owner_, "ada");
  }
  ApiAnswer send(Browser& browser, std::string_view method, const std::string& path, const std::string& body = "") {
    return browse(browser, {.method = method, .path = "/api/v1" + path, .body = body});
  }
  // The token of an invitation to Acme.
  std::string invite(const std::string& login, const std::string& role) {
    const ApiAnswer made = send(owner_, "POST", "/accounts/" + acme_ + "/invitations",
                                R"({"login":")" + login + R"(","role":")" + role + "\"}");
    EXPECT_EQ(made.status, 201) << made.response.body;
    return made.text("/token");
  }
  static std::string accept_body(const std::string& token) {
    return R"({"token":")" + token + R"(","name":"New","password":"a long password"})";
  }

  std::string acme_;
  PersonId ada_;
  Browser owner_;
};

TEST_F(Members, SeeTheirAccountAloneAndMeTellsWhich) {
  const std::string other = make_account("Other");
  const ApiAnswer me = send(owner_, "GET", "/me");
  EXPECT_EQ(me.text("/operator"), "false");
  EXPECT_EQ(me.text("/memberships/0/account_id"), acme_);
  EXPECT_EQ(me.text("/memberships/0/account_name"), "Acme");
  EXPECT_EQ(me.text("/memberships/0/role"), "owner");
  EXPECT_EQ(send(owner_, "GET", "/accounts").body.at("items").as_array().size(), 1U);
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + other).status, 404);
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + other + "/members").status, 404);
  EXPECT_EQ(send(owner_, "POST", "/accounts/" + other + "/keys", R"({"name":"k"})").status, 404);
  EXPECT_EQ(send(owner_, "GET", "/status").status, 403);
}

TEST_F(Members, AnInvitationMakesAMemberOnce) {
  const std::string token = invite("Bob@Example.org", "admin");
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + acme_ + "/invitations").text("/items/0/login"), "bob@example.org");
  Browser bob;
  const std::string body = R"({"token":")" + token + "\"}";
  const ApiAnswer found = send(bob, "POST", "/invitations/lookup", body);
  EXPECT_EQ(found.text("/account_name"), "Acme");
  EXPECT_EQ(found.text("/login"), "bob@example.org");
  EXPECT_EQ(found.text("/login_exists"), "false");
  const ApiAnswer accepted = send(bob, "POST", "/invitations/accept", accept_body(token));
  ASSERT_EQ(accepted.status, 200) << accepted.response.body;
  EXPECT_EQ(accepted.text("/me/memberships/0/role"), "admin");
  EXPECT_EQ(send(bob, "GET", "/me").text("/login"), "bob@example.org");
  EXPECT_EQ(send(bob, "POST", "/accounts/" + acme_ + "/keys", R"({"name":"k"})").status, 201);
  EXPECT_EQ(send(bob, "POST", "/accounts/" + acme_ + "/invitations", R"({"login":"c","role":"viewer"})").status, 403);

  Browser late;
  EXPECT_EQ(send(late, "POST", "/invitations/lookup", body).status, 404);
  EXPECT_EQ(send(late, "POST", "/invitations/accept", accept_body(token)).status, 404);
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + acme_ + "/invitations").text("/items"), "[]");
  const ApiAnswer members = send(owner_, "GET", "/accounts/" + acme_ + "/members");
  EXPECT_EQ(members.text("/items/1/login"), "bob@example.org");
  EXPECT_EQ(members.text("/items/1/totp_enabled"), "false");
}

TEST_F(Members, InvitationsExpireAreRevokedAndReplaced) {
  Browser bob;
  const std::string expired = invite("bob", "viewer");
  pass(std::chrono::hours(24 * 7));
  EXPECT_EQ(send(bob, "POST", "/invitations/accept", accept_body(expired)).status, 404);
  sign_in(owner_, "ada");
  const std::string first = invite("bob", "viewer");
  const std::string second = invite("bob", "admin");
  EXPECT_EQ(send(bob, "POST", "/invitations/accept", accept_body(first)).status, 404);
  const std::string id = send(owner_, "GET", "/accounts/" + acme_ + "/invitations").text("/items/0/id");
  EXPECT_EQ(send(owner_, "DELETE", "/accounts/" + acme_ + "/invitations/" + id).status, 204);
  EXPECT_EQ(send(owner_, "DELETE", "/accounts/" + acme_ + "/invitations/" + id).status, 404);
  EXPECT_EQ(send(bob, "POST", "/invitations/accept", accept_body(second)).status, 404);
  EXPECT_EQ(send(bob, "POST", "/invitations/accept", accept_body("kfi_made-up")).status, 404);
}

TEST_F(Members, WhoHasALoginAlreadyJoinsSignedInAndKeepsTheirPassword) {
  const std::string other = make_account("Other");
  make_person({.login = "bob", .account = other, .role = Role::kViewer});
  const std::string token = invite("bob", "admin");
  Browser bob;
  EXPECT_EQ(send(bob, "POST", "/invitations/accept", accept_body(token)).text("/code"), "login_exists");
  const std::string alone = R"({"token":")" + token + "\"}";
  EXPECT_EQ(send(owner_, "POST", "/invitations/accept", alone).status, 422) << "ada is not bob";
  sign_in(bob, "bob");
  EXPECT_EQ(send(bob, "POST", "/invitations/lookup", alone).text("/login_exists"), "true");
  const ApiAnswer joined = send(bob, "POST", "/invitations/accept", alone);
  EXPECT_EQ(joined.status, 200) << joined.response.body;
  EXPECT_EQ(joined.body.at("me").at("memberships").as_array().size(), 2U);
  // A role counts where it was given.
  EXPECT_EQ(send(bob, "POST", "/accounts/" + acme_ + "/keys", R"({"name":"k"})").status, 201);
  EXPECT_EQ(send(bob, "POST", "/accounts/" + other + "/keys", R"({"name":"k"})").status, 403);
  EXPECT_EQ(send(bob, "GET", "/audit").text("/errors/0/parameter"), "account_id");
  EXPECT_EQ(send(bob, "GET", "/audit?account_id=" + other).status, 200);
  EXPECT_EQ(sign_in(bob, "bob").status, 200);
}

TEST_F(Members, WhoInvitesDoesNotLearnWhoHasALogin) {
  make_person({.login = "rival", .account = make_account("Other")});
  const auto answers = [&](const std::string& login) {
    const std::string token = invite(login, "viewer");
    std::string told;
    for (const std::string& rest : {std::string("}"), std::string(R"(,"name":"N","password":"short"})"),
                                    std::string(R"(,"password":"a long password"})")}) {
      std::string body = R"({"token":")";
      body += token;
      body += '"';
      body += rest;
      const ApiAnswer answer = send(owner_, "POST", "/invitations/accept", body);
      told += std::to_string(answer.status) + answer.text("/errors") + "\n";
    }
    return told + send(owner_, "POST", "/invitations/lookup", R"({"token":")" + token + "\"}").text("/login_exists");
  };
  EXPECT_EQ(answers("rival"), answers("nobody"));
}

TEST_F(Members, TheLastOwnerStays) {
  const std::string self = "/accounts/" + acme_ + "/members/" + ada_.text();
  EXPECT_EQ(send(owner_, "DELETE", self).text("/code"), "last_owner");
  EXPECT_EQ(send(owner_, "PATCH", self, R"({"role":"admin"})").text("/code"), "last_owner");
  EXPECT_EQ(remove("/api/v1" + self).text("/code"), "last_owner") << "not for the operator either";
  const PersonId bob = make_person({.login = "bob", .account = acme_, .role = Role::kViewer});
  const std::string him = "/accounts/" + acme_ + "/members/" + bob.text();
  EXPECT_EQ(send(owner_, "PATCH", him, R"({"role":"owner"})").text("/role"), "owner");
  EXPECT_EQ(send(owner_, "PATCH", self, R"({"role":"viewer"})").text("/role"), "viewer");
  EXPECT_EQ(send(owner_, "PATCH", him, R"({"role":"viewer"})").status, 403) << "at the next request";
}

TEST_F(Members, RemovedOnesAreOutAtTheNextRequest) {
  const PersonId bob = make_person({.login = "bob", .account = acme_, .role = Role::kAdmin});
  Browser browser;
  sign_in(browser, "bob");
  EXPECT_EQ(send(browser, "GET", "/accounts/" + acme_).status, 200);
  EXPECT_EQ(send(owner_, "DELETE", "/accounts/" + acme_ + "/members/" + bob.text()).status, 204);
  EXPECT_EQ(send(browser, "GET", "/accounts/" + acme_).status, 401);
  EXPECT_EQ(sign_in(browser, "bob").status, 401);
  EXPECT_EQ(send(owner_, "DELETE", "/accounts/" + acme_ + "/members/" + bob.text()).status, 404);
}

TEST_F(Members, OfASuspendedAccountReadAndOfADeletedOneDoNot) {
  patch("/api/v1/accounts/" + acme_, R"({"state":"suspended"})");
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + acme_).status, 200);
  EXPECT_EQ(send(owner_, "POST", "/accounts/" + acme_ + "/keys", R"({"name":"k"})").status, 403);
  EXPECT_EQ(send(owner_, "GET", "/me").text("/memberships/0/account_state"), "suspended");
  remove("/api/v1/accounts/" + acme_);
  EXPECT_EQ(send(owner_, "GET", "/accounts/" + acme_).status, 404);
  EXPECT_EQ(send(owner_, "GET", "/me").text("/memberships"), "[]");
  EXPECT_EQ(send(owner_, "GET", "/accounts").status, 403);
}

TEST_F(Members, AreInvitedWithALoginThatCanBeOneAndARoleOfAnAccount) {
  const std::string path = "/accounts/" + acme_ + "/invitations";
  EXPECT_EQ(send(owner_, "POST", path, R"({"login":"a b","role":"operator"})").body.at("errors").as_array().size(), 2U);
  EXPECT_EQ(send(owner_, "POST", path, R"({})").body.at("errors").as_array().size(), 2U);
  EXPECT_EQ(send(owner_, "POST", path, R"({"login":"ada","role":"viewer"})").text("/code"), "duplicate_member");
}

TEST_F(Members, TokensOfInvitationsAreNotLogged) {
  const std::string token = invite("bob", "viewer");
  Browser bob;
  EXPECT_EQ(send(bob, "GET", "/invitations/" + token).status, 404);
  EXPECT_EQ(send(bob, "GET", "/accounts?x=" + token).status, 401);
  send(bob, "POST", "/invitations/accept", accept_body(token));
  EXPECT_EQ((log_ + get("/api/v1/audit").response.body).find(token), std::string::npos);
}

}  // namespace
}  // namespace keyfence
