// The public channels: which there are, who listens, and what is pushed when. One text is made per
// push and shared by all who listen. Each push names the sequence of the one before it, so that who
// has them all can prove it; the numbers are those of the feed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/channel.hpp"
#include "gateway/market_state.hpp"
#include "gateway/subscriber.hpp"

namespace saker::gateway {

struct PublicLimits {
  std::size_t max_streams = 2'000;          // different channels at one time, all sockets together
  std::uint64_t trades_interval_ms = 50;
  std::uint64_t ticker_interval_ms = 500;
  std::uint64_t candles_interval_ms = 250;
  std::size_t snapshot_trades = 100;
};

class PublicChannels {
 public:
  PublicChannels(const PublicLimits& limits, const Markets& markets, const MarketStates& states)
      : limits_(limits), markets_(markets), states_(states) {}

  /// Throws ApiError: no such market, a group that is no multiple of the price step, too many
  /// channels. Nothing is pushed to the subscriber before snapshot().
  void subscribe(Subscriber& subscriber, const std::string& name, const Channel& channel);
  void unsubscribe(Subscriber& subscriber, const std::string& name);
  /// The first push to one who has just subscribed. While the book is not exact, it comes later.
  void snapshot(Subscriber& subscriber, const std::string& name, std::uint64_t feed_sequence,
                std::uint64_t now_ms);

  /// Pushes what is due and has changed. `feed_sequence`: the last message that the books contain.
  void tick(std::uint64_t feed_sequence, std::uint64_t now_ms);
  /// Numbers begin anew (a new epoch of the log): everybody gets a snapshot.
  void restart();

  std::size_t streams() const { return streams_.size(); }
  std::uint64_t pushes() const { return pushes_; }

 private:
  struct Stream {
    Channel channel;
    std::string name;
    const Market* market = nullptr;
    std::int64_t group_ticks = 1;
    std::vector<Subscriber*> subscribers;   // who follow
    std::vector<Subscriber*> waiting;       // who get a snapshot next
    bool begun = false;                     // something has been published
    std::uint64_t sequence = 0;             // of the last push
    std::uint64_t version = 0;              // of the state that it told
    std::uint64_t due_ms = 0;
    Depth depth;                            // book: as published
    std::uint64_t last_trade_id = 0;        // trades: the last one published
    std::uint32_t breaks = 0;
    Ticker ticker;                          // as published
    Candle candle;                          // as published
  };

  std::uint64_t interval_ms(const Stream& stream) const;
  bool changed(const Stream& stream, const MarketState& state) const;
  void publish(Stream& stream, const MarketState& state, std::uint64_t feed_sequence,
               std::uint64_t now_ms);
  void publish_book(Stream& stream, const MarketState& state, std::uint64_t feed_sequence,
                    std::uint64_t now_ms);
  void publish_trades(Stream& stream, const MarketState& state, std::uint64_t feed_sequence);
  void publish_ticker(Stream& stream, const MarketState& state, std::uint64_t feed_sequence,
                      std::uint64_t now_ms);
  void publish_candle(Stream& stream, const MarketState& state, std::uint64_t feed_sequence);
  /// The push's own members, after those that all have.
  void write_content(web::Writer& out, const Stream& stream) const;
  void begin_or_send(Stream& stream, std::uint64_t feed_sequence);
  SharedText snapshot_text(const Stream& stream, std::uint64_t now_ms) const;
  void send_snapshots(Stream& stream, std::uint64_t now_ms);
  /// All who follow get a snapshot next.
  static void resnapshot(Stream& stream);
  void send(Stream& stream, const SharedText& text);

  const PublicLimits limits_;
  const Markets& markets_;
  const MarketStates& states_;
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
  std::uint64_t pushes_ = 0;
};

/// "none" is one price step; else decimal text that must be a multiple of it. Throws ApiError.
std::int64_t parse_group(const Market& market, std::string_view group);

}  // namespace saker::gateway
