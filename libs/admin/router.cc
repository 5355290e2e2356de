#include "libs/admin/router.h"

#include <algorithm>
#include <optional>

namespace keyfence {
namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

std::optional<Parameters> match(std::string_view pattern, std::string_view path) {
  Parameters parameters;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (!wanted.empty() && wanted.front() == '{') {
      if (found.empty()) return std::nullopt;
      parameters.emplace_back(wanted.substr(1, wanted.size() - 2), found);
    } else if (wanted != found) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

}  // namespace

RouteMatch match_route(std::span<const Route> routes, HttpMethod method, std::string_view path) {
  RouteMatch result;
  if (path.empty() || path.front() != '/') return result;
  const HttpMethod wanted = method == HttpMethod::kHead ? HttpMethod::kGet : method;
  for (const Route& route : routes) {
    auto parameters = match(route.path, path);
    if (!parameters) continue;
    result.same_path.push_back(&route);
    if (route.method == wanted && result.route == nullptr) {
      result.route = &route;
      result.parameters = std::move(*parameters);
    }
  }
  return result;
}

}  // namespace keyfence
