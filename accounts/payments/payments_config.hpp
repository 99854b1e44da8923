// What accounts.toml says about money; read in accounts/config.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saker::accounts {

/// An asset as the file has it: decimal text, turned into minor units when the engine has said how
/// many decimals the asset has. Empty: not offered.
struct AssetRules {
  std::string symbol;
  std::string faucet;           // what one claim gives
  std::string deposit_max;      // most in one deposit of test money
  std::string deposit_daily;    // and in 24 hours
  std::string withdrawal_min;
  std::string withdrawal_max;
};

struct PaymentsConfig {
  std::vector<AssetRules> assets;
  std::int64_t faucet_interval_ms = 86'400'000;
  std::int64_t payout_delay_ms = 10'000;
  std::string void_prefix = "refuse";  // destinations that the test payout refuses
  std::int64_t outcome_wait_ms = 5'000;
  std::int64_t history_wait_ms = 2'000;
};

}  // namespace saker::accounts
