// The payments schema of the simulated database, and the transactions on it as one life of the
// accounts process has them: each is carried out some time after it was asked for, whole or not at
// all, and answered, or not.
#pragma once

#include <deque>
#include <map>

#include "accounts/payments/outbox_keeper.hpp"
#include "sim/sim_database.hpp"

namespace saker::sim {

enum class TransferStatus : std::uint8_t { pending, completed, held, paid, voided, refused };
const char* status_word(TransferStatus status);

struct TransferRow {
  std::uint64_t id = 0;
  std::uint64_t request_key = 0;
  bool withdrawal = false;
  bool payout_refused = false;  // by the destination
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  Minor amount = 0;
  TransferStatus status = TransferStatus::pending;
  std::int64_t payout_ms = 0;  // held: not before
};

struct OutboxRow {
  accounts::OutboxCommand command;
  bool open = true;
  bool done = false;
  std::int64_t created_ms = 0;
};

/// Tables of the server; what is in them was committed and is durable.
struct PaymentsTables {
  std::map<std::uint64_t, TransferRow> transfers;
  std::map<std::uint64_t, OutboxRow> outbox;
  std::map<std::uint64_t, std::uint64_t> keys;  // request_key -> transfer
  std::function<void(const OutboxRow&)> on_decided;  // a row has ended
};

inline constexpr std::uint64_t kFirstTransfer = 1'000'000'001;

class SimPayments : public accounts::OutboxDatabase {
 public:
  struct Faults {
    std::uint32_t failed_ppm = 0;   // per transaction: it was not carried out
    std::uint32_t unknown_ppm = 0;  // nobody is told whether it was
    std::uint32_t crash_ppm = 0;    // the server crashes when the ledger is about to be asked
  };
  SimPayments(SimDatabase& server, PaymentsTables& tables, const VirtualClock& clock,
              Coverage& coverage, Rng rng, const Faults& faults)
      : server_(server), tables_(tables), clock_(clock), coverage_(coverage), rng_(rng),
        faults_(faults) {}

  /// Carries out what is due.
  void poll();
  /// The process is killed: what the server has already is perhaps carried out all the same.
  void abandon();

  struct Booked {
    TransferRow transfer;
    std::optional<accounts::OutboxCommand> command;  // when it is new
  };
  void book(const TransferRow& request, Done<Booked> done);

  void open_commands(std::int64_t age_ms,
                     Done<std::vector<accounts::OutboxCommand>> done) override;
  void record_decisions(std::vector<accounts::OutboxDecision> decisions,
                        Done<std::vector<accounts::Transfer>> done) override;
  void look_up(std::vector<accounts::OutboxCommand> commands,
               Done<accounts::LookUpAnswer> done) override;
  void begin_payouts(Done<std::vector<accounts::OutboxCommand>> done) override;
  /// As accounts/payments/cursor_watch: what was seen once is not asked again.
  void wait_for_cursor(Sequence sequence, Done<Sequence> done) override;

 private:
  struct Job {
    TimeNs due_ns;
    bool writes;
    std::function<void()> work;
    std::function<void(bool told)> answer;
  };
  template <class T>
  void run(bool writes, std::function<T()> work, Done<T> done);
  void perform(const Job& job);
  void carry_out(const Job& job);
  std::int64_t now_ms() const { return static_cast<std::int64_t>(clock_.now() / 1'000'000); }
  accounts::OutboxCommand add_row(const TransferRow& transfer, accounts::OutboxKind kind);
  void record(const accounts::OutboxDecision& decision);

  SimDatabase& server_;
  PaymentsTables& tables_;
  const VirtualClock& clock_;
  Coverage& coverage_;
  Rng rng_;
  const Faults faults_;
  std::deque<Job> jobs_;
  Sequence seen_cursor_ = 0;
  bool wrote_ = false;  // the transaction that is being carried out
};

}  // namespace saker::sim
