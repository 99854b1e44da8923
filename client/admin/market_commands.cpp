// Markets: making them, opening and halting them, their limits and reference prices.
#include "client/admin/commands.hpp"
#include "client/admin/print.hpp"
#include "common/decimal.hpp"

namespace saker::client::admin {

namespace {

struct MarketArguments {
  std::string market, price, base, quote, symbol;
  std::uint32_t id = 0, fee_account = 1, day = 0, rules = 0;
  unsigned price_decimals = 2;
  std::int64_t tick_size = 1, lot_size = 1;
  std::int64_t min_quantity = 1, max_quantity = 1'000'000, max_price = 1'000'000;
  std::int64_t min_notional = 0, max_notional = 0, reference = 0;
  std::uint32_t band = 200'000, protection = 50'000, maker_fee = 0, taker_fee = 0;
};

proto::MarketParams params(const MarketArguments& a) {
  return {a.min_quantity, a.max_quantity, a.min_notional, a.max_notional, a.max_price,
          a.band, a.protection, a.maker_fee, a.taker_fee};
}

void add_limits(CommandLine* sub, MarketArguments& a) {
  sub->option("--min-quantity", a.min_quantity, "lots").shown();
  sub->option("--max-quantity", a.max_quantity, "lots").shown();
  sub->option("--min-notional", a.min_notional, "quote minor units").shown();
  sub->option("--max-notional", a.max_notional, "quote minor units, 0: none").shown();
  sub->option("--max-price", a.max_price, "ticks").shown();
  sub->option("--band", a.band, "millionths around the last price, 0: none").shown();
  sub->option("--protection", a.protection, "of market orders, millionths, 0: none").shown();
  sub->option("--maker-fee", a.maker_fee, "millionths").shown();
  sub->option("--taker-fee", a.taker_fee, "millionths").shown();
}

void add_phase(CommandLine& app, const Options& options, Action& action, MarketArguments& a,
               const char* name, proto::MarketPhase phase, const char* help) {
  CommandLine* sub = app.command(name, help);
  sub->option("market", a.market, "symbol or number").required();
  sub->on_use([&, phase] {
    action = [&, phase](Connection& c) {
      proto::SetMarketPhase command;
      command.mutate_market(Names(c.markets()).market(a.market).market());
      command.mutate_phase(phase);
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
}

void add_market(CommandLine& app, const Options& options, Action& action, MarketArguments& a) {
  CommandLine* sub = app.command("add-market", "make a market; it begins Closed");
  sub->option("id", a.id, "the next free number").required();
  sub->option("symbol", a.symbol, "such as KCN/EUR").required();
  sub->option("base", a.base, "asset: symbol or number").required();
  sub->option("quote", a.quote, "asset: symbol or number").required();
  sub->option("--price-decimals", a.price_decimals, "places of a price").shown();
  sub->option("--tick-size", a.tick_size, "in units of the last place").shown();
  sub->option("--lot-size", a.lot_size, "base minor units per lot").required();
  sub->option("--reference-price", a.reference, "ticks; before the first trade").shown();
  sub->option("--fee-account", a.fee_account, "who gets the fees").shown();
  add_limits(sub, a);
  sub->on_use([&] {
    action = [&](Connection& c) {
      const Names names(c.markets());
      proto::AddMarket command;
      command.mutable_params() = params(a);
      command.mutate_market(a.id);
      command.mutate_tick_size(a.tick_size);
      command.mutate_lot_size(a.lot_size);
      command.mutate_reference_price_ticks(a.reference);
      command.mutate_base_asset(names.asset(a.base).id);
      command.mutate_quote_asset(names.asset(a.quote).id);
      command.mutate_fee_account(a.fee_account);
      command.mutate_price_decimals(static_cast<std::uint8_t>(a.price_decimals));
      fill_text(command.mutable_symbol(), a.symbol);
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
}

}  // namespace

void add_market_commands(CommandLine& app, const Options& options, Action& action) {
  static MarketArguments a;
  using proto::MarketPhase;
  add_phase(app, options, action, a, "open", MarketPhase::Open, "open a market for trading");
  add_phase(app, options, action, a, "halt", MarketPhase::Halted, "stop a market; cancels work");
  add_phase(app, options, action, a, "close", MarketPhase::Closed, "close a market");
  add_phase(app, options, action, a, "cancel-only", MarketPhase::CancelOnly,
            "take only cancels in a market");
  add_market(app, options, action, a);
  CommandLine* sub = app.command("set-params", "set all limits and fees of a market");
  sub->option("market", a.market, "symbol or number").required();
  add_limits(sub, a);
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::SetMarketParams command;
      command.mutable_params() = params(a);
      command.mutate_market(Names(c.markets()).market(a.market).market());
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
  sub = app.command("reference-price", "set what the price band is measured from");
  sub->option("market", a.market, "symbol or number").required();
  sub->option("price", a.price, "decimal").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      const proto::MarketDefinition m = Names(c.markets()).market(a.market);
      const auto price = parse_decimal(a.price, m.price_decimals());
      if (!price || *price % m.tick_size() != 0) {
        throw Failure(Exit::kUsage, std::string("not a price of this market: ").append(a.price));
      }
      proto::SetReferencePrice command;
      command.mutate_market(m.market());
      command.mutate_price_ticks(*price / m.tick_size());
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
  sub = app.command("set-rules", "bring a later version of the rules into force, for good");
  sub->option("version", a.rules, "above the present one; every process must know it").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::SetRuleVersion command;
      command.mutate_rule_version(a.rules);
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
  sub = app.command("roll-day", "begin a trading day");
  sub->option("day", a.day, "its number, above the present one").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::RollTradingDay command;
      command.mutate_day(a.day);
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
}

}  // namespace saker::client::admin
