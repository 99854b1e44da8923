#include "gateway/public_channels.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/emit.hpp"

namespace saker::gateway {
namespace {

template <class List, class Item>
bool remove(List& list, Item* item) {
  const auto found = std::find(list.begin(), list.end(), item);
  if (found == list.end()) return false;
  list.erase(found);
  return true;
}

}  // namespace

std::int64_t parse_group(const Market& market, std::string_view group) {
  return group == "none" ? 1 : market.price_ticks(group, "group");
}

void PublicChannels::subscribe(Subscriber& subscriber, const std::string& name,
                               const Channel& channel) {
  const Market& market = markets_.need(channel.market);
  auto found = streams_.find(name);
  if (found == streams_.end()) {
    const std::int64_t group =
        channel.kind == ChannelKind::kBook ? parse_group(market, channel.group) : 1;
    if (streams_.size() >= limits_.max_streams) {
      throw web::unavailable("too many different channels are in use; take a more common one");
    }
    auto stream = std::make_unique<Stream>();
    stream->channel = channel;
    stream->name = name;
    stream->market = &market;
    stream->group_ticks = group;
    found = streams_.emplace(name, std::move(stream)).first;
  }
  Stream& stream = *found->second;
  remove(stream.subscribers, &subscriber);
  remove(stream.waiting, &subscriber);
  stream.waiting.push_back(&subscriber);
}

void PublicChannels::unsubscribe(Subscriber& subscriber, const std::string& name) {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  remove(stream.subscribers, &subscriber);
  remove(stream.waiting, &subscriber);
  if (stream.subscribers.empty() && stream.waiting.empty()) streams_.erase(found);
}

void PublicChannels::snapshot(Subscriber& subscriber, const std::string& name,
                              std::uint64_t feed_sequence, std::uint64_t now_ms) {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  const MarketState* state = states_.find(stream.market->id());
  if (!stream.begun && state != nullptr) {
    publish(stream, *state, feed_sequence, now_ms);
    if (stream.begun) stream.due_ms = now_ms + interval_ms(stream);
  }
  if (!stream.begun || !remove(stream.waiting, &subscriber)) return;
  // What was published last, not what is so now: the next push continues from it.
  stream.subscribers.push_back(&subscriber);
  ++pushes_;
  subscriber.push(snapshot_text(stream, now_ms));
}

std::uint64_t PublicChannels::interval_ms(const Stream& stream) const {
  switch (stream.channel.kind) {
    case ChannelKind::kBook: return stream.channel.interval_ms;
    case ChannelKind::kTrades: return limits_.trades_interval_ms;
    case ChannelKind::kTicker: return limits_.ticker_interval_ms;
    default: return limits_.candles_interval_ms;
  }
}

bool PublicChannels::changed(const Stream& stream, const MarketState& state) const {
  if (!stream.begun) return true;
  switch (stream.channel.kind) {
    case ChannelKind::kBook: return state.book_version != stream.version;
    case ChannelKind::kTicker: return state.book_version + state.trade_version != stream.version;
    default: return state.trade_version != stream.version || state.tape_breaks != stream.breaks;
  }
}

void PublicChannels::tick(std::uint64_t feed_sequence, std::uint64_t now_ms) {
  for (auto& [name, stream] : streams_) {
    const std::uint64_t interval = interval_ms(*stream);
    // Due later than after one interval: the host's clock was set back.
    if (now_ms < stream->due_ms && stream->due_ms <= now_ms + interval) continue;
    stream->due_ms = now_ms - now_ms % interval + interval;
    const MarketState* state = states_.find(stream->market->id());
    if (state != nullptr && changed(*stream, *state)) {
      publish(*stream, *state, feed_sequence, now_ms);
    }
    if (stream->begun) send_snapshots(*stream, now_ms);
  }
}

void PublicChannels::restart() {
  for (auto& [name, stream] : streams_) {
    stream->begun = false;
    stream->sequence = 0;
    resnapshot(*stream);
  }
}

void PublicChannels::publish(Stream& stream, const MarketState& state,
                             std::uint64_t feed_sequence, std::uint64_t now_ms) {
  switch (stream.channel.kind) {
    case ChannelKind::kBook: return publish_book(stream, state, feed_sequence, now_ms);
    case ChannelKind::kTrades: return publish_trades(stream, state, feed_sequence);
    case ChannelKind::kTicker: return publish_ticker(stream, state, feed_sequence, now_ms);
    default: return publish_candle(stream, state, feed_sequence);
  }
}

void PublicChannels::publish_book(Stream& stream, const MarketState& state,
                                  std::uint64_t feed_sequence, std::uint64_t now_ms) {
  if (state.book == nullptr) return;  // what was published stays; it is marked as stale
  if (stream.begun && feed_sequence <= stream.sequence) return;
  stream.version = state.book_version;
  Depth now = aggregate(*state.book, stream.group_ticks, stream.channel.depth);
  if (stream.begun && now == stream.depth) return;
  if (stream.begun) {
    const Depth changes = difference(stream.depth, now);
    web::Writer out =
        begin_push(stream.name, stream.market, false, stream.sequence, feed_sequence);
    write_depth(out, changes, *stream.market);
    out.field("time", now_ms);
    send(stream, end_push(out));
  }
  stream.depth = std::move(now);
  stream.sequence = feed_sequence;
  stream.begun = true;
}

void PublicChannels::publish_trades(Stream& stream, const MarketState& state,
                                    std::uint64_t feed_sequence) {
  const bool broken = stream.breaks != state.tape_breaks;
  if (broken && state.history_wanted) return;  // first what is missing
  if (stream.begun && feed_sequence <= stream.sequence) return;
  stream.breaks = state.tape_breaks;
  stream.version = state.trade_version;
  std::vector<Trade> fresh;
  for (auto entry = state.tape.rbegin(); entry != state.tape.rend(); ++entry) {
    if (entry->trade.trade_id <= stream.last_trade_id) break;
    fresh.push_back(entry->trade);
  }
  std::reverse(fresh.begin(), fresh.end());
  if (stream.begun && fresh.empty()) return;
  const std::uint64_t before = std::exchange(stream.sequence, feed_sequence);
  if (!fresh.empty()) stream.last_trade_id = fresh.back().trade_id;
  // The tape does not reach back to the last push: nobody can go on from there.
  if (broken && fresh.size() == state.tape.size()) resnapshot(stream);
  if (std::exchange(stream.begun, true) && !stream.subscribers.empty()) {
    web::Writer out = begin_push(stream.name, stream.market, false, before, feed_sequence);
    out.key("trades").begin_array();
    for (const Trade& trade : fresh) write_trade(out, trade, *stream.market);
    out.end_array();
    send(stream, end_push(out));
  }
}

void PublicChannels::publish_ticker(Stream& stream, const MarketState& state,
                                    std::uint64_t feed_sequence, std::uint64_t now_ms) {
  if (stream.begun && feed_sequence <= stream.sequence) return;
  stream.version = state.book_version + state.trade_version;
  stream.ticker = states_.ticker(stream.market->id(), now_ms);
  begin_or_send(stream, feed_sequence);
}

void PublicChannels::publish_candle(Stream& stream, const MarketState& state,
                                    std::uint64_t feed_sequence) {
  if (stream.begun && feed_sequence <= stream.sequence) return;
  if (!state.minutes.loaded() || state.tape.empty()) return;
  const auto candle =
      state.minutes.candle_at(state.tape.back().trade.time_ms, stream.channel.interval_ms);
  if (!candle) return;
  stream.version = state.trade_version;
  stream.breaks = state.tape_breaks;
  stream.candle = *candle;
  begin_or_send(stream, feed_sequence);
}

void PublicChannels::begin_or_send(Stream& stream, std::uint64_t feed_sequence) {
  const std::uint64_t before = std::exchange(stream.sequence, feed_sequence);
  if (!std::exchange(stream.begun, true) || stream.subscribers.empty()) return;
  web::Writer out = begin_push(stream.name, stream.market, false, before, feed_sequence);
  write_content(out, stream);
  send(stream, end_push(out));
}

void PublicChannels::write_content(web::Writer& out, const Stream& stream) const {
  if (stream.channel.kind == ChannelKind::kTicker) {
    return write_ticker_members(out, stream.ticker, *stream.market);
  }
  write_candle(out.key("candle"), stream.candle, *stream.market);
}

SharedText PublicChannels::snapshot_text(const Stream& stream, std::uint64_t now_ms) const {
  web::Writer out = begin_push(stream.name, stream.market, true, 0, stream.sequence);
  switch (stream.channel.kind) {
    case ChannelKind::kBook:
      write_depth(out, stream.depth, *stream.market);
      out.field("time", now_ms);
      break;
    case ChannelKind::kTrades: {
      out.key("trades").begin_array();
      for (const Trade& trade : states_.recent(stream.market->id(), limits_.snapshot_trades)) {
        if (trade.trade_id <= stream.last_trade_id) write_trade(out, trade, *stream.market);
      }
      out.end_array();
      break;
    }
    default: write_content(out, stream);
  }
  return end_push(out);
}

void PublicChannels::resnapshot(Stream& stream) {
  std::move(stream.subscribers.begin(), stream.subscribers.end(),
            std::back_inserter(stream.waiting));
  stream.subscribers.clear();
}

void PublicChannels::send_snapshots(Stream& stream, std::uint64_t now_ms) {
  if (stream.waiting.empty()) return;
  const SharedText text = snapshot_text(stream, now_ms);
  for (Subscriber* subscriber : stream.waiting) {
    ++pushes_;
    subscriber->push(text);
    stream.subscribers.push_back(subscriber);
  }
  stream.waiting.clear();
}

void PublicChannels::send(Stream& stream, const SharedText& text) {
  pushes_ += stream.subscribers.size();
  for (Subscriber* subscriber : stream.subscribers) subscriber->push(text);
}

}  // namespace saker::gateway
