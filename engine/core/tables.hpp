// What the state is made of: plain structs in tables that are sized once from the genesis record.
#pragma once

#include <array>

#include "common/types.hpp"
#include "engine/core/core.hpp"
#include "engine/core/price_index.hpp"

namespace saker::core {

using Name = std::array<std::uint8_t, 16>;

/// The part of an order that matching touches: half a cache line.
struct OrderHot {
  std::int64_t leaves = 0;       // open lots (an iceberg will show its slice here)
  std::int32_t price = 0;        // ticks; a market order's effective limit
  std::uint32_t next = 0;        // in the queue of its level
  std::uint32_t prev = 0;
  std::uint32_t account = 0;
  std::uint32_t generation = 1;
  std::uint16_t market = 0;
  proto::Side side = proto::Side::Buy;
  std::uint8_t place = 0;        // OrderPlace
};
static_assert(sizeof(OrderHot) == 32);

enum class OrderPlace : std::uint8_t {
  kFree = 0,
  kTaking = 1,    // being matched in this command
  kSweeping = 2,  // being matched, goes on in Continue
  kResting = 3,
  // Later places of an order: kUntriggered (stops), kPegged, kAuction.
};

/// The rest of an order. The fields of order types to come are laid out already, so that neither
/// the arena nor the snapshot changes shape when they arrive.
struct OrderCold {
  std::uint64_t client_order_id = 0;
  std::uint64_t feed_order_id = 0;    // new for each displayed slice
  std::uint64_t entry_sequence = 0;   // time priority
  std::uint64_t entered_ns = 0;
  std::int64_t quantity = 0;          // total lots
  std::int64_t cumulative = 0;        // traded lots
  Minor held = 0;                     // of the quote (buy) or base asset (sell)
  std::int64_t hidden_lots = 0;       // iceberg reserve
  std::int64_t display_lots = 0;      // iceberg slice
  std::uint64_t expires_ns = 0;       // good till date
  std::int32_t trigger_price = 0;     // stops
  std::int32_t peg_offset = 0;        // pegs, ticks
  std::uint32_t fee_slack = 0;        // millionths of a minor unit paid ahead
  std::uint32_t session = 0;
  std::uint32_t account_next = 0;     // the account's open orders, by NewOrder
  std::uint32_t account_prev = 0;
  std::uint32_t session_next = 0;     // the session's open orders, by arrival there
  std::uint32_t session_prev = 0;
  std::uint16_t cursors = 0;          // jobs whose walk stands at this order
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  bool by_budget = false;             // held is a budget, not price x quantity
  bool listed = false;                // in the account's and session's lists
  std::uint16_t reserved = 0;
};
static_assert(sizeof(OrderCold) == 120);

struct Asset {
  Name symbol{};
  std::uint8_t decimals = 0;
  Minor sum = 0;  // over all accounts
};
struct Firm {
  Name name{};
  bool killed = false;
};
struct Group {
  Name name{};
  std::uint32_t firm = 0;
  bool killed = false;
};
struct OrderList {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
};
struct Account {
  Name name{};
  std::uint32_t group = 0;
  std::uint32_t firm = 0;
  std::uint32_t max_open_orders = 0;
  std::uint32_t open_orders = 0;
  std::uint64_t next_account_sequence = 1;
  std::uint64_t client_ids_used = 0;  // accepted so far; position in the ring of the last ones
  OrderList orders;
  bool killed = false;
};
struct Session {
  Name name{};
  std::uint32_t firm = 0;
  std::uint32_t rights = 0;
  std::uint32_t key_id = 0;
  bool cancel_on_disconnect = false;
  bool connected = false;
  bool killed = false;
  std::uint64_t connection = 0;
  std::uint64_t highest_client_sequence = 0;
  std::uint64_t next_report_sequence = 1;
  OrderList orders;
};
struct Market {
  Name symbol{};
  proto::MarketParams params;
  std::int64_t tick_size = 0;
  std::int64_t lot_size = 0;
  std::int64_t tick_value = 0;
  std::int64_t reference_price = 0;
  std::int64_t last_price = 0;  // 0: none since the reference was set
  std::uint32_t base = 0;
  std::uint32_t quote = 0;
  std::uint32_t fee_account = 0;
  std::uint32_t version = 0;
  std::uint8_t price_decimals = 0;
  proto::MarketPhase phase = proto::MarketPhase::Closed;
  PriceIndex sides[2];
};
/// A recent trade, kept so that it can be busted.
struct Trade {
  std::uint64_t id = 0;
  std::int64_t price = 0;
  std::int64_t lots = 0;
  Minor buyer_fee = 0;
  Minor seller_fee = 0;
  std::uint32_t buyer = 0;
  std::uint32_t seller = 0;
  std::uint32_t market = 0;
  bool busted = false;
};
struct Withdrawal {
  std::uint64_t reference = 0;  // 0: free slot
  Minor amount = 0;
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
};
struct Proposal {
  std::uint64_t number = 0;    // 0: free slot
  std::uint64_t trade_id = 0;  // a bust; 0: a transfer
  Minor amount = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t asset = 0;
  std::uint32_t proposer = 0;
  std::uint32_t approver = 0;  // the first one; 0: none yet
};

/// A walk over orders that cancels them a few at a time. Job kinds to come (expiries, stop
/// cascades, uncrossings) get their own kind and share slots, cursor and cutoff.
struct Job {
  bool active = false;
  proto::Scope scope = proto::Scope::Account;
  std::uint8_t side = 0;             // 0 both, 1 buys, 2 sells
  proto::Reason reason = proto::Reason::NONE;
  std::uint32_t scope_id = 0;
  std::uint32_t market = 0;          // 0 all
  std::uint32_t requester = 0;       // session that gets MassCancelDone
  Sequence cutoff = 0;
  std::uint64_t reference = 0;
  std::uint64_t cancelled = 0;
  std::uint32_t account = 0;         // being walked (not used for session scope)
  std::uint32_t cursor = 0;          // next order to look at; 0: at the end of this list
};

inline constexpr std::uint32_t kKillJobs = 16;

}  // namespace saker::core
