// The feed by unicast, kept alive: subscribes after each logon, and again when nothing comes,
// since a subscription may be lost like every datagram.
#pragma once

#include "client/feed_client.hpp"

namespace saker::client {

template <net::Transport Transport, class Handler>
class SubscribedFeed {
 public:
  SubscribedFeed(Transport& line_a, Transport& line_b, QueryClient<Transport>& queries,
                 Handler& handler, const FeedConfig& config = {})
      : line_a_(line_a), line_b_(line_b), feed_(config, queries, handler) {}

  /// Takes what both lines brought. `orders` is the OrderEntryClient of the session that
  /// subscribes, `wish` names the ports of the two lines.
  template <class Orders>
  void poll(TimeNs now_ns, Orders& orders, const proto::FeedSubscribe& wish) {
    for (Transport* line : {&line_a_, &line_b_}) {
      for (net::Datagram& datagram : line->receive()) feed_.on_packet(datagram, now_ns);
    }
    feed_.poll(now_ns);
    if (!orders.logged_on()) return;
    const std::uint64_t connection = orders.accepted().connection();
    const bool silent =
        feed_.state() == FeedState::kStopped || feed_.state() == FeedState::kStale;
    if (connection == subscribed_as_ && !(silent && now_ns >= retry_at_ns_)) return;
    if (!orders.subscribe_feed(wish)) return;
    subscribed_as_ = connection;
    retry_at_ns_ = now_ns + kRetryNs;
  }

  FeedClient<Transport, Handler>& feed() { return feed_; }
  bool live() const { return feed_.state() == FeedState::kLive; }

 private:
  static constexpr std::uint64_t kRetryNs = 300'000'000;

  Transport& line_a_;
  Transport& line_b_;
  FeedClient<Transport, Handler> feed_;
  std::uint64_t subscribed_as_ = 0;
  TimeNs retry_at_ns_ = 0;
};

}  // namespace saker::client
