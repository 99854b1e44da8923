// The simulated database keeps the contract that PostgreSQL keeps (tests/settlement), and what a
// crash takes back is the end of it.
#include <gtest/gtest.h>

#include "accounts/ledger/ledger_contract.hpp"
#include "sim/sim_database.hpp"

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
