// What a database must do for the ledger, as a test: PostgreSQL and the simulator's database are
// both held to it, so that the one is known to behave like the other.
//
// Place: `Database`; connect(); cut(database), after which the connection is lost; entries(), how
// many there are; empty ledger at first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "accounts/ledger/ledger_transactions.hpp"

namespace saker::accounts {

class ContractBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class Place>
class LedgerContract {
 public:
  explicit LedgerContract(Place& place) : place_(place) {}

  /// Throws ContractBroken.
  void check() {
    begins_empty();
    keeps_what_was_committed();
    one_writer_at_a_time();
    nothing_of_what_was_not_committed();
    nothing_of_what_was_cut();
    every_entry_once();
    the_cursor_moves_from_where_it_is();
    says_when_it_is_gone();
    holds(place_.entries() == entries_, "the entries are those of the commits");
  }

 private:
  using Database = typename Place::Database;

  /// A deposit, and an order of account 10 that stays open, or goes.
  void add(LedgerBook& book, Sequence sequence) {
    follower::CommandEvents events;
    events.entry.sequence = sequence;
    events.entry.time_ns = sequence * 10;
    const std::vector<core::LedgerLeg> legs = {
        {sequence, 5, 5 * static_cast<Minor>(sequence), 10, 1, 0, core::LegReason::kDeposit, {}},
        {sequence, -5, 0, 0, 1, 0, core::LegReason::kDeposit, {}}};
    follower::OrderEvent order;
    order.kind = static_cast<std::uint8_t>(proto::ReportKind::OrderAccepted);
    order.order_id = 900 + sequence;
    order.client_order_id = 70 + sequence;
    order.account = 10;
    order.quantity_lots = order.leaves_lots = 4;
    events.legs = legs;
    events.orders = {&order, 1};
    book.add(events);
  }
  static events::Cursor at(Sequence sequence) {
    events::Cursor cursor;
    cursor.sequence = sequence;
    cursor.epoch = sequence == 0 ? 0 : 1;
    cursor.log_id = sequence == 0 ? 0 : 77;
    cursor.entry_sequence = sequence;
    cursor.entry_chain_head = sequence == 0 ? 0 : ~std::uint64_t{3};  // a large one
    cursor.time_ns = sequence * 10;
    return cursor;
  }
  static void holds(bool good, const std::string& what) {
    if (!good) throw ContractBroken("does not hold: " + what);
  }
  template <class Error, class Work>
  static void throws(const std::string& what, Work work) {
    try {
      work();
    } catch (const Error&) {
      return;
    }
    throw ContractBroken("nothing was thrown: " + what);
  }

  /// The ledger as a writer finds it that connects now.
  void expect_at(Sequence sequence, const std::string& when) {
    const std::unique_ptr<Database> database = place_.connect();
    LedgerBook book(0, 10);
    holds(load_ledger(*database, 0, book) == at(sequence), "the cursor " + when);
    holds(book.balance(10, 1) == 5 * static_cast<Minor>(sequence), "the balance " + when);
    holds(book.balance(0, 1) == -5 * static_cast<Minor>(sequence), "the balance outside " + when);
    holds(book.open_orders() == sequence, "the open orders " + when);
    holds(place_.entries() == 2 * sequence, "the entries " + when);
    entries_ = 2 * sequence;
  }

  void begins_empty() { expect_at(0, "of an empty ledger"); }

  void keeps_what_was_committed() {
    for (const Sequence sequence : {1u, 2u}) {
      const std::unique_ptr<Database> database = place_.connect();
      LedgerBook book(0, 10);
      load_ledger(*database, 0, book);
      add(book, sequence);
      write_ledger(*database, book, at(sequence - 1), at(sequence));
    }
    expect_at(2, "after two commits");
  }

  void one_writer_at_a_time() {
    const std::unique_ptr<Database> first = place_.connect();
    const std::unique_ptr<Database> second = place_.connect();
    LedgerBook book(0, 10);
    load_ledger(*first, 0, book);
    throws<events::DatabaseError>("by a second writer", [&] { load_ledger(*second, 0, book); });
  }

  void nothing_of_what_was_not_committed() {
    {
      const std::unique_ptr<Database> database = place_.connect();
      LedgerBook book(0, 10);
      load_ledger(*database, 0, book);
      add(book, 3);
      database->begin();
      Statements::copy_entries(*database, book.entries);
      Statements::put_balances(*database, book);
      Statements::put_orders(*database, book, 0);
      Statements::move_cursor(*database, at(2), at(3));
      holds(place_.entries() == 4, "nothing is seen before COMMIT");
    }
    expect_at(2, "after a connection that was closed before COMMIT");
  }

  void nothing_of_what_was_cut() {
    {
      const std::unique_ptr<Database> database = place_.connect();
      LedgerBook book(0, 10);
      load_ledger(*database, 0, book);
      add(book, 3);
      database->begin();
      Statements::copy_entries(*database, book.entries);
      place_.cut(*database);
      throws<events::DatabaseError>("after the connection was cut", [&] {
        Statements::move_cursor(*database, at(2), at(3));
        database->commit();
      });
    }
    expect_at(2, "after a connection that was cut");
  }

  void every_entry_once() {
    {
      const std::unique_ptr<Database> database = place_.connect();
      LedgerBook book(0, 10);
      load_ledger(*database, 0, book);
      book.clear();
      add(book, 1);  // is there
      throws<events::DatabaseError>("by an entry that is there already",
                                    [&] { write_ledger(*database, book, at(2), at(3)); });
    }
    expect_at(2, "after an entry that was there already");
  }

  void the_cursor_moves_from_where_it_is() {
    for (events::Cursor from : {at(0), at(1), at(2)}) {
      if (from.sequence == 2) from.epoch = 2;
      {
        const std::unique_ptr<Database> database = place_.connect();
        LedgerBook book(0, 10);
        load_ledger(*database, 0, book);
        add(book, 3);
        throws<events::Refused>("by a cursor that is elsewhere",
                                [&] { write_ledger(*database, book, from, at(3)); });
      }
      expect_at(2, "after a cursor that was elsewhere");
    }
  }

  void says_when_it_is_gone() {
    const std::unique_ptr<Database> database = place_.connect();
    database->check();
    place_.cut(*database);
    // It asks nothing, so it may take the server's last word first and see its end then.
    throws<events::DatabaseError>("by check() of a lost connection", [&] {
      database->check();
      database->check();
    });
  }

  using Statements = LedgerStatements<Database>;
  Place& place_;
  std::uint64_t entries_ = 0;
};

}  // namespace saker::accounts
