// Orders and fills of one account as its reports tell them, in the order of its drop copy.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "order_entry_generated.h"
#include "query_generated.h"

namespace saker::gateway {

enum class OrderStatus : std::uint8_t {
  kOpen, kPartiallyFilled, kFilled, kCancelled, kRejected
};

struct Order {
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  proto::Side side = proto::Side::Buy;
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  OrderStatus status = OrderStatus::kOpen;
  proto::Reason reason = proto::Reason::NONE;  // why it is cancelled
  std::int64_t price_ticks = 0;                // limit; market: worst that the engine accepts
  std::int64_t quantity_lots = 0;              // total, fills included
  std::int64_t leaves_lots = 0;
  std::int64_t filled_lots = 0;
  __int128 ticks_times_lots = 0;  // over the fills, when they are all known
  bool fills_known = true;
  std::int64_t budget_minor = 0;  // of a market buy by amount: its quantity is what it bought
  bool kind_known = false;        // type, time in force, budget: no report names them
  bool as_placed = false;         // price and quantity are those that it was placed with
  std::uint64_t created_ns = 0;   // ids do not tell which of two orders is newer, this does
  std::uint64_t updated_ms = 0;
};

struct Fill {
  std::uint64_t trade_id = 0;
  std::uint64_t order_id = 0;
  std::uint32_t market = 0;
  proto::Side side = proto::Side::Buy;
  proto::Liquidity liquidity = proto::Liquidity::None;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::int64_t fee_minor = 0;
  std::uint64_t time_ms = 0;
};

/// What a request said of its order and no report repeats.
struct OrderWish {
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  std::int64_t budget_minor = 0;  // of a market buy by amount: most to spend, fees included
};

/// The fill that an OrderFilled report tells of.
Fill fill_of(const proto::Report& report);
Order order_of(const proto::OpenOrder& open);
/// Starts an order from its first report, or moves it on by a later one (accepted, filled,
/// cancelled, replaced). False for reports that change no order.
bool apply_report(Order& order, const proto::Report& report);
/// Puts in what the request said.
void apply_wish(Order& order, const OrderWish& wish);

/// An order from the reports of its account, with its fills.
struct OrderStory {
  Order order;         // as it is after the last of them
  Order as_accepted;   // order_id 0: its beginning is not among them
  std::vector<Fill> fills;
};
OrderStory story_of(std::uint64_t order_id, std::span<const proto::Report> reports);

/// The open orders of an account and the last ones that ended.
class AccountOrders {
 public:
  static constexpr std::size_t kMostClosed = 64;
  static constexpr std::size_t kMostWishes = 256;

  void clear();
  void put(const Order& order);
  /// A request is on its way, under the session's number; the oldest is forgotten beyond
  /// kMostWishes.
  void expect(std::uint64_t client_sequence, std::uint64_t client_order_id, const OrderWish& wish);
  /// The order as it is after the report, or nullptr when it is about none. Valid until the next
  /// call.
  const Order* on_report(const proto::Report& report);

  /// Open or lately ended.
  const Order* find(std::uint64_t order_id) const;
  const Order* find_client_order(std::uint64_t client_order_id) const;
  /// By order id, the engine's, which is no order of time.
  const std::map<std::uint64_t, Order>& open() const { return open_; }

 private:
  struct Expected {
    std::uint64_t client_sequence;
    std::uint64_t client_order_id;
    OrderWish wish;
  };
  std::optional<OrderWish> take_wish(const proto::Report& report);

  std::map<std::uint64_t, Order> open_;
  std::deque<Order> closed_;  // oldest first
  std::deque<Expected> wishes_;
};

}  // namespace saker::gateway
