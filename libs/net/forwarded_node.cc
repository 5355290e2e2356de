#include "libs/net/forwarded_node.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace keyfence {
namespace {

// Longer than any address with brackets and port; what is longer names no address.
constexpr std::size_t kNodeBytesMax = 128;

enum class Ipv6Form : std::uint8_t { kBracketsOptional, kBracketsRequired };
enum class PortForm : std::uint8_t { kNumber, kNumberOrObfuscated };

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token_character(char c) noexcept {
  return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_port_number(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65535;
}

bool is_obfuscated_port(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '_') return false;
  for (const char c : text) {
    if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

bool is_port(std::string_view text, PortForm form) noexcept {
  return is_port_number(text) || (form == PortForm::kNumberOrObfuscated && is_obfuscated_port(text));
}

std::optional<IpAddress> parse_node(std::string_view node, Ipv6Form ipv6, PortForm port) noexcept {
  if (!node.empty() && node.front() == '[') {
    const std::size_t close = node.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = node.substr(1, close - 1);
    const std::string_view after = node.substr(close + 1);
    if (inside.find(':') == std::string_view::npos) return std::nullopt;
    if (!after.empty() && (after.front() != ':' || !is_port(after.substr(1), port))) return std::nullopt;
    return IpAddress::parse(inside);
  }
  const std::size_t colon = node.find(':');
  if (colon == std::string_view::npos) return IpAddress::parse(node);
  if (node.find(':', colon + 1) == std::string_view::npos) {
    if (!is_port(node.substr(colon + 1), port)) return std::nullopt;
    return IpAddress::parse(node.substr(0, colon));
  }
  return ipv6 == Ipv6Form::kBracketsOptional ? IpAddress::parse(node) : std::nullopt;
}

bool equals_for(std::string_view name) noexcept {
  return name.size() == 3 && (name[0] | 0x20) == 'f' && (name[1] | 0x20) == 'o' && (name[2] | 0x20) == 'r';
}

// Reads the pairs of one forwarded-element from left to right.
class PairReader {
 public:
  explicit PairReader(std::string_view text) noexcept : text_(text) {}

  // The next pair's name, its value standing in value(); an empty name at an empty pair; nullopt if malformed.
  std::optional<std::string_view> next() noexcept {
    skip_blanks();
    if (at_end() || text_[at_] == ';') return finish(std::string_view());
    const std::size_t begin = at_;
    while (!at_end() && is_token_character(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.empty() || at_end() || text_[at_] != '=') return std::nullopt;
    ++at_;
    size_ = 0;
    if (at_end() || !(text_[at_] == '"' ? read_quoted() : read_token())) return std::nullopt;
    return finish(name);
  }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] std::optional<std::string_view> value() const noexcept {
    if (size_ > buffer_.size()) return std::nullopt;
    return std::string_view(buffer_.data(), size_);
  }

 private:
  void skip_blanks() noexcept {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::optional<std::string_view> finish(std::string_view name) noexcept {
    skip_blanks();
    if (at_end()) return name;
    if (text_[at_] != ';') return std::nullopt;
    ++at_;
    return name;
  }
  void put(char c) noexcept {
    if (size_ < buffer_.size()) buffer_[size_] = c;
    ++size_;
  }
  bool read_token() noexcept {
    while (!at_end() && is_token_character(text_[at_])) put(text_[at_++]);
    return size_ > 0;
  }
  bool read_quoted() noexcept {
    for (++at_; !at_end(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (++at_ == text_.size()) return false;
        c = text_[at_];
      }
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) return false;
      put(c);
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::array<char, kNodeBytesMax> buffer_{};
  std::size_t size_ = 0;  // past the buffer's size: too long to be a node
};

}  // namespace

std::string_view trim_blanks(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::optional<IpAddress> parse_forwarded_address(std::string_view element) noexcept {
  return parse_node(trim_blanks(element), Ipv6Form::kBracketsOptional, PortForm::kNumber);
}

std::optional<IpAddress> parse_forwarded_element(std::string_view element) noexcept {
  PairReader reader(element);
  std::optional<IpAddress> address;
  while (!reader.at_end()) {
    const auto name = reader.next();
    if (!name) return std::nullopt;
    if (!equals_for(*name)) continue;
    const auto node = reader.value();
    if (address || !node) return std::nullopt;  // a parameter stands once in an element
    address = parse_node(*node, Ipv6Form::kBracketsRequired, PortForm::kNumberOrObfuscated);
    if (!address) return std::nullopt;
  }
  return address;
}

}  // namespace keyfence
