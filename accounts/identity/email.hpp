// What people type as their address, and where they call from, as one spelling each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saker::accounts {

/// The address in lower case without spaces around it; nothing when it is not plain
/// `local@domain` in ASCII of at most 254 characters. What passes is safe in mail headers.
std::optional<std::string> normalise_email(std::string_view text);

/// The part that one caller controls: an IPv4 address itself, the /64 of an IPv6 address. Of
/// "a, b, c" (X-Forwarded-For) the last counts, which the nearest proxy wrote. "unknown" for text
/// that is no address.
std::string network_of(std::string_view address);

/// The last address of X-Forwarded-For, or "unknown".
std::string client_address(std::string_view forwarded_for);

/// "maker@example.org" -> "maker": the name a user has until they choose another.
std::string name_from_email(std::string_view email);

/// A display name without spaces around it; nothing when it is not 1..64 characters of UTF-8 or
/// has control characters.
std::optional<std::string> normalise_display_name(std::string_view text);

}  // namespace saker::accounts
