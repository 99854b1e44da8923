#include "gateway/history_loader.hpp"

#include <algorithm>

#include "web/log.hpp"

namespace saker::gateway {
namespace {

constexpr std::uint64_t kRetryNs = 1'000'000'000;
constexpr std::size_t kMostCandles = 1'500;

/// A number of any length as decimal text.
__int128 need_wide(const web::Fields& fields, std::string_view key) {
  __int128 value = 0;
  const std::string text = fields.need_text(key, 32);
  for (const char c : text) {
    if (c < '0' || c > '9') fields.fail(key, "is not a number");
    value = value * 10 + (c - '0');
  }
  return value;
}

std::int64_t need_positive(const web::Fields& fields, std::string_view key) {
  return fields.need_integer(key, 1, INT64_MAX);
}

std::uint64_t need_time(const web::Fields& fields, std::string_view key) {
  return static_cast<std::uint64_t>(fields.need_integer(key, 0, INT64_MAX));
}

}  // namespace

std::vector<Candle> read_candles(std::string_view json, const Market& market) {
  std::vector<Candle> candles;
  const web::Fields reply = web::parse_json(json).object();
  for (const web::JsonValue& value : reply.need_array("candles", kMostCandles)) {
    const web::Fields fields = value.object();
    Candle candle;
    candle.open_time_ms = need_time(fields, "open_time");
    candle.open_ticks = need_positive(fields, "open_ticks");
    candle.high_ticks = need_positive(fields, "high_ticks");
    candle.low_ticks = need_positive(fields, "low_ticks");
    candle.close_ticks = need_positive(fields, "close_ticks");
    candle.volume_lots = need_wide(fields, "volume_lots");
    candle.ticks_times_lots =
        need_wide(fields, "quote_volume") / market.definition().tick_value();
    candle.trades = static_cast<std::uint64_t>(need_positive(fields, "trades"));
    candle.last_trade_id = fields.need_id("last_trade_id");
    candles.push_back(candle);
  }
  return candles;
}

std::vector<Trade> read_trades(std::string_view json) {
  std::vector<Trade> trades;
  const web::Fields reply = web::parse_json(json).object();
  for (const web::JsonValue& value : reply.need_array("trades", MarketStates::kTapeLength)) {
    const web::Fields fields = value.object();
    Trade trade;
    trade.trade_id = fields.need_id("trade_id");
    trade.price_ticks = need_positive(fields, "price_ticks");
    trade.quantity_lots = need_positive(fields, "quantity_lots");
    trade.time_ms = need_time(fields, "time");
    trade.taker_buys = fields.need_choice("side", {"buy", "sell"}) == "buy";
    trades.push_back(trade);
  }
  std::sort(trades.begin(), trades.end(),
            [](const Trade& a, const Trade& b) { return a.trade_id < b.trade_id; });
  return trades;
}

void HistoryLoader::poll() {
  if (marketdata_ == nullptr) return;
  markets_.for_each([this](const Market& market) {
    Work& work = work_[market.id()];
    const bool wanted = states_.at(market.id()).history_wanted;
    if (wanted && !work.running && loop_.now_ns() >= work.not_before_ns) ask_minutes(market);
  });
}

bool HistoryLoader::complete() {
  bool complete = markets_.size() > 0;
  states_.for_each([&](std::uint32_t, const MarketState& state) {
    complete = complete && !state.history_wanted;
  });
  return complete;
}

void HistoryLoader::ask_minutes(const Market& market) {
  Work& work = work_[market.id()];
  work.running = true;
  work.breaks = states_.at(market.id()).tape_breaks;
  const std::uint64_t now_ms = loop_.utc_ns() / 1'000'000;
  const std::uint64_t from_ms = now_ms - MinuteHistory::kDayMs - MinuteHistory::kMinuteMs;
  const std::string target = "/internal/candles?market=" + std::to_string(market.id()) +
                             "&interval=1m&limit=1500&from=" + std::to_string(from_ms);
  marketdata_->send({web::Method::Get, target, {}, {}},
                    [this, id = market.id()](const web::HttpResult& result) {
                      const Market* known = markets_.find(id);
                      if (!result.ok() || known == nullptr) {
                        return fail(id, web::failure_word(result.failure));
                      }
                      try {
                        work_[id].minutes = read_candles(result.response.body, *known);
                      } catch (const web::ApiError& error) {
                        return fail(id, error.what());
                      }
                      ask_trades(id);
                    });
}

void HistoryLoader::ask_trades(std::uint32_t id) {
  const std::string target = "/internal/trades?limit=1000&market=" + std::to_string(id);
  marketdata_->send({web::Method::Get, target, {}, {}}, [this, id](const web::HttpResult& result) {
    if (!result.ok()) return fail(id, web::failure_word(result.failure));
    Work& work = work_[id];
    MarketState& state = states_.at(id);
    try {
      // Missed again meanwhile: this answer may be too old.
      const bool stale = state.tape_breaks != work.breaks;
      states_.load_history(id, work.minutes, read_trades(result.response.body));
      state.history_wanted = stale;
    } catch (const web::ApiError& error) {
      return fail(id, error.what());
    }
    work.running = false;
    work.not_before_ns = loop_.now_ns() + kRetryNs;
    work.minutes.clear();
  });
}

void HistoryLoader::fail(std::uint32_t market, const std::string& why) {
  if (failures_++ == 0) web::log_warning("no history from saker-marketdata yet", {{"why", why}});
  work_[market].running = false;
  work_[market].not_before_ns = loop_.now_ns() + kRetryNs;
}

}  // namespace saker::gateway
