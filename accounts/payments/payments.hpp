// Moves money in and out: books transfers, hands them to the engine through the outbox, records
// what became of them, pays withdrawals out, opens accounts for new users.
#pragma once

#include <map>

#include "accounts/payments/cursor_watch.hpp"
#include "accounts/payments/engine_port.hpp"
#include "accounts/payments/outbox_keeper.hpp"
#include "accounts/payments/payments_config.hpp"
#include "accounts/payments/payments_store.hpp"

namespace saker::accounts {

class Payments : private OutboxDatabase {
 public:
  Payments(web::Loop& loop, web::Metrics& metrics, const PaymentsConfig& config,
           const EngineConfig& engine, Database& database);

  /// Reads what an earlier life left, then connects to the engine.
  void start();
  /// Calls `done` when every transfer that was booked is decided and recorded, or after
  /// `patience_ns`: what is left then is found out at the next start.
  void drain(std::uint64_t patience_ns, std::function<void()> done);
  /// What is missing before the first request can be served; empty when nothing is.
  std::string missing() const;

  /// The engine account of a user, opened if need be: calls back within `patience_ms`, with 0 when
  /// it is not open yet.
  void find_account(std::uint64_t user_id, std::int64_t patience_ms,
                    std::function<void(std::uint32_t account)> done);

  /// Books a transfer and waits (bounded) for the engine's decision.
  using TransferDone = std::function<void(DbResult<Transfer>)>;
  void transfer(TransferRequest request, TransferDone done);

  /// Throws UNAVAILABLE while the engine's definitions are not known.
  const Catalogue& catalogue() const;
  CursorWatch& cursor() { return cursor_; }
  const PaymentsConfig& config() const { return config_; }

 private:
  struct AccountWaiter {
    TimeNs give_up_ns;
    std::function<void(std::uint32_t)> done;
  };
  struct TransferWaiter {
    TimeNs give_up_ns;
    Transfer transfer;
    TransferDone done;
  };

  std::int64_t now_ms() { return static_cast<std::int64_t>(loop_.utc_ns() / 1'000'000); }
  // OutboxDatabase
  void open_commands(std::int64_t age_ms, Done<std::vector<OutboxCommand>> done) override;
  void record_decisions(std::vector<OutboxDecision> decisions,
                        Done<std::vector<Transfer>> done) override;
  void look_up(std::vector<OutboxCommand> commands, Done<LookUpAnswer> done) override;
  void begin_payouts(Done<std::vector<OutboxCommand>> done) override;
  void wait_for_cursor(Sequence sequence, Done<Sequence> done) override;

  void load();
  void on_loaded();
  void on_progress();
  void record_accounts_opened();
  void give_up_waiters();
  void account_is_open(std::uint64_t user_id, std::uint32_t account);
  void transfer_is_decided(const Transfer& transfer);

  web::Loop& loop_;
  PaymentsConfig config_;
  Database& database_;
  Outbox outbox_;
  OutboxKeeper keeper_;
  AccountOpener opener_;
  EnginePort engine_;
  CursorWatch cursor_;

  bool loaded_ = false;
  std::map<std::uint64_t, std::uint32_t> accounts_;  // of users, open ones
  std::multimap<std::uint64_t, AccountWaiter> account_waiters_;     // by user
  std::multimap<std::uint64_t, TransferWaiter> transfer_waiters_;   // by transfer
  std::vector<OpenedAccount> unrecorded_accounts_;
  bool recording_accounts_ = false;
  std::string told_problem_;
  web::Timer sweep_, retry_timer_, account_retry_timer_;
  web::Timer drain_timer_;
  web::Counter& booked_;
  web::Counter& decided_;
  web::Counter& refused_;
  web::Counter& looked_up_;
  OutboxKeeper::Counters told_;  // how much of the keeper's counters is in these
  web::Counter& opened_;
  web::Gauge& open_commands_;
  web::Gauge& users_waiting_;
};

}  // namespace saker::accounts
