// The default venue in memory with its own bots in it: the real core, the real strategies, no
// network and no clock, so that days pass in seconds. For watching where a market drifts.
#pragma once

#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "bots/config.hpp"
#include "bots/make_view.hpp"
#include "client/order_book.hpp"
#include "engine/log_record.hpp"
#include "engine/venue_file.hpp"

namespace saker::sim {

class BotMarket {
 public:
  struct Trader {
    bots::BotConfig config;
    std::unique_ptr<bots::Strategy> strategy;
    client::OrderTracker tracker;
    bots::Random pauses;
    proto::MarketDefinition definition;
    std::int64_t target_lots = 0;
    std::int64_t most_inventory_lots = 0;
    std::int64_t start_quote = 0;
    std::int64_t start_base_lots = 0;
    TimeNs looked_ns = 0;
    std::uint64_t next_number = 1;
    // What has been seen of it.
    std::uint64_t commands = 0, rejects = 0, fills = 0;
    std::size_t most_orders = 0;
    std::int64_t farthest_lots = 0;    // from the wished holding
    TimeNs settled_ns = 0;             // when it last held about what it wishes
    std::uint64_t longest_away_ns = 0;

    std::int64_t quote() const;
    std::int64_t base_lots() const;
    std::int64_t inventory_lots() const { return base_lots() - target_lots; }
  };
  struct Market {
    proto::MarketDefinition definition;
    client::OrderBook book;
    double anchor_ticks = 0;
    double lowest = 0, highest = 0;    // middle of the book, as part of the anchor
    std::uint64_t trades = 0;
    TimeNs full_ns = 0;                // when both sides last had orders
    std::uint64_t longest_empty_ns = 0;
    std::size_t most_orders = 0;
  };

  /// Intervals of bots.toml times `stretch`.
  BotMarket(const std::string& venue_path, const std::string& bots_path, double stretch);

  /// Lets so much time pass.
  void run(std::uint64_t duration_ns);

  const std::vector<std::unique_ptr<Trader>>& traders() const { return traders_; }
  /// By market id, from 1; some may not be traded by any bot.
  const Market& market(std::uint32_t id) const { return *markets_[id]; }
  std::uint32_t market_count() const { return static_cast<std::uint32_t>(markets_.size() - 1); }
  const core::Core& core() const { return *core_; }
  TimeNs now_ns() const { return now_ns_; }
  static constexpr TimeNs kStartNs = 1'700'000'000'000'000'000;

 private:
  struct Turn {
    TimeNs at_ns;
    std::size_t trader;
    bool operator>(const Turn& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : trader > other.trader;
    }
  };

  void add_trader(const bots::BotConfig& config);
  void look(Trader& trader);
  void perform(Trader& trader, const bots::Action& action);
  void apply(proto::CommandKind kind, std::uint32_t session, std::uint64_t number, Bytes body);
  void take_outputs();
  void watch(Trader& trader);
  void watch(Market& market);
  std::uint64_t pause_ns(Trader& trader);

  const double stretch_;
  TimeNs now_ns_ = kStartNs;
  std::unique_ptr<core::Core> core_;
  core::Output out_;
  std::vector<std::unique_ptr<Trader>> traders_;
  std::vector<Trader*> by_session_;
  std::vector<std::unique_ptr<Market>> markets_;
  std::vector<bots::Action> actions_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
};

}  // namespace saker::sim
