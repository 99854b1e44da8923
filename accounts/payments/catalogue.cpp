#include "accounts/payments/catalogue.hpp"

#include "client/requests.hpp"
#include "common/decimal.hpp"

namespace saker::accounts {
namespace {

template <class Map, class Item = typename Map::mapped_type>
const Item* by_symbol(const Map& items, std::string_view symbol) {
  for (const auto& [id, item] : items) {
    if (item.symbol == symbol) return &item;
  }
  return nullptr;
}

template <class Map, class Item = typename Map::mapped_type>
const Item* by_id(const Map& items, std::uint32_t id) {
  const auto at = items.find(id);
  return at == items.end() ? nullptr : &at->second;
}

}  // namespace

std::string Market::price_text(std::int64_t price_ticks) const {
  return format_decimal(price_ticks * tick_size, price_decimals, price_decimals);
}

std::string Market::quantity_text(std::int64_t quantity_lots) const {
  return format_decimal(quantity_lots * lot_size, base_decimals, quantity_decimals);
}

std::string Market::quote_text(Minor quote_minor) const {
  return format_decimal(quote_minor, quote_decimals, quote_decimals);
}

std::string Market::average_price_text(Int128 quote_minor, std::int64_t quantity_lots) const {
  constexpr unsigned kMore = 4;
  const Int128 scaled = quote_minor / tick_value * tick_size * power_of_ten(kMore);
  const Int128 average = (scaled + quantity_lots / 2) / quantity_lots;
  return format_decimal(static_cast<std::int64_t>(average), price_decimals + kMore,
                        price_decimals);
}

void Catalogue::add(const proto::MarketDefinition& d) {
  using client::field_text;
  assets_[d.base_asset()] = {d.base_asset(), std::string(field_text(d.base_symbol())),
                             d.base_decimals()};
  assets_[d.quote_asset()] = {d.quote_asset(), std::string(field_text(d.quote_symbol())),
                              d.quote_decimals()};
  unsigned quantity_decimals = d.base_decimals();
  for (std::int64_t lot = d.lot_size(); quantity_decimals > 0 && lot % 10 == 0; lot /= 10) {
    --quantity_decimals;
  }
  markets_[d.market()] = {d.market(),         std::string(field_text(d.symbol())),
                          d.base_asset(),     d.quote_asset(),
                          d.tick_size(),      d.lot_size(),
                          d.tick_value(),     d.price_decimals(),
                          d.base_decimals(),  d.quote_decimals(),
                          quantity_decimals};
}

const Asset* Catalogue::asset(std::string_view symbol) const { return by_symbol(assets_, symbol); }
const Asset* Catalogue::asset(std::uint32_t id) const { return by_id(assets_, id); }
const Market* Catalogue::market(std::string_view symbol) const {
  return by_symbol(markets_, symbol);
}
const Market* Catalogue::market(std::uint32_t id) const { return by_id(markets_, id); }

}  // namespace saker::accounts
