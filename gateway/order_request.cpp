#include "gateway/order_request.hpp"

namespace saker::gateway {
namespace {

using proto::OrderType;
using proto::Side;
using proto::TimeInForce;

void read_limit(const web::Fields& fields, const Market& market, NewOrder& order) {
  if (fields.has("quote_amount")) fields.fail("quote_amount", "is for market buys only");
  order.request.price_ticks = market.price_ticks(fields.need_text("price"), "price");
  order.request.quantity_lots = market.quantity_lots(fields.need_text("quantity"), "quantity");
}

void read_market(const web::Fields& fields, const Market& market, NewOrder& order) {
  if (order.request.time_in_force != TimeInForce::ImmediateOrCancel) {
    fields.fail("time_in_force", "a market order is \"ioc\"");
  }
  const auto price = fields.text("price");
  if (price) order.request.price_ticks = market.price_ticks(*price, "price");
  const auto amount = fields.text("quote_amount");
  if (!amount) {
    order.request.quantity_lots = market.quantity_lots(fields.need_text("quantity"), "quantity");
    // The engine wants a worst price of a buy; its own protection limit is stricter than this one.
    if (!price && order.request.side == Side::Buy) {
      order.request.price_ticks = market.definition().max_price_ticks();
    }
    return;
  }
  if (order.request.side != Side::Buy) fields.fail("quote_amount", "is for market buys only");
  if (price) fields.fail("price", "does not go with quote_amount");
  if (fields.has("quantity")) fields.fail("quantity", "does not go with quote_amount");
  order.request.quote_budget = market.quote_minor(*amount, "quote_amount");
}

}  // namespace

NewOrder read_new_order(const web::Fields& fields, const Markets& markets) {
  NewOrder order;
  const Market& market = markets.need(fields.need_text("market"));
  order.request.market = market.id();
  order.request.side =
      fields.need_choice("side", {"buy", "sell"}) == "buy" ? Side::Buy : Side::Sell;
  const bool limit = fields.need_choice("type", {"limit", "market"}) == "limit";
  const auto tif = fields.choice("time_in_force", {"gtc", "ioc"});
  const bool rests = tif ? *tif == "gtc" : limit;
  order.request.type = limit ? OrderType::Limit : OrderType::Market;
  order.request.time_in_force =
      rests ? TimeInForce::GoodTillCancel : TimeInForce::ImmediateOrCancel;
  if (limit) {
    read_limit(fields, market, order);
  } else {
    read_market(fields, market, order);
  }
  if (const auto id = fields.id("client_order_id")) {
    if (*id == 0 || *id >= kGivenOrderIds) {
      fields.fail("client_order_id", "must be from 1 to 9223372036854775807");
    }
    order.request.client_order_id = *id;
  }
  fields.reject_unknown();
  return order;
}

OrderName read_order_name(const web::Fields& fields) {
  OrderName name;
  name.order_id = fields.id("order_id").value_or(0);
  name.client_order_id = fields.id("client_order_id").value_or(0);
  if ((name.order_id == 0) == (name.client_order_id == 0)) {
    throw web::invalid_request("name the order by either order_id or client_order_id");
  }
  return name;
}

ReplaceOrder read_replace_order(const web::Fields& fields) {
  ReplaceOrder replace;
  replace.name = read_order_name(fields);
  replace.price = fields.text("price");
  replace.quantity = fields.text("quantity");
  fields.reject_unknown();
  if (!replace.price && !replace.quantity) {
    throw web::invalid_request("give a new price, a new quantity or both");
  }
  return replace;
}

client::ReplaceOrderRequest to_request(const ReplaceOrder& replace, const Order& order,
                                       const Market& market) {
  client::ReplaceOrderRequest request;
  request.account = order.account;
  request.order_id = order.order_id;
  request.client_order_id = order.client_order_id;
  request.price_ticks =
      replace.price ? market.price_ticks(*replace.price, "price") : order.price_ticks;
  request.quantity_lots = replace.quantity ? market.quantity_lots(*replace.quantity, "quantity")
                                           : order.quantity_lots;
  return request;
}

client::MassCancelRequest read_cancel_all(const web::Fields& fields, const Markets& markets) {
  client::MassCancelRequest request;
  request.scope = client::Scope::Account;
  if (const auto market = fields.text("market")) request.market = markets.need(*market).id();
  if (const auto side = fields.choice("side", {"buy", "sell"})) {
    request.buys = *side == "buy";
    request.sells = *side == "sell";
  }
  fields.reject_unknown();
  return request;
}

bool same_order(const NewOrder& request, const Order& order) {
  const client::NewOrderRequest& r = request.request;
  // A market order shows the price to which the engine's protection has limited it.
  const bool same_price = r.type == OrderType::Market || r.price_ticks == order.price_ticks;
  return r.market == order.market && r.side == order.side && r.type == order.type &&
         r.time_in_force == order.time_in_force && same_price &&
         r.quote_budget == order.budget_minor &&
         (order.budget_minor != 0 || r.quantity_lots == order.quantity_lots);
}

bool same_as_reported(const NewOrder& request, const OrderStory& story, const Order* known) {
  if (story.as_accepted.order_id == 0) return false;
  const Order& now = known != nullptr && known->kind_known ? *known : story.order;
  Order order = story.as_accepted;
  order.type = now.type;
  order.time_in_force = now.time_in_force;
  order.budget_minor = now.budget_minor;
  // A limit order that ended before it could rest did the same with either time in force; of a
  // market order its price would have to be known.
  const bool at_once = now.status == OrderStatus::kFilled ||
                       now.reason == proto::Reason::CANCEL_SELF_TRADE;
  if (at_once && !now.kind_known) order.time_in_force = request.request.time_in_force;
  return same_order(request, order);
}

}  // namespace saker::gateway
