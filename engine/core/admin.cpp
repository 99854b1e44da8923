// Configuration and control: what exists, who may do what, phases, kill switches.
#include "engine/core/rules.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

constexpr std::uint32_t kAllRights = 63;
constexpr std::uint32_t kVenueFirm = 1;
constexpr std::uint32_t kMaxPpm = 1'000'000;

template <std::uint16_t kSize>
Name name_of(const flatbuffers::Array<std::uint8_t, kSize>* text) {
  static_assert(kSize == sizeof(Name));
  Name name;
  for (std::uint16_t i = 0; i < kSize; ++i) name[i] = text->Get(i);
  return name;
}

Reason next_id(std::uint32_t id, std::uint32_t& count, std::uint32_t capacity) {
  if (id != count + 1) return Reason::ADMIN_ID_NOT_NEXT;
  if (count == capacity) return Reason::CAPACITY_TABLE;
  ++count;
  return Reason::NONE;
}

/// Quote minor units of one lot at a price of one tick; 0 when they are not whole, or so many
/// that price x quantity x tick value could leave 128 bits. Divides before it multiplies, so that
/// nothing overflows on the way.
Int128 tick_value_of(const proto::AddMarket& add, int base_decimals, int quote_decimals) {
  constexpr Int128 kMost = Int128{1} << 56;
  Int128 value = Int128{add.tick_size()} * add.lot_size();
  int exponent = quote_decimals - add.price_decimals() - base_decimals;
  for (; exponent < 0; ++exponent) {
    if (value % 10 != 0) return 0;
    value /= 10;
  }
  for (; exponent > 0 && value <= kMost; --exponent) value *= 10;
  return value <= kMost ? value : 0;
}

}  // namespace

Reason State::check_admin_right(CommandKind kind) const {
  if (from.session == 0) return Reason::NONE;
  if (!is_session(from.session) || !sessions[from.session].connected) {
    return Reason::PERMISSION_NOT_LOGGED_ON;
  }
  proto::Rights needed = proto::Rights::Administer;
  switch (kind) {
    case CommandKind::Deposit:
    case CommandKind::WithdrawHold:
    case CommandKind::WithdrawSettle: needed = proto::Rights::Funds; break;
    case CommandKind::ApproveProposal:
    case CommandKind::RejectProposal: needed = proto::Rights::Approve; break;
    default: break;
  }
  return (sessions[from.session].rights & raw(needed)) != 0 ? Reason::NONE
                                                             : Reason::PERMISSION_DENIED;
}

void State::answer_admin(const AdminAnswer& answer) {
  if (from.session == 0) return;
  const std::uint32_t session = is_session(from.session) ? from.session : 0;
  const bool accepted = answer.reason == Reason::NONE;
  proto::Report& report = add_report(
      accepted ? ReportKind::AdminAccepted : ReportKind::AdminRejected, session, 0);
  report.mutate_reason(answer.reason);
  report.mutate_client_order_id(answer.reference);
  report.mutate_order_id(answer.number);
  report.mutate_account(answer.account);
  report.mutate_market(answer.market);
  report.mutate_amount_minor(answer.amount);
}

void State::apply_admin(const Command& command) {
  const Reason right = check_admin_right(command.kind);
  if (right != Reason::NONE) {
    answer_admin({.reason = right});
    return;
  }
  switch (command.kind) {
    case CommandKind::KillSwitch: kill_switch(command.as<proto::KillSwitch>()); return;
    case CommandKind::Deposit: deposit(command.as<proto::Deposit>()); return;
    case CommandKind::WithdrawHold: withdraw_hold(command.as<proto::WithdrawHold>()); return;
    case CommandKind::WithdrawSettle:
      withdraw_settle(command.as<proto::WithdrawSettle>());
      return;
    case CommandKind::ProposeTransfer:
      propose_transfer(command.as<proto::ProposeTransfer>());
      return;
    case CommandKind::ProposeTradeBust:
      propose_bust(command.as<proto::ProposeTradeBust>());
      return;
    case CommandKind::ApproveProposal:
      approve(command.as<proto::ApproveProposal>().proposal());
      return;
    case CommandKind::RejectProposal:
      reject_proposal(command.as<proto::RejectProposal>().proposal());
      return;
    default: {
      AdminAnswer answer;
      answer.reason = configure(command, answer);
      answer_admin(answer);
    }
  }
}

Reason State::configure(const Command& command, AdminAnswer& answer) {
  switch (command.kind) {
    case CommandKind::AddAsset: return add_asset(command.as<proto::AddAsset>());
    case CommandKind::AddFirm: {
      const auto& add = command.as<proto::AddFirm>();
      const Reason reason = next_id(add.firm(), firm_count, genesis.firms());
      if (reason == Reason::NONE) firms[add.firm()].name = name_of(add.name());
      return reason;
    }
    case CommandKind::AddGroup: return add_group(command.as<proto::AddGroup>());
    case CommandKind::AddAccount:
      answer.account = command.as<proto::AddAccount>().account();
      return add_account(command.as<proto::AddAccount>());
    case CommandKind::AddSession: return add_session(command.as<proto::AddSession>());
    case CommandKind::AddMarket:
      answer.market = command.as<proto::AddMarket>().market();
      return add_market(command.as<proto::AddMarket>());
    case CommandKind::SetMarketParams:
      answer.market = command.as<proto::SetMarketParams>().market();
      return set_market_params(command.as<proto::SetMarketParams>());
    case CommandKind::SetMarketPhase: {
      const auto& set = command.as<proto::SetMarketPhase>();
      answer.market = set.market();
      if (!is_market(set.market())) return Reason::UNKNOWN_MARKET;
      if (raw(set.phase()) > raw(MarketPhase::Halted)) return Reason::ADMIN_VALUE_INVALID;
      markets[set.market()].phase = set.phase();
      add_feed(FeedKind::PhaseChanged, set.market()).mutate_value(raw(set.phase()));
      return Reason::NONE;
    }
    case CommandKind::SetReferencePrice:
      answer.market = command.as<proto::SetReferencePrice>().market();
      return set_reference_price(command.as<proto::SetReferencePrice>());
    case CommandKind::GrantAccount:
      answer.account = command.as<proto::GrantAccount>().account();
      return grant_account(command.as<proto::GrantAccount>());
    case CommandKind::RollTradingDay: {
      const std::uint32_t day = command.as<proto::RollTradingDay>().day();
      if (day <= trading_day) return Reason::ADMIN_VALUE_INVALID;
      trading_day = day;
      add_feed(FeedKind::TradingDay, 0).mutate_trade_id(day);
      return Reason::NONE;
    }
    case CommandKind::SetRuleVersion:
      return set_rule_version(command.as<proto::SetRuleVersion>().rule_version());
    default: return Reason::UNKNOWN_COMMAND;
  }
}

Reason State::set_rule_version(std::uint32_t version) {
  if (version <= rule_version || version > kNewestRules) return Reason::ADMIN_VALUE_INVALID;
  rule_version = version;
  return Reason::NONE;
}

Reason State::add_asset(const proto::AddAsset& add) {
  if (add.decimals() > 18) return Reason::ADMIN_VALUE_INVALID;
  const Reason reason = next_id(add.asset(), asset_count, genesis.assets());
  if (reason != Reason::NONE) return reason;
  assets[add.asset()] = {.symbol = name_of(add.symbol()), .decimals = add.decimals()};
  return Reason::NONE;
}

Reason State::add_group(const proto::AddGroup& add) {
  if (add.firm() == 0 || add.firm() > firm_count) return Reason::UNKNOWN_FIRM;
  const Reason reason = next_id(add.group(), group_count, genesis.groups());
  if (reason != Reason::NONE) return reason;
  groups[add.group()] = {.name = name_of(add.name()), .firm = add.firm()};
  return Reason::NONE;
}

Reason State::add_account(const proto::AddAccount& add) {
  if (add.group() == 0 || add.group() > group_count) return Reason::UNKNOWN_GROUP;
  const Reason reason = next_id(add.account(), account_count, genesis.accounts());
  if (reason != Reason::NONE) return reason;
  Account& account = accounts[add.account()];
  account.name = name_of(add.name());
  account.group = add.group();
  account.firm = groups[add.group()].firm;
  account.max_open_orders = add.max_open_orders();
  return Reason::NONE;
}

Reason State::add_session(const proto::AddSession& add) {
  if (add.firm() == 0 || add.firm() > firm_count) return Reason::UNKNOWN_FIRM;
  if ((raw(add.rights()) & ~kAllRights) != 0 || add.cancel_on_disconnect() > 1) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  const Reason reason = next_id(add.session(), session_count, genesis.sessions());
  if (reason != Reason::NONE) return reason;
  Session& session = sessions[add.session()];
  session.name = name_of(add.name());
  session.firm = add.firm();
  session.rights = raw(add.rights());
  session.key_id = add.key_id();
  session.cancel_on_disconnect = add.cancel_on_disconnect() != 0;
  return Reason::NONE;
}

bool State::params_valid(const proto::MarketParams& p, std::int64_t lot_size) {
  const bool quantities = p.min_quantity_lots() >= 1 &&
                          p.min_quantity_lots() <= p.max_quantity_lots() &&
                          p.max_quantity_lots() <= (std::int64_t{1} << 40) &&
                          Int128{p.max_quantity_lots()} * lot_size <= (Int128{1} << 61);
  const bool notionals = p.min_notional() >= 0 && (p.max_notional() == 0 ||
                                                   p.max_notional() >= p.min_notional());
  const bool prices = p.max_price_ticks() >= 1 && p.max_price_ticks() < kPriceLimit;
  return quantities && notionals && prices && p.price_band_ppm() < kMaxPpm &&
         p.protection_ppm() < kMaxPpm && p.maker_fee_ppm() < kMaxPpm &&
         p.taker_fee_ppm() < kMaxPpm;
}

Reason State::add_market(const proto::AddMarket& add) {
  if (!is_asset(add.base_asset()) || !is_asset(add.quote_asset())) return Reason::UNKNOWN_ASSET;
  if (add.base_asset() == add.quote_asset()) return Reason::ADMIN_VALUE_INVALID;
  if (!is_account(add.fee_account())) return Reason::UNKNOWN_ACCOUNT;
  if (add.tick_size() <= 0 || add.lot_size() <= 0 || add.price_decimals() > 18 ||
      !params_valid(add.params(), add.lot_size()) || add.reference_price_ticks() < 0 ||
      add.reference_price_ticks() > add.params().max_price_ticks()) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  const Int128 tick_value = tick_value_of(add, assets[add.base_asset()].decimals,
                                          assets[add.quote_asset()].decimals);
  if (tick_value == 0) return Reason::ADMIN_TICK_LOT_NOT_WHOLE;
  const Reason reason = next_id(add.market(), market_count, genesis.markets());
  if (reason != Reason::NONE) return reason;
  Market& market = markets[add.market()];
  market.symbol = name_of(add.symbol());
  market.params = add.params();
  market.tick_size = add.tick_size();
  market.lot_size = add.lot_size();
  market.tick_value = static_cast<std::int64_t>(tick_value);
  market.reference_price = add.reference_price_ticks();
  market.base = add.base_asset();
  market.quote = add.quote_asset();
  market.fee_account = add.fee_account();
  market.version = 1;
  market.price_decimals = add.price_decimals();
  define_market(add.market());
  return Reason::NONE;
}

Reason State::set_market_params(const proto::SetMarketParams& set) {
  if (!is_market(set.market())) return Reason::UNKNOWN_MARKET;
  Market& market = markets[set.market()];
  if (!params_valid(set.params(), market.lot_size)) return Reason::ADMIN_VALUE_INVALID;
  const PriceIndex& bids = market.sides[raw(Side::Buy)];
  const PriceIndex& asks = market.sides[raw(Side::Sell)];
  const bool fees_change = set.params().maker_fee_ppm() != market.params.maker_fee_ppm() ||
                           set.params().taker_fee_ppm() != market.params.taker_fee_ppm();
  const auto max_key = static_cast<std::uint32_t>(set.params().max_price_ticks());
  const bool bid_above =
      !bids.empty() && kPriceLimit - 1 - bids.best_key() > max_key;
  const bool ask_above = asks.next_at_or_after(prices, max_key + 1) != kNoKey;
  if (bid_above || ask_above || (fees_change && !(bids.empty() && asks.empty()))) {
    return Reason::ADMIN_NOT_EMPTY;
  }
  market.params = set.params();
  ++market.version;
  define_market(set.market());
  return Reason::NONE;
}

Reason State::set_reference_price(const proto::SetReferencePrice& set) {
  if (!is_market(set.market())) return Reason::UNKNOWN_MARKET;
  Market& market = markets[set.market()];
  if (set.price_ticks() < 0 || set.price_ticks() > market.params.max_price_ticks()) {
    return Reason::ADMIN_VALUE_INVALID;
  }
  market.reference_price = set.price_ticks();
  market.last_price = 0;
  const Band b = band(market);
  proto::FeedMessage& message = add_feed(FeedKind::BandChanged, set.market());
  message.mutate_price_ticks(b.lowest);
  message.mutate_quantity_lots(b.highest);
  return Reason::NONE;
}

Reason State::grant_account(const proto::GrantAccount& g) {
  if (!is_session(g.session())) return Reason::UNKNOWN_SESSION;
  const std::uint32_t rights = raw(g.rights());
  const std::uint32_t firm = sessions[g.session()].firm;
  // Account 0, for sessions of the venue: to see all accounts, those to come included.
  const bool all = g.account() == 0 && firm == kVenueFirm &&
                   (rights & ~std::uint32_t{raw(proto::Rights::View)}) == 0;
  if (!all && !is_account(g.account())) return Reason::UNKNOWN_ACCOUNT;
  if ((rights & ~kAllRights) != 0) return Reason::ADMIN_VALUE_INVALID;
  const std::uint32_t harmless = raw(proto::Rights::View) | raw(proto::Rights::Funds);
  if ((rights & ~harmless) != 0 && firm != kVenueFirm && firm != accounts[g.account()].firm) {
    return Reason::PERMISSION_DENIED;
  }
  std::uint8_t& slot = grant(g.session(), g.account());
  if (slot == 0 && rights != 0) {
    if (grant_count == genesis.grants()) return Reason::CAPACITY_TABLE;
    ++grant_count;
  } else if (slot != 0 && rights == 0) {
    --grant_count;
  }
  slot = static_cast<std::uint8_t>(rights);
  return Reason::NONE;
}

bool* State::kill_flag(proto::Scope scope, std::uint32_t id) {
  switch (scope) {
    case proto::Scope::Account: return is_account(id) ? &accounts[id].killed : nullptr;
    case proto::Scope::Group:
      return id >= 1 && id <= group_count ? &groups[id].killed : nullptr;
    case proto::Scope::Firm: return id >= 1 && id <= firm_count ? &firms[id].killed : nullptr;
    case proto::Scope::Session: return is_session(id) ? &sessions[id].killed : nullptr;
    case proto::Scope::All: return &killed;
  }
  return nullptr;
}

void State::kill_switch(const proto::KillSwitch& kill) {
  static constexpr Reason kUnknown[] = {Reason::UNKNOWN_ACCOUNT, Reason::UNKNOWN_GROUP,
                                        Reason::UNKNOWN_FIRM, Reason::UNKNOWN_SESSION};
  AdminAnswer answer;
  if (raw(kill.scope()) > raw(proto::Scope::All) || kill.engaged() > 1) {
    answer.reason = Reason::ADMIN_VALUE_INVALID;
    answer_admin(answer);
    return;
  }
  bool* flag = kill_flag(kill.scope(), kill.scope_id());
  const auto first = 2 * static_cast<std::uint32_t>(genesis.sessions());
  std::uint32_t slot = first;
  while (slot < jobs.size() && jobs[slot].active) ++slot;
  if (flag == nullptr) {
    answer.reason = kUnknown[raw(kill.scope())];
  } else if (kill.engaged() != 0 && slot == jobs.size()) {
    answer.reason = Reason::CAPACITY_JOBS;
  }
  answer_admin(answer);
  if (answer.reason != Reason::NONE) return;
  *flag = kill.engaged() != 0;
  if (!*flag) return;
  start_job(slot, {.active = true,
                   .scope = kill.scope(),
                   .reason = Reason::CANCEL_KILL_SWITCH,
                   .scope_id = kill.scope_id(),
                   .requester = from.session,
                   .cutoff = sequence});
}

}  // namespace saker::core
