// Orders out and reports in allocate nothing once the session is logged on, nor does the feed.
#include <gtest/gtest.h>

#include "client/fake/rig.hpp"
#include "client/feed_client.hpp"
#include "common/allocation_count.hpp"

namespace saker::client {
namespace {

using fake::Network;
using fake::Venue;

/// A transport of fixed arrays; pump() exchanges them with the network, which does allocate.
class FixedTransport {
 public:
  FixedTransport(Network& network, net::Endpoint self) : network_(network), self_(self) {}

  std::span<net::Datagram> receive() {
    const std::size_t count = std::exchange(received_, 0);
    return {datagrams_.data(), count};
  }
  std::span<std::byte> reserve() {
    if (queued_ == out_.size()) return {};
    return out_[queued_].bytes;
  }
  void commit(net::Endpoint to, std::size_t size) {
    out_[queued_].size = size;
    to_[queued_++] = to;
  }
  bool send(net::Endpoint to, Bytes bytes) { return net::send_copy(*this, to, bytes); }
  std::size_t send_each(std::span<const net::Endpoint> to, Bytes bytes) {
    return net::send_copies(*this, to, bytes);
  }
  void flush() {}

  void pump() {
    for (std::size_t i = 0; i < queued_; ++i) {
      network_.send(self_, to_[i], Bytes(out_[i].bytes, out_[i].size));
    }
    queued_ = 0;
    Network::Packet packet;
    while (received_ < in_.size() && network_.receive(self_, packet)) {
      std::copy(packet.bytes.begin(), packet.bytes.end(), in_[received_].bytes);
      net::Datagram& datagram = datagrams_[received_];
      datagram.data = in_[received_++].bytes;
      datagram.size = static_cast<std::uint32_t>(packet.bytes.size());
      datagram.peer = packet.from;
    }
  }

 private:
  struct alignas(64) Slot {
    std::byte bytes[1408];
    std::size_t size = 0;
  };
  Network& network_;
  net::Endpoint self_;
  std::array<Slot, 32> in_, out_;
  std::array<net::Endpoint, 32> to_;
  std::array<net::Datagram, 32> datagrams_;
  std::size_t received_ = 0, queued_ = 0;
};

struct CountingHandler : OrderEntryHandler, FeedHandler {
  std::uint64_t outcomes = 0, reports = 0, changes = 0;
  void on_outcome(const Outcome&) { ++outcomes; }
  void on_report(const proto::Report&) { ++reports; }
  void on_book_changed(const FeedMarket&, const proto::FeedMessage&) { ++changes; }
};

TEST(Allocation, OrdersReportsAndFeed) {
  Network network;
  Venue venue(network, fake::Rig::secret());
  FixedTransport socket(network, {0x7F000001, 40'000});
  FixedTransport line(network, {0x7F000001, 41'000});
  CountingHandler handler;
  TradingSession<FixedTransport, CountingHandler> session(fake::Rig::config(), socket, handler);
  FeedClient<FixedTransport, CountingHandler> feed({}, session.queries(), handler);
  session.start(network.now_ns);
  bool subscribed = false;
  std::uint64_t counted = 0, measured = 0;
  for (int i = 0; i < 2'000; ++i) {
    network.now_ns += 100'000;
    venue.poll();
    if (i % 10 == 0 && feed.state() == FeedState::kLive) venue.others_add_order();
    socket.pump();
    line.pump();
    const bool warm = feed.state() == FeedState::kLive;
    const std::uint64_t before = allocations();
    session.poll(network.now_ns);
    for (net::Datagram& datagram : line.receive()) feed.on_packet(datagram, network.now_ns);
    feed.poll(network.now_ns);
    if (warm && i % 4 == 0) {
      session.orders().send(NewOrderRequest{.account = Venue::kAccount,
                                            .market = 1,
                                            .price_ticks = 100 + i % 7,
                                            .quantity_lots = 1});
    }
    if (warm) {
      counted += allocations() - before;
      ++measured;
    }
    if (!subscribed) subscribed = session.orders().subscribe_feed({0, 0, 41'000, 0, 0});
  }
  EXPECT_GT(measured, 1'000u);
  EXPECT_GT(handler.outcomes, 300u);
  EXPECT_GT(handler.reports, 300u);
  EXPECT_GT(handler.changes, 300u);
  EXPECT_EQ(counted, 0u);
}

}  // namespace
}  // namespace saker::client
