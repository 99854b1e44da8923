// The part of the world where customers trade through the gateway: the process, its customers, and
// what breaks there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/gateway_box.hpp"
#include "sim/web_customer.hpp"

namespace saker::sim {

class GatewaySide {
 public:
  /// What it shares with the rest of the world.
  struct Place {
    SimNetwork& network;
    VirtualClock& clock;
    Judge& judge;
    Verdict& verdict;
    Coverage& coverage;
    std::function<void(const std::string&)> note;
    net::Endpoint endpoint;
    net::Endpoint engine;
    net::Endpoint follower;
    bool memory = false;
  };
  GatewaySide(const Place& place, Rng rng);

  /// The gateway or one of its customers has its turn.
  void poll();
  /// Something breaks.
  void break_something();
  void power_cut() { kill("power cut"); }
  /// From now on only what is under way, then a last look at orders and balances.
  void settle();
  bool quiet(std::string& why) const;
  /// Of the gateway's session, 0: not logged on.
  std::uint64_t connection() { return box_ == nullptr ? 0 : box_->session().connection(); }

 private:
  void configure();
  void start();
  void stop();
  void kill(const char* how);

  const Place place_;
  Rng rng_;
  GatewayAudit audit_;
  GatewayBox::Config config_;
  SimTransport& orders_;
  SimTransport& line_a_;
  SimTransport& line_b_;
  bool both_lines_ = false;
  std::vector<std::unique_ptr<WebCustomer>> customers_;
  std::unique_ptr<GatewayBox> box_;  // after the customers, to whom its answers go
  bool stopping_ = false;
  TimeNs back_ns_ = 0;
};

}  // namespace saker::sim
