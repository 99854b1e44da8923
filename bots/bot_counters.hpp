// What the bots count: DATA/run/bots.counters, a few numbers for all and the same list per bot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bots/bot.hpp"
#include "common/counters.hpp"

namespace saker::bots {

// X(name, unit, help)
#define SAKER_BOT_COUNTERS(X)                                                     \
  X(commands, "commands", "sent")                                                 \
  X(accepted, "commands", "applied")                                              \
  X(rejected, "commands", "answered by a reject")                                 \
  X(not_sequenced, "commands", "refused for want of room or rate")                \
  X(fills, "fills", "of own orders")                                              \
  X(maker_fills, "fills", "as the resting side")                                  \
  X(traded_lots, "lots", "bought and sold")                                       \
  X(open_orders, "orders", "resting now")                                         \
  X(in_flight, "commands", "sent and not decided")                                \
  X(inventory_lots, "lots", "above the wished holding, two's complement")         \
  X(round_trip_p50_ns, "ns", "command to decision, half are faster")              \
  X(round_trip_p99_ns, "ns", "command to decision, 99 of 100 are faster")         \
  X(resends, "commands", "sent again for want of an answer")                      \
  X(reports_recovered, "reports", "had from the follower")                        \
  X(logons, "logons", "since the start")                                          \
  X(logged_on, "flag", "1 while the session is logged on")                        \
  X(session, "id", "session number")                                              \
  X(market, "id", "market number")

enum BotCounter : std::uint32_t {
#define SAKER_BOT_INDEX(name, unit, help) kBot_##name,
  SAKER_BOT_COUNTERS(SAKER_BOT_INDEX)
#undef SAKER_BOT_INDEX
  kBotCounterCount
};

/// "maker-kcn" and fills give "maker_kcn_fills".
std::string bot_counter_name(const std::string& bot, const char* counter);

class BotCounters {
 public:
  /// False when the file cannot be made; nothing is counted then.
  bool open(const std::string& path, const std::vector<BotConfig>& bots, std::string& error);

  /// Copies a bot's numbers; `index` is its place in the list given to open().
  template <net::Transport Transport>
  void publish(std::size_t index, Bot<Transport>& bot) {
    if (counters_ == nullptr) return;
    const BotStats& stats = bot.stats();
    const auto& orders = bot.session().orders();
    const std::uint64_t values[] = {
        stats.commands, stats.accepted, stats.rejected, stats.not_sequenced, stats.fills,
        stats.maker_fills, stats.traded_lots, bot.tracker().open_orders(), orders.in_flight(),
        static_cast<std::uint64_t>(bot.inventory_lots()), stats.round_trip.percentile_ns(50),
        stats.round_trip.percentile_ns(99), orders.counters().resends,
        orders.counters().reports_recovered, stats.logons, orders.logged_on(),
        bot.config().session, bot.config().market};
    static_assert(std::size(values) == kBotCounterCount);
    const auto base = static_cast<std::uint32_t>(index * kBotCounterCount);
    for (std::uint32_t i = 0; i < kBotCounterCount; ++i) counters_->set(base + i, values[i]);
  }

 private:
  std::vector<std::string> names_;
  std::unique_ptr<Counters> counters_;
};

}  // namespace saker::bots
