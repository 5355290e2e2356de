#include "apps/keyfence/serve.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "apps/keyfence/console_dir.h"
#include "apps/keyfence/first_operator.h"
#include "apps/keyfence/logging.h"
#include "apps/keyfence/publisher_watch.h"
#include "apps/keyfence/spool_dir.h"
#include "apps/keyfence/version.h"
#include "libs/admin/application.h"
#include "libs/admin/entry_matcher.h"
#include "libs/admin/http/server.h"
#include "libs/admin/maintenance.h"
#include "libs/image/reader.h"
#include "libs/publish/publisher.h"
#include "libs/usage/retrying_store.h"

namespace keyfence {
namespace {

int fail(const std::string& what) {
  std::fprintf(stderr, "keyfence: %s\n", what.c_str());
  return 2;
}

// The signals that end the daemon, kept from every thread that is started later; wait() takes them.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk: an error, not the end
  }
  [[nodiscard]] int wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

 private:
  sigset_t set_{};
};

std::optional<std::string> make_data_dir(const std::filesystem::path& dir) {
  std::error_code error;
  if (std::filesystem::is_directory(dir, error)) return std::nullopt;
  const mode_t before = umask(077);
  std::filesystem::create_directories(dir, error);
  umask(before);
  if (error) return "the data directory " + dir.string() + " cannot be made: " + error.message();
  return std::nullopt;
}

std::string url_of(const ServeSettings& settings, std::uint16_t port) {
  const bool v6 = settings.listen_address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + settings.listen_address + "]" : settings.listen_address) + ":" + std::to_string(port);
}

std::string ready_text(const std::string& url, const std::filesystem::path& policy_dir) {
  return boost::json::serialize(boost::json::object{
             {"api_url", url}, {"policy_dir", std::filesystem::absolute(policy_dir).string()}, {"pid", getpid()}}) +
         "\n";
}

// The console's files; none where it was not built, or is not wanted. One that was asked for has to be there.
Result<std::optional<StaticFiles>, std::string> load_console(const std::optional<std::string>& wanted) {
  if (wanted == "off") return std::optional<StaticFiles>();
  const std::optional<std::filesystem::path> found = wanted ? std::filesystem::path(*wanted) : find_console_dir();
  if (!found) return std::optional<StaticFiles>();
  auto files = StaticFiles::load(*found);
  if (!files) return Err{"the console: " + files.error()};
  return std::optional(std::move(*files));
}

}  // namespace

int serve(ServeRequest request) {
  const ServeSettings& settings = request.settings;
  start_logging(settings.log_level, settings.log_format);
  const StopSignals stop_signals;
  const SystemClock clock;
  IdSource ids;

  if (auto failure = make_data_dir(settings.data_dir)) return fail(*failure);
  auto store = open_sqlite_store((settings.data_dir / "control.db").string());
  if (!store) {
    spdlog::debug("store: {}", store.error().detail);
    return fail("the data directory " + settings.data_dir.string() + ": " + store.error().message);
  }
  const auto instance = (*store)->instance();
  if (!instance) return fail("the store cannot be read: " + instance.error().message);

  guard_mapped_reads();
  auto publisher = Publisher::start(
      **store, {.dir = settings.policy_dir, .reader_group = settings.gateway_group, .epoch = instance->epoch});
  if (!publisher) return fail("the policy directory " + settings.policy_dir.string() + ": " + publisher.error());

  const auto token = make_operator_token(**store, ids, clock, request.new_token, request.first_token_file);
  if (!token) return fail(token.error());
  PasswordHasher hasher;
  const auto person = make_first_operator(**store, ids, clock, hasher, request.first_password_file);
  if (!person) return fail(person.error());
  const auto console = load_console(settings.console_dir);
  if (!console) return fail(console.error());

  const std::filesystem::path spool_dir = settings.policy_dir / "spool";
  if (auto failure = make_spool_dir(spool_dir, settings.gateway_group)) return fail(*failure);
  const auto usage = open_when_possible([dir = settings.data_dir / "usage"] { return open_sqlite_usage_store(dir); });
  EntryMatcher matcher(**store, clock);
  const std::unique_ptr<Drain> drain =
      Drain::start(*usage, {.spool_dir = spool_dir, .retention = settings.usage_retention, .tell = log_drain_news},
                   [&matcher](const UsageRecord& record) { return matcher.match(record); });

  AdminMetrics metrics;
  SignInThrottle throttle;
  RateLimiter rate_limiter(settings.api_requests_per_minute);
  Services services{.store = **store,
                    .publisher = **publisher,
                    .clock = clock,
                    .ids = ids,
                    .metrics = metrics,
                    .hasher = hasher,
                    .throttle = throttle,
                    .version = kVersion,
                    .started_at = clock.now(),
                    .proxy_trust = {.proxies = settings.trusted_proxies,
                                    .kind = settings.forwarded_kind,
                                    .header = settings.forwarded_header},
                    .log = log_request,
                    .console = *console ? &**console : nullptr,
                    .rate_limiter = settings.api_requests_per_minute > 0 ? &rate_limiter : nullptr,
                    .usage = usage.get(),
                    .drain = drain.get(),
                    .readers = {}};
  for (std::size_t i = 0; i < settings.workers; ++i) services.readers.emplace_back(settings.policy_dir);
  const Maintenance maintenance(services);
  const PublisherWatch publisher_watch(**publisher, log_publisher_state);
  AdminApplication application(services);
  HttpServerOptions options;
  options.address = settings.listen_address;
  options.port = settings.listen_port;
  options.workers = settings.workers;
  auto server = HttpServer::start(options, application);
  if (!server) return fail(server.error());

  const std::string url = url_of(settings, (*server)->port());
  if (request.ready_file) {
    if (auto failure = write_file_whole(*request.ready_file, ready_text(url, settings.policy_dir), 0644)) {
      return fail(*failure);
    }
  }
  std::printf("keyfence: listening on %s\n", url.c_str());
  std::fflush(stdout);
  const int signal = stop_signals.wait();
  spdlog::info("stopping on signal {}", signal);
  (*server)->stop();
  if (request.ready_file) {
    std::error_code ignored;
    std::filesystem::remove(*request.ready_file, ignored);
  }
  return 0;
}

}  // namespace keyfence
