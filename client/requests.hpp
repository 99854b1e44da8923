// Trading requests as one writes them, with names and sensible defaults:
//
//   client.send(NewOrderRequest{.account = 8, .market = 1, .side = Side::Buy,
//                               .price_ticks = 2500, .quantity_lots = 10});
//
// Administrative commands are sent as the schema's structs; fill_text() writes their texts.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "order_entry_generated.h"

namespace saker::client {

using proto::OrderType;
using proto::Scope;
using proto::Side;
using proto::TimeInForce;

/// Prices in ticks, quantities in lots of the market; 0 = not given.
struct NewOrderRequest {
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  Side side = Side::Buy;
  OrderType type = OrderType::Limit;
  TimeInForce time_in_force = TimeInForce::GoodTillCancel;
  std::int64_t price_ticks = 0;       // market order: worst price accepted, or 0
  std::int64_t quantity_lots = 0;
  std::int64_t quote_budget = 0;      // market buy without a price: most to spend, minor units
  std::uint64_t client_order_id = 0;  // unique per account; without one an outcome that the
                                      // engine has forgotten cannot be found out
};

/// Either id.
struct CancelOrderRequest {
  std::uint32_t account = 0;
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
};

/// Either id; quantity_lots is the new total, fills included.
struct ReplaceOrderRequest {
  std::uint32_t account = 0;
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::uint64_t new_client_order_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
};

struct MassCancelRequest {
  Scope scope = Scope::Session;
  std::uint32_t scope_id = 0;         // account, group or firm; 0 for the own session
  std::uint32_t market = 0;           // 0: all
  bool buys = true;
  bool sells = true;
  std::uint64_t client_reference = 0;
};

inline proto::NewOrder to_wire(const NewOrderRequest& r) {
  return {r.client_order_id, r.price_ticks, r.quantity_lots, r.quote_budget,
          r.account, r.market, r.side, r.type, r.time_in_force,
          proto::SelfTradePrevention::CancelTaker, 0};
}
inline proto::CancelOrder to_wire(const CancelOrderRequest& r) {
  return {r.order_id, r.client_order_id, r.account, 0};
}
inline proto::ReplaceOrder to_wire(const ReplaceOrderRequest& r) {
  return {r.order_id, r.client_order_id, r.new_client_order_id, r.price_ticks, r.quantity_lots,
          r.account, 0};
}
inline proto::MassCancel to_wire(const MassCancelRequest& r) {
  const std::uint8_t side = r.buys == r.sells ? 0 : r.buys ? 1 : 2;
  return {r.client_reference, r.scope_id, r.market, r.scope, side, 0, 0};
}

/// Copies `text` into a fixed text field, cut to its length, the rest zero.
template <class Array>
void fill_text(Array* field, std::string_view text) {
  for (std::size_t i = 0; i < field->size(); ++i) {
    field->Mutate(static_cast<::flatbuffers::uoffset_t>(i),
                  i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0);
  }
}
/// A fixed text field up to its first zero.
template <class Array>
std::string_view field_text(const Array* field) {
  const auto* chars = reinterpret_cast<const char*>(field->Data());
  return {chars, strnlen(chars, field->size())};
}

}  // namespace saker::client
