// Work that takes more than one command: sweeps and walks that cancel.
#include "common/plants.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

constexpr std::size_t kMaxExamined = 128;

}  // namespace

Reason State::check_mass_cancel(const proto::MassCancel& m) {
  if (!is_session(from.session) || !sessions[from.session].connected) {
    return Reason::PERMISSION_NOT_LOGGED_ON;
  }
  const Session& session = sessions[from.session];
  const std::uint32_t cancel = raw(proto::Rights::Trade) | raw(proto::Rights::Cancel);
  const bool administers = (session.rights & raw(proto::Rights::Administer)) != 0;
  if (raw(m.scope()) > raw(proto::Scope::All)) return Reason::ADMIN_VALUE_INVALID;
  Reason reason = Reason::NONE;
  const auto firm_may = [&](std::uint32_t firm) {
    const bool own = session.firm == firm && (session.rights & cancel) != 0;
    return own || administers ? Reason::NONE : Reason::PERMISSION_DENIED;
  };
  switch (m.scope()) {
    case proto::Scope::Account: reason = check_account_right(m.scope_id(), cancel); break;
    case proto::Scope::Group:
      if (m.scope_id() == 0 || m.scope_id() > group_count) return Reason::UNKNOWN_GROUP;
      reason = firm_may(groups[m.scope_id()].firm);
      break;
    case proto::Scope::Firm:
      if (m.scope_id() == 0 || m.scope_id() > firm_count) return Reason::UNKNOWN_FIRM;
      reason = firm_may(m.scope_id());
      break;
    case proto::Scope::Session:
      if ((m.scope_id() != 0 && m.scope_id() != from.session) ||
          (session.rights & cancel) == 0) {
        reason = Reason::PERMISSION_DENIED;
      }
      break;
    case proto::Scope::All:
      if (!administers) reason = Reason::PERMISSION_DENIED;
      break;
  }
  if (reason != Reason::NONE) return reason;
  if (m.side() > 2) return Reason::ADMIN_VALUE_INVALID;
  if (m.market() != 0 && !is_market(m.market())) return Reason::UNKNOWN_MARKET;
  return jobs[from.session - 1].active ? Reason::CAPACITY_JOB_IN_PROGRESS : Reason::NONE;
}

void State::mass_cancel(const proto::MassCancel& m) {
  const Reason reason = check_mass_cancel(m);
  const std::uint32_t account = m.scope() == proto::Scope::Account ? m.scope_id() : 0;
  if (reason != Reason::NONE) {
    proto::Report& report = add_reject(ReportKind::MassCancelRejected, reason,
                                       is_account(account) ? account : 0);
    report.mutate_account(account);
    report.mutate_client_order_id(m.client_reference());
    report.mutate_market(m.market());
    return;
  }
  proto::Report& report =
      add_report(ReportKind::MassCancelAccepted, from.session, account);
  report.mutate_client_order_id(m.client_reference());
  report.mutate_market(m.market());
  start_job(from.session - 1, {.active = true,
                               .scope = m.scope(),
                               .side = m.side(),
                               .reason = Reason::CANCEL_MASS,
                               .scope_id = m.scope() == proto::Scope::Session ? from.session
                                                                              : m.scope_id(),
                               .market = m.market(),
                               .requester = from.session,
                               .cutoff = sequence,
                               .reference = m.client_reference()});
}

void State::start_disconnect(std::uint32_t session) {
  if (SAKER_PLANT(disconnect_forgotten)) return;
  const std::uint32_t slot = static_cast<std::uint32_t>(genesis.sessions()) + session - 1;
  if (jobs[slot].active) {
    set_cursor(jobs[slot], 0);
    jobs[slot].active = false;
    --active_jobs;
  }
  start_job(slot, {.active = true,
                   .scope = proto::Scope::Session,
                   .reason = Reason::CANCEL_DISCONNECT,
                   .scope_id = session,
                   .requester = session,
                   .cutoff = sequence});
}

void State::start_job(std::uint32_t slot, const Job& job) {
  jobs[slot] = job;
  ++active_jobs;
  if (job.scope == proto::Scope::Session) {
    set_cursor(jobs[slot], sessions[job.scope_id].orders.head);
  } else if (job.scope == proto::Scope::Account) {
    jobs[slot].account = job.scope_id - 1;  // next_account steps onto it
  }
  run_job(slot);
}

bool State::account_in_scope(const Job& job, std::uint32_t account) const {
  switch (job.scope) {
    case proto::Scope::Account: return account == job.scope_id;
    case proto::Scope::Group: return accounts[account].group == job.scope_id;
    case proto::Scope::Firm: return accounts[account].firm == job.scope_id;
    default: return true;
  }
}

bool State::job_matches(const Job& job, std::uint32_t slot) const {
  const OrderHot& h = hot[slot];
  return cold[slot].entry_sequence < job.cutoff && (job.market == 0 || h.market == job.market) &&
         (job.side == 0 || (job.side == 1) == (h.side == Side::Buy)) &&
         place(slot) == OrderPlace::kResting;
}

void State::set_cursor(Job& job, std::uint32_t slot) {
  if (job.cursor != 0) --cold[job.cursor].cursors;
  job.cursor = slot;
  if (slot != 0) ++cold[slot].cursors;
}

void State::move_cursors(std::uint32_t slot, bool session_lists) {
  for (Job& job : jobs) {
    if (!job.active || job.cursor != slot) continue;
    if ((job.scope == proto::Scope::Session) != session_lists) continue;
    set_cursor(job, session_lists ? cold[slot].session_next : cold[slot].account_next);
  }
}

bool State::next_account(Job& job) {
  const std::uint32_t last =
      job.scope == proto::Scope::Account ? job.scope_id : account_count;
  if (job.scope == proto::Scope::Session || job.account >= last) return false;
  ++job.account;
  if (account_in_scope(job, job.account)) set_cursor(job, accounts[job.account].orders.head);
  return true;
}

void State::run_job(std::uint32_t slot) {
  Job& job = jobs[slot];
  last_job = slot;
  std::size_t examined = 0;
  std::size_t cancelled = 0;
  while (examined < kMaxExamined && cancelled < kMaxCancelsPerCommand) {
    if (job.cursor == 0) {
      if (!next_account(job)) {
        job.active = false;
        --active_jobs;
        if (job.requester == 0) return;  // the genesis file gets no reports
        proto::Report& report = add_report(ReportKind::MassCancelDone, job.requester, 0);
        report.mutate_client_order_id(job.reference);
        report.mutate_cumulative_lots(static_cast<std::int64_t>(job.cancelled));
        return;
      }
      ++examined;
      continue;
    }
    const std::uint32_t order = job.cursor;
    ++examined;
    set_cursor(job, job.scope == proto::Scope::Session ? cold[order].session_next
                                                       : cold[order].account_next);
    if (!job_matches(job, order)) continue;
    finish_cancel(order, job.reason);
    ++job.cancelled;
    ++cancelled;
  }
}

void State::continue_job() {
  if (sweeping != 0) {
    const std::uint32_t taker = sweeping;
    sweeping = 0;
    hot[taker].place = raw(OrderPlace::kTaking);
    match(taker);
    return;
  }
  if (active_jobs == 0) return;
  for (std::uint32_t step = 1; step <= jobs.size(); ++step) {
    const auto slot = static_cast<std::uint32_t>((last_job + step) % jobs.size());
    if (jobs[slot].active) {
      run_job(slot);
      return;
    }
  }
}

}  // namespace saker::core
