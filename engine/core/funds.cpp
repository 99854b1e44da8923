// Money that moves without a trade: deposits, withdrawals, and what two approvers decide.
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

constexpr Minor kMaxTotal = Minor{1} << 62;

}  // namespace

void State::funds_changed(std::uint32_t account, std::uint32_t asset, Minor change,
                          std::uint64_t reference) {
  const BalanceView& b = balance(account, asset);
  proto::Report& report = add_report(ReportKind::FundsChanged, 0, account);
  report.mutate_market(asset);
  report.mutate_amount_minor(change);
  report.mutate_leaves_lots(b.available);
  report.mutate_cumulative_lots(b.held);
  report.mutate_client_order_id(reference);
}

void State::deposit(const proto::Deposit& d) {
  AdminAnswer answer{.reference = d.reference(), .account = d.account(), .amount = d.amount()};
  if (!is_account(d.account())) {
    answer.reason = Reason::UNKNOWN_ACCOUNT;
  } else if (!is_asset(d.asset())) {
    answer.reason = Reason::UNKNOWN_ASSET;
  } else if (d.amount() <= 0) {
    answer.reason = Reason::ADMIN_VALUE_INVALID;
  } else if (Int128{assets[d.asset()].sum} + d.amount() >= kMaxTotal) {
    answer.reason = Reason::ADMIN_OVERFLOW;  // no account can hold more than the sum
  }
  answer_admin(answer);
  if (answer.reason != Reason::NONE) return;
  assets[d.asset()].sum += d.amount();
  balance(d.account(), d.asset()).available += d.amount();
  add_leg(LegReason::kDeposit, d.account(), d.asset(), d.amount(), d.reference(), 0);
  add_leg(LegReason::kDeposit, 0, d.asset(), -d.amount(), d.reference(), 0);
  funds_changed(d.account(), d.asset(), d.amount(), d.reference());
}

void State::withdraw_hold(const proto::WithdrawHold& w) {
  AdminAnswer answer{.reference = w.reference(), .account = w.account(), .amount = w.amount()};
  Withdrawal* free = nullptr;
  bool taken = false;
  for (Withdrawal& entry : withdrawals) {
    if (entry.reference == 0 && free == nullptr) free = &entry;
    if (entry.reference != 0 && entry.reference == w.reference()) taken = true;
  }
  if (!is_account(w.account())) {
    answer.reason = Reason::UNKNOWN_ACCOUNT;
  } else if (!is_asset(w.asset())) {
    answer.reason = Reason::UNKNOWN_ASSET;
  } else if (w.amount() <= 0) {
    answer.reason = Reason::ADMIN_VALUE_INVALID;
  } else if (w.reference() == 0 || taken) {
    answer.reason = Reason::ADMIN_REFERENCE_IN_USE;
  } else if (free == nullptr) {
    answer.reason = Reason::CAPACITY_TABLE;
  } else if (balance(w.account(), w.asset()).available < w.amount()) {
    answer.reason = Reason::RISK_INSUFFICIENT_BALANCE;
  }
  answer_admin(answer);
  if (answer.reason != Reason::NONE) return;
  *free = {w.reference(), w.amount(), w.account(), w.asset()};
  balance(w.account(), w.asset()).available -= w.amount();
  balance(w.account(), w.asset()).held += w.amount();
  funds_changed(w.account(), w.asset(), 0, w.reference());
}

void State::withdraw_settle(const proto::WithdrawSettle& w) {
  AdminAnswer answer{.reference = w.reference()};
  Withdrawal* open = nullptr;
  for (Withdrawal& entry : withdrawals) {
    if (entry.reference != 0 && entry.reference == w.reference()) open = &entry;
  }
  if (open == nullptr) {
    answer.reason = Reason::UNKNOWN_WITHDRAWAL;
  } else if (raw(w.outcome()) > raw(proto::WithdrawOutcome::Void)) {
    answer.reason = Reason::ADMIN_VALUE_INVALID;
  } else {
    answer.account = open->account;
    answer.amount = open->amount;
  }
  answer_admin(answer);
  if (answer.reason != Reason::NONE) return;
  const Withdrawal settled = *open;
  *open = {};
  BalanceView& b = balance(settled.account, settled.asset);
  b.held -= settled.amount;
  const bool paid = w.outcome() == proto::WithdrawOutcome::Paid;
  if (paid) {
    assets[settled.asset].sum -= settled.amount;
    add_leg(LegReason::kWithdrawal, settled.account, settled.asset, -settled.amount,
            settled.reference, 0);
    add_leg(LegReason::kWithdrawal, 0, settled.asset, settled.amount, settled.reference, 0);
  } else {
    b.available += settled.amount;
  }
  funds_changed(settled.account, settled.asset, paid ? -settled.amount : 0, settled.reference);
}

void State::propose(const Proposal& proposal, Reason reason, AdminAnswer answer) {
  Proposal* free = nullptr;
  for (Proposal& entry : proposals) {
    if (entry.number == 0 && free == nullptr) free = &entry;
  }
  if (reason == Reason::NONE && free == nullptr) reason = Reason::CAPACITY_TABLE;
  answer.reason = reason;
  if (reason == Reason::NONE) {
    *free = proposal;
    free->number = next_proposal++;
    free->proposer = from.session;
    answer.number = free->number;
  }
  answer_admin(answer);
}

void State::propose_transfer(const proto::ProposeTransfer& t) {
  Reason reason = Reason::NONE;
  if (!is_account(t.from_account()) || !is_account(t.to_account())) {
    reason = Reason::UNKNOWN_ACCOUNT;
  } else if (!is_asset(t.asset())) {
    reason = Reason::UNKNOWN_ASSET;
  } else if (t.from_account() == t.to_account() || t.amount() <= 0) {
    reason = Reason::ADMIN_VALUE_INVALID;
  }
  propose({.amount = t.amount(), .from = t.from_account(), .to = t.to_account(),
           .asset = t.asset()},
          reason, {.account = t.from_account(), .amount = t.amount()});
}

Trade* State::find_trade(std::uint64_t trade_id) {
  Trade& trade = trades[trade_id % trades.size()];
  return trade_id != 0 && trade.id == trade_id ? &trade : nullptr;
}

void State::propose_bust(const proto::ProposeTradeBust& b) {
  const Trade* trade = find_trade(b.trade_id());
  Reason reason = Reason::NONE;
  AdminAnswer answer{.reference = b.trade_id()};
  if (trade == nullptr) {
    reason = Reason::UNKNOWN_TRADE;
  } else {
    answer.market = trade->market;
    if (trade->busted) reason = Reason::ADMIN_ALREADY_BUSTED;
  }
  propose({.trade_id = b.trade_id()}, reason, answer);
}

void State::approve(std::uint64_t number) {
  AdminAnswer answer{.reference = number};
  Proposal* open = nullptr;
  for (Proposal& entry : proposals) {
    if (number != 0 && entry.number == number) open = &entry;
  }
  if (open == nullptr) {
    answer.reason = Reason::UNKNOWN_PROPOSAL;
  } else if (open->proposer == from.session) {
    answer.reason = Reason::ADMIN_OWN_PROPOSAL;
  } else if (open->approver == from.session) {
    answer.reason = Reason::ADMIN_ALREADY_APPROVED;
  } else if (open->approver != 0) {
    answer.reason = carry_out_check(*open);
  }
  answer_admin(answer);
  if (answer.reason != Reason::NONE) return;
  if (open->approver == 0) {
    open->approver = from.session;
    return;
  }
  const Proposal proposal = *open;
  *open = {};
  carry_out(proposal);
}

void State::reject_proposal(std::uint64_t number) {
  AdminAnswer answer{.reason = Reason::UNKNOWN_PROPOSAL, .reference = number};
  for (Proposal& entry : proposals) {
    if (number == 0 || entry.number != number) continue;
    entry = {};
    answer.reason = Reason::NONE;
  }
  answer_admin(answer);
}

Reason State::carry_out_check(const Proposal& proposal) {
  if (proposal.trade_id == 0) {
    const bool enough = balance(proposal.from, proposal.asset).available >= proposal.amount;
    return enough ? Reason::NONE : Reason::RISK_INSUFFICIENT_BALANCE;
  }
  const Trade* trade = find_trade(proposal.trade_id);
  if (trade == nullptr) return Reason::UNKNOWN_TRADE;
  if (trade->busted) return Reason::ADMIN_ALREADY_BUSTED;
  const Market& market = markets[trade->market];
  const Minor base = trade->lots * market.lot_size;
  const auto quote = static_cast<Minor>(notional(market, trade->price, trade->lots));
  const Minor fees = trade->buyer_fee + trade->seller_fee;
  // Net of what each gets back, account by account; the fee account may be a party.
  Minor seller_needs = quote - trade->seller_fee;
  Minor fee_account_needs = fees;
  if (market.fee_account == trade->seller) seller_needs += fees;
  if (market.fee_account == trade->seller) fee_account_needs = seller_needs;
  if (market.fee_account == trade->buyer) fee_account_needs -= quote + trade->buyer_fee;
  const bool enough =
      balance(trade->buyer, market.base).available >= base &&
      balance(trade->seller, market.quote).available >= seller_needs &&
      balance(market.fee_account, market.quote).available >= fee_account_needs;
  return enough ? Reason::NONE : Reason::RISK_INSUFFICIENT_BALANCE;
}

void State::carry_out(const Proposal& proposal) {
  if (proposal.trade_id != 0) {
    Trade& trade = *find_trade(proposal.trade_id);
    bust(trade, markets[trade.market]);
    return;
  }
  balance(proposal.from, proposal.asset).available -= proposal.amount;
  add_leg(LegReason::kTransfer, proposal.from, proposal.asset, -proposal.amount,
          proposal.number, 0);
  balance(proposal.to, proposal.asset).available += proposal.amount;
  add_leg(LegReason::kTransfer, proposal.to, proposal.asset, proposal.amount, proposal.number,
          0);
  funds_changed(proposal.from, proposal.asset, -proposal.amount, proposal.number);
  funds_changed(proposal.to, proposal.asset, proposal.amount, proposal.number);
}

void State::bust(Trade& trade, const Market& market) {
  trade.busted = true;
  const Minor base = trade.lots * market.lot_size;
  const auto quote = static_cast<Minor>(notional(market, trade.price, trade.lots));
  const auto move = [&](std::uint32_t account, std::uint32_t asset, Minor amount) {
    balance(account, asset).available += amount;
    add_leg(LegReason::kBust, account, asset, amount, trade.id, trade.market);
  };
  move(trade.buyer, market.base, -base);
  move(trade.seller, market.base, base);
  move(trade.seller, market.quote, -quote);
  move(trade.buyer, market.quote, quote);
  move(trade.buyer, market.quote, trade.buyer_fee);
  move(trade.seller, market.quote, trade.seller_fee);
  move(market.fee_account, market.quote, -(trade.buyer_fee + trade.seller_fee));
  for (const std::uint32_t account : {trade.buyer, trade.seller}) {
    proto::Report& report = add_report(ReportKind::TradeBusted, 0, account);
    report.mutate_trade_id(trade.id);
    report.mutate_price_ticks(trade.price);
    report.mutate_quantity_lots(trade.lots);
    report.mutate_market(trade.market);
    report.mutate_side(account == trade.buyer ? Side::Buy : Side::Sell);
  }
  proto::FeedMessage& message = add_feed(FeedKind::TradeBusted, trade.market);
  message.mutate_trade_id(trade.id);
  message.mutate_price_ticks(trade.price);
  message.mutate_quantity_lots(trade.lots);
}

}  // namespace saker::core
