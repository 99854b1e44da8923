#include "net/endpoint.hpp"

namespace saker::net {

namespace {

/// A number without sign or leading zeros, at most `max`; takes it off the front of `text`.
bool take_number(std::string_view& text, std::uint32_t max, std::uint32_t& number) {
  std::uint32_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = value * 10 + static_cast<std::uint32_t>(text[digits] - '0');
    if (value > max) return false;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  text.remove_prefix(digits);
  number = value;
  return true;
}

}  // namespace

bool parse_address(std::string_view text, std::uint32_t& address) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') return false;
      text.remove_prefix(1);
    }
    std::uint32_t part = 0;
    if (!take_number(text, 255, part)) return false;
    value = value << 8 | part;
  }
  if (!text.empty()) return false;
  address = value;
  return true;
}

bool parse_endpoint(std::string_view text, Endpoint& endpoint) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  std::uint32_t address = 0;
  std::uint32_t port = 0;
  if (!parse_address(text.substr(0, colon), address)) return false;
  text.remove_prefix(colon + 1);
  if (!take_number(text, 65535, port) || !text.empty()) return false;
  endpoint = {address, static_cast<std::uint16_t>(port)};
  return true;
}

std::string address_text(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 255);
    if (shift > 0) text += '.';
  }
  return text;
}

std::string endpoint_text(Endpoint endpoint) {
  return address_text(endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace saker::net
