#include "apps/keyfence/console_dir.h"

#include <system_error>

namespace keyfence {

namespace fs = std::filesystem;

std::optional<fs::path> find_console_dir() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return std::nullopt;
  const auto is_console = [&](const fs::path& dir) { return fs::is_regular_file(dir / "index.html", error); };
  const fs::path bin = program.parent_path();
  const fs::path installed = bin.parent_path() / "share/keyfence/console";
  if (is_console(installed)) return installed;
  // build/PRESET/apps/keyfence/keyfence
  const fs::path checkout = bin.parent_path().parent_path().parent_path().parent_path();
  const bool is_checkout = fs::is_regular_file(checkout / "libs/admin/openapi.yaml", error);
  if (is_checkout && is_console(checkout / "console/dist")) return checkout / "console/dist";
  return std::nullopt;
}

}  // namespace keyfence
