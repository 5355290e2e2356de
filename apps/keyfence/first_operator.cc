#include "apps/keyfence/first_operator.h"

#include <cstdio>

#include "apps/keyfence/first_token.h"

namespace keyfence {
namespace {

AuditRow system_line(const Clock& clock, std::string action, PersonId subject) {
  AuditRow line;
  line.at = clock.now();
  line.actor = "system";
  line.action = std::move(action);
  line.subject = subject.text();
  return line;
}

}  // namespace

Result<bool, std::string> make_first_operator(ControlStore& store, IdSource& ids, const Clock& clock,
                                              PasswordHasher& hasher,
                                              const std::optional<std::filesystem::path>& file) {
  const auto operators = store.operator_count();
  if (!operators) return Err{operators.error().message};
  if (*operators > 0) return false;
  const auto taken = store.person_by_login(kFirstOperatorLogin);
  if (!taken) return Err{taken.error().message};
  if (*taken) return Err{std::string("the login operator belongs to somebody who is none")};
  const std::string password = random_password();
  auto hash = hasher.hash(password);
  if (!hash) return Err{std::string("the password could not be hashed")};
  if (file) {
    if (auto failure = write_file_whole(*file, password + "\n", 0600)) return Err{*failure};
  } else {
    std::printf("keyfence: first sign-in, shown this once: login %s, password %s\n", kFirstOperatorLogin.data(),
                password.c_str());
    std::fflush(stdout);
  }
  PersonRow row;
  row.id = PersonId(ids.next());
  row.login = kFirstOperatorLogin;
  row.name = "Operator";
  row.password = std::move(*hash);
  row.reach = Reach::kInstance;
  row.created_at = clock.now();
  const auto committed = store.transact([&](Transaction& tx) {
    AuditRow line = system_line(clock, "person.create", row.id);
    line.after = R"({"login":"operator","role":"operator"})";
    tx.audit_line(std::move(line));
    return tx.insert_person(row);
  });
  if (!committed) return Err{committed.error().message};
  return true;
}

Result<std::string, std::string> reset_password(ControlStore& store, const Clock& clock, PasswordHasher& hasher,
                                                const PasswordReset& reset) {
  const std::string password = random_password();
  const auto hash = hasher.hash(password);
  if (!hash) return Err{std::string("the password could not be hashed")};
  const auto committed = store.transact([&](Transaction& tx) -> StoreResult<void> {
    auto found = tx.person_by_login(reset.login);
    if (!found) return Err{found.error()};
    std::optional<PersonRow>& row = *found;
    if (!row) return Err{StoreError{StoreError::Code::kNotFound, "nobody has the login " + reset.login, ""}};
    row->password = *hash;
    tx.audit_line(system_line(clock, "person.reset_password", row->id));
    if (reset.second_factor == PasswordReset::SecondFactor::kDrop) {
      row->totp.reset();
      row->totp_pending.reset();
      tx.audit_line(system_line(clock, "person.disable_totp", row->id));
      if (auto dropped = tx.replace_recovery_codes(row->id, {}); !dropped) return dropped;
    }
    if (auto ended = tx.delete_sessions(row->id, std::nullopt); !ended) return ended;
    return tx.update_person(*row);
  });
  if (!committed) return Err{committed.error().message};
  return password;
}

}  // namespace keyfence
