#include "gateway/market_state.hpp"

#include <algorithm>

namespace saker::gateway {

void MarketStates::on_trade(std::uint32_t market, const Trade& trade,
                            std::uint64_t feed_sequence) {
  MarketState& state = states_[market];
  state.last_ticks = trade.price_ticks;
  ++state.trade_version;
  if (!state.tape.empty() && trade.trade_id <= state.tape.back().trade.trade_id) return;
  state.tape.push_back({trade, feed_sequence});
  if (state.tape.size() > kTapeLength) state.tape.pop_front();
  state.minutes.add(trade);
}

void MarketStates::on_trades_lost() {
  for (auto& [id, state] : states_) {
    ++state.tape_breaks;
    state.history_wanted = true;
  }
}

void MarketStates::forget_tapes() {
  on_trades_lost();
  for (auto& [id, state] : states_) {
    state.tape.clear();
    state.minutes.forget();
  }
}

void MarketStates::load_history(std::uint32_t market, std::span<const Candle> minutes,
                                std::span<const Trade> trades) {
  MarketState& state = states_[market];
  std::deque<TapeEntry> tape;
  for (const Trade& trade : trades) tape.push_back({trade, 0});
  const std::uint64_t last = tape.empty() ? 0 : tape.back().trade.trade_id;
  for (const TapeEntry& entry : state.tape) {
    if (entry.trade.trade_id > last) {
      tape.push_back(entry);
      continue;
    }
    // The same trade in both: ours knows its place in the feed.
    const auto same = std::lower_bound(
        tape.begin(), tape.end(), entry.trade.trade_id,
        [](const TapeEntry& e, std::uint64_t id) { return e.trade.trade_id < id; });
    if (same != tape.end() && same->trade.trade_id == entry.trade.trade_id) *same = entry;
  }
  while (tape.size() > kTapeLength) tape.pop_front();
  state.tape = std::move(tape);
  std::vector<Trade> all;
  for (const TapeEntry& entry : state.tape) all.push_back(entry.trade);
  state.minutes.load(minutes, all);
  if (!state.tape.empty()) state.last_ticks = state.tape.back().trade.price_ticks;
  state.history_wanted = false;
  ++state.trade_version;
}

Ticker MarketStates::ticker(std::uint32_t market, std::uint64_t now_ms) const {
  Ticker ticker{.time_ms = now_ms};
  const MarketState* state = find(market);
  if (state == nullptr) return ticker;
  ticker.last_ticks = state->last_ticks;
  if (state->book != nullptr) {
    ticker.bid_ticks = state->book->best_bid_ticks();
    ticker.ask_ticks = state->book->best_ask_ticks();
  }
  // Only the whole day is a day's figure.
  if (state->minutes.loaded()) ticker.day = state->minutes.last_day(now_ms);
  return ticker;
}

std::vector<Trade> MarketStates::recent(std::uint32_t market, std::size_t most) const {
  std::vector<Trade> trades;
  const MarketState* state = find(market);
  if (state == nullptr) return trades;
  const std::size_t skip = state->tape.size() > most ? state->tape.size() - most : 0;
  for (std::size_t i = skip; i < state->tape.size(); ++i) trades.push_back(state->tape[i].trade);
  return trades;
}

}  // namespace saker::gateway
