// The part of the world where money comes, goes and is written down: the database server,
// settlement, accounts with customers who pay in and out, and what breaks there.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/accounts_box.hpp"
#include "sim/ledger_audit.hpp"
#include "sim/payments_audit.hpp"
#include "sim/settlement_box.hpp"

namespace saker::sim {

class MoneySide {
 public:
  /// What it shares with the rest of the world.
  struct Place {
    SimDisk& disk;
    VirtualClock& clock;
    Judge& judge;
    Verdict& verdict;
    Coverage& coverage;
    std::function<void(const std::string&)> note;
    SimTransport& transport;  // of accounts
    net::Endpoint engine;
    net::Endpoint follower;
    /// Policy memory may forget a deposit that was told: then nobody pays in or out.
    bool memory = false;
  };
  MoneySide(const Place& place, Rng rng);

  /// One process of it has its turn.
  void poll();
  /// Something breaks.
  void break_something();
  /// The machine loses its power: everything here dies with it.
  void power_cut();
  /// Faults end.
  void settle();
  /// Everything that the log says is in the ledger.
  bool quiet(std::string& why) const;
  void full_check() { audit_.full_check(); }
  void check_end();
  /// Of the session of accounts, 0: not logged on.
  std::uint64_t connection() const { return accounts_ == nullptr ? 0 : accounts_->connection(); }

 private:
  void poll_settlement();
  void kill_settlement(const char* how);
  void poll_accounts();
  void start_accounts();
  void kill_accounts(const char* how);
  void ask();
  void ask_again();

  /// A customer's wish, until it is answered; asked again under its key when that takes long.
  struct Wish {
    TransferRow request;
    TimeNs again_ns = 0;
  };
  const Place place_;
  Rng rng_;
  SimDatabase server_;
  LedgerAudit audit_;
  SettlementBox::Config settlement_config_;
  std::unique_ptr<SettlementBox> settlement_;
  TimeNs settlement_back_ns_ = 0;

  PaymentsTables tables_;
  PaymentsAudit payments_audit_;
  SimPayments::Faults payments_faults_;
  std::unique_ptr<SimPayments> payments_;
  std::unique_ptr<AccountsBox> accounts_;
  TimeNs accounts_back_ns_ = 0;
  std::map<std::uint64_t, Wish> wishes_;  // by key
  std::uint64_t most_wishes_ = 1;  // at a time
  std::uint64_t last_key_ = 0;
  bool settling_ = false;
};

}  // namespace saker::sim
