// bots.toml as plain values: which bots there are, who they are at the venue and how they trade.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bots/following.hpp"
#include "bots/quoting.hpp"
#include "bots/random_taker.hpp"

namespace saker::bots {

enum class StrategyKind : std::uint8_t {
  kMarketMaker,
  kLiquidityProvider,
  kAggressive,
  kRandom,
  kMeanReversion,
  kRandomWalk,
};

struct BotConfig {
  std::string name;
  StrategyKind kind = StrategyKind::kMarketMaker;
  std::uint32_t session = 0;
  std::uint32_t key = 0;
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  std::string target_base = "0";      // wished holding of the base asset, decimal
  std::string start_price = "0";      // quoting strategies: where the price is at home, decimal
  std::uint64_t interval_ns = 500'000'000;
  std::uint32_t most_per_second = 50;  // commands
  std::uint64_t seed = 1;
  double speed = 1;                    // how much faster its prices wander
  std::uint32_t burst = 1;             // looks in a row, when it takes
  FairPriceConfig fair;                // market maker, random walk
  MarketMakerConfig quotes;            // quoting strategies
  LiquidityProviderConfig provider;
  RandomWalkConfig walk;
  RandomTakerConfig random;
  AggressiveConfig aggressive;
  MeanReversionConfig reversion;
};

struct BotsConfig {
  std::string host = "127.0.0.1";
  std::uint64_t stop_patience_ns = 3'000'000'000;
  std::uint32_t speed = 1;             // as bots.toml says; see speed_up()
  std::vector<BotConfig> bots;
};

/// Highest speed.
inline constexpr std::uint32_t kMostSpeed = 1000;

/// Throws ConfigError.
BotsConfig load_bots_config(const std::string& path);
BotsConfig parse_bots_config(const std::string& text, const std::string& name);

/// Everything `speed` times as often, for tests that need very many trades: shorter intervals,
/// higher rates, many small takes in a row, prices that wander up to ten times as fast.
void speed_up(BotsConfig& config, std::uint32_t speed);

/// The strategy of `config` in a market where `start_price` is `anchor_ticks`.
std::unique_ptr<Strategy> make_strategy(const BotConfig& config, double anchor_ticks);

}  // namespace saker::bots
