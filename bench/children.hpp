// Processes that a benchmark measures against: the engine under test and the raw UDP echo.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/site.hpp"

namespace saker::bench {

/// A child process that is stopped (SIGSTOP) while another one is measured, so that two busy
/// loops never share a core, and killed with its owner.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// Runs `arguments` (the first names the program) with output to `log_path`, appending
  /// "--ready-fd N"; waits until it reports ready. False with `error` when it ends instead.
  bool start(std::vector<std::string> arguments, const std::string& log_path,
             std::string& error);
  /// Forks a child that sends every datagram back to where it came from.
  bool start_echo(const End& end, std::string& error);

  void pause() const;
  void resume() const;
  /// Pins the main thread to one core and all others that exist to another; -1 leaves them.
  /// `realtime` puts the main thread before all ordinary ones.
  void pin_hot_thread(int cpu, int others_cpu, bool realtime) const;
  pid_t pid() const { return pid_; }
  /// Whether it still runs.
  bool lives() const;

 private:
  pid_t pid_ = 0;
};

}  // namespace saker::bench
