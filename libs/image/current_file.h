#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "libs/base/result.h"
#include "libs/image/format.h"
#include "libs/image/image_file.h"

namespace keyfence::image {

// <dir>/current as the writer holds it: the number of the generation that readers follow.
//
// Shape    One page, mapped for writing. It keeps its inode for as long as it exists, so that readers that have it
//          mapped see every flip; a damaged one is mended in place.
class CurrentFile {
 public:
  [[nodiscard]] static Result<CurrentFile, ImageWriteError> open(const std::filesystem::path& dir,
                                                                 std::optional<gid_t> group);
  ~CurrentFile();
  CurrentFile(CurrentFile&& other) noexcept;
  CurrentFile& operator=(CurrentFile&& other) noexcept;
  CurrentFile(const CurrentFile&) = delete;
  CurrentFile& operator=(const CurrentFile&) = delete;

  // 0: none.
  [[nodiscard]] std::uint64_t generation() const noexcept;
  void flip(std::uint64_t generation, std::uint64_t epoch) noexcept;

 private:
  CurrentFile() = default;
  CurrentHeader* header_ = nullptr;
};

}  // namespace keyfence::image
