// Administration: what exists, and who may do what.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::CommandKind;
using proto::ReportKind;
using proto::Rights;

namespace {

constexpr Int128 kMostTickValue = Int128(1) << 56;
constexpr std::uint32_t kKillSwitchJobs = 16;

bool params_valid(const proto::MarketParams& p, std::int64_t lot_size) {
  return p.min_quantity_lots() >= 1 && p.min_quantity_lots() <= p.max_quantity_lots() &&
         p.max_quantity_lots() <= (std::int64_t{1} << 40) && p.min_notional() >= 0 &&
         (p.max_notional() == 0 || p.max_notional() >= p.min_notional()) &&
         p.max_price_ticks() >= 1 && p.max_price_ticks() < (std::int64_t{1} << 30) &&
         p.maker_fee_ppm() < kMillion && p.taker_fee_ppm() < kMillion &&
         p.price_band_ppm() < kMillion && p.protection_ppm() < kMillion &&
         Int128(p.max_quantity_lots()) * lot_size <= kMostMoney;
}

/// tick_size x lot_size x 10^quote / 10^(price + base decimals); 0 when it is not whole or does
/// not fit. Divides before it multiplies, so that nothing overflows.
Int128 tick_value_of(const proto::AddMarket& c, int base_decimals, int quote_decimals) {
  Int128 value = Int128(c.tick_size()) * c.lot_size();
  int exponent = quote_decimals - c.price_decimals() - base_decimals;
  for (; exponent < 0; ++exponent) {
    if (value % 10 != 0) return 0;
    value /= 10;
  }
  for (; exponent > 0 && value <= kMostTickValue; --exponent) value *= 10;
  return value <= kMostTickValue ? value : 0;
}

}  // namespace

void NaiveExchange::admin() {
  const bool answered = command_->session != 0;  // the genesis file gets no answer
  Reason reason = admin_permission();
  const bool permitted = reason == Reason::NONE;
  if (answered) {
    proto::Report& report = add_report(command_->session, ReportKind::AdminAccepted, 0, false);
    if (permitted) admin_fields(report);
  }
  if (permitted) reason = run_admin();
  if (!answered || reason == Reason::NONE) return;
  events_->reports[0].mutate_kind(ReportKind::AdminRejected);
  events_->reports[0].mutate_reason(reason);
}

proto::Reason NaiveExchange::admin_permission() const {
  if (command_->session == 0) return Reason::NONE;
  if (!logged_on()) return Reason::PERMISSION_NOT_LOGGED_ON;
  Rights needed = Rights::Administer;
  switch (command_->kind) {
    case CommandKind::Deposit:
    case CommandKind::WithdrawHold:
    case CommandKind::WithdrawSettle: needed = Rights::Funds; break;
    case CommandKind::ApproveProposal:
    case CommandKind::RejectProposal: needed = Rights::Approve; break;
    default: break;
  }
  return has_right(bits(needed)) ? Reason::NONE : Reason::PERMISSION_DENIED;
}

/// What an answer says of its command, granted or not.
void NaiveExchange::admin_fields(proto::Report& answer) {
  const auto set = [&](std::uint64_t reference, std::uint32_t account, std::uint32_t market,
                       std::int64_t amount) {
    answer.mutate_client_order_id(reference);
    answer.mutate_account(account);
    answer.mutate_market(market);
    answer.mutate_amount_minor(amount);
  };
  const auto funds = [&](const auto& c) { set(c.reference(), c.account(), 0, c.amount()); };
  switch (command_->kind) {
    case CommandKind::AddAccount: return set(0, command_->as<proto::AddAccount>().account(), 0, 0);
    case CommandKind::GrantAccount:
      return set(0, command_->as<proto::GrantAccount>().account(), 0, 0);
    case CommandKind::AddMarket: return set(0, 0, command_->as<proto::AddMarket>().market(), 0);
    case CommandKind::SetMarketParams:
      return set(0, 0, command_->as<proto::SetMarketParams>().market(), 0);
    case CommandKind::SetMarketPhase:
      return set(0, 0, command_->as<proto::SetMarketPhase>().market(), 0);
    case CommandKind::SetReferencePrice:
      return set(0, 0, command_->as<proto::SetReferencePrice>().market(), 0);
    case CommandKind::Deposit: return funds(command_->as<proto::Deposit>());
    case CommandKind::WithdrawHold: return funds(command_->as<proto::WithdrawHold>());
    case CommandKind::WithdrawSettle: {
      const auto c = command_->as<proto::WithdrawSettle>();
      const auto open = withdrawals_.find(c.reference());
      if (open == withdrawals_.end() || c.outcome() > proto::WithdrawOutcome::Void) {
        return set(c.reference(), 0, 0, 0);
      }
      return set(c.reference(), open->second.account, 0, open->second.amount);
    }
    case CommandKind::ProposeTradeBust: {
      const auto c = command_->as<proto::ProposeTradeBust>();
      const Trade* trade = kept_trade(c.trade_id());
      return set(c.trade_id(), 0, trade == nullptr ? 0 : trade->market, 0);
    }
    case CommandKind::ProposeTransfer: {
      const auto c = command_->as<proto::ProposeTransfer>();
      return set(0, c.from_account(), 0, c.amount());
    }
    case CommandKind::ApproveProposal:
      return set(command_->as<proto::ApproveProposal>().proposal(), 0, 0, 0);
    case CommandKind::RejectProposal:
      return set(command_->as<proto::RejectProposal>().proposal(), 0, 0, 0);
    default: return;
  }
}

proto::Reason NaiveExchange::run_admin() {
  switch (command_->kind) {
    case CommandKind::AddAsset: return add_asset(command_->as<proto::AddAsset>());
    case CommandKind::AddFirm: return add_firm(command_->as<proto::AddFirm>());
    case CommandKind::AddGroup: return add_group(command_->as<proto::AddGroup>());
    case CommandKind::AddAccount: return add_account(command_->as<proto::AddAccount>());
    case CommandKind::AddSession: return add_session(command_->as<proto::AddSession>());
    case CommandKind::AddMarket: return add_market(command_->as<proto::AddMarket>());
    case CommandKind::SetMarketParams:
      return set_market_params(command_->as<proto::SetMarketParams>());
    case CommandKind::SetMarketPhase:
      return set_market_phase(command_->as<proto::SetMarketPhase>());
    case CommandKind::SetReferencePrice:
      return set_reference_price(command_->as<proto::SetReferencePrice>());
    case CommandKind::GrantAccount: return grant_account(command_->as<proto::GrantAccount>());
    case CommandKind::RollTradingDay:
      return roll_trading_day(command_->as<proto::RollTradingDay>());
    case CommandKind::SetRuleVersion:
      return set_rule_version(command_->as<proto::SetRuleVersion>().rule_version());
    case CommandKind::KillSwitch: return kill_switch(command_->as<proto::KillSwitch>());
    default: return run_money();
  }
}

// -- what exists --------------------------------------------------------------------------------

/// Ids are given in order and end at the table's capacity.
proto::Reason NaiveExchange::next_id(std::uint32_t id, std::size_t count,
                                     std::uint32_t capacity) {
  if (id != count + 1) return Reason::ADMIN_ID_NOT_NEXT;
  return id > capacity ? Reason::CAPACITY_TABLE : Reason::NONE;
}

proto::Reason NaiveExchange::add_asset(const proto::AddAsset& c) {
  if (c.decimals() > 18) return Reason::ADMIN_VALUE_INVALID;
  const Reason reason = next_id(c.asset(), assets_.size(), genesis_.assets());
  if (reason != Reason::NONE) return reason;
  Asset asset;
  asset.decimals = c.decimals();
  std::copy(c.symbol()->begin(), c.symbol()->end(), asset.symbol.begin());
  assets_.push_back(asset);
  return Reason::NONE;
}

proto::Reason NaiveExchange::add_firm(const proto::AddFirm& c) {
  const Reason reason = next_id(c.firm(), firm_count_, genesis_.firms());
  if (reason == Reason::NONE) ++firm_count_;
  return reason;
}

proto::Reason NaiveExchange::add_group(const proto::AddGroup& c) {
  if (!firm_exists(c.firm())) return Reason::UNKNOWN_FIRM;
  const Reason reason = next_id(c.group(), group_firm_.size(), genesis_.groups());
  if (reason != Reason::NONE) return reason;
  group_firm_.push_back(c.firm());
  return Reason::NONE;
}

proto::Reason NaiveExchange::add_account(const proto::AddAccount& c) {
  if (!group_exists(c.group())) return Reason::UNKNOWN_GROUP;
  const Reason reason = next_id(c.account(), accounts_.size(), genesis_.accounts());
  if (reason != Reason::NONE) return reason;
  Account account;
  account.group = c.group();
  account.max_open_orders = c.max_open_orders();
  accounts_.push_back(account);
  return Reason::NONE;
}

proto::Reason NaiveExchange::add_session(const proto::AddSession& c) {
  if (!firm_exists(c.firm())) return Reason::UNKNOWN_FIRM;
  if ((bits(c.rights()) & ~bits(Rights::ANY)) != 0 || c.cancel_on_disconnect() > 1) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  const Reason reason = next_id(c.session(), sessions_.size(), genesis_.sessions());
  if (reason != Reason::NONE) return reason;
  Session session;
  session.firm = c.firm();
  session.rights = bits(c.rights());
  session.key_id = c.key_id();
  session.cancel_on_disconnect = c.cancel_on_disconnect() != 0;
  sessions_.push_back(session);
  return Reason::NONE;
}

proto::Reason NaiveExchange::grant_account(const proto::GrantAccount& c) {
  if (!session_exists(c.session())) return Reason::UNKNOWN_SESSION;
  const std::uint32_t rights = bits(c.rights());
  const std::uint32_t session_firm = sessions_[c.session() - 1].firm;
  if (c.account() == 0) {  // all accounts
    const bool looks = rights == 0 || rights == bits(Rights::View);
    if (session_firm != 1 || !looks) return Reason::UNKNOWN_ACCOUNT;
  } else {
    if (!account_exists(c.account())) return Reason::UNKNOWN_ACCOUNT;
    if ((rights & ~bits(Rights::ANY)) != 0) return Reason::ADMIN_VALUE_INVALID;
    const std::uint32_t account_firm = group_firm_[accounts_[c.account() - 1].group - 1];
    const bool only_looks = (rights & ~(bits(Rights::Funds) | bits(Rights::View))) == 0;
    if (session_firm != account_firm && session_firm != 1 && !only_looks) {
      return Reason::PERMISSION_DENIED;
    }
  }
  const std::pair<std::uint32_t, std::uint32_t> key = {c.session(), c.account()};
  if (rights == 0) {
    grants_.erase(key);
    return Reason::NONE;
  }
  if (grants_.count(key) == 0 && grants_.size() >= genesis_.grants()) {
    return Reason::CAPACITY_TABLE;
  }
  grants_[key] = rights;
  return Reason::NONE;
}

// -- markets ------------------------------------------------------------------------------------

/// The market's definition is published with a new version.
void NaiveExchange::define_market(Market& market) {
  proto::MarketDefinition& d = market.definition;
  const proto::MarketParams& p = market.params;
  d.mutate_version(d.version() + 1);
  d.mutate_min_quantity_lots(p.min_quantity_lots());
  d.mutate_max_quantity_lots(p.max_quantity_lots());
  d.mutate_min_notional(p.min_notional());
  d.mutate_max_notional(p.max_notional());
  d.mutate_max_price_ticks(p.max_price_ticks());
  d.mutate_maker_fee_ppm(p.maker_fee_ppm());
  d.mutate_taker_fee_ppm(p.taker_fee_ppm());
  add_feed(proto::FeedKind::MarketDefined, d.market());
  events_->definitions.push_back(d);
}

proto::Reason NaiveExchange::add_market(const proto::AddMarket& c) {
  if (!asset_exists(c.base_asset()) || !asset_exists(c.quote_asset())) {
    return Reason::UNKNOWN_ASSET;
  }
  if (c.base_asset() == c.quote_asset()) return Reason::ADMIN_VALUE_INVALID;
  if (!account_exists(c.fee_account())) return Reason::UNKNOWN_ACCOUNT;
  if (c.tick_size() <= 0 || c.lot_size() <= 0 || c.price_decimals() > 18 ||
      !params_valid(c.params(), c.lot_size()) || c.reference_price_ticks() < 0 ||
      c.reference_price_ticks() > c.params().max_price_ticks()) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  const Asset& base = assets_[c.base_asset() - 1];
  const Asset& quote = assets_[c.quote_asset() - 1];
  const Int128 tick_value = tick_value_of(c, base.decimals, quote.decimals);
  if (tick_value == 0) return Reason::ADMIN_TICK_LOT_NOT_WHOLE;
  const Reason reason = next_id(c.market(), markets_.size(), genesis_.markets());
  if (reason != Reason::NONE) return reason;
  Market market;
  proto::MarketDefinition& d = market.definition;
  d.mutate_market(c.market());
  d.mutate_tick_size(c.tick_size());
  d.mutate_lot_size(c.lot_size());
  d.mutate_tick_value(static_cast<std::int64_t>(tick_value));
  d.mutate_base_asset(c.base_asset());
  d.mutate_quote_asset(c.quote_asset());
  d.mutate_price_decimals(c.price_decimals());
  d.mutate_base_decimals(base.decimals);
  d.mutate_quote_decimals(quote.decimals);
  d.mutate_phase(proto::MarketPhase::Closed);
  for (std::uint32_t i = 0; i < 16; ++i) {
    d.mutable_symbol()->Mutate(i, c.symbol()->Get(i));
    d.mutable_base_symbol()->Mutate(i, base.symbol[i]);
    d.mutable_quote_symbol()->Mutate(i, quote.symbol[i]);
  }
  market.params = c.params();
  market.fee_account = c.fee_account();
  market.reference_price = c.reference_price_ticks();
  markets_.push_back(market);
  define_market(markets_.back());
  return Reason::NONE;
}

proto::Reason NaiveExchange::set_market_params(const proto::SetMarketParams& c) {
  if (!market_exists(c.market())) return Reason::UNKNOWN_MARKET;
  Market& market = markets_[c.market() - 1];
  const proto::MarketParams& p = c.params();
  if (!params_valid(p, market.definition.lot_size())) return Reason::ADMIN_VALUE_INVALID;
  const std::int64_t highest = std::max(market.bids.empty() ? 0 : market.bids.rbegin()->first,
                                        market.asks.empty() ? 0 : market.asks.rbegin()->first);
  if (p.max_price_ticks() < highest) return Reason::ADMIN_NOT_EMPTY;
  const bool fees_change = p.maker_fee_ppm() != market.params.maker_fee_ppm() ||
                           p.taker_fee_ppm() != market.params.taker_fee_ppm();
  if (fees_change && highest != 0) return Reason::ADMIN_NOT_EMPTY;
  market.params = p;
  define_market(market);
  return Reason::NONE;
}

proto::Reason NaiveExchange::set_market_phase(const proto::SetMarketPhase& c) {
  if (!market_exists(c.market())) return Reason::UNKNOWN_MARKET;
  if (c.phase() > proto::MarketPhase::Halted) return Reason::ADMIN_VALUE_INVALID;
  markets_[c.market() - 1].definition.mutate_phase(c.phase());
  add_feed(proto::FeedKind::PhaseChanged, c.market())
      .mutate_value(static_cast<std::uint8_t>(c.phase()));
  return Reason::NONE;
}

proto::Reason NaiveExchange::set_reference_price(const proto::SetReferencePrice& c) {
  if (!market_exists(c.market())) return Reason::UNKNOWN_MARKET;
  Market& market = markets_[c.market() - 1];
  if (c.price_ticks() < 0 || c.price_ticks() > market.params.max_price_ticks()) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  market.reference_price = c.price_ticks();
  market.last_price = 0;
  const auto edges = band(market);
  proto::FeedMessage& message = add_feed(proto::FeedKind::BandChanged, c.market());
  message.mutate_price_ticks(edges.first);
  message.mutate_quantity_lots(edges.second);
  return Reason::NONE;
}

// -- the whole venue ----------------------------------------------------------------------------

proto::Reason NaiveExchange::roll_trading_day(const proto::RollTradingDay& c) {
  if (c.day() <= trading_day_) return Reason::ADMIN_VALUE_INVALID;
  trading_day_ = c.day();
  add_feed(proto::FeedKind::TradingDay, 0).mutate_trade_id(c.day());
  return Reason::NONE;
}

/// Rules 1 and 2 exist, and only the way up.
proto::Reason NaiveExchange::set_rule_version(std::uint32_t version) {
  if (rules_ != 1 || version != 2) return Reason::ADMIN_VALUE_INVALID;
  rules_ = 2;
  return Reason::NONE;
}

proto::Reason NaiveExchange::kill_switch(const proto::KillSwitch& c) {
  if (c.scope() > proto::Scope::All || c.engaged() > 1) return Reason::ADMIN_VALUE_INVALID;
  switch (c.scope()) {
    case proto::Scope::Account:
      if (!account_exists(c.scope_id())) return Reason::UNKNOWN_ACCOUNT;
      break;
    case proto::Scope::Group:
      if (!group_exists(c.scope_id())) return Reason::UNKNOWN_GROUP;
      break;
    case proto::Scope::Firm:
      if (!firm_exists(c.scope_id())) return Reason::UNKNOWN_FIRM;
      break;
    case proto::Scope::Session:
      if (!session_exists(c.scope_id())) return Reason::UNKNOWN_SESSION;
      break;
    case proto::Scope::All: break;
  }
  const std::uint32_t id = c.scope() == proto::Scope::All ? 0 : c.scope_id();
  const std::pair<std::uint8_t, std::uint32_t> key = {static_cast<std::uint8_t>(c.scope()), id};
  if (c.engaged() == 0) {
    kill_switches_.erase(key);
    return Reason::NONE;
  }
  std::uint32_t slot = 2 * genesis_.sessions();
  const std::uint32_t end = slot + kKillSwitchJobs;
  while (slot < end && jobs_.count(slot) != 0) ++slot;
  if (slot == end) return Reason::CAPACITY_JOBS;
  kill_switches_.insert(key);
  Job job;
  job.scope = c.scope();
  job.scope_id = id;
  job.reason = Reason::CANCEL_KILL_SWITCH;
  job.asker = command_->session;
  start_job(slot, job);
  return Reason::NONE;
}

}  // namespace saker::naive
