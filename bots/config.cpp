#include "bots/config.hpp"

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

BotConfig read_maker(const ConfigTable& table) {
  BotConfig bot = read_common(table);
  bot.kind = StrategyKind::kMarketMaker;
  bot.start_price = table.need_text("start_price");
  const auto ppm = [&table](const char* key, std::int64_t fallback) {
    return table.integer(key, fallback, 0, 500'000);
  };
  bot.maker.levels = static_cast<std::uint32_t>(table.integer("levels", 5, 1, 100));
  bot.maker.half_spread_ppm = ppm("half_spread_ppm", 400);
  bot.maker.level_step_ppm = ppm("level_step_ppm", 300);
  bot.maker.quantity_lots = table.integer("quantity_lots", 10, 1, 1 << 30);
  bot.maker.most_inventory_lots = table.integer("most_inventory_lots", 500, 1, 1 << 30);
  bot.maker.skew_ppm = ppm("skew_ppm", 400);
  bot.maker.reprice_ppm = ppm("reprice_ppm", 100);
  bot.fair.volatility_ppm = static_cast<double>(ppm("volatility_ppm", 150));
  bot.fair.most_ppm = static_cast<double>(ppm("most_ppm", 150'000));
  return bot;
}

BotConfig read_taker(const ConfigTable& table) {
  BotConfig bot = read_common(table);
  bot.kind = StrategyKind::kRandomTaker;
  const auto percent = [&table](const char* key, std::int64_t fallback) {
    return static_cast<double>(table.integer(key, fallback, 0, 100)) / 100.0;
  };
  bot.taker.most_quantity_lots = table.integer("most_quantity_lots", 12, 1, 1 << 30);
  bot.taker.most_inventory_lots = table.integer("most_inventory_lots", 300, 1, 1 << 30);
  bot.taker.most_resting = static_cast<std::uint32_t>(table.integer("most_resting", 8, 0, 1000));
  bot.taker.reach_ppm = table.integer("reach_ppm", 600, 0, 500'000);
  bot.taker.market_share = percent("market_percent", 25);
  bot.taker.immediate_share = percent("immediate_percent", 35);
  bot.taker.resting_share = percent("resting_percent", 25);
  if (bot.taker.market_share + bot.taker.immediate_share + bot.taker.resting_share > 1.0001) {
    table.fail("resting_percent", "the three shares add up to more than 100");
  }
  return bot;
}

BotsConfig read(const ConfigTable& config) {
  BotsConfig bots;
  bots.host = config.text("host", "127.0.0.1");
  bots.stop_patience_ns = config.duration_ns("stop_patience", "3s", "10ms", "1min");
  for (const ConfigTable& table : config.tables("maker")) bots.bots.push_back(read_maker(table));
  for (const ConfigTable& table : config.tables("taker")) bots.bots.push_back(read_taker(table));
  config.reject_unknown();
  return bots;
}

}  // namespace

BotsConfig load_bots_config(const std::string& path) { return read(load_config(path)); }

BotsConfig parse_bots_config(const std::string& text, const std::string& name) {
  return read(parse_config(text, name));
}

}  // namespace saker::bots
