// Decimal text at the edges, integers inside: "12.34" with 2 decimals is 1234 and back, exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

/// 10^n for n in 0..18.
constexpr std::int64_t power_of_ten(unsigned n) {
  std::int64_t power = 1;
  for (unsigned i = 0; i < n; ++i) power *= 10;
  return power;
}

/// The number in units of 10^-decimals (0..18). Nothing when the text is not a plain decimal
/// (`-`, digits, one point with digits on both sides), has digits below the unit that are not
/// zero, or does not fit 64 bits.
inline std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned decimals) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && part.empty())) return std::nullopt;
  // Downwards from zero, because there is one more number below it than above.
  std::int64_t value = 0;
  const auto digit = [&value](char c) {
    return c >= '0' && c <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
           !__builtin_sub_overflow(value, c - '0', &value);
  };
  for (const char c : whole) {
    if (!digit(c)) return std::nullopt;
  }
  for (std::size_t i = 0; i < decimals; ++i) {
    if (!digit(i < part.size() ? part[i] : '0')) return std::nullopt;
  }
  for (std::size_t i = decimals; i < part.size(); ++i) {
    if (part[i] != '0') return std::nullopt;
  }
  if (!negative && __builtin_sub_overflow(0, value, &value)) return std::nullopt;
  return value;
}

/// The shortest exact form with at least `shown` places after the point.
inline std::string format_decimal(std::int64_t value, unsigned decimals, unsigned shown) {
  const bool negative = value < 0;
  std::uint64_t left = negative ? 0 - static_cast<std::uint64_t>(value)
                                : static_cast<std::uint64_t>(value);
  std::string text;
  for (unsigned i = 0; i < decimals; ++i, left /= 10) {
    const char c = static_cast<char>('0' + left % 10);
    if (!text.empty() || c != '0' || decimals - i <= shown) text.insert(text.begin(), c);
  }
  if (!text.empty()) text.insert(text.begin(), '.');
  text.insert(0, std::to_string(left));
  return negative ? "-" + text : text;
}

}  // namespace saker
