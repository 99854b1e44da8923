// One formatter for each kind of command, and the table of them.
#include <array>
#include <cstdio>

#include "engine/command_text.hpp"
#include "engine/text_line.hpp"

namespace saker::engine {
namespace {

using proto::CommandKind;

// ---- trading -------------------------------------------------------------------------------

void write(TextLine& line, const proto::NewOrder& c) {
  line.number("account", c.account()).market(c.market());
  line.name("side", c.side(), proto::EnumNameSide);
  line.name("type", c.type(), proto::EnumNameOrderType);
  line.name("time_in_force", c.time_in_force(), proto::EnumNameTimeInForce);
  line.price("price", c.price_ticks(), c.market());
  line.quantity("quantity", c.quantity_lots(), c.market());
  if (c.quote_budget() != 0) {
    const auto* market = line.names() != nullptr ? line.names()->market(c.market()) : nullptr;
    line.amount("budget", c.quote_budget(), market != nullptr ? market->quote_asset : 0);
  }
  line.given("client_order_id", c.client_order_id());
  if (raw(c.self_trade_prevention()) != 0) {
    line.name("self_trade_prevention", c.self_trade_prevention(),
              proto::EnumNameSelfTradePrevention);
  }
}

void write(TextLine& line, const proto::CancelOrder& c) {
  line.number("account", c.account()).given("order_id", c.order_id());
  line.given("client_order_id", c.client_order_id());
}

void write(TextLine& line, const proto::ReplaceOrder& c) {
  // The command does not name its market, so price and quantity stay in ticks and lots.
  line.number("account", c.account()).given("order_id", c.order_id());
  line.given("client_order_id", c.client_order_id());
  line.given("new_client_order_id", c.new_client_order_id());
  line.number("price_ticks", c.price_ticks()).number("quantity_lots", c.quantity_lots());
}

void write(TextLine& line, const proto::MassCancel& c) {
  static constexpr std::array<const char*, 3> kSides = {"both", "Buy", "Sell"};
  line.name("scope", c.scope(), proto::EnumNameScope).number("scope_id", c.scope_id());
  if (c.market() != 0) line.market(c.market());
  line.word("side", c.side() < kSides.size() ? kSides[c.side()] : std::to_string(c.side()));
  line.given("client_reference", c.client_reference());
}

// ---- sessions ------------------------------------------------------------------------------

void write(TextLine& line, const proto::SessionLogon& c) {
  line.number("session", c.session()).number("connection", c.connection());
  line.number("heartbeat_ms", c.heartbeat_ms());
}
void write(TextLine& line, const proto::SessionLogoff& c) { line.number("session", c.session()); }
void write(TextLine& line, const proto::SessionTimedOut& c) { line.number("session", c.session()); }

// ---- administration ------------------------------------------------------------------------

void write(TextLine& line, const proto::AddAsset& c) {
  line.number("asset", c.asset()).chars("symbol", c.symbol());
  line.number("decimals", unsigned{c.decimals()}).chars("reason", c.reason());
}
void write(TextLine& line, const proto::AddFirm& c) {
  line.number("firm", c.firm()).chars("name", c.name()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::AddGroup& c) {
  line.number("group", c.group()).number("firm", c.firm());
  line.chars("name", c.name()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::AddAccount& c) {
  line.number("account", c.account()).number("group", c.group());
  line.number("max_open_orders", c.max_open_orders());
  line.chars("name", c.name()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::AddSession& c) {
  line.number("session", c.session()).number("firm", c.firm());
  line.word("rights", rights_text(c.rights())).number("key_id", c.key_id());
  line.number("cancel_on_disconnect", unsigned{c.cancel_on_disconnect()});
  line.chars("name", c.name()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::GrantAccount& c) {
  line.number("session", c.session()).number("account", c.account());
  line.word("rights", rights_text(c.rights())).chars("reason", c.reason());
}

/// Amounts in `quote`, prices and quantities by the scales that are given.
void write_params(TextLine& line, const proto::MarketParams& p) {
  line.number("min_quantity_lots", p.min_quantity_lots());
  line.number("max_quantity_lots", p.max_quantity_lots());
  line.number("min_notional_minor", p.min_notional());
  line.number("max_notional_minor", p.max_notional());
  line.number("max_price_ticks", p.max_price_ticks());
  line.number("price_band_ppm", p.price_band_ppm()).number("protection_ppm", p.protection_ppm());
  line.number("maker_fee_ppm", p.maker_fee_ppm()).number("taker_fee_ppm", p.taker_fee_ppm());
}

void write(TextLine& line, const proto::AddMarket& c) {
  line.number("market", c.market()).chars("symbol", c.symbol());
  line.asset("base", c.base_asset()).asset("quote", c.quote_asset());
  line.number("price_decimals", unsigned{c.price_decimals()});
  line.number("tick_size", c.tick_size()).number("lot_size", c.lot_size());
  line.number("reference_price_ticks", c.reference_price_ticks());
  line.number("fee_account", c.fee_account());
  write_params(line, c.params());
  line.chars("reason", c.reason());
}
void write(TextLine& line, const proto::SetMarketParams& c) {
  line.market(c.market());
  write_params(line, c.params());
  line.chars("reason", c.reason());
}
void write(TextLine& line, const proto::SetMarketPhase& c) {
  line.market(c.market()).name("phase", c.phase(), proto::EnumNameMarketPhase);
  line.chars("reason", c.reason());
}
void write(TextLine& line, const proto::SetReferencePrice& c) {
  line.market(c.market()).price("price", c.price_ticks(), c.market()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::Deposit& c) {
  line.number("account", c.account()).asset("asset", c.asset());
  line.amount("amount", c.amount(), c.asset());
  line.number("reference", c.reference()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::WithdrawHold& c) {
  line.number("account", c.account()).asset("asset", c.asset());
  line.amount("amount", c.amount(), c.asset());
  line.number("reference", c.reference()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::WithdrawSettle& c) {
  line.number("reference", c.reference());
  line.name("outcome", c.outcome(), proto::EnumNameWithdrawOutcome).chars("reason", c.reason());
}
void write(TextLine& line, const proto::KillSwitch& c) {
  line.name("scope", c.scope(), proto::EnumNameScope).number("scope_id", c.scope_id());
  line.number("engaged", unsigned{c.engaged()}).chars("reason", c.reason());
}
void write(TextLine& line, const proto::ProposeTransfer& c) {
  line.number("from_account", c.from_account()).number("to_account", c.to_account());
  line.asset("asset", c.asset()).amount("amount", c.amount(), c.asset());
  line.chars("reason", c.reason());
}
void write(TextLine& line, const proto::ProposeTradeBust& c) {
  line.number("trade_id", c.trade_id()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::ApproveProposal& c) {
  line.number("proposal", c.proposal()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::RejectProposal& c) {
  line.number("proposal", c.proposal()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::SetRuleVersion& c) {
  line.number("rule_version", c.rule_version()).chars("reason", c.reason());
}
void write(TextLine& line, const proto::RollTradingDay& c) {
  line.number("day", c.day()).chars("reason", c.reason());
}

// ---- system --------------------------------------------------------------------------------

void write(TextLine& line, const proto::Genesis& c) {
  line.chars("venue", c.venue()).number("rule_version", c.rule_version());
  line.number("random_seed", c.random_seed()).number("orders", c.orders());
  line.number("price_leaves", c.price_leaves()).number("assets", c.assets());
  line.number("markets", c.markets()).number("firms", c.firms()).number("groups", c.groups());
  line.number("accounts", c.accounts()).number("sessions", c.sessions());
  line.number("grants", c.grants()).number("withdrawals", c.withdrawals());
  line.number("proposals", c.proposals()).number("trades", c.trades());
  line.number("client_ids_per_account", c.client_ids_per_account());
}
void write(TextLine& line, const proto::EpochStart& c) {
  char hash[20];
  line.number("epoch", c.epoch()).name("policy", c.policy(), proto::EnumNameCommitPolicy);
  std::snprintf(hash, sizeof(hash), "%016llx", static_cast<unsigned long long>(c.build_hash()));
  line.word("build_hash", hash);
  std::snprintf(hash, sizeof(hash), "%016llx", static_cast<unsigned long long>(c.config_hash()));
  line.word("config_hash", hash);
}
void write(TextLine&, const proto::AdvanceClock&) {}
void write(TextLine& line, const proto::Continue& c) { line.number("job", c.job()); }
void write(TextLine&, const proto::StateMarker&) {}
void write(TextLine& line, const proto::ActivateRules& c) {
  line.number("rule_version", c.rule_version());
}

// ---- the table -----------------------------------------------------------------------------

struct Formatter {
  CommandKind kind;
  std::size_t body_bytes;
  void (*write)(TextLine&, const core::Command&);
};

template <class T>
constexpr Formatter formatter(CommandKind kind) {
  return {kind, sizeof(T),
          [](TextLine& line, const core::Command& command) { write(line, command.as<T>()); }};
}
#define SAKER_FORMATTER(Kind) formatter<proto::Kind>(CommandKind::Kind)

constexpr Formatter kFormatters[] = {
    SAKER_FORMATTER(NewOrder),        SAKER_FORMATTER(CancelOrder),
    SAKER_FORMATTER(ReplaceOrder),    SAKER_FORMATTER(MassCancel),
    SAKER_FORMATTER(SessionLogon),    SAKER_FORMATTER(SessionLogoff),
    SAKER_FORMATTER(SessionTimedOut), SAKER_FORMATTER(AddAsset),
    SAKER_FORMATTER(AddFirm),         SAKER_FORMATTER(AddGroup),
    SAKER_FORMATTER(AddAccount),      SAKER_FORMATTER(AddSession),
    SAKER_FORMATTER(AddMarket),       SAKER_FORMATTER(SetMarketParams),
    SAKER_FORMATTER(SetMarketPhase),  SAKER_FORMATTER(SetReferencePrice),
    SAKER_FORMATTER(GrantAccount),    SAKER_FORMATTER(Deposit),
    SAKER_FORMATTER(WithdrawHold),    SAKER_FORMATTER(WithdrawSettle),
    SAKER_FORMATTER(KillSwitch),      SAKER_FORMATTER(ProposeTransfer),
    SAKER_FORMATTER(ProposeTradeBust), SAKER_FORMATTER(ApproveProposal),
    SAKER_FORMATTER(RejectProposal),  SAKER_FORMATTER(RollTradingDay),
    SAKER_FORMATTER(SetRuleVersion),
    SAKER_FORMATTER(Genesis),         SAKER_FORMATTER(EpochStart),
    SAKER_FORMATTER(AdvanceClock),    SAKER_FORMATTER(Continue),
    SAKER_FORMATTER(StateMarker),     SAKER_FORMATTER(ActivateRules),
};
#undef SAKER_FORMATTER

const Formatter* find_formatter(const core::Command& command) {
  for (const Formatter& f : kFormatters) {
    if (f.kind == command.kind) return f.body_bytes == command.body.size() ? &f : nullptr;
  }
  return nullptr;
}

std::string hex_text(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    char hex[4];
    std::snprintf(hex, sizeof(hex), "%02x", static_cast<unsigned>(b));
    text.append(hex);
  }
  return text;
}

}  // namespace

std::string command_text(const core::Command& command, const CommandNames* names) {
  TextLine line(enum_text(command.kind, proto::EnumNameCommandKind), names);
  if (const Formatter* f = find_formatter(command)) {
    f->write(line, command);
  } else {
    line.number("body_bytes", command.body.size()).word("body", hex_text(command.body));
  }
  return line.take();
}

std::string command_line(const core::Command& command, const CommandNames* names) {
  std::string line = std::to_string(command.sequence) + " " + time_text(command.time_ns) + " ";
  if (command.envelope.session == 0) {
    line += "engine ";
  } else {
    line += "session=" + std::to_string(command.envelope.session) +
            " client_sequence=" + std::to_string(command.envelope.client_sequence) + " ";
  }
  return line + command_text(command, names);
}

}  // namespace saker::engine
