#include "gateway/market.hpp"

#include <algorithm>

#include "client/requests.hpp"
#include "common/decimal.hpp"
#include "web/error.hpp"

namespace saker::gateway {
namespace {

/// The number of units of 10^-decimals, which must be positive and a multiple of `step`.
std::int64_t parse_multiple(std::string_view text, unsigned decimals, std::int64_t step,
                            std::string_view field, std::string_view what) {
  const std::string name(field);
  const auto value = parse_decimal(text, decimals);
  if (!value) {
    if (parse_decimal(text, 18) || parse_decimal(text, 12) || parse_decimal(text, 9)) {
      throw web::invalid_request(name + ": more than " + std::to_string(decimals) +
                            " places after the point, or too large");
    }
    throw web::invalid_request(name + ": not a decimal number in range, as in \"12.50\"");
  }
  if (*value <= 0) throw web::invalid_request(name + ": must be above zero");
  if (*value % step != 0) {
    throw web::invalid_request(name + ": not a whole number of " + std::string(what) + " of " +
                          format_decimal(step, decimals, 0));
  }
  return *value / step;
}

}  // namespace

Market::Market(const proto::MarketDefinition& definition)
    : definition_(definition),
      symbol_(client::field_text(definition.symbol())),
      base_(client::field_text(definition.base_symbol())),
      quote_(client::field_text(definition.quote_symbol())) {
  quantity_decimals_ = definition.base_decimals();
  for (std::int64_t lot = definition.lot_size(); quantity_decimals_ > 0 && lot % 10 == 0;
       lot /= 10) {
    --quantity_decimals_;
  }
}

std::string Market::price_text(std::int64_t price_ticks) const {
  return wide_decimal_text(static_cast<__int128>(price_ticks) * definition_.tick_size(),
                           definition_.price_decimals());
}

std::string Market::quantity_text(std::int64_t quantity_lots) const {
  const unsigned dropped = definition_.base_decimals() - quantity_decimals_;
  return wide_decimal_text(static_cast<__int128>(quantity_lots) *
                               (definition_.lot_size() / power_of_ten(dropped)),
                           quantity_decimals_);
}

std::string Market::quote_text(std::int64_t minor) const {
  return wide_decimal_text(minor, definition_.quote_decimals());
}

std::int64_t Market::price_ticks(std::string_view text, std::string_view field) const {
  return parse_multiple(text, definition_.price_decimals(), definition_.tick_size(), field,
                        "price steps");
}

std::int64_t Market::quantity_lots(std::string_view text, std::string_view field) const {
  return parse_multiple(text, definition_.base_decimals(), definition_.lot_size(), field, "lots");
}

std::int64_t Market::quote_minor(std::string_view text, std::string_view field) const {
  return parse_multiple(text, definition_.quote_decimals(), 1, field, "units");
}

std::string Market::average_price_text(__int128 ticks_times_lots, std::int64_t lots) const {
  constexpr unsigned kMore = 4;
  const __int128 scaled = ticks_times_lots * definition_.tick_size() * power_of_ten(kMore);
  const unsigned decimals = definition_.price_decimals() + kMore;
  std::string text = wide_decimal_text((scaled + lots / 2) / lots, decimals);
  const std::size_t least = text.size() - kMore - (definition_.price_decimals() == 0 ? 1 : 0);
  while (text.size() > least && (text.back() == '0' || text.back() == '.')) text.pop_back();
  return text;
}

std::string Market::notional_text(__int128 ticks_times_lots) const {
  return wide_decimal_text(ticks_times_lots * definition_.tick_value(),
                           definition_.quote_decimals());
}

std::string fraction_text(std::int64_t from, std::int64_t to) {
  return wide_decimal_text((static_cast<__int128>(to) - from) * 1'000'000 / from, 6);
}

std::string ppm_text(std::uint32_t ppm) { return format_decimal(ppm, 6, 0); }

std::string wide_decimal_text(__int128 value, unsigned decimals) {
  const bool negative = value < 0;
  unsigned __int128 left = negative ? 0 - static_cast<unsigned __int128>(value)
                                    : static_cast<unsigned __int128>(value);
  std::string text;
  for (unsigned i = 0; left != 0 || i <= decimals; ++i, left /= 10) {
    if (i == decimals && decimals != 0) text += '.';
    text += static_cast<char>('0' + static_cast<int>(left % 10));
  }
  if (negative) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace saker::gateway
