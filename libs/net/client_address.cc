#include "libs/net/client_address.h"

#include <array>

#include "libs/net/forwarded_node.h"

namespace keyfence {
namespace {

constexpr ClientAddress kUnknown{std::nullopt, ClientAddressNote::kHeaderMalformed};

// The right-most elements of one header line: all that a walk of at most kForwardedHopsMax hops can meet.
//
// Each line is split on its own: a quote that a client left open can swallow the rest of its own line, which is then
// malformed, but not what a proxy wrote on a line of its own.
class LineTail {
 public:
  LineTail(std::string_view line, ForwardedHeader kind) noexcept {
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (kind == ForwardedHeader::kForwarded) {
        if (quoted && line[i] == '\\') {
          ++i;
          continue;
        }
        if (line[i] == '"') quoted = !quoted;
      }
      if (line[i] == ',' && !quoted) {
        keep(line.substr(begin, i - begin));
        begin = i + 1;
      }
    }
    keep(line.substr(begin));
  }

  // How many can be walked; a line that has more is not read to its beginning.
  [[nodiscard]] std::size_t size() const noexcept { return count_ < elements_.size() ? count_ : elements_.size(); }
  // The nth from the right, from 0.
  [[nodiscard]] std::string_view from_right(std::size_t n) const noexcept {
    return elements_[(count_ - 1 - n) % elements_.size()];
  }

 private:
  void keep(std::string_view element) noexcept { elements_[count_++ % elements_.size()] = element; }

  std::array<std::string_view, kForwardedHopsMax + 1> elements_;
  std::size_t count_ = 0;
};

std::optional<IpAddress> parse_element(std::string_view element, ForwardedHeader kind) noexcept {
  return kind == ForwardedHeader::kForwarded ? parse_forwarded_element(element) : parse_forwarded_address(element);
}

ClientAddress walk(const AddressSet& trusted_proxies, ForwardedHeader kind,
                   std::span<const std::string_view> header_lines) noexcept {
  ClientAddress reached;
  std::size_t hops = 0;
  for (std::size_t line = header_lines.size(); line-- > 0;) {
    const LineTail tail(header_lines[line], kind);
    for (std::size_t n = 0; n < tail.size(); ++n) {
      if (++hops > kForwardedHopsMax) return kUnknown;
      reached.address = parse_element(tail.from_right(n), kind);
      if (!reached.address) return kUnknown;
      if (!trusted_proxies.contains(*reached.address)) return reached;
    }
  }
  return reached;
}

}  // namespace

ClientAddress resolve_client_address(const IpAddress& peer, const AddressSet& trusted_proxies, ForwardedHeader kind,
                                     std::span<const std::string_view> header_lines) noexcept {
  if (header_lines.empty()) return {peer, ClientAddressNote::kNone};
  if (!trusted_proxies.contains(peer)) return {peer, ClientAddressNote::kHeaderIgnored};
  if (kind == ForwardedHeader::kSingleAddress) {
    if (header_lines.size() != 1) return kUnknown;
    const auto address = parse_forwarded_address(header_lines.front());
    return address ? ClientAddress{address, ClientAddressNote::kNone} : kUnknown;
  }
  return walk(trusted_proxies, kind, header_lines);
}

}  // namespace keyfence
