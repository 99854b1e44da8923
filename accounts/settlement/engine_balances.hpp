// The engine's side of a reconciliation: all balances of one moment, from the follower.
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

#include "accounts/ledger/comparison.hpp"

namespace saker::accounts {

struct EngineAccess {
  std::string secrets;
  std::string host = "127.0.0.1";
  std::uint16_t port_base = 3000;
  std::uint32_t session = 17;
  std::uint32_t key = 17;
  std::uint64_t patience_ns = 10'000'000'000;
};

/// The follower did not answer, or this session may not see everything.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct AssetName {
  std::string symbol;
  unsigned decimals = 0;
};

struct EngineBalances : Balances {
  std::map<std::uint32_t, AssetName> names;  // of assets that are traded
};

/// Blocks until the answer is there; all balances are after one command, `at_least` or later.
/// Throws NoAnswer. Gives up early when `stop` becomes true.
EngineBalances fetch_engine_balances(const EngineAccess& access, Sequence at_least,
                                     const std::atomic<bool>& stop);

}  // namespace saker::accounts
