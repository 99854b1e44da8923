// What hot_thread_spy.cpp writes and thread_watch.cpp reads: allocations of each thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace hot_thread_spy {

struct Slot {
  std::atomic<int> thread{0};  // 0: free
  std::atomic<std::uint64_t> allocations{0};
};

struct Table {
  Slot slots[64];
};

}  // namespace hot_thread_spy
