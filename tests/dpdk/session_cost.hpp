// What a datagram costs the engine that its session refuses, or has seen before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saker::tests {

struct SessionCost {
  std::string kind;
  double cost_ns = 0;          // a datagram, from receive() to the end of the round: the best round
  double median_ns = 0;        // of all rounds, with whatever else the machine did
  bool dropped = true;         // false: answered, without being applied again
  bool counted = false;        // each was counted as what it is, and nothing was applied
};

/// The real session and sequencing code in memory: a command with a forged tag, one of a connection
/// that has ended, a heartbeat and a command played again. `datagrams` of each, in 25 rounds.
std::vector<SessionCost> session_costs(std::size_t datagrams);

}  // namespace saker::tests
