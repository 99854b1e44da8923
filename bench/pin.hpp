// Which core a process runs on.
#pragma once

#include <sched.h>

#include <filesystem>
#include <string>

namespace saker::bench {

/// Priorities under SCHED_FIFO; kOrdinary: not under it. What only asks for what it needs comes
/// before what spins, so that both can share a core.
inline constexpr int kOrdinary = 0;
inline constexpr int kSpinPriority = 1;
inline constexpr int kNapPriority = 2;

/// Pins one thread (0: this one) to one core, -1 leaves it; a priority puts it before all ordinary
/// ones, where the host allows that.
inline void pin_thread(int tid, int cpu, int priority) {
  const sched_param parameter{priority};
  if (priority != kOrdinary) ::sched_setscheduler(tid, SCHED_FIFO, &parameter);
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(tid, sizeof set, &set);
}

/// Pins all threads that process `pid` has by now to one core; -1 leaves them as they are.
inline void pin_process(int pid, int cpu, int priority) {
  if (cpu < 0) return;
  std::error_code none;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, none)) {
    pin_thread(std::stoi(task.path().filename().string()), cpu, priority);
  }
}

}  // namespace saker::bench
