#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/net/address_set.h"
#include "libs/net/client_address.h"
#include "libs/usage/usage_store.h"

namespace keyfence {

enum class LogFormat : std::uint8_t { kText, kJson };
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// What `keyfence serve` runs with. docs/configuration.md describes each.
struct ServeSettings {
  std::filesystem::path data_dir;
  std::filesystem::path policy_dir;
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8600;
  std::optional<std::string> gateway_group;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::size_t workers = 32;
  std::uint32_t api_requests_per_minute = 60'000;  // of one caller; 0: as many as they like
  std::optional<std::string> console_dir;          // "off": no console is served; nullopt: the one that is found
  AddressSet trusted_proxies;
  ForwardedHeader forwarded_kind = ForwardedHeader::kXForwardedFor;
  std::string forwarded_header = "X-Forwarded-For";
  UsageRetention usage_retention;
};

// A setting as it was written, and where: "--listen", "KEYFENCE_LISTEN", "keyfence.toml:3:10".
struct WrittenSetting {
  std::string text;
  std::string origin;
};
using WrittenSettings = std::map<std::string, WrittenSetting, std::less<>>;  // by name

struct SettingDescription {
  std::string_view name;  // log_level; the flag is --log-level, the variable KEYFENCE_LOG_LEVEL
  std::string_view help;
};
[[nodiscard]] const std::vector<SettingDescription>& serve_settings_known();

[[nodiscard]] std::string flag_of(std::string_view setting);      // --log-level
[[nodiscard]] std::string variable_of(std::string_view setting);  // KEYFENCE_LOG_LEVEL

// Looks up a variable; an empty one counts as unset.
using Environment = std::function<std::optional<std::string>(const std::string& variable)>;
[[nodiscard]] Environment process_environment();

[[nodiscard]] WrittenSettings settings_of_environment(const Environment& environment);
// Errors  "FILE:LINE:COLUMN: ..." for what is no TOML, for an unknown setting, and for one of the wrong type.
[[nodiscard]] Result<WrittenSettings, std::string> settings_of_toml(std::string_view text, const std::string& file);
[[nodiscard]] Result<WrittenSettings, std::string> settings_of_file(const std::filesystem::path& file);

// Reads the values, earlier layers before later ones, then the defaults of this user and machine.
// Errors  "ORIGIN: ... is expected" for the first value that is wrong.
[[nodiscard]] Result<ServeSettings, std::string> resolve_settings(const std::vector<WrittenSettings>& layers);

}  // namespace keyfence
