// Address texts: ours accepts exactly what the C library does, reads the same bytes, and prints what it reads back.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/assert.h"
#include "libs/net/ip_address.h"

namespace {

using keyfence::IpAddress;

void check_against_the_c_library(const std::string& text, const std::optional<IpAddress>& address) {
  std::array<std::uint8_t, 16> bytes{};
  const bool is_v6 = inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
  if (is_v6) {
    KF_ASSERT(address == IpAddress::from_bytes(bytes));
    return;
  }
  const bool is_v4 = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
  KF_ASSERT(is_v4 == address.has_value());
  if (is_v4) KF_ASSERT(address == IpAddress::from_bytes(std::span(bytes).first(4)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const std::optional<IpAddress> address = IpAddress::parse(text);
  if (text.find('\0') == std::string::npos) {
    check_against_the_c_library(text, address);
  } else {
    KF_ASSERT(!address);
  }
  if (address) {
    KF_ASSERT(IpAddress::parse(address->text()) == address);
    KF_ASSERT(address->text().size() <= std::max<std::size_t>(text.size(), 39));
    KF_ASSERT(IpAddress::from_bytes(address->bytes()) == address);
  }
  return 0;
}
