// A taker against the book, price-time priority.
#include <algorithm>

#include "engine/core/state.hpp"

namespace saker::core {

void State::match(std::uint32_t taker) {
  if (hot[taker].side == Side::Buy) {
    match_side<Side::Buy>(taker);
  } else {
    match_side<Side::Sell>(taker);
  }
}

template <Side kTakerSide>
void State::match_side(std::uint32_t taker) {
  constexpr Side kMakerSide = kTakerSide == Side::Buy ? Side::Sell : Side::Buy;
  Market& market = markets[hot[taker].market];
  PriceIndex& book = market.sides[raw(kMakerSide)];
  // Both in the makers' key order, where lower is better for the taker.
  const std::uint32_t limit_key = key_of(kMakerSide, hot[taker].price);
  const std::uint32_t group = accounts[hot[taker].account].group;

  while (hot[taker].leaves > 0 && book.best_key() <= limit_key && !book.empty()) {
    if (fills == kMaxFillsPerCommand) {
      hot[taker].place = raw(OrderPlace::kSweeping);
      list_order(taker);
      sweeping = taker;
      return;
    }
    const std::uint32_t maker = book.best(prices).head;
    if (accounts[hot[maker].account].group == group) {
      finish_cancel(taker, Reason::CANCEL_SELF_TRADE);
      return;
    }
    std::int64_t lots = std::min(hot[taker].leaves, hot[maker].leaves);
    if (cold[taker].by_budget) {
      lots = affordable_lots(market, cold[taker], hot[maker].price,
                             market.params.taker_fee_ppm(), lots);
      if (lots == 0) {
        finish_cancel(taker, Reason::CANCEL_BUDGET_SPENT);
        return;
      }
    }
    trade(taker, maker, lots);
    ++fills;
  }
  rest_or_cancel(taker);
}

void State::trade(std::uint32_t taker, std::uint32_t maker, std::int64_t lots) {
  OrderHot& t = hot[taker];
  OrderHot& m = hot[maker];
  Market& market = markets[m.market];
  const std::uint32_t buy = t.side == Side::Buy ? taker : maker;
  const std::uint32_t sell = t.side == Side::Buy ? maker : taker;
  const proto::MarketParams& p = market.params;
  const auto value = static_cast<Minor>(notional(market, m.price, lots));
  const Minor maker_fee = take_fee(value, p.maker_fee_ppm(), cold[maker].fee_slack);
  const Minor taker_fee = take_fee(value, p.taker_fee_ppm(), cold[taker].fee_slack);

  Trade& trade = trades[next_trade_id % trades.size()];
  trade = {.id = next_trade_id++,
           .price = m.price,
           .lots = lots,
           .buyer_fee = buy == taker ? taker_fee : maker_fee,
           .seller_fee = buy == taker ? maker_fee : taker_fee,
           .buyer = hot[buy].account,
           .seller = hot[sell].account,
           .market = m.market};
  market.last_price = m.price;

  book_side(m).best(prices).lots -= lots;
  for (const std::uint32_t slot : {taker, maker}) {
    hot[slot].leaves -= lots;
    cold[slot].cumulative += lots;
  }
  settle_trade(trade, buy, sell);

  proto::FeedMessage& message = add_feed(FeedKind::OrderExecuted, m.market);
  message.mutate_feed_order_id(cold[maker].feed_order_id);
  message.mutate_trade_id(trade.id);
  message.mutate_price_ticks(trade.price);
  message.mutate_quantity_lots(lots);
  message.mutate_leaves_lots(m.leaves);
  message.mutate_side(m.side);
  report_fill(maker, trade, Liquidity::Maker);
  report_fill(taker, trade, Liquidity::Taker);
  if (m.leaves == 0) {
    dequeue(maker);
    end_order(maker);
  }
}

void State::settle_trade(const Trade& trade, std::uint32_t buy, std::uint32_t sell) {
  const Market& market = markets[trade.market];
  const Minor base = trade.lots * market.lot_size;
  const auto quote = static_cast<Minor>(notional(market, trade.price, trade.lots));
  const Minor fees = trade.buyer_fee + trade.seller_fee;
  const auto leg = [&](LegReason reason, std::uint32_t account, std::uint32_t asset,
                       Minor amount) {
    add_leg(reason, account, asset, amount, trade.id, trade.market);
  };
  balance(trade.buyer, market.base).available += base;
  leg(LegReason::kTrade, trade.buyer, market.base, base);
  balance(trade.seller, market.base).held -= base;
  cold[sell].held -= base;
  leg(LegReason::kTrade, trade.seller, market.base, -base);
  balance(trade.seller, market.quote).available += quote;
  leg(LegReason::kTrade, trade.seller, market.quote, quote);
  balance(trade.buyer, market.quote).held -= quote;
  leg(LegReason::kTrade, trade.buyer, market.quote, -quote);
  balance(trade.buyer, market.quote).held -= trade.buyer_fee;
  leg(LegReason::kFee, trade.buyer, market.quote, -trade.buyer_fee);
  balance(trade.seller, market.quote).available -= trade.seller_fee;
  leg(LegReason::kFee, trade.seller, market.quote, -trade.seller_fee);
  balance(market.fee_account, market.quote).available += fees;
  leg(LegReason::kFee, market.fee_account, market.quote, fees);

  OrderCold& b = cold[buy];
  b.held -= quote + trade.buyer_fee;
  SAKER_ASSERT(b.held >= 0 && cold[sell].held >= 0);
  if (!b.by_budget) {
    // Price improvement goes back at once; what the remaining lots may cost stays held.
    change_hold(buy, static_cast<Minor>(
                         buy_hold(market, hot[buy].price, hot[buy].leaves, b.fee_slack)));
  }
}

void State::report_fill(std::uint32_t slot, const Trade& trade, Liquidity liquidity) {
  proto::Report& report = order_report(ReportKind::OrderFilled, slot, cold[slot].session);
  report.mutate_trade_id(trade.id);
  report.mutate_price_ticks(trade.price);
  report.mutate_quantity_lots(trade.lots);
  report.mutate_amount_minor(hot[slot].side == Side::Buy ? trade.buyer_fee : trade.seller_fee);
  report.mutate_liquidity(liquidity);
}

void State::rest_or_cancel(std::uint32_t taker) {
  OrderHot& t = hot[taker];
  OrderCold& c = cold[taker];
  if (t.leaves == 0) {
    end_order(taker);
    return;
  }
  if (c.time_in_force == proto::TimeInForce::ImmediateOrCancel) {
    const bool protection = c.type == proto::OrderType::Market &&
                            !markets[t.market].sides[raw(opposite(t.side))].empty();
    finish_cancel(taker, protection ? Reason::CANCEL_PROTECTION
                                    : Reason::CANCEL_IMMEDIATE_REMAINDER);
    return;
  }
  c.feed_order_id = next_feed_order_id++;
  enqueue(taker);
  list_order(taker);
  proto::FeedMessage& message = add_feed(FeedKind::OrderAdded, t.market);
  message.mutate_feed_order_id(c.feed_order_id);
  message.mutate_price_ticks(t.price);
  message.mutate_quantity_lots(t.leaves);
  message.mutate_side(t.side);
}

}  // namespace saker::core
