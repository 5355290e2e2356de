#include "libs/admin/router.h"

#include <algorithm>

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

}  // namespace

RouteMatch match_route(std::span<const Route> routes, HttpMethod method, std::string_view path) {
  RouteMatch result;
  if (path.empty() || path.front() != '/') return result;
  const HttpMethod wanted = method == HttpMethod::kHead ? HttpMethod::kGet : method;
  Parameters parameters;
  for (const Route& route : routes) {
    if (!matches(route.path, path, parameters)) continue;
    result.same_path.push_back(&route);
    if (route.method == wanted && result.route == nullptr) {
      result.route = &route;
      result.parameters = parameters;
    }
  }
  return result;
}

}  // namespace keyfence
