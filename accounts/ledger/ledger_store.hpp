// The ledger in PostgreSQL: the statements of its transactions; raises and clears alarms.
#pragma once

#include "accounts/ledger/ledger_transactions.hpp"
#include "events/journal_worker.hpp"

namespace saker::accounts {

inline constexpr const char* kLedgerCursor = "ledger.cursor";
/// Name of settlement's connection; the rebuild ends connections of that name.
inline constexpr const char* kSettlementConnection = "saker-settlement";

template <>
struct LedgerStatements<events::Database> {
  using Database = events::Database;
  static bool take_writer_lock(Database& database, std::uint16_t shard);
  static void commit_without_waiting(Database& database);
  static events::Cursor read_cursor(Database& database, std::uint16_t shard);
  static void load_rows(Database& database, LedgerBook& book);
  static void copy_entries(Database& database, events::CopyRows& rows);
  static void copy_trades(Database& database, events::CopyRows& rows);
  static void copy_busts(Database& database, events::CopyRows& rows);
  static void put_balances(Database& database, LedgerBook& book);
  static void put_orders(Database& database, LedgerBook& book, std::uint16_t shard);
  static void move_cursor(Database& database, const events::Cursor& from,
                          const events::Cursor& to);
};

/// `kind`: reconciliation, contradiction, fork. While an alarm of a kind stands, another one only
/// changes its text. `if_ledger`: it is about what the ledger holds, so none is raised when a
/// rebuild has emptied it in the meantime.
void raise_alarm(events::Database& database, const std::string& kind, const std::string& detail,
                 Sequence sequence, bool if_ledger = false);
/// True when there was one.
bool clear_alarm(events::Database& database, const std::string& kind);

}  // namespace saker::accounts
