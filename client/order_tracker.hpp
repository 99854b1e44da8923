// What a session knows of its own orders and money, kept from its report stream.
//
// Start from nothing (a new session) or from the follower's answers: begin_resync(), ask for open
// orders and balances, hand them over; reports that arrive meanwhile are kept and applied after
// the answers as far as these do not include them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/flat_index.hpp"
#include "common/types.hpp"
#include "feed_generated.h"
#include "query_generated.h"

namespace saker::client {

struct TrackedOrder {
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;    // total, fills included
  std::int64_t leaves_lots = 0;
  std::int64_t cumulative_lots = 0;
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  proto::Side side = proto::Side::Buy;
};

/// Total of one asset in one account, minor units: available and held together.
struct Position {
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  Minor total = 0;
  Minor traded = 0;  // part of total that came from fills seen by this tracker, fees included
};

class OrderTracker {
 public:
  /// `session`: whose orders are ours in an open-order answer.
  explicit OrderTracker(std::uint32_t session, std::size_t expected_orders = 1024);

  /// A market whose fills are to be counted into positions; again when it changes.
  void define(const proto::MarketDefinition& definition);

  /// Applies one report of the session's stream, in order.
  void on_report(const proto::Report& report);

  // -- resynchronisation ----------------------------------------------------------------------
  /// Forgets all orders and balances and keeps reports from now on until end_resync().
  void begin_resync();
  /// Everything the follower answered, with the log sequence (`applied`) of each answer.
  void add_open_order(const proto::OpenOrder& order);
  void add_balance(const proto::Balance& balance);
  void end_resync(Sequence orders_applied, Sequence balances_applied);
  bool resyncing() const { return resyncing_; }

  // -- reads ----------------------------------------------------------------------------------
  std::size_t open_orders() const { return index_.size(); }
  const TrackedOrder* find(std::uint64_t order_id) const;
  /// Walks all orders: for occasional use.
  const TrackedOrder* find_client_order(std::uint32_t account, std::uint64_t client_order_id) const;
  /// Calls fn(const TrackedOrder&) in no particular but reproducible order.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (const TrackedOrder& order : pool_) {
      if (order.order_id != 0) fn(order);
    }
  }
  /// Lots we would own of `market` if every open order of `side` were filled.
  std::int64_t open_lots(std::uint32_t account, std::uint32_t market, proto::Side side) const;
  Position position(std::uint32_t account, std::uint32_t asset) const;
  /// Highest log sequence seen in a report or an answer.
  Sequence engine_sequence() const { return engine_sequence_; }
  /// Highest client order id seen, so that a restarted client can go on above it.
  std::uint64_t highest_client_order_id() const { return highest_client_order_id_; }

 private:
  void apply(const proto::Report& report, bool orders, bool money);
  void put(const TrackedOrder& order);
  void remove(std::uint64_t order_id);
  void count_fill(const proto::Report& report);
  Position& position_of(std::uint32_t account, std::uint32_t asset);

  const std::uint32_t session_;
  bool resyncing_ = false;
  Sequence engine_sequence_ = 0;
  std::uint64_t highest_client_order_id_ = 0;
  std::vector<TrackedOrder> pool_;
  std::vector<std::uint32_t> free_;
  FlatIndex index_;
  std::vector<Position> positions_;
  std::vector<proto::MarketDefinition> markets_;  // by market id - 1
  std::vector<proto::Report> kept_;               // while resyncing
};

}  // namespace saker::client
