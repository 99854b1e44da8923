// Which thread runs on which core, for busy-polling set-ups: a plan that is printed, checked
// against the machine, and then applied thread by thread.
#pragma once

#include <string>
#include <vector>

#include "common/types.hpp"

namespace saker {

struct PlacedThread {
  std::string role;  // "engine", "log_writer"
  int cpu = -1;      // operating system number; -1: not pinned
};

struct PlacementReport {
  std::vector<std::string> plan;      // one line per thread, to print
  std::vector<std::string> problems;  // why it should be refused; empty when it is good
};

/// Checks the plan: every cpu exists and is allowed to us, no two threads share a cpu or are
/// hyper-threads of one core, none is on cpu 0 (the kernel's housekeeping) unless the machine has
/// fewer than four.
PlacementReport check_placement(const std::vector<PlacedThread>& threads);

/// Pins the calling thread to `cpu` and names it `role` (15 characters seen). -1 only names it.
/// False when the host refuses; `error` then says why.
bool place_this_thread(const PlacedThread& thread, std::string& error);

}  // namespace saker
