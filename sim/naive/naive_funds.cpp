// Deposits, withdrawals, transfers and busts.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::CommandKind;
using proto::ReportKind;

namespace {

constexpr Int128 kSumLimit = Int128(1) << 62;

}  // namespace

proto::Reason NaiveExchange::run_money() {
  switch (command_->kind) {
    case CommandKind::Deposit: return deposit(command_->as<proto::Deposit>());
    case CommandKind::WithdrawHold: return withdraw_hold(command_->as<proto::WithdrawHold>());
    case CommandKind::WithdrawSettle:
      return withdraw_settle(command_->as<proto::WithdrawSettle>());
    case CommandKind::ProposeTransfer:
      return propose_transfer(command_->as<proto::ProposeTransfer>());
    case CommandKind::ProposeTradeBust:
      return propose_bust(command_->as<proto::ProposeTradeBust>());
    case CommandKind::ApproveProposal: return approve(command_->as<proto::ApproveProposal>());
    case CommandKind::RejectProposal:
      return reject_proposal(command_->as<proto::RejectProposal>());
    default: return Reason::UNKNOWN_COMMAND;
  }
}

void NaiveExchange::funds_changed(std::uint32_t account, std::uint32_t asset,
                                  std::int64_t change, std::uint64_t reference) {
  const Balance& balance = balance_of(account, asset);
  proto::Report& report = add_report(0, ReportKind::FundsChanged, account, true);
  report.mutate_market(asset);
  report.mutate_amount_minor(change);
  report.mutate_leaves_lots(balance.available);
  report.mutate_cumulative_lots(balance.held);
  report.mutate_client_order_id(reference);
}

proto::Reason NaiveExchange::deposit(const proto::Deposit& c) {
  if (!account_exists(c.account())) return Reason::UNKNOWN_ACCOUNT;
  if (!asset_exists(c.asset())) return Reason::UNKNOWN_ASSET;
  if (c.amount() <= 0) return Reason::ADMIN_VALUE_INVALID;
  if (assets_[c.asset() - 1].sum + c.amount() >= kSumLimit) return Reason::ADMIN_OVERFLOW;
  add_leg(c.account(), c.asset(), c.amount(), kDeposit, c.reference(), 0);
  add_leg(0, c.asset(), -c.amount(), kDeposit, c.reference(), 0);
  funds_changed(c.account(), c.asset(), c.amount(), c.reference());
  return Reason::NONE;
}

proto::Reason NaiveExchange::withdraw_hold(const proto::WithdrawHold& c) {
  if (!account_exists(c.account())) return Reason::UNKNOWN_ACCOUNT;
  if (!asset_exists(c.asset())) return Reason::UNKNOWN_ASSET;
  if (c.amount() <= 0) return Reason::ADMIN_VALUE_INVALID;
  if (c.reference() == 0 || withdrawals_.count(c.reference()) != 0) {
    return Reason::ADMIN_REFERENCE_IN_USE;
  }
  if (withdrawals_.size() >= genesis_.withdrawals()) return Reason::CAPACITY_TABLE;
  Balance& balance = balance_of(c.account(), c.asset());
  if (c.amount() > balance.available) return Reason::RISK_INSUFFICIENT_BALANCE;
  balance.available -= c.amount();
  balance.held += c.amount();
  withdrawals_[c.reference()] = {c.account(), c.asset(), c.amount()};
  funds_changed(c.account(), c.asset(), 0, c.reference());
  return Reason::NONE;
}

proto::Reason NaiveExchange::withdraw_settle(const proto::WithdrawSettle& c) {
  const auto found = withdrawals_.find(c.reference());
  if (found == withdrawals_.end()) return Reason::UNKNOWN_WITHDRAWAL;
  if (c.outcome() > proto::WithdrawOutcome::Void) return Reason::ADMIN_VALUE_INVALID;
  const Withdrawal w = found->second;
  withdrawals_.erase(found);
  Balance& balance = balance_of(w.account, w.asset);
  balance.held -= w.amount;
  balance.available += w.amount;
  const bool paid = c.outcome() == proto::WithdrawOutcome::Paid;
  if (paid) {
    add_leg(w.account, w.asset, -w.amount, kWithdrawal, c.reference(), 0);
    add_leg(0, w.asset, w.amount, kWithdrawal, c.reference(), 0);
  }
  funds_changed(w.account, w.asset, paid ? -w.amount : 0, c.reference());
  return Reason::NONE;
}

std::int64_t NaiveExchange::withdrawal_holds(std::uint32_t account, std::uint32_t asset) const {
  std::int64_t sum = 0;
  for (const auto& [reference, w] : withdrawals_) {
    if (w.account == account && w.asset == asset) sum += w.amount;
  }
  return sum;
}

// -- with two approvers -------------------------------------------------------------------------

proto::Reason NaiveExchange::open_proposal(Proposal proposal) {
  if (proposals_.size() >= genesis_.proposals()) return Reason::CAPACITY_TABLE;
  proposal.proposer = command_->session;
  proposals_[next_proposal_] = proposal;
  if (command_->session != 0) events_->reports[0].mutate_order_id(next_proposal_);
  ++next_proposal_;
  return Reason::NONE;
}

proto::Reason NaiveExchange::propose_transfer(const proto::ProposeTransfer& c) {
  if (!account_exists(c.from_account()) || !account_exists(c.to_account())) {
    return Reason::UNKNOWN_ACCOUNT;
  }
  if (!asset_exists(c.asset())) return Reason::UNKNOWN_ASSET;
  if (c.from_account() == c.to_account() || c.amount() <= 0) return Reason::ADMIN_VALUE_INVALID;
  Proposal proposal;
  proposal.transfer = c;
  return open_proposal(proposal);
}

Trade* NaiveExchange::kept_trade(std::uint64_t id) {
  for (Trade& trade : trades_) {
    if (trade.id == id) return &trade;
  }
  return nullptr;
}

proto::Reason NaiveExchange::propose_bust(const proto::ProposeTradeBust& c) {
  const Trade* trade = kept_trade(c.trade_id());
  if (trade == nullptr) return Reason::UNKNOWN_TRADE;
  if (trade->busted) return Reason::ADMIN_ALREADY_BUSTED;
  Proposal proposal;
  proposal.is_bust = true;
  proposal.trade = c.trade_id();
  return open_proposal(proposal);
}

proto::Reason NaiveExchange::approve(const proto::ApproveProposal& c) {
  const auto found = proposals_.find(c.proposal());
  if (found == proposals_.end()) return Reason::UNKNOWN_PROPOSAL;
  Proposal& proposal = found->second;
  if (proposal.proposer == command_->session) return Reason::ADMIN_OWN_PROPOSAL;
  if (!proposal.approved_once) {
    proposal.approved_once = true;
    proposal.first_approver = command_->session;
    return Reason::NONE;
  }
  if (proposal.first_approver == command_->session) return Reason::ADMIN_ALREADY_APPROVED;
  const Reason reason = proposal.is_bust ? bust(proposal) : transfer(proposal, c.proposal());
  if (reason == Reason::NONE) proposals_.erase(found);
  return reason;
}

proto::Reason NaiveExchange::reject_proposal(const proto::RejectProposal& c) {
  return proposals_.erase(c.proposal()) != 0 ? Reason::NONE : Reason::UNKNOWN_PROPOSAL;
}

proto::Reason NaiveExchange::transfer(const Proposal& proposal, std::uint64_t number) {
  const proto::ProposeTransfer& t = proposal.transfer;
  if (t.amount() > balance_of(t.from_account(), t.asset()).available) {
    return Reason::RISK_INSUFFICIENT_BALANCE;
  }
  add_leg(t.from_account(), t.asset(), -t.amount(), kTransfer, number, 0);
  add_leg(t.to_account(), t.asset(), t.amount(), kTransfer, number, 0);
  funds_changed(t.from_account(), t.asset(), -t.amount(), number);
  funds_changed(t.to_account(), t.asset(), t.amount(), number);
  return Reason::NONE;
}

proto::Reason NaiveExchange::bust(const Proposal& proposal) {
  Trade* trade = kept_trade(proposal.trade);
  if (trade == nullptr) return Reason::UNKNOWN_TRADE;
  if (trade->busted) return Reason::ADMIN_ALREADY_BUSTED;
  const Market& market = markets_[trade->market - 1];
  const std::uint32_t base = market.definition.base_asset();
  const std::uint32_t quote = market.definition.quote_asset();
  struct Part {
    std::uint32_t account, asset;
    std::int64_t amount;
  };
  const Part parts[] = {
      {trade->buyer, base, -trade->base_amount},
      {trade->seller, base, trade->base_amount},
      {trade->seller, quote, -trade->quote_amount},
      {trade->buyer, quote, trade->quote_amount},
      {trade->buyer, quote, trade->buyer_fee},
      {trade->seller, quote, trade->seller_fee},
      {market.fee_account, quote, -(trade->buyer_fee + trade->seller_fee)},
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> change;
  for (const Part& part : parts) change[{part.account, part.asset}] += part.amount;
  for (const auto& [key, amount] : change) {
    if (balance_of(key.first, key.second).available + amount < 0) {
      return Reason::RISK_INSUFFICIENT_BALANCE;
    }
  }
  for (const Part& part : parts) {
    add_leg(part.account, part.asset, part.amount, kBust, trade->id, trade->market);
  }
  trade->busted = true;
  for (const std::uint32_t account : {trade->buyer, trade->seller}) {
    proto::Report& report = add_report(0, ReportKind::TradeBusted, account, true);
    report.mutate_trade_id(trade->id);
    report.mutate_market(trade->market);
    report.mutate_price_ticks(trade->price);
    report.mutate_quantity_lots(trade->quantity);
    report.mutate_side(account == trade->buyer ? Side::Buy : Side::Sell);
  }
  proto::FeedMessage& message = add_feed(proto::FeedKind::TradeBusted, trade->market);
  message.mutate_trade_id(trade->id);
  message.mutate_price_ticks(trade->price);
  message.mutate_quantity_lots(trade->quantity);
  return Reason::NONE;
}

}  // namespace saker::naive
