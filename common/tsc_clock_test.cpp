// The clock on the time-stamp counter, and the arithmetic behind it on counters made up here.
#include "common/tsc_clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace saker {
namespace {

constexpr TimeNs kStart = 1'700'000'000'000'000'000;
constexpr std::uint64_t kTick = 2'600;  // of a counter of 2.6 GHz, in a microsecond

std::int64_t difference(TimeNs a, TimeNs b) { return static_cast<std::int64_t>(a - b); }

TEST(CounterClock, FollowsACounterBetweenUpdates) {
  CounterClock clock;
  EXPECT_FALSE(clock.calibrated());
  clock.update(5'000'000, kStart);
  EXPECT_FALSE(clock.calibrated());  // one point has no rate
  clock.update(5'000'000 + 10'000 * kTick, kStart + 10'000'000);
  ASSERT_TRUE(clock.calibrated());
  for (const std::int64_t us : {0, 1, 999, 10'000, 1'000'000, -1'000, 2'000'000'000}) {
    const std::uint64_t counter =
        5'000'000 + static_cast<std::uint64_t>(us) * kTick;  // wraps below, as it should
    EXPECT_LE(std::abs(difference(clock.utc_ns(counter),
                                  kStart + static_cast<std::uint64_t>(us) * 1'000)),
              1 + std::abs(us) / 1'000'000) << us;
  }
}

TEST(CounterClock, LearnsTheRateOverManyUpdates) {
  // A counter that runs 20 ppm fast, read with errors of up to 200 ns.
  CounterClock clock;
  std::uint64_t noise = 12345;
  std::uint64_t seconds = 0;
  for (; seconds < 40; ++seconds) {
    noise = noise * 6364136223846793005 + 1442695040888963407;
    clock.update(seconds * 1'000'020 * kTick, kStart + seconds * 1'000'000'000 + noise % 200);
  }
  const TimeNs later = clock.utc_ns(seconds * 1'000'020 * kTick);
  EXPECT_LE(std::abs(difference(later, kStart + seconds * 1'000'000'000)), 300);
}

TEST(CounterClock, AJumpOfUtcIsFollowedAndIsNoRate) {
  CounterClock clock;
  for (std::uint64_t i = 0; i < 20; ++i) {
    clock.update(i * 1'000'000 * kTick, kStart + i * 1'000'000'000);
  }
  const TimeNs jumped = kStart + 20 * 1'000'000'000ULL - 5'000'000'000;  // someone set the clock
  clock.update(20 * 1'000'000 * kTick, jumped);
  EXPECT_EQ(clock.utc_ns(20 * 1'000'000 * kTick), jumped);
  EXPECT_LE(std::abs(difference(clock.utc_ns(21 * 1'000'000 * kTick), jumped + 1'000'000'000)), 10);
  clock.update(21 * 1'000'000 * kTick, jumped + 1'000'000'000);
  EXPECT_LE(std::abs(difference(clock.utc_ns(22 * 1'000'000 * kTick), jumped + 2'000'000'000)), 10);
}

TEST(CounterClock, ReadersNeverSeeHalfAnUpdate) {
  CounterClock clock;
  clock.update(0, kStart);
  clock.update(10'000 * kTick, kStart + 10'000'000);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint64_t i = 2; !stop; ++i) clock.update(i * 10'000 * kTick, kStart + i * 10'000'000);
  });
  std::int64_t worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    worst = std::max(worst, std::abs(difference(clock.utc_ns(5'000 * kTick), kStart + 5'000'000)));
  }
  stop = true;
  writer.join();
  EXPECT_LE(worst, 1'000'000);  // the rate is rounded; half an update would be off by 10 ms
}

TEST(TscClock, AgreesWithTheKernels) {
  const TscClock clock;
  // Whoever is interrupted between two readings tries again.
  std::int64_t nearest = INT64_MAX;
  for (int tries = 0; tries < 100; ++tries) {
    const TimeNs before = UtcClock().now_ns();
    const TimeNs ours = clock.now_ns();
    const TimeNs after = UtcClock().now_ns();
    const std::int64_t early = difference(before, ours);
    const std::int64_t late = difference(ours, after);
    nearest = std::min(nearest, std::max({early, late, std::int64_t{0}}));
  }
  EXPECT_LT(nearest, 20'000);
  TscClock::refresh();
  const std::uint64_t ticks = TscClock::ticks();
  EXPECT_LE(clock.utc_ns(ticks), clock.now_ns());
}

}  // namespace
}  // namespace saker
