// Between the outbox and the payments database: what an earlier life left, decisions until they are
// recorded, questions to the ledger, payouts, rows whose booking was answered with "unknown". No
// loop and no SQL: it is polled, and asks a port.
#pragma once

#include <functional>
#include <set>

#include "accounts/payments/transfers.hpp"

namespace saker::accounts {

/// The payments database. Each call is one transaction; `done` is called once, never within the
/// call, with nothing when it failed or nobody knows whether it was carried out.
/// - A decision is recorded only while its row is open; recording it again changes nothing.
/// - A held withdrawal that is due gets one row, pay or void, never a second.
/// - look_up() answers for one moment: the cursor and the entries of the same snapshot.
class OutboxDatabase {
 public:
  template <class T>
  using Done = std::function<void(std::optional<T>)>;

  virtual ~OutboxDatabase() = default;
  /// Open rows that were made `age_ms` ago or longer.
  virtual void open_commands(std::int64_t age_ms, Done<std::vector<OutboxCommand>> done) = 0;
  /// The transfers as they are then.
  virtual void record_decisions(std::vector<OutboxDecision> decisions,
                                Done<std::vector<Transfer>> done) = 0;
  virtual void look_up(std::vector<OutboxCommand> commands, Done<LookUpAnswer> done) = 0;
  virtual void begin_payouts(Done<std::vector<OutboxCommand>> done) = 0;
  /// Waits for a while until settlement has come so far; nothing when it has not.
  virtual void wait_for_cursor(Sequence sequence, Done<Sequence> done) = 0;
};

class OutboxKeeper {
 public:
  struct Timing {
    std::uint64_t again_ns = 200'000'000;  // after a failure
    std::uint64_t payout_every_ns = 500'000'000;
    std::uint64_t rescue_every_ns = 5'000'000'000;
    /// Longer than a booking may take, so that only rows are rescued that nobody else will bring.
    std::int64_t rescue_age_ms = 15'000;
  };
  struct Counters {
    std::uint64_t done = 0, refused = 0, looked_up = 0;
  };
  /// `kick`: there is something to send. `decided`: a transfer as it stands after a decision.
  OutboxKeeper(OutboxDatabase& database, Outbox& outbox, const Timing& timing,
               std::function<void()> kick, std::function<void(const Transfer&)> decided)
      : database_(database), outbox_(outbox), timing_(timing), kick_(std::move(kick)),
        decided_(std::move(decided)) {}

  /// After each turn of the engine's session and every few milliseconds. First reads what an
  /// earlier life left. `may_pay`: the venue is known to be the database's.
  void poll(TimeNs now_ns, bool may_pay);
  bool loaded() const { return loaded_; }
  /// Rows found at the start.
  std::size_t left_before() const { return left_before_; }
  /// A row that this life has booked.
  void add(const OutboxCommand& command);
  /// No new payouts and no rescues from now on.
  void wind_down() { winding_down_ = true; }
  /// Every row that is known has ended, and that is recorded.
  bool idle() const { return outbox_.size() == 0 && unrecorded_.empty(); }
  const Counters& counters() const { return counters_; }

 private:
  void load();
  void take_decisions();
  void record();
  void look_up();
  void ask_ledger(Sequence cursor);
  void rescue();
  void pay_out();
  void add(const OutboxCommand& command, bool maybe_sent);

  OutboxDatabase& database_;
  Outbox& outbox_;
  const Timing timing_;
  const std::function<void()> kick_;
  const std::function<void(const Transfer&)> decided_;
  TimeNs now_ns_ = 0;
  TimeNs load_ns_ = 0, record_ns_ = 0, payout_ns_ = 0, rescue_ns_ = 0;  // not before
  bool loading_ = false, recording_ = false, looking_up_ = false, paying_ = false;
  bool rescuing_ = false;
  bool loaded_ = false;
  bool winding_down_ = false;
  std::size_t left_before_ = 0;
  std::vector<OutboxDecision> unrecorded_;
  std::set<std::uint64_t> recorded_meanwhile_;  // since the rescue's question was asked
  Counters counters_;
};

}  // namespace saker::accounts
