#include <utility>

#include "libs/admin/entries.h"
#include "libs/admin/json/object_reader.h"
#include "libs/admin/routes/routes.h"

namespace keyfence::routes::entries {

Answer parse(Call& call) {
  std::vector<FieldError> errors;
  ObjectReader reader(call.body, "", errors);
  const auto text = reader.text("text", Presence::kRequired);
  reader.finish();
  if (!errors.empty()) return Err{invalid_input(std::move(errors))};
  auto parsed = parse_entry(*text);
  if (!parsed) return Err{invalid_input({field_error("/text", std::move(parsed).error())})};
  const auto instance = call.services.store.instance();
  if (!instance) return Err{problem_of(instance.error())};

  const IpRange& range = parsed->range;
  ListLimits unlimited;
  unlimited.entries_max = 1;
  const RuleReport report =
      check_additions(unlimited, {}, {CandidateEntry{EntryId(), range}}, instance->non_public_warnings);
  boost::json::array warnings;
  for (const EntryWarning& warning : report.warnings) warnings.emplace_back(view(warning));
  const auto prefix_length = range.prefix_length();
  return json_response(
      200, boost::json::object{{"text", trim_entry_text(*text)},
                               {"canonical", parsed->canonical},
                               {"kind", name(parsed->kind)},
                               {"family", range.family() == IpFamily::kV4 ? 4 : 6},
                               {"first", range.first().text()},
                               {"last", range.last().text()},
                               {"count", range.count_text()},
                               {"prefix_length", prefix_length ? boost::json::value(*prefix_length) : nullptr},
                               {"warnings", std::move(warnings)}});
}

}  // namespace keyfence::routes::entries
