#include "gateway/channel.hpp"

#include <charconv>
#include <utility>

#include "web/error.hpp"

namespace saker::gateway {
namespace {

struct Word {
  std::string_view text;
  std::uint32_t value;
};

constexpr Word kBookIntervals[] = {{"50ms", 50}, {"100ms", 100}, {"250ms", 250}, {"1000ms", 1000}};
constexpr Word kCandleIntervals[] = {{"1m", 60'000},      {"5m", 300'000},
                                     {"15m", 900'000},    {"1h", 3'600'000},
                                     {"4h", 14'400'000},  {"1d", 86'400'000}};
constexpr std::size_t kLongestName = 64;

/// Takes what is before the first point, and the point.
std::string_view take_first(std::string_view& rest) {
  const std::size_t point = rest.find('.');
  const std::string_view first = rest.substr(0, point);
  rest = point == std::string_view::npos ? std::string_view() : rest.substr(point + 1);
  return first;
}
/// Takes what is after the last point, and the point.
std::string_view take_last(std::string_view& rest) {
  const std::size_t point = rest.rfind('.');
  if (point == std::string_view::npos) return std::exchange(rest, {});
  const std::string_view last = rest.substr(point + 1);
  rest = rest.substr(0, point);
  return last;
}

[[noreturn]] void fail(std::string_view name, std::string_view message) {
  throw web::invalid_request("channel \"" + std::string(name.substr(0, kLongestName)) +
                        "\": " + std::string(message));
}

Channel book_channel(std::string_view name, std::string_view rest) {
  Channel channel;
  channel.kind = ChannelKind::kBook;
  channel.market = take_first(rest);
  const std::string_view interval = take_last(rest);
  for (const Word& word : kBookIntervals) {
    if (interval == word.text) channel.interval_ms = word.value;
  }
  if (channel.interval_ms == 0) fail(name, "interval is one of 50ms, 100ms, 250ms, 1000ms");
  const std::string_view depth = take_last(rest);
  const auto [end, error] =
      std::from_chars(depth.data(), depth.data() + depth.size(), channel.depth);
  if (error != std::errc() || end != depth.data() + depth.size() || channel.depth == 0 ||
      channel.depth > kMaxDepth || depth.front() == '0') {
    fail(name, "depth is a number from 1 to 200");
  }
  channel.group = rest;
  if (channel.market.empty() || channel.group.empty()) {
    fail(name, "a book channel is book.{market}.{group}.{depth}.{interval}");
  }
  return channel;
}

}  // namespace

Channel parse_channel(std::string_view name) {
  if (name.size() > kLongestName) fail(name, "no channel has so long a name");
  if (name == "orders") return {.kind = ChannelKind::kOrders};
  if (name == "fills") return {.kind = ChannelKind::kFills};
  if (name == "balances") return {.kind = ChannelKind::kBalances};
  std::string_view rest = name;
  const std::string_view kind = take_first(rest);
  if (kind == "book") return book_channel(name, rest);
  if (kind == "trades" && !rest.empty()) {
    return {.kind = ChannelKind::kTrades, .market = std::string(rest)};
  }
  if (kind == "ticker" && !rest.empty()) {
    return {.kind = ChannelKind::kTicker, .market = std::string(rest)};
  }
  if (kind == "candles" && !rest.empty()) {
    Channel channel{.kind = ChannelKind::kCandles};
    channel.interval_ms = candle_interval_ms(take_last(rest));
    channel.market = rest;
    if (channel.interval_ms == 0) fail(name, "interval is one of 1m, 5m, 15m, 1h, 4h, 1d");
    if (channel.market.empty()) fail(name, "a candle channel is candles.{market}.{interval}");
    return channel;
  }
  fail(name, "there is none of this name");
}

std::uint32_t candle_interval_ms(std::string_view text) {
  for (const Word& word : kCandleIntervals) {
    if (text == word.text) return word.value;
  }
  return 0;
}

}  // namespace saker::gateway
