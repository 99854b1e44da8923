// Which core a process runs on.
#pragma once

#include <sched.h>

#include <filesystem>
#include <string>

namespace saker::bench {

/// Pins one thread (0: this one) to one core, -1 leaves it; `realtime` puts it before all ordinary
/// ones, where the host allows that.
inline void pin_thread(int tid, int cpu, bool realtime) {
  const sched_param priority{1};
  if (realtime) ::sched_setscheduler(tid, SCHED_FIFO, &priority);
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(tid, sizeof set, &set);
}

/// Pins all threads that process `pid` has by now to one core; -1 leaves them.
inline void pin_process(int pid, int cpu) {
  if (cpu < 0) return;
  std::error_code none;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, none)) {
    pin_thread(std::stoi(task.path().filename().string()), cpu, false);
  }
}

}  // namespace saker::bench
