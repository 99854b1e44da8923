// thread_watch PID NAME [ALLOCATIONS]: what the thread of that name does between now and the end
// of standard input: system calls (each is stopped at, by ptrace; a thread that makes none is not
// disturbed), page faults, voluntary context switches, and allocations as hot_thread_spy writes
// them into the file ALLOCATIONS. Prints one line "NAME VALUE" each.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "tests/dpdk/hot_thread_spy.hpp"

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "thread_watch: %s\n", why.c_str());
  std::exit(1);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The thread of the process with that name; 0 when there is none.
int find_thread(const std::string& tasks, const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (text_of(task.path() / "comm") == name + "\n") {
      return std::atoi(task.path().filename().c_str());
    }
  }
  return 0;
}

struct Counts {
  std::uint64_t voluntary = 0, involuntary = 0, minor_faults = 0, major_faults = 0;
  std::uint64_t allocations = 0;
};

Counts counts_of(const std::string& task, int thread, const hot_thread_spy::Table* table) {
  Counts counts;
  const std::string status = text_of(task + "/status");
  const auto value = [&status](const char* key) {
    const std::size_t at = status.find(key);
    if (at == std::string::npos) give_up(std::string("no ") + key);
    return std::strtoull(status.c_str() + at + std::strlen(key), nullptr, 10);
  };
  counts.voluntary = value("\nvoluntary_ctxt_switches:");
  counts.involuntary = value("\nnonvoluntary_ctxt_switches:");
  // Behind the name in parentheses: state and seven numbers, then minflt cminflt majflt.
  const std::string stat = text_of(task + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 7; ++i) fields >> skipped;
  fields >> counts.minor_faults >> skipped >> counts.major_faults;
  if (table == nullptr) return counts;
  for (const auto& slot : table->slots) {
    if (slot.thread.load() == thread) counts.allocations += slot.allocations.load();
  }
  return counts;
}

const hot_thread_spy::Table* map_table(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  void* p = fd < 0 ? MAP_FAILED
                   : ::mmap(nullptr, sizeof(hot_thread_spy::Table), PROT_READ, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED) give_up(std::string(path) + ": " + std::strerror(errno));
  return static_cast<const hot_thread_spy::Table*>(p);
}

/// Stops the thread once, so that from its next step on its system calls are seen.
void attach(int thread) {
  int status = 0;
  if (::ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0 ||
      ::waitpid(thread, &status, __WALL) != thread) {
    give_up(std::string("cannot trace: ") + std::strerror(errno));
  }
}

bool input_has_ended() {
  pollfd input{0, POLLIN, 0};
  char text[64];
  return ::poll(&input, 1, 1) > 0 && ::read(0, text, sizeof text) <= 0;
}

/// Counts by number, until standard input ends.
std::map<std::uint64_t, std::uint64_t> watch(int thread) {
  std::map<std::uint64_t, std::uint64_t> calls;
  while (!input_has_ended()) {
    int status = 0;
    while (::waitpid(thread, &status, __WALL | WNOHANG) == thread) {
      if (!WIFSTOPPED(status)) give_up("the thread has ended");
      int signal = WSTOPSIG(status);
      if (signal == (SIGTRAP | 0x80)) {
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) ++calls[info.entry.nr];
        signal = 0;
      } else if (signal == SIGTRAP) {
        signal = 0;
      }
      ::ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
    }
  }
  return calls;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) give_up("usage: thread_watch PID NAME [ALLOCATIONS]");
  const std::string tasks = "/proc/" + std::string(argv[1]) + "/task";
  const int thread = find_thread(tasks, argv[2]);
  if (thread == 0) give_up("no thread " + std::string(argv[2]));
  const hot_thread_spy::Table* table = argc > 3 ? map_table(argv[3]) : nullptr;
  const std::string task = tasks + "/" + std::to_string(thread);
  attach(thread);
  const Counts before = counts_of(task, thread, table);
  ::ptrace(PTRACE_SYSCALL, thread, nullptr, 0);
  std::puts("watching");
  std::fflush(stdout);
  const auto calls = watch(thread);
  const Counts after = counts_of(task, thread, table);
  std::uint64_t sum = 0;
  for (const auto& [number, count] : calls) {
    sum += count;
    std::printf("system_call_%lu %lu\n", number, count);
  }
  std::printf("system_calls %lu\n", sum);
  std::printf("minor_faults %lu\n", after.minor_faults - before.minor_faults);
  std::printf("major_faults %lu\n", after.major_faults - before.major_faults);
  std::printf("voluntary_switches %lu\n", after.voluntary - before.voluntary);
  std::printf("involuntary_switches %lu\n", after.involuntary - before.involuntary);
  std::printf("allocations %lu\n", after.allocations - before.allocations);
  return 0;
}
