#include "libs/admin/json/json_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "libs/admin/views.h"

namespace keyfence {
namespace {

TEST(JsonText, EveryTextIsReadBackAsItWas) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  for (const std::string& text : {std::string(), std::string("office"), std::string("\"\\\""), all,
                                  std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82"), std::string("a\0b", 3)}) {
    std::string written;
    append_json_text(written, text);
    EXPECT_EQ(boost::json::parse(written).as_string(), text) << written;
  }
}

TEST(JsonText, AnEntryOfAListIsWrittenAsItIsShownElsewhere) {
  EntryRow row;
  row.id = EntryId(7);
  row.range = *IpRange::make(*IpAddress::parse("203.0.113.0"), *IpAddress::parse("203.0.113.255"));
  row.text = "203.0.113.*";
  row.kind = EntryKind::kRange;
  row.label = "the \"old\" office\n\t\xC3\xA9";
  row.added_by = "token:tok_0000000000001";
  row.added_at = Timestamp{1'800'000'000'123'456};
  for (const bool full : {false, true}) {
    if (full) row.expires_at = UnixSeconds{1'900'000'000};
    row.state = full ? EntryState::kDisabled : EntryState::kEnabled;
    std::string written;
    append_members(written, row);
    EXPECT_EQ(boost::json::parse(written + "}"), view(row)) << written;
  }
}

TEST(JsonText, AListIsWrittenAsItIsShownElsewhere) {
  for (const ListRef ref : {ListRef::global(), ListRef::of(AccountId(9)), ListRef::of(KeyId(7))}) {
    const ListRow row{ref, ListMode::kMonitor, WhenEmpty::kDeny, 20, Revision{12}};
    std::string written;
    append_members(written, row);
    EXPECT_EQ(boost::json::parse(written + "}"), view(row)) << written;
  }
}

}  // namespace
}  // namespace keyfence
