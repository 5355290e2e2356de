#include <boost/json/serialize.hpp>
#include <memory>
#include <utility>

#include "libs/admin/routes/audit/filter.h"
#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/csv.h"
#include "libs/admin/views.h"

namespace keyfence::routes::audit {
namespace {

// So many lines are read at a time: what an export holds in memory, however long it is.
constexpr std::size_t kPieceLines = 1'000;

using Append = void (*)(const AuditRow& row, std::string& out);

void append_csv_line(const AuditRow& row, std::string& out) {
  const std::string id = std::to_string(row.id);
  const std::string account = row.account ? row.account->text() : "";
  const std::string revision = std::to_string(row.revision.value);
  const std::string at = rfc3339(row.at);
  const std::string hash = row.hash.hex();
  bool first = true;
  for (const std::string_view field :
       {std::string_view(id), std::string_view(at), std::string_view(row.actor), std::string_view(row.address),
        std::string_view(row.action), std::string_view(row.subject), std::string_view(account),
        std::string_view(revision), std::string_view(row.before), std::string_view(row.after),
        std::string_view(hash)}) {
    if (!first) out += ',';
    first = false;
    usage::append_csv_field(field, out);
  }
  out += "\r\n";
}

void append_json_line(const AuditRow& row, std::string& out) {
  out += boost::json::serialize(view(row));
  out += '\n';
}

// Pages through the log from its newest line; lines that come meanwhile are not met.
class Pages {
 public:
  Pages(StoreReader& store, AuditFilter filter, std::string heading, Append append)
      : store_(store), filter_(std::move(filter)), heading_(std::move(heading)), append_(append) {}

  bool next(std::string& piece) {
    piece = std::exchange(heading_, {});
    if (ended_) return true;
    const auto rows = store_.audit(filter_, page_);
    if (!rows) return false;
    for (const AuditRow& row : *rows) append_(row, piece);
    ended_ = rows->size() < page_.limit;
    if (!rows->empty()) page_.after = rows->back().id;
    return true;
  }

 private:
  StoreReader& store_;
  AuditFilter filter_;
  std::string heading_;
  Append append_;
  PageRequest page_{.after = 0, .limit = kPieceLines};
  bool ended_ = false;
};

Answer stream(Call& call, std::string heading, Append append, std::string type, std::string_view file) {
  auto filter = filter_of(call);
  if (!filter) return Err{std::move(filter).error()};
  const auto pages = std::make_shared<Pages>(call.services.store, std::move(*filter), std::move(heading), append);
  return HttpResponse{.status = 200,
                      .content_type = std::move(type),
                      .body = {},
                      .headers = {{"Content-Disposition", "attachment; filename=\"" + std::string(file) + "\""}},
                      .next_piece = [pages](std::string& piece) { return pages->next(piece); }};
}

}  // namespace

Answer export_csv(Call& call) {
  return stream(call, "id,at,actor,address,action,subject,account_id,revision,before,after,hash\r\n", append_csv_line,
                "text/csv; charset=utf-8; header=present", "audit.csv");
}

Answer export_json_lines(Call& call) {
  return stream(call, "", append_json_line, "application/jsonl", "audit.jsonl");
}

}  // namespace keyfence::routes::audit
