#include "apps/keyfence/spool_dir.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keyfence {

std::optional<std::string> make_spool_dir(const std::filesystem::path& dir, const std::optional<std::string>& group) {
  const auto failed = [&dir](const char* what) {
    return "the spool directory " + dir.string() + " cannot be " + what + ": " + std::strerror(errno);
  };
  if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) return failed("made");
  mode_t mode = 0700;
  if (group) {
    const struct group* const known = getgrnam(group->c_str());
    if (known == nullptr) return "there is no group " + *group;
    if (chown(dir.c_str(), static_cast<uid_t>(-1), known->gr_gid) != 0) return failed("given to its group");
    mode = 02770;  // what workers make there belongs to the group, whichever is their first
  }
  if (chmod(dir.c_str(), mode) != 0) return failed("opened to its group");
  return std::nullopt;
}

}  // namespace keyfence
