#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "libs/image/checksum.h"
#include "libs/image/format.h"
#include "libs/image/image_view.h"
#include "libs/image/mapped_file.h"
#include "libs/image/writer.h"

// Feeds damaged policy images to the reader. The input is a list of damages: three bytes of place and one to
// exclusive-or there; the header's and the touched lines' checks are mended, so that the damage gets past them.
namespace {

using namespace keyfence;

struct Base {
  std::vector<image::Line> lines;
  std::vector<KeyDigest> digests;
};

PolicyEntry entry(std::uint32_t first, std::uint32_t last, std::optional<UnixSeconds> until) {
  return {EntryId{1}, *IpRange::make(IpAddress::v4(first), IpAddress::v4(last)), EntryState::kEnabled, until};
}

// A small image with every kind of line, as the bytes that are in use.
Base make_base() {
  Base base;
  std::string name = (std::filesystem::temp_directory_path() / "keyfence-image-fuzz.XXXXXX").string();
  const std::filesystem::path dir = mkdtemp(name.data());
  auto writer = ImageWriter::open({dir, std::nullopt, 1});
  if (!writer || !writer->begin_build(8, 2)) std::abort();
  InstancePolicy instance;
  for (std::uint32_t i = 0; i < 9000; ++i) instance.allowlist.entries.push_back(entry(i * 70'000, i * 70'000 + 9, {}));
  AccountPolicy account;
  account.id = AccountId{1};
  account.state = AccountState::kActive;
  for (std::uint32_t i = 0; i < 200; ++i) account.allowlist.entries.push_back(entry(i * 100, i * 100 + 50, {}));
  if (!writer->build_instance(instance) || !writer->build_account(account)) std::abort();
  for (std::uint64_t n = 0; n < 8; ++n) {
    KeyPolicy key;
    key.id = KeyId{n + 1};
    key.account = AccountId{1};
    key.digest = sha256("fuzz " + std::to_string(n));
    key.state = KeyState::kActive;
    key.scopes = {"a"};
    for (std::uint32_t i = 0; i < n * 5; ++i) {
      key.allowlist.entries.push_back(entry(i * 8, i * 8, n == 6 ? std::optional(UnixSeconds{i}) : std::nullopt));
    }
    base.digests.push_back(key.digest);
    if (!writer->build_key(key)) std::abort();
    if (n == 7 && (!writer->publish(Revision{1}) || !writer->put_key(key))) std::abort();
  }
  const ImageStats stats = writer->stats();
  const auto file = image::MappedFile::map(dir / ("policy." + std::to_string(stats.generation)), 1);
  if (!file) std::abort();
  const std::size_t used = stats.reserved_bytes / image::kLineBytes;
  base.lines.resize(used);
  std::memcpy(base.lines.data(), file->bytes().data(), used * image::kLineBytes);
  auto* header = reinterpret_cast<image::ImageHeader*>(base.lines.data());
  header->file_bytes = used * image::kLineBytes;
  std::filesystem::remove_all(dir);
  return base;
}

// good: the header as it was made, for where things are.
void mend(std::vector<image::Line>& lines, const image::ImageHeader& good, std::size_t line) {
  auto* header = reinterpret_cast<image::ImageHeader*>(lines.data());
  header->crc = 0;
  header->crc = image::crc32c(header, image::kImageHeaderCrcBytes, 0);
  if (line < image::kPageBytes / image::kLineBytes) return;
  auto* bytes = lines[line].bytes.data();
  image::Beside beside;
  const std::size_t slot = line - good.slots_offset / image::kLineBytes;
  image::LineHead head = image::LineHead::kCovered;
  if (slot < good.slot_count) {
    image::KeyName name{};
    std::memcpy(&name, reinterpret_cast<const unsigned char*>(lines.data()) + good.key_names_offset + slot * 16, 16);
    beside = {name.key_id, name.digest_head};
    head = image::LineHead::kControl;
  } else if (line < good.arena_offset / image::kLineBytes || bytes[4] % 2 != 0) {
    head = image::LineHead::kControl;
  }
  const std::uint16_t check = image::line_check(bytes, head, beside);
  std::memcpy(bytes + 62, &check, 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Base base = make_base();
  static std::vector<image::Line> lines = base.lines;
  const auto& good = *reinterpret_cast<const image::ImageHeader*>(base.lines.data());
  auto* bytes = reinterpret_cast<unsigned char*>(lines.data());
  std::vector<std::size_t> touched;
  for (std::size_t i = 0; i + 4 <= size && touched.size() < 32; i += 4) {
    const std::size_t at =
        (data[i] | std::size_t{data[i + 1]} << 8 | std::size_t{data[i + 2]} << 16) % (lines.size() * image::kLineBytes);
    if (at >= 16 && at < 24) continue;  // the size is what the buffer is
    bytes[at] ^= data[i + 3];
    touched.push_back(at / image::kLineBytes);
  }
  for (const std::size_t line : touched) mend(lines, good, line);
  mend(lines, good, 0);
  if (const auto view = ImageView::over(std::as_bytes(std::span(lines)))) {
    const ScopeTag scope = scope_tag("a");
    for (const KeyDigest& digest : base.digests) {
      for (const IpAddress& address : {IpAddress::v4(0), IpAddress::v4(70'005), IpAddress::v6(1)}) {
        Question question;
        question.credential = {CredentialState::kPresent, digest};
        question.address = address;
        question.required_scopes = {&scope, 1};
        question.now = UnixSeconds{3};
        const Decision decision = view->decide(question);
        if (decision.outcome == Outcome::kAllow && decision.reason != Reason::kAllowed) std::abort();
      }
    }
  }
  for (const std::size_t line : touched) lines[line] = base.lines[line];
  lines[0] = base.lines[0];
  lines[1] = base.lines[1];
  return 0;
}
