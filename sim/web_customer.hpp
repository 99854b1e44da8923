// A customer of the gateway: asks in JSON as the public API wants it, has limited patience, and
// asks again under the same client_order_id when no answer comes or it says nothing certain.
#pragma once

#include <map>
#include <set>
#include <string>

#include "gateway/trade_api.hpp"
#include "sim/coverage.hpp"
#include "sim/gateway_audit.hpp"
#include "sim/rng.hpp"
#include "sim/virtual_clock.hpp"

namespace saker::sim {

class WebCustomer : public gateway::Subscriber {
 public:
  WebCustomer(std::uint32_t account, const VirtualClock& clock, GatewayAudit& audit,
              Coverage& coverage, Rng rng);

  /// The gateway that runs, or nullptr: it has gone, and every connection to it broke.
  void connect(gateway::TradeApi* trade, gateway::Accounts* accounts);
  /// Asks what is to be asked now, maybe something new.
  void act();
  /// No new wishes but a last look at orders and balances.
  void settle();
  bool quiet() const { return settling_ && wishes_.empty(); }
  std::size_t open() const { return wishes_.size(); }
  void push(const gateway::SharedText& text) override;

 private:
  enum class What : std::uint8_t { place, replace, cancel, cancel_all, list, balances };
  struct Wish {
    What what = What::place;
    WebOrder order;             // place; replace, cancel: its client_order_id names it
    std::string json;
    Sequence at_least = 0;      // of a list
    std::set<std::uint64_t> were_open;  // cancel_all: when it was tried last
    GatewayAudit::Asked asked;   // list: what had been asked for when it was tried last
    bool fresh_id = true;        // the client_order_id is this order's own
    std::uint64_t tries = 0;
    std::uint64_t doubtful = 0;  // tries that may have done something
    bool waiting = false;        // for the answer to its last try
    TimeNs due_ns = 0;           // waiting: gives up; otherwise: tries again
  };
  /// Behind this many tries a person gives up what may as well never have been asked.
  static constexpr std::uint64_t kMostTries = 30;

  void wish();
  void wish_order();
  void add(What what, const WebOrder& order, std::string json);
  void try_it(std::uint64_t key);
  void broken(Wish& wish);
  TimeNs later(const Wish& wish);
  void answered(std::uint64_t key, std::uint64_t attempt, const gateway::Answer& answer);
  bool abandoned(const Wish& wish) const;
  void refused(std::uint64_t key, const web::ApiError& error);
  void confirmed(const Wish& wish, const std::string& json);
  void follow();

  const std::uint32_t account_;
  const VirtualClock& clock_;
  GatewayAudit& audit_;
  Coverage& coverage_;
  Rng rng_;
  gateway::TradeApi* trade_ = nullptr;
  gateway::Accounts* accounts_ = nullptr;
  std::map<std::uint64_t, Wish> wishes_;
  std::size_t most_wishes_;
  std::uint64_t last_key_ = 0;
  std::uint64_t last_id_ = 0;
  WebOrder newest_;        // the last order that was confirmed
  Sequence told_ = 0;      // log sequence of the newest answer
  bool restarted_ = false; // the gateway has, since the last list
  bool following_ = false;
  GatewayAudit::Pushes pushes_;
  bool settling_ = false;
};

}  // namespace saker::sim
