#include "gateways/nginx/credential.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "gateways/nginx/query.h"

namespace keyfence::nginx {
namespace {

constexpr PresentedKey kMalformed{CredentialState::kMalformed, {}};
constexpr PresentedKey kMissing{CredentialState::kMissing, {}};

constexpr std::string_view kBearerScheme = "bearer";

bool is_bearer(std::string_view authorization) noexcept {
  if (authorization.size() < kBearerScheme.size()) return false;
  // Two words of four letters, of which the scheme has six. 0x20 makes a letter small; what it makes of another
  // character is no letter of the scheme.
  constexpr std::size_t kSecond = kBearerScheme.size() - sizeof(std::uint32_t);
  const auto word = [](std::string_view text, std::size_t at) {
    std::uint32_t letters = 0;
    std::memcpy(&letters, text.data() + at, sizeof letters);
    return letters | 0x20202020U;
  };
  if (word(authorization, 0) != word(kBearerScheme, 0)) return false;
  if (word(authorization, kSecond) != word(kBearerScheme, kSecond)) return false;
  return authorization.size() == kBearerScheme.size() || authorization[kBearerScheme.size()] == ' ' ||
         authorization[kBearerScheme.size()] == '\t';
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

PresentedKey find_in_header(const ngx_http_request_t* r, const CredentialPlace& place) noexcept {
  std::size_t count = 0;
  std::string_view value;
  for_each_header(r->headers_in.headers, [&](const ngx_table_elt_t& line) {
    if (!is_header(line, place.name)) return;
    ++count;
    value = view(line.value);
  });
  if (count == 0) return kMissing;
  if (count > 1) return kMalformed;
  if (place.kind == CredentialPlace::Kind::kHeader) return read_presented_key(trimmed(value));
  if (!is_bearer(value)) return kMissing;
  return read_presented_key(trimmed(value.substr(kBearerScheme.size())));
}

PresentedKey find_in_query(const ngx_http_request_t* r, const CredentialPlace& place) noexcept {
  const QueryArgument argument = find_argument(view(r->args), place.name);
  switch (argument.state) {
    case QueryCredential::kAbsent:
      return kMissing;
    case QueryCredential::kRepeated:
      return kMalformed;
    case QueryCredential::kSingle:
      break;
  }
  std::array<char, kCredentialBytesMax> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before read
  const std::optional<std::string_view> value = percent_decode(argument.raw_value, buffer);
  return value ? read_presented_key(*value) : kMalformed;
}

// Whether a place holds this line: no two of them have one name.
bool holds(const CredentialPlace& place, const ngx_table_elt_t& line) noexcept {
  return place.kind == CredentialPlace::Kind::kHeader || is_bearer(view(line.value));
}

bool one_holds(const CredentialPlaces& places, const ngx_table_elt_t& line) noexcept {
  for (const CredentialPlace& place : places) {
    if (place.kind != CredentialPlace::Kind::kQuery && is_header(line, place.name)) return holds(place, line);
  }
  return false;
}

// How long the names of some headers are, a bit for each length: most lines are told by it.
class NameLengths {
 public:
  explicit NameLengths(const CredentialPlaces& places) noexcept {
    for (const CredentialPlace& place : places) bits_ |= bit(place.name.size());
  }
  [[nodiscard]] bool has(std::size_t length) const noexcept { return (bits_ & bit(length)) != 0; }

 private:
  static std::uint64_t bit(std::size_t length) noexcept {
    return std::uint64_t{1} << std::min<std::size_t>(length, 63);
  }
  std::uint64_t bits_ = 0;
};

Removal remove_from_headers(ngx_http_request_t* r, const CredentialPlaces& places) noexcept {
  const NameLengths lengths(places);
  ngx_table_elt_t*& authorization = r->headers_in.authorization;
  const Removal removal = remove_headers(r->headers_in.headers, [&](const ngx_table_elt_t& line) noexcept {
    if (!lengths.has(line.key.len) || !one_holds(places, line)) return false;
    if (authorization == &line) authorization = nullptr;
    return true;
  });
  for (const CredentialPlace& place : places) {
    if (authorization == nullptr) break;
    // One that stands in no list.
    const bool is_place = place.kind != CredentialPlace::Kind::kQuery && place.name == "authorization";
    if (is_place && holds(place, *authorization)) authorization = nullptr;
  }
  return removal;
}

// A copy of text, which ends in a query, without the place's arguments; a fragment goes with them.
std::optional<ngx_str_t> without_argument(ngx_pool_t* pool, std::string_view before, std::string_view query,
                                          std::string_view name, std::string_view after) noexcept {
  auto* const data = static_cast<char*>(ngx_pnalloc(pool, before.size() + 1 + query.size() + after.size()));
  if (data == nullptr) return std::nullopt;
  std::size_t length = before.size();
  std::copy(before.begin(), before.end(), data);
  const std::size_t kept = remove_argument(query, name, data + length + 1);
  if (kept > 0) {
    data[length] = '?';
    length += 1 + kept;
  }
  std::copy(after.begin(), after.end(), data + length);
  return borrowed({data, length + after.size()});
}

// Cleans a text that holds a URI, such as a request line, from its first '?' to the end of the URI.
Removal clean_uri(ngx_pool_t* pool, ngx_str_t& text, std::string_view name, std::string_view end_of_uri) noexcept {
  const std::string_view whole = view(text);
  const std::size_t question = whole.find('?');
  if (question == std::string_view::npos) return Removal::kDone;
  const std::string_view before = whole.substr(0, question);
  std::string_view query = whole.substr(question + 1);
  std::string_view after;
  if (!end_of_uri.empty()) {
    const std::size_t end = query.rfind(end_of_uri);
    if (end != std::string_view::npos) {
      after = query.substr(end);
      query = query.substr(0, end);
    }
  }
  query = query.substr(0, query.find('#'));
  if (find_argument(query, name).state == QueryCredential::kAbsent) return Removal::kDone;
  const std::optional<ngx_str_t> clean = without_argument(pool, before, query, name, after);
  if (!clean) return Removal::kOutOfMemory;
  text = *clean;
  return Removal::kDone;
}

Removal remove_from_query(ngx_http_request_t* r, const CredentialPlace& place) noexcept {
  if (find_argument(view(r->args), place.name).state != QueryCredential::kAbsent) {
    auto* const data = static_cast<char*>(ngx_pnalloc(r->pool, r->args.len));
    if (data == nullptr) return Removal::kOutOfMemory;
    r->args = borrowed({data, remove_argument(view(r->args), place.name, data)});
  }
  if (clean_uri(r->pool, r->unparsed_uri, place.name, {}) != Removal::kDone) return Removal::kOutOfMemory;
  return clean_uri(r->pool, r->request_line, place.name, " ");
}

void forget_variables(ngx_http_request_t* r, const CredentialPlace& place) noexcept {
  for (const ngx_uint_t index : place.variables) {
    r->variables[index].valid = 0;
    r->variables[index].not_found = 0;
  }
}

}  // namespace

PresentedKey find_credential(const ngx_http_request_t* r, const CredentialPlaces& places) noexcept {
  for (const CredentialPlace& place : places) {
    const PresentedKey found =
        place.kind == CredentialPlace::Kind::kQuery ? find_in_query(r, place) : find_in_header(r, place);
    if (found.state != CredentialState::kMissing) return found;
  }
  return kMissing;
}

Removal remove_credentials(ngx_http_request_t* r, const CredentialPlaces& places) noexcept {
  if (remove_from_headers(r, places) != Removal::kDone) return Removal::kOutOfMemory;
  for (const CredentialPlace& place : places) {
    if (place.kind == CredentialPlace::Kind::kQuery && remove_from_query(r, place) != Removal::kDone) {
      return Removal::kOutOfMemory;
    }
    forget_variables(r, place);
  }
  return Removal::kDone;
}

}  // namespace keyfence::nginx
