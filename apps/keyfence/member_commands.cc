#include <iostream>

#include "apps/keyfence/api_commands.h"

namespace keyfence {
namespace {

namespace json = boost::json;

struct MemberFlags {
  std::string account;
  std::string subject;  // a member's id or login, an invitation's id, or the login to invite
  std::string role;

  [[nodiscard]] std::string path(std::string_view collection) const {
    return "/accounts/" + account + "/" + std::string(collection);
  }
};

CommandResult<void> print_people(ApiSession& session, const ApiFlags& flags, const std::string& path,
                                 const std::vector<std::string>& heading, const std::vector<std::string>& members) {
  auto items = session.all(path);
  if (!items) return Err{std::move(items).error()};
  if (flags.json) {
    print_json(*items);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : *items) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string& member : members) row.push_back(cell(item, member));
  }
  print_table(heading, rows);
  return {};
}

// The id of a member who was named by id or login.
CommandResult<std::string> member_id(ApiSession& session, const MemberFlags& member) {
  if (member.subject.rfind("per_", 0) == 0) return member.subject;
  const auto members = session.all(member.path("members"));
  if (!members) return Err{members.error()};
  for (const json::value& one : *members) {
    if (cell(one, "login") == member.subject) return cell(one, "id");
  }
  return Err{CommandError{"no member of " + member.account + " has the login " + member.subject}};
}

CommandResult<void> change_role(ApiSession& session, const ApiFlags& flags, const MemberFlags& member) {
  const auto id = member_id(session, member);
  if (!id) return Err{id.error()};
  const auto answer = session.call("PATCH", member.path("members/") + *id, json::object{{"role", member.role}});
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
  } else {
    std::cout << cell(*answer, "login") << " is " << cell(*answer, "role") << '\n';
  }
  return {};
}

CommandResult<void> remove(ApiSession& session, const MemberFlags& member) {
  const auto id = member_id(session, member);
  if (!id) return Err{id.error()};
  const auto answer = session.call("DELETE", member.path("members/") + *id);
  if (!answer) return Err{answer.error()};
  std::cout << "removed " << *id << '\n';
  return {};
}

CommandResult<void> invite(ApiSession& session, const ApiFlags& flags, const MemberFlags& member) {
  const auto answer =
      session.call("POST", member.path("invitations"), json::object{{"login", member.subject}, {"role", member.role}});
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  std::cout << cell(*answer, "id") << ", good until " << cell(*answer, "expires_at")
            << "\n\nThe end of the link, shown this once; put the console's address before it:\n/invitation#"
            << cell(*answer, "token") << '\n';
  return {};
}

CommandResult<void> revoke(ApiSession& session, const MemberFlags& member) {
  const auto answer = session.call("DELETE", member.path("invitations/") + member.subject);
  if (!answer) return Err{answer.error()};
  std::cout << "revoked " << member.subject << '\n';
  return {};
}

}  // namespace

void add_member_commands(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto member = std::make_shared<MemberFlags>();
  const auto add = [&](CLI::App& group, const std::string& name, const std::string& help, ApiCommand run) {
    CLI::App* leaf = add_api_leaf(group, name, help, flags, exit_code, std::move(run));
    leaf->add_option("account", member->account, "an account's id: acc_…")->required();
    return leaf;
  };
  CLI::App* members = add_api_group(app, "member", "Members of an account", flags);
  add(*members, "list", "List members", [member](ApiSession& session, const ApiFlags& f) {
    return print_people(session, f, member->path("members"), {"ID", "LOGIN", "NAME", "ROLE", "JOINED", "LAST SIGN-IN"},
                        {"id", "login", "name", "role", "joined_at", "last_sign_in_at"});
  });
  CLI::App* role = add(*members, "role", "Change a member's role",
                       [member](ApiSession& session, const ApiFlags& f) { return change_role(session, f, *member); });
  role->add_option("member", member->subject, "login or id")->required();
  role->add_option("role", member->role, "owner, admin or viewer")->required();
  add(*members, "remove", "Remove a member",
      [member](ApiSession& session, const ApiFlags&) { return remove(session, *member); })
      ->add_option("member", member->subject, "login or id")
      ->required();

  CLI::App* invitations = add_api_group(app, "invite", "Invitations to an account", flags);
  add(*invitations, "list", "List invitations", [member](ApiSession& session, const ApiFlags& f) {
    return print_people(session, f, member->path("invitations"), {"ID", "LOGIN", "ROLE", "EXPIRES"},
                        {"id", "login", "role", "expires_at"});
  });
  CLI::App* creation = add(*invitations, "create", "Invite somebody and show the link once",
                           [member](ApiSession& session, const ApiFlags& f) { return invite(session, f, *member); });
  creation->add_option("login", member->subject, "the login to be, such as a mail address")->required();
  creation->add_option("--role", member->role, "owner, admin or viewer")->required();
  add(*invitations, "revoke", "Revoke an invitation",
      [member](ApiSession& session, const ApiFlags&) { return revoke(session, *member); })
      ->add_option("invitation", member->subject, "its id: inv_…")
      ->required();
}

}  // namespace keyfence
