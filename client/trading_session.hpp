// One session whole: order entry and queries over one transport, told apart by who sent.
#pragma once

#include "client/order_entry_client.hpp"
#include "client/query_client.hpp"

namespace saker::client {

template <net::Transport Transport, class Handler>
class TradingSession {
 public:
  TradingSession(const SessionConfig& config, Transport& transport, Handler& handler)
      : transport_(transport),
        queries_(config, transport),
        orders_(config, transport, queries_, handler) {}

  void start(TimeNs now_ns) {
    queries_.start(now_ns);
    orders_.start(now_ns);
    transport_.flush();
  }

  /// One turn of the owner's loop: everything received, everything due, everything sent. Never
  /// blocks. Returns the number of datagrams that had come.
  std::size_t poll(TimeNs now_ns) {
    const auto datagrams = transport_.receive();
    for (net::Datagram& datagram : datagrams) {
      if (datagram.peer == orders_.server()) {
        orders_.on_datagram(datagram, now_ns);
      } else if (datagram.peer == queries_.server()) {
        queries_.on_datagram(datagram, now_ns);
      } else {
        ++strangers_;
      }
    }
    queries_.poll(now_ns);
    orders_.poll(now_ns);
    transport_.flush();
    return datagrams.size();
  }
  /// Until when the loop may sleep if nothing arrives.
  TimeNs next_deadline_ns() const {
    return std::min(orders_.next_deadline_ns(), queries_.next_deadline_ns());
  }

  OrderEntryClient<Transport, Handler>& orders() { return orders_; }
  const OrderEntryClient<Transport, Handler>& orders() const { return orders_; }
  QueryClient<Transport>& queries() { return queries_; }
  /// Datagrams from neither server.
  std::uint64_t strangers() const { return strangers_; }

 private:
  Transport& transport_;
  QueryClient<Transport> queries_;
  OrderEntryClient<Transport, Handler> orders_;
  std::uint64_t strangers_ = 0;
};

}  // namespace saker::client
