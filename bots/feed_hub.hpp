// One feed for all bots of the process: the first bot's session subscribes, all read the books.
#pragma once

#include "client/feed_client.hpp"
#include "client/trading_session.hpp"

namespace saker::bots {

template <net::Transport Transport>
class FeedHub : public client::FeedHandler {
 public:
  FeedHub(Transport& line_a, Transport& line_b, client::QueryClient<Transport>& queries,
          const client::FeedConfig& config = {})
      : line_a_(line_a), line_b_(line_b), feed_(config, queries, *this) {}

  /// Takes what both lines brought. `orders` is the session that subscribes: after each logon, and
  /// again when nothing comes (a subscription may be lost like every datagram).
  template <class Orders>
  void poll(TimeNs now_ns, Orders& orders, proto::FeedSubscribe wish) {
    for (Transport* line : {&line_a_, &line_b_}) {
      for (net::Datagram& datagram : line->receive()) feed_.on_packet(datagram, now_ns);
    }
    feed_.poll(now_ns);
    if (!orders.logged_on()) return;
    const std::uint64_t connection = orders.accepted().connection();
    const bool silent = feed_.state() == client::FeedState::kStopped ||
                        feed_.state() == client::FeedState::kStale;
    if (connection == subscribed_as_ && !(silent && now_ns >= retry_at_ns_)) return;
    if (!orders.subscribe_feed(wish)) return;
    subscribed_as_ = connection;
    retry_at_ns_ = now_ns + kRetryNs;
  }

  client::FeedClient<Transport, FeedHub>& feed() { return feed_; }
  bool live() const { return feed_.state() == client::FeedState::kLive; }

 private:
  static constexpr std::uint64_t kRetryNs = 300'000'000;

  Transport& line_a_;
  Transport& line_b_;
  client::FeedClient<Transport, FeedHub> feed_;
  std::uint64_t subscribed_as_ = 0;
  TimeNs retry_at_ns_ = 0;
};

}  // namespace saker::bots
