#include "bench/children.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "net/socket_fallback/udp_transport.hpp"

namespace saker::bench {

namespace {

constexpr int kReadyTimeoutMs = 30'000;

/// Reads up to `size` bytes that the child sends; false when it does not in time.
bool read_in_time(int fd, void* into, std::size_t size) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, kReadyTimeoutMs) == 1 && ::read(fd, into, size) > 0;
}

[[noreturn]] void echo_for_ever(int report_fd) {
  net::UdpConfig config;
  config.bind = {0x7F000001, 0};
  config.kernel_timestamps = false;
  std::string error;
  const auto transport = net::UdpTransport::open(config, error);
  if (transport == nullptr) _exit(1);
  const std::uint16_t port = transport->local().port;
  if (::write(report_fd, &port, sizeof port) != sizeof port) _exit(1);
  for (;;) {
    for (const net::Datagram& datagram : transport->receive()) {
      transport->send(datagram.peer, {datagram.data, datagram.size});
    }
    transport->flush();
  }
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

bool Child::start_echo(net::Endpoint& endpoint, std::string& error) {
  int report[2];
  if (::pipe(report) != 0) {
    error = "pipe: " + std::string(std::strerror(errno));
    return false;
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    echo_for_ever(report[1]);
  }
  ::close(report[1]);
  std::uint16_t port = 0;
  const bool started = read_in_time(report[0], &port, sizeof port);
  ::close(report[0]);
  endpoint = {0x7F000001, port};
  if (!started) error = "the echo process did not start";
  return started;
}

void Child::pause() const { ::kill(pid_, SIGSTOP); }
void Child::resume() const { ::kill(pid_, SIGCONT); }

void Child::pin(int cpu) const {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  std::error_code none;
  const std::string tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, none)) {
    ::sched_setaffinity(std::stoi(task.path().filename().string()), sizeof set, &set);
  }
}

}  // namespace saker::bench
