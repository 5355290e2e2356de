// Entry texts: what is accepted reads back from its canonical text; what is refused says why, and what it suggests is
// accepted.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "libs/base/assert.h"
#include "libs/net/address_set.h"
#include "libs/net/entry_syntax.h"
#include "libs/net/slow_address_set.h"

namespace {

using keyfence::ParsedEntry;

void check_accepted(const ParsedEntry& entry) {
  const auto again = keyfence::parse_entry(entry.canonical);
  KF_ASSERT(again.ok());
  KF_ASSERT(again->range == entry.range && again->canonical == entry.canonical);
  KF_ASSERT(entry.canonical == entry.range.text());
  KF_ASSERT(entry.kind != keyfence::EntryKind::kAddress || entry.range.first() == entry.range.last());
  KF_ASSERT(entry.kind != keyfence::EntryKind::kCidr || entry.range.prefix_length().has_value());
  KF_ASSERT(name(entry.kind) != "unknown" && name(classify(entry.range)) != "unknown");

  keyfence::AddressSetBuilder builder;
  const keyfence::AddressSet set = std::move(builder.add(entry.range.cidr_cover())).build();
  const keyfence::SlowAddressSet slow({entry.range});
  for (const auto& end : {entry.range.first(), entry.range.last()}) {
    KF_ASSERT(set.contains(end));
    for (const auto& beside : {next_address(end), previous_address(end)}) {
      if (beside) KF_ASSERT(set.contains(*beside) == slow.contains(*beside));
    }
  }
}

void check_refused(const keyfence::EntryError& error) {
  KF_ASSERT(!error.message.empty() && error.message.back() == '.');
  KF_ASSERT(name(error.code) != "unknown");
  KF_ASSERT(error.suggestions.size() <= 4);
  for (const std::string& suggestion : error.suggestions) KF_ASSERT(keyfence::parse_entry(suggestion).ok());
  for (const char c : error.message) KF_ASSERT(c >= 0x20 && c <= 0x7E);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto entry = keyfence::parse_entry(text);
  if (entry) {
    check_accepted(*entry);
  } else {
    check_refused(entry.error());
  }
  return 0;
}
