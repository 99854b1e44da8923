// Order entry against a venue in memory: what a client may rely on whatever the network does.
#include <gtest/gtest.h>

#include "client/fake/rig.hpp"
#include "client/reasons.hpp"

namespace saker::client {
namespace {

using fake::Rig;
using fake::Venue;
using proto::Reason;
using proto::ReportKind;

TEST(OrderEntry, NewReplaceCancelOnAQuietNetwork) {
  Rig rig;
  EXPECT_EQ(rig.buy(), 0u) << "not logged on yet";
  ASSERT_TRUE(rig.log_on());
  EXPECT_EQ(rig.session.orders().accepted().max_in_flight(), 1024u);
  const std::uint64_t entered = rig.buy(101, 77);
  ASSERT_EQ(entered, 1u);
  rig.run_ms(2);
  EXPECT_EQ(rig.outcome(entered).result, Result::kAccepted);
  EXPECT_EQ(rig.outcome(entered).client_order_id, 77u);
  EXPECT_GT(rig.outcome(entered).round_trip_ns, 0u);
  const std::uint64_t order_id = rig.outcome(entered).order_id;
  const std::uint64_t replaced = rig.session.orders().send(ReplaceOrderRequest{
      .account = Venue::kAccount, .order_id = order_id, .price_ticks = 99, .quantity_lots = 5});
  const std::uint64_t cancelled = rig.session.orders().send(
      CancelOrderRequest{.account = Venue::kAccount, .order_id = order_id});
  const std::uint64_t again = rig.session.orders().send(
      CancelOrderRequest{.account = Venue::kAccount, .order_id = order_id});
  rig.run_ms(2);
  EXPECT_EQ(rig.outcome(replaced).report_kind, ReportKind::OrderReplaced);
  EXPECT_EQ(rig.outcome(cancelled).report_kind, ReportKind::OrderCancelled);
  EXPECT_EQ(rig.outcome(again).result, Result::kRejected);
  EXPECT_EQ(rig.outcome(again).reason, Reason::UNKNOWN_ORDER);
  EXPECT_TRUE(rig.has_all_reports());
  EXPECT_EQ(rig.session.orders().counters().resends, 0u);
  EXPECT_EQ(rig.venue.bad_tags, 0u);
}

TEST(OrderEntry, AcknowledgesAndHeartbeatsWhileIdle) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.buy();
  rig.run_ms(500);
  EXPECT_EQ(rig.venue.acknowledged, 1u);
  EXPECT_EQ(rig.handler.losses, 0u);
  EXPECT_TRUE(rig.session.orders().logged_on());
  EXPECT_LE(rig.session.next_deadline_ns(), rig.network.now_ns + 250'000'000);
}

TEST(OrderEntry, FillOfTheOwnCommandIsNotItsDecision) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  const std::uint64_t number = rig.buy(100, 1, proto::TimeInForce::ImmediateOrCancel);
  rig.run_ms(2);
  EXPECT_EQ(rig.outcome(number).report_kind, ReportKind::OrderAccepted);
  ASSERT_EQ(rig.handler.reports.size(), 2u);
  EXPECT_EQ(rig.handler.reports[1].kind(), ReportKind::OrderFilled);
}

TEST(OrderEntry, LostCommandIsSentAgainAndAppliedOnce) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.silent_next = 2;
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.outcome(number).result, Result::kAccepted);
  EXPECT_EQ(rig.session.orders().counters().resends, 2u);
  EXPECT_EQ(rig.venue.times_applied[number], 1);
}

TEST(OrderEntry, LostReportIsFoundByDecisionAndFollower) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.mute_reports_next = 1;
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.has_all_reports(); }));
  EXPECT_EQ(rig.outcome(number).result, Result::kAccepted);
  EXPECT_EQ(rig.venue.times_applied[number], 1);
  EXPECT_EQ(rig.session.orders().counters().reports_recovered, 1u);
}

TEST(OrderEntry, LongHoleIsFilledPageByPage) {
  for (const bool one_page : {false, true}) {
    Rig rig;
    rig.venue.one_page_per_question = one_page;
    ASSERT_TRUE(rig.log_on());
    rig.venue.mute_reports_next = 30;
    for (int i = 0; i < 60; ++i) {
      rig.buy();
      rig.step();
    }
    ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.has_all_reports(); }));
    EXPECT_GE(rig.session.orders().counters().reports_recovered, 20u);
  }
}

TEST(OrderEntry, FollowerThatIsBehindIsWaitedFor) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.follower_limit = 0;
  rig.venue.mute_reports_next = 1;
  rig.buy();
  rig.run_ms(1);
  rig.buy();  // its report stands behind the hole and says which sequence to wait for
  rig.run_ms(100);
  EXPECT_TRUE(rig.handler.reports.empty());
  EXPECT_EQ(rig.handler.outcomes.size(), 2u) << "decisions do not wait for the hole";
  rig.venue.follower_limit = UINT64_MAX;
  EXPECT_TRUE(rig.run_until([&] { return rig.has_all_reports(); }, 500));
}

TEST(OrderEntry, ReportsThatAreTooOldAreGivenUpAloud) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.oldest_report = 100;
  rig.venue.mute_reports_next = 2;
  for (int i = 0; i < 3; ++i) {
    rig.buy();
    rig.run_ms(1);
  }
  ASSERT_TRUE(rig.run_until([&] { return !rig.handler.reports_lost.empty(); }));
  EXPECT_EQ(rig.handler.reports_lost[0], (std::pair<std::uint64_t, std::uint64_t>{1, 3}));
  rig.run_ms(5);
  ASSERT_EQ(rig.handler.reports.size(), 1u);
  EXPECT_EQ(rig.handler.reports[0].report_sequence(), 3u);
}

TEST(OrderEntry, SkippedNumberIsReportedAsNeverApplied) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.skip_new_numbers = true;
  const std::uint64_t number = rig.buy();
  rig.run_ms(2);
  EXPECT_EQ(rig.outcome(number).result, Result::kNeverApplied);
  EXPECT_EQ(rig.outcome(number).reason, Reason::SKIPPED_NEVER_APPLIED);
}

TEST(OrderEntry, ExpiredOutcomeIsResolvedByOrderStatus) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.mute_reports_next = 1;
  rig.venue.follower_limit = 0;  // nor may the follower tell too early
  const std::uint64_t known = rig.buy(100, 55);
  rig.run_ms(1);
  ASSERT_EQ(rig.venue.times_applied[known], 1);
  rig.venue.forget_old_numbers = true;
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(rig.outcome(known).result, Result::kAccepted);
  EXPECT_NE(rig.outcome(known).order_id, 0u);

  Rig other;
  ASSERT_TRUE(other.log_on());
  other.venue.mute_reports_next = 2;
  other.venue.oldest_report = 100;
  const std::uint64_t nameless = other.buy(100, 0);
  other.run_ms(1);
  other.venue.forget_old_numbers = true;
  ASSERT_TRUE(other.run_until([&] { return other.quiet(); }));
  EXPECT_EQ(other.outcome(nameless).result, Result::kUnresolved);
}

TEST(OrderEntry, EngineRestartIsSurvivedWithoutLossOrDoubling) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.buy();
  rig.run_ms(2);
  rig.venue.mute_reports_next = 1;
  const std::uint64_t applied = rig.buy();
  rig.run_ms(1);
  rig.venue.down = true;
  const std::uint64_t unsent = rig.buy();
  rig.run_ms(400);  // longer than the time-out
  EXPECT_EQ(rig.handler.losses, 1u);
  EXPECT_EQ(rig.buy(), 0u);
  rig.venue.restart_engine();
  rig.venue.down = false;
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.has_all_reports(); }));
  EXPECT_EQ(rig.outcome(applied).result, Result::kAccepted);
  EXPECT_EQ(rig.outcome(unsent).result, Result::kAccepted);
  for (const auto& [number, times] : rig.venue.times_applied) EXPECT_EQ(times, 1) << number;
  EXPECT_EQ(rig.venue.logons, 2u);
}

TEST(OrderEntry, FastRestartIsNoticedByTheRefusal) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.venue.restart_engine();
  ASSERT_TRUE(rig.run_until([&] { return rig.handler.logons == 2; }, 200));
  EXPECT_NE(rig.buy(), 0u);
}

/// The refusal that ended the first connection, played again and again after the second logon.
TEST(OrderEntry, AnOldRefusalEndsNoOtherConnection) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  static std::vector<std::byte> refusal;
  refusal.clear();
  rig.network.cut = [](net::Endpoint from, net::Endpoint, std::span<const std::byte> bytes) {
    const auto kind = static_cast<proto::PacketKind>(bytes[5]);
    if (from == Venue::kEngine && kind == proto::PacketKind::LogonRefused) {
      refusal.assign(bytes.begin(), bytes.end());
    }
    return false;
  };
  rig.venue.restart_engine();
  ASSERT_TRUE(rig.run_until([&] { return rig.handler.logons == 2; }, 200));
  ASSERT_FALSE(refusal.empty());
  for (int i = 0; i < 500; ++i) {
    rig.network.send(Venue::kEngine, rig.transport.local(), refusal);
    rig.step();
  }
  EXPECT_EQ(rig.handler.logons, 2u);
  EXPECT_EQ(rig.handler.losses, 1u);
  EXPECT_TRUE(rig.session.orders().logged_on());
}

/// A program was killed with a command under way; the one that follows it uses its number.
TEST(OrderEntry, WhatAFormerRunSentLateTakesNoNumber) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  static std::vector<std::byte> late;
  late.clear();
  rig.network.cut = [](net::Endpoint, net::Endpoint to, std::span<const std::byte> bytes) {
    const bool command = static_cast<proto::PacketKind>(bytes[5]) == proto::PacketKind::Command;
    if (to != Venue::kEngine || !command) return false;
    late.assign(bytes.begin(), bytes.end());
    return true;
  };
  const std::uint64_t number = rig.buy(111);
  ASSERT_FALSE(late.empty());
  rig.network.cut = nullptr;
  SessionConfig config = Rig::config();
  config.nonce_seed = 999;
  fake::Recorder handler;
  fake::Rig::Session second(config, rig.transport, handler);  // in its place
  second.start(rig.network.now_ns);
  const auto run = [&] {
    for (int i = 0; i < 100; ++i) {
      rig.network.now_ns += 100'000;
      rig.venue.poll();
      second.poll(rig.network.now_ns);
    }
  };
  run();
  ASSERT_TRUE(second.orders().logged_on());
  rig.network.send(rig.transport.local(), Venue::kEngine, late);
  run();
  EXPECT_TRUE(rig.venue.orders.empty());
  NewOrderRequest request{.account = Venue::kAccount, .market = 1, .side = Side::Buy};
  request.price_ticks = 222;
  request.quantity_lots = 1;
  EXPECT_EQ(second.orders().send(request), number);
  run();
  ASSERT_EQ(handler.outcomes[number].size(), 1u);
  EXPECT_EQ(handler.outcomes[number][0].result, Result::kAccepted);
  ASSERT_EQ(rig.venue.orders.size(), 1u);
  EXPECT_EQ(rig.venue.orders[0].price_ticks, 222);
}

TEST(OrderEntry, NewEpochRestartsTheStreamAndSaysSo) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  for (int i = 0; i < 5; ++i) rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.handler.reports.size() == 5; }));
  rig.venue.restart_engine(2);  // two acknowledged commands are gone
  ASSERT_TRUE(rig.run_until([&] { return rig.handler.epochs == 1; }));
  EXPECT_EQ(rig.session.orders().next_report_sequence(), 4u);
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet(); }));
  EXPECT_EQ(number, 4u);
  EXPECT_EQ(rig.handler.outcomes[number].back().result, Result::kAccepted);
  EXPECT_EQ(rig.handler.reports.back().report_sequence(), 4u);
}

TEST(OrderEntry, LogoffIsConfirmed) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  rig.session.orders().log_off();
  EXPECT_EQ(rig.buy(), 0u);
  ASSERT_TRUE(rig.run_until([&] { return rig.session.orders().logged_off(); }, 100));
  EXPECT_EQ(rig.venue.logoffs, 1u);
  rig.run_ms(500);
  EXPECT_EQ(rig.handler.logons, 1u);
}

TEST(OrderEntry, ResumesItsStreamInAnotherProcess) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  for (int i = 0; i < 7; ++i) rig.buy();
  rig.run_ms(3);
  SessionConfig config = Rig::config();
  config.next_report_sequence = 3;
  config.nonce_seed = 999;
  fake::Recorder handler;
  fake::Transport transport(rig.network, {0x7F000001, 40'001});
  fake::Rig::Session second(config, transport, handler);
  second.start(rig.network.now_ns);
  for (int i = 0; i < 1000; ++i) {
    rig.network.now_ns += 100'000;
    rig.venue.poll();
    second.poll(rig.network.now_ns);
  }
  ASSERT_EQ(handler.reports.size(), 5u);
  EXPECT_EQ(handler.reports[0].report_sequence(), 3u);
  EXPECT_EQ(second.orders().next_client_sequence(), 8u);
}

TEST(OrderEntry, VenueMadeAnewIsNoticed) {
  SessionConfig config = Rig::config();
  config.next_report_sequence = 50;  // kept from a venue that is no more
  Rig rig(1, config);
  ASSERT_TRUE(rig.log_on());
  EXPECT_EQ(rig.handler.epochs, 1u);
  const std::uint64_t number = rig.buy();
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.has_all_reports(); }, 100));
  EXPECT_EQ(rig.outcome(number).result, Result::kAccepted);
}

TEST(OrderEntry, ForgedAndDamagedDatagramsChangeNothing) {
  Rig rig;
  ASSERT_TRUE(rig.log_on());
  const auto before = rig.session.orders().link_counters();
  std::array<std::byte, 256> noise{};
  for (int i = 0; i < 200; ++i) {
    for (std::byte& b : noise) b = static_cast<std::byte>(rig.network.random());
    proto::Prefix prefix;
    prefix.kind = static_cast<proto::PacketKind>(i % 24);
    prefix.session = Venue::kSession;
    prefix.epoch = 1;
    if (i % 2 == 0) std::memcpy(noise.data(), &prefix, sizeof prefix);
    rig.network.send(Venue::kEngine, rig.transport.local(),
                     Bytes(noise).first(rig.network.random() % noise.size()));
  }
  rig.run_ms(10);
  EXPECT_TRUE(rig.handler.reports.empty());
  EXPECT_TRUE(rig.session.orders().logged_on());
  EXPECT_EQ(rig.handler.losses, 0u);
  const auto& after = rig.session.orders().link_counters();
  EXPECT_GT(after.dropped_frame, before.dropped_frame);
  EXPECT_GT(after.dropped_tag, before.dropped_tag);
}

// Loss, duplication, reordering, refusals and restarts together; many stories from many seeds.
TEST(OrderEntry, EveryCommandIsDecidedOnceAndEveryReportDeliveredOnce) {
  std::uint64_t lost = 0, doubled = 0, overtaken = 0, resends = 0, recovered = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rig rig(seed);
    rig.network.faults = {0.05, 0.05, 0.2};
    ASSERT_TRUE(rig.log_on()) << seed;
    std::vector<std::uint64_t> sent;
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t number = rig.buy(100 + i % 9, 1000 + static_cast<std::uint64_t>(i));
      if (number != 0) sent.push_back(number);
      if (i % 150 == 149) rig.venue.restart_engine();
      if (i % 90 == 89) rig.venue.restart_follower();
      if (i % 40 == 39) rig.venue.refuse_next = 3;
      for (int j = 0; j < 3; ++j) rig.step();
    }
    ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.has_all_reports(); }, 60'000))
        << "seed " << seed << ": in flight " << rig.session.orders().in_flight() << ", reports "
        << rig.handler.reports.size() << " of " << rig.venue.reports.size();
    for (const std::uint64_t number : sent) {
      ASSERT_FALSE(rig.handler.outcomes[number].empty()) << "seed " << seed;
      const Outcome last = rig.handler.outcomes[number].back();
      const int applied = rig.venue.times_applied.count(number) > 0
                              ? rig.venue.times_applied[number] : 0;
      ASSERT_LE(applied, 1);
      ASSERT_TRUE(last.result != Result::kAccepted || applied == 1) << "seed " << seed;
      ASSERT_TRUE(last.result != Result::kNeverApplied || applied == 0) << "seed " << seed;
    }
    const OrderEntryCounters& counters = rig.session.orders().counters();
    ASSERT_EQ(counters.commands, counters.outcomes) << "seed " << seed;
    lost += rig.network.lost;
    doubled += rig.network.doubled;
    overtaken += rig.network.overtaken;
    resends += counters.resends;
    recovered += counters.reports_recovered;
  }
  EXPECT_GT(lost, 0u);
  EXPECT_GT(doubled, 0u);
  EXPECT_GT(overtaken, 0u);
  EXPECT_GT(resends, 0u);
  EXPECT_GT(recovered, 0u);
}

TEST(Outcome, OnlyACommandsFirstReportIsItsDecision) {
  using proto::CommandKind;
  EXPECT_TRUE(is_decision(CommandKind::NewOrder, ReportKind::OrderAccepted, Reason::NONE));
  EXPECT_FALSE(is_decision(CommandKind::NewOrder, ReportKind::OrderFilled, Reason::NONE));
  EXPECT_FALSE(is_decision(CommandKind::NewOrder, ReportKind::OrderCancelled,
                           Reason::CANCEL_IMMEDIATE_REMAINDER));
  EXPECT_TRUE(is_decision(CommandKind::CancelOrder, ReportKind::OrderCancelled,
                          Reason::CANCEL_REQUESTED));
  EXPECT_TRUE(is_decision(CommandKind::ReplaceOrder, ReportKind::OrderCancelled,
                          Reason::CANCEL_REPLACED_TO_FILLED));
  EXPECT_FALSE(is_decision(CommandKind::ReplaceOrder, ReportKind::OrderCancelled,
                           Reason::CANCEL_SELF_TRADE));
  EXPECT_FALSE(is_decision(CommandKind::MassCancel, ReportKind::MassCancelDone, Reason::NONE));
  EXPECT_TRUE(is_decision(CommandKind::Deposit, ReportKind::AdminRejected,
                          Reason::PERMISSION_DENIED));
}

TEST(Reasons, EveryReasonHasItsWords) {
  for (int i = 0; i <= raw(Reason::MAX); ++i) {
    const auto reason = static_cast<Reason>(i);
    const char* name = proto::EnumNameReason(reason);
    if (name == nullptr || *name == 0) continue;
    EXPECT_STREQ(reason_word(reason), name);
    EXPECT_GT(std::strlen(explain(reason).what), 10u) << name;
  }
  EXPECT_STREQ(reason_word(static_cast<Reason>(9999)), "UNKNOWN");
}

}  // namespace
}  // namespace saker::client
