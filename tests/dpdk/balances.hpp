// Whether the money adds up: what the follower says against what the fills were.
#pragma once

#include <string>

#include "tests/dpdk/floor.hpp"

namespace saker::tests {

/// Asks the follower for every account's balances, as of log sequence `at_least` or later, and for
/// the traders' open orders: each balance is the venue's deposit and what was traded, nothing is
/// held, nothing is open.
void check_balances(const FloorConfig& config, const Positions& positions, Sequence at_least,
                    Checks& checks);

/// Positions as a file, "ACCOUNT ASSET MINOR_UNITS" a line, for a check after the follower of the
/// guest's log was started; those of several runs may stand behind each other. False when that
/// fails.
bool write_positions(const std::string& path, const Positions& positions);
bool read_positions(const std::string& path, Positions& positions);

}  // namespace saker::tests
