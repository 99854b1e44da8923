// A process that measures: it owns a transport, logs on, and runs one phase after another when
// asked. Its results lie in memory that both share, so nothing is copied while it measures.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/phase.hpp"
#include "bench/site.hpp"

namespace saker::bench {

struct WorkerSetup {
  End end;                                      // its own
  net::Endpoint server;                         // engine or echo
  std::vector<client::SessionConfig> sessions;  // empty: an echo is measured
  int cpu = -1;                                 // -1: anywhere
  bool realtime = false;                        // SCHED_FIFO
};

/// What both processes see.
struct WorkerShared {
  PhaseRequest request;
  PhaseResult result;
  char error[256] = {};
};

class Worker {
 public:
  Worker() = default;
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Forks; returns when the transport is open and all sessions are logged on, however long that
  /// takes on a busy machine. False with `error` when the process says so or is gone.
  bool start(const WorkerSetup& setup, std::string& error);
  /// The same with any life: it answers through `fd` (work.hpp) once it is ready, then after each
  /// phase.
  bool start(const std::function<void(WorkerShared& shared, int fd)>& life, std::string& error);
  /// Runs a phase and waits for its end. False with `error` when the process is gone.
  bool run(const PhaseRequest& request, std::string& error);
  const PhaseResult& result() const { return shared_->result; }

 private:
  /// `timeout_ms`: -1 for as long as the process lives.
  bool wait_for_answer(int timeout_ms, std::string& error);
  void bury(std::string& error);

  WorkerShared* shared_ = nullptr;
  int pid_ = 0;
  int fd_ = -1;
};

/// Runs closed-loop phases until the other end answers: two ends of a wire find each other while
/// both run, and what is sent before that is lost. False with `error` when it has not and is no
/// longer `worth_waiting`.
bool wait_for_other_end(Worker& worker, const std::function<bool()>& worth_waiting,
                        std::string& error);

/// What a process does for `setup` until `fd` is closed; one function for each kind of transport.
void work_over_sockets(const WorkerSetup& setup, WorkerShared& shared, int fd);
void work_over_dpdk(const WorkerSetup& setup, WorkerShared& shared, int fd);
/// Sends back whatever comes to `end`, for ever; writes its port (two bytes) to `report_fd` once it
/// is ready. Returns the reason when it cannot.
std::string echo_over_sockets(const End& end, int report_fd);
std::string echo_over_dpdk(const End& end, int report_fd);

}  // namespace saker::bench
