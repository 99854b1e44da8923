// The clock that generators pace and measure by: UTC nanoseconds, like the engine's stamps.
#pragma once

#include "common/clock.hpp"

namespace saker::bench {

using WorkClock = UtcClock;

}  // namespace saker::bench
