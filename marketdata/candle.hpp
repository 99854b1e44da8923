// Candles as arithmetic: which interval a trade falls into and what it does to its candle. Integers
// only: ticks, lots, minor units.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/types.hpp"

namespace saker::marketdata {

struct Interval {
  const char* word;
  std::uint32_t seconds;
};
inline constexpr std::array<Interval, 6> kIntervals = {
    {{"1m", 60}, {"5m", 300}, {"15m", 900}, {"1h", 3'600}, {"4h", 14'400}, {"1d", 86'400}}};
/// Position in kIntervals.
std::optional<std::size_t> interval_of(std::string_view word);

struct Trade {
  std::uint64_t trade_id = 0;
  Sequence sequence = 0;
  TimeNs time_ns = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  Minor quote_amount = 0;
  std::uint32_t market = 0;
  std::uint8_t taker_side = 0;  // proto::Side
};

struct Candle {
  std::int64_t open_time_s = 0;  // a multiple of the interval since 1970
  std::int64_t open_ticks = 0;
  std::int64_t high_ticks = 0;
  std::int64_t low_ticks = 0;
  std::int64_t close_ticks = 0;
  Int128 volume_lots = 0;
  Int128 quote_volume = 0;       // minor units of the quote asset
  std::int64_t trades = 0;       // 0: an empty candle
  std::uint64_t last_trade_id = 0;
  bool operator==(const Candle&) const = default;

  /// The next trade of this candle, in order of trade ids.
  void add(const Trade& trade);
  /// A candle that begins later; this one keeps its open_time_s.
  void add(const Candle& later);
};

/// When the candle begins that holds `time_ns`: an interval holds its first nanosecond and not its
/// end.
constexpr std::int64_t open_time_s(TimeNs time_ns, std::uint32_t interval_s) {
  const auto seconds = static_cast<std::int64_t>(time_ns / 1'000'000'000);
  return seconds - seconds % interval_s;
}

}  // namespace saker::marketdata
