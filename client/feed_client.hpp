// The public feed: two lines made one, gaps filled by the follower, books kept order by order.
//
// Feed it the packets of both lines in any order. The first packet that is new wins; a hole that
// neither line fills within a patience is asked for; when it is too old, or the epoch changes,
// books are taken from snapshots and brought up to date with the messages since.
#pragma once

#include <algorithm>
#include <memory>

#include "client/feed_ring.hpp"
#include "client/fetch.hpp"
#include "client/order_book.hpp"

namespace saker::client {

struct FeedConfig {
  std::uint16_t shard = 0;
  std::uint32_t source_address = 0;         // packets of others are dropped; 0: from anybody
  std::size_t ring_messages = 16'384;       // power of two; half of it is history
  std::uint64_t gap_patience_ns = 1'000'000;
  std::uint64_t stale_ns = 2'000'000'000;   // silent for longer: prices are not to be trusted
  std::uint64_t retry_ns = 10'000'000;      // between attempts to get a snapshot
  std::size_t expected_orders = 4096;       // of each book
};

enum class FeedState : std::uint8_t {
  kStopped,     // nothing has been heard yet
  kRecovering,  // a hole or a snapshot is being fetched; some books are behind
  kLive,        // every book is exact up to the last message heard of
  kStale,       // nothing has been heard for too long
};

struct FeedCounters {
  std::uint64_t packets[2] = {};      // by line
  std::uint64_t first_on_line[2] = {};  // packets that brought something new
  std::uint64_t messages = 0;         // applied
  std::uint64_t dropped = 0;          // not a packet of this feed
  std::uint64_t gaps = 0;             // that outlasted the patience
  std::uint64_t recovered = 0;        // messages that came from the follower
  std::uint64_t lost = 0;             // messages skipped by taking snapshots
  std::uint64_t snapshots = 0;
  std::uint64_t contradictions = 0;   // messages that did not fit the book
};

/// One market as the feed shows it.
struct FeedMarket {
  explicit FeedMarket(std::size_t expected_orders) : book(expected_orders) {}
  proto::MarketDefinition definition;  // market() 0: not known yet
  proto::MarketPhase phase = proto::MarketPhase::Closed;
  bool live = false;                   // the book is exact
  OrderBook book;
  std::uint64_t apply_from = 0;        // messages below are in the book already
  std::int64_t last_price_ticks = 0;
  std::uint64_t trades = 0;
};

/// Base of a handler; declare what you want in a class derived from it.
struct FeedHandler {
  void on_feed_state(FeedState) {}
  void on_market_defined(const FeedMarket&) {}
  /// The book has been made anew from a snapshot.
  void on_book_ready(const FeedMarket&) {}
  /// After each order message of a live book.
  void on_book_changed(const FeedMarket&, const proto::FeedMessage&) {}
  /// Every OrderExecuted, in order; message.side() is the resting side.
  void on_trade(const FeedMarket&, const proto::FeedMessage&) {}
  void on_phase_changed(const FeedMarket&) {}
  /// Messages [from, to) are lost to us; books come from snapshots.
  void on_feed_lost(std::uint64_t /*from*/, std::uint64_t /*to*/) {}
};

template <net::Transport Transport, class Handler>
class FeedClient {
 public:
  FeedClient(const FeedConfig& config, QueryClient<Transport>& queries, Handler& handler)
      : config_(config),
        queries_(queries),
        handler_(handler),
        ring_(config.ring_messages),
        markets_fetch_(queries),
        book_fetch_(queries) {}

  /// One datagram of either line. It need not be aligned beyond 8 bytes.
  void on_packet(net::Datagram& datagram, TimeNs now_ns) {
    now_ns_ = now_ns;
    const Bytes bytes(datagram.data, datagram.size);
    proto::FeedHeader header;
    proto::FeedPacket packet;
    const bool ours =
        (config_.source_address == 0 || datagram.peer.address == config_.source_address) &&
        proto::parse_feed_header(bytes, header) == proto::FeedError::None &&
        header.shard == config_.shard && header.line < 2 && header.epoch >= epoch_ &&
        header.first_sequence > 0 &&
        (header.kind != proto::FeedPacketKind::Data ||
         proto::decode_feed_packet(header, proto::feed_payload_of(bytes), packet) ==
             proto::FeedError::None);
    if (!ours) {
      ++counters_.dropped;
      return;
    }
    ++counters_.packets[header.line];
    heard_ns_ = now_ns;
    if (header.epoch > epoch_) begin_epoch(header);
    ring_.announce(header.released_sequence + 1);
    if (offer(header.first_sequence, packet.messages, packet.definitions) > 0) {
      ++counters_.first_on_line[header.line];
    }
    apply_ready();
    poll(now_ns);
  }

  /// Fills holes, fetches snapshots, notices silence.
  void poll(TimeNs now_ns) {
    now_ns_ = now_ns;
    if (epoch_ == 0) return;
    fill_gap();
    fetch_markets();
    fetch_books();
    set_state();
  }
  TimeNs next_deadline_ns() const {
    if (epoch_ == 0) return UINT64_MAX;
    TimeNs deadline = heard_ns_ + config_.stale_ns + 1;
    if (state_ == FeedState::kStale) deadline = UINT64_MAX;
    if (ring_.has_gap() && gap_request_ == 0 && gap_since_ns_ != 0 && queries_.up()) {
      deadline = std::min(deadline, gap_since_ns_ + config_.gap_patience_ns);
    }
    return std::min(deadline, fetch_deadline_ns());
  }

  FeedState state() const { return state_; }
  std::uint32_t epoch() const { return epoch_; }
  /// The next message expected.
  std::uint64_t next_sequence() const { return ring_.next(); }
  /// The market, or nullptr while it is unknown. Stays valid.
  const FeedMarket* market(std::uint32_t id) const {
    if (id == 0 || id > markets_.size() || markets_[id - 1] == nullptr) return nullptr;
    return markets_[id - 1].get();
  }
  /// Ids run from 1 to here, without gaps once the feed is live.
  std::uint32_t market_count() const { return static_cast<std::uint32_t>(markets_.size()); }
  const FeedCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kMostMarkets = 4096;

  void begin_epoch(const proto::FeedHeader& header) {
    epoch_ = header.epoch;
    ring_.restart(header.kind == proto::FeedPacketKind::Data ? header.first_sequence
                                                             : header.released_sequence + 1);
    snapshot_everything();
  }

  void snapshot_everything() {
    if (gap_request_ != 0) queries_.forget(gap_request_);
    gap_request_ = 0;
    gap_since_ns_ = 0;
    for (auto& market : markets_) {
      if (market != nullptr) market->live = false;
    }
    book_fetch_.cancel();
    markets_known_ = false;
    markets_fetch_.cancel();
    retry_at_ns_ = now_ns_;
  }

  std::size_t offer(std::uint64_t first, std::span<const proto::FeedMessage> messages,
                    std::span<const proto::MarketDefinition> definitions) {
    std::size_t fresh = 0;
    std::size_t defined = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const bool defines = messages[i].kind() == proto::FeedKind::MarketDefined;
      const auto* definition =
          defines && defined < definitions.size() ? &definitions[defined++] : nullptr;
      if (ring_.offer(first + i, messages[i], definition)) ++fresh;
    }
    return fresh;
  }

  // ---- applying -----------------------------------------------------------------------------

  void apply_ready() {
    while (const proto::FeedMessage* message = ring_.take()) {
      ++counters_.messages;
      const std::uint64_t sequence = ring_.next() - 1;
      if (FeedMarket* market = market_for(*message, sequence)) {
        apply_definition(*market, *message, sequence);
        apply_order(*market, *message, sequence);
      }
    }
    if (!ring_.has_gap()) gap_since_ns_ = 0;
  }

  FeedMarket* market_for(const proto::FeedMessage& message, std::uint64_t sequence) {
    const std::uint32_t id = message.market();
    if (id == 0 || id > kMostMarkets) return nullptr;
    if (id > markets_.size()) markets_.resize(id);
    if (markets_[id - 1] == nullptr) {
      // A market made just now has an empty book; of any other we know nothing.
      const auto* definition = ring_.definition(sequence);
      const bool is_new = definition != nullptr && definition->version() == 1;
      markets_[id - 1] = std::make_unique<FeedMarket>(config_.expected_orders);
      markets_[id - 1]->live = is_new;
    }
    return markets_[id - 1].get();
  }

  void apply_definition(FeedMarket& market, const proto::FeedMessage& message,
                        std::uint64_t sequence) {
    if (message.kind() == proto::FeedKind::PhaseChanged) {
      market.phase = static_cast<proto::MarketPhase>(message.value());
      handler_.on_phase_changed(market);
    } else if (message.kind() == proto::FeedKind::MarketDefined) {
      const auto* definition = ring_.definition(sequence);
      if (definition == nullptr || definition->market() != message.market()) return;
      market.definition = *definition;
      market.phase = definition->phase();
      handler_.on_market_defined(market);
    }
  }

  void apply_order(FeedMarket& market, const proto::FeedMessage& message,
                   std::uint64_t sequence) {
    if (message.kind() == proto::FeedKind::OrderExecuted) {
      market.last_price_ticks = message.price_ticks();
      ++market.trades;
      handler_.on_trade(market, message);
    }
    if (!market.live || sequence < market.apply_from) return;
    if (!market.book.apply(message) || market.book.crossed()) {
      ++counters_.contradictions;
      market.live = false;
      return;
    }
    handler_.on_book_changed(market, message);
  }

  // ---- holes --------------------------------------------------------------------------------

  void fill_gap() {
    if (!ring_.has_gap() || gap_request_ != 0) return;
    if (gap_since_ns_ == 0) {
      gap_since_ns_ = now_ns_;
      ++counters_.gaps;
    }
    if (now_ns_ < gap_since_ns_ + config_.gap_patience_ns || !queries_.up()) return;
    const std::uint64_t to = ring_.gap_end();
    if (to - ring_.next() > config_.ring_messages / 4) return lose_until(ring_.end());
    proto::Query query;
    query.mutate_from(ring_.next());
    query.mutate_to(to);
    gap_request_ = queries_.ask(proto::QueryKind::FeedRange, query,
                                QueryCallback::to<&FeedClient::on_range>(this));
  }

  void on_range(const QueryResult& result) {
    if (result.last) gap_request_ = 0;
    if (!result.answered) return;
    if (result.status == proto::QueryStatus::SnapshotRequired) return lose_until(ring_.end());
    const proto::QueryReply& reply = result.reply;
    if (reply.header->epoch() != epoch_) return;
    counters_.recovered += offer(reply.header->from(), reply.feed, reply.definitions);
    apply_ready();
    if (result.last && reply.feed.empty()) gap_since_ns_ = now_ns_;  // patience anew
  }

  void lose_until(std::uint64_t sequence) {
    const std::uint64_t from = ring_.next();
    counters_.lost += sequence - from;
    ring_.restart(sequence);
    snapshot_everything();
    handler_.on_feed_lost(from, sequence);
  }

  // ---- snapshots ----------------------------------------------------------------------------

  bool books_behind() const {
    return std::any_of(markets_.begin(), markets_.end(), [](const auto& market) {
      return market == nullptr || !market->live;
    });
  }

  /// A fetch that runs is driven by the answers; one that has ended is looked at now.
  TimeNs fetch_deadline_ns() const {
    if (markets_known_ && !books_behind()) return UINT64_MAX;
    const FetchState state = markets_known_ ? book_fetch_.state() : markets_fetch_.state();
    if (state == FetchState::kRunning) return UINT64_MAX;
    return state == FetchState::kIdle ? retry_at_ns_ : 0;
  }

  /// False while nothing must be started yet.
  template <class Fetch>
  bool drive(Fetch& fetch, proto::QueryKind kind, std::uint32_t subject) {
    if (fetch.state() == FetchState::kRunning) fetch.poll();
    if (fetch.state() == FetchState::kFailed) {
      fetch.cancel();
      retry_at_ns_ = now_ns_ + config_.retry_ns;
    }
    if (fetch.state() == FetchState::kIdle && now_ns_ >= retry_at_ns_) {
      fetch.start(kind, subject, 0);
    }
    return fetch.state() == FetchState::kDone;
  }

  /// The answer belongs to this epoch and everything after it is in the ring; else ask anew.
  template <class Fetch>
  bool usable(Fetch& fetch) {
    const bool good =
        fetch.header().epoch() == epoch_ && fetch.header().from() >= ring_.first();
    if (!good) {
      fetch.cancel();
      retry_at_ns_ = now_ns_ + config_.retry_ns;
    }
    return good;
  }

  void fetch_markets() {
    if (markets_known_) return;
    if (!drive(markets_fetch_, proto::QueryKind::Markets, 0) || !usable(markets_fetch_)) return;
    markets_known_ = true;
    const std::uint64_t from = markets_fetch_.header().from();
    markets_fetch_.for_each([&](const proto::MarketDefinition& definition) {
      const std::uint32_t id = definition.market();
      if (id == 0 || id > kMostMarkets) return;
      if (id > markets_.size()) markets_.resize(id);
      if (markets_[id - 1] == nullptr) {
        markets_[id - 1] = std::make_unique<FeedMarket>(config_.expected_orders);
      }
      FeedMarket& market = *markets_[id - 1];
      market.definition = definition;
      market.phase = definition.phase();
      handler_.on_market_defined(market);
      for (std::uint64_t s = from; s < ring_.next(); ++s) {
        if (ring_.at(s).market() == id) apply_definition(market, ring_.at(s), s);
      }
    });
    markets_fetch_.cancel();
  }

  void fetch_books() {
    if (!markets_known_) return;
    const auto behind = std::find_if(markets_.begin(), markets_.end(), [](const auto& market) {
      return market == nullptr || !market->live;
    });
    if (behind == markets_.end()) return;
    const auto id = static_cast<std::uint32_t>(behind - markets_.begin()) + 1;
    if (book_fetch_.state() != FetchState::kIdle && book_market_ != id) book_fetch_.cancel();
    book_market_ = id;
    if (!drive(book_fetch_, proto::QueryKind::BookSnapshot, id) || !usable(book_fetch_)) return;
    if (*behind == nullptr) *behind = std::make_unique<FeedMarket>(config_.expected_orders);
    load_book(**behind);
    book_fetch_.cancel();
    if ((*behind)->live) fetch_books();  // the next one
  }

  void load_book(FeedMarket& market) {
    ++counters_.snapshots;
    market.book.clear();
    bool fits = true;
    book_fetch_.for_each([&](const proto::BookOrder& order) {
      fits = fits && market.book.add(order);
    });
    market.apply_from = book_fetch_.header().from();
    for (std::uint64_t s = market.apply_from; s < ring_.next() && fits; ++s) {
      if (ring_.at(s).market() == book_market_) fits = market.book.apply(ring_.at(s));
    }
    market.apply_from = std::max(market.apply_from, ring_.next());
    if (!fits || market.book.crossed()) {
      ++counters_.contradictions;
      retry_at_ns_ = now_ns_ + config_.retry_ns;
      return;
    }
    market.live = true;
    handler_.on_book_ready(market);
  }

  void set_state() {
    FeedState state = FeedState::kLive;
    if (!markets_known_ || ring_.has_gap() || books_behind()) state = FeedState::kRecovering;
    if (now_ns_ > heard_ns_ + config_.stale_ns) state = FeedState::kStale;
    if (state == state_) return;
    state_ = state;
    handler_.on_feed_state(state);
  }

  FeedConfig config_;
  QueryClient<Transport>& queries_;
  Handler& handler_;
  FeedRing ring_;
  std::vector<std::unique_ptr<FeedMarket>> markets_;  // by id - 1
  SnapshotFetch<proto::MarketDefinition, Transport> markets_fetch_;
  SnapshotFetch<proto::BookOrder, Transport> book_fetch_;
  std::uint32_t book_market_ = 0;
  bool markets_known_ = false;
  FeedState state_ = FeedState::kStopped;
  FeedCounters counters_;
  std::uint32_t epoch_ = 0;
  TimeNs now_ns_ = 0;
  TimeNs heard_ns_ = 0;
  TimeNs gap_since_ns_ = 0;
  TimeNs retry_at_ns_ = 0;
  std::uint64_t gap_request_ = 0;
};

}  // namespace saker::client
