// The thread that moves the event journal into PostgreSQL: reads what is new, has the sink write it
// and the cursor in one transaction, and begins again from the cursor in the database after
// anything that went wrong.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "events/database.hpp"
#include "events/event_tail.hpp"

namespace saker::events {

/// Nobody can go on here without a person: the journal contradicts what has been applied, or
/// (`fork`) tells another history.
struct Refused : std::runtime_error {
  explicit Refused(const std::string& why, bool forked = false)
      : std::runtime_error(why), fork(forked) {}
  bool fork;
};

/// What the events become. All calls come from the worker's thread.
class JournalSink {
 public:
  virtual ~JournalSink() = default;
  /// After each connect: forgets what was collected, takes what locks it needs, loads its state
  /// and the cursor that belongs to it. May throw DatabaseError (tried again) and Refused.
  virtual Cursor load(Database& database) = 0;
  /// Collects; the rows it will become.
  virtual std::uint64_t add(const follower::CommandEvents& events) = 0;
  /// Writes what was collected and moves the cursor, in one transaction.
  virtual void commit(Database& database, const Cursor& from, const Cursor& to) = 0;
  /// When there is nothing to do, and at least once a second.
  virtual void idle(Database&) {}
  /// Once before the worker ends because of a fork or a Refused; the database may be gone.
  virtual void refused(const std::string& conninfo, const Refused& refusal) = 0;
};

struct WorkerConfig {
  std::string events;                      // directory
  std::string conninfo_role;               // whose connection string is read at each connect
  std::string secrets;
  std::string name;                        // of the connection
  std::uint64_t poll_ns = 5'000'000;       // of an idle journal
  std::uint64_t most_rows = 200'000;       // of one transaction
  std::uint64_t retry_ns = 250'000'000;    // before the database is tried again
};

struct WorkerStatus {
  Cursor cursor;                    // committed
  bool connected = false;
  bool caught_up = false;           // has been at the end of the journal since it connected
  bool dead = false;                // ended by a fork or a Refused
  std::string problem;
  std::uint64_t transactions = 0;
  std::uint64_t rows = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t commit_ns = 0;      // of all transactions together
};

class JournalWorker {
 public:
  JournalWorker(WorkerConfig config, JournalSink& sink);
  ~JournalWorker() { stop(); }
  JournalWorker(const JournalWorker&) = delete;
  JournalWorker& operator=(const JournalWorker&) = delete;

  /// `on_dead` is called on the worker's thread when it can never go on.
  void start(std::function<void(const std::string& why)> on_dead);
  /// Ends after the transaction in work.
  void stop();
  WorkerStatus status() const;

 private:
  void run();
  void work(Database& database);
  bool fill(EventTail& tail, std::uint64_t& rows);
  void publish(const Cursor& cursor, std::uint64_t rows, std::uint64_t took_ns);
  void set_problem(const std::string& problem, bool connected);
  void sleep(std::uint64_t duration_ns);

  WorkerConfig config_;
  JournalSink& sink_;
  std::function<void(const std::string&)> on_dead_;
  std::atomic<bool> stop_asked_{false};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  WorkerStatus status_;
  std::thread thread_;
};

/// The cursor table of a schema ("ledger.cursor"). A missing row is an empty cursor.
Cursor read_cursor(Database& database, const std::string& table, std::uint16_t shard);
/// Throws Refused when the row is no longer what `from` says: somebody else moved it.
void move_cursor(Database& database, const std::string& table, const Cursor& from,
                 const Cursor& to);

}  // namespace saker::events
