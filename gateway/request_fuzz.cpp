#include "gateway/request_fuzz.hpp"

#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "gateway/channel.hpp"
#include "gateway/order_request.hpp"
#include "gateway/test_market.hpp"

namespace saker::gateway {

namespace {

const Markets& fuzz_markets() {
  static const Markets markets = [] {
    Markets made;
    made.define(test::kcn_eur());
    made.define(test::btc_eur());
    return made;
  }();
  return markets;
}

void check_new_order(const web::Fields& fields) {
  const NewOrder order = read_new_order(fields, fuzz_markets());
  const client::NewOrderRequest& r = order.request;
  const Market* market = fuzz_markets().find(r.market);
  SAKER_ASSERT(market != nullptr);
  SAKER_ASSERT(r.client_order_id < kGivenOrderIds);
  SAKER_ASSERT(r.price_ticks >= 0 && r.quantity_lots >= 0 && r.quote_budget >= 0);
  SAKER_ASSERT((r.quote_budget > 0) != (r.quantity_lots > 0));
  const bool limit = r.type == proto::OrderType::Limit;
  SAKER_ASSERT(!limit || (r.price_ticks > 0 && r.quantity_lots > 0));
  SAKER_ASSERT(limit || r.time_in_force == proto::TimeInForce::ImmediateOrCancel);
  if (r.price_ticks > 0) {
    SAKER_ASSERT(market->price_ticks(market->price_text(r.price_ticks), "p") == r.price_ticks);
  }
  if (r.quantity_lots > 0) {
    const std::string text = market->quantity_text(r.quantity_lots);
    SAKER_ASSERT(market->quantity_lots(text, "q") == r.quantity_lots);
  }
  if (r.quote_budget > 0) {
    const std::string text = market->quote_text(r.quote_budget);
    SAKER_ASSERT(market->quote_minor(text, "a") == r.quote_budget);
  }
}

void check_replace(const web::Fields& fields) {
  const ReplaceOrder replace = read_replace_order(fields);
  SAKER_ASSERT((replace.name.order_id == 0) != (replace.name.client_order_id == 0));
  SAKER_ASSERT(replace.price || replace.quantity);
  Order order;
  order.price_ticks = 100;
  order.quantity_lots = 5;
  for (const char* name : {"KCN/EUR", "BTC/EUR"}) {
    const auto request = to_request(replace, order, fuzz_markets().need(name));
    SAKER_ASSERT(request.price_ticks > 0 && request.quantity_lots > 0);
  }
}

void check_channel(const std::string& name) {
  const Channel channel = parse_channel(name);
  SAKER_ASSERT(channel.depth <= kMaxDepth);
  SAKER_ASSERT(is_private(channel.kind) == channel.market.empty());
  if (channel.kind == ChannelKind::kBook) {
    SAKER_ASSERT(channel.depth > 0 && channel.interval_ms > 0);
  }
  if (channel.kind == ChannelKind::kCandles) SAKER_ASSERT(channel.interval_ms >= 60'000);
}

void check_decimal(const std::string& text) {
  for (const char* name : {"KCN/EUR", "BTC/EUR"}) {
    const Market& market = fuzz_markets().need(name);
    const auto quietly = [](auto&& call) {
      try {
        call();
      } catch (const web::ApiError& error) {
        SAKER_ASSERT(error.status == 400);
      }
    };
    quietly([&] {
      const std::int64_t ticks = market.price_ticks(text, "p");
      SAKER_ASSERT(ticks > 0 && market.price_ticks(market.price_text(ticks), "p") == ticks);
    });
    quietly([&] {
      const std::int64_t lots = market.quantity_lots(text, "q");
      SAKER_ASSERT(lots > 0 && market.quantity_lots(market.quantity_text(lots), "q") == lots);
    });
    quietly([&] { SAKER_ASSERT(market.quote_minor(text, "a") > 0); });
  }
}

}  // namespace

void fuzz_request(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::uint8_t what = input.byte();
  const std::string text = input.rest();
  try {
    if (what % 8 == 6) return check_channel(text);
    if (what % 8 == 7) return check_decimal(text);
    const web::JsonValue value = web::parse_json(text, {8, 1'000});
    if (value.kind() != web::JsonValue::Kind::Object) return;
    const web::Fields fields = value.object();
    if (what % 8 < 3) return check_new_order(fields);
    if (what % 8 < 5) return check_replace(fields);
    const client::MassCancelRequest request = read_cancel_all(fields, fuzz_markets());
    SAKER_ASSERT(request.market == 0 || fuzz_markets().find(request.market) != nullptr);
    SAKER_ASSERT(request.buys || request.sells);
  } catch (const web::ApiError& error) {
    SAKER_ASSERT(error.status == 400 || error.status == 404);
    SAKER_ASSERT(!error.code.empty());
  }
}

}  // namespace saker::gateway

SAKER_FUZZ_TARGET(saker::gateway::fuzz_request)
