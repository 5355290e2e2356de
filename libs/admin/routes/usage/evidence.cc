#include "libs/admin/routes/usage/evidence.h"

namespace keyfence::routes::usage {
namespace {

boost::json::value view(const Evidence& evidence) {
  if (evidence.hits == 0) return nullptr;
  return boost::json::object{
      {"hits", evidence.hits}, {"first_at", rfc3339(evidence.first_at)}, {"last_at", rfc3339(evidence.last_at)}};
}

}  // namespace

std::vector<boost::json::value> entry_evidence(const Call& call, std::span<const EntryRow> rows) {
  std::vector<boost::json::value> views(rows.size());
  if (call.services.usage == nullptr || rows.empty()) return views;
  std::vector<EntryId> ids;
  ids.reserve(rows.size());
  for (const EntryRow& row : rows) ids.push_back(row.id);
  const auto known = call.services.usage->entry_evidence(ids);
  if (!known) return views;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if ((*known)[i]) views[i] = view(*(*known)[i]);
  }
  return views;
}

std::vector<boost::json::value> key_evidence(const Call& call, std::span<const KeyRow> rows) {
  std::vector<boost::json::value> views(rows.size());
  if (call.services.usage == nullptr || rows.empty()) return views;
  std::vector<KeyId> ids;
  ids.reserve(rows.size());
  for (const KeyRow& row : rows) ids.push_back(row.id);
  const auto known = call.services.usage->key_evidence(ids);
  if (!known) return views;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!(*known)[i]) continue;
    const KeyEvidence& key = *(*known)[i];
    views[i] = boost::json::object{
        {"allowed", view(key.allowed)},
        {"denied", view(key.denied)},
        {"last_address", key.last_address ? boost::json::value(key.last_address->text()) : nullptr}};
  }
  return views;
}

}  // namespace keyfence::routes::usage
