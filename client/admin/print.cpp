#include "client/admin/print.hpp"

#include <cstdio>

#include "client/json_writer.hpp"
#include "client/reasons.hpp"
#include "client/top/text.hpp"
#include "common/decimal.hpp"

namespace saker::client::admin {

using top::price_text;
using top::quantity_text;

namespace {

const char* result_word(Result result) {
  switch (result) {
    case Result::kAccepted: return "accepted";
    case Result::kRejected: return "rejected";
    case Result::kNotSequenced: return "not sequenced";
    case Result::kNeverApplied: return "never applied";
    case Result::kUnresolved: return "unresolved";
  }
  return "?";
}

bool all_digits(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

void write_order(JsonWriter& json, const proto::OpenOrder& o, const Names& names) {
  const proto::MarketDefinition* m = names.market(o.market());
  json.open('{').key("order_id").number(o.order_id());
  json.key("client_order_id").number(o.client_order_id());
  json.key("account").number(o.account()).key("market").number(o.market());
  json.key("session").number(o.session()).key("side").text(proto::EnumNameSide(o.side()));
  if (m != nullptr) {
    json.key("price").text(price_text(o.price_ticks(), m->tick_size(), m->price_decimals()));
    json.key("leaves").text(quantity_text(o.leaves_lots(), m->lot_size(), m->base_decimals()));
    json.key("filled").text(quantity_text(o.cumulative_lots(), m->lot_size(), m->base_decimals()));
  }
  json.key("price_ticks").signed_number(o.price_ticks());
  json.key("leaves_lots").signed_number(o.leaves_lots());
  json.key("cumulative_lots").signed_number(o.cumulative_lots());
  json.key("held_minor").signed_number(o.held());
  json.key("entered_ns").number(o.entered_ns()).close('}');
}

}  // namespace

Exit print_outcome(const Options& options, const Outcome& outcome) {
  const char* command = proto::EnumNameCommandKind(outcome.command);
  const ReasonText text = explain(outcome.reason);
  if (options.json) {
    JsonWriter json;
    json.open('{').key("command").text(command).key("result").text(result_word(outcome.result));
    json.key("reason").text(reason_word(outcome.reason)).key("explanation").text(text.what);
    json.key("client_sequence").number(outcome.client_sequence);
    json.key("engine_sequence").number(outcome.engine_sequence);
    json.key("id").number(outcome.order_id);
    json.key("round_trip_ns").number(outcome.round_trip_ns).close('}');
    std::printf("%s\n", json.str().c_str());
  } else if (outcome.result == Result::kAccepted) {
    std::printf("%s accepted, log sequence %llu, %s\n", command,
                static_cast<unsigned long long>(outcome.engine_sequence),
                top::duration_text(outcome.round_trip_ns).c_str());
    const bool proposal = outcome.command == proto::CommandKind::ProposeTransfer ||
                          outcome.command == proto::CommandKind::ProposeTradeBust;
    if (proposal) {
      std::printf("proposal %llu: takes effect when two other sessions approve it, as in\n"
                  "  saker admin --session 2 approve %llu\n",
                  static_cast<unsigned long long>(outcome.order_id),
                  static_cast<unsigned long long>(outcome.order_id));
    }
  } else {
    std::fprintf(stderr, "%s %s: %s\n  %s %s\n", command, result_word(outcome.result),
                 reason_word(outcome.reason), text.what, text.todo);
  }
  return outcome.result == Result::kAccepted ? Exit::kDone : Exit::kRefused;
}

const proto::MarketDefinition* Names::market(std::uint32_t id) const {
  for (const auto& market : markets_) {
    if (market.market() == id) return &market;
  }
  return nullptr;
}

const proto::MarketDefinition& Names::market(const std::string& text) const {
  for (const auto& market : markets_) {
    if (field_text(market.symbol()) == text || std::to_string(market.market()) == text) {
      return market;
    }
  }
  throw Failure(Exit::kUsage, std::string("no market ").append(text).append(
                                  "; `saker admin markets` lists them"));
}

Names::Asset Names::asset(std::uint32_t id) const {
  for (const auto& m : markets_) {
    if (m.base_asset() == id) {
      return {id, std::string(field_text(m.base_symbol())), m.base_decimals()};
    }
    if (m.quote_asset() == id) {
      return {id, std::string(field_text(m.quote_symbol())), m.quote_decimals()};
    }
  }
  return {id, std::string("asset ").append(std::to_string(id)), -1};
}

Names::Asset Names::asset(const std::string& text) const {
  if (all_digits(text)) return asset(static_cast<std::uint32_t>(std::stoul(text)));
  for (const auto& m : markets_) {
    if (field_text(m.base_symbol()) == text) return asset(m.base_asset());
    if (field_text(m.quote_symbol()) == text) return asset(m.quote_asset());
  }
  throw Failure(Exit::kUsage, std::string("no market trades an asset ").append(text).append(
                                  "; give its number, and the amount with --minor"));
}

std::string amount_text(std::int64_t minor, const Names::Asset& asset) {
  if (asset.decimals < 0) return std::to_string(minor);
  const auto decimals = static_cast<unsigned>(asset.decimals);
  return format_decimal(minor, decimals, std::min(decimals, 2u));
}

std::int64_t read_amount(const std::string& text, const Names::Asset& asset, bool minor) {
  if (!minor && asset.decimals < 0) {
    throw Failure(Exit::kUsage,
                  std::string("the decimals of ").append(asset.symbol).append(
                      " are not known: give the amount in minor units, with --minor"));
  }
  const auto value = parse_decimal(text, minor ? 0 : static_cast<unsigned>(asset.decimals));
  if (!value) {
    throw Failure(Exit::kUsage, std::string("not an amount of ").append(asset.symbol).append(
                                    ": ").append(text));
  }
  return *value;
}

void print_balances(Connection& connection, std::uint32_t account) {
  const Names names(connection.markets());
  const auto balances = connection.fetch<proto::Balance>(proto::QueryKind::Balances, account);
  JsonWriter json;
  json.open('{').key("account").number(account);
  json.key("applied").number(connection.applied()).key("balances").open('[');
  if (!connection.options().json) {
    std::printf("account %u at log sequence %llu\n%-10s %22s %22s %22s\n", account,
                static_cast<unsigned long long>(connection.applied()), "asset", "available",
                "held", "total");
  }
  for (const proto::Balance& b : balances) {
    const Names::Asset asset = names.asset(b.asset());
    if (connection.options().json) {
      json.open('{').key("asset").number(b.asset()).key("symbol").text(asset.symbol);
      json.key("available").text(amount_text(b.available(), asset));
      json.key("held").text(amount_text(b.held(), asset));
      json.key("available_minor").signed_number(b.available());
      json.key("held_minor").signed_number(b.held()).close('}');
    } else if (b.available() != 0 || b.held() != 0) {
      std::printf("%-10s %22s %22s %22s\n", asset.symbol.c_str(),
                  amount_text(b.available(), asset).c_str(), amount_text(b.held(), asset).c_str(),
                  amount_text(b.available() + b.held(), asset).c_str());
    }
  }
  if (connection.options().json) std::printf("%s\n", json.close(']').close('}').str().c_str());
}

void print_orders(Connection& connection, const std::vector<proto::OpenOrder>& orders) {
  const Names names(connection.markets());
  if (connection.options().json) {
    JsonWriter json;
    json.open('[');
    for (const proto::OpenOrder& o : orders) write_order(json, o, names);
    std::printf("%s\n", json.close(']').str().c_str());
    return;
  }
  std::printf("%18s %20s %-9s %-4s %14s %14s %14s\n", "order", "client order", "market", "side",
              "price", "open", "filled");
  for (const proto::OpenOrder& o : orders) {
    const proto::MarketDefinition* m = names.market(o.market());
    if (m == nullptr) continue;
    std::printf("%18llu %20llu %-9s %-4s %14s %14s %14s\n",
                static_cast<unsigned long long>(o.order_id()),
                static_cast<unsigned long long>(o.client_order_id()),
                std::string(field_text(m->symbol())).c_str(), proto::EnumNameSide(o.side()),
                price_text(o.price_ticks(), m->tick_size(), m->price_decimals()).c_str(),
                quantity_text(o.leaves_lots(), m->lot_size(), m->base_decimals()).c_str(),
                quantity_text(o.cumulative_lots(), m->lot_size(), m->base_decimals()).c_str());
  }
  std::printf("%zu orders\n", orders.size());
}

void print_markets(Connection& connection) {
  JsonWriter json;
  json.open('[');
  if (!connection.options().json) {
    std::printf("%3s %-12s %-11s %14s %14s %10s %10s\n", "id", "symbol", "phase", "tick", "lot",
                "maker ppm", "taker ppm");
  }
  for (const proto::MarketDefinition& m : connection.markets()) {
    const std::string symbol(field_text(m.symbol()));
    const std::string tick = price_text(1, m.tick_size(), m.price_decimals());
    const std::string lot = quantity_text(1, m.lot_size(), m.base_decimals());
    if (connection.options().json) {
      json.open('{').key("id").number(m.market()).key("symbol").text(symbol);
      json.key("phase").text(proto::EnumNameMarketPhase(m.phase()));
      json.key("tick").text(tick).key("lot").text(lot).key("version").number(m.version());
      json.key("maker_fee_ppm").number(m.maker_fee_ppm());
      json.key("taker_fee_ppm").number(m.taker_fee_ppm()).close('}');
    } else {
      std::printf("%3u %-12s %-11s %14s %14s %10u %10u\n", m.market(), symbol.c_str(),
                  proto::EnumNameMarketPhase(m.phase()), tick.c_str(), lot.c_str(),
                  m.maker_fee_ppm(), m.taker_fee_ppm());
    }
  }
  if (connection.options().json) std::printf("%s\n", json.close(']').str().c_str());
}

void print_book(Connection& connection, const std::string& market, std::size_t depth) {
  const Names names(connection.markets());
  const proto::MarketDefinition& m = names.market(market);
  OrderBook book;
  for (const auto& order :
       connection.fetch<proto::BookOrder>(proto::QueryKind::BookSnapshot, m.market())) {
    book.add(order);
  }
  JsonWriter json;
  json.open('{').key("market").number(m.market()).key("applied").number(connection.applied());
  for (const proto::Side side : {proto::Side::Sell, proto::Side::Buy}) {
    json.key(side == proto::Side::Sell ? "asks" : "bids").open('[');
    const std::size_t rows = std::min(depth, book.depth(side));
    for (std::size_t i = 0; i < rows; ++i) {
      // People read asks from the top down to the touch; programs want the touch first.
      const bool down = side == proto::Side::Sell && !connection.options().json;
      const BookLevel& level = *book.level(side, down ? rows - 1 - i : i);
      const std::string price = price_text(level.price_ticks, m.tick_size(), m.price_decimals());
      const std::string lots =
          quantity_text(level.quantity_lots, m.lot_size(), m.base_decimals());
      json.open('{').key("price").text(price).key("quantity").text(lots);
      json.key("orders").number(level.orders).close('}');
      if (!connection.options().json) {
        std::printf("%-4s %14s %14s %5u\n", proto::EnumNameSide(side), price.c_str(), lots.c_str(),
                    level.orders);
      }
    }
    json.close(']');
  }
  if (connection.options().json) std::printf("%s\n", json.close('}').str().c_str());
}

void print_reports(Connection& connection, const std::vector<proto::Report>& reports) {
  JsonWriter json;
  json.open('[');
  for (const proto::Report& r : reports) {
    if (connection.options().json) {
      json.open('{').key("account_sequence").number(r.account_sequence());
      json.key("engine_sequence").number(r.engine_sequence());
      json.key("kind").text(proto::EnumNameReportKind(r.kind()));
      json.key("reason").text(reason_word(r.reason())).key("order_id").number(r.order_id());
      json.key("trade_id").number(r.trade_id()).key("market").number(r.market());
      json.key("side").text(proto::EnumNameSide(r.side()));
      json.key("price_ticks").signed_number(r.price_ticks());
      json.key("quantity_lots").signed_number(r.quantity_lots());
      json.key("leaves_lots").signed_number(r.leaves_lots());
      json.key("amount_minor").signed_number(r.amount_minor());
      json.key("sequenced_ns").number(r.sequenced_ns()).close('}');
      continue;
    }
    std::printf("%8llu %s %-16s market %u %-4s %lld lots at %lld, %lld left, trade %llu %s\n",
                static_cast<unsigned long long>(r.account_sequence()),
                top::clock_text(r.sequenced_ns(), true).c_str(),
                proto::EnumNameReportKind(r.kind()), r.market(), proto::EnumNameSide(r.side()),
                static_cast<long long>(r.quantity_lots()),
                static_cast<long long>(r.price_ticks()), static_cast<long long>(r.leaves_lots()),
                static_cast<unsigned long long>(r.trade_id()),
                r.reason() == proto::Reason::NONE ? "" : reason_word(r.reason()));
  }
  if (connection.options().json) std::printf("%s\n", json.close(']').str().c_str());
}

}  // namespace saker::client::admin
