#include "libs/admin/history/row_etag.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/policy/presented_key.h"

namespace keyfence {

std::string row_etag(const boost::json::object& view) {
  static constexpr std::array<std::string_view, 3> kBeside = {"revision", "allowlist", "last_used_at"};
  std::string content;
  for (const auto& member : view) {
    if (std::find(kBeside.begin(), kBeside.end(), std::string_view(member.key())) != kBeside.end()) continue;
    content += std::string_view(member.key());
    content += '=' + boost::json::serialize(member.value()) + '\n';
  }
  return "\"" + sha256(content).hex().substr(0, 32) + "\"";
}

std::optional<Problem> refuse_stale_row(const HttpRequest& request, const boost::json::object& standing) {
  if (request.header_count("If-Match") == 0) return std::nullopt;
  const auto wanted = request.header("If-Match");
  const std::string tag = row_etag(standing);
  if (wanted == "*" || wanted == tag) return std::nullopt;
  return Problem{.status = 412,
                 .code = "revision_mismatch",
                 .detail = "It was changed since: see changed_since, and read it again.",
                 .headers = {{"ETag", tag}}};
}

}  // namespace keyfence
