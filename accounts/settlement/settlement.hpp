// saker-settlement as an application of web/service.hpp.
#pragma once

#include "accounts/ledger/ledger_store.hpp"
#include "accounts/settlement/ledger_sink.hpp"
#include "accounts/settlement/reconciler.hpp"
#include "web/service.hpp"

namespace saker::accounts {

struct SettlementConfig {
  std::uint16_t shard = 0;
  std::uint32_t history_accounts_from = 14;
  events::WorkerConfig worker;
  ReconcilerConfig reconciler;
};
/// Throws ConfigError. Leaves the section [server] and unknown keys to the caller.
SettlementConfig read_settlement_config(const ConfigTable& root, const std::string& data,
                                        const std::string& secrets, std::uint16_t port_base);

class LedgerSink : public BasicLedgerSink<events::Database> {
 public:
  explicit LedgerSink(const SettlementConfig& config)
      : BasicLedgerSink(config.shard, config.history_accounts_from) {}

  events::Cursor load(events::Database& database) override;
  void commit(events::Database& database, const events::Cursor& from,
              const events::Cursor& to) override;
  void refused(const std::string& conninfo, const events::Refused& refusal) override;

  // Any thread.
  std::uint64_t trades() const { return trades_.load(std::memory_order_relaxed); }
  std::uint64_t open_orders() const { return open_orders_.load(std::memory_order_relaxed); }
  std::uint64_t unknown_orders() const { return unknown_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> trades_{0};
  std::atomic<std::uint64_t> open_orders_{0};
  std::atomic<std::uint64_t> unknown_{0};
};

class Settlement : public web::Application {
 public:
  explicit Settlement(web::ServiceContext& context);

  void start() override;
  bool ready(std::string& why_not) override;
  void stop(std::function<void()> done) override;

 private:
  web::Response status(const web::Request& request);
  void declare_metrics(web::Metrics& metrics);

  web::Loop& loop_;
  SettlementConfig config_;
  LedgerSink sink_;
  events::JournalWorker worker_;
  Reconciler reconciler_;
};

}  // namespace saker::accounts
