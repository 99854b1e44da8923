#include "tests/dpdk/steps.hpp"

namespace saker::tests {

namespace {

using client::NewOrderRequest;
using client::OrderType;
using client::Result;
using client::Side;
using client::TimeInForce;
using proto::Reason;

class Steps {
 public:
  explicit Steps(Floor& floor)
      : floor_(floor), maker_(floor.maker()), taker_(floor.taker()), third_(floor.third()) {}

  void all() {
    step("partial and full fills", &Steps::fills);
    step("replacing", &Steps::replacing);
    step("cancelling", &Steps::cancelling);
    step("market orders", &Steps::market_orders);
    step("immediate or cancel", &Steps::immediate);
    step("rejections", &Steps::rejections);
    step("mass cancel", &Steps::mass_cancel);
  }

 private:
  void step(const char* name, void (Steps::*body)()) {
    (this->*body)();
    floor_.settle();
    for (auto& seat : floor_.seats()) {
      floor_.checks().that(seat->party.open_orders() == 0, "%s leaves %zu orders of %s", name,
                           seat->party.open_orders(), seat->party.name());
    }
    std::printf("flow: %s: %lu commands so far\n", name, floor_.total(&Party::commands));
    std::fflush(stdout);
  }

  std::uint64_t rest(Floor::Seat& seat, Side side, std::int64_t price, std::int64_t lots) {
    std::uint64_t id = 0;
    floor_.place(seat, {.side = side, .price_ticks = price, .quantity_lots = lots}, &id);
    floor_.soon("an order rests", [&] { return seat.party.order(id) != nullptr; });
    return id;
  }
  /// The order's state is, or becomes, exactly this.
  void becomes(Floor::Seat& seat, std::uint64_t id, const char* what, std::int64_t traded,
               bool open, Reason ended = Reason::NONE) {
    floor_.soon(what, [&] {
      const PartyOrder* order = seat.party.order(id);
      return order != nullptr && order->cumulative_lots == traded && order->open == open &&
             order->ended == ended;
    });
  }
  void decided(Floor::Seat& seat, std::uint64_t number, Result result, Reason reason,
               const char* what) {
    floor_.soon(what, [&] { return seat.party.outcome(number) != nullptr; });
    const client::Outcome* outcome = seat.party.outcome(number);
    if (outcome == nullptr) return;
    floor_.checks().that(outcome->result == result && outcome->reason == reason,
                         "%s: result %d, %s", what, static_cast<int>(outcome->result),
                         proto::EnumNameReason(outcome->reason));
  }

  void fills() {
    const std::uint64_t resting = rest(maker_, Side::Sell, 2510, 100);
    const std::uint64_t first = rest(taker_, Side::Buy, 2510, 30);
    becomes(maker_, resting, "a partial fill of the resting order", 30, true);
    becomes(taker_, first, "a full fill of the incoming order", 30, false);
    const std::uint64_t second = rest(third_, Side::Buy, 2512, 90);
    becomes(maker_, resting, "the rest of the resting order", 100, false);
    becomes(third_, second, "a partial fill of the incoming order", 70, true);
    const std::uint64_t third = rest(taker_, Side::Sell, 2500, 20);
    becomes(third_, second, "a fill at the resting price", 90, false);
    becomes(taker_, third, "a fill better than the limit", 20, false);
  }

  void replacing() {
    const std::uint64_t id = rest(maker_, Side::Buy, 2480, 50);
    floor_.replace(maker_, id, 2490, 80);
    floor_.soon("a better price and more", [&] {
      const PartyOrder* order = maker_.party.order(id);
      return order->price_ticks == 2490 && order->quantity_lots == 80;
    });
    rest(taker_, Side::Sell, 2490, 30);
    becomes(maker_, id, "a part is filled", 30, true);
    floor_.replace(maker_, id, 2490, 60);
    floor_.soon("less", [&] { return maker_.party.order(id)->quantity_lots == 60; });
    rest(taker_, Side::Sell, 2485, 30);
    becomes(maker_, id, "all of the new quantity", 60, false);
    const std::uint64_t gone = floor_.replace(maker_, id, 2490, 90);
    decided(maker_, gone, Result::kRejected, Reason::UNKNOWN_ORDER, "replacing what is gone");
    const std::uint64_t small = rest(maker_, Side::Buy, 2480, 50);
    rest(taker_, Side::Sell, 2480, 20);
    floor_.replace(maker_, small, 2480, 10);
    becomes(maker_, small, "less than has traded", 20, false, Reason::CANCEL_REPLACED_TO_FILLED);
  }

  void cancelling() {
    const std::uint64_t id = rest(maker_, Side::Buy, 2400, 10);
    floor_.cancel(maker_, id);
    becomes(maker_, id, "cancelled", 0, false, Reason::CANCEL_REQUESTED);
    const std::uint64_t again = floor_.cancel(maker_, id);
    decided(maker_, again, Result::kRejected, Reason::UNKNOWN_ORDER, "cancelling what is gone");
  }

  void market_orders() {
    const std::uint64_t near = rest(maker_, Side::Sell, 2500, 40);
    const std::uint64_t far = rest(maker_, Side::Sell, 2505, 40);
    std::uint64_t id = 0;
    floor_.place(taker_, {.side = Side::Buy, .type = OrderType::Market,
                          .time_in_force = TimeInForce::ImmediateOrCancel,
                          .price_ticks = 2600, .quantity_lots = 60}, &id);
    becomes(taker_, id, "a market order takes two levels", 60, false);
    becomes(maker_, near, "the nearer level whole", 40, false);
    becomes(maker_, far, "the farther in part", 20, true);
    floor_.place(taker_, {.side = Side::Buy, .type = OrderType::Market,
                          .time_in_force = TimeInForce::ImmediateOrCancel,
                          .price_ticks = 2502, .quantity_lots = 5}, &id);
    floor_.settle();
    const PartyOrder* bounded = taker_.party.order(id);
    floor_.checks().that(bounded == nullptr || bounded->cumulative_lots == 0,
                         "a market order went past its worst price");
    floor_.cancel(maker_, far);
    becomes(maker_, far, "the rest is taken out", 20, false, Reason::CANCEL_REQUESTED);
  }

  void immediate() {
    const std::uint64_t resting = rest(maker_, Side::Sell, 2500, 10);
    std::uint64_t id = 0;
    floor_.place(taker_, {.side = Side::Buy, .time_in_force = TimeInForce::ImmediateOrCancel,
                          .price_ticks = 2500, .quantity_lots = 25}, &id);
    becomes(taker_, id, "what cannot trade at once goes", 10, false,
            Reason::CANCEL_IMMEDIATE_REMAINDER);
    becomes(maker_, resting, "what could has traded", 10, false);
  }

  void rejections() {
    const std::uint64_t dear = floor_.place(
        maker_, {.side = Side::Buy, .price_ticks = 2500, .quantity_lots = 900'000});
    decided(maker_, dear, Result::kRejected, Reason::RISK_INSUFFICIENT_BALANCE,
            "more than there is money for");
    const std::uint64_t off = floor_.place(
        maker_, {.side = Side::Sell, .price_ticks = 5000, .quantity_lots = 1});
    decided(maker_, off, Result::kRejected, Reason::RISK_PRICE_BAND, "far off the price");
  }

  void mass_cancel() {
    for (std::int64_t i = 0; i < 20; ++i) {
      const Side side = i % 2 == 0 ? Side::Buy : Side::Sell;
      floor_.place(maker_, {.side = side, .price_ticks = side == Side::Buy ? 2450 - i : 2550 + i,
                            .quantity_lots = 5});
    }
    floor_.settle();
    floor_.checks().that(maker_.party.open_orders() == 20, "%zu of 20 quotes rest",
                         maker_.party.open_orders());
    floor_.mass_cancel(maker_, false, true);
    floor_.soon("all sells are out", [&] { return maker_.party.open_orders() == 10; });
    floor_.mass_cancel(maker_);
    floor_.soon("all orders are out", [&] { return maker_.party.mass_cancels_done() == 2; });
    floor_.checks().that(maker_.party.cancelled_as(Reason::CANCEL_MASS) == 20,
                         "%lu orders were told to be gone",
                         maker_.party.cancelled_as(Reason::CANCEL_MASS));
  }

  Floor& floor_;
  Floor::Seat& maker_;
  Floor::Seat& taker_;
  Floor::Seat& third_;
};

/// splitmix64: the same commands for the same seed, whatever the library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  std::uint64_t state_;
};

void random_command(Floor& floor, Floor::Seat& seat, Random& random) {
  const std::uint64_t open = seat.party.open_order(random.below(64));
  const std::uint64_t dice = random.below(100);
  const Side side = random.below(2) == 0 ? Side::Buy : Side::Sell;
  const auto away = static_cast<std::int64_t>(random.below(12)) - 3;
  const std::int64_t price = side == Side::Buy ? 2500 - away : 2500 + away;
  const auto lots = static_cast<std::int64_t>(1 + random.below(20));
  if (dice < 15 && open != 0) {
    floor.cancel(seat, open);
  } else if (dice < 25 && open != 0) {
    floor.replace(seat, open, price, lots);
  } else if (dice < 26) {
    floor.mass_cancel(seat);
  } else {
    NewOrderRequest request{.side = side, .price_ticks = price, .quantity_lots = lots};
    if (dice < 40) request.time_in_force = TimeInForce::ImmediateOrCancel;
    if (dice < 32) {
      request.type = OrderType::Market;
      request.price_ticks = side == Side::Buy ? 2600 : 2400;
    }
    floor.place(seat, request);
  }
}

void everything_out(Floor& floor) {
  floor.settle();
  for (auto& seat : floor.seats()) {
    const std::uint64_t done = seat->party.mass_cancels_done();
    floor.mass_cancel(*seat);
    floor.soon("a mass cancel is done", [&] { return seat->party.mass_cancels_done() > done; });
  }
  floor.settle();
  for (auto& seat : floor.seats()) {
    floor.checks().that(seat->party.open_orders() == 0, "%s still has %zu orders",
                        seat->party.name(), seat->party.open_orders());
  }
}

}  // namespace

void trade_step_by_step(Floor& floor) { Steps(floor).all(); }

void trade_at_random(Floor& floor, std::uint64_t commands, std::uint64_t seed) {
  constexpr std::size_t kInFlight = 16;
  Random random(seed);
  const std::uint64_t before = floor.trades().count();
  for (std::uint64_t i = 0; i < commands && floor.checks().failed() == 0; ++i) {
    Floor::Seat& seat = *floor.seats()[random.below(floor.seats().size())];
    random_command(floor, seat, random);
    if (i % 8 == 0) floor.pump();
    while (seat.session->orders().in_flight() > kInFlight) floor.pump();
  }
  everything_out(floor);
  floor.checks().that(floor.trades().count() > before + commands / 20, "only %lu trades",
                      floor.trades().count() - before);
  std::printf("flow: %lu commands at random: %lu trades\n", commands,
              floor.trades().count() - before);
  std::fflush(stdout);
}

void disconnect(Floor& floor) {
  constexpr std::uint64_t kOrders = 5;
  Floor::Seat& third = floor.third();
  Floor::Seat& maker = floor.maker();
  const std::uint64_t before = third.party.cancelled_as(Reason::CANCEL_DISCONNECT);
  for (std::uint64_t i = 0; i < kOrders; ++i) {
    const auto price = 2450 - static_cast<std::int64_t>(i);
    floor.place(third, {.side = Side::Buy, .price_ticks = price, .quantity_lots = 5});
    floor.place(maker, {.side = Side::Buy, .price_ticks = price, .quantity_lots = 5});
  }
  floor.settle();
  third.silent = true;
  floor.pump_for(2'000'000'000);  // heartbeats every 0.2 s, five of them may be missed
  third.silent = false;
  floor.soon("whoever was silent is told that the orders are gone", [&] {
    return third.party.cancelled_as(Reason::CANCEL_DISCONNECT) == before + kOrders;
  });
  floor.soon("and is logged on again", [&] { return third.session->orders().logged_on(); });
  floor.checks().that(third.party.open_orders() == 0, "orders of the silent party are left");
  floor.checks().that(maker.party.open_orders() == kOrders, "the others have %zu orders",
                      maker.party.open_orders());
  everything_out(floor);
  std::printf("flow: cancel on disconnect: %lu orders went, %lu stayed\n", kOrders, kOrders);
  std::fflush(stdout);
}

void survive_restart(Floor& floor) {
  constexpr std::uint64_t kOrders = 5;
  Random random(7);
  for (std::uint64_t i = 0; i < kOrders; ++i) {
    floor.place(floor.maker(), {.side = Side::Sell,
                                .price_ticks = 2590 + static_cast<std::int64_t>(i),
                                .quantity_lots = 3});
  }
  floor.settle();
  std::uint64_t logons[3] = {};
  for (std::size_t i = 0; i < 3; ++i) logons[i] = floor.seats()[i]->party.logons();
  std::printf("flow: restart the engine now\n");
  std::fflush(stdout);
  floor.soon("all sessions log on again", [&] {
    bool again = true;
    for (std::size_t i = 0; i < 3; ++i) {
      Floor::Seat& seat = *floor.seats()[i];
      again &= seat.party.logons() > logons[i] && seat.session->orders().logged_on();
      // Commands are in flight when the engine dies, and stay so until it is back.
      if (seat.session->orders().logged_on() && seat.session->orders().in_flight() < 4) {
        random_command(floor, seat, random);
      }
    }
    return again;
  });
  everything_out(floor);
  std::printf("flow: the engine is back, everybody is logged on again\n");
  std::fflush(stdout);
}

}  // namespace saker::tests
