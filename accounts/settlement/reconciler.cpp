#include "accounts/settlement/reconciler.hpp"

#include <functional>

#include "common/clock.hpp"

namespace saker::accounts {
namespace {

/// One comparison at a time, whoever makes it: they share the session.
constexpr const char* kLock = "SELECT pg_try_advisory_lock(7022)";

void wait_for(const std::function<bool()>& done, std::uint64_t patience_ns,
              const std::atomic<bool>& stop, const std::function<std::string()>& complaint) {
  const TimeNs give_up_ns = MonotonicClock().now_ns() + patience_ns;
  while (!done()) {
    if (stop.load() || MonotonicClock().now_ns() > give_up_ns) throw NotCompared(complaint());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

Reconciliation reconcile(const ReconcilerConfig& config, const std::atomic<bool>& stop) {
  try {
    events::Database database(
        events::read_conninfo(config.engine.secrets, "saker_settlement"), "saker-reconcile");
    wait_for([&] { return database.run(kLock).text(0, 0) == "t"; }, config.patience_ns, stop,
             [] { return "another reconciliation is at work"; });
    const EngineBalances engine = fetch_engine_balances(config.engine, 0, stop);
    Sequence reached = 0;
    wait_for(
        [&] { return (reached = ledger_sequence(database, config.shard)) >= engine.sequence; },
        config.patience_ns, stop, [&] {
          return "the ledger is at sequence " + std::to_string(reached) +
                 " and does not reach the engine's " + std::to_string(engine.sequence) +
                 "; is saker-settlement running?";
        });
    const LedgerBalances ledger =
        ledger_at(database, config.shard, engine.sequence, config.from_entries);
    Reconciliation result{compare(engine, ledger), engine.names};
    record(database, result.comparison);
    return result;
  } catch (const NoAnswer& error) {
    throw NotCompared(error.what());
  } catch (const events::DatabaseError& error) {
    throw NotCompared(std::string("the database: ") + error.what());
  }
}

void Reconciler::start() {
  if (config_.interval_ns != 0) thread_ = std::thread([this] { run(); });
}

void Reconciler::stop() {
  stop_asked_.store(true);
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Reconciler::Status Reconciler::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Reconciler::run() {
  std::unique_lock lock(mutex_);
  // The first one soon, when everything has had a moment to start.
  std::uint64_t wait_ns = std::min<std::uint64_t>(config_.interval_ns, 5'000'000'000);
  for (;;) {
    wake_.wait_for(lock, std::chrono::nanoseconds(wait_ns), [this] { return stop_asked_.load(); });
    if (stop_asked_.load()) return;
    wait_ns = config_.interval_ns;
    lock.unlock();
    std::string failure;
    std::optional<Comparison> comparison;
    try {
      comparison = reconcile(config_, stop_asked_).comparison;
    } catch (const NotCompared& error) {
      failure = error.what();
    }
    lock.lock();
    status_.failure = failure;
    if (!comparison) {
      ++status_.failures;
      continue;
    }
    ++status_.runs;
    status_.finished_ns = UtcClock().now_ns();
    status_.last = std::move(comparison);
  }
}

}  // namespace saker::accounts
