// The pictures of saker top: right numbers, never wider or higher than the screen.
#include <gtest/gtest.h>

#include "client/json_writer.hpp"
#include "client/top/json.hpp"
#include "client/top/render.hpp"
#include "client/top/text.hpp"

namespace saker::client::top {
namespace {

Model model() {
  Model m;
  m.now_ns = 1'700'000'000'000'000'000;
  m.feed = FeedState::kLive;
  MarketModel market;
  market.id = 1;
  market.symbol = "KCN/EUR";
  market.phase = proto::MarketPhase::Open;
  market.live = true;
  market.tick_size = 1;
  market.lot_size = 100'000'000;
  market.price_decimals = 2;
  market.base_decimals = 8;
  market.last_price_ticks = 2501;
  for (std::int64_t i = 0; i < 15; ++i) {
    market.bids.push_back({2500 - i, 10 + i, 2});
    market.asks.push_back({2502 + i, 30 - i, 1});
    market.tape.push_back({m.now_ns, 2501, 1 + i, i % 2 == 0});
  }
  m.markets.push_back(market);
  m.engine.present = m.engine.alive = true;
  m.engine.values = {{"sequence", 1'234'567}, {"committed_sequence", 1'234'560},
                     {"latency_p50_ns", 1'234'000}, {"orders_per_second", 98}};
  m.follower.present = m.follower.alive = true;
  m.follower.values = {{"applied_sequence", 1'234'000}};
  for (int i = 0; i < 6; ++i) {
    BotModel bot;
    bot.name = "maker-" + std::to_string(i);
    bot.logged_on = true;
    bot.inventory_lots = -17;
    m.bots.push_back(bot);
  }
  return m;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

TEST(Top, ShowsTheNumbersThatMatterOnASmallScreen) {
  const std::string text = joined(render(model(), {80, 24, 1, false, false}));
  for (const char* expected :
       {"KCN/EUR", "25.01", "Open", "live", "25.00", "25.02", "spread 0.02", "1,234,567",
        "1,234,560", "1.23 ms", "orders/s 98", "behind 560", "buy", "sell", "bots"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

TEST(Top, LargeScreenHasATableOfBots) {
  const std::string text = joined(render(model(), {120, 45, 1, false, false}));
  EXPECT_NE(text.find("maker-5"), std::string::npos) << text;
  EXPECT_NE(text.find("-17"), std::string::npos);
}

TEST(Top, NeverWiderOrHigherThanTheScreen) {
  Model broken = model();
  broken.engine.alive = false;
  broken.follower.present = false;
  broken.markets[0].live = false;
  broken.notice = std::string(300, 'x');
  for (const Model& m : {model(), broken, Model()}) {
    for (const std::size_t width : {1u, 20u, 40u, 79u, 80u, 132u, 250u}) {
      for (const std::size_t height : {1u, 5u, 10u, 24u, 50u, 100u}) {
        for (const bool help : {false, true}) {
          const auto lines = render(m, {width, height, 1, false, help});
          ASSERT_LE(lines.size(), height);
          for (const std::string& line : lines) {
            ASSERT_LE(columns_of(line), width) << width << "x" << height << ": " << line;
          }
        }
      }
    }
  }
}

TEST(Top, ColoursDoNotChangeTheText) {
  const auto plain = render(model(), {80, 24, 1, false, false});
  const auto coloured = render(model(), {80, 24, 1, true, false});
  ASSERT_EQ(plain.size(), coloured.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string stripped;
    for (std::size_t j = 0; j < coloured[i].size(); ++j) {
      if (coloured[i][j] != '\x1b') {
        stripped += coloured[i][j];
      } else {
        while (coloured[i][j] != 'm') ++j;
      }
    }
    EXPECT_EQ(stripped, plain[i]);
  }
}

TEST(Top, NumbersForPeople) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(duration_text(0), "-");
  EXPECT_EQ(duration_text(850), "850 ns");
  EXPECT_EQ(duration_text(12'340), "12.3 us");
  EXPECT_EQ(duration_text(4'560'000), "4.56 ms");
  EXPECT_EQ(duration_text(1'200'000'000), "1.20 s");
  EXPECT_EQ(bytes_text(1'310'720), "1.2 MiB");
  EXPECT_EQ(age_text(75'000'000'000), "1 m 15 s");
  EXPECT_EQ(clock_text(3'723'045'000'000, true), "01:02:03.045");
  EXPECT_EQ(price_text(2501, 1, 2), "25.01");
  EXPECT_EQ(price_text(30'001, 10, 2), "3000.10");
  EXPECT_EQ(quantity_text(3, 10'000'000, 8), "0.3");
  EXPECT_EQ(JsonWriter().text("a\"\\\n").str(), "\"a\\\"\\\\\\u000a\"");
}

TEST(Top, JsonNamesWhatThereIs) {
  const std::string json = to_json(model());
  for (const char* expected :
       {"\"symbol\":\"KCN/EUR\"", "\"last\":\"25.01\"", "\"state\":\"live\"",
        "\"sequence\":1234567", "\"inventory_lots\":-17",
        "{\"price\":\"25.00\",\"quantity\":\"10\",\"orders\":2}"}) {
    EXPECT_NE(json.find(expected), std::string::npos) << expected << "\n" << json;
  }
}

}  // namespace
}  // namespace saker::client::top
