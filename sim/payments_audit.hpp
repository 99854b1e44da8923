// Holds what accounts records and tells about transfers against what the durable log says of their
// references: a deposit once, a withdrawal held, then paid or void, and nothing that nobody asked
// for.
#pragma once

#include <map>

#include "sim/judge.hpp"
#include "sim/sim_payments.hpp"

namespace saker::sim {

class PaymentsAudit {
 public:
  PaymentsAudit(Judge& judge, PaymentsTables& tables, Verdict& verdict, Coverage& coverage);

  /// From Judge::on_command.
  void on_command(const core::Command& command, const core::Output& out);
  /// A transfer as its owner was told that it stands.
  void on_told(const accounts::Transfer& transfer);
  /// Every row has ended as the log says.
  void check_end();

 private:
  struct Truth {
    std::uint64_t deposits = 0, holds = 0, paid = 0, voided = 0;
  };
  void on_decided(const OutboxRow& row);
  bool agrees(const TransferRow& transfer) const;
  const Truth& truth(std::uint64_t reference) const;

  Judge& judge_;
  const PaymentsTables& tables_;
  Verdict& verdict_;
  Coverage& coverage_;
  std::map<std::uint64_t, Truth> truth_;
};

}  // namespace saker::sim
