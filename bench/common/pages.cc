#include "bench/common/pages.h"

#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>

namespace keyfence::bench {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr const char* kMallocTunable = "glibc.malloc.hugetlb=1";

std::size_t rounded(std::size_t bytes) {
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

}  // namespace

std::string_view name(PageSize pages) noexcept {
  switch (pages) {
    case PageSize::kSmall:
      return "4k";
    case PageSize::kHuge:
      return "huge";
  }
  return "";
}

void use_pages(PageSize pages, char** argv) {
  if (pages == PageSize::kSmall) {
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    return;
  }
  // glibc reads its tunables before main.
  const char* tunables = std::getenv("GLIBC_TUNABLES");
  if (tunables != nullptr && std::strstr(tunables, kMallocTunable) != nullptr) {
    // Blocks smaller than a huge page lie together on the heap, which has huge pages, rather than in mappings of their
    // own, which cannot.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    return;
  }
  setenv("GLIBC_TUNABLES", kMallocTunable, 1);
  execv("/proc/self/exe", argv);
}

std::optional<std::filesystem::path> private_tmpfs(PageSize pages) {
  if (unshare(CLONE_NEWNS) != 0) return std::nullopt;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return std::nullopt;
  const char* dir = "/dev/shm";  // hides the machine's own from this process alone
  const char* options = pages == PageSize::kHuge ? "huge=always,size=80%" : "huge=never,size=80%";
  if (mount("keyfence-bench", dir, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return std::nullopt;
  return std::filesystem::path(dir);
}

std::size_t huge_page_bytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::size_t kib = 0;
  for (std::string line; std::getline(rollup, line);) {
    for (const char* field : {"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:"}) {
      if (line.starts_with(field)) kib += std::strtoull(line.c_str() + std::strlen(field), nullptr, 10);
    }
  }
  return kib * 1024;
}

Block::Block(std::size_t bytes, PageSize pages) : data_(nullptr), bytes_(rounded(bytes)) {
  const std::size_t reserved = bytes_ + kHugePageBytes;
  void* mapped = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  // Cut off what lies before and after the aligned part.
  const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
  const std::size_t before = rounded(begin) - begin;
  data_ = static_cast<std::byte*>(mapped) + before;
  if (before > 0) munmap(mapped, before);
  munmap(data_ + bytes_, kHugePageBytes - before);
  madvise(data_, bytes_, pages == PageSize::kHuge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  std::memset(data_, 0, bytes_);
}

Block::~Block() {
  munmap(data_, bytes_);
}

void advise_huge_everywhere() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char access[5] = {};
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %lu", &begin, &end, access, &inode) != 4) {
      continue;
    }
    if (inode != 0 || access[1] != 'w' || end - begin < kHugePageBytes) continue;
    madvise(reinterpret_cast<void*>(begin), end - begin,
            MADV_HUGEPAGE);  // NOLINT(performance-no-int-to-ptr): page bounds
  }
}

}  // namespace keyfence::bench
