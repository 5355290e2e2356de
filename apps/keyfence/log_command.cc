#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "apps/keyfence/api_commands.h"
#include "apps/keyfence/export_progress.h"
#include "libs/base/clock.h"

namespace keyfence {
namespace {

namespace json = boost::json;

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kFollowFirst = 10;
constexpr std::size_t kLimitDefault = 50;
constexpr std::size_t kLimitMax = 1'000'000'000;
constexpr std::chrono::milliseconds kFollowEvery{500};
// Workers' records are stored in turns: what arrived a little earlier may be stored a little later.
constexpr std::int64_t kLateMicros = 10'000'000;

struct LogFlags {
  // As they were typed; names are those of the API's parameters.
  std::map<std::string, std::string> filter;
  std::string from, until;
  std::size_t limit = 0;  // 0: not said
  bool follow = false;
  bool csv = false;
  std::string by;
  std::string output;
};

// RFC 3339, or a while ago: "90s", "15m", "12h", "7d".
std::optional<std::string> read_time(const std::string& text, Timestamp now) {
  if (parse_rfc3339(text)) return text;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > 1'000'000'000 || end + 1 != text.data() + text.size()) {
    return std::nullopt;
  }
  const std::int64_t seconds = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86'400 : 0;
  if (seconds == 0) return std::nullopt;
  return rfc3339(Timestamp{std::max<std::int64_t>(0, now.micros - count * seconds * 1'000'000)});
}

CommandResult<std::string> query_of(const LogFlags& flags) {
  std::string query;
  const auto add = [&query](const std::string& name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + name + "=" + encode_query(value);
  };
  for (const auto& [name, value] : flags.filter) {
    if (!value.empty()) add(name, value);
  }
  const Timestamp now = SystemClock{}.now();
  for (const auto& [name, typed] : {std::pair("from", flags.from), std::pair("until", flags.until)}) {
    if (typed.empty()) continue;
    const auto time = read_time(typed, now);
    if (!time) {
      return Err{CommandError{"--" + std::string(name) +
                              ": a time such as 2026-12-31T00:00:00Z, or 15m, 12h, 7d ago, is expected, not '" + typed +
                              "'"}};
    }
    add(name, *time);
  }
  return query;
}

std::string joint(const std::string& query) {
  return query.empty() ? "?" : "&";
}

// Up to limit records, newest first.
CommandResult<void> read_newest(ApiSession& session, const std::string& query, std::size_t limit,
                                const std::function<void(const json::value&)>& sink) {
  std::string before;
  while (limit > 0) {
    const auto page =
        session.call("GET", "/usage" + query + joint(query) + "limit=" + std::to_string(std::min(limit, kPageMax)) +
                                (before.empty() ? "" : "&before=" + before));
    if (!page) return Err{page.error()};
    for (const json::value& item : page->as_object().at("items").as_array()) {
      sink(item);
      --limit;
    }
    before = cell(*page, "next");
    if (before.empty()) break;
  }
  return {};
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

// One record, one line: what a person looks for first stands first.
void print_record(const json::value& record, const ApiFlags& flags) {
  if (flags.json) return print_json(record);
  std::string reason = cell(record, "reason");
  const std::string would_deny = cell(record, "would_deny");
  if (!would_deny.empty()) reason += " (" + would_deny + ")";
  std::cout << cell(record, "time") << "  " << padded(cell(record, "status"), 3) << "  " << padded(reason, 22) << "  "
            << padded(or_dash(cell(record, "address")), 15) << "  " << padded(or_dash(cell(record, "key_id")), 17)
            << "  " << cell(record, "request_id") << "  " << cell(record, "method") << " " << cell(record, "host")
            << cell(record, "path") << '\n';
}

void print_heading(const ApiFlags& flags) {
  if (flags.json) return;
  std::cout << padded("TIME", 29) << padded("ST", 5) << padded("REASON", 24) << padded("ADDRESS", 17)
            << padded("KEY", 19) << padded("REQUEST ID", 34) << "REQUEST\n";
}

CommandResult<void> show(ApiSession& session, const ApiFlags& flags, const LogFlags& log) {
  const auto query = query_of(log);
  if (!query) return Err{query.error()};
  print_heading(flags);
  return read_newest(session, *query, log.limit == 0 ? kLimitDefault : log.limit,
                     [&](const json::value& record) { print_record(record, flags); });
}

// Prints what stands, then what arrives, oldest first, until it is stopped or what it writes to is closed.
CommandResult<void> follow(ApiSession& session, const ApiFlags& flags, LogFlags log) {
  if (!log.until.empty()) return Err{CommandError{"--follow and --until exclude each other"}};
  const auto whole = query_of(log);
  if (!whole) return Err{whole.error()};
  std::map<std::string, std::string> known;  // request id to time
  Timestamp newest = SystemClock{}.now();
  std::vector<json::value> fresh;  // newest first
  const auto read = [&](const std::string& query, std::size_t limit) {
    return read_newest(session, query, limit, [&](const json::value& record) {
      if (known.emplace(cell(record, "request_id"), cell(record, "time")).second) fresh.push_back(record);
    });
  };
  const auto read_recent = [&]() -> CommandResult<void> {
    const std::string from = rfc3339(Timestamp{newest.micros - kLateMicros});
    std::erase_if(known, [&](const auto& item) { return item.second < from; });
    log.from = from;
    const auto query = query_of(log);
    if (!query) return Err{query.error()};
    return read(*query, kLimitMax);
  };
  const auto print_fresh = [&] {
    for (auto record = fresh.rbegin(); record != fresh.rend(); ++record) {
      print_record(*record, flags);
      if (const auto time = parse_rfc3339(cell(*record, "time"))) newest = std::max(newest, *time);
    }
    fresh.clear();
    std::cout.flush();
  };
  print_heading(flags);
  // The last ones; those of the last seconds are known from now on even if they are too many to be among them.
  const std::size_t first = log.limit == 0 ? kFollowFirst : log.limit;
  if (auto done = read_recent(); !done) return done;
  if (fresh.size() < first) {
    fresh.clear();
    known.clear();
    if (auto done = read(*whole, first); !done) return done;
  }
  fresh.resize(std::min(fresh.size(), first));
  print_fresh();
  while (std::cout) {
    std::this_thread::sleep_for(kFollowEvery);
    if (auto done = read_recent(); !done) return done;
    print_fresh();
  }
  return {};
}

// How many records the filter finds.
CommandResult<std::uint64_t> count(ApiSession& session, const std::string& query) {
  const auto totals = session.call("GET", "/usage/summary" + query + joint(query) + "group_by=reason");
  if (!totals) return Err{totals.error()};
  std::uint64_t sum = 0;
  for (const json::value& item : totals->as_object().at("items").as_array()) {
    const json::object& group = item.as_object();
    sum += group.at("allowed").to_number<std::uint64_t>() + group.at("denied").to_number<std::uint64_t>();
  }
  return sum;
}

CommandResult<void> export_csv(ApiSession& session, const LogFlags& log) {
  const auto filter = query_of(log);
  if (!filter) return Err{filter.error()};
  const std::string query = *filter + (log.limit == 0 ? "" : joint(*filter) + "limit=" + std::to_string(log.limit));
  if (log.output.empty() || log.output == "-") {
    return session.download("/usage.csv" + query, [](std::string_view piece) {
      return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
    });
  }
  auto total = count(session, *filter);
  if (!total) return Err{total.error()};
  if (log.limit != 0) *total = std::min<std::uint64_t>(*total, log.limit);
  // Under another name until it is whole.
  const std::string unfinished = log.output + ".part";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  if (!file) return Err{CommandError{unfinished + ": cannot be written"}};
  ExportProgress progress(*total);
  auto done = session.download("/usage.csv" + query, [&](std::string_view piece) {
    file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    progress.add(piece);
    return static_cast<bool>(file);
  });
  file.close();
  std::error_code error;
  if (done && !file) done = Err{CommandError{unfinished + ": cannot be written"}};
  if (done) std::filesystem::rename(unfinished, log.output, error);
  if (done && error) done = Err{CommandError{log.output + ": " + error.message()}};
  if (!done) {
    progress.clear();
    std::filesystem::remove(unfinished, error);
    return done;
  }
  progress.finish(log.output);
  return {};
}

CommandResult<void> totals(ApiSession& session, const ApiFlags& flags, const LogFlags& log) {
  const auto query = query_of(log);
  if (!query) return Err{query.error()};
  const auto answer = session.call("GET", "/usage/summary" + *query + joint(*query) + "group_by=" + log.by);
  if (!answer) return Err{answer.error()};
  if (flags.json) {
    print_json(*answer);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : answer->as_object().at("items").as_array()) {
    rows.push_back(
        {or_dash(cell(item, "group")), cell(item, "allowed"), cell(item, "denied"), cell(item, "would_deny")});
  }
  std::string heading = log.by;
  std::transform(heading.begin(), heading.end(), heading.begin(), [](unsigned char c) { return std::toupper(c); });
  print_table({heading, "ALLOWED", "DENIED", "WOULD DENY"}, rows);
  return {};
}

CommandResult<void> run(ApiSession& session, const ApiFlags& flags, const LogFlags& log) {
  if (log.csv && (flags.json || log.follow)) {
    return Err{CommandError{"--csv goes neither with --json nor with --follow"}};
  }
  if (!log.by.empty() && (log.csv || log.follow || log.limit != 0)) {
    return Err{CommandError{"--by goes neither with --csv nor with --follow nor with --limit"}};
  }
  if (!log.by.empty()) return totals(session, flags, log);
  if (!log.csv && !log.output.empty()) return Err{CommandError{"--output needs --csv"}};
  if (log.csv) return export_csv(session, log);
  return log.follow ? follow(session, flags, log) : show(session, flags, log);
}

}  // namespace

void add_log_command(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<ApiFlags>();
  const auto log = std::make_shared<LogFlags>();
  CLI::App* command =
      add_api_leaf(app, "log", "The usage log: requests that the gateways decided, newest first", flags, exit_code,
                   [log](ApiSession& session, const ApiFlags& f) { return run(session, f, *log); });
  add_api_flags(*command, flags);
  const auto filter = [&](const std::string& flag, const std::string& parameter, const std::string& help) {
    command->add_option(flag, log->filter[parameter], help);
  };
  filter("--account", "account_id", "only this account: acc_…");
  filter("--key", "key_id", "only this key: key_…");
  filter("--method", "method", "only this method: GET");
  filter("--status", "status", "only this status or class: 403, 4xx");
  filter("--reason", "reason", "only this reason: address_denied_key");
  filter("--layer", "layer", "only what this list refused: none, global, account, key");
  filter("--address", "address", "only from this address, CIDR or range");
  filter("--path", "path_prefix", "only paths that begin so");
  filter("--request-id", "request_id", "only this request");
  command->add_option("--from", log->from, "not before: 2026-12-31T00:00:00Z, or 15m, 12h, 7d ago");
  command->add_option("--until", log->until, "before: as --from");
  command->add_option("--limit", log->limit, "at most so many (default 50; --follow begins with 10; --csv has all)")
      ->check(CLI::Range(std::size_t{1}, kLimitMax));
  command->add_option("--by", log->by, "totals instead of records: by time, reason, key, address or status")
      ->check(CLI::IsMember({"time", "reason", "key", "address", "status"}));
  command->add_flag("--follow", log->follow, "go on with what arrives, oldest first");
  command->add_flag("--csv", log->csv, "everything as CSV");
  command->add_option("--output", log->output, "with --csv: into this file, with progress on standard error");
}

}  // namespace keyfence
