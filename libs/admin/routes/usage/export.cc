#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "libs/admin/routes/routes.h"
#include "libs/admin/routes/usage/csv.h"
#include "libs/admin/routes/usage/filter.h"

namespace keyfence::routes::usage {
namespace {

// So many rows are read at a time: what an export holds in memory, however long it is.
constexpr std::size_t kPieceRows = 4096;
constexpr std::size_t kLimitMax = 1'000'000'000;

// Pages through the log, one piece a page; between two pieces nothing is held open.
class Pages {
 public:
  Pages(UsageStore& store, UsageFilter filter, std::size_t limit)
      : store_(store), filter_(std::move(filter)), left_(limit) {}

  bool next(std::string& piece) {
    piece.clear();
    if (!begun_) piece = csv_heading();
    begun_ = true;
    if (left_ == 0) return true;
    const std::size_t wanted = std::min(left_, kPieceRows);
    std::size_t got = 0;
    const auto done = store_.query(filter_, cursor_, wanted, [&](const StoredRecord& record) {
      append_csv(record, piece);
      cursor_ = UsageCursor{record.day, record.id};
      ++got;
      return true;
    });
    if (!done) return false;
    left_ = got < wanted ? 0 : left_ - got;
    return true;
  }

 private:
  UsageStore& store_;
  UsageFilter filter_;
  std::size_t left_;
  std::optional<UsageCursor> cursor_;
  bool begun_ = false;
};

}  // namespace

std::vector<std::string_view> export_parameters() {
  std::vector<std::string_view> parameters = filter_parameters();
  parameters.emplace_back("limit");
  return parameters;
}

Answer export_csv(Call& call) {
  const auto store = store_of(call);
  if (!store) return Err{store.error()};
  auto filter = filter_of(call);
  if (!filter) return Err{filter.error()};
  const auto limit = limit_of(call, std::numeric_limits<std::size_t>::max(), kLimitMax);
  if (!limit) return Err{limit.error()};
  const auto pages = std::make_shared<Pages>(**store, std::move(*filter), *limit);
  return HttpResponse{.status = 200,
                      .content_type = "text/csv; charset=utf-8; header=present",
                      .body = {},
                      .headers = {{"Content-Disposition", "attachment; filename=\"usage.csv\""}},
                      .next_piece = [pages](std::string& piece) { return pages->next(piece); }};
}

}  // namespace keyfence::routes::usage
