#include "libs/admin/idempotency/sealed_answer.h"

#include <openssl/evp.h>

#include <charconv>
#include <memory>
#include <span>
#include <string>

#include "libs/base/assert.h"
#include "libs/base/random.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

KeyDigest cipher_key(std::string_view known_to_asker) {
  return sha256("keyfence answer\n" + std::string(known_to_asker));
}

// Texts one after the other, each with its length before it.
void put(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

std::optional<std::string> take(std::string_view& in) {
  const std::size_t colon = in.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(in.data(), in.data() + colon, size);
  if (error != std::errc() || end != in.data() + colon || size > in.size() - colon - 1) return std::nullopt;
  std::string text(in.substr(colon + 1, size));
  in.remove_prefix(colon + 1 + size);
  return text;
}

std::string write_answer(const HttpResponse& answer) {
  std::string out;
  put(out, std::to_string(answer.status));
  put(out, answer.content_type);
  put(out, answer.body);
  for (const auto& [key, value] : answer.headers) {
    put(out, key);
    put(out, value);
  }
  return out;
}

std::optional<HttpResponse> read_answer(std::string_view in) {
  const auto status = take(in);
  const auto type = take(in);
  auto body = take(in);
  if (!status || !type || !body) return std::nullopt;
  HttpResponse answer{.status = std::stoi(*status), .content_type = *type, .body = std::move(*body), .headers = {}};
  while (!in.empty()) {
    auto key = take(in);
    auto value = take(in);
    if (!key || !value) return std::nullopt;
    answer.headers.emplace_back(std::move(*key), std::move(*value));
  }
  return answer;
}

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

std::vector<std::uint8_t> seal_answer(const HttpResponse& answer, std::string_view known_to_asker) {
  const std::string plain = write_answer(answer);
  const KeyDigest key = cipher_key(known_to_asker);
  std::vector<std::uint8_t> out(kNonceBytes + plain.size() + kTagBytes);
  fill_random(std::span(out).first(kNonceBytes));
  const Context context(EVP_CIPHER_CTX_new());
  KF_ASSERT(context != nullptr);
  int written = 0;
  int last = 0;
  std::uint8_t* text = out.data() + kNonceBytes;
  KF_ASSERT(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), out.data()) == 1);
  KF_ASSERT(EVP_EncryptUpdate(context.get(), text, &written, bytes_of(plain), static_cast<int>(plain.size())) == 1);
  KF_ASSERT(EVP_EncryptFinal_ex(context.get(), text + written, &last) == 1);
  KF_ASSERT(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), text + plain.size()) == 1);
  return out;
}

std::optional<HttpResponse> open_answer(const std::vector<std::uint8_t>& sealed, std::string_view known_to_asker) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const KeyDigest key = cipher_key(known_to_asker);
  const std::size_t size = sealed.size() - kNonceBytes - kTagBytes;
  const std::uint8_t* text = sealed.data() + kNonceBytes;
  std::vector<std::uint8_t> tag(text + size, text + size + kTagBytes);
  std::string plain(size, '\0');
  const Context context(EVP_CIPHER_CTX_new());
  KF_ASSERT(context != nullptr);
  int written = 0;
  int last = 0;
  auto* out = reinterpret_cast<std::uint8_t*>(plain.data());
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), sealed.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &written, text, static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + written, &last) == 1;
  if (!opened) return std::nullopt;
  return read_answer(plain);
}

}  // namespace keyfence
