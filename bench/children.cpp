#include "bench/children.hpp"

#include <fcntl.h>
#include <poll.h>
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

constexpr int kReadyTimeoutMs = 30'000;

/// Reads up to `size` bytes that the child sends; false when it does not in time.
bool read_in_time(int fd, void* into, std::size_t size) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, kReadyTimeoutMs) == 1 && ::read(fd, into, size) > 0;
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
  const bool is_ready = read_in_time(ready[0], text, sizeof text);
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
  const bool started = read_in_time(report[0], &port, sizeof port);
  ::close(report[0]);
  if (!started) error = "the echo process did not start";
  return started;
}

void Child::pause() const { ::kill(pid_, SIGSTOP); }
void Child::resume() const { ::kill(pid_, SIGCONT); }

void Child::pin_hot_thread(int cpu, int others_cpu, bool realtime) const {
  pin_process(pid_, others_cpu);
  pin_thread(pid_, cpu, realtime);
}

}  // namespace saker::bench
