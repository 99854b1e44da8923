// Compares engine and ledger: once for saker-reconcile, again and again inside saker-settlement.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "accounts/settlement/engine_balances.hpp"

namespace saker::accounts {

struct ReconcilerConfig {
  EngineAccess engine;
  std::uint16_t shard = 0;
  std::uint64_t interval_ns = 60'000'000'000;   // 0: never by itself
  std::uint64_t patience_ns = 30'000'000'000;   // for the ledger to reach the engine's sequence
  bool from_entries = false;
};

/// A comparison that could not be made; says why. Not a difference.
struct NotCompared : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Reconciliation {
  Comparison comparison;
  std::map<std::uint32_t, AssetName> names;
};

/// One comparison, its result kept in the database. Throws NotCompared.
Reconciliation reconcile(const ReconcilerConfig& config, const std::atomic<bool>& stop);

/// Does so every interval, on its own thread.
class Reconciler {
 public:
  explicit Reconciler(ReconcilerConfig config) : config_(std::move(config)) {}
  ~Reconciler() { stop(); }
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  void start();
  void stop();

  struct Status {
    std::uint64_t runs = 0;      // that could compare
    std::uint64_t failures = 0;  // that could not
    std::string failure;         // of the last attempt; empty when it could
    TimeNs finished_ns = 0;      // of the last that could; 0: none yet
    std::optional<Comparison> last;
  };
  Status status() const;

 private:
  void run();

  ReconcilerConfig config_;
  std::atomic<bool> stop_asked_{false};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Status status_;
  std::thread thread_;
};

}  // namespace saker::accounts
