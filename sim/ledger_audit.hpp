// Holds the ledger in the simulated database against the judge's replay of what the disk holds,
// after every commit: exactly the legs of the commands up to the cursor, each once, in order.
#pragma once

#include <vector>

#include "sim/judge.hpp"
#include "sim/sim_database.hpp"

namespace saker::sim {

class LedgerAudit {
 public:
  LedgerAudit(Judge& judge, const LedgerTables& ledger, Verdict& verdict)
      : judge_(judge), ledger_(ledger), verdict_(verdict) {}

  /// From Judge::on_command.
  void on_command(const core::Command& command, const core::Output& out);
  /// From SimDatabase::on_ledger.
  void on_ledger();
  /// Balances, totals and orders against the entries and against the replay.
  void full_check();
  /// Every leg of the durable log is in the ledger.
  bool complete() const { return ledger_.entries.size() == truth_.size(); }
  /// Account by account what the engine has. The ledger must be complete.
  void compare_with_engine();

 private:
  struct Leg {
    Sequence sequence;
    std::uint16_t number;
    TimeNs time_ns;
    core::LedgerLeg leg;
  };
  bool same(const Row<11>& row, const Leg& leg) const;
  void check_orders();

  Judge& judge_;
  const LedgerTables& ledger_;
  Verdict& verdict_;
  std::vector<Leg> truth_;
  std::size_t checked_ = 0;  // entries
};

}  // namespace saker::sim
