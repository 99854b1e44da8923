// The thread that moves the event journal into PostgreSQL; what it does is in journal_pump.hpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "events/database.hpp"
#include "events/journal_pump.hpp"

namespace saker::events {

using JournalSink = BasicJournalSink<Database>;

struct WorkerConfig {
  std::string events;                      // directory
  std::string conninfo_role;               // whose connection string is read at each connect
  std::string secrets;
  std::string name;                        // of the connection
  std::uint64_t poll_ns = 5'000'000;       // of an idle journal
  std::uint64_t most_rows = 200'000;       // of one transaction
  std::uint64_t retry_ns = 250'000'000;    // before the database is tried again
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
  /// What the pump needs, on this machine.
  struct Port {
    using Database = events::Database;
    using Tail = EventTail;
    const WorkerConfig& config;
    std::string conninfo;  // of the last connect

    std::unique_ptr<Database> connect();
    std::unique_ptr<Tail> open_journal(const Cursor& from);
    TimeNs now_ns() { return MonotonicClock().now_ns(); }
  };
  void run();
  void publish();
  void sleep(std::uint64_t duration_ns);

  const WorkerConfig config_;
  JournalSink& sink_;
  Port port_{config_, {}};
  JournalPump<Port> pump_;
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
