// The ring and the wake-ups between real threads.
#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <thread>

#include "common/spsc_ring.hpp"
#include "common/wake_fd.hpp"
#include "common/wake_up.hpp"

namespace saker {
namespace {

TEST(SpscRing, FillsAndEmpties) {
  SpscRing<int> ring(4);
  EXPECT_EQ(ring.front(), nullptr);
  for (int lap = 0; lap < 3; ++lap) {
    for (int i = 0; i < 4; ++i) {
      int* slot = ring.begin_push();
      ASSERT_NE(slot, nullptr);
      *slot = lap * 10 + i;
      ring.end_push();
    }
    EXPECT_EQ(ring.begin_push(), nullptr);
    EXPECT_EQ(ring.free_slots(), 0u);
    for (int i = 0; i < 4; ++i) {
      int* slot = ring.front();
      ASSERT_NE(slot, nullptr);
      EXPECT_EQ(*slot, lap * 10 + i);
      ring.pop();
    }
    EXPECT_EQ(ring.front(), nullptr);
    EXPECT_EQ(ring.free_slots(), 4u);
  }
}

/// An element of two cache lines: a reader that came too early would see halves.
struct Wide {
  std::uint64_t words[16];
};

TEST(SpscRing, TwoThreadsSeeEveryElementWholeAndInOrder) {
  constexpr std::uint64_t kCount = 200'000;
  SpscRing<Wide> ring(64);
  std::thread producer([&ring] {
    for (std::uint64_t n = 0; n < kCount;) {
      Wide* slot = ring.begin_push();
      if (slot == nullptr) {
        std::this_thread::yield();
        continue;
      }
      for (std::uint64_t& word : slot->words) word = n;
      ring.end_push();
      ++n;
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t n = 0; n < kCount;) {
    const Wide* slot = ring.front();
    if (slot == nullptr) {
      std::this_thread::yield();
      continue;
    }
    for (const std::uint64_t word : slot->words) wrong += word != n;
    ring.pop();
    ++n;
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(ring.front(), nullptr);
}

/// One thread hands numbers over one by one; the other sleeps whenever there is none. A lost
/// wake-up leaves both asleep, which the long timeout would show as minutes.
template <class Sleep>
void hands_over(SpscRing<int>& ring, std::atomic<int>& taken, Sleep&& sleep,
                const std::function<void()>& notify) {
  constexpr int kCount = 5'000;
  std::thread producer([&] {
    for (int n = 0; n < kCount;) {
      int* slot = ring.begin_push();
      if (slot == nullptr) {
        std::this_thread::yield();
        continue;
      }
      *slot = n++;
      ring.end_push();
      notify();
      if (n % 7 == 0) {
        while (taken.load() < n) std::this_thread::yield();
      }
    }
  });
  for (int n = 0; n < kCount;) {
    const int* slot = ring.front();
    if (slot == nullptr) {
      sleep();
      continue;
    }
    ASSERT_EQ(*slot, n);
    ring.pop();
    taken.store(++n);
  }
  producer.join();
}

TEST(WakeUp, NoneIsLost) {
  SpscRing<int> ring(16);
  std::atomic<int> taken{0};
  WakeUp wake;
  hands_over(
      ring, taken,
      [&] {
        wake.prepare();
        if (ring.front() != nullptr) return wake.cancel();
        wake.wait(WakeUp::kForever);
      },
      [&] { wake.notify(); });
}

TEST(WakeFd, NoneIsLost) {
  SpscRing<int> ring(16);
  std::atomic<int> taken{0};
  WakeFd wake;
  hands_over(
      ring, taken,
      [&] {
        wake.prepare();
        if (ring.front() == nullptr) {
          pollfd descriptor{wake.fd(), POLLIN, 0};
          ASSERT_EQ(::poll(&descriptor, 1, 300'000), 1);
        }
        wake.cancel();
      },
      [&] { wake.notify(); });
}

TEST(WakeFd, AnAwakeSleeperCostsNoDescriptorWrite) {
  WakeFd wake;
  wake.notify();
  pollfd descriptor{wake.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&descriptor, 1, 0), 0);
  wake.prepare();
  wake.notify();
  EXPECT_EQ(::poll(&descriptor, 1, 0), 1);
  wake.cancel();
  EXPECT_EQ(::poll(&descriptor, 1, 0), 0);
}

}  // namespace
}  // namespace saker
