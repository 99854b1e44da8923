// Venue, network and one session, driven in steps of the virtual clock; remembers every callback.
#pragma once

#include <map>
#include <vector>

#include "client/fake/venue.hpp"
#include "client/trading_session.hpp"

namespace saker::client::fake {

struct Recorder : OrderEntryHandler {
  std::map<std::uint64_t, std::vector<Outcome>> outcomes;
  std::vector<proto::Report> reports;
  std::uint32_t logons = 0, losses = 0, epochs = 0, refusals = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> reports_lost;

  void on_logged_on(const proto::LogonAccepted&) { ++logons; }
  void on_logon_refused(proto::Reason) { ++refusals; }
  void on_connection_lost() { ++losses; }
  void on_epoch_changed(std::uint32_t, std::uint32_t) { ++epochs; }
  void on_reports_lost(std::uint64_t from, std::uint64_t to) { reports_lost.push_back({from, to}); }
  void on_outcome(const Outcome& outcome) { outcomes[outcome.client_sequence].push_back(outcome); }
  void on_report(const proto::Report& report) { reports.push_back(report); }
};

struct Rig {
  using Session = TradingSession<Transport, Recorder>;

  static proto::Secret secret() {
    proto::Secret s;
    s.fill(9);
    return s;
  }
  static SessionConfig config() {
    SessionConfig c;
    c.session = Venue::kSession;
    c.secret = secret();
    c.engine = Venue::kEngine;
    c.follower = Venue::kFollower;
    c.nonce_seed = 12345;
    c.datagram_lifetime_ns = 50'000'000;
    return c;
  }

  explicit Rig(std::uint64_t seed = 1, const SessionConfig& session_config = config())
      : network(seed),
        venue(network, secret()),
        transport(network, {0x7F000001, 40'000}),
        session(session_config, transport, handler) {
    session.start(network.now_ns);
  }

  void step(std::uint64_t ns = 100'000) {
    network.now_ns += ns;
    venue.poll();
    session.poll(network.now_ns);
  }
  void run_ms(std::uint64_t ms) {
    for (std::uint64_t i = 0; i < ms * 10; ++i) step();
  }
  /// Steps until `done()` or `ms` are over; true when done.
  template <class Done>
  bool run_until(Done done, std::uint64_t ms = 20'000) {
    for (std::uint64_t i = 0; i < ms * 10 && !done(); ++i) step();
    return done();
  }
  bool log_on() {
    return run_until([&] { return session.orders().logged_on() && session.queries().up(); });
  }
  std::uint64_t buy(std::int64_t price_ticks = 100, std::uint64_t client_order_id = 0,
                    proto::TimeInForce tif = proto::TimeInForce::GoodTillCancel) {
    return session.orders().send(NewOrderRequest{.account = Venue::kAccount,
                                                 .market = 1,
                                                 .side = Side::Buy,
                                                 .time_in_force = tif,
                                                 .price_ticks = price_ticks,
                                                 .quantity_lots = 3,
                                                 .client_order_id = client_order_id});
  }
  /// The one outcome of a command; fails the caller's expectations when there is not exactly one.
  Outcome outcome(std::uint64_t number) {
    const auto found = handler.outcomes.find(number);
    return found != handler.outcomes.end() && found->second.size() == 1 ? found->second[0]
                                                                        : Outcome{};
  }
  bool quiet() { return session.orders().in_flight() == 0; }
  /// Every report once and in order, from `first` to the last there is.
  bool has_all_reports(std::uint64_t first = 1) {
    if (handler.reports.size() + first - 1 != venue.reports.size()) return false;
    for (std::size_t i = 0; i < handler.reports.size(); ++i) {
      if (handler.reports[i].report_sequence() != first + i) return false;
    }
    return true;
  }

  Network network;
  Venue venue;
  Transport transport;
  Recorder handler;
  Session session;
};

}  // namespace saker::client::fake
