// Endpoints as text: "127.0.0.1:3001".
#pragma once

#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace saker::net {

/// Strict dotted quad ("10.0.0.1"; no leading zeros, spaces or names). False when it is not one.
bool parse_address(std::string_view text, std::uint32_t& address);
/// "address:port", port 0..65535.
bool parse_endpoint(std::string_view text, Endpoint& endpoint);
std::string address_text(std::uint32_t address);
std::string endpoint_text(Endpoint endpoint);

/// True for 224.0.0.0/4.
constexpr bool is_multicast(std::uint32_t address) { return (address >> 28) == 0xE; }

inline constexpr std::uint32_t kLoopbackAddress = 0x7F000001;

}  // namespace saker::net
