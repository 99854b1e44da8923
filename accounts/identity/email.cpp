#include "accounts/identity/email.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace saker::accounts {
namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool valid_local(std::string_view local) {
  if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.' ||
      local.front() == '-' || local.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(local.begin(), local.end(), [](char c) {
    constexpr std::string_view kOthers = ".!#$%&'*+/=?^_`{|}~-";
    return letter_or_digit(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool valid_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return letter_or_digit(c) || c == '-'; });
}

bool valid_domain(std::string_view domain) {
  std::size_t labels = 0;
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!valid_label(domain.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    domain.remove_prefix(dot + 1);
  }
}

/// Characters of valid UTF-8 without control characters, or -1.
int count_characters(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0                 ? 3
                               : lead >= 0xF0 && lead < 0xF5                 ? 4
                                                                             : 0;
    if (length == 0 || i + length > text.size() || lead < 0x20 || lead == 0x7F) return -1;
    unsigned code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return -1;
      code = code << 6 | (next & 0x3F);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool control = (code >= 0x80 && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
                         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F);
    if (overlong || control || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return -1;
    i += length;
  }
  return count;
}

}  // namespace

std::optional<std::string> normalise_email(std::string_view text) {
  const std::string_view address = trim(text);
  const std::size_t at = address.rfind('@');
  if (address.size() > 254 || at == std::string_view::npos) return std::nullopt;
  if (!valid_local(address.substr(0, at)) || !valid_domain(address.substr(at + 1))) {
    return std::nullopt;
  }
  std::string lower(address);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

std::string client_address(std::string_view forwarded_for) {
  const std::size_t comma = forwarded_for.rfind(',');
  const std::string last(
      trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1)));
  if (last.find('\0') != std::string::npos) return "unknown";
  unsigned char bytes[16];
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, last.c_str(), bytes) == 1) return last;
  }
  return "unknown";
}

std::string network_of(std::string_view address) {
  const std::string last = client_address(address);
  in6_addr wide{};
  if (::inet_pton(AF_INET6, last.c_str(), &wide) != 1) return last;
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&wide)) {
    return ::inet_ntop(AF_INET, wide.s6_addr + 12, text, sizeof text);
  }
  std::memset(wide.s6_addr + 8, 0, 8);
  return std::string(::inet_ntop(AF_INET6, &wide, text, sizeof text)) + "/64";
}

std::string name_from_email(std::string_view email) {
  return std::string(email.substr(0, std::min<std::size_t>(email.find('@'), 64)));
}

std::optional<std::string> normalise_display_name(std::string_view text) {
  const std::string_view name = trim(text);
  const int characters = count_characters(name);
  if (characters < 1 || characters > 64) return std::nullopt;
  return std::string(name);
}

}  // namespace saker::accounts
