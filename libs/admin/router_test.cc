#include "libs/admin/router.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/admin/testing/openapi_check.h"

namespace keyfence {
namespace {

TEST(RoutingTable, IsExactlyWhatTheDocumentDescribes) {
  std::vector<std::string> routes;
  for (const Route& route : routing_table()) {
    routes.push_back(std::string(name(route.method)) + " " + std::string(route.path));
  }
  std::sort(routes.begin(), routes.end());
  EXPECT_EQ(routes, OpenapiCheck().operations());
}

TEST(RoutingTable, OnlyOperationsArePublic) {
  std::vector<std::string> open;
  for (const Route& route : routing_table()) {
    if (route.access == Access::kPublic) open.emplace_back(route.path);
  }
  std::sort(open.begin(), open.end());
  EXPECT_EQ(open, (std::vector<std::string>{"/api/v1/invitations/accept", "/api/v1/invitations/lookup",
                                            "/api/v1/openapi.json", "/api/v1/session", "/api/v1/session",
                                            "/api/v1/session/second-factor", "/docs", "/docs/style.css", "/healthz",
                                            "/metrics", "/readyz"}));
}

TEST(RoutingTable, EveryChangeNeedsMoreThanAViewer) {
  for (const Route& route : routing_table()) {
    // What is one's own, and how one comes to it.
    if (route.access == Access::kPublic || route.access == Access::kPerson) continue;
    const bool reads =
        route.method == HttpMethod::kGet || route.path == "/api/v1/decisions" || route.path == "/api/v1/entries/parse";
    if (!reads) {
      EXPECT_GE(route.access, Access::kAdmin) << route.path;
    }
  }
}

TEST(MatchRoute, PathsMatchWholeAndParametersAreCaptured) {
  const auto match = match_route(HttpMethod::kDelete, "/api/v1/keys/k/allowlist/entries/e");
  ASSERT_NE(match.route, nullptr);
  ASSERT_EQ(match.parameters.size(), 2U);
  EXPECT_EQ(match.parameters[0].second, "k");
  EXPECT_EQ(match.parameters[1].second, "e");
  for (const std::string_view path :
       {"", "api", "/api/v1", "/api/v1/keys", "/api/v1/keys/", "/api/v1/keys/k/", "/api/v1//keys/k", "/api/v1/keys/k/x",
        "/API/v1/accounts", "/api/v1/accounts/", "//healthz"}) {
    EXPECT_TRUE(match_route(HttpMethod::kGet, path).same_path.empty()) << path;
  }
}

TEST(MatchRoute, TheOtherMethodsOfAPathAreToldWhereThereIsNone) {
  const auto match = match_route(HttpMethod::kPatch, "/api/v1/keys/k/allowlist/entries");
  EXPECT_EQ(match.route, nullptr);
  ASSERT_EQ(match.same_path.size(), 1U);
  EXPECT_EQ(match.same_path.front()->method, HttpMethod::kPost);
}

TEST(MatchRoute, HeadIsAnsweredAsGet) {
  EXPECT_NE(match_route(HttpMethod::kHead, "/healthz").route, nullptr);
}

}  // namespace
}  // namespace keyfence
