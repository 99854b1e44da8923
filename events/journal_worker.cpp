#include "events/journal_worker.hpp"

namespace saker::events {

JournalWorker::JournalWorker(WorkerConfig config, JournalSink& sink)
    : config_(std::move(config)), sink_(sink), pump_(port_, sink, config_.most_rows) {}

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

std::unique_ptr<Database> JournalWorker::Port::connect() {
  conninfo = read_conninfo(config.secrets, config.conninfo_role);
  return std::make_unique<Database>(conninfo, config.name);
}

std::unique_ptr<EventTail> JournalWorker::Port::open_journal(const Cursor& from) {
  return std::make_unique<EventTail>(config.events, from);
}

void JournalWorker::publish() {
  const std::lock_guard lock(mutex_);
  status_ = pump_.status();
}

void JournalWorker::run() {
  using Next = JournalPump<Port>::Next;
  while (!stop_asked_.load()) {
    try {
      const Next next = pump_.poll();
      publish();
      if (next == Next::rest) sleep(config_.poll_ns);
      if (next == Next::retry) sleep(config_.retry_ns);
    } catch (const Refused& refusal) {
      sink_.refused(port_.conninfo, refusal);
      publish();
      return on_dead_(refusal.what());
    }
  }
  pump_.stop();
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
