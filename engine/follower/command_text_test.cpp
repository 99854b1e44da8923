#include "engine/command_text.hpp"

#include <gtest/gtest.h>

#include "engine/follower/test_venue.hpp"

namespace saker::engine {
namespace {

using follower::put_text;
using proto::CommandKind;

template <class Body>
core::Command command_of(CommandKind kind, const Body& body) {
  core::Command command;
  command.sequence = 7;
  command.time_ns = 1'700'000'000'123'456'789;
  command.kind = kind;
  command.body = bytes_of(body);
  return command;
}

CommandNames names() {
  CommandNames names;
  alignas(8) proto::AddAsset eur(1, 2, 0, 0);
  put_text(eur.mutable_symbol(), "EUR");
  names.learn(command_of(CommandKind::AddAsset, eur));
  alignas(8) proto::AddAsset kcn(2, 8, 0, 0);
  put_text(kcn.mutable_symbol(), "KCN");
  names.learn(command_of(CommandKind::AddAsset, kcn));
  alignas(8) proto::AddMarket market({}, 5, 1'000'000, 100, 1, 2, 1, 1, 2, 0, 0, 0);
  put_text(market.mutable_symbol(), "KCN/EUR");
  names.learn(command_of(CommandKind::AddMarket, market));
  return names;
}

TEST(CommandText, ANewOrderInDecimalsOrInTicks) {
  alignas(8) const proto::NewOrder order(99, 2031, 150, 0, 8, 1, proto::Side::Sell,
                                         proto::OrderType::Limit,
                                         proto::TimeInForce::GoodTillCancel,
                                         proto::SelfTradePrevention::CancelTaker, 0);
  core::Command command = command_of(CommandKind::NewOrder, order);
  const CommandNames known = names();
  EXPECT_EQ(command_text(command, &known),
            "NewOrder account=8 market=KCN/EUR side=Sell type=Limit "
            "time_in_force=GoodTillCancel price=101.55 quantity=1.50000000 client_order_id=99");
  EXPECT_EQ(command_text(command),
            "NewOrder account=8 market=1 side=Sell type=Limit "
            "time_in_force=GoodTillCancel price_ticks=2031 quantity_lots=150 "
            "client_order_id=99");
  command.envelope.session = 10;
  command.envelope.client_sequence = 5;
  EXPECT_EQ(command_line(command).substr(0, 70),
            "7 2023-11-14T22:13:20.123456789Z session=10 client_sequence=5 NewOrder");
}

TEST(CommandText, WhatAClientWroteIsEscaped) {
  alignas(8) proto::Deposit deposit(12, -5, 2, 1);
  put_text(deposit.mutable_reason(), "\"x\"\x1b[31m\\");
  const CommandNames known = names();
  EXPECT_EQ(command_text(command_of(CommandKind::Deposit, deposit), &known),
            "Deposit account=2 asset=EUR amount=-0.05 reference=12 "
            "reason=\"\\x22x\\x22\\x1b[31m\\x5c\"");
}

TEST(CommandText, EveryKindHasAFormatterOfItsSize) {
  alignas(8) std::byte body[core::kMaxCommandBody];
  for (std::byte& b : body) b = std::byte{0xA5};  // numbers without a name, text without an end
  const CommandNames known = names();
  int kinds = 0;
  for (const CommandKind kind : proto::EnumValuesCommandKind()) {
    if (kind == CommandKind::None) continue;
    core::Command command;
    command.kind = kind;
    command.body = Bytes(body).first(core::body_size(kind));
    const std::string text = command_text(command, &known);
    EXPECT_EQ(text.find(proto::EnumNameCommandKind(kind)), 0u) << text;
    EXPECT_EQ(text.find("body_bytes"), std::string::npos) << text;
    for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << text;
    command.body = Bytes(body).first(core::body_size(kind) - 1);
    EXPECT_NE(command_text(command, &known).find("body_bytes"), std::string::npos);
    ++kinds;
  }
  EXPECT_EQ(kinds, 33);
  core::Command unknown;
  unknown.kind = static_cast<CommandKind>(1000);
  unknown.body = Bytes(body).first(2);
  EXPECT_EQ(command_text(unknown), "1000 body_bytes=2 body=a5a5");
}

TEST(CommandText, DecimalsAreExact) {
  EXPECT_EQ(decimal_text(0, 2), "0.00");
  EXPECT_EQ(decimal_text(-1, 8), "-0.00000001");
  EXPECT_EQ(decimal_text(12345, 0), "12345");
  EXPECT_EQ(decimal_text(INT64_MIN, 2), "-92233720368547758.08");
  EXPECT_EQ(decimal_text(Int128{INT64_MAX} * 1000, 3), "9223372036854775807.000");
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(time_text(951'827'696'000'000'001), "2000-02-29T12:34:56.000000001Z");
}

TEST(CommandText, ARefusedDefinitionDoesNotMoveANumber) {
  CommandNames known = names();
  alignas(8) proto::AddAsset skipping(9, 3, 0, 0);
  put_text(skipping.mutable_symbol(), "BAD");
  known.learn(command_of(CommandKind::AddAsset, skipping));
  EXPECT_EQ(known.asset(9), nullptr);
  EXPECT_EQ(known.asset(1)->symbol, "EUR");
  EXPECT_EQ(known.asset(0), nullptr);
  EXPECT_EQ(known.market(2), nullptr);
}

}  // namespace
}  // namespace saker::engine
