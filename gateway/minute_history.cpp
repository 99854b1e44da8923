#include "gateway/minute_history.hpp"

#include <algorithm>

namespace saker::gateway {

void Candle::add(const Trade& trade) {
  if (trades == 0) {
    open_ticks = high_ticks = low_ticks = trade.price_ticks;
  }
  high_ticks = std::max(high_ticks, trade.price_ticks);
  low_ticks = std::min(low_ticks, trade.price_ticks);
  close_ticks = trade.price_ticks;
  volume_lots += trade.quantity_lots;
  ticks_times_lots += static_cast<__int128>(trade.price_ticks) * trade.quantity_lots;
  ++trades;
  last_trade_id = trade.trade_id;
}

void Candle::add(const Candle& later) {
  if (later.trades == 0) return;
  if (trades == 0) {
    const std::uint64_t time_ms = open_time_ms;
    *this = later;
    open_time_ms = time_ms;
    return;
  }
  high_ticks = std::max(high_ticks, later.high_ticks);
  low_ticks = std::min(low_ticks, later.low_ticks);
  close_ticks = later.close_ticks;
  volume_lots += later.volume_lots;
  ticks_times_lots += later.ticks_times_lots;
  trades += later.trades;
  last_trade_id = std::max(last_trade_id, later.last_trade_id);
}

void MinuteHistory::load(std::span<const Candle> minutes, std::span<const Trade> tape) {
  minutes_.assign(minutes.begin(), minutes.end());
  last_trade_id_ = 0;
  for (const Candle& minute : minutes_) {
    last_trade_id_ = std::max(last_trade_id_, minute.last_trade_id);
  }
  loaded_ = true;
  for (const Trade& trade : tape) add(trade);
}

bool MinuteHistory::add(const Trade& trade) {
  if (trade.trade_id <= last_trade_id_) return false;
  last_trade_id_ = trade.trade_id;
  const std::uint64_t minute_ms = trade.time_ms / kMinuteMs * kMinuteMs;
  if (minutes_.empty() || minutes_.back().open_time_ms < minute_ms) {
    minutes_.push_back({.open_time_ms = minute_ms});
    // One minute more than a day, so that a day's first minute is whole.
    while (minutes_.front().open_time_ms + kDayMs + kMinuteMs <= minute_ms) minutes_.pop_front();
  }
  minutes_.back().add(trade);
  return true;
}

std::optional<Candle> MinuteHistory::sum(std::uint64_t from_ms, std::uint64_t to_ms) const {
  Candle total{.open_time_ms = from_ms};
  for (const Candle& minute : minutes_) {
    if (minute.open_time_ms >= from_ms && minute.open_time_ms < to_ms) total.add(minute);
  }
  if (total.trades == 0) return std::nullopt;
  return total;
}

std::optional<Candle> MinuteHistory::candle_at(std::uint64_t time_ms,
                                               std::uint64_t interval_ms) const {
  const std::uint64_t open_ms = time_ms / interval_ms * interval_ms;
  return sum(open_ms, open_ms + interval_ms);
}

std::optional<Candle> MinuteHistory::last_day(std::uint64_t now_ms) const {
  const std::uint64_t from_ms = now_ms > kDayMs ? now_ms - kDayMs : 0;
  return sum(from_ms / kMinuteMs * kMinuteMs, UINT64_MAX);
}

}  // namespace saker::gateway
