// JSON of the admin API: what the strict reader takes, a plain reader takes too and reads as the same value, and it
// reads back from its own text.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/admin/json/strict_json.h"
#include "libs/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = keyfence::parse_strict_json(text);
  if (!strict) {
    KF_ASSERT(!strict.error().code.empty() && !strict.error().message.empty());
    return 0;
  }
  boost::system::error_code error;
  const boost::json::value plain = boost::json::parse(text, error);
  KF_ASSERT(!error && plain == *strict);
  const auto again = keyfence::parse_strict_json(boost::json::serialize(*strict));
  KF_ASSERT(again.ok());
  return 0;
}
