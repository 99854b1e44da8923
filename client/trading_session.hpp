// One session whole: order entry and queries, told apart by who sent.
//
// Both go over one transport, or each over its own: with order entry straight from the network
// card the follower, an ordinary process, is still asked through a socket.
#pragma once

#include <type_traits>

#include "client/order_entry_client.hpp"
#include "client/query_client.hpp"

namespace saker::client {

template <net::Transport Transport, class Handler, net::Transport QueryTransport = Transport>
class TradingSession {
 public:
  TradingSession(const SessionConfig& config, Transport& transport, Handler& handler)
    requires std::is_same_v<Transport, QueryTransport>
      : TradingSession(config, transport, transport, handler) {}
  /// Order entry over `transport`, questions over `query_transport`; both outlive the session.
  TradingSession(const SessionConfig& config, Transport& transport,
                 QueryTransport& query_transport, Handler& handler)
      : transport_(transport),
        query_transport_(query_transport),
        queries_(config, query_transport),
        orders_(config, transport, queries_, handler) {}

  void start(TimeNs now_ns) {
    queries_.start(now_ns);
    orders_.start(now_ns);
    flush();
  }

  /// One turn of the owner's loop: everything received, everything due, everything sent. Never
  /// blocks. Returns the number of datagrams that had come.
  std::size_t poll(TimeNs now_ns) {
    std::size_t received = hand_over(transport_.receive(), now_ns);
    // A socket costs a system call to ask, so the second one is asked only while it is needed.
    if (has_two_transports() && queries_.waiting()) {
      received += hand_over(query_transport_.receive(), now_ns);
    }
    queries_.poll(now_ns);
    orders_.poll(now_ns);
    flush();
    return received;
  }
  /// Until when the loop may sleep if nothing arrives.
  TimeNs next_deadline_ns() const {
    return std::min(orders_.next_deadline_ns(), queries_.next_deadline_ns());
  }

  OrderEntryClient<Transport, Handler, QueryTransport>& orders() { return orders_; }
  const OrderEntryClient<Transport, Handler, QueryTransport>& orders() const { return orders_; }
  QueryClient<QueryTransport>& queries() { return queries_; }
  const QueryClient<QueryTransport>& queries() const { return queries_; }
  /// Datagrams from neither server.
  std::uint64_t strangers() const { return strangers_; }

 private:
  bool has_two_transports() const {
    return static_cast<const void*>(&transport_) != static_cast<const void*>(&query_transport_);
  }

  std::size_t hand_over(std::span<net::Datagram> datagrams, TimeNs now_ns) {
    for (net::Datagram& datagram : datagrams) {
      if (datagram.peer == orders_.server()) {
        orders_.on_datagram(datagram, now_ns);
      } else if (datagram.peer == queries_.server()) {
        queries_.on_datagram(datagram, now_ns);
      } else {
        ++strangers_;
      }
    }
    return datagrams.size();
  }

  void flush() {
    transport_.flush();
    if (has_two_transports()) query_transport_.flush();
  }

  Transport& transport_;
  QueryTransport& query_transport_;
  QueryClient<QueryTransport> queries_;
  OrderEntryClient<Transport, Handler, QueryTransport> orders_;
  std::uint64_t strangers_ = 0;
};

}  // namespace saker::client
