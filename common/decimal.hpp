// Decimal text <-> integer in units of 10^-decimals, exactly: "1.25" with 2 decimals is 125.
// Only for the edges; inside there are integers. No floating point anywhere.
#pragma once

#include <string>
#include <string_view>

#include "common/types.hpp"

namespace saker {

inline constexpr unsigned kMaxDecimals = 18;

enum class DecimalError : std::uint8_t {
  None,
  Syntax,     // not [-]digits[.digits]
  Precision,  // digits that are not zero beyond `decimals`
  Range,      // does not fit in 64 bits
};
const char* to_string(DecimalError error);

/// Reads `[-]digits[.digits]`. Zeros beyond `decimals` (0..18) are accepted. `value` is set only
/// after None.
DecimalError parse_decimal(std::string_view text, unsigned decimals, std::int64_t& value);

/// All `decimals` digits, so 1250 with 3 decimals is "1.250". parse_decimal gives the value back.
std::string decimal_text(std::int64_t value, unsigned decimals);

/// Same without trailing zeros: "1.25", "3".
std::string short_decimal_text(std::int64_t value, unsigned decimals);

}  // namespace saker
