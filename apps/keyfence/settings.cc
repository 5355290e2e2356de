#include "apps/keyfence/settings.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "libs/net/entry_syntax.h"

namespace keyfence {
namespace {

using Failure = std::optional<std::string>;  // what is expected

constexpr std::size_t kWorkersMax = 1024;
constexpr std::uint32_t kRequestsPerMinuteMax = 100'000'000;
constexpr int kUsageDaysMax = 3650;

template <class Number>
std::optional<Number> parse_number(std::string_view text, Number min, Number max) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) return std::nullopt;
  return number;
}

Failure read_path(std::filesystem::path& out, const std::string& text) {
  if (text.empty() || text.find('\0') != std::string::npos) return "a directory";
  out = text;
  return std::nullopt;
}

// 127.0.0.1:8600, [::1]:8600
Failure read_listen(ServeSettings& settings, std::string_view text) {
  Failure failure = "an address and a port, such as 127.0.0.1:8600 or [::1]:8600,";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return failure;
  std::string_view address = text.substr(0, colon);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 0, 65535);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  const auto parsed = IpAddress::parse(address);
  if (!port || !parsed || parsed->is_v4() == bracketed) return failure;
  settings.listen_address = parsed->text();
  settings.listen_port = *port;
  return std::nullopt;
}

Failure read_log_level(LogLevel& out, std::string_view text) {
  if (text == "debug")
    out = LogLevel::kDebug;
  else if (text == "info")
    out = LogLevel::kInfo;
  else if (text == "warning")
    out = LogLevel::kWarning;
  else if (text == "error")
    out = LogLevel::kError;
  else
    return "debug, info, warning or error";
  return std::nullopt;
}

Failure read_log_format(LogFormat& out, std::string_view text) {
  if (text == "text")
    out = LogFormat::kText;
  else if (text == "json")
    out = LogFormat::kJson;
  else
    return "text or json";
  return std::nullopt;
}

Failure read_group(std::optional<std::string>& out, const std::string& text) {
  if (getgrnam(text.c_str()) == nullptr) return "a group of this machine";  // NOLINT(concurrency-mt-unsafe): one thread
  out = text;
  return std::nullopt;
}

// Addresses and blocks with commas between them.
Failure read_proxies(AddressSet& out, std::string_view text) {
  AddressSetBuilder builder;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto entry = parse_entry(text.substr(0, end));
    if (!entry) return "a list of addresses and CIDR blocks";
    builder.add(entry->range);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out = std::move(builder).build();
  return std::nullopt;
}

Failure read_console_dir(std::optional<std::string>& out, const std::string& text) {
  std::error_code ignored;
  if (text != "off" && !std::filesystem::is_directory(text, ignored))
    return "the directory of a built console, or off,";
  out = text;
  return std::nullopt;
}

Failure read_forwarded_header(ServeSettings& settings, const std::string& text) {
  const bool good = !text.empty() && std::all_of(text.begin(), text.end(),
                                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  if (!good) return "the name of a header, such as X-Forwarded-For or Forwarded,";
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  settings.forwarded_header = text;
  settings.forwarded_kind = lower == "forwarded"         ? ForwardedHeader::kForwarded
                            : lower == "x-forwarded-for" ? ForwardedHeader::kXForwardedFor
                                                         : ForwardedHeader::kSingleAddress;
  return std::nullopt;
}

// 500M, 10G: a number of bytes, or of KiB, MiB, GiB, TiB.
Failure read_bytes(std::uint64_t& out, std::string_view text) {
  Failure failure = "a size from 1M to 1000T, such as 10G,";
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  if (unit != std::string_view::npos) text.remove_suffix(1);
  const auto count = parse_number<std::uint64_t>(text, 1, std::uint64_t{1000} << 40);
  if (!count) return failure;
  const int shift = unit == std::string_view::npos ? 0 : static_cast<int>(10 * (unit + 1));
  if (*count > (std::uint64_t{1000} << 40) >> shift || *count << shift < std::uint64_t{1} << 20) return failure;
  out = *count << shift;
  return std::nullopt;
}

Failure read_setting(ServeSettings& settings, std::string_view name, const std::string& text) {
  if (name == "data_dir") return read_path(settings.data_dir, text);
  if (name == "policy_dir") return read_path(settings.policy_dir, text);
  if (name == "console_dir") return read_console_dir(settings.console_dir, text);
  if (name == "listen") return read_listen(settings, text);
  if (name == "gateway_group") return read_group(settings.gateway_group, text);
  if (name == "log_level") return read_log_level(settings.log_level, text);
  if (name == "log_format") return read_log_format(settings.log_format, text);
  if (name == "trusted_proxies") return read_proxies(settings.trusted_proxies, text);
  if (name == "forwarded_header") return read_forwarded_header(settings, text);
  if (name == "usage_bytes_max") return read_bytes(settings.usage_retention.bytes_max, text);
  if (name == "usage_days_max") {
    const auto days = parse_number<int>(text, 1, kUsageDaysMax);
    if (!days) return "a number of days from 1 to " + std::to_string(kUsageDaysMax);
    settings.usage_retention.age_max = std::chrono::days(*days);
    return std::nullopt;
  }
  if (name == "api_requests_per_minute") {
    const auto requests = parse_number<std::uint32_t>(text, 0, kRequestsPerMinuteMax);
    if (!requests) return "a number from 0 (no limit) to " + std::to_string(kRequestsPerMinuteMax);
    settings.api_requests_per_minute = *requests;
    return std::nullopt;
  }
  if (name == "workers") {
    const auto workers = parse_number<std::size_t>(text, 1, kWorkersMax);
    if (!workers) return "a number from 1 to " + std::to_string(kWorkersMax);
    settings.workers = *workers;
    return std::nullopt;
  }
  return "a known setting";
}

std::filesystem::path default_policy_dir() {
  std::filesystem::path run = "/run/keyfence/policy";
  std::filesystem::path existing = run;
  std::error_code ignored;
  while (!std::filesystem::exists(existing, ignored)) existing = existing.parent_path();
  if (access(existing.c_str(), W_OK | X_OK) == 0) return run;
  return "/dev/shm/keyfence-" + std::to_string(getuid());
}

ServeSettings defaults() {
  ServeSettings settings;
  settings.data_dir = getuid() == 0 ? "/var/lib/keyfence" : "./keyfence-data";
  settings.policy_dir = default_policy_dir();
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  if (getuid() == 0 && getgrnam("www-data") != nullptr) settings.gateway_group = "www-data";
  return settings;
}

}  // namespace

const std::vector<SettingDescription>& serve_settings_known() {
  static const std::vector<SettingDescription> known = {
      {"data_dir", "where the control store lives (default /var/lib/keyfence as root, else ./keyfence-data)"},
      {"policy_dir", "where gateways read the policy (default /run/keyfence/policy, else /dev/shm/keyfence-UID)"},
      {"listen", "address and port of the admin API (default 127.0.0.1:8600; port 0 takes a free one)"},
      {"gateway_group", "group that may read the policy image (default www-data as root, if there is one)"},
      {"log_level", "debug, info, warning or error (default info)"},
      {"log_format", "text or json (default text)"},
      {"console_dir", "files of the console (default the built one, where there is one; off serves none)"},
      {"workers", "requests handled at the same time (default 32)"},
      {"api_requests_per_minute", "requests that one caller of the admin API may make (default 60000; 0: no limit)"},
      {"trusted_proxies", "addresses and blocks of proxies in front of the admin API (default none)"},
      {"forwarded_header", "the header in which they tell the client (default X-Forwarded-For)"},
      {"usage_days_max", "days that the usage log is kept (default 30)"},
      {"usage_bytes_max", "what the usage log may take on disk before its oldest records go (default 10G)"},
  };
  return known;
}

std::string flag_of(std::string_view setting) {
  std::string flag = "--" + std::string(setting);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string variable_of(std::string_view setting) {
  std::string variable = "KEYFENCE_" + std::string(setting);
  std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return std::toupper(c); });
  return variable;
}

Environment process_environment() {
  return [](const std::string& variable) -> std::optional<std::string> {
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

WrittenSettings settings_of_environment(const Environment& environment) {
  WrittenSettings settings;
  for (const SettingDescription& known : serve_settings_known()) {
    const std::string variable = variable_of(known.name);
    if (auto text = environment(variable)) settings.emplace(known.name, WrittenSetting{std::move(*text), variable});
  }
  return settings;
}

Result<ServeSettings, std::string> resolve_settings(const std::vector<WrittenSettings>& layers) {
  ServeSettings settings = defaults();
  for (const SettingDescription& known : serve_settings_known()) {
    for (const WrittenSettings& layer : layers) {
      const auto written = layer.find(known.name);
      if (written == layer.end()) continue;
      if (auto expected = read_setting(settings, known.name, written->second.text)) {
        return Err{written->second.origin + ": " + *expected + " is expected, not '" + written->second.text + "'"};
      }
      break;
    }
  }
  return settings;
}

}  // namespace keyfence
