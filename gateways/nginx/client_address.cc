#include "gateways/nginx/client_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <span>

#include "gateways/nginx/header_list.h"

namespace keyfence::nginx {
namespace {

// The last lines of a header. One more than the walk takes hops: what is left out could not be reached, for a line
// holds one hop at least.
class HeaderLines {
 public:
  void add(std::string_view line) noexcept {
    if (count_ == lines_.size()) {
      std::copy(lines_.begin() + 1, lines_.end(), lines_.begin());
      --count_;
    }
    lines_[count_++] = line;
  }
  [[nodiscard]] std::span<const std::string_view> lines() const noexcept { return {lines_.data(), count_}; }

 private:
  std::array<std::string_view, kForwardedHopsMax + 1> lines_{};
  std::size_t count_ = 0;
};

// Where the walk begins. A PROXY header counts only from a trusted peer; from one that promised it and sent none that
// names an address, the address is unknown.
ClientAddress start_of_walk(const ngx_http_request_t* r, const IpAddress& peer, const AddressSet& trusted) noexcept {
  if (r->http_connection->addr_conf->proxy_protocol == 0) return {peer, ClientAddressNote::kNone};
  if (!trusted.contains(peer)) return {peer, ClientAddressNote::kHeaderIgnored};
  const ngx_proxy_protocol_t* const proxied = r->connection->proxy_protocol;
  if (proxied == nullptr) return {std::nullopt, ClientAddressNote::kHeaderMalformed};
  const std::optional<IpAddress> source = IpAddress::parse(view(proxied->src_addr));
  return {source, source ? ClientAddressNote::kNone : ClientAddressNote::kHeaderMalformed};
}

}  // namespace

std::optional<IpAddress> connection_address(const ngx_http_request_t* r) noexcept {
  const sockaddr* const address = r->connection->sockaddr;
  switch (address->sa_family) {
    case AF_INET: {
      const auto* const v4 = reinterpret_cast<const sockaddr_in*>(address);
      return IpAddress::v4(ntohl(v4->sin_addr.s_addr));
    }
    case AF_INET6: {
      const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(address);
      return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16});
    }
    default:
      return std::nullopt;
  }
}

ClientAddress client_address(const ngx_http_request_t* r, const LocationConf& conf,
                             const std::optional<IpAddress>& peer) noexcept {
  if (!conf.trusted_proxies) return {connection_address(r), ClientAddressNote::kNone};
  if (!peer) return {std::nullopt, ClientAddressNote::kNone};
  const AddressSet& trusted = *conf.trusted_proxies;
  const ClientAddress start = start_of_walk(r, *peer, trusted);
  if (!start.address) return start;

  const AddressHeader header = conf.address_header.value_or(AddressHeader{});
  HeaderLines lines;
  for_each_header(r->headers_in.headers, [&](const ngx_table_elt_t& line) {
    if (is_header(line, header.name)) lines.add(view(line.value));
  });
  ClientAddress resolved = resolve_client_address(*start.address, trusted, header.kind, lines.lines());
  if (resolved.note == ClientAddressNote::kNone) resolved.note = start.note;
  return resolved;
}

}  // namespace keyfence::nginx
