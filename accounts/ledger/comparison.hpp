// The engine's balances against the ledger's, both as they were at one sequence of the log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "events/database.hpp"

namespace saker::accounts {

/// Account and asset.
using BalanceKey = std::pair<std::uint32_t, std::uint32_t>;
using BalanceMap = std::map<BalanceKey, Minor>;  // without zeros

struct Balances {
  Sequence sequence = 0;  // after this command
  BalanceMap accounts;
};

struct AssetFlow {
  Int128 deposits = 0;
  Int128 withdrawals = 0;
};

struct LedgerBalances : Balances {
  std::map<std::uint32_t, AssetFlow> flows;  // by asset
};

/// Up to where the ledger has come; 0 while it is empty.
Sequence ledger_sequence(events::Database& database, std::uint16_t shard);

/// The ledger as it was after `sequence`, which it must have reached: from the balances it keeps,
/// less what came later, or (`from_entries`) as the sum of all entries. One consistent view.
LedgerBalances ledger_at(events::Database& database, std::uint16_t shard, Sequence sequence,
                         bool from_entries);

struct Difference {
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  Minor engine = 0;
  Minor ledger = 0;
};
/// Of one asset, all accounts together.
struct AssetTotal {
  std::uint32_t asset = 0;
  Int128 engine = 0;
  Int128 ledger = 0;
  Int128 deposits = 0;
  Int128 withdrawals = 0;
  bool balanced() const { return engine == ledger && ledger == deposits - withdrawals; }
};

struct Comparison {
  Sequence sequence = 0;
  std::size_t accounts = 0;  // that have or had something, on either side
  std::vector<Difference> differences;
  std::vector<AssetTotal> totals;

  bool equal() const;
  /// What is wrong in one line, at most a few differences named; "no difference" otherwise.
  std::string summary() const;
};
/// Both must be of the same sequence.
Comparison compare(const Balances& engine, const LedgerBalances& ledger);

/// Keeps the result in the database: a row for it, and the alarm raised or taken back.
void record(events::Database& database, const Comparison& comparison);

}  // namespace saker::accounts
