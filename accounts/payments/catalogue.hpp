// Assets and markets as the engine knows them, for turning its integers into decimal text and
// back. Assets are known through the markets that trade them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/types.hpp"
#include "feed_generated.h"

namespace saker::accounts {

struct Asset {
  std::uint32_t id = 0;
  std::string symbol;
  unsigned decimals = 0;
};

struct Market {
  std::uint32_t id = 0;
  std::string symbol;
  std::uint32_t base = 0, quote = 0;  // assets
  std::int64_t tick_size = 0;         // price units of 10^-price_decimals
  std::int64_t lot_size = 0;          // base minor units
  std::int64_t tick_value = 0;        // quote minor units of one lot at a price of one tick
  unsigned price_decimals = 0, base_decimals = 0, quote_decimals = 0;
  unsigned quantity_decimals = 0;     // that a lot needs

  std::string price_text(std::int64_t price_ticks) const;
  std::string quantity_text(std::int64_t quantity_lots) const;
  std::string quote_text(Minor quote_minor) const;
  /// Of fills that came to `quote_minor` together: rounded to four places beyond the price's.
  std::string average_price_text(Int128 quote_minor, std::int64_t quantity_lots) const;
};

class Catalogue {
 public:
  void add(const proto::MarketDefinition& definition);
  bool empty() const { return markets_.empty(); }

  // nullptr when there is none.
  const Asset* asset(std::string_view symbol) const;
  const Asset* asset(std::uint32_t id) const;
  const Market* market(std::string_view symbol) const;
  const Market* market(std::uint32_t id) const;

 private:
  std::map<std::uint32_t, Asset> assets_;
  std::map<std::uint32_t, Market> markets_;
};

}  // namespace saker::accounts
