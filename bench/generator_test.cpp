// The generator against a port and a clock that the test moves: when it sends, from when it
// measures, and what it says about itself.
#include "bench/generator.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "bench/flights.hpp"
#include "bench/report.hpp"

namespace saker::bench {
namespace {

/// Every look costs 100 ns.
struct SlowClock {
  TimeNs time_ns = 1'000'000'000;
  TimeNs now_ns() { return time_ns += 100; }
};

/// Answers after kTakesNs; deaf in [deaf_from, deaf_to) since the beginning; room for `room`.
class FakePort {
 public:
  static constexpr std::uint64_t kTakesNs = 5'000;

  FakePort(Recorder& recorder, SlowClock& clock) : recorder_(recorder), clock_(clock) {}

  void begin(const PhaseRequest&) { begun_ns = clock_.time_ns; }
  bool send(const Flight& flight) {
    if (flights_.size() >= room) return false;
    clock_.time_ns += send_costs_ns;
    sent.push_back(flight.intended_ns);
    flights_.push_back(flight);
    return true;
  }
  void flush() {}
  void poll(TimeNs) {
    clock_.time_ns += stall_ns;
    stall_ns = 0;
    if (silent) return;
    const TimeNs since = clock_.time_ns - begun_ns;
    if (since >= deaf_from && since < deaf_to) return;
    while (!flights_.empty() && flights_.front().sent_ns + kTakesNs <= clock_.time_ns) {
      recorder_.answer(flights_.front(), clock_.time_ns, true);
      flights_.pop_front();
    }
  }
  std::size_t undecided() const { return flights_.size(); }
  std::uint64_t resent() const { return 0; }
  void give_up() { flights_.clear(); }

  std::size_t room = 1'000'000;
  std::uint64_t send_costs_ns = 0, stall_ns = 0;
  TimeNs deaf_from = 0, deaf_to = 0, begun_ns = 0;
  bool silent = false;
  std::vector<TimeNs> sent;

 private:
  Recorder& recorder_;
  SlowClock& clock_;
  std::deque<Flight> flights_;
};

class GeneratorTest : public ::testing::Test {
 protected:
  GeneratorTest() {
    request_.rate = 100'000;
    request_.arrivals = Arrivals::kFixed;
    request_.warm_up_ns = 1'000'000;
    request_.measure_ns = 20'000'000;
    request_.cool_down_ns = 1'000'000;
    request_.late_ns = 50'000;
  }
  void run() { generator_.run(request_); }

  PhaseRequest request_;
  std::unique_ptr<PhaseResult> result_ = std::make_unique<PhaseResult>();
  SlowClock clock_;
  Recorder recorder_{*result_};
  FakePort port_{recorder_, clock_};
  Generator<FakePort, SlowClock> generator_{port_, recorder_, clock_, *result_};
};

TEST_F(GeneratorTest, SendsWhenThePlanSays) {
  run();
  ASSERT_EQ(port_.sent.size(), 2'200u);
  for (std::size_t i = 1; i < port_.sent.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(port_.sent[i] - port_.sent[i - 1]), 10'000, 1);
  }
  EXPECT_EQ(result_->planned, 2'200u);
  EXPECT_EQ(result_->sent, 2'200u);
  EXPECT_EQ(result_->measured, 2'000u) << "neither warm-up nor cool-down";
  EXPECT_EQ(result_->answered, 2'000u);
  EXPECT_EQ(result_->latency.count(), 2'000u);
  EXPECT_EQ(result_->lost, 0u);
  EXPECT_EQ(result_->late, 0u);
  EXPECT_FALSE(missed_schedule(*result_));
  EXPECT_LT(result_->latency.max_ns(), FakePort::kTakesNs + 1'000);
  EXPECT_NEAR(static_cast<double>(result_->answered_in_time), 2'000, 2);
}

TEST_F(GeneratorTest, AStallCountsForEveryoneItDelayed) {
  port_.deaf_from = 5'000'000;
  port_.deaf_to = 15'000'000;
  run();
  // 10 ms at 100 a millisecond: a thousand sends waited, 5 ms in the mean.
  EXPECT_NEAR(static_cast<double>(result_->latency.percentile_ns(75)), 5e6, 3e5);
  EXPECT_NEAR(static_cast<double>(result_->latency.max_ns()), 10e6, 1e5);
  EXPECT_EQ(result_->late, 0u) << "that was not the generator's fault";
  EXPECT_FALSE(missed_schedule(*result_));
}

TEST_F(GeneratorTest, AFullWindowIsNotTheGeneratorsFaultEither) {
  port_.deaf_from = 5'000'000;
  port_.deaf_to = 15'000'000;
  port_.room = 100;
  run();
  EXPECT_GT(result_->blocked, 0u);
  EXPECT_EQ(result_->late, 0u);
  EXPECT_EQ(result_->sent, result_->planned);
  EXPECT_NEAR(static_cast<double>(result_->latency.max_ns()), 10e6, 1e5)
      << "from the intended time, not from when there was room";
}

TEST_F(GeneratorTest, ItsOwnStallIsRecordedAndRefused) {
  port_.stall_ns = 5'000'000;  // in the first poll
  request_.warm_up_ns = 0;
  run();
  EXPECT_NEAR(static_cast<double>(result_->late), 400, 20);
  EXPECT_NEAR(static_cast<double>(result_->lag.max_ns()), 4e6, 2e5);
  EXPECT_TRUE(missed_schedule(*result_));
}

TEST_F(GeneratorTest, ARateItCannotKeepIsRefused) {
  port_.send_costs_ns = 20'000;
  run();
  EXPECT_TRUE(missed_schedule(*result_));
}

TEST_F(GeneratorTest, WhatIsNeverAnsweredIsLost) {
  port_.silent = true;
  run();
  EXPECT_EQ(result_->answered, 0u);
  EXPECT_EQ(result_->lost, 2'200u);
}

TEST_F(GeneratorTest, ClosedLoopKeepsItsWindowFull) {
  request_.rate = 0;
  request_.window = 4;
  run();
  // Four in each 5 us and what the looks at the clock cost.
  EXPECT_GT(result_->measured, 4 * 20'000'000 / 6'000u);
  EXPECT_LE(result_->measured, 4 * 20'000'000 / 5'000u);
  EXPECT_EQ(result_->measured, result_->answered);
  EXPECT_EQ(result_->measured_ns, 20'000'000u);
}

TEST_F(GeneratorTest, ClosedLoopByCount) {
  request_.rate = 0;
  request_.window = 1;
  request_.commands = 500;
  run();
  EXPECT_EQ(result_->measured, 500u);
  EXPECT_EQ(result_->latency.count(), 500u);
}

TEST(Schedule, PoissonHasTheRateAndItsSpread) {
  Schedule schedule(Arrivals::kPoisson, 1e6, 0, 7);
  TimeNs before = 0;
  double squares = 0;
  constexpr int kMany = 200'000;
  for (int i = 0; i < kMany; ++i) {
    schedule.advance();
    const double gap = static_cast<double>(schedule.next_ns() - before);
    squares += gap * gap;
    before = schedule.next_ns();
  }
  EXPECT_NEAR(static_cast<double>(before) / kMany, 1'000, 10);
  // The mean square of exponential gaps is twice the square of their mean.
  EXPECT_NEAR(squares / kMany, 2e6, 6e4);
}

TEST(Flights, AreFoundUntilTheyLandAndKeepTheirRoom) {
  Flights flights(4);
  std::vector<std::uint64_t> ids;
  while (flights.has_room()) ids.push_back(flights.add({}));
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(flights.find(5), nullptr);
  flights.remove(*flights.find(2));
  EXPECT_EQ(flights.find(2), nullptr);
  EXPECT_FALSE(flights.has_room()) << "the next number's slot is still taken";
  flights.remove(*flights.find(1));
  EXPECT_TRUE(flights.has_room());
  EXPECT_EQ(flights.size(), 2u);
}

}  // namespace
}  // namespace saker::bench
