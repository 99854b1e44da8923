// What moves the event journal into a database, one poll at a time: reads what is new, has the sink
// write it and the cursor in one transaction, and begins again from the cursor in the database
// after anything that went wrong. No thread, no socket, no clock of its own.
#pragma once

#include <functional>
#include <memory>

#include "common/plants.hpp"
#include "events/database_error.hpp"
#include "events/event_tail.hpp"

namespace saker::events {

/// Nobody can go on here without a person: the journal contradicts what has been applied, or
/// (`fork`) tells another history.
struct Refused : std::runtime_error {
  explicit Refused(const std::string& why, bool forked = false)
      : std::runtime_error(why), fork(forked) {}
  bool fork;
};

/// What the events become. All calls come from where the pump is polled.
template <class Database>
class BasicJournalSink {
 public:
  virtual ~BasicJournalSink() = default;
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

/// Port: `Database` with check(), `Tail` as BasicEventTail, connect() and open_journal(cursor)
/// that give new ones (DatabaseError: not now), now_ns() that never goes back.
template <class Port>
class JournalPump {
 public:
  using Database = typename Port::Database;
  enum class Next : std::uint8_t {
    again,  // there is more
    rest,   // the journal has no more at present
    retry,  // the connection is gone; status().problem says why
  };

  JournalPump(Port& port, BasicJournalSink<Database>& sink, std::uint64_t most_rows)
      : port_(port), sink_(sink), most_rows_(most_rows) {}

  /// At most one transaction. Throws Refused: then it can never go on.
  Next poll() {
    try {
      return step();
    } catch (const DatabaseError& error) {
      lose(error.what());
      ++status_.reconnects;
      return Next::retry;
    } catch (const Refused& refusal) {
      lose(refusal.what());
      status_.dead = true;
      throw;
    }
  }
  /// Closes the connection.
  void stop() { lose(""); }

  const WorkerStatus& status() const { return status_; }

 private:
  Next step() {
    if (database_ == nullptr) return connect();
    std::uint64_t rows = 0;
    const bool more = fill(rows);
    const TimeNs now_ns = port_.now_ns();
    if (tail_->cursor().sequence > status_.cursor.sequence) {
      commit();
      status_.cursor = tail_->cursor();
      status_.rows += rows;
      status_.commit_ns += port_.now_ns() - now_ns;
      ++status_.transactions;
    }
    if (!more || now_ns > idle_called_ns_ + 1'000'000'000) {
      idle_called_ns_ = now_ns;
      sink_.idle(*database_);
    }
    if (more) return Next::again;
    database_->check();
    status_.caught_up = !tail_->behind();
    status_.problem = tail_->problem();
    return Next::rest;
  }

  Next connect() {
    std::unique_ptr<Database> database = port_.connect();
    status_.cursor = sink_.load(*database);
    tail_ = port_.open_journal(status_.cursor);
    database_ = std::move(database);
    idle_called_ns_ = 0;
    status_.connected = true;
    status_.problem.clear();
    return Next::again;
  }

  /// Whatever a lost commit came to: what is in the database is read again before anything else.
  void commit() {
    try {
      sink_.commit(*database_, status_.cursor, tail_->cursor());
    } catch (const DatabaseError&) {
      if (!SAKER_PLANT(commit_repeated)) throw;
      database_ = port_.connect();
      sink_.commit(*database_, status_.cursor, tail_->cursor());
    }
  }

  /// Collects up to one transaction. False when the journal has no more at present.
  bool fill(std::uint64_t& rows) {
    while (rows < most_rows_) {
      switch (tail_->next(port_.now_ns())) {
        case TailStatus::kBatch:
          for (const follower::CommandEvents& events : tail_->events()) rows += sink_.add(events);
          break;
        case TailStatus::kIdle: return false;
        case TailStatus::kForked: throw Refused(tail_->problem(), true);
      }
    }
    return true;
  }

  void lose(const std::string& why) {
    database_.reset();
    tail_.reset();
    status_.connected = status_.caught_up = false;
    status_.problem = why;
  }

  Port& port_;
  BasicJournalSink<Database>& sink_;
  const std::uint64_t most_rows_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<typename Port::Tail> tail_;
  TimeNs idle_called_ns_ = 0;
  WorkerStatus status_;
};

}  // namespace saker::events
