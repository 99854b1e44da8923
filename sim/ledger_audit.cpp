#include "sim/ledger_audit.hpp"

#include <algorithm>
#include <map>

namespace saker::sim {

namespace {

std::int64_t as_row(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace

void LedgerAudit::on_command(const core::Command& command, const core::Output& out) {
  std::uint16_t number = 0;
  for (const core::LedgerLeg& leg : out.legs.view()) {
    truth_.push_back({command.sequence, number++, command.time_ns, leg});
  }
}

bool LedgerAudit::same(const Row<11>& row, const Leg& l) const {
  const Row<11> expected = {as_row(l.sequence),      l.leg.amount,  l.leg.balance,
                            as_row(l.leg.reference), as_row(l.time_ns), l.leg.account,
                            l.leg.asset,             l.leg.market,  0,
                            l.number,                raw(l.leg.reason)};
  return row == expected;
}

void LedgerAudit::on_ledger() {
  const Sequence cursor = ledger_.cursor.sequence;
  if (cursor > judge_.durable()) judge_.advance();
  if (cursor > judge_.durable()) {
    return verdict_.fail("ledger_ahead", "the ledger's cursor is at %llu, the disk holds %llu",
                         ull(cursor), ull(judge_.durable()));
  }
  const std::size_t size = ledger_.entries.size();
  if (size > truth_.size()) {
    return verdict_.fail("ledger_rows", "%zu entries, the log gives %zu", size, truth_.size());
  }
  for (checked_ = std::min(checked_, size); checked_ < size; ++checked_) {
    if (same(ledger_.entries[checked_], truth_[checked_])) continue;
    return verdict_.fail("ledger_rows", "entry %zu is of command %lld leg %lld, the log has %llu "
                                        "leg %u there or another amount",
                         checked_, sll(ledger_.entries[checked_][0]),
                         sll(ledger_.entries[checked_][9]), ull(truth_[checked_].sequence),
                         truth_[checked_].number);
  }
  const bool too_many = size != 0 && truth_[size - 1].sequence > cursor;
  const bool too_few = size < truth_.size() && truth_[size].sequence <= cursor;
  if (!too_many && !too_few) return;
  verdict_.fail("ledger_cursor", "the cursor is at %llu, the entries end with command %llu",
                ull(cursor), ull(size == 0 ? 0 : truth_[size - 1].sequence));
}

void LedgerAudit::full_check() {
  std::map<std::pair<std::uint32_t, std::uint32_t>, Minor> sums;
  std::map<std::uint32_t, accounts::TotalRow> totals;
  for (const Row<11>& row : ledger_.entries) {
    const auto account = static_cast<std::uint32_t>(row[5]);
    const auto asset = static_cast<std::uint32_t>(row[6]);
    sums[{account, asset}] += row[1];
    const auto reason = static_cast<core::LegReason>(row[10]);
    if (account == 0) continue;
    if (reason == core::LegReason::kDeposit) totals[asset].deposits += row[1];
    if (reason == core::LegReason::kWithdrawal) totals[asset].withdrawals -= row[1];
  }
  for (const auto& [key, row] : ledger_.balances) {
    const auto sum = sums.find({row.account, row.asset});
    if (sum != sums.end() && sum->second == row.balance) continue;
    verdict_.fail("ledger_balance", "account %u asset %u has %lld, its entries say otherwise",
                  row.account, row.asset, sll(row.balance));
  }
  if (sums.size() != ledger_.balances.size()) {
    verdict_.fail("ledger_balance", "%zu balances for %zu accounts with entries",
                  ledger_.balances.size(), sums.size());
  }
  for (const auto& [asset, total] : totals) {
    const auto row = ledger_.totals.find(asset);
    if (row != ledger_.totals.end() && row->second.deposits == total.deposits &&
        row->second.withdrawals == total.withdrawals) {
      continue;
    }
    verdict_.fail("ledger_total", "the totals of asset %u are not those of its entries", asset);
  }
}

void LedgerAudit::compare_with_engine() {
  for (const auto& [key, row] : ledger_.balances) {
    if (row.account == 0) continue;
    const core::BalanceView view =
        judge_.core()->balance(AccountId{row.account}, AssetId{row.asset});
    if (view.available + view.held == row.balance) continue;
    verdict_.fail("ledger_differs", "account %u asset %u: the engine has %lld, the ledger %lld",
                  row.account, row.asset, sll(view.available + view.held), sll(row.balance));
  }
  if (ledger_.cursor.sequence == judge_.durable()) check_orders();
}

/// Open orders of the accounts whose history is kept.
void LedgerAudit::check_orders() {
  for (const auto& [sequence, row] : ledger_.orders) {
    if (row.status != accounts::OrderStatus::kOpen || row.client_order_id == 0) continue;
    const proto::OpenOrder order =
        judge_.core()->find_client_order(AccountId{row.account}, row.client_order_id);
    if (order.order_id() == row.order_id && order.leaves_lots() == row.leaves_lots) continue;
    verdict_.fail("ledger_orders", "order %llx of account %u is open in the ledger with %lld left, "
                                   "in the engine with %lld",
                  ull(row.order_id), row.account, sll(row.leaves_lots), sll(order.leaves_lots()));
  }
}

}  // namespace saker::sim
