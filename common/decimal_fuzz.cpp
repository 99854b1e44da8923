#include "common/decimal.hpp"

#include <algorithm>

#include "common/assert.hpp"
#include "common/config_fuzz.hpp"
#include "common/fuzz.hpp"
#include "common/types.hpp"

namespace saker {

namespace {

/// By the words of parse_decimal()'s contract, without its care for speed.
std::optional<std::int64_t> read_slowly(std::string text, unsigned decimals) {
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  const std::size_t points = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
  if (points > 1 || text.starts_with('.') || text.ends_with('.') || text.empty()) return {};
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits = text.substr(0, point);
  std::string part = point == text.size() ? "" : text.substr(point + 1);
  while (part.size() < decimals) part += '0';
  for (const char c : part.substr(decimals)) {
    if (c != '0') return {};
  }
  digits += part.substr(0, decimals);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return {};
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > 19) return {};
  Int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  if (negative) value = -value;
  if (value != static_cast<std::int64_t>(value)) return {};
  return static_cast<std::int64_t>(value);
}

}  // namespace

void fuzz_decimal(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::uint8_t first = input.byte();
  const unsigned decimals = first % 19;
  const unsigned shown = decimals == 0 ? 0 : first / 19 % (decimals + 1);
  const std::string text = input.rest();
  const std::optional<std::int64_t> value = parse_decimal(text, decimals);
  SAKER_ASSERT(value == read_slowly(text, decimals));
  if (!value) return;
  const std::string written = format_decimal(*value, decimals, shown);
  SAKER_ASSERT(parse_decimal(written, decimals) == value);
  SAKER_ASSERT(format_decimal(*value, decimals, decimals).size() >= written.size());
}

}  // namespace saker

SAKER_FUZZ_TARGET(saker::fuzz_decimal)
