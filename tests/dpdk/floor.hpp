// The trading floor of the flow client: three parties, each with a session of its own over a
// transport of its own, and one thread that turns them all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/socket_session.hpp"
#include "tests/dpdk/any_transport.hpp"
#include "tests/dpdk/party.hpp"

namespace saker::tests {

/// Where everything is. Ports as everywhere: engine at base + 1, follower at base + 2.
struct FloorConfig {
  std::string secrets;               // directory with key-2.hex, key-3.hex, key-4.hex
  std::string engine = "127.0.0.1";  // address of the engine's own network
  std::string follower;              // address on the management network; empty: there is none
  std::uint16_t port_base = 3000;
  std::uint32_t heartbeat_ms = 200;  // five missed ones end a session
  std::uint64_t patience_ns = 30'000'000'000;  // for anything that must happen
};

class Floor {
 public:
  using Session = client::TradingSession<AnyTransport, Party, net::UdpTransport>;
  /// Makes the transport of one party; nullptr and `error` when that fails.
  using OpenTransport =
      std::function<std::unique_ptr<AnyTransport>(std::size_t party, std::string& error)>;

  struct Seat {
    Seat(const char* name, std::uint32_t session, Floor& floor);
    std::uint32_t session_id;
    Party party;
    std::unique_ptr<AnyTransport> transport;
    std::unique_ptr<net::UdpTransport> query_socket;
    std::unique_ptr<Session> session;
    bool silent = false;  // plays dead: neither listens nor speaks
  };

  Floor(const FloorConfig& config, Checks& checks) : config_(config), checks_(checks) {}
  bool open(const OpenTransport& open_transport, std::string& error);

  Seat& maker() { return *seats_[0]; }
  Seat& taker() { return *seats_[1]; }
  Seat& third() { return *seats_[2]; }
  std::vector<std::unique_ptr<Seat>>& seats() { return seats_; }
  Checks& checks() { return checks_; }
  Trades& trades() { return trades_; }
  Positions& positions() { return positions_; }

  /// One turn of everybody's loop.
  void pump();
  void pump_for(std::uint64_t time_ns);
  /// Pumps until `condition` holds; a failure when it does not in time.
  bool soon(const char* what, const std::function<bool()>& condition);
  /// All commands are decided, all reports are here.
  bool settle();

  // Each sends, pumping until the window has room; the client sequence number, 0 after a failure.
  std::uint64_t place(Seat& seat, client::NewOrderRequest request, std::uint64_t* id = nullptr);
  std::uint64_t cancel(Seat& seat, std::uint64_t client_order_id);
  std::uint64_t replace(Seat& seat, std::uint64_t client_order_id, std::int64_t price_ticks,
                        std::int64_t quantity_lots);
  std::uint64_t mass_cancel(Seat& seat, bool buys = true, bool sells = true);

  /// Sums over the parties.
  std::uint64_t total(std::uint64_t (Party::*count)() const) const;
  client::OrderEntryCounters counters() const;
  net::ImpairedCounters impairments() const;
  Sequence highest_sequence() const;

 private:
  bool open_seat(Seat& seat, std::size_t index, const OpenTransport& open_transport,
                 std::string& error);
  template <class Request>
  std::uint64_t send(Seat& seat, const Request& request, proto::CommandKind kind,
                     std::uint64_t client_order_id,
                     const client::NewOrderRequest* order = nullptr);

  FloorConfig config_;
  Checks& checks_;
  UtcClock clock_;
  Trades trades_{checks_};
  Positions positions_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace saker::tests
