#include "bots/config.hpp"

#include <algorithm>

#include "common/config.hpp"

namespace saker::bots {

namespace {

BotConfig read_common(const ConfigTable& table) {
  BotConfig bot;
  bot.name = table.need_text("name");
  bot.session = static_cast<std::uint32_t>(table.need_integer("session", 1, 1 << 20));
  bot.key = static_cast<std::uint32_t>(table.integer("key", bot.session, 1, 1 << 20));
  bot.account = static_cast<std::uint32_t>(table.need_integer("account", 1, 1 << 20));
  bot.market = static_cast<std::uint32_t>(table.need_integer("market", 1, 1 << 20));
  bot.target_base = table.text("target_base", "0");
  bot.interval_ns = table.duration_ns("interval", "500ms", "1ms", "10min");
  bot.most_per_second =
      static_cast<std::uint32_t>(table.integer("most_per_second", 50, 1, 100'000));
  bot.seed = static_cast<std::uint64_t>(table.integer("seed", bot.session, 0, INT64_MAX));
  return bot;
}

using Ppm = std::int64_t;

Ppm read_ppm(const ConfigTable& table, const char* key, Ppm fallback) {
  return table.integer(key, fallback, 0, 500'000);
}
double read_percent(const ConfigTable& table, const char* key, std::int64_t fallback) {
  return static_cast<double>(table.integer(key, fallback, 0, 100)) / 100.0;
}
std::int64_t read_lots(const ConfigTable& table, const char* key, std::int64_t fallback) {
  return table.integer(key, fallback, 1, 1 << 30);
}

/// What all that quote have: a price to start from and orders around it.
void read_quotes(const ConfigTable& table, BotConfig& bot) {
  bot.start_price = table.need_text("start_price");
  bot.quotes.levels = static_cast<std::uint32_t>(table.integer("levels", 5, 1, 100));
  bot.quotes.half_spread_ppm = read_ppm(table, "half_spread_ppm", 400);
  bot.quotes.level_step_ppm = read_ppm(table, "level_step_ppm", 300);
  bot.quotes.quantity_lots = read_lots(table, "quantity_lots", 10);
  bot.quotes.most_inventory_lots = read_lots(table, "most_inventory_lots", 500);
  bot.quotes.skew_ppm = read_ppm(table, "skew_ppm", 400);
  bot.quotes.reprice_ppm = read_ppm(table, "reprice_ppm", 100);
  bot.fair.most_ppm = static_cast<double>(read_ppm(table, "most_ppm", 100'000));
}

void read_market_maker(const ConfigTable& table, BotConfig& bot) {
  read_quotes(table, bot);
  bot.fair.volatility_ppm = static_cast<double>(read_ppm(table, "volatility_ppm", 150));
}

void read_liquidity_provider(const ConfigTable& table, BotConfig& bot) {
  read_quotes(table, bot);
  bot.provider.follow_seconds =
      static_cast<double>(table.duration_ns("follow", "20s", "10ms", "1h")) * 1e-9;
}

void read_random_walk(const ConfigTable& table, BotConfig& bot) {
  read_quotes(table, bot);
  bot.fair.volatility_ppm = static_cast<double>(read_ppm(table, "volatility_ppm", 150));
  bot.fair.momentum = read_percent(table, "momentum_percent", 65);
  bot.walk.take_share = read_percent(table, "take_percent", 15);
  bot.walk.conviction = read_percent(table, "conviction_percent", 60);
  bot.walk.most_quantity_lots = read_lots(table, "most_quantity_lots", 4);
  bot.walk.reach_ppm = read_ppm(table, "reach_ppm", 300);
}

void read_random(const ConfigTable& table, BotConfig& bot) {
  RandomTakerConfig& random = bot.random;
  random.most_quantity_lots = read_lots(table, "most_quantity_lots", 12);
  random.most_inventory_lots = read_lots(table, "most_inventory_lots", 300);
  random.most_resting = static_cast<std::uint32_t>(table.integer("most_resting", 8, 0, 1000));
  random.reach_ppm = read_ppm(table, "reach_ppm", 600);
  random.market_share = read_percent(table, "market_percent", 25);
  random.immediate_share = read_percent(table, "immediate_percent", 35);
  random.resting_share = read_percent(table, "resting_percent", 25);
  if (random.market_share + random.immediate_share + random.resting_share > 1.0001) {
    table.fail("resting_percent", "the three shares add up to more than 100");
  }
}

void read_aggressive(const ConfigTable& table, BotConfig& bot) {
  bot.aggressive.most_quantity_lots = read_lots(table, "most_quantity_lots", 3);
  bot.aggressive.most_inventory_lots = read_lots(table, "most_inventory_lots", 20);
  bot.aggressive.reach_ppm = read_ppm(table, "reach_ppm", 500);
  bot.aggressive.act_share = read_percent(table, "act_percent", 70);
  bot.aggressive.trend_ppm = static_cast<double>(table.integer("trend_ppm", 500, 1, 500'000));
  bot.aggressive.trend_seconds =
      static_cast<double>(table.duration_ns("trend", "30s", "10ms", "1h")) * 1e-9;
}

void read_mean_reversion(const ConfigTable& table, BotConfig& bot) {
  MeanReversionConfig& reversion = bot.reversion;
  reversion.most_quantity_lots = read_lots(table, "most_quantity_lots", 4);
  reversion.most_inventory_lots = read_lots(table, "most_inventory_lots", 25);
  reversion.reach_ppm = read_ppm(table, "reach_ppm", 300);
  reversion.act_share = read_percent(table, "act_percent", 50);
  reversion.history = static_cast<std::uint32_t>(table.integer(
      "history", 50, MeanReversion::kLeastHistory, MeanReversion::kMostHistory));
  reversion.enter_deviations =
      static_cast<double>(table.integer("enter_percent", 200, 1, 1'000)) / 100.0;
  reversion.leave_deviations =
      static_cast<double>(table.integer("leave_percent", 50, 0, 1'000)) / 100.0;
}

struct Kind {
  const char* word;
  StrategyKind kind;
  void (*read)(const ConfigTable& table, BotConfig& bot);
};
constexpr Kind kKinds[] = {
    {"market_maker", StrategyKind::kMarketMaker, read_market_maker},
    {"liquidity_provider", StrategyKind::kLiquidityProvider, read_liquidity_provider},
    {"aggressive", StrategyKind::kAggressive, read_aggressive},
    {"random", StrategyKind::kRandom, read_random},
    {"mean_reversion", StrategyKind::kMeanReversion, read_mean_reversion},
    {"random_walk", StrategyKind::kRandomWalk, read_random_walk},
};

BotConfig read_bot(const ConfigTable& table) {
  BotConfig bot = read_common(table);
  const std::string word = table.need_text("strategy");
  for (const Kind& kind : kKinds) {
    if (word != kind.word) continue;
    bot.kind = kind.kind;
    kind.read(table, bot);
    return bot;
  }
  table.fail("strategy",
             "one of market_maker, liquidity_provider, aggressive, random, mean_reversion, "
             "random_walk");
}

BotsConfig read(const ConfigTable& config) {
  BotsConfig bots;
  bots.host = config.text("host", "127.0.0.1");
  bots.stop_patience_ns = config.duration_ns("stop_patience", "3s", "10ms", "1min");
  bots.speed = static_cast<std::uint32_t>(config.integer("speed", 1, 1, kMostSpeed));
  for (const ConfigTable& table : config.tables("bot")) bots.bots.push_back(read_bot(table));
  config.reject_unknown();
  return bots;
}

/// `config` with what it is relative to; a longer time between looks is looked at in one.
FairPriceConfig fair_around(const BotConfig& config, double anchor_ticks) {
  FairPriceConfig fair = config.fair;
  fair.anchor_ticks = anchor_ticks;
  return fair;
}

}  // namespace

void speed_up(BotsConfig& config, std::uint32_t speed) {
  constexpr std::uint64_t kLeastIntervalNs = 1'000'000;
  constexpr std::uint32_t kMostRate = 100'000;
  constexpr std::uint32_t kMostBurst = 64;
  constexpr std::uint32_t kMostWander = 10;  // faster, and takes would come too late
  for (BotConfig& bot : config.bots) {
    bot.interval_ns = std::max(std::min(kLeastIntervalNs, bot.interval_ns),
                               bot.interval_ns / speed);
    bot.most_per_second = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(kMostRate, std::uint64_t{bot.most_per_second} * speed));
    bot.burst = std::clamp<std::uint32_t>(speed / 5, 1, kMostBurst);
    bot.speed = std::min(speed, kMostWander);
    // Many small takes, so that a burst does not empty the book.
    for (std::int64_t* lots : {&bot.random.most_quantity_lots, &bot.aggressive.most_quantity_lots,
                               &bot.reversion.most_quantity_lots}) {
      *lots = std::max<std::int64_t>(1, *lots / bot.burst);
    }
  }
}

std::unique_ptr<Strategy> make_strategy(const BotConfig& config, double anchor_ticks) {
  switch (config.kind) {
    case StrategyKind::kMarketMaker:
      return std::make_unique<MarketMaker>(config.quotes, fair_around(config, anchor_ticks),
                                           config.seed);
    case StrategyKind::kLiquidityProvider: {
      LiquidityProviderConfig provider = config.provider;
      provider.quotes = config.quotes;
      provider.anchor_ticks = anchor_ticks;
      provider.most_ppm = config.fair.most_ppm;
      return std::make_unique<LiquidityProvider>(provider);
    }
    case StrategyKind::kRandomWalk: {
      RandomWalkConfig walk = config.walk;
      walk.quotes = config.quotes;
      walk.walk = fair_around(config, anchor_ticks);
      return std::make_unique<RandomWalk>(walk, config.seed);
    }
    case StrategyKind::kRandom:
      return std::make_unique<RandomTaker>(config.random, config.seed);
    case StrategyKind::kAggressive:
      return std::make_unique<Aggressive>(config.aggressive, config.seed);
    case StrategyKind::kMeanReversion:
      return std::make_unique<MeanReversion>(config.reversion, config.seed);
  }
  return nullptr;
}

BotsConfig load_bots_config(const std::string& path) { return read(load_config(path)); }

BotsConfig parse_bots_config(const std::string& text, const std::string& name) {
  return read(parse_config(text, name));
}

}  // namespace saker::bots
