// The venue file: what it turns into, and how it fails.
#include <gtest/gtest.h>

#include "engine/engine_config.hpp"
#include "engine/test_world.hpp"

namespace saker::engine::testing {
namespace {

/// The message of the ConfigError that `text` gives; empty when there is none.
std::string failure_of(std::string text) {
  try {
    parse_venue(text, "venue.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kTestVenue;
  const std::size_t at = text.find(from);
  SAKER_ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(VenueFile, BecomesCommandsThatTheCoreAccepts) {
  const Venue venue = parse_venue(kTestVenue, "venue.toml");
  EXPECT_EQ(venue.key_ids, (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(venue.genesis.orders(), 4'096u);
  EXPECT_TRUE(check_venue(venue).empty());
  for (const VenueCommand& command : venue.commands) {
    EXPECT_EQ(command.body.size(), core::body_size(command.kind)) << command.what;
  }
}

TEST(VenueFile, DecimalTextIsExact) {
  const Venue venue = parse_venue(kTestVenue, "venue.toml");
  for (const VenueCommand& command : venue.commands) {
    if (command.kind != proto::CommandKind::AddMarket) continue;
    const auto& market = *reinterpret_cast<const proto::AddMarket*>(command.body.data());
    EXPECT_EQ(market.tick_size(), 1);
    EXPECT_EQ(market.lot_size(), 100'000'000);
    EXPECT_EQ(market.reference_price_ticks(), 2'500);
    EXPECT_EQ(market.params().max_price_ticks(), 1'000'000);
    EXPECT_EQ(market.params().min_notional(), 1);
  }
}

TEST(VenueFile, FailuresNameLineAndKey) {
  EXPECT_EQ(failure_of(kTestVenue), "");
  const struct {
    const char* from;
    const char* to;
    const char* expected;
  } cases[] = {
      {"id = 2\nsymbol", "id = 3\nsymbol", "without gaps"},
      {"tick_size = \"0.01\"", "tick_size = \"0.001\"", "tick_size"},
      {"lot_size = \"1\"", "lot_size = \"0.1\"", "whole number"},
      {"reference_price = \"25.00\"", "reference_price = \"25\"\nband = 1", "band"},
      {"base = \"KCN\"", "base = \"XYZ\"", "XYZ"},
      {"[\"trade\", \"cancel\", \"view\"]", "[\"trades\"]", "trades"},
      {"amount = \"100000000.00\"", "amount = \"100.001\"", "amount"},
      {"amount = \"100000000.00\"", "amount = \"-1\"", "amount"},
      {"key = 2", "", "key"},
      {"orders = 4096", "orders = 0", "orders"},
  };
  for (const auto& c : cases) {
    const std::string message = failure_of(with(c.from, c.to));
    EXPECT_NE(message.find(c.expected), std::string::npos) << c.to << ": " << message;
    EXPECT_NE(message.find("venue.toml"), std::string::npos) << message;
  }
}

TEST(VenueFile, WhatTheCoreRefusesIsFoundBeforeAnythingIsLogged) {
  const Venue venue = parse_venue(with("account = 2\nasset = \"EUR\"",
                                       "account = 7\nasset = \"EUR\""), "venue.toml");
  const std::vector<std::string> problems = check_venue(venue);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("deposit"), std::string::npos);
}

TEST(VenueFile, LaterStartsOnlyCompare) {
  World world;
  world.start();
  const Venue same = parse_venue(kTestVenue, "venue.toml");
  EXPECT_TRUE(venue_differences(same, *world.core).empty());
  const Venue other = parse_venue(with("maker_fee_ppm = 0", "maker_fee_ppm = 7"), "venue.toml");
  const std::vector<std::string> lines = venue_differences(other, *world.core);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "market KCN/EUR: other maker_fee_ppm");
}

TEST(EngineConfigFile, DefaultsAreThoseOfTheStruct) {
  const ProcessConfig config = parse_engine_config(parse_config("", "engine.toml"));
  const EngineConfig defaults;
  EXPECT_EQ(config.engine.policy, defaults.policy);
  EXPECT_EQ(config.engine.session.missed_heartbeats, defaults.session.missed_heartbeats);
  EXPECT_EQ(config.engine.session.orders.per_second, defaults.session.orders.per_second);
  EXPECT_EQ(config.engine.feed.heartbeat_ms, defaults.feed.heartbeat_ms);
  EXPECT_FALSE(config.busy);
  EXPECT_THROW(parse_engine_config(parse_config("[commit]\npolicy = \"both\"", "e")),
               ConfigError);
  EXPECT_THROW(parse_engine_config(parse_config("[commit]\nring = \"3MiB\"", "e")), ConfigError);
  EXPECT_THROW(parse_engine_config(parse_config("[loop]\nreserved_commands = 9_000", "e")),
               ConfigError);
  EXPECT_THROW(parse_engine_config(parse_config("[feed]\nmulticast_a = \"10.0.0.1:1\"", "e")),
               ConfigError);
  EXPECT_THROW(parse_engine_config(parse_config("[loop]\nwiat = \"busy\"", "e")), ConfigError);
}

}  // namespace
}  // namespace saker::engine::testing
