#include "gateways/nginx/credential_places.h"

#include <algorithm>
#include <array>

#include "gateways/nginx/upstream_headers.h"

namespace keyfence::nginx {
namespace {

// Of some nginx keeps copies that would outlive the line: the user agent would stand in the usage log.
constexpr std::array<std::string_view, 17> kHeadersOfTheConnection = {
    "host",       "connection",   "content-length",  "transfer-encoding", "upgrade",
    "expect",     "te",           "trailer",         "keep-alive",        "cookie",
    "range",      "content-type", "x-forwarded-for", "forwarded",         "x-real-ip",
    "user-agent", "referer"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool made_of(std::string_view text, std::string_view punctuation) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [punctuation](char c) {
    return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

void remember_variable(ngx_conf_t* cf, std::string_view name, CredentialPlace& place) {
  ngx_str_t text = borrowed(name);
  // nginx keeps the name: it has to outlive this call.
  text.data = ngx_pstrdup(cf->pool, &text);
  if (text.data == nullptr) throw std::bad_alloc();
  const ngx_int_t index = ngx_http_get_variable_index(cf, &text);
  if (index == NGX_ERROR) throw std::bad_alloc();
  place.variables.push_back(static_cast<ngx_uint_t>(index));
}

std::string header_variable(std::string_view lower_name) {
  std::string name = "http_" + std::string(lower_name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

CredentialPlace bearer_place(ngx_conf_t* cf) {
  CredentialPlace place{CredentialPlace::Kind::kBearer, "authorization", {}};
  remember_variable(cf, "http_authorization", place);
  return place;
}

CredentialPlace header_place(ngx_conf_t* cf, std::string lower_name) {
  CredentialPlace place{CredentialPlace::Kind::kHeader, std::move(lower_name), {}};
  remember_variable(cf, header_variable(place.name), place);
  return place;
}

CredentialPlace query_place(ngx_conf_t* cf, std::string_view name) {
  CredentialPlace place{CredentialPlace::Kind::kQuery, std::string(name), {}};
  remember_variable(cf, "request_uri", place);
  remember_variable(cf, "request", place);
  return place;
}

std::string judge_header_name(std::string_view typed, std::string_view lower_name) {
  if (!made_of(typed, "-_!#$%&'*+.^`|~")) return "is no header name";
  if (std::find(kHeadersOfTheConnection.begin(), kHeadersOfTheConnection.end(), lower_name) !=
      kHeadersOfTheConnection.end()) {
    return "has another meaning in HTTP and cannot hold a key";
  }
  if (is_identity_header(lower_name)) return "is set by this module and cannot hold a key";
  return {};
}

// Both the bearer place and a header place may stand in Authorization; they do not mix.
bool same_place(const CredentialPlace& a, const CredentialPlace& b) noexcept {
  const bool a_in_query = a.kind == CredentialPlace::Kind::kQuery;
  const bool b_in_query = b.kind == CredentialPlace::Kind::kQuery;
  return a_in_query == b_in_query && a.name == b.name;
}

}  // namespace

std::string add_credential_place(ngx_conf_t* cf, std::string_view text, CredentialPlaces& places) {
  constexpr std::string_view kHeader = "header:";
  constexpr std::string_view kQuery = "query:";
  const std::string quoted = "\"" + std::string(text) + "\"";
  CredentialPlace place;
  if (text == "bearer") {
    place = bearer_place(cf);
  } else if (text.starts_with(kHeader)) {
    const std::string_view name = text.substr(kHeader.size());
    const std::string problem = judge_header_name(name, lower(name));
    if (!problem.empty()) return "header of " + quoted + " " + problem;
    place = header_place(cf, lower(name));
  } else if (text.starts_with(kQuery)) {
    const std::string_view name = text.substr(kQuery.size());
    if (!made_of(name, "-_.~")) return "query argument of " + quoted + " must be letters, digits and -_.~";
    place = query_place(cf, name);
  } else {
    return quoted + " is no place for a key: use bearer, header:NAME or query:NAME";
  }
  for (const CredentialPlace& other : places) {
    if (same_place(place, other)) return quoted + " names a place that is named already";
  }
  if (places.size() == kCredentialPlacesMax) return "more than 8 places";
  places.push_back(std::move(place));
  return {};
}

std::shared_ptr<const CredentialPlaces> default_credential_places(ngx_conf_t* cf) {
  auto places = std::make_shared<CredentialPlaces>();
  places->push_back(bearer_place(cf));
  places->push_back(header_place(cf, "x-api-key"));
  return places;
}

}  // namespace keyfence::nginx
