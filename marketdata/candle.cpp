#include "marketdata/candle.hpp"

#include <algorithm>

namespace saker::marketdata {

std::optional<std::size_t> interval_of(std::string_view word) {
  for (std::size_t i = 0; i < kIntervals.size(); ++i) {
    if (word == kIntervals[i].word) return i;
  }
  return std::nullopt;
}

void Candle::add(const Trade& trade) {
  if (trades == 0) open_ticks = high_ticks = low_ticks = trade.price_ticks;
  high_ticks = std::max(high_ticks, trade.price_ticks);
  low_ticks = std::min(low_ticks, trade.price_ticks);
  close_ticks = trade.price_ticks;
  volume_lots += trade.quantity_lots;
  quote_volume += trade.quote_amount;
  last_trade_id = trade.trade_id;
  ++trades;
}

void Candle::add(const Candle& later) {
  if (later.trades == 0) return;
  if (trades == 0) {
    const std::int64_t begin = open_time_s;
    *this = later;
    open_time_s = begin;
    return;
  }
  high_ticks = std::max(high_ticks, later.high_ticks);
  low_ticks = std::min(low_ticks, later.low_ticks);
  close_ticks = later.close_ticks;
  volume_lots += later.volume_lots;
  quote_volume += later.quote_volume;
  last_trade_id = later.last_trade_id;
  trades += later.trades;
}

}  // namespace saker::marketdata
