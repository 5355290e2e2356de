#include "libs/image/reader.h"

#include <string>
#include <utility>

#include "libs/image/checksum.h"
#include "libs/image/format.h"
#include "libs/image/image_view.h"
#include "libs/image/mapped_file.h"

namespace keyfence {

using image::MappedFile;

namespace {

// How often a generation that vanished between reading its number and opening it is looked for again.
constexpr int kFlipsFollowedMax = 8;
// After what was found there could not be used, how many calls pass before it is opened again although the number
// stands. What could not be opened is tried again at every call: it may be the policy that is in force.
constexpr std::uint32_t kCallsBetweenRetries = 256;

Result<void, ImageError> check_current(const MappedFile& file) noexcept {
  const auto* header = reinterpret_cast<const image::CurrentHeader*>(file.bytes().data());
  if (header->magic != image::kCurrentMagic) return Err{ImageError::kForeign};
  if (header->layout_version != image::kLayoutVersion) return Err{ImageError::kOtherVersion};
  if (image::crc32c(header, 12, 0) != header->crc) return Err{ImageError::kCorrupt};
  return {};
}

}  // namespace

std::string_view name(ImageError error) noexcept {
  switch (error) {
    case ImageError::kMissing:
      return "missing";
    case ImageError::kUnreadable:
      return "unreadable";
    case ImageError::kTooShort:
      return "too_short";
    case ImageError::kForeign:
      return "foreign";
    case ImageError::kOtherVersion:
      return "other_version";
    case ImageError::kCorrupt:
      return "corrupt";
  }
  return "unknown";
}

struct ImageReader::State {
  explicit State(std::filesystem::path directory) : dir(std::move(directory)), current_path(dir / "current") {}

  struct Mapped {
    MappedFile file;
    ImageView view;
  };

  std::filesystem::path dir;
  std::filesystem::path current_path;
  std::optional<MappedFile> current;
  std::optional<Mapped> mapped;
  std::uint64_t seen_word = 0;  // the word of <dir>/current that was last acted upon
  std::uint32_t calls_until_retry = 0;
  bool settled = false;  // what seen_word names is mapped
  std::optional<ImageError> error;

  [[nodiscard]] const std::uint64_t& word() const noexcept {
    return reinterpret_cast<const image::CurrentHeader*>(current->bytes().data())->generation;
  }
  Result<void, ImageError> open_current();
  Result<void, ImageError> open_generation(std::uint64_t generation);
  Result<void, ImageError> follow();
  Result<void, ImageError> follow_without_throwing() noexcept;
};

Result<void, ImageError> ImageReader::State::open_current() {
  if (current && !current->lost() && current->is_still(current_path)) return check_current(*current);
  auto file = MappedFile::map(current_path, sizeof(image::CurrentHeader));
  if (!file) return Err{file.error()};
  if (auto checked = check_current(*file); !checked) return checked;
  current.emplace(std::move(*file));
  return {};
}

Result<void, ImageError> ImageReader::State::open_generation(std::uint64_t generation) {
  const std::filesystem::path path = dir / ("policy." + std::to_string(generation));
  const bool is_mapped = mapped && mapped->view.generation() == generation && !mapped->file.lost();
  if (is_mapped && mapped->file.is_still(path)) return {};
  auto file = MappedFile::map(path, sizeof(image::ImageHeader));
  if (!file) return Err{file.error()};
  auto view = ImageView::over(file->bytes());
  if (!view) return Err{view.error()};
  if (view->generation() != generation) return Err{ImageError::kCorrupt};
  mapped.emplace(Mapped{std::move(*file), *view});
  return {};
}

// Maps what <dir>/current names now.
Result<void, ImageError> ImageReader::State::follow() {
  if (auto opened = open_current(); !opened) return opened;
  Result<void, ImageError> result = Err{ImageError::kMissing};
  for (int flips = 0; flips < kFlipsFollowedMax; ++flips) {
    seen_word = image::load_acquire(word());
    const std::uint64_t generation = image::unseal(seen_word);
    if (generation == image::kUnsealed) return Err{ImageError::kCorrupt};
    if (generation == 0) return Err{ImageError::kMissing};
    result = open_generation(generation);
    if (result.ok() || result.error() != ImageError::kMissing) break;
    if (image::load_acquire(word()) == seen_word) break;
  }
  return result;
}

// Only memory for a path can fail to be had.
Result<void, ImageError> ImageReader::State::follow_without_throwing() noexcept {
  try {
    return follow();
  } catch (...) {
    return Err{ImageError::kUnreadable};
  }
}

ImageReader::ImageReader(std::filesystem::path dir) : state_(std::make_unique<State>(std::move(dir))) {}
ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;
ImageReader& ImageReader::operator=(ImageReader&&) noexcept = default;

const ImageView* ImageReader::acquire() noexcept {
  State& s = *state_;
  if (s.current && image::load_acquire(s.word()) == s.seen_word) {
    if (s.settled) return &s.mapped->view;
    if (s.mapped && s.calls_until_retry-- > 0) return &s.mapped->view;
  }
  const auto followed = s.follow_without_throwing();
  s.settled = followed.ok();
  const bool not_opened =
      !followed && (followed.error() == ImageError::kMissing || followed.error() == ImageError::kUnreadable);
  s.calls_until_retry = not_opened ? 0 : kCallsBetweenRetries;
  s.error = followed ? std::nullopt : std::optional(followed.error());
  return s.mapped ? &s.mapped->view : nullptr;
}

void ImageReader::recheck() noexcept {
  State& s = *state_;
  if (s.settled && s.current && !s.current->lost() && s.current->is_still(s.current_path)) return;
  s.settled = false;
  s.calls_until_retry = 0;
  (void)acquire();
}

std::optional<ImageError> ImageReader::last_error() const noexcept {
  return state_->error;
}

std::uint64_t ImageReader::generation() const noexcept {
  return state_->mapped ? state_->mapped->view.generation() : 0;
}

Decision ImageReader::decide(const Question& question) noexcept {
  const ImageView* view = acquire();
  if (view == nullptr) return {};
  const Decision decision = view->decide(question);
  if (state_->mapped->file.lost()) {
    state_->error = ImageError::kCorrupt;
    state_->settled = false;
    return {};
  }
  if (decision.reason == Reason::kNoPolicy) state_->error = ImageError::kCorrupt;
  return decision;
}

}  // namespace keyfence
