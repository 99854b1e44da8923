// The strategies as functions of what they see, and a whole bot against a venue in memory.
#include <gtest/gtest.h>

#include <set>

#include "bots/bot.hpp"
#include "bots/bot_counters.hpp"
#include "client/fake/venue.hpp"
#include "client/subscribed_feed.hpp"
#include "common/config.hpp"

namespace saker::bots {
namespace {

MarketView view() {
  MarketView v;
  v.limits = {1, 1000, 1'000'000, 0, 0, 1};
  v.fair_ticks = 100'000;
  v.base_free_lots = 10'000;
  v.quote_free = 10'000'000'000;
  return v;
}

MarketMakerConfig maker() {
  MarketMakerConfig c;
  c.levels = 3;
  c.half_spread_ppm = 1000;
  c.level_step_ppm = 500;
  c.quantity_lots = 10;
  c.most_inventory_lots = 100;
  c.skew_ppm = 1000;
  c.reprice_ppm = 200;
  return c;
}

std::vector<OwnOrder> as_orders(const std::vector<Quote>& quotes) {
  std::vector<OwnOrder> own;
  for (const Quote& q : quotes) {
    own.push_back({own.size() + 1, q.side, q.price_ticks, q.quantity_lots, 0});
  }
  return own;
}

TEST(MarketMaker, QuotesLevelsAroundTheFairPrice) {
  const auto quotes = market_maker_quotes(maker(), view());
  ASSERT_EQ(quotes.size(), 6u);
  EXPECT_EQ(quotes[0].price_ticks, 99'900);
  EXPECT_EQ(quotes[1].price_ticks, 100'100);
  EXPECT_EQ(quotes[4].price_ticks, 99'800);
  EXPECT_EQ(quotes[5].quantity_lots, 20);
}

TEST(MarketMaker, LeansAgainstInventoryAndStopsAtTheLimit) {
  MarketView v = view();
  v.inventory_lots = 50;
  EXPECT_EQ(market_maker_quotes(maker(), v)[0].price_ticks, 99'850);
  v.inventory_lots = 100;
  for (const Quote& q : market_maker_quotes(maker(), v)) EXPECT_EQ(q.side, Side::Sell);
  v.inventory_lots = -100;
  for (const Quote& q : market_maker_quotes(maker(), v)) EXPECT_EQ(q.side, Side::Buy);
}

TEST(MarketMaker, NeverCrossesTheTouchAndNeverOverspends) {
  MarketView v = view();
  v.best_ask_ticks = 99'500;
  v.best_bid_ticks = 99'400;
  for (const Quote& q : market_maker_quotes(maker(), v)) {
    EXPECT_TRUE(q.side == Side::Buy ? q.price_ticks < 99'500 : q.price_ticks > 99'400);
  }
  v = view();
  v.quote_free = 1'500'000;  // fifteen lots and their fees
  v.base_free_lots = 12;
  std::int64_t buys = 0, sells = 0;
  for (const Quote& q : market_maker_quotes(maker(), v)) {
    (q.side == Side::Buy ? buys : sells) += q.quantity_lots;
  }
  EXPECT_EQ(buys, 15);
  EXPECT_EQ(sells, 12);
}

TEST(MarketMaker, KeepsToTheMarketsLimits) {
  MarketView v = view();
  v.limits.min_notional = 5'000'000;  // fifty lots and a bit on the buying side
  for (const Quote& q : market_maker_quotes(maker(), v)) {
    EXPECT_GE(q.price_ticks * q.quantity_lots, 5'000'000);
  }
  v = view();
  v.limits.max_quantity_lots = 4;
  for (const Quote& q : market_maker_quotes(maker(), v)) EXPECT_EQ(q.quantity_lots, 4);
  v.limits.min_quantity_lots = 5;
  EXPECT_TRUE(market_maker_quotes(maker(), v).empty());
  v.fair_ticks = 0;
  EXPECT_TRUE(market_maker_quotes(maker(), v).empty());
}

TEST(MarketMaker, PlansNothingWhenAllIsAsWished) {
  MarketView v = view();
  v.own = as_orders(market_maker_quotes(maker(), v));
  EXPECT_TRUE(market_maker_plan(maker(), v).empty());
  v.fair_ticks += 15;  // less than reprice_ppm
  EXPECT_TRUE(market_maker_plan(maker(), v).empty());
}

TEST(MarketMaker, ReplacesWhatMovedAddsWhatIsMissingCancelsWhatIsTooMuch) {
  MarketView v = view();
  v.own = as_orders(market_maker_quotes(maker(), v));
  v.own[0].cumulative_lots = 4;
  v.fair_ticks += 500;
  auto plan = market_maker_plan(maker(), v);
  ASSERT_EQ(plan.size(), 6u);
  for (const Action& action : plan) EXPECT_EQ(action.kind, ActionKind::kReplace);
  v = view();
  v.own = as_orders(market_maker_quotes(maker(), v));
  v.own.pop_back();
  plan = market_maker_plan(maker(), v);
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].kind, ActionKind::kNew);
  EXPECT_EQ(plan[0].side, Side::Sell);
  v.own.push_back({50, Side::Buy, 90'000, 3, 0});
  v.own.push_back({51, Side::Sell, 100'200, 3, 0});
  plan = market_maker_plan(maker(), v);
  ASSERT_FALSE(plan.empty());
  EXPECT_EQ(plan[0].kind, ActionKind::kCancel);
  EXPECT_EQ(plan[0].order_id, 50u);
}

TEST(MarketMaker, RefillsAnOrderThatIsMostlyTraded) {
  MarketView v = view();
  v.own = as_orders(market_maker_quotes(maker(), v));
  v.own[1].leaves_lots = 3;
  v.own[1].cumulative_lots = 7;
  const auto plan = market_maker_plan(maker(), v);
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].order_id, 2u);
  EXPECT_EQ(plan[0].quantity_lots, 17);
}

TEST(FairPrice, WandersButNotFarAndRepeatsWithItsSeed) {
  FairPriceConfig config;
  config.anchor_ticks = 100'000;
  config.volatility_ppm = 500;
  config.most_ppm = 50'000;
  FairPrice a(config, 7), b(config, 7), c(config, 8);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 20'000; ++i) {
    a.step(0.5);
    b.step(0.5);
    c.step(0.5);
    ASSERT_EQ(a.ticks(), b.ticks());
    ASSERT_GE(a.ticks(), 95'000);
    ASSERT_LE(a.ticks(), 105'000);
    seen.insert(a.ticks());
  }
  EXPECT_GT(seen.size(), 100u);
  EXPECT_NE(a.ticks(), c.ticks());
}

TEST(RandomTaker, DoesAllItsThingsWithinTheLimits) {
  RandomTakerConfig config;
  MarketView v = view();
  v.best_bid_ticks = 99'990;
  v.best_ask_ticks = 100'010;
  v.own = {{9, Side::Buy, 99'000, 5, 0}};
  Random random(3);
  int markets = 0, immediates = 0, resting = 0, cancels = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto action = random_taker_choose(config, v, random);
    if (!action) continue;
    if (action->kind == ActionKind::kCancel) {
      EXPECT_EQ(action->order_id, 9u);
      ++cancels;
      continue;
    }
    EXPECT_GE(action->quantity_lots, 1);
    EXPECT_LE(action->quantity_lots, config.most_quantity_lots);
    if (action->type == proto::OrderType::Market) {
      EXPECT_EQ(action->time_in_force, proto::TimeInForce::ImmediateOrCancel);
      ++markets;
    } else if (action->time_in_force == proto::TimeInForce::ImmediateOrCancel) {
      const bool crosses = action->side == Side::Buy ? action->price_ticks >= 100'010
                                                     : action->price_ticks <= 99'990;
      EXPECT_TRUE(crosses);
      ++immediates;
    } else {
      const bool rests = action->side == Side::Buy ? action->price_ticks < 100'010
                                                   : action->price_ticks > 99'990;
      EXPECT_TRUE(rests);
      ++resting;
    }
  }
  EXPECT_NEAR(markets, 1250, 150);
  EXPECT_NEAR(immediates, 1750, 150);
  EXPECT_NEAR(resting, 1250, 150);
  EXPECT_NEAR(cancels, 750, 150);
}

TEST(RandomTaker, ReturnsFromItsLimitAndWaitsWithoutABook) {
  RandomTakerConfig config;
  MarketView v = view();
  Random random(3);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(random_taker_choose(config, v, random));
  v.best_bid_ticks = 10;
  v.best_ask_ticks = 11;
  v.inventory_lots = config.most_inventory_lots;
  for (int i = 0; i < 300; ++i) {
    const auto action = random_taker_choose(config, v, random);
    EXPECT_FALSE(action && action->kind == ActionKind::kNew && action->side != Side::Sell);
  }
  v.base_free_lots = 0;
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(random_taker_choose(config, v, random));
}

MarketView market_at(std::int64_t bid, std::int64_t ask) {
  MarketView v = view();
  v.fair_ticks = 0;
  v.best_bid_ticks = bid;
  v.best_ask_ticks = ask;
  return v;
}

/// Looks `times` with a second between, and says how many lots were bought less those sold.
std::int64_t net_lots(Strategy& strategy, const MarketView& v, int times) {
  std::int64_t net = 0;
  std::vector<Action> actions;
  for (int i = 0; i < times; ++i) {
    actions.clear();
    strategy.look(v, 1.0, actions);
    for (const Action& a : actions) {
      if (a.kind != ActionKind::kNew) continue;
      net += a.side == Side::Buy ? a.quantity_lots : -a.quantity_lots;
    }
  }
  return net;
}

TEST(Aggressive, GoesWithTheTrendAndTurnsRoundWhenFull) {
  AggressiveConfig config;
  config.trend_seconds = 1e9;  // the first price is what it compares with
  Aggressive strategy(config, 5);
  std::vector<Action> actions;
  strategy.look(market_at(99'990, 100'010), 1.0, actions);
  EXPECT_EQ(strategy.trend(100'000), 0);
  const MarketView risen = market_at(100'190, 100'210);
  EXPECT_GT(strategy.trend(100'200), 0.99);
  EXPECT_GT(net_lots(strategy, risen, 400), 100);
  EXPECT_LT(net_lots(strategy, market_at(99'790, 99'810), 400), -100);
  MarketView full = risen;
  full.inventory_lots = config.most_inventory_lots;
  std::int64_t bought = 0;
  for (int i = 0; i < 100; ++i) {
    actions.clear();
    strategy.look(full, 1.0, actions);
    for (const Action& a : actions) {
      bought += a.side == Side::Buy;
      EXPECT_EQ(a.time_in_force, proto::TimeInForce::ImmediateOrCancel);
      EXPECT_LE(a.quantity_lots, config.most_quantity_lots);
    }
  }
  EXPECT_EQ(bought, 0);
  actions.clear();
  strategy.look(market_at(0, 100'010), 1.0, actions);
  EXPECT_TRUE(actions.empty()) << "half a book says nothing";
}

TEST(MeanReversion, SellsWhatRoseBuysWhatFellAndLetsGo) {
  MeanReversionConfig config;
  config.act_share = 1;
  config.history = 20;
  const auto settled = [&config] {
    MeanReversion strategy(config, 5);
    std::vector<Action> actions;
    for (int i = 0; i < 40; ++i) {
      strategy.look(market_at(99'990 + i % 3, 100'010 + i % 3), 1.0, actions);
    }
    EXPECT_TRUE(actions.empty()) << "nothing unusual, nothing held";
    return strategy;
  };
  MeanReversion up = settled();
  EXPECT_GT(up.deviations(100'100), config.enter_deviations);
  EXPECT_LT(net_lots(up, market_at(100'090, 100'110), 1), 0);
  MeanReversion down = settled();
  EXPECT_GT(net_lots(down, market_at(99'890, 99'910), 1), 0);
  MeanReversion full = settled();
  MarketView fallen = market_at(99'890, 99'910);
  fallen.inventory_lots = config.most_inventory_lots;
  EXPECT_EQ(net_lots(full, fallen, 1), 0);
  MeanReversion holding = settled();
  MarketView usual = market_at(99'991, 100'011);
  usual.inventory_lots = 2;
  const std::int64_t sold = -net_lots(holding, usual, 1);
  EXPECT_GE(sold, 1);
  EXPECT_LE(sold, 2) << "no more than it holds";
  MeanReversion young(config, 5);
  EXPECT_EQ(net_lots(young, market_at(90'000, 90'010), 5), 0) << "too little history";
}

TEST(LiquidityProvider, FollowsTheMiddleSlowlyAndNotFar) {
  LiquidityProviderConfig config;
  config.quotes = maker();
  config.anchor_ticks = 100'000;
  config.most_ppm = 50'000;
  LiquidityProvider strategy(config);
  strategy.begin(100'000);
  std::vector<Action> actions;
  strategy.look(market_at(0, 0), 1.0, actions);
  ASSERT_EQ(actions.size(), 6u) << "an empty book is filled from where the price is at home";
  EXPECT_EQ(actions[0].price_ticks, 99'900);
  strategy.look(market_at(100'990, 101'010), 20.0, actions);
  EXPECT_NEAR(strategy.smoothed_ticks(), 100'630, 15);
  for (int i = 0; i < 100; ++i) strategy.look(market_at(119'990, 120'010), 20.0, actions);
  EXPECT_LE(strategy.smoothed_ticks(), 105'000);
}

TEST(RandomWalk, QuotesAmendsAndSometimesTakes) {
  RandomWalkConfig config;
  config.quotes = maker();
  config.quotes.half_spread_ppm = 30'000;  // out of the way of what it takes
  config.walk.anchor_ticks = 100'000;
  RandomWalk strategy(config, 9);
  strategy.begin(100'000);
  MarketView v = market_at(99'900, 100'100);
  int takes = 0, quotes = 0, amends = 0;
  std::vector<Action> actions;
  for (int i = 0; i < 1'000; ++i) {
    actions.clear();
    strategy.look(v, 0.4, actions);
    const bool took = !actions.empty() && actions[0].time_in_force ==
                                              proto::TimeInForce::ImmediateOrCancel;
    takes += took;
    for (const Action& a : actions) {
      amends += a.kind == ActionKind::kReplace;
      if (took || a.kind != ActionKind::kNew) continue;
      ++quotes;
      EXPECT_TRUE(a.side == Side::Buy ? a.price_ticks < 100'100 : a.price_ticks > 99'900);
      if (v.own.size() < 6) {
        v.own.push_back({v.own.size() + 1, a.side, a.price_ticks, a.quantity_lots, 0});
      }
    }
    EXPECT_GE(strategy.excitement(), 0.4);
    EXPECT_LE(strategy.excitement(), 3.0);
  }
  EXPECT_NEAR(takes, 150, 60);
  EXPECT_GE(quotes, 6);
  EXPECT_GT(amends, 500);
}

TEST(SpeedUp, MakesEverythingOftenerWithinBounds) {
  BotsConfig config;
  config.bots.resize(1);
  config.bots[0].interval_ns = 250'000'000;
  config.bots[0].most_per_second = 40;
  config.bots[0].random.most_quantity_lots = 25;
  BotsConfig once = config;
  speed_up(once, 1);
  EXPECT_EQ(once.bots[0].interval_ns, 250'000'000u);
  EXPECT_EQ(once.bots[0].burst, 1u);
  EXPECT_EQ(once.bots[0].random.most_quantity_lots, 25);
  speed_up(config, 100);
  EXPECT_EQ(config.bots[0].interval_ns, 2'500'000u);
  EXPECT_EQ(config.bots[0].most_per_second, 4'000u);
  EXPECT_EQ(config.bots[0].burst, 20u);
  EXPECT_EQ(config.bots[0].speed, 10);
  EXPECT_EQ(config.bots[0].random.most_quantity_lots, 1);
  speed_up(config, kMostSpeed);
  EXPECT_EQ(config.bots[0].interval_ns, 1'000'000u);
  EXPECT_EQ(config.bots[0].most_per_second, 100'000u);
}

TEST(BotsConfig, DefaultsErrorsAndUnknownKeys) {
  const BotsConfig config = parse_bots_config(
      "[[bot]]\nstrategy='market_maker'\nname='m'\nsession=10\naccount=2\nmarket=1\n"
      "start_price='25.00'\n"
      "[[bot]]\nstrategy='random'\nname='t'\nsession=11\nkey=4\naccount=3\nmarket=1\n", "test");
  ASSERT_EQ(config.bots.size(), 2u);
  EXPECT_EQ(config.bots[0].key, 10u);
  EXPECT_EQ(config.bots[1].key, 4u);
  EXPECT_THROW(parse_bots_config("hots='x'\n", "test"), ConfigError);
  const auto fails = [](const std::string& lines) {
    const std::string who = "[[bot]]\nname='t'\nsession=1\naccount=1\nmarket=1\n";
    EXPECT_THROW(parse_bots_config(who + lines, "test"), ConfigError) << lines;
  };
  fails("");
  fails("strategy='guess'\n");
  fails("strategy='market_maker'\n");                              // no price to start from
  fails("strategy='random'\nstart_price='1'\n");                   // which it has no use for
  fails("strategy='random'\nmarket_percent=60\nimmediate_percent=60\n");
  fails("strategy='mean_reversion'\nhistory=5\n");
  EXPECT_EQ(bot_counter_name("maker-kcn", "fills"), "maker_kcn_fills");
}

// ---- a whole bot ---------------------------------------------------------------------------

using client::fake::Network;
using client::fake::Transport;
using client::fake::Venue;

struct BotRig {
  BotRig()
      : venue(network, secret()),
        socket(network, {0x7F000001, 40'000}),
        line_a(network, {0x7F000001, 41'000}),
        line_b(network, {0x7F000001, 41'001}),
        bot(bot_config(), session_config(), socket),
        hub(line_a, line_b, bot.session().queries(), feed_handler) {
    bot.start(network.now_ns);
  }
  static proto::Secret secret() {
    proto::Secret s;
    s.fill(9);
    return s;
  }
  static BotConfig bot_config() {
    BotConfig c;
    c.name = "maker";
    c.session = Venue::kSession;
    c.account = Venue::kAccount;
    c.market = 1;
    c.start_price = "10.00";
    c.interval_ns = 20'000'000;
    c.quotes = maker();
    c.quotes.half_spread_ppm = 10'000;
    c.quotes.level_step_ppm = 10'000;
    c.quotes.quantity_lots = 1;
    return c;
  }
  static client::SessionConfig session_config() {
    client::SessionConfig c;
    c.session = Venue::kSession;
    c.secret = secret();
    c.engine = Venue::kEngine;
    c.follower = Venue::kFollower;
    c.nonce_seed = 5;
    return c;
  }
  void step() {
    network.now_ns += 200'000;
    venue.poll();
    hub.poll(network.now_ns, bot.session().orders(), {0, 0, 41'000, 41'001, 0});
    bot.poll(network.now_ns, hub.feed().market(1), hub.live());
  }
  template <class Done>
  bool run_until(Done done, int ms = 10'000) {
    for (int i = 0; i < ms * 5 && !done(); ++i) step();
    return done();
  }
  std::size_t own_orders() const {
    return static_cast<std::size_t>(std::count_if(
        venue.orders.begin(), venue.orders.end(), [](auto& o) { return o.order_id != 0; }));
  }

  Network network;
  Venue venue;
  Transport socket, line_a, line_b;
  Bot<Transport> bot;
  client::FeedHandler feed_handler;
  client::SubscribedFeed<Transport, client::FeedHandler> hub;
};

TEST(Bot, QuotesKnowsItsInventorySurvivesARestartAndStopsClean) {
  BotRig rig;
  // The toy venue's balances carry no sells: bids are quoted, inventory is what it says.
  ASSERT_TRUE(rig.run_until([&] { return rig.own_orders() >= 1 && rig.hub.live(); }));
  ASSERT_TRUE(rig.run_until([&] { return rig.bot.session().orders().in_flight() == 0; }));
  EXPECT_EQ(rig.bot.tracker().open_orders(), rig.own_orders());
  const std::int64_t before = rig.bot.tracker().position(Venue::kAccount, 2).total;
  EXPECT_EQ(before, 50);
  const auto own = std::find_if(rig.venue.orders.begin(), rig.venue.orders.end(),
                                [](auto& o) { return o.order_id != 0; });
  rig.venue.fill_own(own->order_id, 1);
  ASSERT_TRUE(rig.run_until([&] { return rig.bot.stats().fills == 1; }));
  EXPECT_EQ(rig.bot.tracker().position(Venue::kAccount, 2).total, before + 100);
  EXPECT_EQ(rig.bot.inventory_lots(), 1);

  rig.venue.restart_engine();
  ASSERT_TRUE(rig.run_until([&] { return rig.bot.stats().logons == 2 && rig.hub.live(); }));
  rig.bot.stop();
  ASSERT_TRUE(rig.run_until([&] { return rig.bot.stopped(); }));
  EXPECT_EQ(rig.venue.logoffs, 1u);
  EXPECT_EQ(rig.own_orders(), 0u);
  EXPECT_EQ(rig.bot.tracker().open_orders(), 0u);
}

// A loop that sleeps until the deadlines must not turn round and round while it can do nothing.
TEST(Bot, SleepsWhileTheVenueIsDown) {
  for (const bool follower_too : {false, true}) {
    BotRig rig;
    ASSERT_TRUE(rig.run_until([&] { return rig.own_orders() >= 1 && rig.hub.live(); }));
    if (follower_too) {
      rig.venue.follower_down = true;  // and something to ask it for
      rig.venue.mute_feed_next[0] = rig.venue.mute_feed_next[1] = 1;
      rig.venue.others_add_order();
    } else {
      rig.venue.down = true;
    }
    for (int i = 0; i < 2'500; ++i) rig.step();
    int turns = 0;
    for (const TimeNs end = rig.network.now_ns + 1'000'000'000; rig.network.now_ns < end;) {
      const TimeNs next = std::min(rig.bot.next_deadline_ns(), rig.hub.feed().next_deadline_ns());
      rig.network.now_ns = std::clamp(next, rig.network.now_ns + 10'000, end);
      rig.venue.poll();
      rig.hub.poll(rig.network.now_ns, rig.bot.session().orders(), {0, 0, 41'000, 41'001, 0});
      rig.bot.poll(rig.network.now_ns, rig.hub.feed().market(1), rig.hub.live());
      ++turns;
    }
    EXPECT_LT(turns, 300) << follower_too;
  }
}

TEST(Bot, TakesItsQuotesOutWhenTheFeedIsStale) {
  BotRig rig;
  ASSERT_TRUE(rig.run_until([&] { return rig.own_orders() >= 1 && rig.hub.live(); }));
  rig.venue.mute_feed_next[0] = rig.venue.mute_feed_next[1] = 1'000'000;
  rig.network.cut = [](net::Endpoint, net::Endpoint to, Bytes) { return to.port >= 41'000; };
  ASSERT_TRUE(rig.run_until([&] { return rig.own_orders() == 0; }));
  EXPECT_TRUE(rig.bot.session().orders().logged_on());
}

}  // namespace
}  // namespace saker::bots
