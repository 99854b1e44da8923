#include "bench/worker.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace saker::bench {

namespace {

constexpr int kGraceMs = 60'000;

}  // namespace

Worker::~Worker() {
  if (fd_ >= 0) ::close(fd_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (shared_ != nullptr) ::munmap(shared_, sizeof(WorkerShared));
}

bool Worker::start(const WorkerSetup& setup, std::string& error) {
  const auto life = [&setup](WorkerShared& shared, int fd) {
    if (is_dpdk(setup.end.wire)) work_over_dpdk(setup, shared, fd);
    else work_over_sockets(setup, shared, fd);
  };
  return start(life, error);
}

bool Worker::start(const std::function<void(WorkerShared&, int)>& life, std::string& error) {
  void* memory = ::mmap(nullptr, sizeof(WorkerShared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int fds[2];
  if (memory == MAP_FAILED || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    error = "no memory or socket for a worker";
    return false;
  }
  shared_ = new (memory) WorkerShared;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(fds[0]);
    life(*shared_, fds[1]);
    _exit(0);
  }
  ::close(fds[1]);
  fd_ = fds[0];
  return wait_for_answer(-1, error);
}

bool Worker::run(const PhaseRequest& request, std::string& error) {
  shared_->request = request;
  if (::send(fd_, "R", 1, MSG_NOSIGNAL) != 1) {
    bury(error);
    return false;
  }
  const std::uint64_t phase_ns = request.commands != 0
      ? 3'600'000'000'000
      : request.warm_up_ns + request.measure_ns + request.cool_down_ns;
  return wait_for_answer(static_cast<int>(phase_ns / 1'000'000) + kGraceMs, error);
}

bool wait_for_other_end(Worker& worker, const std::function<bool()>& worth_waiting,
                        std::string& error) {
  PhaseRequest request;
  request.measure_ns = 10'000'000;
  do {
    if (!worker.run(request, error)) return false;
    if (worker.result().answered > 0) return true;
  } while (worth_waiting());
  error = "the other end does not answer";
  return false;
}

bool Worker::wait_for_answer(int timeout_ms, std::string& error) {
  pollfd wait{fd_, POLLIN, 0};
  char word = 0;
  if (::poll(&wait, 1, timeout_ms) != 1) {
    error = "a worker does not come to an end";
    return false;
  }
  if (::read(fd_, &word, 1) != 1) {
    bury(error);
    return false;
  }
  if (word == 'E') error = shared_->error;
  return word == 'D';
}

/// The process is gone; how it ended.
void Worker::bury(std::string& error) {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  error = WIFSIGNALED(status)
              ? "a worker was ended by signal " + std::to_string(WTERMSIG(status))
              : "a worker ended by itself, status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace saker::bench
