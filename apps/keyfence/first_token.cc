#include "apps/keyfence/first_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "libs/admin/input.h"
#include "libs/policy/presented_key.h"

namespace keyfence {
namespace {

std::string failure_of(const std::filesystem::path& file) {
  return file.string() + ": cannot be written: " + std::generic_category().message(errno);
}

}  // namespace

std::optional<std::string> write_file_whole(const std::filesystem::path& file, std::string_view text, int mode) {
  const std::string temporary = file.string() + ".tmp";
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return failure_of(file);
  std::optional<std::string> failure;
  if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(fd) != 0) {
    failure = failure_of(file);
  }
  close(fd);
  if (!failure && rename(temporary.c_str(), file.c_str()) != 0) failure = failure_of(file);
  if (failure) unlink(temporary.c_str());
  return failure;
}

Result<bool, std::string> make_operator_token(ControlStore& store, IdSource& ids, const Clock& clock, NewToken when,
                                              const std::optional<std::filesystem::path>& file) {
  if (when == NewToken::kIfNoneYet) {
    const auto tokens = store.tokens({.after = 0, .limit = 1});
    if (!tokens) return Err{tokens.error().message};
    if (!tokens->empty()) return false;
  }
  const NewSecret secret = NewSecret::make("kfm_");
  if (file) {
    if (auto failure = write_file_whole(*file, secret.reveal_once() + "\n", 0600)) return Err{*failure};
  } else {
    std::printf("keyfence: operator token, shown this once: %s\n", secret.reveal_once().c_str());
    std::fflush(stdout);
  }
  const TokenRow row{.id = TokenId(ids.next()),
                     .name = when == NewToken::kAlways ? "operator, made at start" : "first operator",
                     .digest = secret.digest(),
                     .hint = hint_of(secret.reveal_once()),
                     .role = Role::kOperator,
                     .account = {},
                     .expires_at = {},
                     .revoked_at = {},
                     .created_by = "system",
                     .created_at = clock.now()};
  const auto committed = store.transact([&](Transaction& tx) -> StoreResult<void> {
    AuditRow line;
    line.at = row.created_at;
    line.actor = "system";
    line.action = "token.create";
    line.subject = row.id.text();
    line.after = "{\"id\":\"" + row.id.text() + "\",\"role\":\"operator\"}";
    tx.audit_line(std::move(line));
    return tx.insert_token(row);
  });
  if (!committed) return Err{committed.error().message};
  return true;
}

}  // namespace keyfence
