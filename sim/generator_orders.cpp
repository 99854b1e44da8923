// Orders, cancels and replaces.
#include "sim/command_generator.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::OrderType;
using proto::Side;
using proto::TimeInForce;

namespace {

constexpr std::int64_t kHighestPrice = (std::int64_t{1} << 30) - 1;
constexpr std::int64_t kMostLots = std::int64_t{1} << 40;

}  // namespace

std::int64_t CommandGenerator::pick_price(const MarketState& market, Side side,
                                          bool aggressive) {
  if (rng_.chance(config_.extreme_ppm)) {
    if (rng_.chance(200'000)) return kHighestPrice;
    return 1 + static_cast<std::int64_t>(rng_.below(kHighestPrice >> rng_.below(30)));
  }
  const auto spread = static_cast<std::int64_t>(config_.spread_ticks);
  // Mostly near the middle: the smaller of two draws.
  std::int64_t distance = rng_.between(0, spread);
  distance = std::min(distance, rng_.between(0, spread));
  const bool above = (side == Side::Sell) != aggressive;
  const std::int64_t price = above ? market.middle + 1 + distance : market.middle - distance;
  return std::clamp<std::int64_t>(price, 1, market.params.max_price_ticks());
}

std::int64_t CommandGenerator::pick_quantity(const MarketState& market) {
  if (rng_.chance(config_.extreme_ppm)) {
    if (rng_.chance(200'000)) return kMostLots;
    return 1 + static_cast<std::int64_t>(rng_.below(kMostLots >> rng_.below(40)));
  }
  const std::int64_t lots = rng_.between(1, config_.usual_lots);
  return std::clamp(lots, market.params.min_quantity_lots(), market.params.max_quantity_lots());
}

void CommandGenerator::make_new_order() {
  // Sweeps come from the venue's own account, which hardly ever makes: anybody else would soon
  // meet an order of the own group.
  const Party sweeper = {9, 1};
  const bool sweep = rng_.chance(config_.sweep_ppm);
  Party party = pick_party();
  if (party.account == sweeper.account) party = pick_party();
  if (sweep) party = sweeper;
  const std::uint32_t number = pick_market();
  MarketState& market = markets_[number - 1];
  // The middle wanders, and stays where there is room on both sides.
  market.middle += rng_.between(-1, 1);
  market.middle = std::clamp<std::int64_t>(market.middle, 50,
                                           std::max<std::int64_t>(50, kHighestPrice / 2));
  const Side side = rng_.chance(500'000) ? Side::Buy : Side::Sell;
  const bool is_market = rng_.chance(config_.market_order_ppm);
  const bool immediate = is_market || rng_.chance(config_.immediate_ppm);
  const bool aggressive = sweep || immediate || rng_.chance(config_.aggressive_ppm);
  const std::uint64_t client_id = pick_client_id(party.account);
  std::int64_t price = pick_price(market, side, aggressive);
  std::int64_t quantity = pick_quantity(market);
  if (sweep) {
    price += (side == Side::Buy ? 2 : -2) * std::int64_t{config_.spread_ticks};
    price = std::clamp<std::int64_t>(price, 1, market.params.max_price_ticks());
    quantity = std::min(quantity * 64, market.params.max_quantity_lots());
  }
  std::int64_t budget = 0;
  if (is_market && side == Side::Buy && rng_.chance(600'000)) {
    // What that quantity would cost, more or less; to the unit it is whatever comes.
    const Int128 cost = Int128(price) * quantity * market.tick_value *
                        (500 + static_cast<std::int64_t>(rng_.below(1'000))) / 1'000;
    budget = static_cast<std::int64_t>(std::min<Int128>(cost + 1, Int128(1) << 61));
    price = 0;
    if (rng_.chance(300'000)) quantity = 0;
  } else if (is_market && side == Side::Sell && rng_.chance(600'000)) {
    price = 0;
  }
  put(CommandKind::NewOrder, party.session,
      proto::NewOrder(client_id, price, quantity, budget, party.account, number, side,
                      is_market ? OrderType::Market : OrderType::Limit,
                      immediate ? TimeInForce::ImmediateOrCancel : TimeInForce::GoodTillCancel,
                      proto::SelfTradePrevention::CancelTaker, 0));
}

void CommandGenerator::make_cancel() {
  const bool stale = live_.empty() || rng_.chance(config_.stale_ppm);
  const LiveOrder order =
      stale ? gone_[rng_.below(gone_.size())] : live_[rng_.below(live_.size())];
  Party party = pick_party();
  if (!rng_.chance(config_.wrong_party_ppm)) {
    party.account = order.account;
    const bool foreign = rng_.chance(config_.foreign_ppm);
    if (!foreign && order.session != 0) party.session = order.session;
  }
  const bool by_client_id = rng_.chance(300'000);
  const bool both = rng_.chance(50'000);
  put(CommandKind::CancelOrder, party.session,
      proto::CancelOrder(by_client_id && !both ? 0 : order.id,
                         by_client_id || both ? order.client_order_id : 0, party.account, 0));
}

void CommandGenerator::make_replace() {
  const bool stale = live_.empty() || rng_.chance(config_.stale_ppm);
  const LiveOrder order =
      stale ? gone_[rng_.below(gone_.size())] : live_[rng_.below(live_.size())];
  Party party = pick_party();
  if (!rng_.chance(config_.wrong_party_ppm)) {
    const std::uint32_t other = party.session;
    party.account = order.account;
    if (order.session != 0) party.session = order.session;
    if (rng_.chance(config_.foreign_ppm)) party.session = other;
  }
  std::int64_t price = order.price;
  std::int64_t quantity = order.quantity;
  const std::int64_t filled = order.quantity - order.leaves;
  switch (rng_.below(8)) {
    case 0: break;  // nothing changes, or only the client id
    case 1: quantity = filled + 1 + rng_.between(0, order.leaves); break;
    case 2: quantity = std::max<std::int64_t>(1, filled); break;
    case 3: quantity += rng_.between(1, config_.usual_lots); break;
    case 4: price += rng_.between(-3, 3); break;
    case 5: price += rng_.between(-3, 3); quantity -= rng_.between(0, 10); break;
    case 6:
      if (order.market != 0) price = markets_[order.market - 1].middle + rng_.between(-10, 10);
      break;
    default: price += rng_.between(-100, 100); quantity += rng_.between(-5, 5); break;
  }
  const bool by_client_id = rng_.chance(200'000);
  const std::uint64_t new_id = rng_.chance(400'000) ? pick_client_id(party.account) : 0;
  put(CommandKind::ReplaceOrder, party.session,
      proto::ReplaceOrder(by_client_id ? 0 : order.id,
                          by_client_id ? order.client_order_id : 0,
                          rng_.chance(50'000) ? order.client_order_id : new_id, price, quantity,
                          party.account, 0));
}

void CommandGenerator::make_mass_cancel() {
  maybe_storm(&CommandGenerator::make_mass_cancel);
  const Party party = pick_party();
  auto scope = static_cast<proto::Scope>(rng_.below(5));
  std::uint32_t id = 0;
  std::uint32_t session = party.session;
  if (storm_left_ != 0 && rng_.chance(700'000)) {
    scope = proto::Scope::All;
    session = 1;
  }
  switch (scope) {
    case proto::Scope::Account: id = party.account; break;
    case proto::Scope::Group: id = static_cast<std::uint32_t>(1 + rng_.below(groups_)); break;
    case proto::Scope::Firm: id = static_cast<std::uint32_t>(1 + rng_.below(firms_)); break;
    case proto::Scope::Session: id = rng_.chance(500'000) ? 0 : session; break;
    case proto::Scope::All: break;
  }
  // Whole firms and everything are for the administrators, mostly.
  const bool wide = scope == proto::Scope::All || scope == proto::Scope::Firm;
  if (wide && storm_left_ == 0 && rng_.chance(700'000)) {
    session = static_cast<std::uint32_t>(1 + rng_.below(3));
  }
  const std::uint32_t market = rng_.chance(600'000) ? 0 : pick_market();
  const auto side = static_cast<std::uint8_t>(rng_.chance(600'000) ? 0 : rng_.below(3));
  const std::uint64_t reference = rng_.below(1'000);
  put(CommandKind::MassCancel, session,
      proto::MassCancel(reference, id, market, scope, side, 0, 0));
}

}  // namespace saker::sim
