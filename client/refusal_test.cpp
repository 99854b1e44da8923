// Commands that the engine refuses as busy, which are not logged and consume no number: what
// becomes of the number, and of copies of the datagram that come late.
#include <gtest/gtest.h>

#include "client/fake/rig.hpp"

namespace saker::client {
namespace {

using fake::Rig;
using fake::Venue;
using proto::Reason;

TEST(Refusal, BusyIsAnOutcomeAndTheWindowSurvivesAStorm) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.refuse_next = 1;
  const std::uint64_t refused = rig.buy();
  rig.run_ms(2);
  EXPECT_EQ(rig.outcome(refused).result, Result::kNotSequenced);
  EXPECT_EQ(rig.outcome(refused).reason, Reason::BUSY_OUTPUT_FULL);
  EXPECT_EQ(rig.outcome(refused).retry_after_us, 1000u);
  EXPECT_EQ(rig.venue.times_applied.count(refused), 0u);
  // More refusals than the window is wide: it logs on anew, and they come round again.
  rig.venue.refuse_next = 3000;
  std::uint64_t sent = 0;
  ASSERT_TRUE(rig.run_until([&] {
    if (rig.buy() != 0) ++sent;
    return rig.venue.refuse_next == 0;
  }));
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  rig.run_ms(60);
  const std::uint64_t after = rig.buy();
  ASSERT_NE(after, 0u);
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.handler.outcomes[after].back().result, Result::kAccepted);
  EXPECT_EQ(rig.session.orders().counters().commands, rig.session.orders().counters().outcomes);
  EXPECT_GT(sent, 3000u - 1);
}

TEST(Refusal, BusyWhileAnotherCopyIsOutDoesNotEndTheCommand) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.silent_next = 1;  // the first copy vanishes: it might as well be late
  rig.venue.refuse_next = 1;
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.venue.refuse_next == 0; }));
  rig.run_ms(10);
  EXPECT_EQ(rig.session.orders().in_flight(), 1u);
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.outcome(number).result, Result::kAccepted);
}

TEST(Refusal, LogsOnAgainWhenRefusalsHaveUsedUpItsNumbers) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  const std::uint32_t window = rig.session.orders().accepted().max_in_flight();
  rig.venue.refuse_next = window;
  for (std::uint32_t i = 0; i < window; ++i) {
    const std::uint64_t number = rig.buy();
    ASSERT_EQ(number, i + 1);
    ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
    ASSERT_EQ(rig.outcome(number).result, Result::kNotSequenced);
  }
  EXPECT_EQ(rig.buy(), 0u);
  ASSERT_TRUE(rig.run_until([&] { return rig.handler.logons == 2; }, 100));
  EXPECT_EQ(rig.handler.losses, 1u);
  EXPECT_EQ(rig.buy(), 1u);
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.handler.outcomes[1].back().result, Result::kAccepted);
}

// The network makes a copy of a datagram; one is refused, the other applied, and nothing tells.
TEST(Refusal, ACopyAppliedAfterItsRefusalIsNobodyElsesOutcome) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  std::uint64_t id = 0;
  const auto buy = [&] { return rig.buy(100, ++id) != 0; };
  const auto quiet = [&] { return rig.quiet(); };
  ASSERT_TRUE(buy() && rig.run_until(quiet));
  rig.network.faults.duplicate = 1;
  rig.venue.refuse_next = 1;
  rig.venue.mute_reports_next = 1;
  rig.venue.follower_down = true;
  ASSERT_TRUE(buy() && rig.run_until(quiet));
  ASSERT_EQ(rig.outcome(2).result, Result::kNotSequenced);
  rig.run_ms(5);
  ASSERT_EQ(rig.venue.times_applied[2], 1);
  rig.network.faults.duplicate = 0;

  rig.venue.refuse_next = rig.session.orders().accepted().max_in_flight() - 1;
  while (rig.venue.refuse_next > 0) ASSERT_TRUE(buy() && rig.run_until(quiet));
  rig.run_ms(100);  // longer than any copy lives
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(rig.run_until(buy) && rig.run_until(quiet));
  rig.venue.follower_down = false;
  ASSERT_TRUE(rig.run_until([&] { return rig.has_all_reports(); }));
  for (const proto::Report& report : rig.handler.reports) {
    const Outcome& told = rig.handler.outcomes[report.client_sequence()].back();
    EXPECT_EQ(told.client_order_id, report.client_order_id()) << report.client_sequence();
  }
}

/// A session whose refused orders use their numbers up, and the datagram of its first command.
struct StrictRig : Rig {
  StrictRig() : Rig(1, strict()) {
    first.clear();
    network.cut = [](net::Endpoint, net::Endpoint to, std::span<const std::byte> bytes) {
      const bool command = static_cast<proto::PacketKind>(bytes[5]) == proto::PacketKind::Command;
      if (to == Venue::kEngine && command && first.empty()) {
        first.assign(bytes.begin(), bytes.end());
      }
      return false;
    };
  }
  static SessionConfig strict() {
    SessionConfig c = config();
    c.use_up_refused = true;
    return c;
  }
  void send_first_again() { network.send(transport.local(), Venue::kEngine, first); }
  static inline std::vector<std::byte> first;
};

TEST(Refusal, ARefusalIsToldWhenNoCopyCanBeAppliedAnyMore) {
  for (const bool report_lost : {false, true}) {
    StrictRig rig;
    ASSERT_TRUE(rig.log_on());
    rig.venue.refuse_next = 3;  // the order, and its cancel twice
    rig.venue.mute_reports_next = report_lost ? 1 : 0;
    rig.venue.follower_down = report_lost;
    const std::uint64_t number = rig.buy();
    ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
    EXPECT_EQ(rig.outcome(number).result, Result::kNotSequenced);
    EXPECT_EQ(rig.outcome(number).reason, Reason::BUSY_OUTPUT_FULL);
    EXPECT_EQ(rig.outcome(number).command, proto::CommandKind::NewOrder);
    EXPECT_EQ(rig.outcome(number).retry_after_us, 1000u);
    rig.venue.refuse_next = 0;
    rig.send_first_again();
    rig.run_ms(5);
    EXPECT_TRUE(rig.venue.orders.empty()) << "told that nothing was done";
    EXPECT_EQ(rig.handler.outcomes[number].size(), 1u);
  }
}

TEST(Refusal, ACopyThatComesBeforeTheRefusalIsToldIsTheOutcome) {
  StrictRig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.refuse_next = 2;
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.venue.refuse_next == 0; }));
  rig.send_first_again();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.outcome(number).result, Result::kAccepted);
  ASSERT_EQ(rig.venue.orders.size(), 1u);
  EXPECT_EQ(rig.outcome(number).order_id, rig.venue.orders[0].order_id);
  EXPECT_EQ(rig.venue.times_applied[number], 1);
}

TEST(Refusal, ARefusedReplacementDoesNotComeLateEither) {
  StrictRig rig;
  ASSERT_TRUE(rig.log_on());
  rig.buy(100);
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  rig.first.clear();
  rig.venue.refuse_next = 1;
  const std::uint64_t number = rig.session.orders().send(
      ReplaceOrderRequest{.account = Venue::kAccount, .order_id = rig.venue.orders[0].order_id,
                          .price_ticks = 99, .quantity_lots = 5});
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.outcome(number).result, Result::kNotSequenced);
  rig.send_first_again();
  rig.run_ms(5);
  ASSERT_EQ(rig.venue.orders.size(), 1u);
  EXPECT_EQ(rig.venue.orders[0].price_ticks, 100);
}

TEST(NumberSource, ANumberIsGivenOnceInAConnection) {
  NumberSource numbers;
  numbers.logged_on(101, 1, 4);
  for (std::uint64_t n = 101; n <= 104; ++n) EXPECT_EQ(numbers.take(), n);
  EXPECT_TRUE(numbers.used_up()) << "four above the highest seen is the window";
  EXPECT_EQ(numbers.take(), 0u);
  numbers.applied(103);
  EXPECT_EQ(numbers.take(), 105u);
  numbers.logged_on(104, 103, 4);
  EXPECT_EQ(numbers.take(), 104u) << "never seen, and no copy counts any more";
  numbers.logged_on(104, 106, 4);
  EXPECT_EQ(numbers.take(), 106u) << "105 is undecided";
}

}  // namespace
}  // namespace saker::client
