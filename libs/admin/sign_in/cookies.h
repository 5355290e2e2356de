#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "libs/admin/http/message.h"

// The cookies of the console. Their prefix makes browsers hold them to one host, its root, and secure connections.
namespace keyfence {

inline constexpr std::string_view kSessionCookie = "__Host-keyfence";
inline constexpr std::string_view kDeviceCookie = "__Host-keyfence-device";

// The value of a cookie that is sent exactly once.
[[nodiscard]] std::optional<std::string_view> cookie_of(const HttpRequest& request, std::string_view cookie) noexcept;

// Set-Cookie: not for scripts, not for other sites. A lifetime of zero takes it back.
[[nodiscard]] HttpHeader set_cookie(std::string_view cookie, std::string_view value, std::chrono::seconds lifetime);

}  // namespace keyfence
