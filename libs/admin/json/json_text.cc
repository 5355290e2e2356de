#include "libs/admin/json/json_text.h"

#include <array>
#include <charconv>

namespace keyfence {
namespace {

constexpr bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escape(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out += {'\\', c};
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out += {kHex[byte >> 4U], kHex[byte & 15U]};
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    out.append(text.substr(copied, i - copied));
    append_escape(out, text[i]);
    copied = i + 1;
  }
  out.append(text.substr(copied));
  out += '"';
}

void append_plain_json(std::string& out, std::string_view text) {
  out += '"';
  out += text;
  out += '"';
}

void append_json_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace keyfence
