#include <algorithm>
#include <array>

#include "libs/admin/router.h"
#include "libs/admin/routes/routes.h"

namespace keyfence {
namespace {

using M = HttpMethod;
using A = Access;
using B = BodyKind;
using F = Freshness;

std::vector<Route> make_table() {
  using namespace routes;  // NOLINT(google-build-using-namespace): a table reads better without prefixes
  const std::vector<std::string_view> paging = {"after", "limit"};
  const std::vector<std::string_view> confirm = {"confirm"};
  std::vector<Route> table = {
      {M::kGet, "/api/v1/instance", A::kViewer, instance::get},
      {M::kPatch, "/api/v1/instance", A::kOperator, instance::update, B::kJson},

      {M::kGet, "/api/v1/operators", A::kOperator, operators::list, B::kNone, 0, paging},
      {M::kPost, "/api/v1/operators", A::kOperator, operators::create, B::kJson, kBodyBytesMax, {}, F::kConfirmed},
      {M::kDelete, "/api/v1/operators/{person_id}", A::kOperator, operators::remove, B::kNone, 0, {}, F::kConfirmed},

      {M::kGet, "/api/v1/accounts", A::kViewer, accounts::list, B::kNone, 0, {"state", "after", "limit"}},
      {M::kPost, "/api/v1/accounts", A::kOperator, accounts::create, B::kJson},
      {M::kGet, "/api/v1/accounts/{account_id}", A::kViewer, accounts::get},
      {M::kPatch, "/api/v1/accounts/{account_id}", A::kAdmin, accounts::update, B::kJson},
      {M::kDelete, "/api/v1/accounts/{account_id}", A::kOperator, accounts::remove, B::kNone, 0, {}, F::kConfirmed},
      {M::kPost, "/api/v1/accounts/{account_id}/restore", A::kOperator, accounts::restore},

      {M::kGet, "/api/v1/accounts/{account_id}/members", A::kViewer, members::list, B::kNone, 0, paging},
      {M::kPatch, "/api/v1/accounts/{account_id}/members/{person_id}", A::kOwner, members::update, B::kJson},
      {M::kDelete, "/api/v1/accounts/{account_id}/members/{person_id}", A::kOwner, members::remove},
      {M::kGet, "/api/v1/accounts/{account_id}/invitations", A::kOwner, invitations::list, B::kNone, 0, paging},
      {M::kPost, "/api/v1/accounts/{account_id}/invitations", A::kOwner, invitations::create, B::kJson},
      {M::kDelete, "/api/v1/accounts/{account_id}/invitations/{invitation_id}", A::kOwner, invitations::revoke},
      {M::kPost, "/api/v1/invitations/lookup", A::kPublic, invitations::lookup, B::kJson},
      {M::kPost, "/api/v1/invitations/accept", A::kPublic, invitations::accept, B::kJson},

      {M::kGet,
       "/api/v1/accounts/{account_id}/keys",
       A::kViewer,
       keys::list,
       B::kNone,
       0,
       {"name", "state", "restriction", "after", "limit"}},
      {M::kGet,
       "/api/v1/accounts/{account_id}/unused-entries",
       A::kViewer,
       usage::unused_entries,
       B::kNone,
       0,
       {"limit"}},
      {M::kPost, "/api/v1/accounts/{account_id}/keys", A::kAdmin, keys::create, B::kJson},
      {M::kPost, "/api/v1/accounts/{account_id}/keys/import", A::kAdmin, keys::import, B::kJson, kImportBodyBytesMax},
      {M::kGet, "/api/v1/keys/{key_id}", A::kViewer, keys::get},
      {M::kPatch, "/api/v1/keys/{key_id}", A::kAdmin, keys::update, B::kJson},
      {M::kDelete, "/api/v1/keys/{key_id}", A::kAdmin, keys::remove},
      {M::kPost, "/api/v1/keys/{key_id}/revoke", A::kAdmin, keys::revoke},
      {M::kPost, "/api/v1/keys/{key_id}/rotate", A::kAdmin, keys::rotate},

      {M::kPost, "/api/v1/entries/parse", A::kViewer, entries::parse, B::kJson},
      {M::kPost, "/api/v1/decisions", A::kViewer, decisions::decide, B::kJson, kBodyBytesMax, {"explain"}},

      {M::kGet, "/api/v1/tokens", A::kOwner, tokens::list, B::kNone, 0, paging},
      {M::kPost, "/api/v1/tokens", A::kOwner, tokens::create, B::kJson},
      {M::kDelete, "/api/v1/tokens/{token_id}", A::kOwner, tokens::revoke},

      {M::kGet, "/api/v1/audit", A::kViewer, audit::list, B::kNone, 0, audit::list_parameters()},
      {M::kGet, "/api/v1/export", A::kOperator, declared::export_instance, B::kNone, 0, {"digests"}},
      {M::kPost,
       "/api/v1/apply",
       A::kOperator,
       declared::apply,
       B::kJson,
       kImportBodyBytesMax,
       {"plan", "prune", "confirm"}},
      {M::kGet, "/api/v1/audit.csv", A::kViewer, audit::export_csv, B::kNone, 0, audit::filter_parameters()},
      {M::kGet, "/api/v1/audit.jsonl", A::kViewer, audit::export_json_lines, B::kNone, 0, audit::filter_parameters()},

      {M::kGet, "/api/v1/usage", A::kViewer, usage::list, B::kNone, 0, usage::list_parameters()},
      {M::kGet, "/api/v1/usage.csv", A::kViewer, usage::export_csv, B::kNone, 0, usage::export_parameters()},
      {M::kGet, "/api/v1/usage/summary", A::kViewer, usage::summary, B::kNone, 0, usage::summary_parameters()},
      {M::kGet, "/api/v1/usage/{request_id}", A::kViewer, usage::find},
      {M::kPost, "/api/v1/session", A::kPublic, session::begin, B::kJson},
      {M::kPost, "/api/v1/session/second-factor", A::kPublic, session::second_factor, B::kJson},
      {M::kPost, "/api/v1/session/confirm", A::kPerson, session::confirm, B::kJson},
      {M::kDelete, "/api/v1/session", A::kPublic, session::end},

      {M::kGet, "/api/v1/me", A::kCaller, me::get},
      {M::kPatch, "/api/v1/me", A::kPerson, me::update, B::kJson},
      {M::kPut, "/api/v1/me/password", A::kPerson, me::set_password, B::kJson, kBodyBytesMax, {}, F::kConfirmed},
      {M::kGet, "/api/v1/me/sessions", A::kPerson, me::list_sessions},
      {M::kDelete, "/api/v1/me/sessions", A::kPerson, me::end_other_sessions},
      {M::kDelete, "/api/v1/me/sessions/{session_id}", A::kPerson, me::end_session},
      {M::kPost, "/api/v1/me/totp", A::kPerson, me::begin_totp, B::kNone, 0, {}, F::kConfirmed},
      {M::kPut, "/api/v1/me/totp", A::kPerson, me::enable_totp, B::kJson},
      {M::kDelete, "/api/v1/me/totp", A::kPerson, me::disable_totp, B::kNone, 0, {}, F::kConfirmed},
      {M::kPost, "/api/v1/me/recovery-codes", A::kPerson, me::renew_recovery_codes, B::kNone, 0, {}, F::kConfirmed},

      {M::kGet, "/api/v1/whoami", A::kCaller, operations::whoami},
      {M::kGet, "/api/v1/status", A::kOperator, operations::status},
      {M::kGet, "/api/v1/openapi.json", A::kPublic, operations::openapi},
      {M::kGet, "/docs", A::kPublic, operations::reference},
      {M::kGet, "/docs/style.css", A::kPublic, operations::reference_style_sheet},
      {M::kGet, "/healthz", A::kPublic, operations::health},
      {M::kGet, "/readyz", A::kPublic, operations::ready},
      {M::kGet, "/metrics", A::kPublic, operations::metrics},
  };

  struct Level {
    Access read;
    Access write;
    std::string_view list, entries, entry, import, history, past, difference, restore;
  };
  static constexpr Level kLevels[] = {
      {A::kOperator, A::kOperator, "/api/v1/allowlist", "/api/v1/allowlist/entries",
       "/api/v1/allowlist/entries/{entry_id}", "/api/v1/allowlist/import", "/api/v1/allowlist/history",
       "/api/v1/allowlist/history/{revision}", "/api/v1/allowlist/difference", "/api/v1/allowlist/restore"},
      {A::kViewer, A::kAdmin, "/api/v1/accounts/{account_id}/allowlist",
       "/api/v1/accounts/{account_id}/allowlist/entries", "/api/v1/accounts/{account_id}/allowlist/entries/{entry_id}",
       "/api/v1/accounts/{account_id}/allowlist/import", "/api/v1/accounts/{account_id}/allowlist/history",
       "/api/v1/accounts/{account_id}/allowlist/history/{revision}",
       "/api/v1/accounts/{account_id}/allowlist/difference", "/api/v1/accounts/{account_id}/allowlist/restore"},
      {A::kViewer, A::kAdmin, "/api/v1/keys/{key_id}/allowlist", "/api/v1/keys/{key_id}/allowlist/entries",
       "/api/v1/keys/{key_id}/allowlist/entries/{entry_id}", "/api/v1/keys/{key_id}/allowlist/import",
       "/api/v1/keys/{key_id}/allowlist/history", "/api/v1/keys/{key_id}/allowlist/history/{revision}",
       "/api/v1/keys/{key_id}/allowlist/difference", "/api/v1/keys/{key_id}/allowlist/restore"},
  };
  for (const Level& level : kLevels) {
    table.push_back({M::kGet, level.list, level.read, allowlist::get, B::kNone, 0, paging});
    table.push_back({M::kPatch, level.list, level.write, allowlist::update, B::kJson, kBodyBytesMax, confirm});
    table.push_back({M::kPut, level.list, level.write, allowlist::replace, B::kJson, kImportBodyBytesMax, confirm});
    table.push_back({M::kPost, level.entries, level.write, allowlist::add_entry, B::kJson});
    table.push_back({M::kPatch, level.entry, level.write, allowlist::update_entry, B::kJson});
    table.push_back({M::kDelete, level.entry, level.write, allowlist::remove_entry, B::kNone, 0, confirm});
    table.push_back({M::kPost,
                     level.import,
                     level.write,
                     allowlist::import,
                     B::kJsonOrText,
                     kImportBodyBytesMax,
                     {"dry_run", "on_duplicate"}});
    table.push_back({M::kGet, level.history, level.read, allowlist::history, B::kNone, 0, paging});
    table.push_back({M::kGet, level.past, level.read, allowlist::past, B::kNone, 0, paging});
    table.push_back({M::kGet, level.difference, level.read, allowlist::difference, B::kNone, 0, {"from", "to"}});
    table.push_back({M::kPost, level.restore, level.write, allowlist::restore, B::kJson, kBodyBytesMax, confirm});
  }
  // Reads of one thing: few rows by their keys.
  static constexpr std::array<std::string_view, 8> kAtOnce = {"/api/v1/instance",
                                                              "/api/v1/accounts/{account_id}",
                                                              "/api/v1/accounts/{account_id}/allowlist",
                                                              "/api/v1/keys/{key_id}",
                                                              "/api/v1/allowlist",
                                                              "/api/v1/keys/{key_id}/allowlist",
                                                              "/api/v1/me",
                                                              "/api/v1/whoami"};
  for (Route& route : table) {
    const bool found = std::find(kAtOnce.begin(), kAtOnce.end(), route.path) != kAtOnce.end();
    if (route.method == M::kGet && found) route.pace = Pace::kAtOnce;
  }
  return table;
}

}  // namespace

const std::vector<Route>& routing_table() {
  static const std::vector<Route> table = make_table();
  return table;
}

}  // namespace keyfence
