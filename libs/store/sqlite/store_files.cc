#include "libs/store/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "libs/base/random.h"
#include "libs/store/audit_chain.h"
#include "libs/store/sqlite/check.h"
#include "libs/store/sqlite/migrations.h"
#include "libs/store/sqlite/reads.h"
#include "libs/store/sqlite/store_file.h"

namespace keyfence {
namespace sqlite {
namespace {

namespace fs = std::filesystem;
using Code = StoreError::Code;

[[noreturn]] void fail_system(const std::string& what, int error) {
  const Code code = error == ENOSPC || error == EDQUOT                    ? Code::kNoSpace
                    : error == EACCES || error == EPERM || error == EROFS ? Code::kReadOnly
                                                                          : Code::kFailed;
  throw Failure{{code, what + ": " + std::strerror(error), ""}};
}

// A file that is being written: gone again unless keep() was called.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)) {
    remove();
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) fail_system(path_ + " cannot be made", errno);
    ::close(descriptor);
  }
  ~NewFile() {
    if (!path_.empty()) remove();
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Makes its content durable and gives it its name.
  void keep(const std::string& name) {
    sync(path_, O_RDWR);
    if (::rename(path_.c_str(), name.c_str()) != 0) fail_system(name + " cannot be made", errno);
    path_.clear();
    const fs::path parent = fs::path(name).parent_path();
    sync(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  }

 private:
  void remove() noexcept {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path_ + suffix).c_str());
  }
  static void sync(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) fail_system(path + " cannot be opened", errno);
    const int result = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (result != 0) fail_system(path + " cannot be written", error);
  }

  std::string path_;
};

// All pages as of one moment. The copy keeps no log beside it.
void copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) to.fail(sqlite3_errcode(to.handle()));
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) to.fail(finished != SQLITE_OK ? finished : stepped);
  to.execute("PRAGMA journal_mode = DELETE");
}

std::uint64_t number(Connection& connection, Sql sql) {
  Statement statement(connection, sql);
  Rows rows = statement.query();
  return rows.next() ? rows.id(0) : 0;
}

StoreSummary summarise(Connection& connection) {
  return {.revision = {number(connection, "SELECT revision FROM counter")},
          .accounts = number(connection, "SELECT count(*) FROM accounts"),
          .keys = number(connection, "SELECT count(*) FROM keys"),
          .audit_lines = number(connection, "SELECT count(*) FROM audit"),
          .bytes = number(connection, "PRAGMA page_count") * number(connection, "PRAGMA page_size")};
}

Connection open_existing(const std::string& path) {
  if (!fs::is_regular_file(path)) throw Failure{{Code::kNotFound, path + " is not there, or is no file", ""}};
  Connection connection(path, Access::kReadOnly);
  const int standing = standing_schema(connection);
  if (standing == 0) throw Failure{{Code::kFailed, path + " is empty: no store", ""}};
  return connection;
}

void require_newest_schema(Connection& connection, const std::string& path) {
  if (standing_schema(connection) == newest_schema()) return;
  throw Failure{{Code::kPrecondition,
                 path + " was written by an older Keyfence: start this one on it once, or use that one", ""}};
}

StoreSummary back_up(const std::string& store, const std::string& file) {
  if (fs::exists(file)) throw Failure{{Code::kPrecondition, file + " exists already; nothing was written", ""}};
  Connection from = open_existing(store);
  require_newest_schema(from, store);
  NewFile copy(file + ".tmp");
  StoreSummary summary;
  {
    Connection to(copy.path(), Access::kReadWrite);
    copy_pages(from, to);
    check_rows(to);
    summary = summarise(to);
  }
  copy.keep(file);
  return summary;
}

void note_restore(Connection& connection, Timestamp now) {
  Statement(connection, "UPDATE instance SET epoch = ?").execute(random_u64());
  connection.execute("DELETE FROM sessions");  // some of them were ended since
  AuditRow line;
  KeyDigest hash;
  {
    Statement head_of(connection, "SELECT id, hash FROM audit_head");
    Rows head = head_of.query();
    if (!head.next()) fail_corrupt("the head of the audit log is missing");
    line.id = head.id(0) + 1;
    hash = head.digest(1);
  }
  line.at = now;
  line.actor = "cli";
  line.action = "instance.restore";
  line.subject = "instance";
  line.revision = {number(connection, "SELECT revision FROM counter")};
  hash = audit_hash(hash, line);
  Statement(connection,
            "INSERT INTO audit (id, at, actor, address, action, subject, account, before, after, revision, hash)"
            " VALUES (?, ?, ?, '', ?, ?, NULL, '', '', ?, ?)")
      .execute(line.id, line.at, line.actor, line.action, line.subject, line.revision, hash);
  Statement(connection, "UPDATE audit_head SET id = ?, hash = ?").execute(line.id, hash);
}

// Brings what stands in the log beside a store into its file. A store that is too damaged for that keeps its log.
void fold_log(const std::string& store) {
  static_cast<void>(guarded([&] {
    Connection connection(store, Access::kReadWrite);
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }));
}

// A second name for the store and for its log, if one is left; the store itself stays where it is, so that there is one
// at every moment.
void set_aside(const std::string& store) {
  for (const char* suffix : {"", "-wal"}) {
    const std::string from = store + suffix;
    const std::string to = store + ".before-restore" + suffix;
    ::unlink(to.c_str());
    if (::link(from.c_str(), to.c_str()) == 0 || errno == ENOENT) continue;
    std::error_code error;  // a file system without second names
    fs::copy_file(from, to, error);
    if (error) fail_system(from + " cannot be set aside", error.value());
  }
}

// SQLite would read the log of the store that stood here into the one that takes its place.
void remove_log(const std::string& store) {
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string path = store + suffix;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_system(path + " cannot be removed", errno);
  }
}

StoreSummary restore(const std::string& file, const std::string& store, StandingStore standing, Timestamp now) {
  const StoreLock lock(store);
  std::error_code none;
  const bool stands = fs::exists(store) && fs::file_size(store, none) > 0;
  if (stands && standing == StandingStore::kRefuse) {
    throw Failure{{Code::kPrecondition, store + " stands already; nothing was changed", ""}};
  }
  Connection from = open_existing(file);
  NewFile copy(store + ".restoring");
  StoreSummary summary;
  {
    Connection to(copy.path(), Access::kReadWrite);
    copy_pages(from, to);
    migrate(to);
    check_rows(to);
    to.execute("BEGIN IMMEDIATE");
    note_restore(to, now);
    to.execute("COMMIT");
    summary = summarise(to);
  }
  if (stands) {
    fold_log(store);
    set_aside(store);
  }
  remove_log(store);
  copy.keep(store);
  return summary;
}

AuditVerdict verify_known(Connection& connection, const std::optional<KnownAuditLine>& known) {
  const ReadSnapshot snapshot(connection);
  AuditVerdict verdict = verify_audit(connection);
  if (verdict.wrong || !known) return verdict;
  Statement line(connection, "SELECT hash FROM audit WHERE id = ?");
  Rows rows = line.query(known->id);
  if (!rows.next()) {
    verdict.wrong = {known->id, "is missing, and stood here once"};
  } else if (rows.digest(0) != known->hash) {
    verdict.wrong = {known->id, "is not the one that stood here once: the log was made anew"};
  }
  return verdict;
}

}  // namespace
}  // namespace sqlite

StoreResult<AuditVerdict> verify_audit_log(const std::string& store, const std::optional<KnownAuditLine>& known) {
  return sqlite::guarded([&] {
    sqlite::Connection connection = sqlite::open_existing(store);
    sqlite::require_newest_schema(connection, store);
    return sqlite::verify_known(connection, known);
  });
}

StoreResult<StoreSummary> back_up_store(const std::string& store, const std::string& file) {
  return sqlite::guarded([&] { return sqlite::back_up(store, file); });
}

StoreResult<StoreSummary> restore_store(const std::string& file, const std::string& store, StandingStore standing,
                                        Timestamp now) {
  return sqlite::guarded([&] { return sqlite::restore(file, store, standing, now); });
}

}  // namespace keyfence
