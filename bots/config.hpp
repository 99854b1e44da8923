// bots.toml as plain values: which bots there are, who they are at the venue and how they trade.
#pragma once

#include <string>
#include <vector>

#include "bots/fair_price.hpp"
#include "bots/market_maker.hpp"
#include "bots/random_taker.hpp"

namespace saker::bots {

enum class StrategyKind : std::uint8_t { kMarketMaker, kRandomTaker };

struct BotConfig {
  std::string name;
  StrategyKind kind = StrategyKind::kMarketMaker;
  std::uint32_t session = 0;
  std::uint32_t key = 0;
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  std::string target_base = "0";      // wished holding of the base asset, decimal
  std::string start_price = "0";      // maker: where the fair price starts, decimal
  std::uint64_t interval_ns = 500'000'000;
  std::uint32_t most_per_second = 50;  // commands
  std::uint64_t seed = 1;
  FairPriceConfig fair;
  MarketMakerConfig maker;
  RandomTakerConfig taker;
};

struct BotsConfig {
  std::string host = "127.0.0.1";
  std::uint64_t stop_patience_ns = 3'000'000'000;
  std::vector<BotConfig> bots;
};

/// Throws ConfigError.
BotsConfig load_bots_config(const std::string& path);
BotsConfig parse_bots_config(const std::string& text, const std::string& name);

}  // namespace saker::bots
