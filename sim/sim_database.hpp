// The simulated PostgreSQL: a server that outlives the processes, and their connections to it.
//
// A transaction is carried out whole or not at all. A connection can break at any statement; when
// it breaks in COMMIT, the server may have carried that out, or not, or will a little later. What
// was committed without waiting is on the disk some time later: a crash of the server takes back
// the last of it. A commit that waited makes everything before it durable, too.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "accounts/ledger/ledger_transactions.hpp"
#include "sim/coverage.hpp"
#include "sim/rng.hpp"
#include "sim/virtual_clock.hpp"

namespace saker::sim {

class SimConnection;

/// Thrown where a process is killed in the middle of what it does; only its box catches it.
struct ProcessKilled {};

/// Chances in parts per million, per statement.
struct DatabaseFaults {
  std::uint32_t lost_ppm = 0;           // the connection breaks
  std::uint32_t killed_ppm = 0;         // the client process is killed
  std::uint32_t commit_lost_ppm = 0;    // it breaks in COMMIT
  std::uint32_t commit_killed_ppm = 0;  // the client process is killed right after COMMIT
  std::uint32_t commit_crash_ppm = 0;   // the server crashes in COMMIT
};

/// Rows as COPY brought them, in the order of the columns.
template <std::size_t Columns>
using Row = std::array<std::int64_t, Columns>;

struct LedgerTables {
  std::vector<Row<11>> entries;
  std::vector<Row<18>> trades;
  std::vector<Row<4>> busts;
  std::unordered_map<std::uint64_t, accounts::BalanceRow> balances;  // account and asset
  std::unordered_map<std::uint32_t, accounts::TotalRow> totals;
  std::unordered_map<Sequence, accounts::OrderRow> orders;
  events::Cursor cursor;
};

class SimDatabase {
 public:
  SimDatabase(const VirtualClock& clock, Coverage& coverage, Rng rng)
      : clock_(clock), coverage_(coverage), rng_(rng) {}

  void set_faults(const DatabaseFaults& faults) { faults_ = faults; }
  /// Dies, taking all connections along, and is back after `down_ns`.
  void crash(std::uint64_t down_ns);
  bool up() const { return clock_.now() >= back_ns_; }
  /// What a server does by itself: late commits end, what was committed reaches the disk.
  void poll();

  const LedgerTables& ledger() const { return ledger_; }
  /// A transaction that is not the ledger's was committed, and waited for the disk.
  void commit_waited() { unflushed_.clear(); }
  /// Sequence of the ledger's entry of a payment, 0: there is none.
  Sequence payment_entry(std::uint64_t reference, std::uint32_t account,
                         core::LegReason reason) const;
  /// Called after each commit of the ledger and after each that was taken back.
  void on_ledger(std::function<void()> changed) { ledger_changed_ = std::move(changed); }

 private:
  friend class SimConnection;
  friend struct accounts::LedgerStatements<SimConnection>;
  using Undo = std::function<void()>;

  void committed(Undo undo, bool waits);

  const VirtualClock& clock_;
  Coverage& coverage_;
  Rng rng_;
  DatabaseFaults faults_;
  TimeNs back_ns_ = 0;
  std::uint64_t life_ = 0;     // connections of earlier ones are dead
  std::uint64_t writer_ = 0;   // connection that has the writer's lock
  std::uint64_t connections_ = 0;
  std::deque<Undo> unflushed_;
  std::function<void()> late_;  // a commit that its client does not wait for any more
  TimeNs late_ns_ = 0;
  LedgerTables ledger_;
  std::unordered_set<std::uint64_t> entry_keys_, trade_keys_, bust_keys_;
  std::function<void()> ledger_changed_;
};

class SimConnection {
 public:
  /// Throws DatabaseError while the server is down.
  explicit SimConnection(SimDatabase& server);
  ~SimConnection();
  SimConnection(const SimConnection&) = delete;
  SimConnection& operator=(const SimConnection&) = delete;

  void begin(const char* mode = "");
  void commit();
  void check();

  // For tests: the connection is lost now.
  void cut() { broken_ = true; }

 private:
  friend struct accounts::LedgerStatements<SimConnection>;
  enum class CommitFate : std::uint8_t { done, not_done, late, crash };

  /// What a transaction has written so far.
  struct Writes {
    std::vector<Row<11>> entries;
    std::vector<Row<18>> trades;
    std::vector<Row<4>> busts;
    std::vector<accounts::BalanceRow> balances;
    std::vector<std::pair<std::uint32_t, accounts::TotalRow>> totals;
    std::vector<accounts::OrderRow> orders;
    std::optional<events::Cursor> cursor;
    bool empty() const { return entries.empty() && balances.empty() && !cursor; }
  };

  /// One statement begins: is everything there, and does it stay?
  void statement();
  [[noreturn]] void fail(const char* why);
  void lose_in_commit();
  static void apply(SimDatabase& server, const std::shared_ptr<Writes>& writes, bool waits);
  template <std::size_t Columns>
  void copy(events::CopyRows& rows, std::vector<Row<Columns>>& to,
            std::unordered_set<std::uint64_t>& keys,
            std::uint64_t (*key_of)(const Row<Columns>&));

  SimDatabase& server_;
  const std::uint64_t life_;
  const std::uint64_t number_;
  bool broken_ = false;
  bool in_transaction_ = false;
  bool waits_ = true;
  bool keeps_lock_ = false;  // the server has not noticed yet that the client is gone
  std::shared_ptr<Writes> writes_;
};

}  // namespace saker::sim

namespace saker::accounts {

template <>
struct LedgerStatements<sim::SimConnection> {
  using Database = sim::SimConnection;
  static bool take_writer_lock(Database& database, std::uint16_t shard);
  static void commit_without_waiting(Database& database) { database.waits_ = false; }
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

}  // namespace saker::accounts
