// The settlement process on the simulated machine: the real pump, tail, sink and book between the
// follower's event journal and the simulated database.
#pragma once

#include <memory>

#include "accounts/settlement/ledger_sink.hpp"
#include "sim/sim_database.hpp"
#include "sim/sim_disk.hpp"

namespace saker::sim {

inline constexpr std::uint32_t kHistoryAccountsFrom = 4;

class SettlementBox {
 public:
  struct Config {
    std::uint64_t most_rows = 100;      // of one transaction
    std::uint64_t poll_ns = 5'000'000;  // of an idle journal
    std::uint64_t retry_ns = 20'000'000;
  };
  SettlementBox(SimDisk& disk, SimDatabase& server, const VirtualClock& clock,
                const Config& config);

  /// As JournalWorker::run(). Throws ProcessKilled, and Refused: then it has ended for good.
  void poll();
  const events::WorkerStatus& status() const { return pump_.status(); }

 private:
  struct Port {
    using Database = SimConnection;
    using Tail = events::BasicEventTail<SimStorage>;
    SimDisk& disk;
    SimDatabase& server;
    const VirtualClock& clock;

    std::unique_ptr<Database> connect() { return std::make_unique<SimConnection>(server); }
    std::unique_ptr<Tail> open_journal(const events::Cursor& from) {
      return std::make_unique<Tail>("events", from, disk, "events");
    }
    TimeNs now_ns() { return clock.now(); }
  };
  class Sink : public accounts::BasicLedgerSink<SimConnection> {
   public:
    Sink() : BasicLedgerSink(0, kHistoryAccountsFrom) {}
    void refused(const std::string&, const events::Refused&) override {}
  };

  const Config config_;
  Port port_;
  Sink sink_;
  events::JournalPump<Port> pump_;
  TimeNs rest_until_ns_ = 0;
};

}  // namespace saker::sim
