// How long it takes to tell whether a list holds an address: ours beside other structures, in one process, in turns.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/common/arguments.h"
#include "bench/common/report.h"
#include "bench/common/rounds.h"
#include "bench/membership/contender.h"

namespace keyfence::bench {
namespace {

struct Options {
  PageSize pages = PageSize::kSmall;
  std::string data;  // the directory of @ip-location-db/asn; empty: synthetic tables only
  std::size_t prefixes_max = 0;
  std::string only;  // the names of the tables that are measured, with commas; empty: all
  RoundOptions rounds;
  bool peers = false;
  std::filesystem::path dump;  // not empty: nothing is measured, the tables are written there
  std::filesystem::path scratch;
};

constexpr std::size_t kQueries = std::size_t{1} << 20;

#ifdef KEYFENCE_BENCH_PEERS
// Such a table can be written as databases are published: with a record of its own for each prefix.
bool are_disjoint(const Table& table) {
  for (std::size_t i = 1; i < table.prefixes.size(); ++i) {
    if (table.prefixes[i].first() <= table.prefixes[i - 1].last()) return false;
  }
  return true;
}
#endif

template <class Address>
void contest(const Table& table, const Options& options) {
  AddressSetBuilder builder;
  builder.add(table.prefixes);
  const AddressSet set = std::move(builder).build();
  progress(table.name + ": " + std::to_string(table.prefixes.size()) + " prefixes, " +
           std::to_string(set.ranges().size()) + " intervals, pages " + std::string(name(options.pages)));

  std::vector<ContenderPtr<Address>> contenders = own_contenders<Address>(table, set);
#ifdef KEYFENCE_BENCH_PEERS
  if (options.peers) {
    if (auto peer = dpdk_contender<Address>(table)) contenders.push_back(std::move(peer));
    contenders.push_back(maxminddb_contender<Address>("libmaxminddb, merged", set.ranges(), options.scratch));
    if (are_disjoint(table)) {
      contenders.push_back(
          maxminddb_contender<Address>("libmaxminddb, a record a prefix", table.prefixes, options.scratch));
    }
  }
#endif

  std::vector<Address> asked;
  for (const IpAddress& address : queries(table, kQueries, 7)) asked.push_back(number<Address>(address));
  const std::span<const Address> all(asked);

  // All must say the same before any is timed.
  const std::span<const Address> some = all.first(1000);
  for (const auto& contender : contenders) {
    if (contender->dependent(some) != contenders.front()->dependent(some) ||
        contender->independent(some) != contenders.front()->independent(some)) {
      std::fprintf(stderr, "%s: %s and %s disagree\n", table.name.c_str(), contender->name().c_str(),
                   contenders.front()->name().c_str());
      std::exit(1);
    }
  }

  for (const char* mode : {"dependent", "independent"}) {
    const bool dependent = std::string_view(mode) == "dependent";
    std::vector<Contest> contests;
    std::uint64_t hits = 0;
    for (const auto& contender : contenders) {
      contests.push_back({contender->name(), [&, dependent](std::size_t count) {
                            while (count > 0) {
                              const std::size_t n = std::min(count, all.size());
                              hits +=
                                  dependent ? contender->dependent(all.first(n)) : contender->independent(all.first(n));
                              count -= n;
                            }
                          }});
    }
    const auto nanoseconds = run_rounds(contests, options.rounds);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      Row("membership")
          .text("table", table.name)
          .text("family", table.family == IpFamily::kV4 ? "v4" : "v6")
          .count("prefixes", table.prefixes.size())
          .count("intervals", set.ranges().size())
          .text("contender", contenders[i]->name())
          .text("mode", mode)
          .text("pages", name(options.pages))
          .sample("ns", summarise(nanoseconds[i]))
          .count("bytes", contenders[i]->bytes())
          .count("huge_page_bytes", huge_page_bytes());
    }
    if (hits == 0) progress("nothing was held");  // keeps the look-ups alive
  }
}

// What whole programs are asked: the prefixes as text, the addresses as a family byte and 16 bytes in network order.
void dump(const Table& table, const Options& options) {
  std::ofstream prefixes(options.dump / (table.name + ".prefixes"));
  for (const IpRange& prefix : table.prefixes) prefixes << prefix.text() << '\n';
  std::ofstream asked(options.dump / (table.name + ".queries"), std::ios::binary);
  for (const IpAddress& address : queries(table, kQueries, 7)) {
    std::array<char, 17> record{};
    record[0] = address.is_v4() ? 4 : 6;
    const int bytes = address.is_v4() ? 4 : 16;
    for (int i = 0; i < bytes; ++i) {
      record[static_cast<std::size_t>(i) + 1] = static_cast<char>(address.number() >> (8 * (bytes - 1 - i)) & 0xFF);
    }
    asked.write(record.data(), record.size());
  }
}

void run(const Options& options) {
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    const std::string suffix = family == IpFamily::kV4 ? "-v4" : "-v6";
    std::vector<Table> tables;
    const auto wanted = [&options](const std::string& name) {
      return options.only.empty() || ("," + options.only + ",").find("," + name + ",") != std::string::npos;
    };
    for (const std::size_t prefixes : {20U, 1'000U, 100'000U, 1'000'000U}) {
      const std::string name = "random-" + std::to_string(prefixes) + suffix;
      if (prefixes <= options.prefixes_max && wanted(name)) {
        tables.push_back(random_table(name, family, prefixes, prefixes));
      }
    }
    if (!options.data.empty() && wanted("internet" + suffix)) {
      const std::string csv = family == IpFamily::kV4 ? "/asn-ipv4.csv" : "/asn-ipv6.csv";
      tables.push_back(internet_table(options.data + csv, family));
    }
    for (const Table& table : tables) {
      if (!options.dump.empty()) {
        dump(table, options);
      } else if (family == IpFamily::kV4) {
        contest<V4>(table, options);
      } else {
        contest<V6>(table, options);
      }
    }
  }
}

}  // namespace
}  // namespace keyfence::bench

int main(int argc, char** argv) {
  using namespace keyfence::bench;  // NOLINT(google-build-using-namespace): a main
  Arguments arguments(argc, argv);
  Options options;
  options.pages = arguments.text("pages", "4k") == "huge" ? PageSize::kHuge : PageSize::kSmall;
  use_pages(options.pages, argv);
  options.data = arguments.text("data", "");
  options.prefixes_max = arguments.number("prefixes", 1'000'000);
  options.only = arguments.text("tables", "");
  options.rounds.rounds = arguments.number("rounds", 9);
  options.rounds.seconds_each = static_cast<double>(arguments.number("milliseconds", 50)) / 1000;
  options.scratch = arguments.text("scratch", "/tmp");
  options.peers = arguments.has("peers");
  options.dump = arguments.text("dump", "");
  arguments.done();
#ifdef KEYFENCE_BENCH_PEERS
  if (options.peers) start_dpdk(7168, options.pages);
#endif
  run(options);
}
