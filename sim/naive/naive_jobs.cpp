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
  const std::uint32_t account = c.scope() == proto::Scope::Account ? c.scope_id() : 0;
  const bool may_act = reason != Reason::PERMISSION_NOT_LOGGED_ON &&
                       reason != Reason::UNKNOWN_ACCOUNT && reason != Reason::PERMISSION_DENIED &&
                       reason != Reason::PERMISSION_ACCOUNT_NOT_GRANTED;
  proto::Report& report = add_report(
      command_->session, refused ? ReportKind::MassCancelRejected : ReportKind::MassCancelAccepted,
      account, may_act);
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
  Job& started = jobs_[slot] = job;
  started.cutoff = command_->sequence;
  if (job.scope == proto::Scope::Session) {
    started.next_rank = rank_after(sessions_[job.scope_id - 1].orders, 0);
  }
  run_step(slot);
}

void NaiveExchange::continue_work() {
  if (sweeping_ != 0) return match(orders_.at(sweeping_));
  if (jobs_.empty()) return;
  const auto after = jobs_.upper_bound(last_slot_run_);
  run_step(after == jobs_.end() ? jobs_.begin()->first : after->first);
}

void NaiveExchange::run_step(std::uint32_t slot) {
  last_slot_run_ = slot;
  Job& job = jobs_[slot];
  int cancels = 0;
  for (int examined = 0; examined < kMostExamined && cancels < kMostCancels; ++examined) {
    if (job.next_rank == 0) {
      if (next_account(job)) continue;
      job_done(job);
      jobs_.erase(slot);
      return;
    }
    const Ranks& list = walked_list(job);
    Order& order = orders_.at(list.at(job.next_rank));
    job.next_rank = rank_after(list, job.next_rank);
    const bool side_matches = job.side == 0 || (job.side == 1) == (order.side == Side::Buy);
    if (order.entry_sequence < job.cutoff && side_matches &&
        (job.market == 0 || job.market == order.market)) {
      cancel_resting(order, job.reason, false);
      ++job.cancelled;
      ++cancels;
    }
  }
}

/// Goes on to the next account, in scope or not. False when there is none.
bool NaiveExchange::next_account(Job& job) {
  if (job.scope == proto::Scope::Session) return false;
  if (job.scope == proto::Scope::Account) {
    if (job.at_account != 0) return false;
    job.at_account = job.scope_id;
  } else {
    if (job.at_account == accounts_.size()) return false;
    ++job.at_account;
  }
  if (account_in_scope(job, job.at_account)) {
    job.next_rank = rank_after(accounts_[job.at_account - 1].open, 0);
  }
  return true;
}

const NaiveExchange::Ranks& NaiveExchange::walked_list(const Job& job) const {
  return job.scope == proto::Scope::Session ? sessions_[job.scope_id - 1].orders
                                            : accounts_[job.at_account - 1].open;
}

std::uint64_t NaiveExchange::rank_after(const Ranks& ranks, std::uint64_t rank) {
  const auto found = ranks.upper_bound(rank);
  return found == ranks.end() ? 0 : found->first;
}

/// A walk that stands before an order that leaves its list stands before the one after it.
void NaiveExchange::leaves_list(const Ranks& ranks, std::uint64_t rank) {
  for (auto& [slot, job] : jobs_) {
    const bool walks = job.next_rank == rank && (job.scope == proto::Scope::Session ||
                                                 job.at_account != 0);
    if (walks && &walked_list(job) == &ranks) job.next_rank = rank_after(ranks, rank);
  }
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
