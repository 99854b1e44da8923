#include "accounts/ledger/comparison.hpp"

#include <set>

#include "accounts/ledger/ledger_store.hpp"
#include "common/assert.hpp"

namespace saker::accounts {
namespace {

using events::Database;
using events::Rows;

constexpr std::size_t kNamedDifferences = 5;

std::uint32_t id(const Rows& rows, int row, int column) {
  return static_cast<std::uint32_t>(rows.integer(row, column));
}

Minor at(const BalanceMap& map, const BalanceKey& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

/// Balances now, less what came after; or what came until then.
constexpr const char* kFromBalances =
    "SELECT account, asset, sum(amount) FROM ("
    "  SELECT account, asset, balance AS amount FROM ledger.balances"
    "  UNION ALL"
    "  SELECT account, asset, -amount FROM ledger.entries WHERE shard = $2 AND sequence > $1"
    " ) AS legs"
    " WHERE account <> 0 GROUP BY account, asset";
constexpr const char* kFromEntries =
    "SELECT account, asset, sum(amount) FROM ledger.entries"
    " WHERE shard = $2 AND sequence <= $1 AND account <> 0 GROUP BY account, asset";
constexpr const char* kFlowsFromTotals =
    "SELECT asset, sum(deposits), sum(withdrawals) FROM ("
    "  SELECT asset, deposits, withdrawals FROM ledger.totals"
    "  UNION ALL"
    "  SELECT asset, CASE reason WHEN 3 THEN -amount ELSE 0 END,"
    "         CASE reason WHEN 4 THEN amount ELSE 0 END"
    "    FROM ledger.entries WHERE shard = $2 AND sequence > $1 AND account <> 0"
    "     AND reason IN (3, 4)) AS legs"
    " GROUP BY asset";
constexpr const char* kFlowsFromEntries =
    "SELECT asset, coalesce(sum(amount) FILTER (WHERE reason = 3), 0),"
    " coalesce(-sum(amount) FILTER (WHERE reason = 4), 0)"
    " FROM ledger.entries WHERE shard = $2 AND sequence <= $1 AND account <> 0 GROUP BY asset";

}  // namespace

Sequence ledger_sequence(Database& database, std::uint16_t shard) {
  const Rows rows = database.run("SELECT sequence FROM ledger.cursor WHERE shard = $1",
                                 {std::to_string(shard)});
  return rows.count() == 0 ? 0 : rows.bits(0, 0);
}

LedgerBalances ledger_at(Database& database, std::uint16_t shard, Sequence sequence,
                         bool from_entries) {
  LedgerBalances ledger;
  ledger.sequence = sequence;
  const std::vector<std::string> parameters = {std::to_string(events::bits(sequence)),
                                               std::to_string(shard)};
  database.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const Rows rows = database.run(from_entries ? kFromEntries : kFromBalances, parameters);
  for (int i = 0; i < rows.count(); ++i) {
    const Int128 balance = rows.wide(i, 2);
    if (balance == 0) continue;
    if (balance != static_cast<Minor>(balance)) {
      throw events::DatabaseError("account " + std::to_string(id(rows, i, 0)) + " has " +
                                  events::wide_text(balance) + " of asset " +
                                  std::to_string(id(rows, i, 1)) + " in the ledger");
    }
    ledger.accounts[{id(rows, i, 0), id(rows, i, 1)}] = static_cast<Minor>(balance);
  }
  const Rows flows = database.run(from_entries ? kFlowsFromEntries : kFlowsFromTotals, parameters);
  for (int i = 0; i < flows.count(); ++i) {
    ledger.flows[id(flows, i, 0)] = {flows.wide(i, 1), flows.wide(i, 2)};
  }
  database.commit();
  return ledger;
}

bool Comparison::equal() const {
  for (const AssetTotal& total : totals) {
    if (!total.balanced()) return false;
  }
  return differences.empty();
}

std::string Comparison::summary() const {
  if (equal()) return "no difference";
  std::string text;
  for (std::size_t i = 0; i < differences.size() && i < kNamedDifferences; ++i) {
    const Difference& d = differences[i];
    text += (i == 0 ? "" : ", ") + std::string("account ") + std::to_string(d.account) +
            " asset " + std::to_string(d.asset) + ": engine " + std::to_string(d.engine) +
            ", ledger " + std::to_string(d.ledger);
  }
  if (differences.size() > kNamedDifferences) {
    text += " and " + std::to_string(differences.size() - kNamedDifferences) + " more";
  }
  for (const AssetTotal& total : totals) {
    if (total.balanced()) continue;
    text += (text.empty() ? "" : "; ") + std::string("asset ") + std::to_string(total.asset) +
            ": engine " + events::wide_text(total.engine) + ", ledger " +
            events::wide_text(total.ledger) + ", deposits less withdrawals " +
            events::wide_text(total.deposits - total.withdrawals);
  }
  return "at sequence " + std::to_string(sequence) + ": " + text;
}

Comparison compare(const Balances& engine, const LedgerBalances& ledger) {
  SAKER_ASSERT(engine.sequence == ledger.sequence);
  Comparison comparison;
  comparison.sequence = engine.sequence;
  std::set<BalanceKey> keys;
  std::set<std::uint32_t> accounts;
  std::map<std::uint32_t, AssetTotal> totals;
  for (const auto& [key, amount] : engine.accounts) keys.insert(key);
  for (const auto& [key, amount] : ledger.accounts) keys.insert(key);
  for (const auto& [asset, flow] : ledger.flows) {
    totals[asset].deposits = flow.deposits;
    totals[asset].withdrawals = flow.withdrawals;
  }
  for (const BalanceKey& key : keys) {
    const Difference pair{key.first, key.second, at(engine.accounts, key),
                          at(ledger.accounts, key)};
    accounts.insert(pair.account);
    totals[pair.asset].engine += pair.engine;
    totals[pair.asset].ledger += pair.ledger;
    if (pair.engine != pair.ledger) comparison.differences.push_back(pair);
  }
  comparison.accounts = accounts.size();
  for (auto& [asset, total] : totals) {
    total.asset = asset;
    comparison.totals.push_back(total);
  }
  return comparison;
}

void record(Database& database, const Comparison& comparison) {
  database.begin();
  database.run(
      "INSERT INTO ledger.reconciliations (sequence, accounts, differences, detail)"
      " VALUES ($1, $2, $3, $4)",
      {std::to_string(events::bits(comparison.sequence)), std::to_string(comparison.accounts),
       std::to_string(comparison.differences.size()), comparison.summary()});
  if (comparison.equal()) {
    clear_alarm(database, "reconciliation");
  } else {
    raise_alarm(database, "reconciliation", comparison.summary(), comparison.sequence);
  }
  database.commit();
}

}  // namespace saker::accounts
