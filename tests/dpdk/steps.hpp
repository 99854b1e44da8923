// What the parties do: each kind of order once with its exact effect, then many at random.
#pragma once

#include "tests/dpdk/floor.hpp"

namespace saker::tests {

/// Every kind of order and what becomes of it, one after the other, on an empty book.
void trade_step_by_step(Floor& floor);

/// `commands` at random, all parties at once, several in flight each; then everything out.
void trade_at_random(Floor& floor, std::uint64_t commands, std::uint64_t seed);

/// The third party falls silent: its orders go, the others' stay, and it is told when it is back.
void disconnect(Floor& floor);

/// Trades on while somebody kills and restarts the engine: asks for it on standard output with the
/// line "flow: restart the engine now". All sessions log on again and nothing is lost or doubled.
void survive_restart(Floor& floor);

}  // namespace saker::tests
