// Events into the ledger; all calls come from where the pump is polled.
#pragma once

#include "accounts/ledger/ledger_transactions.hpp"

namespace saker::accounts {

template <class Database>
class BasicLedgerSink : public events::BasicJournalSink<Database> {
 public:
  BasicLedgerSink(std::uint16_t shard, std::uint32_t history_accounts_from)
      : shard_(shard), book_(shard, history_accounts_from) {}

  events::Cursor load(Database& database) override {
    const events::Cursor cursor = load_ledger(database, shard_, book_);
    sequence_ = cursor.sequence;
    had_ledger_ = sequence_ != 0;
    return cursor;
  }
  std::uint64_t add(const follower::CommandEvents& events) override {
    sequence_ = events.entry.sequence;
    return book_.add(events);
  }
  void commit(Database& database, const events::Cursor& from, const events::Cursor& to) override {
    write_ledger(database, book_, from, to);
  }

 protected:
  const LedgerBook& book() const { return book_; }
  /// Of the last command that was added.
  Sequence sequence() const { return sequence_; }
  /// There was a ledger when it was loaded.
  bool had_ledger() const { return had_ledger_; }

 private:
  const std::uint16_t shard_;
  LedgerBook book_;
  Sequence sequence_ = 0;
  bool had_ledger_ = false;
};

}  // namespace saker::accounts
