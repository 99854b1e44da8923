// The ledger in PostgreSQL: loads the book, writes what it has collected, raises and clears alarms.
#pragma once

#include "accounts/ledger/ledger_book.hpp"
#include "events/journal_worker.hpp"

namespace saker::accounts {

inline constexpr const char* kLedgerCursor = "ledger.cursor";
/// Name of settlement's connection; the rebuild ends connections of that name.
inline constexpr const char* kSettlementConnection = "saker-settlement";

/// Takes the one writer's lock for as long as the connection lives, and loads what the book
/// needs. Throws DatabaseError when another one has the lock.
events::Cursor load_ledger(events::Database& database, std::uint16_t shard, LedgerBook& book);

/// One transaction: everything that the book collected, and the cursor.
void write_ledger(events::Database& database, LedgerBook& book, const events::Cursor& from,
                  const events::Cursor& to);

/// The rows alone; parts of write_ledger().
void copy_entries(events::Database& database, events::CopyRows& rows);
void copy_trades(events::Database& database, events::CopyRows& rows);

/// `kind`: reconciliation, contradiction, fork. While an alarm of a kind stands, another one only
/// changes its text. `if_ledger`: it is about what the ledger holds, so none is raised when a
/// rebuild has emptied it in the meantime.
void raise_alarm(events::Database& database, const std::string& kind, const std::string& detail,
                 Sequence sequence, bool if_ledger = false);
/// True when there was one.
bool clear_alarm(events::Database& database, const std::string& kind);

}  // namespace saker::accounts
