#include "sim/payments_audit.hpp"

namespace saker::sim {

using accounts::OutboxKind;
using proto::CommandKind;

namespace {

/// References above are those of the administrator.
constexpr std::uint64_t kTransfersEnd = std::uint64_t{1} << 32;

constexpr TransferStatus kStatuses[] = {TransferStatus::pending, TransferStatus::completed,
                                        TransferStatus::held,    TransferStatus::paid,
                                        TransferStatus::voided,  TransferStatus::refused};

bool is_transfer(std::uint64_t reference) {
  return reference >= kFirstTransfer && reference < kTransfersEnd;
}

}  // namespace

PaymentsAudit::PaymentsAudit(Judge& judge, PaymentsTables& tables, Verdict& verdict,
                             Coverage& coverage)
    : judge_(judge), tables_(tables), verdict_(verdict), coverage_(coverage) {
  judge.on_command([this](const core::Command& command, const core::Output& out) {
    on_command(command, out);
  });
  tables.on_decided = [this](const OutboxRow& row) { on_decided(row); };
}

const PaymentsAudit::Truth& PaymentsAudit::truth(std::uint64_t reference) const {
  static const Truth kNothing;
  const auto found = truth_.find(reference);
  return found == truth_.end() ? kNothing : found->second;
}

void PaymentsAudit::on_command(const core::Command& command, const core::Output& out) {
  const bool accepted = !out.reports.empty() &&
                        out.reports[0].kind() == proto::ReportKind::AdminAccepted;
  if (!accepted) return;
  const auto note = [&](std::uint64_t reference, std::uint64_t Truth::* what, Minor amount,
                        std::uint32_t account) {
    if (!is_transfer(reference)) return;
    const std::uint64_t times = ++(truth_[reference].*what);
    if (times > 1) {
      verdict_.fail("payment_twice", "command %llu of kind %d is the second for transfer %llu",
                    ull(command.sequence), static_cast<int>(command.kind), ull(reference));
    }
    const auto transfer = tables_.transfers.find(reference);
    const bool asked = transfer != tables_.transfers.end() &&
                       (amount == 0 || (transfer->second.amount == amount &&
                                        transfer->second.account == account));
    if (!asked) {
      verdict_.fail("payment_unasked", "command %llu moves money for transfer %llu, which nobody "
                                       "asked for so", ull(command.sequence), ull(reference));
    }
  };
  if (command.kind == CommandKind::Deposit) {
    const auto body = read_as<proto::Deposit>(command.body);
    note(body.reference(), &Truth::deposits, body.amount(), body.account());
  } else if (command.kind == CommandKind::WithdrawHold) {
    const auto body = read_as<proto::WithdrawHold>(command.body);
    note(body.reference(), &Truth::holds, body.amount(), body.account());
  } else if (command.kind == CommandKind::WithdrawSettle) {
    const auto body = read_as<proto::WithdrawSettle>(command.body);
    const bool paid = body.outcome() == proto::WithdrawOutcome::Paid;
    note(body.reference(), paid ? &Truth::paid : &Truth::voided, 0, 0);
  }
}

/// A row ends as the durable log says, not before and not otherwise.
void PaymentsAudit::on_decided(const OutboxRow& row) {
  judge_.advance();
  const Truth& t = truth(row.command.reference);
  std::uint64_t times = 0;
  switch (row.command.kind) {
    case OutboxKind::deposit: times = t.deposits; coverage_.add(Count::transfer_deposited); break;
    case OutboxKind::hold: times = t.holds; coverage_.add(Count::transfer_held); break;
    case OutboxKind::pay: times = t.paid; coverage_.add(Count::transfer_paid); break;
    case OutboxKind::void_hold: times = t.voided; coverage_.add(Count::transfer_voided); break;
  }
  if (!row.done) coverage_.add(Count::transfer_refused);
  if (times == (row.done ? 1u : 0u)) return;
  verdict_.fail("payment_recorded",
                "transfer %llu: %s is recorded as %s, the log has it %llu times",
                ull(row.command.reference), accounts::outbox_word(row.command.kind),
                row.done ? "done" : "refused", ull(times));
}

bool PaymentsAudit::agrees(const TransferRow& transfer) const {
  const Truth& t = truth(transfer.id);
  switch (transfer.status) {
    case TransferStatus::pending: return true;
    case TransferStatus::completed: return t.deposits == 1;
    case TransferStatus::held: return t.holds == 1;
    case TransferStatus::paid: return t.holds == 1 && t.paid == 1 && t.voided == 0;
    case TransferStatus::voided: return t.holds == 1 && t.paid == 0 && t.voided == 1;
    case TransferStatus::refused: return t.deposits == 0 && t.holds == 0;
  }
  return false;
}

void PaymentsAudit::on_told(const accounts::Transfer& told) {
  judge_.advance();
  TransferRow row = tables_.transfers.at(told.transfer_id);
  for (const TransferStatus status : kStatuses) {
    if (told.status == status_word(status)) row.status = status;
  }
  const bool passed = row.status == TransferStatus::held;  // it may have been settled meanwhile
  if (passed ? truth(row.id).holds == 1 : agrees(row)) return;
  verdict_.fail("payment_told", "transfer %llu is told to be %s, the log says otherwise",
                ull(told.transfer_id), told.status.c_str());
}

void PaymentsAudit::check_end() {
  for (const auto& [id, row] : tables_.outbox) {
    if (!row.open) continue;
    return verdict_.fail("payment_open", "%s of transfer %llu has no outcome at the end",
                         accounts::outbox_word(row.command.kind), ull(row.command.reference));
  }
  for (const auto& [id, transfer] : tables_.transfers) {
    const bool ended = transfer.status != TransferStatus::pending &&
                       transfer.status != TransferStatus::held;
    if (ended && agrees(transfer)) continue;
    return verdict_.fail("payment_end", "transfer %llu ends as %s, the log says otherwise", ull(id),
                         status_word(transfer.status));
  }
}

}  // namespace saker::sim
