// For tests only: how often this thread has allocated. Linking it replaces operator new.
//
//   const auto before = allocations();
//   hot_path();
//   EXPECT_EQ(allocations(), before);
#pragma once

#include <cstdint>

namespace saker {

/// Calls of any operator new by this thread so far.
std::uint64_t allocations();

}  // namespace saker
