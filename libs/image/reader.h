#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "libs/base/result.h"
#include "libs/policy/decide.h"

namespace keyfence {

// Why an image cannot be read. One byte: the data plane's error.
enum class ImageError : std::uint8_t {
  kMissing,       // no policy was ever published here
  kUnreadable,    // open, stat or map failed: permissions, descriptors, memory
  kTooShort,      // cut short
  kForeign,       // not an image
  kOtherVersion,  // an image of another layout
  kCorrupt,       // a checksum or an offset is wrong
};
[[nodiscard]] std::string_view name(ImageError error) noexcept;

class ImageView;  // one mapped generation; models PolicySource; image_view.h

// The current policy image of a directory, for one thread.
//
// Shape    Maps <dir>/current, which holds the number of the generation, and the image file that it names. acquire()
//          costs one atomic load while the generation stands; it maps the new file when the number has moved.
// Errors   A new generation that is torn, foreign or unreadable is not used: the last good one goes on deciding and
//          last_error() says why. Before there ever was a good one acquire() is empty: decide no_policy (503).
//          A file cut short under its mapping raises no signal past this class: see guard_mapped_reads().
// Threads  One reader per thread. A lease lives on the thread of its reader, and within it acquire() is not called
//          again.
class ImageReader {
 public:
  // Does not need the directory to exist yet.
  explicit ImageReader(std::filesystem::path dir);
  ~ImageReader();
  ImageReader(ImageReader&&) noexcept;
  ImageReader& operator=(ImageReader&&) noexcept;
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;

  // The current generation, or nullptr. Valid until the next acquire().
  [[nodiscard]] const ImageView* acquire() noexcept;
  // Looks whether <dir>/current is still the file that is mapped, one stat(), and follows it if not. For a timer of a
  // second or so: a directory on tmpfs may be deleted and made anew under a running reader.
  void recheck() noexcept;
  [[nodiscard]] std::optional<ImageError> last_error() const noexcept;
  [[nodiscard]] std::uint64_t generation() const noexcept;  // 0: none mapped

  // acquire() and decide(); kNoPolicy where there is no image, or where what was read of it proved corrupt.
  [[nodiscard]] Decision decide(const Question& question) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Installs, once per process, a SIGBUS handler that turns a read past the end of a shortened image file into zeros and
// marks its view corrupt; a fault elsewhere goes to the handler that was there before.
void guard_mapped_reads() noexcept;

}  // namespace keyfence
