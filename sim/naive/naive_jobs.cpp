// Work that may take several commands: mass cancels, disconnects, kill switches, sweeps.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::ReportKind;

namespace {

constexpr int kMostCancels = 32;
constexpr int kMostExamined = 128;

}  // namespace

void NaiveExchange::mass_cancel() {
  const auto c = command_->as<proto::MassCancel>();
  const Reason reason = check_mass_cancel(c);
  const bool refused = reason != Reason::NONE;
  proto::Report& report = add_report(
      command_->session, refused ? ReportKind::MassCancelRejected : ReportKind::MassCancelAccepted,
      0, false);
  report.mutate_client_order_id(c.client_reference());
  report.mutate_market(c.market());
  report.mutate_reason(reason);
  if (refused) return;
  Job job;
  job.scope = c.scope();
  job.scope_id = c.scope() == proto::Scope::Session ? command_->session : c.scope_id();
  job.market = c.market();
  job.side = c.side();
  job.reason = Reason::CANCEL_MASS;
  job.asker = command_->session;
  job.reference = c.client_reference();
  start_job(command_->session - 1, job);
}

void NaiveExchange::session_command() {
  if (command_->kind == proto::CommandKind::SessionLogon) {
    const auto c = command_->as<proto::SessionLogon>();
    Session& session = sessions_[c.session() - 1];
    session.connected = true;
    session.connection = c.connection();
    return;
  }
  const std::uint32_t id = command_->as<proto::SessionLogoff>().session();
  Session& session = sessions_[id - 1];
  session.connected = false;
  if (command_->kind == proto::CommandKind::SessionLogoff || !session.cancel_on_disconnect) {
    return;
  }
  Job job;
  job.scope = proto::Scope::Session;
  job.scope_id = id;
  job.reason = Reason::CANCEL_DISCONNECT;
  job.asker = id;
  start_job(genesis_.sessions() + id - 1, job);
}

/// A job's first step is part of the command that starts it.
void NaiveExchange::start_job(std::uint32_t slot, const Job& job) {
  jobs_[slot] = job;
  jobs_[slot].cutoff = command_->sequence;
  run_step(slot);
}

void NaiveExchange::continue_work() {
  if (sweeping_ != 0) return match(orders_.at(sweeping_));
  if (jobs_.empty()) return;
  auto next = jobs_.begin();
  for (auto it = jobs_.begin(); it != jobs_.end(); ++it) {
    if (static_cast<std::int64_t>(it->first) > last_slot_run_) {
      next = it;
      break;
    }
  }
  last_slot_run_ = next->first;
  run_step(next->first);
}

void NaiveExchange::run_step(std::uint32_t slot) {
  Job& job = jobs_[slot];
  int cancels = 0;
  for (int examined = 0; examined < kMostExamined && cancels < kMostCancels; ++examined) {
    Order* order = nullptr;
    if (!next_order(job, &order)) {
      job_done(job);
      jobs_.erase(slot);
      return;
    }
    if (order == nullptr) continue;
    const bool side_matches =
        job.side == 0 || (job.side == 1) == (order->side == Side::Buy);
    if (order->entry_sequence < job.cutoff && side_matches &&
        (job.market == 0 || job.market == order->market)) {
      cancel_resting(*order, job.reason, false);
      ++job.cancelled;
      ++cancels;
    }
  }
}

/// One step of the walk: an order, or (null) an account that was visited. False at the end.
bool NaiveExchange::next_order(Job& job, Order** order) {
  if (job.scope != proto::Scope::Session) return next_in_accounts(job, order);
  const auto& orders = sessions_[job.scope_id - 1].orders;
  const auto found = orders.upper_bound(job.after_rank);
  if (found == orders.end()) return false;
  job.after_rank = found->first;
  *order = &orders_.at(found->second);
  return true;
}

bool NaiveExchange::next_in_accounts(Job& job, Order** order) {
  if (job.at_account != 0 && account_in_scope(job, job.at_account)) {
    const auto& orders = accounts_[job.at_account - 1].open;
    const auto found = orders.upper_bound(job.after_rank);
    if (found != orders.end()) {
      job.after_rank = found->first;
      *order = &orders_.at(found->second);
      return true;
    }
  }
  if (job.scope == proto::Scope::Account) {
    if (job.at_account != 0) return false;
    job.at_account = job.scope_id;
  } else {
    if (job.at_account >= accounts_.size()) return false;
    ++job.at_account;
  }
  job.after_rank = 0;
  return true;
}

bool NaiveExchange::account_in_scope(const Job& job, std::uint32_t account) const {
  const std::uint32_t group = accounts_[account - 1].group;
  switch (job.scope) {
    case proto::Scope::Account: return account == job.scope_id;
    case proto::Scope::Group: return group == job.scope_id;
    case proto::Scope::Firm: return group_firm_[group - 1] == job.scope_id;
    default: return true;
  }
}

void NaiveExchange::job_done(const Job& job) {
  if (job.asker == 0) return;
  proto::Report& report = add_report(job.asker, ReportKind::MassCancelDone, 0, false);
  report.mutate_client_order_id(job.reference);
  report.mutate_cumulative_lots(job.cancelled);
}

}  // namespace saker::naive
