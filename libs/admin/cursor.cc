#include "libs/admin/cursor.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "libs/base/strong_id.h"

namespace keyfence {
namespace {

constexpr std::size_t kDigits = 13;

// What a cursor is good for: the collection and its filters, but neither the page's size nor where it begins.
std::string scope_of(const Call& call) {
  auto filters = call.query.all();
  std::sort(filters.begin(), filters.end());
  std::string scope = call.request.path;
  for (const auto& [key, value] : filters) {
    if (key != "after" && key != "limit") scope.append("\n").append(key).append("=").append(value);
  }
  return scope;
}

std::string seal_of(const KeyDigest& secret, const std::string& scope, std::string_view position) {
  const std::string text = "cursor\n" + scope + "\n" + std::string(position);
  std::array<std::uint8_t, 32> mac{};
  unsigned int size = mac.size();
  HMAC(EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()),
       reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), mac.data(), &size);
  std::string out;
  for (const std::size_t half : {0U, 8U}) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, mac.data() + half, sizeof bits);
    append_crockford(out, bits);
  }
  return out;
}

}  // namespace

std::string cursor_to(const Call& call, std::uint64_t position) {
  const auto secret = call.services.store.seal();
  std::string cursor;
  append_crockford(cursor, position);
  if (secret) cursor += seal_of(*secret, scope_of(call), cursor);
  return cursor;
}

Result<std::uint64_t, Problem> position_of_cursor(const Call& call, std::string_view cursor) {
  const Problem bad{
      .status = 400,
      .code = "bad_cursor",
      .detail = "after must be the next of a page of this collection with these filters.",
      .errors = {{.pointer = {}, .parameter = "after", .code = "bad_cursor", .message = "must be the next of a page"}}};
  if (cursor.size() != 3 * kDigits) return Err{bad};
  const auto secret = call.services.store.seal();
  if (!secret) return Err{problem_of(secret.error())};
  const std::string_view position = cursor.substr(0, kDigits);
  const std::string seal = seal_of(*secret, scope_of(call), position);
  if (CRYPTO_memcmp(seal.data(), cursor.data() + kDigits, seal.size()) != 0) return Err{bad};
  const auto value = parse_crockford(position);
  if (!value) return Err{bad};
  return *value;
}

}  // namespace keyfence
