// A taker against the book.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::ReportKind;

namespace {

constexpr int kMostFills = 32;

/// The fee of a fill of `notional` for an order that has overpaid `slack` millionths so far.
Int128 fee_of(Int128 notional, std::uint32_t rate_ppm, std::int64_t slack) {
  const Int128 need = notional * rate_ppm - slack;
  return need <= 0 ? Int128(0) : (need + kMillion - 1) / kMillion;
}

}  // namespace

Order* NaiveExchange::best_opposite(const Order& taker) {
  const Market& market = market_of(taker);
  if (taker.side == Side::Buy) {
    return market.asks.empty() ? nullptr : &orders_.at(market.asks.begin()->second.front());
  }
  return market.bids.empty() ? nullptr : &orders_.at(market.bids.rbegin()->second.front());
}

bool NaiveExchange::within_limit(const Order& taker, const Order& maker) {
  return taker.side == Side::Buy ? maker.price <= taker.price : maker.price >= taker.price;
}

void NaiveExchange::match(Order& taker) {
  sweeping_ = 0;
  while (taker.leaves > 0) {
    Order* maker = best_opposite(taker);
    if (maker == nullptr || !within_limit(taker, *maker)) break;
    if (fills_ == kMostFills) {
      sweeping_ = taker.id;
      return;
    }
    if (accounts_[maker->account - 1].group == accounts_[taker.account - 1].group) {
      return cancel_remainder(taker, Reason::CANCEL_SELF_TRADE);
    }
    const std::int64_t quantity = tradable_quantity(taker, *maker);
    if (quantity == 0) return cancel_remainder(taker, Reason::CANCEL_BUDGET_SPENT);
    trade(taker, *maker, quantity);
  }
  finish_taker(taker);
}

std::int64_t NaiveExchange::tradable_quantity(const Order& taker, const Order& maker) {
  const std::int64_t most = std::min(taker.leaves, maker.leaves);
  if (!taker.by_budget) return most;
  const Market& market = market_of(taker);
  const auto fits = [&](std::int64_t quantity) {
    const Int128 n = notional(market, maker.price, quantity);
    return n + fee_of(n, market.params.taker_fee_ppm(), taker.slack) <= taker.hold;
  };
  std::int64_t low = 0;  // fits
  std::int64_t high = most + 1;  // does not, or is too many
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

std::int64_t NaiveExchange::charge_fee(Order& order, Int128 notional, std::uint32_t rate_ppm) {
  const Int128 need = notional * rate_ppm - order.slack;
  const Int128 fee = fee_of(notional, rate_ppm, order.slack);
  order.slack = static_cast<std::int64_t>(fee * kMillion - need);
  return static_cast<std::int64_t>(fee);
}

void NaiveExchange::trade(Order& taker, Order& maker, std::int64_t quantity) {
  Market& market = market_of(taker);
  const Int128 n = notional(market, maker.price, quantity);
  const std::int64_t maker_fee = charge_fee(maker, n, market.params.maker_fee_ppm());
  const std::int64_t taker_fee = charge_fee(taker, n, market.params.taker_fee_ppm());
  const bool taker_buys = taker.side == Side::Buy;
  Order& buy = taker_buys ? taker : maker;
  Order& sell = taker_buys ? maker : taker;

  Trade trade;
  trade.id = next_trade_id_++;
  trade.market = taker.market;
  trade.price = maker.price;
  trade.quantity = quantity;
  trade.base_amount = quantity * market.definition.lot_size();
  trade.quote_amount = static_cast<std::int64_t>(n);
  trade.buyer = buy.account;
  trade.seller = sell.account;
  trade.buyer_fee = taker_buys ? taker_fee : maker_fee;
  trade.seller_fee = taker_buys ? maker_fee : taker_fee;
  trade.maker_side = maker.side;
  trades_.push_back(trade);
  if (trades_.size() > genesis_.trades()) trades_.pop_front();

  for (Order* order : {&taker, &maker}) {
    order->leaves -= quantity;
    order->cumulative += quantity;
  }
  settle(buy, sell, trade);

  proto::FeedMessage& message = order_feed(proto::FeedKind::OrderExecuted, maker);
  message.mutate_trade_id(trade.id);
  message.mutate_quantity_lots(quantity);
  message.mutate_leaves_lots(maker.leaves);
  fill_report(maker, trade, maker_fee, proto::Liquidity::Maker);
  fill_report(taker, trade, taker_fee, proto::Liquidity::Taker);
  market.last_price = trade.price;
  ++fills_;
  if (maker.leaves == 0) end_order(maker);
}

/// The money of a trade: entries, then what each side must still hold.
void NaiveExchange::settle(Order& buy, Order& sell, const Trade& trade) {
  const Market& market = market_of(buy);
  const std::uint32_t base = market.definition.base_asset();
  const std::uint32_t quote = market.definition.quote_asset();
  const auto leg = [&](std::uint32_t account, std::uint32_t asset, std::int64_t amount,
                       LegReason reason) {
    add_leg(account, asset, amount, reason, trade.id, trade.market);
  };
  leg(buy.account, base, trade.base_amount, kTrade);
  leg(sell.account, base, -trade.base_amount, kTrade);
  leg(sell.account, quote, trade.quote_amount, kTrade);
  leg(buy.account, quote, -trade.quote_amount, kTrade);
  leg(buy.account, quote, -trade.buyer_fee, kFee);
  leg(sell.account, quote, -trade.seller_fee, kFee);
  leg(market.fee_account, quote, trade.buyer_fee + trade.seller_fee, kFee);
  settle_holds(buy, sell, trade);
}

/// The entries were taken from what is available; the holds now pay for them.
void NaiveExchange::settle_holds(Order& buy, Order& sell, const Trade& trade) {
  if (buy.by_budget) {
    set_hold(buy, buy.hold - trade.quote_amount - trade.buyer_fee);
  } else {
    set_hold(buy, static_cast<std::int64_t>(hold_for(buy, buy.price, buy.leaves)));
  }
  set_hold(sell, sell.hold - trade.base_amount);
}

void NaiveExchange::fill_report(const Order& order, const Trade& trade, std::int64_t fee,
                                proto::Liquidity liquidity) {
  proto::Report& report = order_report(order.session, ReportKind::OrderFilled, order, true);
  report.mutate_trade_id(trade.id);
  report.mutate_price_ticks(trade.price);
  report.mutate_quantity_lots(trade.quantity);
  report.mutate_amount_minor(fee);
  report.mutate_liquidity(liquidity);
}

/// No maker is left within the limit, or the taker has nothing left.
void NaiveExchange::finish_taker(Order& taker) {
  if (taker.leaves == 0) return end_order(taker);
  if (taker.time_in_force == proto::TimeInForce::GoodTillCancel) return add_to_book(taker);
  const bool beyond = taker.type == proto::OrderType::Market && best_opposite(taker) != nullptr;
  cancel_remainder(taker,
                   beyond ? Reason::CANCEL_PROTECTION : Reason::CANCEL_IMMEDIATE_REMAINDER);
}

void NaiveExchange::cancel_remainder(Order& taker, Reason reason) {
  proto::Report& report = order_report(taker.session, ReportKind::OrderCancelled, taker, true);
  report.mutate_leaves_lots(0);
  report.mutate_reason(reason);
  end_order(taker);
}

}  // namespace saker::naive
