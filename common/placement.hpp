// Which thread runs on which core, for busy-polling set-ups: a plan that is chosen by the
// machine's topology or given, printed, checked against the machine, and then applied thread by
// thread.
#pragma once

#include <string>
#include <vector>

#include "common/types.hpp"

namespace saker {

struct PlacedThread {
  std::string role;  // "engine", "log_writer"
  int cpu = -1;      // operating system number; -1: not pinned
};

/// Where the network card is, as far as anybody knows.
struct DeviceLocality {
  std::string pci_address;  // "0000:00:03.0"; empty: no such device
  int numa_node = -1;       // what the driver says; hwloc's word on the address goes before it
};

struct PlacementReport {
  std::vector<std::string> plan;      // one line per thread, to print
  std::vector<std::string> problems;  // why it should be refused; empty when it is good
};

/// Checks the plan: every cpu exists and is allowed to us, no two threads share a cpu or are
/// hyper-threads of one core, none is on cpu 0 (the kernel's housekeeping) unless the machine has
/// fewer than four, and none is on another NUMA node than the card.
PlacementReport check_placement(const std::vector<PlacedThread>& threads,
                                const DeviceLocality& card = {});

/// Gives every thread that has none (-1) a cpu that check_placement() has nothing against: on the
/// card's node, alone on its core, one that the kernel keeps free (isolcpus) before others, the
/// highest number first. A thread stays at -1 when there is none.
std::vector<PlacedThread> choose_placement(std::vector<PlacedThread> threads,
                                           const DeviceLocality& card = {});

/// Pins the calling thread to `cpu` and names it `role` (15 characters seen). -1 only names it.
/// False when the host refuses; `error` then says why.
bool place_this_thread(const PlacedThread& thread, std::string& error);

/// SCHED_FIFO of this priority (1 to 99) for the calling thread. False when the host refuses.
bool make_realtime(int priority, std::string& error);

/// Another machine than this one, for tests: hwloc's synthetic description, "numa:2 core:4 pu:2",
/// and the cpus the kernel keeps free there. An empty description is this machine again.
void pretend_machine(const std::string& description, std::vector<int> isolated_cpus = {});

}  // namespace saker
