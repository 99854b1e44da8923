#include "bench/children.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "bench/pin.hpp"
#include "bench/worker.hpp"

namespace saker::bench {

namespace {

/// Waits for up to `size` bytes that the child sends; false when it ends without.
bool wait_for_bytes(int fd, void* into, std::size_t size) {
  ssize_t got = 0;
  do got = ::read(fd, into, size);
  while (got < 0 && errno == EINTR);
  return got > 0;
}

}  // namespace

Child::~Child() {
  if (pid_ <= 0) return;
  resume();
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    ::usleep(50'000);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Child::start(std::vector<std::string> arguments, const std::string& log_path,
                  std::string& error) {
  int ready[2];
  if (::pipe(ready) != 0) {
    error = "pipe: " + std::string(std::strerror(errno));
    return false;
  }
  arguments.push_back("--ready-fd");
  arguments.push_back(std::to_string(ready[1]));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = ::open(log_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execv(argv[0], argv.data());
    _exit(127);
  }
  ::close(ready[1]);
  char text[8];
  const bool is_ready = wait_for_bytes(ready[0], text, sizeof text);
  ::close(ready[0]);
  if (!is_ready) error = arguments[0] + " did not become ready; see " + log_path;
  return is_ready;
}

bool Child::start_echo(const End& end, std::string& error) {
  int report[2];
  if (::pipe(report) != 0) {
    error = "pipe: " + std::string(std::strerror(errno));
    return false;
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string why = is_dpdk(end.wire) ? echo_over_dpdk(end, report[1])
                                              : echo_over_sockets(end, report[1]);
    std::fprintf(stderr, "saker-bench echo: %s\n", why.c_str());
    _exit(1);
  }
  ::close(report[1]);
  std::uint16_t port = 0;
  const bool started = wait_for_bytes(report[0], &port, sizeof port);
  ::close(report[0]);
  if (!started) error = "the echo process did not start";
  return started;
}

bool Child::lives() const {
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

void Child::pause() const { ::kill(pid_, SIGSTOP); }
void Child::resume() const { ::kill(pid_, SIGCONT); }

void Child::pin_hot_thread(int cpu, int others_cpu, bool realtime) const {
  pin_process(pid_, others_cpu, realtime ? kNapPriority : kOrdinary);
  pin_thread(pid_, cpu, realtime ? kSpinPriority : kOrdinary);
}

}  // namespace saker::bench
