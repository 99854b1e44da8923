// Asks saker-marketdata for what happened before this process: the last day's minutes and the last
// trades of each market. Asks again when trades were missed, and until it is answered.
#pragma once

#include "gateway/market_state.hpp"
#include "web/http_client.hpp"

namespace saker::gateway {

class HistoryLoader {
 public:
  HistoryLoader(web::Loop& loop, const Markets& markets, MarketStates& states)
      : loop_(loop), markets_(markets), states_(states) {}
  void connect(web::HttpClient& marketdata) { marketdata_ = &marketdata; }

  /// Asks for what is wanted and not asked for yet; call it now and then.
  void poll();
  /// True when every market's history is there.
  bool complete();
  std::uint64_t failures() const { return failures_; }

 private:
  struct Work {
    bool running = false;
    TimeNs not_before_ns = 0;
    std::uint32_t breaks = 0;  // of the tape when it was asked
    std::vector<Candle> minutes;
  };

  void ask_minutes(const Market& market);
  void ask_trades(std::uint32_t market);
  void fail(std::uint32_t market, const std::string& why);

  web::Loop& loop_;
  const Markets& markets_;
  MarketStates& states_;
  web::HttpClient* marketdata_ = nullptr;
  std::map<std::uint32_t, Work> work_;
  std::uint64_t failures_ = 0;
};

// How saker-marketdata's answers are read; oldest first. Throw ApiError for anything unexpected.
std::vector<Candle> read_candles(std::string_view json, const Market& market);
std::vector<Trade> read_trades(std::string_view json);

}  // namespace saker::gateway
