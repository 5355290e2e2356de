#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "libs/image/format.h"
#include "libs/image/image_view.h"
#include "libs/image/mapped_file.h"
#include "libs/image/test_worlds.h"

// An image of each layout version, kept as text: a line of the file and its bytes, where they are not all zero. A
// change of the code that could not read images in the field fails here; one that wants another layout raises
// kLayoutVersion and adds a file.
namespace keyfence {
namespace {

#ifndef KEYFENCE_TESTDATA
#error "the build names the folder of the golden files"
#endif
constexpr const char* kGoldenPath = KEYFENCE_TESTDATA "/image_layout_1.txt";

// One key of every form.
World golden_world() {
  const auto v4 = [](std::uint32_t first, std::uint32_t last) {
    return *IpRange::make(IpAddress::v4(first), IpAddress::v4(last));
  };
  const auto v6 = [](std::uint64_t first, std::uint64_t last, std::uint64_t low) {
    return *IpRange::make(IpAddress::v6(static_cast<uint128>(first) << 64),
                          IpAddress::v6(static_cast<uint128>(last) << 64 | low));
  };
  const auto enabled = [](IpRange range, std::optional<std::uint32_t> until = std::nullopt) {
    return PolicyEntry{EntryId{1}, range, EntryState::kEnabled,
                       until ? std::optional(UnixSeconds{*until}) : std::nullopt};
  };
  World world;
  world.revision = Revision{42};
  world.instance.error_style = ErrorStyle::kFlat;
  world.instance.allowlist.entries = {enabled(IpRange::all(IpFamily::kV4)),
                                      enabled(v6(0x20010DB800000000, 0x20010DB8FFFFFFFF, ~0ULL))};
  AccountPolicy account;
  account.id = AccountId{7};
  account.state = AccountState::kActive;
  account.error_style = ErrorStyle::kProblem;
  for (std::uint32_t i = 0; i < 100; ++i)
    account.allowlist.entries.push_back(enabled(v4(i << 24, (i << 24) + 0x10000)));
  account.allowlist.entries.push_back(enabled(v6(0x20010DB800000000, 0x20010DB800000001, 5)));
  account.allowlist.entries.push_back(enabled(v6(0x20010DB800010000, 0x20010DB800010001, 5), 500));
  world.accounts = {account};
  for (std::uint64_t n = 0; n < 6; ++n) {
    KeyPolicy key;
    key.id = KeyId{100 + n};
    key.account = AccountId{7};
    key.digest = test_digest(n);
    key.state = n == 5 ? KeyState::kDisabled : KeyState::kActive;
    key.scopes = {"a", "messages:read"};
    world.keys.push_back(key);
  }
  world.keys[0].allowlist.when_empty = WhenEmpty::kAllow;
  for (std::uint32_t i = 0; i < 8; ++i) world.keys[1].allowlist.entries.push_back(enabled(v4(i << 8, (i << 8) + 1)));
  for (std::uint32_t i = 0; i < 20; ++i) world.keys[2].allowlist.entries.push_back(enabled(v4(i << 8, (i << 8) + 1)));
  world.keys[3].expires_at = UnixSeconds{1000};
  world.keys[3].allowlist.entries = {enabled(v4(0, 99), 500), enabled(v4(50, 200), 700), enabled(v4(5, 5))};
  world.keys[4].allowlist.mode = ListMode::kMonitor;
  world.keys[4].allowlist.entries = {enabled(v6(0x20010DB800000000, 0x20010DB80000FFFF, ~0ULL)), enabled(v4(3, 3))};
  return world;
}

std::string hex_of(const image::Line& line) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : line.bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// Makes the file again; what the text does not name is zero, and stays a hole.
void restore_golden(const std::filesystem::path& path) {
  std::ifstream in(kGoldenPath);
  std::size_t lines = 0;
  in >> lines;
  std::ofstream out(path, std::ios::binary);
  std::size_t at = 0;
  std::string hex;
  while (in >> at >> hex) {
    out.seekp(static_cast<std::streamoff>(at * image::kLineBytes));
    for (std::size_t i = 0; i < image::kLineBytes; ++i) {
      out.put(static_cast<char>(std::stoul(hex.substr(2 * i, 2), nullptr, 16)));
    }
  }
  out.close();
  std::filesystem::resize_file(path, lines * image::kLineBytes);
}

void write_golden(const World& world) {
  const TestDir dir;
  auto writer = ImageWriter::open({dir.path(), std::nullopt, 7});
  ASSERT_TRUE(writer.ok());
  World earlier = world;
  for (KeyPolicy& key : earlier.keys) key.state = KeyState::kRevoked;
  build(*writer, earlier);
  for (const KeyPolicy& key : world.keys) ASSERT_TRUE(writer->put_key(key).ok());  // half of every key in the arena
  ASSERT_TRUE(writer->advance(world.revision).ok());
  const ImageStats stats = writer->stats();
  std::ifstream in(dir.path() / ("policy." + std::to_string(stats.generation)), std::ios::binary);
  std::ofstream out(kGoldenPath);
  out << stats.file_bytes / image::kLineBytes << "\n";
  image::Line line{};
  const image::Line zero{};
  for (std::size_t at = 0; at * image::kLineBytes < stats.reserved_bytes; ++at) {
    in.read(reinterpret_cast<char*>(line.bytes.data()), image::kLineBytes);
    if (std::memcmp(&line, &zero, sizeof(line)) != 0) out << at << " " << hex_of(line) << "\n";
  }
}

TEST(GoldenImage, IsStillReadAsItWasWritten) {
  const World world = golden_world();
  if (std::getenv("KEYFENCE_WRITE_GOLDEN") != nullptr) {
    ASSERT_NO_FATAL_FAILURE(write_golden(world));
  }
  const TestDir dir;
  restore_golden(dir.path() / "golden");
  const auto file = image::MappedFile::map(dir.path() / "golden", 1);
  ASSERT_TRUE(file.ok()) << kGoldenPath;
  const auto view = ImageView::over(file->bytes());
  ASSERT_TRUE(view.ok()) << name(view.error());
  EXPECT_EQ(view->epoch(), 7U);
  const SlowPolicy slow = world.slow();
  const std::vector<ScopeTag> scopes = {scope_tag("messages:read")};
  for (std::uint64_t n = 0; n < 7; ++n) {
    for (const std::uint32_t now : {0U, 499U, 500U, 699U, 700U, 999U, 1000U}) {
      Question question;
      question.credential.state = CredentialState::kPresent;
      question.credential.digest = test_digest(n);
      question.now = UnixSeconds{now};
      question.required_scopes = scopes;
      EXPECT_EQ(view->decide(question), decide(slow, question));
      for (std::uint32_t address = 0; address < 6000; address += address < 260 ? 1 : 127) {
        question.address = IpAddress::v4(address);
        ASSERT_EQ(view->decide(question), decide(slow, question)) << n << " " << address << " " << now;
      }
      for (const std::uint64_t high :
           {0x20010DB800000000ULL, 0x20010DB800000001ULL, 0x20010DB800010001ULL, 0xFE80ULL}) {
        for (const std::uint64_t low : {0ULL, 5ULL, 6ULL}) {
          question.address = IpAddress::v6(static_cast<uint128>(high) << 64 | low);
          ASSERT_EQ(view->decide(question), decide(slow, question)) << n << " " << high << " " << low << " " << now;
        }
      }
    }
  }
}

}  // namespace
}  // namespace keyfence
