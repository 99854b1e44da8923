#include "sim/sim_database.hpp"

#include <cstring>

#include "common/assert.hpp"

namespace saker::sim {

using events::DatabaseError;

namespace {

constexpr std::size_t kCopyHeader = 19;

std::uint64_t key_of(std::uint32_t account, std::uint32_t asset) {
  return std::uint64_t{account} << 32 | asset;
}

std::uint64_t entry_key(const Row<11>& row) {  // sequence, leg
  return static_cast<std::uint64_t>(row[0]) << 16 | static_cast<std::uint64_t>(row[9]);
}
template <std::size_t Columns>
std::uint64_t first_column(const Row<Columns>& row) {
  return static_cast<std::uint64_t>(row[0]);
}

template <class T>
T take(std::string_view& bytes) {
  T value;
  SAKER_ASSERT(bytes.size() >= sizeof(T));
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  else if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  else return __builtin_bswap64(value);
}

std::int64_t take_field(std::string_view& bytes) {
  switch (take<std::uint32_t>(bytes)) {
    case 2: return static_cast<std::int16_t>(take<std::uint16_t>(bytes));
    case 4: return static_cast<std::int32_t>(take<std::uint32_t>(bytes));
    case 8: return static_cast<std::int64_t>(take<std::uint64_t>(bytes));
  }
  SAKER_ASSERT(false);
  return 0;
}

/// Puts `rows` into `table` and returns how it was before.
template <class Table, class Rows, class Key, class Value>
auto put(Table& table, const Rows& rows, Key key, Value value) {
  std::vector<std::pair<typename Table::key_type, std::optional<typename Table::mapped_type>>> was;
  for (const auto& row : rows) {
    const auto [at, is_new] = table.try_emplace(key(row));
    was.emplace_back(at->first, is_new ? std::nullopt : std::make_optional(at->second));
    at->second = value(row);
  }
  return was;
}
template <class Table, class Was>
void put_back(Table& table, const Was& was) {
  for (auto at = was.rbegin(); at != was.rend(); ++at) {
    if (at->second) table[at->first] = *at->second;
    else table.erase(at->first);
  }
}

template <std::size_t Columns, class Key>
void cut_back(std::vector<Row<Columns>>& rows, std::size_t to,
              std::unordered_set<std::uint64_t>& keys, Key key) {
  for (std::size_t i = to; i < rows.size(); ++i) keys.erase(key(rows[i]));
  rows.resize(to);
}

}  // namespace

// ---- the server ----------------------------------------------------------------------------

void SimDatabase::crash(std::uint64_t down_ns) {
  if (!up()) return;
  coverage_.add(Count::database_crashed);
  ++life_;
  writer_ = 0;
  late_ = nullptr;
  back_ns_ = clock_.now() + down_ns;
  for (std::uint64_t lost = rng_.below(unflushed_.size() + 1); lost != 0; --lost) {
    coverage_.add(Count::database_took_back);
    unflushed_.back()();
    unflushed_.pop_back();
    if (ledger_changed_) ledger_changed_();
  }
  unflushed_.clear();
}

Sequence SimDatabase::payment_entry(std::uint64_t reference, std::uint32_t account,
                                    core::LegReason reason) const {
  for (auto row = ledger_.entries.rbegin(); row != ledger_.entries.rend(); ++row) {
    if ((*row)[3] == static_cast<std::int64_t>(reference) && (*row)[5] == account &&
        (*row)[10] == raw(reason)) {
      return static_cast<Sequence>((*row)[0]);
    }
  }
  return 0;
}

void SimDatabase::poll() {
  if (late_ && clock_.now() >= late_ns_) {
    const auto commit = std::exchange(late_, nullptr);
    commit();
    writer_ = 0;
  }
  if (!unflushed_.empty() && rng_.chance(20'000)) unflushed_.clear();
}

void SimDatabase::committed(Undo undo, bool waits) {
  unflushed_.push_back(std::move(undo));
  if (waits) unflushed_.clear();
}

// ---- a connection --------------------------------------------------------------------------

SimConnection::SimConnection(SimDatabase& server)
    : server_(server), life_(server.life_), number_(++server.connections_) {
  if (!server.up()) throw DatabaseError("the server is down");
}

SimConnection::~SimConnection() {
  if (server_.life_ == life_ && server_.writer_ == number_ && !keeps_lock_) server_.writer_ = 0;
}

void SimConnection::fail(const char* why) {
  broken_ = true;
  writes_.reset();
  throw DatabaseError(why);
}

void SimConnection::statement() {
  const DatabaseFaults& faults = server_.faults_;
  if (broken_ || life_ != server_.life_ || !server_.up()) fail("the database is gone");
  if (server_.rng_.chance(faults.killed_ppm)) {
    server_.coverage_.add(Count::database_client_killed);
    throw ProcessKilled();
  }
  if (!server_.rng_.chance(faults.lost_ppm)) return;
  server_.coverage_.add(Count::database_connection_lost);
  fail("the connection is lost");
}

void SimConnection::check() {
  if (broken_ || life_ != server_.life_ || !server_.up()) fail("the database is gone");
}

void SimConnection::begin(const char*) {
  statement();
  SAKER_ASSERT(!in_transaction_);
  in_transaction_ = true;
  writes_ = std::make_shared<Writes>();
}

void SimConnection::commit() {
  statement();
  SAKER_ASSERT(in_transaction_);
  in_transaction_ = false;
  if (writes_->empty()) return;
  const DatabaseFaults& faults = server_.faults_;
  if (server_.rng_.chance(faults.commit_lost_ppm)) return lose_in_commit();
  apply(server_, writes_, waits_);
  if (server_.rng_.chance(faults.commit_crash_ppm)) {
    server_.crash(server_.rng_.below(20'000'000));
    fail("the server has crashed");
  }
  if (!server_.rng_.chance(faults.commit_killed_ppm)) return;
  server_.coverage_.add(Count::killed_after_commit);
  throw ProcessKilled();
}

/// The client will not know.
void SimConnection::lose_in_commit() {
  switch (server_.rng_.below(3)) {
    case 0:
      server_.coverage_.add(Count::commit_unknown_done);
      apply(server_, writes_, waits_);
      break;
    case 1: server_.coverage_.add(Count::commit_unknown_lost); break;
    case 2:
      if (server_.late_ || server_.writer_ != number_) break;
      server_.coverage_.add(Count::commit_unknown_late);
      keeps_lock_ = true;
      server_.late_ns_ = server_.clock_.now() + server_.rng_.below(50'000'000);
      server_.late_ = [&server = server_, writes = writes_, waits = waits_] {
        apply(server, writes, waits);
      };
      break;
  }
  fail("the connection is lost in COMMIT");
}

void SimConnection::apply(SimDatabase& server, const std::shared_ptr<Writes>& writes,
                          bool waits) {
  LedgerTables& ledger = server.ledger_;
  const auto undo = [&server, &ledger, entries = ledger.entries.size(),
                     trades = ledger.trades.size(), busts = ledger.busts.size(),
                     balances = put(ledger.balances, writes->balances,
                                    [](auto& row) { return key_of(row.account, row.asset); },
                                    [](auto& row) { return row; }),
                     totals = put(ledger.totals, writes->totals,
                                  [](auto& row) { return row.first; },
                                  [](auto& row) { return row.second; }),
                     orders = put(ledger.orders, writes->orders,
                                  [](auto& row) { return row.created_sequence; },
                                  [](auto& row) { return row; }),
                     cursor = ledger.cursor] {
    cut_back(ledger.entries, entries, server.entry_keys_, entry_key);
    cut_back(ledger.trades, trades, server.trade_keys_, first_column<18>);
    cut_back(ledger.busts, busts, server.bust_keys_, first_column<4>);
    put_back(ledger.balances, balances);
    put_back(ledger.totals, totals);
    put_back(ledger.orders, orders);
    ledger.cursor = cursor;
  };
  const auto append = [](auto& table, const auto& rows, auto& keys, auto key) {
    for (const auto& row : rows) {
      keys.insert(key(row));
      table.push_back(row);
    }
  };
  append(ledger.entries, writes->entries, server.entry_keys_, entry_key);
  append(ledger.trades, writes->trades, server.trade_keys_, first_column<18>);
  append(ledger.busts, writes->busts, server.bust_keys_, first_column<4>);
  if (writes->cursor) ledger.cursor = *writes->cursor;
  server.committed(undo, waits);
  if (server.ledger_changed_) server.ledger_changed_();
}

template <std::size_t Columns>
void SimConnection::copy(events::CopyRows& rows, std::vector<Row<Columns>>& to,
                         std::unordered_set<std::uint64_t>& keys,
                         std::uint64_t (*key_of)(const Row<Columns>&)) {
  if (rows.empty()) return;
  statement();
  std::unordered_set<std::uint64_t> own;
  std::string_view bytes = rows.binary().substr(kCopyHeader);
  for (std::uint64_t i = 0; i < rows.rows(); ++i) {
    SAKER_ASSERT(take<std::uint16_t>(bytes) == Columns);
    Row<Columns> row;
    for (std::int64_t& column : row) column = take_field(bytes);
    if (keys.count(key_of(row)) > 0 || !own.insert(key_of(row)).second) {
      fail("duplicate key value violates unique constraint");
    }
    to.push_back(row);
  }
  SAKER_ASSERT(bytes.empty());
}

}  // namespace saker::sim

// ---- the ledger's statements ---------------------------------------------------------------

namespace saker::accounts {

using Statements = LedgerStatements<sim::SimConnection>;

bool Statements::take_writer_lock(Database& database, std::uint16_t) {
  database.statement();
  std::uint64_t& writer = database.server_.writer_;
  if (writer != 0 && writer != database.number_) return false;
  writer = database.number_;
  return true;
}

events::Cursor Statements::read_cursor(Database& database, std::uint16_t shard) {
  database.statement();
  events::Cursor cursor = database.server_.ledger_.cursor;
  cursor.shard = shard;
  return cursor;
}

void Statements::load_rows(Database& database, LedgerBook& book) {
  database.statement();
  const sim::LedgerTables& ledger = database.server_.ledger_;
  for (const auto& [key, row] : ledger.balances) book.load(row);
  for (const auto& [asset, row] : ledger.totals) book.load(asset, row);
  for (const auto& [sequence, row] : ledger.orders) {
    if (row.status == OrderStatus::kOpen) book.load(row);
  }
}

void Statements::copy_entries(Database& database, events::CopyRows& rows) {
  database.copy<11>(rows, database.writes_->entries, database.server_.entry_keys_,
                    sim::entry_key);
}
void Statements::copy_trades(Database& database, events::CopyRows& rows) {
  database.copy<18>(rows, database.writes_->trades, database.server_.trade_keys_,
                    sim::first_column<18>);
}
void Statements::copy_busts(Database& database, events::CopyRows& rows) {
  database.copy<4>(rows, database.writes_->busts, database.server_.bust_keys_,
                   sim::first_column<4>);
}

void Statements::put_balances(Database& database, LedgerBook& book) {
  database.statement();
  for (const BalanceRow* row : book.changed_balances()) {
    database.writes_->balances.push_back(*row);
    database.writes_->balances.back().changed = false;
  }
  for (const auto& [asset, row] : book.changed_totals()) {
    database.writes_->totals.emplace_back(asset, *row);
    database.writes_->totals.back().second.changed = false;
  }
}

void Statements::put_orders(Database& database, LedgerBook& book, std::uint16_t) {
  if (book.changed_orders().empty()) return;
  database.statement();
  for (const OrderRow* row : book.changed_orders()) {
    database.writes_->orders.push_back(*row);
    database.writes_->orders.back().changed = false;
  }
}

void Statements::move_cursor(Database& database, const events::Cursor& from,
                             const events::Cursor& to) {
  database.statement();
  const events::Cursor& now = database.server_.ledger_.cursor;
  if (now.sequence != from.sequence || now.epoch != from.epoch) {
    database.broken_ = true;
    throw events::Refused("somebody else has moved ledger.cursor on from sequence " +
                          std::to_string(from.sequence));
  }
  database.writes_->cursor = to;
}

}  // namespace saker::accounts
