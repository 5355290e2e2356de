#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/admin/call.h"

namespace keyfence {

enum class BodyKind : std::uint8_t { kNone, kJson, kJsonOrText };

// Whether a person who has signed in long ago has to give the password again first. Tokens never have to.
enum class Freshness : std::uint8_t { kAny, kConfirmed };

// Whether a route may be run on the thread that reads and writes for all connections.
enum class Pace : std::uint8_t { kMayWait, kAtOnce };

inline constexpr std::size_t kBodyBytesMax = 1024 * 1024;
inline constexpr std::size_t kImportBodyBytesMax = 16 * 1024 * 1024;

// One line of the routing table.
struct Route {
  HttpMethod method;
  std::string_view path;  // a template: /api/v1/keys/{key_id}
  Access access;
  Answer (*handler)(Call&);
  BodyKind body = BodyKind::kNone;
  std::size_t body_bytes_max = kBodyBytesMax;
  std::vector<std::string_view> query = {};  // the parameters it knows
  Freshness freshness = Freshness::kAny;
  Pace pace = Pace::kMayWait;
};

// Every route of the API; openapi.yaml describes the same ones.
[[nodiscard]] const std::vector<Route>& routing_table();

struct RouteMatch {
  const Route* route = nullptr;         // nullptr: none with this method
  std::vector<const Route*> same_path;  // where there is none: those of other methods; empty: no such path
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
};

// Finds the route of a request. HEAD is answered as GET. Templates are compared segment by segment; nothing is decoded.
//
// Cost     Only templates with as many segments as the path are compared.
class Router {
 public:
  explicit Router(std::span<const Route> routes);  // which outlive this object
  [[nodiscard]] RouteMatch match(HttpMethod method, std::string_view path) const;

 private:
  std::vector<std::vector<const Route*>> by_segments_;
};

// Of the routing table.
[[nodiscard]] RouteMatch match_route(HttpMethod method, std::string_view path);

}  // namespace keyfence
