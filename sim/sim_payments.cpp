#include "sim/sim_payments.hpp"

namespace saker::sim {

using accounts::LookUpAnswer;
using accounts::OutboxCommand;
using accounts::OutboxDecision;
using accounts::OutboxKind;
using accounts::Transfer;

namespace {

constexpr std::int64_t kPayoutDelayMs = 5;

TransferStatus status_after(const OutboxDecision& decision) {
  if (!decision.done) return TransferStatus::refused;
  switch (decision.command.kind) {
    case OutboxKind::deposit: return TransferStatus::completed;
    case OutboxKind::hold: return TransferStatus::held;
    case OutboxKind::pay: return TransferStatus::paid;
    case OutboxKind::void_hold: return TransferStatus::voided;
  }
  return TransferStatus::refused;
}

Transfer transfer_of(const TransferRow& row) {
  Transfer transfer;
  transfer.transfer_id = row.id;
  transfer.kind = row.withdrawal ? "withdrawal" : "deposit";
  transfer.status = status_word(row.status);
  transfer.amount = row.amount;
  return transfer;
}

}  // namespace

const char* status_word(TransferStatus status) {
  switch (status) {
    case TransferStatus::pending: return "pending";
    case TransferStatus::completed: return "completed";
    case TransferStatus::held: return "held";
    case TransferStatus::paid: return "paid";
    case TransferStatus::voided: return "void";
    case TransferStatus::refused: return "refused";
  }
  return "?";
}

// ---- transactions --------------------------------------------------------------------------

template <class T>
void SimPayments::run(bool writes, std::function<T()> work, Done<T> done) {
  auto value = std::make_shared<std::optional<T>>();
  jobs_.push_back({clock_.now() + rng_.below(2'000'000), writes,
                   [work = std::move(work), value] { value->emplace(work()); },
                   [done = std::move(done), value](bool told) {
                     done(told ? std::move(*value) : std::nullopt);
                   }});
}

void SimPayments::poll() {
  for (std::size_t left = jobs_.size(); left != 0 && !jobs_.empty(); --left) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (clock_.now() < job.due_ns) jobs_.push_back(std::move(job));
    else carry_out(job);
  }
}

/// A transaction that wrote nothing makes nothing durable.
void SimPayments::perform(const Job& job) {
  wrote_ = false;
  job.work();
  if (wrote_) server_.commit_waited();
}

void SimPayments::carry_out(const Job& job) {
  if (!server_.up() || rng_.chance(faults_.failed_ppm)) {
    coverage_.add(Count::payments_failed);
    return job.answer(false);
  }
  perform(job);
  if (!job.writes || !rng_.chance(faults_.unknown_ppm)) return job.answer(true);
  coverage_.add(Count::payments_unknown);
  job.answer(false);
}

void SimPayments::abandon() {
  for (const Job& job : jobs_) {
    if (!job.writes || !server_.up() || !rng_.chance(500'000)) continue;
    coverage_.add(Count::payments_abandoned);
    perform(job);
  }
  jobs_.clear();
}

// ---- statements ----------------------------------------------------------------------------

OutboxCommand SimPayments::add_row(const TransferRow& transfer, OutboxKind kind) {
  wrote_ = true;
  const std::uint64_t id = tables_.outbox.size() + 1;
  OutboxRow& row = tables_.outbox[id];
  row.command = {id, transfer.id, kind, transfer.account, transfer.asset, transfer.amount};
  row.created_ms = now_ms();
  return row.command;
}

void SimPayments::book(const TransferRow& request, Done<Booked> done) {
  run<Booked>(
      true,
      [this, request] {
        const auto earlier = tables_.keys.find(request.request_key);
        if (earlier != tables_.keys.end()) {
          return Booked{tables_.transfers[earlier->second], std::nullopt};
        }
        const std::uint64_t id = kFirstTransfer + tables_.transfers.size();
        TransferRow& row = tables_.transfers[id] = request;
        row.id = id;
        tables_.keys[request.request_key] = id;
        return Booked{row, add_row(row, row.withdrawal ? OutboxKind::hold : OutboxKind::deposit)};
      },
      std::move(done));
}

void SimPayments::open_commands(std::int64_t age_ms, Done<std::vector<OutboxCommand>> done) {
  const std::int64_t before_ms = age_ms == 0 ? INT64_MAX : now_ms() - age_ms;
  run<std::vector<OutboxCommand>>(
      false,
      [this, before_ms] {
        std::vector<OutboxCommand> commands;
        for (const auto& [id, row] : tables_.outbox) {
          if (row.open && row.created_ms < before_ms) commands.push_back(row.command);
        }
        return commands;
      },
      std::move(done));
}

void SimPayments::record(const OutboxDecision& decision) {
  OutboxRow& row = tables_.outbox.at(decision.command.outbox_id);
  if (!row.open) return;
  wrote_ = true;
  row.open = false;
  row.done = decision.done;
  TransferRow& transfer = tables_.transfers.at(decision.command.reference);
  transfer.status = status_after(decision);
  if (transfer.status == TransferStatus::held) transfer.payout_ms = now_ms() + kPayoutDelayMs;
  // What really happened to a withdrawal may be the other thing.
  OutboxRow told = row;
  told.command.kind = decision.command.kind;
  tables_.on_decided(told);
}

void SimPayments::record_decisions(std::vector<OutboxDecision> decisions,
                                   Done<std::vector<Transfer>> done) {
  run<std::vector<Transfer>>(
      true,
      [this, decisions = std::move(decisions)] {
        std::vector<Transfer> transfers;
        for (const OutboxDecision& decision : decisions) {
          record(decision);
          transfers.push_back(transfer_of(tables_.transfers.at(decision.command.reference)));
        }
        return transfers;
      },
      std::move(done));
}

void SimPayments::look_up(std::vector<OutboxCommand> commands, Done<LookUpAnswer> done) {
  if (rng_.chance(faults_.crash_ppm)) server_.crash(rng_.below(3'000'000));
  run<LookUpAnswer>(
      false,
      [this, commands = std::move(commands)] {
        LookUpAnswer answer;
        answer.cursor = server_.ledger().cursor.sequence;
        for (const OutboxCommand& c : commands) {
          const auto reason = c.kind == OutboxKind::deposit ? core::LegReason::kDeposit
                                                            : core::LegReason::kWithdrawal;
          answer.found.push_back(
              {c.outbox_id, server_.payment_entry(c.reference, c.account, reason)});
        }
        return answer;
      },
      std::move(done));
}

void SimPayments::begin_payouts(Done<std::vector<OutboxCommand>> done) {
  run<std::vector<OutboxCommand>>(
      true,
      [this] {
        std::vector<OutboxCommand> commands;
        for (const auto& [id, transfer] : tables_.transfers) {
          const bool due =
              transfer.status == TransferStatus::held && transfer.payout_ms <= now_ms();
          if (!due) continue;
          bool settled = false;
          for (const auto& [number, row] : tables_.outbox) {
            settled = settled || (row.command.reference == id &&
                                  row.command.kind != OutboxKind::hold);
          }
          if (settled) continue;
          commands.push_back(add_row(
              transfer, transfer.payout_refused ? OutboxKind::void_hold : OutboxKind::pay));
        }
        return commands;
      },
      std::move(done));
}

void SimPayments::wait_for_cursor(Sequence sequence, Done<Sequence> done) {
  run<Sequence>(
      false,
      [this, sequence] {
        if (sequence > seen_cursor_) seen_cursor_ = server_.ledger().cursor.sequence;
        return seen_cursor_;
      },
      [sequence, done = std::move(done)](std::optional<Sequence> seen) {
        done(seen && *seen >= sequence ? seen : std::nullopt);
      });
}

}  // namespace saker::sim
