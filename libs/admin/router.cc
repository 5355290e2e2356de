#include "libs/admin/router.h"

#include <algorithm>
#include <utility>

namespace keyfence {
namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

// Most patterns part from the path within a few characters.
bool matches(std::string_view pattern, std::string_view path, Parameters& parameters) {
  parameters.clear();
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '{') {
      const std::size_t close = pattern.find('}', i);
      const std::size_t end = std::min(path.find('/', at), path.size());
      if (end == at) return false;
      parameters.emplace_back(pattern.substr(i + 1, close - i - 1), path.substr(at, end - at));
      i = close + 1;
      at = end;
    } else if (at < path.size() && path[at] == pattern[i]) {
      ++i;
      ++at;
    } else {
      return false;
    }
  }
  return at == path.size();
}

std::size_t segments_of(std::string_view path) noexcept {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

}  // namespace

Router::Router(std::span<const Route> routes) {
  for (const Route& route : routes) {
    const std::size_t segments = segments_of(route.path);
    if (by_segments_.size() <= segments) by_segments_.resize(segments + 1);
    by_segments_[segments].push_back(&route);
  }
}

RouteMatch Router::match(HttpMethod method, std::string_view path) const {
  RouteMatch result;
  const std::size_t segments = segments_of(path);
  if (segments == 0 || segments >= by_segments_.size()) return result;
  const HttpMethod wanted = method == HttpMethod::kHead ? HttpMethod::kGet : method;
  Parameters parameters;
  for (const Route* route : by_segments_[segments]) {
    if (!matches(route->path, path, parameters)) continue;
    if (route->method == wanted) return {route, {}, std::move(parameters)};
    result.same_path.push_back(route);
  }
  return result;
}

RouteMatch match_route(HttpMethod method, std::string_view path) {
  static const Router router(routing_table());
  return router.match(method, path);
}

}  // namespace keyfence
