// The two transactions of the ledger, over any database that has LedgerStatements.
#pragma once

#include "accounts/ledger/ledger_book.hpp"
#include "common/plants.hpp"
#include "events/journal_pump.hpp"

namespace saker::accounts {

/// The statements on one kind of database: specialised for PostgreSQL in ledger_store.hpp and for
/// the simulator's database, both held by ledger_contract.hpp to this contract:
/// - Between begin() and commit() nothing is seen by others; then all of it, or nothing.
/// - DatabaseError: the connection and its transaction are lost. When commit() throws it, nobody
///   knows whether it was carried out; that is known once the writer's lock was had again.
/// - An entry's key is (shard, sequence, leg), a trade's and a bust's the trade: a second one is a
///   DatabaseError. There is no way to change entries, trades and busts.
/// - move_cursor() moves the row only when it is `from`; else Refused.
/// - After commit_without_waiting() a crash of the server may take the last transactions back:
///   those after some point, and none before it.
template <class Database>
struct LedgerStatements;

/// Takes the one writer's lock for as long as the connection lives, and loads what the book
/// needs. Throws DatabaseError when another one has the lock.
template <class Database>
events::Cursor load_ledger(Database& database, std::uint16_t shard, LedgerBook& book) {
  using Statements = LedgerStatements<Database>;
  if (!Statements::take_writer_lock(database, shard)) {
    throw events::DatabaseError("another settlement is at work on this ledger");
  }
  // What is lost when the server dies is read from the journal again, so nobody waits for a disk.
  Statements::commit_without_waiting(database);
  if (!SAKER_PLANT(book_not_cleared)) book.clear();
  database.begin("ISOLATION LEVEL REPEATABLE READ");
  const events::Cursor cursor = Statements::read_cursor(database, shard);
  Statements::load_rows(database, book);
  database.commit();
  return cursor;
}

/// One transaction: everything that the book collected, and the cursor.
template <class Database>
void write_ledger(Database& database, LedgerBook& book, const events::Cursor& from,
                  const events::Cursor& to) {
  using Statements = LedgerStatements<Database>;
  database.begin();
  Statements::copy_entries(database, book.entries);
  Statements::copy_trades(database, book.trades);
  Statements::copy_busts(database, book.busts);
  Statements::put_balances(database, book);
  Statements::put_orders(database, book, to.shard);
  if (SAKER_PLANT(cursor_moved_apart)) {
    database.commit();
    database.begin();
  }
  Statements::move_cursor(database, from, to);
  database.commit();
  book.written();
}

}  // namespace saker::accounts
