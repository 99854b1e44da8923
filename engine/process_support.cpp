#include "engine/process_support.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/command_line.hpp"
#include "common/hash.hpp"

namespace saker::engine {

namespace {

const char* name = "saker-engine";

sigset_t stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void set_program_name(const char* program) { name = program; }
const char* program_name() { return name; }

void say(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::printf("%s: ", name);
  std::vprintf(format, arguments);
  std::fputc('\n', stdout);
  std::fflush(stdout);
  va_end(arguments);
}

bool parse_options(int argc, char** argv, ProcessOptions& options, int& exit_code) {
  CommandLine app("The matching engine: orders over UDP, a command log, a public feed.");
  app.option("--config", options.config, "configuration file").shown();
  app.option("--data", options.data, "data directory").shown();
  app.option("--port-base", options.port_base, "order entry is on UDP port N+1").range(1, 65'000)
      .shown();
  app.option("--ready-fd", options.ready_fd, "descriptor that gets \"ready\\n\"");
  const auto code = app.parse(argc, argv);
  if (code) exit_code = *code;
  return !code;
}

void block_stop_signals() {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool wait_for_stop_signal(std::uint64_t timeout_ns) {
  const sigset_t signals = stop_signals();
  const timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000),
                         static_cast<long>(timeout_ns % 1'000'000'000)};
  const int signal = ::sigtimedwait(&signals, nullptr, &timeout);
  return signal == SIGTERM || signal == SIGINT;
}

std::uint64_t hash_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return hash128(std::as_bytes(std::span(text.view()))).low;
}

void fill_random(std::span<std::byte> bytes) {
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw StartError("the kernel gives no random bytes");
  }
}

void take_data_directory(const std::string& data) {
  for (const char* folder : {"", "/run", "/secrets"}) {
    std::filesystem::create_directories(data + folder);
  }
  ::chmod((data + "/secrets").c_str(), 0700);
  const std::string path = data + "/run/engine.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw StartError("cannot make " + path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    throw StartError("another engine runs on " + data);
  }
}

void open_storage(journal::PosixStorage& storage, const std::string& path) {
  if (storage.open_directory(path, journal::PosixStorage::Access::read_write) !=
      journal::IoStatus::ok) {
    throw StartError("cannot use the directory " + path);
  }
}

bool log_is_restored(const std::string& data) {
  std::error_code error;
  return std::filesystem::exists(data + "/log/restored", error);
}

void restored_log_goes_on(const std::string& data, std::uint32_t epoch) {
  std::error_code error;
  std::filesystem::remove(data + "/log/restored", error);
  say("this log was restored from a backup, what came after it is lost: epoch %u begins", epoch);
}

void write_ready(int fd) {
  if (fd >= 0 && ::write(fd, "ready\n", 6) != 6) say("nobody listens on --ready-fd");
}

void place(const PlacedThread& thread) {
  std::string error;
  if (!place_this_thread(thread, error)) say("%s", error.c_str());
}

void check_plan(const PlacementReport& report, bool forced) {
  for (const std::string& line : report.plan) say("%s", line.c_str());
  for (const std::string& line : report.problems) {
    say("placement%s: %s", forced ? " (forced)" : "", line.c_str());
  }
  if (!report.problems.empty() && !forced) {
    throw StartError("the placement cannot be used; loop.placement = \"forced\" uses it "
                     "all the same");
  }
}

void lock_memory() {
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return;
  say("memory is not locked, pages may be taken away: %s (RLIMIT_MEMLOCK, CAP_IPC_LOCK)",
      std::strerror(errno));
}

[[gnu::noinline]] void touch_stack() {
  constexpr std::size_t kStack = 512 * 1024;
  std::byte room[kStack];
  std::memset(room, 0, sizeof room);
  asm volatile("" : : "r"(room) : "memory");  // is not left out
}

}  // namespace saker::engine
