#include "gateway/emit.hpp"

#include "client/reasons.hpp"

namespace saker::gateway {
namespace {

const char* side_word(proto::Side side) { return side == proto::Side::Buy ? "buy" : "sell"; }

/// Decimal text, or null for "not there".
web::Writer& maybe(web::Writer& out, std::string_view name, bool there, const auto& text) {
  out.key(name);
  return there ? out.value(text()) : out.value(nullptr);
}

void write_levels(web::Writer& out, std::string_view name, const std::vector<Level>& levels,
                  const Market& market) {
  out.key(name).begin_array();
  for (const Level& level : levels) {
    out.begin_array()
        .value(market.price_text(level.price_ticks))
        .value(market.quantity_text(level.quantity_lots))
        .end_array();
  }
  out.end_array();
}

std::string volume_text(__int128 lots, const Market& market) {
  // A day's volume of lots may exceed 64 bits of minor units, not of lots.
  return market.quantity_text(static_cast<std::int64_t>(lots));
}

}  // namespace

void write_market(web::Writer& out, const Market& market, proto::MarketPhase phase) {
  const proto::MarketDefinition& d = market.definition();
  out.begin_object()
      .field("market", market.symbol())
      .field("base", market.base())
      .field("quote", market.quote())
      .field("price_decimals", unsigned{d.price_decimals()})
      .field("quantity_decimals", market.quantity_decimals())
      .field("quote_decimals", unsigned{d.quote_decimals()})
      .field("tick_size", market.price_text(1))
      .field("lot_size", market.quantity_text(1))
      .field("min_quantity", market.quantity_text(d.min_quantity_lots()))
      .field("max_quantity", market.quantity_text(d.max_quantity_lots()))
      .field("min_notional", market.quote_text(d.min_notional()));
  maybe(out, "max_notional", d.max_notional() != 0,
        [&] { return market.quote_text(d.max_notional()); });
  maybe(out, "max_price", d.max_price_ticks() != 0,
        [&] { return market.price_text(d.max_price_ticks()); });
  out.field("maker_fee", ppm_text(d.maker_fee_ppm()))
      .field("taker_fee", ppm_text(d.taker_fee_ppm()))
      .field("phase", phase_word(phase))
      .end_object();
}

void write_order(web::Writer& out, const Order& order, const Market& market) {
  const bool done = order.status != OrderStatus::kOpen &&
                    order.status != OrderStatus::kPartiallyFilled;
  const std::int64_t quantity =
      order.budget_minor != 0 && done ? order.filled_lots : order.quantity_lots;
  const std::int64_t remaining = done ? 0 : order.leaves_lots;
  out.begin_object().field_id("order_id", order.order_id);
  out.field_id("client_order_id", order.client_order_id)
      .field("market", market.symbol())
      .field("side", side_word(order.side))
      .field("type", order.type == proto::OrderType::Limit ? "limit" : "market")
      .field("time_in_force",
             order.time_in_force == proto::TimeInForce::GoodTillCancel ? "gtc" : "ioc");
  maybe(out, "price", order.price_ticks != 0 && order.budget_minor == 0,
        [&] { return market.price_text(order.price_ticks); });
  out.field("quantity", market.quantity_text(quantity))
      .field("filled_quantity", market.quantity_text(order.filled_lots))
      .field("remaining_quantity", market.quantity_text(remaining));
  maybe(out, "average_price", order.fills_known && order.filled_lots > 0, [&] {
    return market.average_price_text(order.ticks_times_lots, order.filled_lots);
  });
  out.field("status", status_word(order.status));
  maybe(out, "reason", order.reason != proto::Reason::NONE,
        [&] { return client::reason_word(order.reason); });
  out.field("created_at", order.created_ns / 1'000'000).field("updated_at", order.updated_ms);
  out.end_object();
}

void write_fill(web::Writer& out, const Fill& fill, const Market& market) {
  out.begin_object()
      .field_id("trade_id", fill.trade_id)
      .field_id("order_id", fill.order_id)
      .field("market", market.symbol())
      .field("side", side_word(fill.side))
      .field("price", market.price_text(fill.price_ticks))
      .field("quantity", market.quantity_text(fill.quantity_lots))
      .field("fee", market.quote_text(fill.fee_minor))
      .field("fee_asset", market.quote())
      .field("liquidity", fill.liquidity == proto::Liquidity::Maker ? "maker" : "taker")
      .field("time", fill.time_ms)
      .end_object();
}

void write_trade(web::Writer& out, const Trade& trade, const Market& market) {
  out.begin_object()
      .field_id("trade_id", trade.trade_id)
      .field("price", market.price_text(trade.price_ticks))
      .field("quantity", market.quantity_text(trade.quantity_lots))
      .field("side", trade.taker_buys ? "buy" : "sell")
      .field("time", trade.time_ms)
      .end_object();
}

void write_candle(web::Writer& out, const Candle& candle, const Market& market) {
  out.begin_object()
      .field("open_time", candle.open_time_ms)
      .field("open", market.price_text(candle.open_ticks))
      .field("high", market.price_text(candle.high_ticks))
      .field("low", market.price_text(candle.low_ticks))
      .field("close", market.price_text(candle.close_ticks))
      .field("volume", volume_text(candle.volume_lots, market))
      .field("quote_volume", market.notional_text(candle.ticks_times_lots))
      .field("trades", candle.trades)
      .field_id("last_trade_id", candle.last_trade_id)
      .end_object();
}

void write_balances(web::Writer& out, std::span<const proto::Balance> balances,
                    const Markets& markets) {
  out.key("balances").begin_array();
  for (const proto::Balance& balance : balances) {
    const Asset* asset = markets.asset(balance.asset());
    if (asset == nullptr) continue;
    const auto text = [&](__int128 minor) { return wide_decimal_text(minor, asset->decimals); };
    out.begin_object()
        .field("asset", asset->symbol)
        .field("available", text(balance.available()))
        .field("held", text(balance.held()))
        .field("total", text(static_cast<__int128>(balance.available()) + balance.held()))
        .field("decimals", asset->decimals)
        .end_object();
  }
  out.end_array();
}

void write_depth(web::Writer& out, const Depth& depth, const Market& market) {
  write_levels(out, "bids", depth.bids, market);
  write_levels(out, "asks", depth.asks, market);
}

void write_ticker(web::Writer& out, const Ticker& ticker, const Market& market) {
  out.begin_object().field("market", market.symbol());
  write_ticker_members(out, ticker, market);
  out.end_object();
}

void write_ticker_members(web::Writer& out, const Ticker& ticker, const Market& market) {
  const auto price = [&](std::string_view name, std::int64_t ticks) {
    maybe(out, name, ticks != 0, [&] { return market.price_text(ticks); });
  };
  const bool day = ticker.day.has_value();
  const Candle none;
  const Candle& c = day ? *ticker.day : none;
  price("last", ticker.last_ticks);
  price("open_24h", c.open_ticks);
  price("high_24h", c.high_ticks);
  price("low_24h", c.low_ticks);
  maybe(out, "volume_24h", day, [&] { return volume_text(c.volume_lots, market); });
  maybe(out, "quote_volume_24h", day, [&] { return market.notional_text(c.ticks_times_lots); });
  maybe(out, "change_24h", day && c.open_ticks != 0,
        [&] { return fraction_text(c.open_ticks, c.close_ticks); });
  price("bid", ticker.bid_ticks);
  price("ask", ticker.ask_ticks);
  out.field("time", ticker.time_ms);
}

const char* status_word(OrderStatus status) {
  switch (status) {
    case OrderStatus::kOpen: return "open";
    case OrderStatus::kPartiallyFilled: return "partially_filled";
    case OrderStatus::kFilled: return "filled";
    case OrderStatus::kCancelled: return "cancelled";
    case OrderStatus::kRejected: break;
  }
  return "rejected";
}

const char* phase_word(proto::MarketPhase phase) {
  switch (phase) {
    case proto::MarketPhase::Open: return "open";
    case proto::MarketPhase::CancelOnly: return "cancel_only";
    case proto::MarketPhase::Halted: return "halted";
    case proto::MarketPhase::Closed: break;
  }
  return "closed";
}

web::Writer begin_push(std::string_view channel, const Market* market, bool snapshot,
                       std::uint64_t before, std::uint64_t sequence) {
  web::Writer out;
  out.begin_object().field("channel", channel).key("data").begin_object();
  if (market != nullptr) out.field("market", market->symbol());
  out.key("prev_sequence");
  if (snapshot) {
    out.value(nullptr);
  } else {
    out.value(before);
  }
  out.field("sequence", sequence);
  if (snapshot) out.field("snapshot", true);
  return out;
}

SharedText end_push(web::Writer& out) {
  out.end_object().end_object();
  return std::make_shared<const std::string>(out.take());
}

}  // namespace saker::gateway
