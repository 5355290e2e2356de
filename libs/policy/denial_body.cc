#include "libs/policy/denial_body.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "libs/base/assert.h"
#include "libs/policy/decision.h"

namespace keyfence {
namespace {

// What one kind of refusal says. All reasons that share an HTTP status and a cause share one text, so that a body tells
// neither why a key is refused nor which list refused.
struct Wording {
  std::string_view code;     // envelope
  std::string_view word;     // flat
  std::string_view type;     // problem
  std::string_view title;    // problem
  std::string_view message;  // envelope and problem
  std::string_view flat_message;
};

constexpr Wording kUnavailable = {
    "POLICY_UNAVAILABLE",
    "policy_unavailable",
    "urn:keyfence:problem:policy-unavailable",
    "Access policy unavailable",
    "The access policy is not available; try again later",
    "The access policy is not available; try again later",
};
constexpr Wording kInvalidKey = {
    "INVALID_API_KEY",
    "invalid_api_key",
    "urn:keyfence:problem:invalid-api-key",
    "Invalid API key",
    "API key is missing or not valid",
    "API key is missing or not valid",
};
constexpr Wording kScope = {
    "INSUFFICIENT_SCOPE",
    "insufficient_scope",
    "urn:keyfence:problem:insufficient-scope",
    "Insufficient scope",
    "API key lacks a scope that this request requires",
    "API key lacks a scope that this request requires",
};
constexpr Wording kAddress = {
    "IP_NOT_ALLOWED",
    "ip_not_allowed",
    "urn:keyfence:problem:ip-not-allowed",
    "IP address not allowed",
    "Request IP address is not in the API key's allowlist",
    "Request IP is not in the allowed list",
};

const Wording& wording(Reason reason) noexcept {
  switch (reason) {
    case Reason::kKeyMissing:
    case Reason::kKeyMalformed:
    case Reason::kKeyUnknown:
    case Reason::kKeyDisabled:
    case Reason::kKeyRevoked:
    case Reason::kKeyExpired:
      return kInvalidKey;
    case Reason::kScopeMissing:
      return kScope;
    case Reason::kAddressUnknown:
    case Reason::kAddressDeniedGlobal:
    case Reason::kAddressDeniedAccount:
    case Reason::kAddressDeniedKey:
      return kAddress;
    case Reason::kNoPolicy:
    case Reason::kAllowed:
      break;
  }
  return kUnavailable;
}

// The status in the body, and on the line: what kUnavailable stands in for answers 503 too.
int body_status(Reason reason) noexcept {
  return reason == Reason::kAllowed ? 503 : http_status(reason);
}

constexpr bool is_request_id_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kRequestIdBytesMax &&
         std::all_of(text.begin(), text.end(), is_request_id_character);
}

// Appends to a buffer whose room was checked once: every text here is a literal but the request id, which is bounded.
class Writer {
 public:
  explicit Writer(std::span<char> buffer) noexcept : buffer_(buffer) {}

  Writer& add(std::string_view text) noexcept {
    const std::size_t count = std::min(text.size(), buffer_.size() - size_);
    std::copy_n(text.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += count;
    return *this;
  }
  Writer& add(int number) noexcept {
    std::array<char, 12> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }
  [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data(), size_}; }

 private:
  std::span<char> buffer_;
  std::size_t size_ = 0;
};

}  // namespace

DenialBody render_denial(ErrorStyle style, Reason reason, std::string_view request_id,
                         std::span<char> buffer) noexcept {
  KF_ASSERT(buffer.size() >= kDenialBodyBytesMax);
  const Wording& words = wording(reason);
  Writer out(buffer);
  switch (style) {
    case ErrorStyle::kFlat:
      out.add(R"({"error":")").add(words.word).add(R"(","message":")").add(words.flat_message);
      out.add(R"(","status":)").add(body_status(reason)).add("}");
      return {out.text(), "application/json"};
    case ErrorStyle::kProblem:
      out.add(R"({"type":")").add(words.type).add(R"(","title":")").add(words.title);
      out.add(R"(","status":)").add(body_status(reason)).add(R"(,"detail":")").add(words.message).add("\"");
      if (is_request_id(request_id)) out.add(R"(,"request_id":")").add(request_id).add("\"");
      out.add("}");
      return {out.text(), "application/problem+json"};
    case ErrorStyle::kEnvelope:
      break;
  }
  out.add(R"({"error":{"code":")").add(words.code).add(R"(","message":")").add(words.message).add(R"("}})");
  return {out.text(), "application/json"};
}

}  // namespace keyfence
