// What a report must say about where it was taken.
#pragma once

#include "bench/report.hpp"

namespace saker::bench {

/// Commit, flags, machine, kernel, DPDK and how busy the machine is.
std::vector<Fact> machine_facts();
/// "12,500".
std::string with_commas(double value);

/// What kind of file system a folder is on: "tmpfs" or "a disk".
std::string file_system_of(const std::string& folder);

/// CPU time that one thread of a process has used, nanoseconds; 0 when it is gone.
std::uint64_t thread_cpu_ns(int pid, int tid);

}  // namespace saker::bench
