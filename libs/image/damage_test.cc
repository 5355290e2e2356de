#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>

#include "libs/image/checksum.h"
#include "libs/image/format.h"
#include "libs/image/image_view.h"
#include "libs/image/reader.h"
#include "libs/image/test_worlds.h"

// What a damaged image may do: deny with no_policy, or decide rightly. Never crash, never decide otherwise.
namespace keyfence {
namespace {

std::filesystem::path image_path(const TestDir& dir, const ImageWriter& writer) {
  return dir.path() / ("policy." + std::to_string(writer.stats().generation));
}

// An image file's bytes, to be damaged: the file itself stays as it is.
class PrivateCopy {
 public:
  explicit PrivateCopy(const std::filesystem::path& path) : size_(std::filesystem::file_size(path)) {
    const int fd = open(path.c_str(), O_RDONLY);
    base_ =
        static_cast<unsigned char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0));
    close(fd);
  }
  ~PrivateCopy() { munmap(base_, size_); }
  PrivateCopy(const PrivateCopy&) = delete;
  PrivateCopy& operator=(const PrivateCopy&) = delete;

  [[nodiscard]] unsigned char* base() const { return base_; }
  [[nodiscard]] std::span<const std::byte> file() const { return {reinterpret_cast<const std::byte*>(base_), size_}; }

 private:
  std::size_t size_;
  unsigned char* base_;
};

// A world with something of every kind, and one question for each of its ways.
struct Scene {
  TestDir dir;
  WorldMaker maker{4711};
  World world;
  std::optional<ImageWriter> writer;
  std::vector<std::vector<ScopeTag>> scopes;
  std::vector<Question> questions;
  std::vector<Decision> expected;

  Scene() {
    auto opened = ImageWriter::open({dir.path(), std::nullopt, 7});
    writer.emplace(std::move(opened).value());
    world = maker.world(30, 40);
    while (world.keys.size() < 20 || world.accounts.size() < 3) world = maker.world(30, 40);
    for (AccountPolicy& account : world.accounts) account.state = AccountState::kActive;
    build(*writer, world);
    for (std::size_t i = 0; i < 6; ++i) {  // some that stand in the arena
      world.keys[i].allowlist = maker.list(30);
      EXPECT_TRUE(writer->put_key(world.keys[i]).ok());
    }
    EXPECT_TRUE(writer->put_account(world.accounts[0]).ok());
    const SlowPolicy slow = world.slow();
    scopes.resize(300);
    for (auto& wanted : scopes) {
      wanted = maker.scopes();
      questions.push_back(maker.question(world, wanted));
      expected.push_back(decide(slow, questions.back()));
    }
  }
};

TEST(DamagedImage, NeverDecidesWronglyWhateverBitIsFlipped) {
  Scene scene;
  const std::filesystem::path path = image_path(scene.dir, *scene.writer);
  const ImageStats stats = scene.writer->stats();
  // Every line that is in use, as the reader sees the file; a bit in each byte of it is flipped in turn.
  const std::size_t used = stats.reserved_bytes;
  const PrivateCopy copy(path);
  unsigned char* base = copy.base();

  std::map<bool, int> outcomes;
  std::size_t flips = 0;
  for (std::size_t line = 0; line * image::kLineBytes < used; ++line) {
    unsigned char* at = base + line * image::kLineBytes;
    const image::Line zero{};
    if (std::memcmp(at, &zero, sizeof(zero)) == 0 && line % 64 != 0) continue;
    for (std::size_t byte = 0; byte < image::kLineBytes; ++byte) {
      const auto mask = static_cast<unsigned char>(1U << ((line + byte) % 8));
      at[byte] ^= mask;
      ++flips;
      if (const auto view = ImageView::over(copy.file())) {
        for (std::size_t q = flips % 8; q < scene.questions.size(); q += 8) {
          const Decision decision = view->decide(scene.questions[q]);
          if (decision == Decision{}) {
            outcomes[false]++;
          } else {
            outcomes[true]++;
            Decision right = scene.expected[q];
            right.revision = scene.world.revision;
            ASSERT_EQ(decision, right) << "byte " << line * image::kLineBytes + byte << " question " << q;
          }
        }
      }
      at[byte] ^= mask;
    }
  }
  EXPECT_GT(flips, 10'000U);
  EXPECT_GT(outcomes[false], 1'000);  // or the test looked at nothing
  EXPECT_GT(outcomes[true], 1'000);
}

TEST(DamagedImage, SurvivesRandomBytesAnywhere) {
  Scene scene;
  const std::filesystem::path path = image_path(scene.dir, *scene.writer);
  const std::size_t used = scene.writer->stats().reserved_bytes;
  for (int round = 0; round < 400; ++round) {
    const PrivateCopy copy(path);
    for (int i = 0; i < 200; ++i) {
      const std::size_t at = image::kPageBytes + scene.maker.below(used - image::kPageBytes);
      copy.base()[at] = static_cast<unsigned char>(scene.maker.below(256));
    }
    const auto view = ImageView::over(copy.file());
    ASSERT_TRUE(view.ok());
    for (std::size_t q = 0; q < scene.questions.size(); ++q) {
      const Decision decision = view->decide(scene.questions[q]);
      if (decision.outcome == Outcome::kAllow) {
        ASSERT_EQ(scene.expected[q].outcome, Outcome::kAllow);
      }
    }
  }
}

TEST(DamagedImage, IsRefusedAtEveryLengthItIsCutTo) {
  Scene scene;
  const std::filesystem::path path = image_path(scene.dir, *scene.writer);
  ASSERT_TRUE(ImageReader(scene.dir.path()).acquire() != nullptr);
  const std::size_t used = scene.writer->stats().reserved_bytes;
  for (std::size_t length = used + 100'000; length > 0;
       length -= std::min<std::size_t>(length, length > 8192 ? 997 : 1)) {
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(length)), 0);
    ImageReader reader(scene.dir.path());
    ASSERT_EQ(reader.acquire(), nullptr) << length;
    ASSERT_EQ(reader.last_error(), ImageError::kTooShort) << length;
    ASSERT_EQ(reader.decide(scene.questions[0]), Decision{});
  }
}

TEST(DamagedImage, DeniesWithoutASignalWhenCutShortUnderItsReaders) {
  guard_mapped_reads();
  for (std::size_t cut :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{70'000}, std::size_t{200'000}}) {
    Scene scene;
    const std::filesystem::path path = image_path(scene.dir, *scene.writer);
    ImageReader reader(scene.dir.path());
    ASSERT_EQ(reader.decide(scene.questions[0]), [&] {
      Decision right = scene.expected[0];
      right.revision = scene.world.revision;
      return right;
    }());
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(cut)), 0);
    int denied = 0;
    for (std::size_t q = 0; q < scene.questions.size(); ++q) {
      const Decision decision = reader.decide(scene.questions[q]);
      denied += decision == Decision{} ? 1 : 0;
      if (decision.outcome == Outcome::kAllow) {
        ASSERT_EQ(scene.expected[q].outcome, Outcome::kAllow);
      }
    }
    EXPECT_GT(denied, 0);
    EXPECT_TRUE(reader.last_error().has_value());

    // A good generation puts everything right.
    scene.writer.reset();
    auto writer = ImageWriter::open({scene.dir.path(), std::nullopt, 7});
    ASSERT_TRUE(writer.ok());
    ASSERT_NO_FATAL_FAILURE(build(*writer, scene.world));
    for (std::size_t q = 0; q < scene.questions.size(); ++q) {
      ASSERT_EQ(reader.decide(scene.questions[q]).reason, scene.expected[q].reason) << q;
    }
    EXPECT_FALSE(reader.last_error().has_value());
  }
}

// Names a file of the right size as the current generation, with the given header on top.
void replace_image(const Scene& scene, const image::ImageHeader& header) {
  const std::filesystem::path path = image_path(scene.dir, *scene.writer);
  std::filesystem::remove(path);
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&header), sizeof(header));
  out.close();
  std::filesystem::resize_file(path, header.file_bytes == 0 ? sizeof(header) : header.file_bytes);
}

TEST(DamagedImage, RefusesForeignFilesOtherVersionsAndBrokenHeaders) {
  Scene scene;
  image::ImageHeader good;
  std::ifstream(image_path(scene.dir, *scene.writer), std::ios::binary)
      .read(reinterpret_cast<char*>(&good), sizeof(good));
  const auto error_of = [&](image::ImageHeader header, bool seal_header) {
    if (seal_header) {
      header.crc = 0;
      header.crc = image::crc32c(&header, image::kImageHeaderCrcBytes, 0);
    }
    replace_image(scene, header);
    ImageReader reader(scene.dir.path());
    EXPECT_EQ(reader.decide(scene.questions[0]), Decision{});
    return reader.last_error();
  };
  image::ImageHeader header = good;
  header.magic[0] = 'X';
  EXPECT_EQ(error_of(header, true), ImageError::kForeign);
  header = good;
  header.layout_version = image::kLayoutVersion + 1;
  EXPECT_EQ(error_of(header, true), ImageError::kOtherVersion);
  header = good;
  header.epoch += 1;
  EXPECT_EQ(error_of(header, false), ImageError::kCorrupt);
  header = good;
  header.generation += 1;
  EXPECT_EQ(error_of(header, true), ImageError::kCorrupt);
  header = good;
  header.slot_count = std::uint64_t{1} << 62;
  EXPECT_EQ(error_of(header, true), ImageError::kCorrupt);
  header = good;
  header.arena_offset = ~std::uint64_t{0} - 63;
  EXPECT_EQ(error_of(header, true), ImageError::kCorrupt);
  header = good;
  header.slots_offset += 8;
  EXPECT_EQ(error_of(header, true), ImageError::kCorrupt);
  header = good;
  header.slot_count = 0;
  EXPECT_EQ(error_of(header, true), ImageError::kCorrupt);
}

TEST(DamagedImage, KeepsDecidingByTheLastGoodGenerationWhenTheNextIsBroken) {
  Scene scene;
  ImageReader reader(scene.dir.path());
  ASSERT_NE(reader.acquire(), nullptr);
  const std::uint64_t good = reader.generation();
  {
    std::ofstream(scene.dir.path() / ("policy." + std::to_string(good + 1))) << "not an image";
    const int fd = open((scene.dir.path() / "current").c_str(), O_RDWR);
    const std::uint64_t word = image::seal(good + 1);
    ASSERT_EQ(pwrite(fd, &word, sizeof(word), offsetof(image::CurrentHeader, generation)), 8);
    close(fd);
  }
  for (std::size_t q = 0; q < scene.questions.size(); ++q) {
    ASSERT_EQ(reader.decide(scene.questions[q]).reason, scene.expected[q].reason);
  }
  EXPECT_EQ(reader.last_error(), ImageError::kTooShort);
  EXPECT_EQ(reader.generation(), good);
  // And a torn number is no number.
  const int fd = open((scene.dir.path() / "current").c_str(), O_RDWR);
  const std::uint64_t word = image::seal(good) ^ 0x10;
  ASSERT_EQ(pwrite(fd, &word, sizeof(word), offsetof(image::CurrentHeader, generation)), 8);
  close(fd);
  EXPECT_EQ(reader.decide(scene.questions[0]).reason, scene.expected[0].reason);
  EXPECT_EQ(reader.last_error(), ImageError::kCorrupt);
  EXPECT_EQ(ImageReader(scene.dir.path()).acquire(), nullptr);
}

TEST(DamagedImage, AWriterMendsADamagedCurrentFileUnderItsReaders) {
  Scene scene;
  ImageReader reader(scene.dir.path());
  ASSERT_NE(reader.acquire(), nullptr);
  scene.writer.reset();
  const std::filesystem::path path = scene.dir.path() / "current";
  for (const bool cut : {false, true}) {
    const int fd = open(path.c_str(), O_RDWR);
    const std::string junk(200, 'x');
    ASSERT_EQ(pwrite(fd, junk.data(), junk.size(), 0), 200);
    if (cut) {
      ASSERT_EQ(ftruncate(fd, 100), 0);
    }
    close(fd);
    EXPECT_EQ(reader.decide(scene.questions[0]).reason, scene.expected[0].reason);  // goes on by what it had
    auto writer = ImageWriter::open({scene.dir.path(), std::nullopt, 7});
    ASSERT_TRUE(writer.ok());
    World changed = scene.world;
    changed.revision = Revision{scene.world.revision.value + 1000};
    ASSERT_NO_FATAL_FAILURE(build(*writer, changed));
    EXPECT_EQ(reader.decide(scene.questions[0]).revision, changed.revision);
  }
}

TEST(DamagedImage, FollowsADirectoryThatWasMadeAnew) {
  Scene scene;
  ImageReader reader(scene.dir.path());
  ASSERT_NE(reader.acquire(), nullptr);
  scene.writer.reset();
  std::filesystem::remove_all(scene.dir.path());
  reader.recheck();
  EXPECT_EQ(reader.decide(scene.questions[0]).reason, scene.expected[0].reason);
  EXPECT_EQ(reader.last_error(), ImageError::kMissing);
  auto writer = ImageWriter::open({scene.dir.path(), std::nullopt, 7});
  ASSERT_TRUE(writer.ok());
  World changed = scene.world;
  changed.revision = Revision{scene.world.revision.value + 1000};
  ASSERT_NO_FATAL_FAILURE(build(*writer, changed));
  reader.recheck();
  EXPECT_EQ(reader.decide(scene.questions[0]).revision, changed.revision);
  EXPECT_FALSE(reader.last_error().has_value());
}

}  // namespace
}  // namespace keyfence
