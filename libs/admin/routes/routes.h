#pragma once

#include "libs/admin/call.h"

// The handlers of the routing table, each in the file of its name: routes/<resource>/<handler>.cc. openapi.yaml says
// what each takes and answers.
namespace keyfence::routes {

namespace instance {
[[nodiscard]] Answer get(Call& call);
[[nodiscard]] Answer update(Call& call);
}  // namespace instance

namespace accounts {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer create(Call& call);
[[nodiscard]] Answer get(Call& call);
[[nodiscard]] Answer update(Call& call);
[[nodiscard]] Answer remove(Call& call);
[[nodiscard]] Answer restore(Call& call);
}  // namespace accounts

namespace members {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer update(Call& call);
[[nodiscard]] Answer remove(Call& call);
}  // namespace members

namespace operators {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer create(Call& call);
[[nodiscard]] Answer remove(Call& call);
}  // namespace operators

namespace invitations {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer create(Call& call);
[[nodiscard]] Answer revoke(Call& call);
[[nodiscard]] Answer lookup(Call& call);
[[nodiscard]] Answer accept(Call& call);
}  // namespace invitations

namespace keys {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer create(Call& call);
[[nodiscard]] Answer import(Call& call);
[[nodiscard]] Answer get(Call& call);
[[nodiscard]] Answer update(Call& call);
[[nodiscard]] Answer revoke(Call& call);
[[nodiscard]] Answer rotate(Call& call);
[[nodiscard]] Answer remove(Call& call);
}  // namespace keys

// Each serves the global list, an account's and a key's: the path says which.
namespace allowlist {
[[nodiscard]] Answer get(Call& call);
[[nodiscard]] Answer update(Call& call);
[[nodiscard]] Answer replace(Call& call);
[[nodiscard]] Answer add_entry(Call& call);
[[nodiscard]] Answer update_entry(Call& call);
[[nodiscard]] Answer remove_entry(Call& call);
[[nodiscard]] Answer import(Call& call);
[[nodiscard]] Answer history(Call& call);
[[nodiscard]] Answer past(Call& call);
[[nodiscard]] Answer difference(Call& call);
[[nodiscard]] Answer restore(Call& call);
}  // namespace allowlist

namespace entries {
[[nodiscard]] Answer parse(Call& call);
}  // namespace entries

namespace decisions {
[[nodiscard]] Answer decide(Call& call);
}  // namespace decisions

namespace tokens {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer create(Call& call);
[[nodiscard]] Answer revoke(Call& call);
}  // namespace tokens

// The instance as one document, and one document as the instance.
namespace declared {
[[nodiscard]] Answer export_instance(Call& call);
[[nodiscard]] Answer apply(Call& call);
}  // namespace declared

namespace audit {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer export_csv(Call& call);
[[nodiscard]] Answer export_json_lines(Call& call);
// The query parameters of these.
[[nodiscard]] std::vector<std::string_view> list_parameters();
[[nodiscard]] std::vector<std::string_view> filter_parameters();
}  // namespace audit

namespace usage {
[[nodiscard]] Answer list(Call& call);
[[nodiscard]] Answer find(Call& call);
[[nodiscard]] Answer summary(Call& call);
[[nodiscard]] Answer unused_entries(Call& call);
[[nodiscard]] Answer export_csv(Call& call);
// The query parameters of these.
[[nodiscard]] std::vector<std::string_view> list_parameters();
[[nodiscard]] std::vector<std::string_view> export_parameters();
[[nodiscard]] std::vector<std::string_view> summary_parameters();
}  // namespace usage

// Signing in and out.
namespace session {
[[nodiscard]] Answer begin(Call& call);
[[nodiscard]] Answer second_factor(Call& call);
[[nodiscard]] Answer confirm(Call& call);
[[nodiscard]] Answer end(Call& call);
}  // namespace session

// What is one's own.
namespace me {
[[nodiscard]] Answer get(Call& call);
[[nodiscard]] Answer update(Call& call);
[[nodiscard]] Answer set_password(Call& call);
[[nodiscard]] Answer list_sessions(Call& call);
[[nodiscard]] Answer end_session(Call& call);
[[nodiscard]] Answer end_other_sessions(Call& call);
[[nodiscard]] Answer begin_totp(Call& call);
[[nodiscard]] Answer enable_totp(Call& call);
[[nodiscard]] Answer disable_totp(Call& call);
[[nodiscard]] Answer renew_recovery_codes(Call& call);
}  // namespace me

namespace operations {
[[nodiscard]] Answer whoami(Call& call);
[[nodiscard]] Answer status(Call& call);
[[nodiscard]] Answer openapi(Call& call);
[[nodiscard]] Answer reference(Call& call);
[[nodiscard]] Answer reference_style_sheet(Call& call);
[[nodiscard]] Answer health(Call& call);
[[nodiscard]] Answer ready(Call& call);
[[nodiscard]] Answer metrics(Call& call);
}  // namespace operations

}  // namespace keyfence::routes
