// The two conversations with the venue: session "accounts" carries out what the outbox says,
// session "registrar" what the account opener says. Templates over the transport, so that tests
// run the same code over a network that loses. Owner thread: the loop's.
#pragma once

#include "accounts/payments/opener.hpp"
#include "accounts/payments/outbox.hpp"
#include "client/trading_session.hpp"

namespace saker::accounts {

template <class Command>
Command with_reason(Command command, std::string_view reason) {
  client::fill_text(command.mutable_reason(), reason);
  return command;
}

template <net::Transport Transport>
class FundsSession : public client::OrderEntryHandler {
 public:
  FundsSession(const client::SessionConfig& config, Transport& transport, Outbox& outbox)
      : outbox_(outbox), session_(config, transport, *this) {}

  void start(TimeNs now_ns) { session_.start(now_ns); }
  void poll(TimeNs now_ns) {
    now_ns_ = now_ns;
    session_.poll(now_ns);
    if (!session_.orders().logged_on() || !may_send) return;
    if (outbox_.wants_logon(now_ns)) return session_.orders().start(now_ns);
    outbox_.send_due(now_ns, [this](const OutboxCommand& command) { return send(command); });
    session_.poll(now_ns);  // what was just written goes out now
  }
  TimeNs next_deadline_ns() const {
    const TimeNs deadline = session_.next_deadline_ns();
    const bool sending = session_.orders().logged_on() && may_send;
    return sending ? std::min(deadline, outbox_.next_send_ns()) : deadline;
  }
  bool logged_on() const { return session_.orders().logged_on(); }
  client::TradingSession<Transport, FundsSession>& session() { return session_; }

  void on_logged_on(const proto::LogonAccepted& accepted) {
    outbox_.on_logged_on(accepted.engine_sequence());
    ++logons;
    engine_sequence = accepted.engine_sequence();
  }
  void on_outcome(const client::Outcome& outcome) { outbox_.on_outcome(outcome, now_ns_); }

  bool may_send = true;  // false: not known yet whether the venue is the database's
  std::uint64_t logons = 0;
  Sequence engine_sequence = 0;  // at the last logon

 private:
  std::uint64_t send(const OutboxCommand& c) {
    auto& orders = session_.orders();
    switch (c.kind) {
      case OutboxKind::deposit: {
        proto::Deposit deposit;
        deposit.mutate_reference(c.reference);
        deposit.mutate_amount(c.amount);
        deposit.mutate_account(c.account);
        deposit.mutate_asset(c.asset);
        return orders.send(with_reason(deposit, "deposit"));
      }
      case OutboxKind::hold: {
        proto::WithdrawHold hold;
        hold.mutate_reference(c.reference);
        hold.mutate_amount(c.amount);
        hold.mutate_account(c.account);
        hold.mutate_asset(c.asset);
        return orders.send(with_reason(hold, "withdrawal"));
      }
      case OutboxKind::pay: return settle(c.reference, proto::WithdrawOutcome::Paid);
      case OutboxKind::void_hold: return settle(c.reference, proto::WithdrawOutcome::Void);
    }
    return 0;
  }
  std::uint64_t settle(std::uint64_t reference, proto::WithdrawOutcome outcome) {
    proto::WithdrawSettle settle;
    settle.mutate_reference(reference);
    settle.mutate_outcome(outcome);
    return session_.orders().send(with_reason(settle, "withdrawal"));
  }

  Outbox& outbox_;
  client::TradingSession<Transport, FundsSession> session_;
  TimeNs now_ns_ = 0;
};

template <net::Transport Transport>
class RegistrarSession : public client::OrderEntryHandler {
 public:
  RegistrarSession(const client::SessionConfig& config, Transport& transport,
                   const AccountOpener::Config& opening, AccountOpener& opener)
      : config_(opening), opener_(opener), session_(config, transport, *this) {}

  void start(TimeNs now_ns) { session_.start(now_ns); }
  void poll(TimeNs now_ns) {
    now_ns_ = now_ns;
    session_.poll(now_ns);
    if (!session_.orders().logged_on()) return;
    const AccountOpener::Action action = opener_.next(now_ns);
    if (action.step == AccountOpener::Step::none) return;
    if (!carry_out(action)) opener_.not_sent();
    session_.poll(now_ns);
  }
  TimeNs next_deadline_ns() const { return session_.next_deadline_ns(); }
  bool logged_on() const { return session_.orders().logged_on(); }

  void on_logged_on(const proto::LogonAccepted& accepted) {
    opener_.on_logged_on(accepted.engine_sequence());
  }
  void on_connection_lost() { opener_.on_connection_lost(); }
  void on_outcome(const client::Outcome& outcome) { opener_.on_outcome(outcome, now_ns_); }

 private:
  bool ask(proto::QueryKind kind, const AccountOpener::Action& action) {
    proto::Query query;
    query.mutate_subject(action.id);
    query.mutate_at_least(action.at_least);
    return session_.queries().ask(
               kind, query, client::QueryCallback::to<&RegistrarSession::on_answer>(this)) != 0;
  }
  void on_answer(const client::QueryResult& result) {
    const bool known = result.answered && result.status == proto::QueryStatus::Ok;
    if (!known && !(result.answered && result.status == proto::QueryStatus::Unknown)) {
      return opener_.on_no_answer(now_ns_);
    }
    std::optional<proto::AccountDetail> detail;
    if (known && !result.reply.accounts.empty()) detail = result.reply.accounts[0];
    opener_.on_answer(detail, static_cast<std::uint32_t>(result.reply.header->from()),
                      static_cast<std::uint32_t>(result.reply.header->to()));
  }

  bool carry_out(const AccountOpener::Action& action) {
    auto& orders = session_.orders();
    switch (action.step) {
      case AccountOpener::Step::none: return true;
      case AccountOpener::Step::ask_account: return ask(proto::QueryKind::Account, action);
      case AccountOpener::Step::ask_group: return ask(proto::QueryKind::Group, action);
      case AccountOpener::Step::add_group: {
        proto::AddGroup add;
        add.mutate_group(action.id);
        add.mutate_firm(config_.firm);
        client::fill_text(add.mutable_name(), action.name);
        return orders.send(with_reason(add, "sign-up")) != 0;
      }
      case AccountOpener::Step::add_account: {
        proto::AddAccount add;
        add.mutate_account(action.id);
        add.mutate_group(action.group);
        add.mutate_max_open_orders(config_.max_open_orders);
        client::fill_text(add.mutable_name(), action.name);
        return orders.send(with_reason(add, "sign-up")) != 0;
      }
      case AccountOpener::Step::grant: {
        proto::GrantAccount grant;
        grant.mutate_session(config_.gateway_session);
        grant.mutate_account(action.id);
        grant.mutate_rights(static_cast<proto::Rights>(
            raw(proto::Rights::Trade) | raw(proto::Rights::Cancel) | raw(proto::Rights::View)));
        return orders.send(with_reason(grant, "sign-up")) != 0;
      }
    }
    return false;
  }

  AccountOpener::Config config_;
  AccountOpener& opener_;
  client::TradingSession<Transport, RegistrarSession> session_;
  TimeNs now_ns_ = 0;
};

}  // namespace saker::accounts
