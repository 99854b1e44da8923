// The simulated database keeps the contract that PostgreSQL keeps (tests/settlement), and what a
// crash takes back is the end of it.
#include <gtest/gtest.h>

#include "accounts/ledger/ledger_contract.hpp"
#include "accounts/payments/payments_contract.hpp"
#include "sim/sim_payments.hpp"

namespace saker::sim {
namespace {

struct Place {
  using Database = SimConnection;
  std::unique_ptr<SimConnection> connect() { return std::make_unique<SimConnection>(server); }
  void cut(SimConnection& database) { database.cut(); }
  std::uint64_t entries() const { return server.ledger().entries.size(); }

  VirtualClock clock;
  Coverage coverage;
  SimDatabase server{clock, coverage, Rng(1)};
};

TEST(SimDatabase, KeepsTheContractOfTheLedger) {
  Place place;
  EXPECT_NO_THROW(accounts::LedgerContract<Place>(place).check());
}

/// Each transaction at once, one after the other.
class PaymentsPlace {
 public:
  accounts::Booking book(std::uint64_t key, bool withdrawal, bool payout_refused, Minor amount) {
    TransferRow request;
    request.request_key = key;
    request.withdrawal = withdrawal;
    request.payout_refused = payout_refused;
    request.account = 10;
    request.asset = 1;
    request.amount = amount;
    const auto booked = wait<SimPayments::Booked>(
        [&](auto done) { payments_.book(request, std::move(done)); });
    return {booked.transfer.id, booked.command};
  }
  std::vector<accounts::Transfer> record(const std::vector<accounts::OutboxDecision>& decisions) {
    return wait<std::vector<accounts::Transfer>>(
        [&](auto done) { payments_.record_decisions(decisions, std::move(done)); });
  }
  std::vector<accounts::OutboxCommand> payouts() {
    clock_.advance_by(10'000'000);
    return wait<std::vector<accounts::OutboxCommand>>(
        [&](auto done) { payments_.begin_payouts(std::move(done)); });
  }
  std::vector<accounts::OutboxCommand> open() {
    return wait<std::vector<accounts::OutboxCommand>>(
        [&](auto done) { payments_.open_commands(0, std::move(done)); });
  }
  accounts::LookUpAnswer look_up(const std::vector<accounts::OutboxCommand>& commands) {
    return wait<accounts::LookUpAnswer>(
        [&](auto done) { payments_.look_up(commands, std::move(done)); });
  }

 private:
  template <class T, class Ask>
  T wait(Ask ask) {
    std::optional<T> answer;
    ask(SimPayments::Done<T>([&](std::optional<T> value) { answer = std::move(value); }));
    clock_.advance_by(10'000'000);
    payments_.poll();
    if (!answer) throw std::runtime_error("a transaction was not carried out");
    return std::move(*answer);
  }

  VirtualClock clock_;
  Coverage coverage_;
  SimDatabase server_{clock_, coverage_, Rng(1)};
  PaymentsTables tables_{{}, {}, {}, [](const OutboxRow&) {}};
  SimPayments payments_{server_, tables_, clock_, coverage_, Rng(2), {}};
};

TEST(SimDatabase, KeepsTheContractOfPayments) {
  PaymentsPlace place;
  EXPECT_NO_THROW(accounts::PaymentsContract<PaymentsPlace>(place).check());
}

TEST(SimDatabase, ACrashTakesBackTheEndAndNothingElse) {
  std::size_t least = 100, most = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    VirtualClock clock;
    Coverage coverage;
    SimDatabase server(clock, coverage, Rng(seed));
    {
      SimConnection database(server);
      using Statements = accounts::LedgerStatements<SimConnection>;
      accounts::LedgerBook book(0, 10);
      accounts::load_ledger(database, 0, book);
      for (Sequence sequence = 1; sequence <= 5; ++sequence) {
        events::Cursor from, to;
        from.sequence = sequence - 1;
        to.sequence = sequence;
        database.begin();
        Statements::move_cursor(database, from, to);
        database.commit();
      }
      server.crash(10);
      EXPECT_THROW(database.check(), events::DatabaseError);
      EXPECT_THROW(SimConnection again(server), events::DatabaseError) << "it is down";
    }
    clock.advance_by(10);
    least = std::min<std::size_t>(least, server.ledger().cursor.sequence);
    most = std::max<std::size_t>(most, server.ledger().cursor.sequence);
  }
  EXPECT_EQ(least, 0u);
  EXPECT_EQ(most, 5u);
}

}  // namespace
}  // namespace saker::sim
