#include "libs/admin/static_files.h"

#include <fstream>

#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Console : public ApiFixture {
 protected:
  Console() {
    put_file("index.html", "<!doctype html>");
    put_file("assets/index-3f9c1A_b.js", "let a = 1;");
    put_file("assets/index-3f9c1A_b.js.gz", "\x1f\x8b gzip");
    put_file("sign-in.html", "<!doctype html><title>Sign in");
    put_file("favicon.svg", "<svg/>");
    std::ofstream(dir_ / "secret.txt") << "not of the console";
    auto files = StaticFiles::load(dir_ / "console");
    EXPECT_TRUE(files.ok());
    files_.emplace(*std::move(files));
    services_->console = &*files_;
  }
  void put_file(const std::string& name, std::string_view bytes) {
    const std::filesystem::path path = dir_ / "console" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ApiAnswer fetch(const std::string& path, std::vector<HttpHeader> headers = {}) {
    return call({.method = "GET", .path = path, .token = "none", .headers = std::move(headers)});
  }

  std::optional<StaticFiles> files_;
};

TEST_F(Console, IsServedWithoutSignInUnderAStrictPolicy) {
  const ApiAnswer page = fetch("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.response.body, "<!doctype html>");
  EXPECT_EQ(page.response.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(page.header("Cache-Control"), "no-cache");
  const std::string policy = *page.header("Content-Security-Policy");
  EXPECT_NE(policy.find("script-src 'self';"), std::string::npos) << policy;
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(Console, ItsOwnPathsGetItsPageAndTheApisDoNot) {
  EXPECT_EQ(fetch("/accounts/acc_1/keys").response.body, "<!doctype html>");
  EXPECT_EQ(fetch("/invitation").response.body, "<!doctype html>");
  EXPECT_EQ(fetch("/sign-in?to=%2Fprofile").response.body, "<!doctype html><title>Sign in") << "the page of its own";
  EXPECT_EQ(fetch("/sign-in/").response.body, "<!doctype html>");
  EXPECT_EQ(fetch("/api/v1/nothing").text("/code"), "not_found");
  EXPECT_EQ(fetch("/api").text("/code"), "not_found");
  EXPECT_EQ(fetch("/healthz").text("/status"), "ok");
  EXPECT_EQ(fetch("/missing.js").status, 404) << "a file that is not there is no page";
  EXPECT_EQ(call({.method = "POST", .path = "/", .body = "{}", .token = "none"}).status, 404);
}

TEST_F(Console, HashedFilesAreImmutableAndSentCompressedToWhoTakesIt) {
  const ApiAnswer plain = fetch("/assets/index-3f9c1A_b.js");
  EXPECT_EQ(plain.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("Content-Encoding"), std::nullopt);
  const ApiAnswer small = fetch("/assets/index-3f9c1A_b.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(small.header("Content-Encoding"), "gzip");
  EXPECT_EQ(small.response.body, "\x1f\x8b gzip");
  EXPECT_NE(small.header("ETag"), plain.header("ETag"));
  EXPECT_EQ(fetch("/assets/index-3f9c1A_b.js.gz").status, 404);
}

TEST_F(Console, WhatIsKnownIsNotSentAgain) {
  const std::string etag = *fetch("/favicon.svg").header("ETag");
  const ApiAnswer again = fetch("/favicon.svg", {{"If-None-Match", "\"x\", " + etag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.response.body, "");
  EXPECT_EQ(again.header("ETag"), etag);
  EXPECT_EQ(fetch("/favicon.svg", {{"If-None-Match", "\"x\""}}).status, 200);
}

TEST_F(Console, NoPathLeavesItsDirectory) {
  for (const std::string_view path :
       {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//secret.txt", "/..%2fsecret.txt",
        "/assets//index-3f9c1A_b.js", "/./index.html"}) {
    const ApiAnswer answer = fetch(std::string(path));
    EXPECT_EQ(answer.response.body.find("not of the console"), std::string::npos) << path;
    EXPECT_NE(answer.status, 200) << path;
  }
}

TEST_F(Console, TlsIsRememberedWhereATrustedProxyTellsOfIt) {
  const std::vector<HttpHeader> headers = {{"X-Forwarded-Proto", "https"}};
  EXPECT_EQ(fetch("/", headers).header("Strict-Transport-Security"), std::nullopt);
  AddressSetBuilder proxies;
  proxies.add(IpRange::single(*IpAddress::parse("192.0.2.77")));
  services_->proxy_trust.proxies = std::move(proxies).build();
  EXPECT_EQ(fetch("/", headers).header("Strict-Transport-Security"), "max-age=31536000");
  EXPECT_EQ(fetch("/").header("Strict-Transport-Security"), std::nullopt);
}

TEST(StaticFiles, WithoutAnIndexAreNoConsole) {
  const std::filesystem::path empty = std::filesystem::temp_directory_path() / "keyfence-no-console";
  std::filesystem::create_directories(empty);
  EXPECT_FALSE(StaticFiles::load(empty).ok());
  EXPECT_FALSE(StaticFiles::load(empty / "missing").ok());
}

}  // namespace
}  // namespace keyfence
