#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/application.h"
#include "libs/admin/testing/openapi_check.h"

namespace keyfence {

// An answer of the API, already held against openapi.yaml.
struct ApiAnswer {
  int status = 0;
  boost::json::value body;
  HttpResponse response;

  // A member of the body as text; empty for what is not there.
  [[nodiscard]] std::string text(std::string_view pointer) const;
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct ApiRequest {
  std::string_view method;
  std::string path;  // with the query
  std::string body = {};
  std::string token = {};  // empty: the operator's
  std::vector<HttpHeader> headers = {};
  std::string content_type = "application/json";
  std::string peer = "192.0.2.77";
};

// The whole admin API in one process, without a socket: the real store in SQLite, the real publisher and image.
class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture();
  ~ApiFixture() override;

  ApiAnswer call(const ApiRequest& request);
  ApiAnswer get(const std::string& path) { return call({.method = "GET", .path = path}); }
  ApiAnswer post(const std::string& path, std::string body) {
    return call({.method = "POST", .path = path, .body = std::move(body)});
  }
  ApiAnswer patch(const std::string& path, std::string body) {
    return call({.method = "PATCH", .path = path, .body = std::move(body)});
  }
  ApiAnswer put(const std::string& path, std::string body) {
    return call({.method = "PUT", .path = path, .body = std::move(body)});
  }
  ApiAnswer remove(const std::string& path) { return call({.method = "DELETE", .path = path}); }

  std::string make_account(const std::string& name);
  struct MadeKey {
    std::string id;
    std::string secret;
  };
  MadeKey make_key(const std::string& account, const std::string& extra = "");  // extra: ,"scopes":["a"]
  std::string make_token(const std::string& role, const std::string& account);  // its secret

  // A person's browser: keeps cookies, and sends the header that the console sends.
  struct Browser {
    std::map<std::string, std::string> cookies = {};
    std::string address = "192.0.2.77";
  };
  ApiAnswer browse(Browser& browser, const ApiRequest& request);
  struct NewPerson {
    std::string login;
    std::string password = "correct horse";
    Reach reach = Reach::kAccounts;
    std::string account = {};  // a member of it, with this role
    Role role = Role::kOwner;
  };
  PersonId make_person(const NewPerson& person);
  ApiAnswer sign_in(Browser& browser, const std::string& login, const std::string& password = "correct horse");
  void pass(std::chrono::seconds time) { clock_.set({clock_.now().micros + time.count() * 1'000'000}); }

  // From now on the API works over these instead of the fixture's own; for counting what it asks, or for breaking it.
  void serve_with(ControlStore& store, Publisher& publisher);

  // What the image, as a gateway reads it, says of a key and an address.
  Decision decide(const std::string& secret, std::string_view address);

  std::filesystem::path dir_;
  ManualClock clock_;
  IdSource ids_;
  AdminMetrics metrics_;
  PasswordHasher hasher_{Argon2Cost{.memory_kib = 64, .passes = 1, .lanes = 1}};  // cheap: tests sign in a lot
  SignInThrottle throttle_;
  std::unique_ptr<ControlStore> store_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<UsageStore> usage_;  // empty, and nothing drains into it
  std::optional<Services> services_;
  std::unique_ptr<AdminApplication> application_;
  std::string operator_token_;
  std::string log_;  // what was logged, lines
  OpenapiCheck openapi_;
};

}  // namespace keyfence
