// Days of the default venue with nobody in it but its bots: the market must still be one. The
// short form lets them look less often; SAKER_FULL=1 runs three days at their own pace.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sim/bot_market.hpp"

namespace saker::sim {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kHourNs = 3'600 * kSecondNs;

std::string source(const char* path) {
  return std::string(SAKER_SOURCE_ROOT).append("/").append(path);
}

void print(const BotMarket& world) {
  for (std::uint32_t id = 1; id <= world.market_count(); ++id) {
    const BotMarket::Market& m = world.market(id);
    std::printf("market %u: %llu trades, middle %.4f .. %.4f of the anchor, a side empty for at "
                "most %.1f s, at most %zu orders\n",
                id, static_cast<unsigned long long>(m.trades), m.lowest, m.highest,
                static_cast<double>(m.longest_empty_ns) / 1e9, m.most_orders);
  }
  for (const auto& t : world.traders()) {
    std::printf("%-16s %9llu commands %6llu rejected %8llu fills, inventory %6ld (farthest %5ld of "
                "%5ld, away for %.2f h), quote x%.4f\n",
                t->config.name.c_str(), static_cast<unsigned long long>(t->commands),
                static_cast<unsigned long long>(t->rejects),
                static_cast<unsigned long long>(t->fills),
                static_cast<long>(t->inventory_lots()), static_cast<long>(t->farthest_lots),
                static_cast<long>(t->most_inventory_lots),
                static_cast<double>(t->longest_away_ns) / 3.6e12,
                static_cast<double>(t->quote()) / static_cast<double>(t->start_quote));
  }
}

void expect_sane(const BotMarket& world, double stretch, std::uint64_t duration_ns) {
  for (std::uint32_t id = 1; id <= world.market_count(); ++id) {
    const BotMarket::Market& market = world.market(id);
    EXPECT_GT(market.lowest, 0.88) << id;
    EXPECT_LT(market.highest, 1.12) << id;
    EXPECT_LT(static_cast<double>(market.longest_empty_ns), 10e9 * stretch) << id;
    EXPECT_LT(market.most_orders, 100u) << id;
    // Alive: a trade every other second at their own pace, and all the more of them in a crowd.
    EXPECT_GT(static_cast<double>(market.trades),
              static_cast<double>(duration_ns) / 2e9 / stretch) << id;
  }
  for (const auto& trader : world.traders()) {
    const std::string& name = trader->config.name;
    EXPECT_GT(trader->fills, 10u) << name;
    EXPECT_LT(trader->rejects * 50, trader->commands) << name;
    EXPECT_LE(trader->most_orders, 2 * trader->config.quotes.levels + 10) << name;
    // A market maker's whole side may trade at once, on top of what it may hold.
    EXPECT_LT(trader->farthest_lots, 2 * trader->most_inventory_lots + 300) << name;
    EXPECT_GT(trader->quote() * 10, trader->start_quote * 8) << name;
    EXPECT_GT(trader->base_lots() * 10, trader->start_base_lots * 8) << name;
    EXPECT_LT(trader->longest_away_ns, 12 * kHourNs) << name;
  }
  world.core().check_invariants();
}

TEST(BotsDays, ThreeDaysLaterItIsStillAMarket) {
  const double stretch = std::getenv("SAKER_FULL") != nullptr ? 1 : 40;
  BotMarket world(source("engine/venue.toml"), source("bots/bots.toml"), stretch);
  world.run(72 * kHourNs);
  print(world);
  expect_sane(world, stretch, 72 * kHourNs);
}

TEST(BotsDays, HalfAnHourAtTheirOwnPace) {
  BotMarket world(source("engine/venue.toml"), source("bots/bots.toml"), 1);
  world.run(kHourNs / 2);
  print(world);
  expect_sane(world, 1, kHourNs / 2);
}

/// The same bots in the same venue do the same.
TEST(BotsDays, RepeatThemselves) {
  std::uint64_t heads[2];
  for (std::uint64_t& head : heads) {
    BotMarket world(source("engine/venue.toml"), source("bots/bots.toml"), 1);
    world.run(60 * kSecondNs);
    head = world.core().chain_head();
  }
  EXPECT_EQ(heads[0], heads[1]);
}

}  // namespace
}  // namespace saker::sim
