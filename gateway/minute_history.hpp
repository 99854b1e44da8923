// The last 24 hours of one market minute by minute: taken from saker-marketdata, gone on with from
// the feed. Candles in the making of every interval and the 24 h ticker are sums over it, so they
// cannot disagree. Every trade counts once: a minute knows the last trade that is in it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace saker::gateway {

/// One trade of the public tape. `taker_buys`: the taker bought.
struct Trade {
  std::uint64_t trade_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::uint64_t time_ms = 0;
  bool taker_buys = false;
  bool operator==(const Trade&) const = default;
};

struct Candle {
  std::uint64_t open_time_ms = 0;
  std::int64_t open_ticks = 0;
  std::int64_t high_ticks = 0;
  std::int64_t low_ticks = 0;
  std::int64_t close_ticks = 0;
  __int128 volume_lots = 0;
  __int128 ticks_times_lots = 0;
  std::uint64_t trades = 0;
  std::uint64_t last_trade_id = 0;

  void add(const Trade& trade);
  /// `later` begins where this one ends or after.
  void add(const Candle& later);
};

class MinuteHistory {
 public:
  static constexpr std::uint64_t kMinuteMs = 60'000;
  static constexpr std::uint64_t kDayMs = 86'400'000;

  /// Replaces what is known by the minutes of the history, oldest first, then counts those of
  /// `tape` (trades in order) that came after its last one.
  void load(std::span<const Candle> minutes, std::span<const Trade> tape);
  /// Counts a trade unless it is in already. Returns whether it was new.
  bool add(const Trade& trade);
  /// True after load(): before, a candle may lack its beginning.
  bool loaded() const { return loaded_; }
  void forget() { loaded_ = false; }

  /// The candle of `interval_ms` that holds the time, if there were trades in it.
  std::optional<Candle> candle_at(std::uint64_t time_ms, std::uint64_t interval_ms) const;
  /// Everything in the 24 h before `now_ms`, whole minutes; nothing when there was no trade.
  std::optional<Candle> last_day(std::uint64_t now_ms) const;
  std::uint64_t last_trade_id() const { return last_trade_id_; }
  std::size_t minutes() const { return minutes_.size(); }

 private:
  std::optional<Candle> sum(std::uint64_t from_ms, std::uint64_t to_ms) const;

  std::deque<Candle> minutes_;  // oldest first, only those with trades
  std::uint64_t last_trade_id_ = 0;
  bool loaded_ = false;
};

}  // namespace saker::gateway
