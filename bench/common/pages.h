#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace keyfence::bench {

enum class PageSize : std::uint8_t { kSmall, kHuge };
[[nodiscard]] std::string_view name(PageSize pages) noexcept;  // "4k", "huge"

// Asks for this page size for all private memory that the process takes from now on: huge pages by advice to the
// kernel and to malloc, small ones by forbidding the others. Must be called first in main, as it may start the program
// anew with another environment.
void use_pages(PageSize pages, char** argv);

// A directory on a tmpfs of its own with this page size, which goes with the process, whatever becomes of it: it is
// mounted in a mount namespace of the process's own. nullopt where that is not allowed (root is needed).
[[nodiscard]] std::optional<std::filesystem::path> private_tmpfs(PageSize pages);

// How much of the process's memory lies in huge pages now, anonymous and shared.
[[nodiscard]] std::size_t huge_page_bytes();

// A block of private memory in pages of the size asked for, zeroed and touched, 2 MiB aligned; unmapped at the end.
class Block {
 public:
  Block(std::size_t bytes, PageSize pages);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

// Advises huge pages for all anonymous writable mappings of the process that are large enough to hold one: for memory
// that a library has taken by itself.
void advise_huge_everywhere();

}  // namespace keyfence::bench
