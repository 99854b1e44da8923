#include "marketdata/market_book.hpp"

#include <algorithm>

namespace saker::marketdata {
namespace {

const auto kOpensBefore = [](const Candle& candle, std::int64_t time_s) {
  return candle.open_time_s < time_s;
};

}  // namespace

void MarketBook::clear() {
  const std::lock_guard lock(mutex_);
  markets_.clear();
  sequence_ = 0;
}

void MarketBook::load_candles(std::uint32_t market, std::size_t interval,
                              std::vector<Candle> candles, bool complete) {
  const std::lock_guard lock(mutex_);
  Series& series = markets_[market].series[interval];
  series.candles.assign(candles.begin(), candles.end());
  series.complete = complete;
}

void MarketBook::load_trades(std::uint32_t market, std::vector<Trade> trades, bool complete) {
  const std::lock_guard lock(mutex_);
  markets_[market].trades.assign(trades.begin(), trades.end());
  markets_[market].trades_complete = complete;
}

void MarketBook::set_sequence(Sequence sequence) {
  const std::lock_guard lock(mutex_);
  sequence_ = sequence;
}

Sequence MarketBook::sequence() const {
  const std::lock_guard lock(mutex_);
  return sequence_;
}

void MarketBook::put(Series& series, const Candle& candle) {
  auto& candles = series.candles;
  const auto at =
      std::lower_bound(candles.begin(), candles.end(), candle.open_time_s, kOpensBefore);
  const bool there = at != candles.end() && at->open_time_s == candle.open_time_s;
  if (candle.trades == 0) {
    if (there) candles.erase(at);
    return;
  }
  if (there) {
    *at = candle;
    return;
  }
  // One older than what is kept belongs into the database alone.
  if (!candles.empty() && at == candles.begin() && !series.complete) return;
  candles.insert(at, candle);
  if (candles.size() <= kCandlesKept) return;
  candles.pop_front();
  series.complete = false;
}

void MarketBook::take_back(Market& market, std::uint64_t trade_id) {
  const auto same = [trade_id](const Trade& trade) { return trade.trade_id == trade_id; };
  const auto at = std::find_if(market.trades.begin(), market.trades.end(), same);
  if (at != market.trades.end()) market.trades.erase(at);
}

void MarketBook::publish(const Changes& changes) {
  const std::lock_guard lock(mutex_);
  for (const Trade& trade : changes.trades) {
    Market& market = markets_[trade.market];
    market.trades.push_back(trade);
    if (market.trades.size() <= kTradesKept) continue;
    market.trades.pop_front();
    market.trades_complete = false;
  }
  for (const auto& [market, trade_id] : changes.busts) take_back(markets_[market], trade_id);
  for (const CandleChange& change : changes.candles) {
    put(markets_[change.market].series[change.interval], change.candle);
  }
  sequence_ = changes.sequence;
}

std::optional<std::vector<Candle>> MarketBook::candles(const CandleQuestion& question) const {
  const std::lock_guard lock(mutex_);
  const auto found = markets_.find(question.market);
  if (found == markets_.end()) return std::vector<Candle>();
  const Series& series = found->second.series[question.interval];
  const auto& all = series.candles;
  auto begin = all.begin();
  auto end = all.end();
  if (question.to_s) end = std::lower_bound(all.begin(), all.end(), *question.to_s, kOpensBefore);
  const auto limit = static_cast<std::ptrdiff_t>(question.limit);
  if (question.from_s) {
    if (!series.complete && (all.empty() || *question.from_s < all.front().open_time_s)) {
      return std::nullopt;
    }
    begin = std::lower_bound(all.begin(), all.end(), *question.from_s, kOpensBefore);
    if (begin >= end) return std::vector<Candle>();
    return std::vector<Candle>(begin, begin + std::min(limit, end - begin));
  }
  if (!series.complete && end - begin < limit) return std::nullopt;
  return std::vector<Candle>(end - std::min(limit, end - begin), end);
}

std::optional<std::vector<Trade>> MarketBook::trades(std::uint32_t market, std::size_t limit,
                                                     std::uint64_t before) const {
  const std::lock_guard lock(mutex_);
  const auto found = markets_.find(market);
  std::vector<Trade> answer;
  if (found == markets_.end()) return answer;
  const auto& all = found->second.trades;
  for (auto trade = all.rbegin(); trade != all.rend() && answer.size() < limit; ++trade) {
    if (before == 0 || trade->trade_id < before) answer.push_back(*trade);
  }
  if (answer.size() < limit && !found->second.trades_complete) return std::nullopt;
  return answer;
}

Statistics MarketBook::statistics(std::uint32_t market, TimeNs now_ns) const {
  const std::lock_guard lock(mutex_);
  Statistics statistics;
  statistics.market = market;
  const auto found = markets_.find(market);
  if (found == markets_.end()) return statistics;
  const auto& minutes = found->second.series[0].candles;
  if (minutes.empty()) return statistics;
  statistics.last_ticks = minutes.back().close_ticks;
  statistics.last_trade_id = minutes.back().last_trade_id;
  // The minute in the making and the 1,439 before it.
  const std::int64_t begin = open_time_s(now_ns, 60) + 60 - kDayS;
  for (auto minute = std::lower_bound(minutes.begin(), minutes.end(), begin, kOpensBefore);
       minute != minutes.end(); ++minute) {
    statistics.day.add(*minute);
  }
  statistics.day.open_time_s = begin;
  return statistics;
}

std::vector<std::uint32_t> MarketBook::markets() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> markets;
  for (const auto& [market, book] : markets_) markets.push_back(market);
  return markets;
}

}  // namespace saker::marketdata
