// What the simulated participants send.
#include "engine/core/rules.hpp"
#include "sim/sim_client.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::Side;

template <class Request>
void SimClient::submit(const Request& request) {
  const std::uint64_t number = sdk_->entry.send(request);
  if (number == 0) return;
  const auto wire = [&] {
    if constexpr (requires { client::to_wire(request); }) return client::to_wire(request);
    else return request;
  }();
  note_sent(number, proto::kCommandKind<std::remove_const_t<decltype(wire)>>, bytes_of(wire));
}

void SimClient::note_sent(std::uint64_t number, CommandKind kind, Bytes body) {
  sent_[number] = command_hash(kind, body);
  sent_kind_[number] = kind;
}

void SimClient::act() {
  if (settling_ || !sdk_->entry.logged_on()) return;
  if (place_.session == kAdminSession) administer();
  else if (place_.session < kFirstTrader) approve();
  else trade();
  transport_.flush();
}

std::uint64_t SimClient::new_client_order_id() {
  if (rng_.chance(20'000)) return last_client_order_id_;  // used before, or none
  if (rng_.chance(50'000)) return 0;
  last_client_order_id_ = (std::uint64_t{place_.session} << 48) | ++ids_;
  return last_client_order_id_;
}

void SimClient::trade() {
  if (ladder_rungs_ != 0) return lay_ladder();
  if (ladder_laid_) return clear_ladder();
  if (rng_.chance(2'000)) {
    ladder_rungs_ = 40 + rng_.below(40);
    return lay_ladder();
  }
  const std::uint64_t burst = rng_.chance(50'000) ? 1 + rng_.below(20) : 1;
  for (std::uint64_t i = 0; i < burst; ++i) {
    const std::uint64_t what = rng_.below(1000);
    if (what < 600 || open_.empty()) new_order();
    else if (what < 800) cancel_order();
    else if (what < 985) replace_order();
    else mass_cancel();
  }
}

void SimClient::new_order() {
  const std::vector<std::uint32_t> accounts = accounts_of(place_.session);
  client::NewOrderRequest order;
  order.account = accounts[rng_.below(accounts.size())];
  order.market = static_cast<std::uint32_t>(1 + rng_.below(kMarkets));
  order.side = rng_.chance(500'000) ? Side::Buy : Side::Sell;
  order.client_order_id = new_client_order_id();
  order.quantity_lots = rng_.between(1, 20);
  if (rng_.chance(30'000)) order.quantity_lots = rng_.between(100, 1000);
  order.price_ticks = kReferencePrice + rng_.between(-15, 15);
  if (rng_.chance(150'000)) order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  if (rng_.chance(60'000)) {
    order.type = proto::OrderType::Market;
    order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
    if (rng_.chance(700'000)) order.price_ticks = 0;
    if (order.price_ticks == 0 && order.side == Side::Buy) {
      order.quote_budget = rng_.between(0, 50'000);
    }
  }
  if (rng_.chance(20'000)) {  // nonsense
    switch (rng_.below(5)) {
      case 0: order.market = 99; break;
      case 1: order.account = 1; break;
      case 2: order.quantity_lots = rng_.between(-5, 0); break;
      case 3: order.price_ticks = 20'000; break;
      case 4: order.account = 999; break;
    }
  }
  submit(order);
}

/// Many small orders apart from the others: more than one command can fill or cancel at once.
void SimClient::lay_ladder() {
  client::NewOrderRequest order;
  order.account = accounts_of(place_.session)[0];
  order.market = 2;  // without a price band
  order.side = Side::Buy;
  order.quantity_lots = 5;
  for (std::uint64_t i = 0; i < 8 && ladder_rungs_ != 0; ++i) {
    order.client_order_id = new_client_order_id();
    order.price_ticks = kReferencePrice - 100 - static_cast<std::int64_t>(--ladder_rungs_ % 50);
    submit(order);
  }
  ladder_laid_ = ladder_rungs_ == 0;
}

/// By a mass cancel or by selling into all of it; sometimes it stays for whatever comes.
void SimClient::clear_ladder() {
  if (rng_.chance(500'000)) return;
  ladder_laid_ = false;
  if (rng_.chance(400'000)) {
    client::MassCancelRequest mass;
    mass.scope = proto::Scope::Session;
    mass.client_reference = ++ids_;
    return submit(mass);
  }
  if (rng_.chance(200'000)) return;
  client::NewOrderRequest sweep;
  sweep.account = accounts_of(place_.session)[0];
  sweep.market = 2;
  sweep.side = Side::Sell;
  sweep.client_order_id = new_client_order_id();
  sweep.quantity_lots = 1'000;
  sweep.price_ticks = kReferencePrice - 200;
  sweep.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  submit(sweep);
}

void SimClient::cancel_order() {
  const OpenOrder order = open_[rng_.below(open_.size())];
  client::CancelOrderRequest cancel;
  cancel.account = order.account;
  if (rng_.chance(700'000) || order.client_order_id == 0) cancel.order_id = order.order_id;
  else cancel.client_order_id = order.client_order_id;
  if (rng_.chance(30'000)) cancel.order_id = rng_.next();
  submit(cancel);
}

void SimClient::replace_order() {
  const OpenOrder order = open_[rng_.below(open_.size())];
  client::ReplaceOrderRequest replace;
  replace.account = order.account;
  replace.order_id = order.order_id;
  replace.quantity_lots = rng_.between(1, 25);
  replace.price_ticks = kReferencePrice + rng_.between(-15, 15);
  if (rng_.chance(300'000)) replace.new_client_order_id = new_client_order_id();
  submit(replace);
}

void SimClient::mass_cancel() {
  const std::vector<std::uint32_t> accounts = accounts_of(place_.session);
  client::MassCancelRequest mass;
  mass.scope = rng_.chance(500'000) ? proto::Scope::Session : proto::Scope::Account;
  if (mass.scope == proto::Scope::Account) mass.scope_id = accounts[rng_.below(accounts.size())];
  mass.market = static_cast<std::uint32_t>(rng_.below(kMarkets + 1));
  mass.buys = rng_.chance(700'000);
  mass.client_reference = ++ids_;
  submit(mass);
}

// ---- administration ------------------------------------------------------------------------

void SimClient::move_funds() {
  const auto account = static_cast<std::uint32_t>(2 + rng_.below(kAccounts - 1));
  const auto asset = static_cast<std::uint32_t>(1 + rng_.below(kAssets));
  const std::uint64_t reference = (std::uint64_t{1} << 32) + ++ids_;
  const std::uint64_t what = rng_.below(3);
  if (what == 0) {
    submit(proto::Deposit(reference, rng_.between(1, 1'000'000), account, asset));
  } else if (what == 1 || withdrawals_.empty()) {
    withdrawals_.push_back(reference);
    submit(proto::WithdrawHold(reference, rng_.between(1, 100'000), account, asset));
  } else {
    const std::size_t i = rng_.below(withdrawals_.size());
    proto::WithdrawSettle settle;
    settle.mutate_reference(withdrawals_[i]);
    settle.mutate_outcome(rng_.chance(500'000) ? proto::WithdrawOutcome::Paid
                                               : proto::WithdrawOutcome::Void);
    withdrawals_.erase(withdrawals_.begin() + static_cast<std::ptrdiff_t>(i));
    submit(settle);
  }
}

void SimClient::administer() {
  const std::uint64_t what = rng_.below(100);
  if (what < 50) return move_funds();
  const auto market = static_cast<std::uint32_t>(1 + rng_.below(kMarkets));
  if (what < 70) {
    proto::SetMarketPhase phase;
    phase.mutate_market(market);
    phase.mutate_phase(rng_.chance(800'000) ? proto::MarketPhase::Open
                                            : static_cast<proto::MarketPhase>(rng_.below(4)));
    return submit(phase);
  }
  if (what < 73) return submit(proto::SetRuleVersion(core::kNewestRules, 0));
  if (what < 80) {
    proto::KillSwitch kill;
    kill.mutate_scope(proto::Scope::Account);
    kill.mutate_scope_id(static_cast<std::uint32_t>(2 + rng_.below(kAccounts - 1)));
    kill.mutate_engaged(rng_.chance(300'000) ? 1 : 0);
    return submit(kill);
  }
  if (what < 85) {
    return submit(proto::SetReferencePrice(kReferencePrice + rng_.between(-5, 5), market, 0));
  }
  if (what < 90) {
    proto::ProposeTransfer transfer;
    transfer.mutate_amount(rng_.between(1, 5000));
    transfer.mutate_from_account(static_cast<std::uint32_t>(2 + rng_.below(kAccounts - 1)));
    transfer.mutate_to_account(static_cast<std::uint32_t>(2 + rng_.below(kAccounts - 1)));
    transfer.mutate_asset(static_cast<std::uint32_t>(1 + rng_.below(kAssets)));
    return submit(transfer);
  }
  proto::ProposeTradeBust bust;
  const std::uint64_t trades = watch_.judge.trade_count();
  const std::uint64_t kept = rng_.chance(700'000) ? std::min<std::uint64_t>(trades, 16) : trades;
  bust.mutate_trade_id(trades - rng_.below(kept + 1));
  submit(bust);
}

void SimClient::approve() {
  const std::uint64_t proposals = watch_.judge.proposal_count();
  const bool newest = proposals != 0 && rng_.chance(700'000);
  const std::uint64_t number =
      newest ? proposals - rng_.below(std::min<std::uint64_t>(proposals, 3))
             : 1 + rng_.below(proposals + 1);
  if (rng_.chance(800'000)) {
    proto::ApproveProposal approve;
    approve.mutate_proposal(number);
    submit(approve);
  } else {
    proto::RejectProposal reject;
    reject.mutate_proposal(number);
    submit(reject);
  }
}

}  // namespace saker::sim
