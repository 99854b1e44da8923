// The gateway process on the simulated machine, as far as customers' orders are concerned: its
// session with engine and follower, accounts, order desk and trading operations, all of them the
// real ones, on the simulated network and clock.
#pragma once

#include <functional>
#include <map>

#include "gateway/trade_api.hpp"
#include "gateway/venue_session.hpp"
#include "sim/sim_network.hpp"

namespace saker::sim {

/// What the process's loop does, in simulated time.
class SimSchedule : public gateway::Schedule {
 public:
  explicit SimSchedule(const VirtualClock& clock) : clock_(clock) {}
  TimeNs now_ns() override { return clock_.now(); }
  void post(std::function<void()> fn) override { after(0, std::move(fn)); }
  void after(std::uint64_t delay_ns, std::function<void()> fn) override {
    due_.emplace(clock_.now() + delay_ns, std::move(fn));
  }
  void run_due();

 private:
  const VirtualClock& clock_;
  std::multimap<TimeNs, std::function<void()>> due_;
};

class GatewayBox : gateway::VenueEvents {
 public:
  struct Config {
    client::SessionConfig session;
    gateway::OrderDeskLimits orders;
    gateway::AccountLimits accounts;
    gateway::RateLimit order_rate;
  };
  using Session = gateway::VenueSession<SimTransport>;

  GatewayBox(const Config& config, const Session::Sockets& sockets, const VirtualClock& clock);

  /// One turn of its loop.
  void poll();
  gateway::TradeApi& trade() { return trade_; }
  gateway::Accounts& accounts() { return accounts_; }
  gateway::OrderDesk& desk() { return desk_; }
  Session& session() { return session_; }

 private:
  void on_outcome(const client::Outcome& outcome) override { desk_.on_outcome(outcome); }
  void on_report(const proto::Report& report) override { desk_.on_report(report); }
  void on_activity(const proto::Report& report) override { accounts_.on_activity(report); }
  void on_activity_complete(Sequence sequence) override { accounts_.on_complete(sequence); }
  void on_accounts_lost() override { accounts_.on_lost(); }
  void on_feed_restarted() override {}
  void on_feed_live(bool) override {}
  void on_turn() override { desk_.poll(); }

  SimSchedule schedule_;
  gateway::Markets markets_;
  gateway::MarketStates states_;
  gateway::Accounts accounts_;
  gateway::OrderDesk desk_;
  Session session_;
  gateway::TradeApi trade_;
  TimeNs next_poll_ns_ = 0;
};

}  // namespace saker::sim
