// Names of WebSocket channels and what they mean.
//
//   book.{market}.{group}.{depth}.{interval}   as in book.KCN/EUR.none.20.100ms or
//                                              book.KCN/EUR.0.10.50.1000ms
//   trades.{market}   ticker.{market}   candles.{market}.{interval}
//   orders   fills   balances                  private: of the signed-in account
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace saker::gateway {

enum class ChannelKind : std::uint8_t {
  kBook, kTrades, kTicker, kCandles, kOrders, kFills, kBalances
};

struct Channel {
  ChannelKind kind = ChannelKind::kBook;
  std::string market;            // public ones
  std::string group = "none";    // book
  std::uint32_t depth = 0;       // book
  std::uint32_t interval_ms = 0; // book: between pushes; candles: of a candle
};

constexpr bool is_private(ChannelKind kind) { return kind >= ChannelKind::kOrders; }

/// Throws ApiError INVALID_REQUEST that says what is wrong with the name. Whether market and group
/// exist is for the caller to see.
Channel parse_channel(std::string_view name);

/// "1m" … "1d" as milliseconds, 0 for any other text.
std::uint32_t candle_interval_ms(std::string_view text);
inline constexpr std::uint32_t kMaxDepth = 200;

}  // namespace saker::gateway
