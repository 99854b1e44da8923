// What is publicly known of each market at this moment: the live book, the tape, the last 24 hours.
// Filled from the feed and from saker-marketdata's history, read by channels and requests.
#pragma once

#include <deque>
#include <map>
#include <span>

#include "client/order_book.hpp"
#include "gateway/emit.hpp"

namespace saker::gateway {

/// A trade with the feed sequence that it had; 0 for one that came from the history.
struct TapeEntry {
  Trade trade;
  std::uint64_t sequence = 0;
};

struct MarketState {
  const client::OrderBook* book = nullptr;  // nullptr while it is not exact
  proto::MarketPhase phase = proto::MarketPhase::Closed;
  std::int64_t last_ticks = 0;
  std::uint64_t book_version = 0;           // rises with every change of the book or its liveness
  std::uint64_t trade_version = 0;          // rises with every trade and every load
  std::uint32_t tape_breaks = 0;            // rises when trades may be missing from the tape
  std::deque<TapeEntry> tape;               // oldest first
  MinuteHistory minutes;
  bool history_wanted = true;               // minutes and tape have to be asked for (again)
};

class MarketStates {
 public:
  static constexpr std::size_t kTapeLength = 1'000;

  MarketState& at(std::uint32_t market) { return states_[market]; }
  const MarketState* find(std::uint32_t market) const {
    const auto found = states_.find(market);
    return found == states_.end() ? nullptr : &found->second;
  }

  void on_book(std::uint32_t market, const client::OrderBook* book) {
    MarketState& state = states_[market];
    state.book = book;
    ++state.book_version;
  }
  void on_trade(std::uint32_t market, const Trade& trade, std::uint64_t feed_sequence);
  /// Trades have been missed: the tape goes on, and the history is asked for again.
  void on_trades_lost();
  /// The log lost its end: trade numbers may come again for other trades.
  void forget_tapes();
  /// What saker-marketdata knows: minutes and trades, both oldest first.
  void load_history(std::uint32_t market, std::span<const Candle> minutes,
                    std::span<const Trade> trades);

  Ticker ticker(std::uint32_t market, std::uint64_t now_ms) const;
  /// The newest `most` trades, oldest first.
  std::vector<Trade> recent(std::uint32_t market, std::size_t most) const;

  template <class Fn>
  void for_each(Fn&& fn) {
    for (auto& [id, state] : states_) fn(id, state);
  }

 private:
  std::map<std::uint32_t, MarketState> states_;
};

}  // namespace saker::gateway
