// libmaxminddb asked for membership: a database whose leaves say true.
#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench/membership/contender.h"
#include "bench/membership/mmdb_writer.h"

namespace keyfence::bench {
namespace {

void fill(sockaddr_storage& storage, V4 address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address);
  std::memcpy(&storage, &in, sizeof in);
}

void fill(sockaddr_storage& storage, V6 address) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  for (int i = 0; i < 16; ++i) in.sin6_addr.s6_addr[i] = static_cast<std::uint8_t>(address >> (120 - 8 * i));
  std::memcpy(&storage, &in, sizeof in);
}

template <class Address>
class MaxMindDb final : public SingleLookup<Address, MaxMindDb<Address>> {
 public:
  MaxMindDb(std::string name, const std::string& path, std::size_t bytes) : name_(std::move(name)), bytes_(bytes) {
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_);
    if (status != MMDB_SUCCESS) {
      std::fprintf(stderr, "libmaxminddb: %s\n", MMDB_strerror(status));
      std::exit(1);
    }
  }
  ~MaxMindDb() override { MMDB_close(&db_); }
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }
  [[nodiscard]] std::uint64_t find(Address address) const {
    sockaddr_storage storage;
    fill(storage, address);
    int error = 0;
    const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(&db_, reinterpret_cast<sockaddr*>(&storage), &error);
    return result.found_entry ? 1 : 0;
  }

 private:
  mutable MMDB_s db_{};
  std::string name_;
  std::size_t bytes_;
};

template <class Address>
ContenderPtr<Address> make(std::string name, std::span<const IpRange> ranges, const std::filesystem::path& dir,
                           IpFamily family) {
  const std::string path = dir / "peer.mmdb";
  const std::size_t bytes = write_mmdb(ranges, family, path);
  auto contender = std::make_unique<MaxMindDb<Address>>(std::move(name), path, bytes);
  std::filesystem::remove(path);  // it stays mapped
  return contender;
}

}  // namespace

template <>
ContenderPtr<V4> maxminddb_contender<V4>(std::string name, std::span<const IpRange> ranges,
                                         const std::filesystem::path& dir) {
  return make<V4>(std::move(name), ranges, dir, IpFamily::kV4);
}
template <>
ContenderPtr<V6> maxminddb_contender<V6>(std::string name, std::span<const IpRange> ranges,
                                         const std::filesystem::path& dir) {
  return make<V6>(std::move(name), ranges, dir, IpFamily::kV6);
}

}  // namespace keyfence::bench
