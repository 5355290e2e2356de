#include <atomic>
#include <thread>

#include "libs/admin/idempotency/sealed_answer.h"
#include "libs/admin/testing/api_fixture.h"

namespace keyfence {
namespace {

class Idempotency : public ApiFixture {
 protected:
  ApiAnswer create(const std::string& key, const std::string& body = R"({"name":"a key"})",
                   const std::string& token = {}) {
    return call({.method = "POST",
                 .path = "/api/v1/accounts/" + account_ + "/keys",
                 .body = body,
                 .token = token,
                 .headers = {{"Idempotency-Key", key}}});
  }
  std::size_t keys() { return store_->keys(std::nullopt, "", {0, 1'000})->size(); }

  std::string account_ = make_account("Acme");
};

TEST_F(Idempotency, TheSameRequestIsAnsweredAgainSecretAndAllAndMakesNothing) {
  const ApiAnswer first = create("one");
  ASSERT_EQ(first.status, 201) << first.response.body;
  EXPECT_FALSE(first.header("Idempotency-Replayed").has_value());
  const ApiAnswer again = create("one");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.response.body, first.response.body);
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_NE(again.header("X-Request-Id"), first.header("X-Request-Id"));
  EXPECT_EQ(keys(), 1U);
  EXPECT_EQ(create("two").status, 201);
  EXPECT_EQ(keys(), 2U);
}

TEST_F(Idempotency, TheSameKeyWithAnotherRequestIs422) {
  ASSERT_EQ(create("one").status, 201);
  const ApiAnswer other = create("one", R"({"name":"another key"})");
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.text("/code"), "idempotency_key_reused");
  EXPECT_EQ(keys(), 1U);
}

TEST_F(Idempotency, ARefusalIsNotKept) {
  EXPECT_EQ(create("one", R"({"name":""})").status, 422);
  EXPECT_EQ(create("one").status, 201);
}

TEST_F(Idempotency, KeysOfCallersDoNotMeet) {
  const std::string token = make_token("owner", account_);
  EXPECT_EQ(create("one").status, 201);
  EXPECT_EQ(create("one", R"({"name":"a key"})", token).status, 201);
  EXPECT_EQ(keys(), 2U);
}

TEST_F(Idempotency, AnAnswerIsForgottenAfterADay) {
  const ApiAnswer first = create("one");
  clock_.set(Timestamp{clock_.now().micros + kIdempotencyKeptMicros});
  const ApiAnswer later = create("two");
  EXPECT_EQ(later.status, 201);
  EXPECT_NE(create("one").response.body, first.response.body);
}

TEST_F(Idempotency, ManyAtOnceMakeOne) {
  std::atomic<int> replayed{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      HttpRequest request;
      request.method = HttpMethod::kPost;
      request.path = "/api/v1/accounts/" + account_ + "/keys";
      request.body = R"({"name":"a key"})";
      request.headers = {{"Authorization", "Bearer " + operator_token_},
                         {"Content-Type", "application/json"},
                         {"Idempotency-Key", "one"}};
      const HttpResponse response = application_->handle(request, 0);
      for (const HttpHeader& header : response.headers) replayed += header.first == "Idempotency-Replayed" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(replayed, 7);
  EXPECT_EQ(keys(), 1U);
}

TEST_F(Idempotency, AnImportIsOneChangeSetAndOneAnswer) {
  const auto import = [&] {
    return call({.method = "POST",
                 .path = "/api/v1/accounts/" + account_ + "/allowlist/import",
                 .body = "203.0.113.1\n203.0.113.2\n",
                 .headers = {{"Idempotency-Key", "one"}},
                 .content_type = "text/plain"});
  };
  const ApiAnswer first = import();
  ASSERT_EQ(first.status, 200) << first.response.body;
  EXPECT_EQ(import().response.body, first.response.body);
  EXPECT_EQ(get("/api/v1/audit?action=allowlist.import").text("/items/1"), "");
}

TEST_F(Idempotency, KeysThatAreNoneAre422) {
  for (const std::string& key :
       {std::string(), std::string(256, 'x'), std::string("with space"), std::string("\x01")}) {
    EXPECT_EQ(create(key).text("/errors/0/code"), "not_an_idempotency_key");
  }
  EXPECT_EQ(keys(), 0U);
}

TEST_F(Idempotency, TheStoreHoldsNoSecret) {
  const std::string secret = create("one").text("/secret");
  const auto lines = store_->audit({.action = "key.create"}, {});
  const auto row = store_->idempotency(lines->front().actor, sha256("keyfence idempotency\none"));
  ASSERT_TRUE(row.ok() && row->has_value());
  const std::string sealed((*row)->sealed.begin(), (*row)->sealed.end());
  EXPECT_EQ(sealed.find(secret), std::string::npos);
}

// A publisher whose image stands still for a while.
class LatePublisher final : public Publisher {
 public:
  [[nodiscard]] PublisherStatus status() const override {
    PublisherStatus status;
    status.image_revision = image;
    return status;
  }
  [[nodiscard]] bool ready_for_changes() override { return true; }
  Revision image;
};

TEST_F(Idempotency, WhatIsStoredAndNotEnforcedIsNotAnsweredAsDoneUntilItIs) {
  LatePublisher late;
  late.image = *store_->revision();
  serve_with(*store_, late);
  for (int i = 0; i < 2; ++i) {
    const ApiAnswer stored = create("one");
    EXPECT_EQ(stored.status, 503);
    EXPECT_EQ(stored.text("/code"), "stored_not_enforced");
    EXPECT_EQ(keys(), 1U);
  }
  late.image = *store_->revision();
  const ApiAnswer done = create("one");
  EXPECT_EQ(done.status, 201) << done.response.body;
  EXPECT_EQ(done.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(keys(), 1U);
  application_.reset();
  services_.reset();
}

TEST_F(Idempotency, OfALongImportTheCountsAreKept) {
  std::string lines;
  for (int i = 0; i < 1'001; ++i) lines += "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
  const auto import = [&] {
    return call({.method = "POST",
                 .path = "/api/v1/allowlist/import",
                 .body = lines,
                 .headers = {{"Idempotency-Key", "one"}},
                 .content_type = "text/plain"});
  };
  const ApiAnswer first = import();
  ASSERT_EQ(first.status, 200) << first.response.body.substr(0, 300);
  EXPECT_EQ(first.body.at("lines").as_array().size(), 1'001U);
  const ApiAnswer again = import();
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(again.text("/added"), "1001");
  EXPECT_EQ(again.text("/revision"), first.text("/revision"));
  EXPECT_EQ(again.text("/lines"), "[]");
  EXPECT_LT(again.response.body.size(), 1'000U);
}

TEST(SealedAnswer, OnlyWhoAskedCanReadItAndEveryEditIsFound) {
  const HttpResponse answer{.status = 201, .content_type = "application/json", .body = "{}", .headers = {{"A", "b"}}};
  std::vector<std::uint8_t> sealed = seal_answer(answer, "me");
  const auto opened = open_answer(sealed, "me");
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->status, 201);
  EXPECT_EQ(opened->body, "{}");
  EXPECT_EQ(opened->headers, answer.headers);
  EXPECT_FALSE(open_answer(sealed, "you").has_value());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    sealed[i] ^= 1U;
    EXPECT_FALSE(open_answer(sealed, "me").has_value()) << i;
    sealed[i] ^= 1U;
  }
  EXPECT_FALSE(open_answer({}, "me").has_value());
}

}  // namespace
}  // namespace keyfence
