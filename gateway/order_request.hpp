// Trading requests as they come in, by REST or WebSocket: read strictly, checked against the
// market, turned into what the client library sends. Errors are ApiErrors that name the field.
#pragma once

#include <optional>
#include <string>

#include "client/requests.hpp"
#include "gateway/markets.hpp"
#include "gateway/order_state.hpp"
#include "web/json.hpp"

namespace saker::gateway {

/// Client order ids that callers may choose are below this; those above are given by gateways.
inline constexpr std::uint64_t kGivenOrderIds = std::uint64_t{1} << 63;

struct NewOrder {
  client::NewOrderRequest request;  // account still 0; client_order_id 0 when none was given
  /// What no report of the order will name.
  OrderWish wish() const { return {request.type, request.time_in_force, request.quote_budget}; }
};
/// market, side, type, price?, quantity?, quote_amount?, time_in_force?, client_order_id?
NewOrder read_new_order(const web::Fields& fields, const Markets& markets);

/// One order, by either id.
struct OrderName {
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
};
/// order_id | client_order_id; not both. Does not look at other fields.
OrderName read_order_name(const web::Fields& fields);

/// order_id | client_order_id, price?, quantity?. The two are read when the market is known.
struct ReplaceOrder {
  OrderName name;
  std::optional<std::string> price;
  std::optional<std::string> quantity;
};
ReplaceOrder read_replace_order(const web::Fields& fields);
client::ReplaceOrderRequest to_request(const ReplaceOrder& replace, const Order& order,
                                       const Market& market);

/// market?, side?
client::MassCancelRequest read_cancel_all(const web::Fields& fields, const Markets& markets);

/// Whether a request under a used client order id asks for the very order that there is.
bool same_order(const NewOrder& request, const Order& order);
/// The same of an order as reports tell it, which name neither type nor time in force; `known`:
/// what else is known of it, or nullptr. False also when it cannot be told.
bool same_as_reported(const NewOrder& request, const OrderStory& story, const Order* known);

}  // namespace saker::gateway
