// What `saker-bench wire` is told.
#pragma once

#include <optional>
#include <string>

#include "bench/phase.hpp"
#include "bench/site.hpp"

namespace saker::bench {

struct WireOptions {
  SiteOptions site;
  std::string transport = "sockets";
  double rate = 20'000;
  std::string arrivals = "poisson";
  bool closed = false;
  std::uint32_t rounds = 11;
  double seconds = 0.5;         // measured, in each round
  double warm_up = 0.1;
  double cool_down = 0.05;
  std::uint32_t sweep = 0;      // loads of the curve
  double throughput = 1;        // seconds; 0: not measured
  std::uint64_t commands = 0;   // of the throughput run instead of its seconds
  double late_us = 100;
  bool allow_late = false;
  bool realtime = false;
  int client_cpu = 0;
  int engine_cpu = 1;
  std::string engine;           // program; empty: the one for the transport
  std::string out;
  bool json = false;
  std::uint64_t seed = 1;
};

/// Reads the command line; the exit code when there is nothing more to do.
std::optional<int> read_wire_options(int argc, char** argv, WireOptions& options);

/// A phase of `seconds` at `rate` (0: closed loop with `window`).
PhaseRequest phase_of(const WireOptions& options, double rate, double seconds,
                      std::uint32_t window);

}  // namespace saker::bench
