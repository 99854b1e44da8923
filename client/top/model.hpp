// Everything that one picture of `saker top` shows, as plain values: filled by collect.hpp, drawn
// by render.hpp, printed by json.hpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/feed_client.hpp"

namespace saker::client::top {

struct LevelRow {
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::uint32_t orders = 0;
};

struct TradeRow {
  TimeNs time_ns = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  bool buyer_took = false;
};

struct MarketModel {
  std::uint32_t id = 0;
  std::string symbol;
  proto::MarketPhase phase = proto::MarketPhase::Closed;
  bool live = false;
  std::int64_t tick_size = 1, lot_size = 1;
  unsigned price_decimals = 0, base_decimals = 0;
  std::int64_t last_price_ticks = 0;
  std::int64_t first_price_ticks = 0;  // of the trades seen, for the direction
  std::uint64_t trades = 0;
  std::vector<LevelRow> bids, asks;    // best first
  std::vector<TradeRow> tape;          // newest first
};

/// A process' counters by name, as far as it runs and publishes them.
struct CounterModel {
  bool present = false;
  bool alive = false;
  std::int32_t pid = 0;
  TimeNs started_ns = 0;
  std::map<std::string, std::uint64_t> values;
  std::uint64_t get(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? 0 : found->second;
  }
};

struct BotModel {
  std::string name;
  std::uint64_t session = 0, market = 0;
  bool logged_on = false;
  std::uint64_t commands = 0, rejected = 0, fills = 0, open_orders = 0, in_flight = 0;
  std::int64_t inventory_lots = 0;
  std::uint64_t round_trip_p50_ns = 0, round_trip_p99_ns = 0;
  double commands_per_second = 0;
};

struct Model {
  TimeNs now_ns = 0;
  FeedState feed = FeedState::kStopped;
  bool logged_on = false;
  std::uint32_t epoch = 0;
  std::uint64_t feed_sequence = 0;
  std::uint64_t feed_lost = 0, feed_recovered = 0;
  std::uint64_t line_packets[2] = {};
  std::vector<MarketModel> markets;
  CounterModel engine, follower;
  std::vector<BotModel> bots;
  bool bots_alive = false;
  std::uint64_t log_bytes = 0;
  std::uint64_t disk_free_bytes = 0;
  std::string notice;  // something the reader should know; empty: nothing
};

}  // namespace saker::client::top
