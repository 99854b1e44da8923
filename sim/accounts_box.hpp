// The accounts process on the simulated machine, as far as money is concerned: the real outbox, its
// keeper and the session with the engine, between the simulated database and network.
#pragma once

#include <memory>

#include "accounts/payments/funds_session.hpp"
#include "sim/sim_network.hpp"
#include "sim/sim_payments.hpp"

namespace saker::sim {

class AccountsBox {
 public:
  AccountsBox(SimPayments& database, SimTransport& transport,
              const client::SessionConfig& session, const VirtualClock& clock,
              std::function<void(const accounts::Transfer&)> decided);

  /// One turn of its loop.
  void poll();
  /// As Payments::transfer(): `done` is told the booked transfer, or nothing.
  void transfer(const TransferRow& request,
                std::function<void(std::optional<TransferRow>)> done);
  bool idle() const { return keeper_.loaded() && keeper_.idle(); }
  std::size_t open() const { return outbox_.size(); }
  std::uint64_t looked_up() const { return keeper_.counters().looked_up; }
  /// Of the logon that is in force, 0: none.
  std::uint64_t connection() {
    const auto& orders = session_.session().orders();
    return orders.logged_on() ? orders.accepted().connection() : 0;
  }

 private:
  SimPayments& database_;
  const VirtualClock& clock_;
  accounts::Outbox outbox_;
  accounts::FundsSession<SimTransport> session_;
  accounts::OutboxKeeper keeper_;
  bool started_ = false;
};

}  // namespace saker::sim
