#include "events/journal_worker.hpp"

#include "common/clock.hpp"

namespace saker::events {

JournalWorker::JournalWorker(WorkerConfig config, JournalSink& sink)
    : config_(std::move(config)), sink_(sink) {}

void JournalWorker::start(std::function<void(const std::string&)> on_dead) {
  on_dead_ = std::move(on_dead);
  thread_ = std::thread([this] { run(); });
}

void JournalWorker::stop() {
  stop_asked_.store(true);
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

WorkerStatus JournalWorker::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void JournalWorker::sleep(std::uint64_t duration_ns) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::nanoseconds(duration_ns),
                    [this] { return stop_asked_.load(); });
}

void JournalWorker::set_problem(const std::string& problem, bool connected) {
  const std::lock_guard lock(mutex_);
  status_.problem = problem;
  status_.connected = connected;
  if (!connected) status_.caught_up = false;
}

void JournalWorker::run() {
  std::string conninfo;
  while (!stop_asked_.load()) {
    try {
      conninfo = read_conninfo(config_.secrets, config_.conninfo_role);
      Database database(conninfo, config_.name);
      work(database);
    } catch (const DatabaseError& error) {
      set_problem(error.what(), false);
      const std::lock_guard lock(mutex_);
      ++status_.reconnects;
    } catch (const Refused& refusal) {
      set_problem(refusal.what(), false);
      sink_.refused(conninfo, refusal);
      {
        const std::lock_guard lock(mutex_);
        status_.dead = true;
      }
      return on_dead_(refusal.what());
    }
    sleep(config_.retry_ns);
  }
}

/// Until the connection breaks or a stop is asked for.
void JournalWorker::work(Database& database) {
  const Cursor start = sink_.load(database);
  EventTail tail(config_.events, start);
  publish(start, 0, 0);
  set_problem("", true);
  Cursor committed = start;
  TimeNs idle_called_ns = 0;
  while (!stop_asked_.load()) {
    std::uint64_t rows = 0;
    const bool more = fill(tail, rows);
    const TimeNs now_ns = MonotonicClock().now_ns();
    if (tail.cursor().sequence > committed.sequence) {
      sink_.commit(database, committed, tail.cursor());
      committed = tail.cursor();
      publish(committed, rows, MonotonicClock().now_ns() - now_ns);
    }
    if (!more || now_ns > idle_called_ns + 1'000'000'000) {
      idle_called_ns = now_ns;
      sink_.idle(database);
    }
    if (more) continue;
    database.check();
    {
      const std::lock_guard lock(mutex_);
      status_.caught_up = !tail.behind();
      status_.problem = tail.problem();
    }
    sleep(config_.poll_ns);
  }
}

/// Collects up to one transaction. False when the journal has no more at present.
bool JournalWorker::fill(EventTail& tail, std::uint64_t& rows) {
  while (rows < config_.most_rows) {
    switch (tail.next()) {
      case TailStatus::kBatch:
        for (const follower::CommandEvents& events : tail.events()) rows += sink_.add(events);
        break;
      case TailStatus::kIdle: return false;
      case TailStatus::kForked: throw Refused(tail.problem(), true);
    }
  }
  return true;
}

void JournalWorker::publish(const Cursor& cursor, std::uint64_t rows, std::uint64_t took_ns) {
  const std::lock_guard lock(mutex_);
  status_.cursor = cursor;
  status_.rows += rows;
  status_.commit_ns += took_ns;
  if (took_ns != 0) ++status_.transactions;
}

Cursor read_cursor(Database& database, const std::string& table, std::uint16_t shard) {
  Cursor cursor;
  cursor.shard = shard;
  const Rows rows = database.run(
      "SELECT sequence, epoch, log_id, entry_sequence, entry_chain_head, time_ns FROM " + table +
          " WHERE shard = $1",
      {std::to_string(shard)});
  if (rows.count() == 0) return cursor;
  cursor.sequence = rows.bits(0, 0);
  cursor.epoch = static_cast<std::uint32_t>(rows.integer(0, 1));
  cursor.log_id = rows.bits(0, 2);
  cursor.entry_sequence = rows.bits(0, 3);
  cursor.entry_chain_head = rows.bits(0, 4);
  cursor.time_ns = rows.bits(0, 5);
  return cursor;
}

void move_cursor(Database& database, const std::string& table, const Cursor& from,
                 const Cursor& to) {
  const auto text = [](std::uint64_t number) { return std::to_string(bits(number)); };
  std::vector<std::string> values = {
      text(to.shard), text(to.sequence),       text(to.epoch),           text(to.log_id),
      text(to.entry_sequence), text(to.entry_chain_head), text(to.time_ns)};
  std::int64_t moved = 0;
  if (from.sequence == 0) {
    moved = database
                .run("INSERT INTO " + table +
                         " (shard, sequence, epoch, log_id, entry_sequence, entry_chain_head,"
                         " time_ns) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                     values)
                .affected();
  } else {
    values.push_back(text(from.sequence));
    values.push_back(text(from.epoch));
    moved = database
                .run("UPDATE " + table +
                         " SET sequence = $2, epoch = $3, log_id = $4, entry_sequence = $5,"
                         " entry_chain_head = $6, time_ns = $7, updated_at = now()"
                         " WHERE shard = $1 AND sequence = $8 AND epoch = $9",
                     values)
                .affected();
  }
  if (moved != 1) {
    throw Refused("somebody else has moved " + table + " on from sequence " +
                  std::to_string(from.sequence));
  }
}

}  // namespace saker::events
