// One market as the public API shows it: decimal text outside, ticks, lots and minor units inside,
// exact both ways. What is not exact in the market's units is refused, never rounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "feed_generated.h"

namespace saker::gateway {

class Market {
 public:
  explicit Market(const proto::MarketDefinition& definition);

  std::uint32_t id() const { return definition_.market(); }
  const std::string& symbol() const { return symbol_; }
  const std::string& base() const { return base_; }
  const std::string& quote() const { return quote_; }
  const proto::MarketDefinition& definition() const { return definition_; }
  /// Places after the point of a quantity: as many as one lot needs.
  unsigned quantity_decimals() const { return quantity_decimals_; }

  std::string price_text(std::int64_t price_ticks) const;
  std::string quantity_text(std::int64_t quantity_lots) const;
  /// Quote minor units: fees, notionals.
  std::string quote_text(std::int64_t minor) const;

  // From text. `field` names the value in the error. All throw ApiError INVALID_REQUEST when the
  // text is not a plain decimal, is not positive, is not a whole number of ticks, lots or minor
  // units, or does not fit.
  std::int64_t price_ticks(std::string_view text, std::string_view field) const;
  std::int64_t quantity_lots(std::string_view text, std::string_view field) const;
  std::int64_t quote_minor(std::string_view text, std::string_view field) const;

  /// Sum of price × quantity over the fills, by their quantity: four places more than a price,
  /// rounded to nearest, trailing zeros beyond a price's places left out.
  std::string average_price_text(__int128 ticks_times_lots, std::int64_t lots) const;
  /// Quote minor units of so many ticks × lots.
  std::string notional_text(__int128 ticks_times_lots) const;

 private:
  proto::MarketDefinition definition_;
  std::string symbol_, base_, quote_;
  unsigned quantity_decimals_ = 0;
};

/// (to - from) / from to six places, rounded towards zero. `from` is positive.
std::string fraction_text(std::int64_t from, std::int64_t to);
/// Millionths as a fraction: 500 is "0.0005".
std::string ppm_text(std::uint32_t ppm);
/// As format_decimal, for numbers beyond 64 bits.
std::string wide_decimal_text(__int128 value, unsigned decimals);

}  // namespace saker::gateway
