#include "apps/keyfence/settings.h"

#include <gtest/gtest.h>

namespace keyfence {
namespace {

std::string failure_of(std::string_view toml) {
  const auto read = settings_of_toml(toml, "k.toml");
  if (!read) return read.error();
  const auto settings = resolve_settings({*read});
  return settings ? "" : settings.error();
}

TEST(Settings, FlagsWinOverTheEnvironmentAndThatOverTheFile) {
  const auto file = settings_of_toml("workers = 3\nlog_level = \"error\"\nlisten = \"127.0.0.1:1\"", "k.toml");
  ASSERT_TRUE(file.ok());
  const WrittenSettings environment = settings_of_environment([](const std::string& variable) {
    return variable == "KEYFENCE_WORKERS"  ? std::optional<std::string>("4")
           : variable == "KEYFENCE_LISTEN" ? std::optional<std::string>("127.0.0.1:2")
                                           : std::nullopt;
  });
  const WrittenSettings flags = {{"listen", {"[::1]:3", "--listen"}}};
  const auto settings = resolve_settings({flags, environment, *file});
  ASSERT_TRUE(settings.ok()) << settings.error();
  EXPECT_EQ(settings->listen_address, "::1");
  EXPECT_EQ(settings->listen_port, 3);
  EXPECT_EQ(settings->workers, 4U);
  EXPECT_EQ(settings->log_level, LogLevel::kError);
  EXPECT_EQ(settings->log_format, LogFormat::kText);
}

TEST(Settings, WithNothingWrittenTheDefaultsHold) {
  const auto settings = resolve_settings({});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->listen_address, "127.0.0.1");
  EXPECT_EQ(settings->listen_port, 8600);
  EXPECT_FALSE(settings->data_dir.empty());
  EXPECT_FALSE(settings->policy_dir.empty());
  EXPECT_TRUE(settings->trusted_proxies.empty());
}

TEST(Settings, WrongValuesAreRefusedWhereTheyStand) {
  EXPECT_EQ(failure_of("\nworkers = 0"), "k.toml:2:11: a number from 1 to 1024 is expected, not '0'");
  EXPECT_EQ(failure_of("log_level = \"loud\"").substr(0, 12), "k.toml:1:13:");
  for (const std::string_view listen : {"127.0.0.1", "8600", ":8600", "localhost:8600", "127.0.0.1:65536",
                                        "127.0.0.1:", "::1:8600", "[127.0.0.1]:1", "127.0.0.1:-1"}) {
    EXPECT_NE(failure_of("listen = \"" + std::string(listen) + "\""), "") << listen;
  }
  const auto by_flag = resolve_settings({{{"gateway_group", {"no-such-group-here", "--gateway-group"}}}});
  ASSERT_FALSE(by_flag.ok());
  EXPECT_EQ(by_flag.error().substr(0, 16), "--gateway-group:");
}

TEST(Settings, UnknownOnesAreRefusedWithThoseThatAreKnown) {
  const std::string failure = failure_of("workers = 2\nworker = 3\n");
  EXPECT_EQ(failure.substr(0, 34), "k.toml:2:1: unknown setting 'worke") << failure;
  EXPECT_NE(failure.find("workers"), std::string::npos);
}

TEST(Settings, WrongTypesAndBrokenTomlAreRefusedWhereTheyStand) {
  EXPECT_EQ(failure_of("workers = true").substr(0, 12), "k.toml:1:11:");
  EXPECT_EQ(failure_of("data_dir = [1]").substr(0, 12), "k.toml:1:12:");
  EXPECT_EQ(failure_of("data_dir = \"a\"\nworkers = = 2").substr(0, 9), "k.toml:2:");
  EXPECT_EQ(failure_of("workers = 2\nworkers = 3").substr(0, 9), "k.toml:2:");
}

TEST(Settings, TheConsolesDirectoryIsNamedTurnedOffOrLeftToBeFound) {
  EXPECT_EQ(resolve_settings({})->console_dir, std::nullopt);
  EXPECT_EQ(resolve_settings({{{"console_dir", {"/tmp", "--console-dir"}}}})->console_dir, "/tmp");
  EXPECT_EQ(resolve_settings({*settings_of_toml("console_dir = \"off\"", "k.toml")})->console_dir, "off");
  EXPECT_EQ(failure_of("\nconsole_dir = \"/no/such/place\""),
            "k.toml:2:15: the directory of a built console, or off, is expected, not '/no/such/place'");
}

TEST(Settings, ProxiesComeAsListOrWithCommas) {
  const auto listed = settings_of_toml("trusted_proxies = [\"10.0.0.0/24\", \"2001:db8::1\"]", "k.toml");
  ASSERT_TRUE(listed.ok());
  const auto settings = resolve_settings({*listed});
  ASSERT_TRUE(settings.ok()) << settings.error();
  EXPECT_TRUE(settings->trusted_proxies.contains(*IpAddress::parse("10.0.0.9")));
  EXPECT_TRUE(settings->trusted_proxies.contains(*IpAddress::parse("2001:db8::1")));
  EXPECT_NE(failure_of("trusted_proxies = \"10.0.0.0/24,nonsense\""), "");
}

TEST(Settings, TheHeaderDecidesHowItIsRead) {
  const auto kind_of = [](const std::string& header) {
    return resolve_settings({{{"forwarded_header", {header, "x"}}}})->forwarded_kind;
  };
  EXPECT_EQ(kind_of("x-forwarded-FOR"), ForwardedHeader::kXForwardedFor);
  EXPECT_EQ(kind_of("Forwarded"), ForwardedHeader::kForwarded);
  EXPECT_EQ(kind_of("X-Real-IP"), ForwardedHeader::kSingleAddress);
}

TEST(Settings, FlagAndVariableAreNamedAfterTheSetting) {
  EXPECT_EQ(flag_of("log_level"), "--log-level");
  EXPECT_EQ(variable_of("log_level"), "KEYFENCE_LOG_LEVEL");
}

TEST(Settings, WhatTheUsageLogMayTakeIsDaysAndASize) {
  const auto retention_of = [](std::string_view toml) {
    return resolve_settings({*settings_of_toml(toml, "k.toml")})->usage_retention;
  };
  EXPECT_EQ(retention_of("").age_max, std::chrono::days(30));
  EXPECT_EQ(retention_of("").bytes_max, std::uint64_t{10} << 30);
  EXPECT_EQ(retention_of("usage_days_max = 7").age_max, std::chrono::days(7));
  EXPECT_EQ(retention_of("usage_bytes_max = \"500M\"").bytes_max, std::uint64_t{500} << 20);
  EXPECT_EQ(retention_of("usage_bytes_max = \"2T\"").bytes_max, std::uint64_t{2} << 40);
  EXPECT_EQ(retention_of("usage_bytes_max = 5000000").bytes_max, 5'000'000U);
  for (const std::string_view wrong : {"0", "1023", "1K", "-1M", "M", "1.5G", "1001T", "99999999999T", "10GB", " 1G"}) {
    EXPECT_NE(failure_of("usage_bytes_max = \"" + std::string(wrong) + "\""), "") << wrong;
  }
  EXPECT_NE(failure_of("usage_days_max = 0"), "");
  EXPECT_NE(failure_of("usage_days_max = 3651"), "");
}

}  // namespace
}  // namespace keyfence
