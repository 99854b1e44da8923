// saker-bench log: options, the directory, and the raw file beside the log.
#include "bench/log_bench.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "bench/facts.hpp"
#include "common/command_line.hpp"

namespace saker::bench {

RawFile::RawFile(const std::string& directory) : path_(directory + "/raw") {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (std::uint64_t at = 0; file_ >= 0 && at < kBytes; at += bytes_.size()) {
    if (::pwrite(file_, bytes_.data(), bytes_.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes_.size())) {
      throw std::runtime_error("cannot write " + path_);
    }
  }
  if (file_ < 0 || ::fsync(file_) != 0) throw std::runtime_error("cannot write " + path_);
  std::memset(bytes_.data(), 0x5a, bytes_.size());
}

RawFile::~RawFile() {
  ::close(file_);
  ::unlink(path_.c_str());
}

std::uint64_t RawFile::write(std::size_t size) {
  const MonotonicClock clock;
  if (offset_ + size > kBytes) offset_ = 0;
  const TimeNs begin_ns = clock.now_ns();
  const bool written = ::pwrite(file_, bytes_.data(), size, static_cast<off_t>(offset_)) ==
                           static_cast<ssize_t>(size) &&
                       ::fdatasync(file_) == 0;
  const std::uint64_t took_ns = clock.now_ns() - begin_ns;
  if (!written) throw std::runtime_error("cannot write " + path_);
  offset_ += size;
  return took_ns;
}

namespace {

struct Part {
  const char* name;
  void (*run)(const LogBenchOptions&);
  const char* help;
};

constexpr Part kParts[] = {
    {"disk", bench_log_disk, "what each way of making bytes durable costs, no log involved"},
    {"light", bench_log_light, "order to release, one at a time, beside a raw write"},
    {"load", bench_log_load, "the same at --rate, and how many commands/s become durable"},
    {"replay", bench_log_replay, "a log's replay beside the live run that wrote it"},
    {"restart", bench_log_restart, "snapshot and a long tail (--commands), as the engine starts"},
    {"snapshot", bench_log_snapshot, "what a follower's snapshots do to the hot thread"},
};

int run_part(const Part& part, LogBenchOptions& options) {
  std::string name = options.directory + "/saker-log-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    std::fprintf(stderr, "saker-bench log: cannot make a folder in %s\n",
                 options.directory.c_str());
    return 1;
  }
  options.directory = name;
  for (const Fact& fact : machine_facts()) {
    std::printf("# %s: %s\n", fact.name.c_str(), fact.value.c_str());
  }
  int code = 0;
  try {
    part.run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saker-bench log: %s\n", error.what());
    code = 1;
  }
  std::filesystem::remove_all(name);
  return code;
}

}  // namespace

int run_log_benchmarks(int argc, char** argv) {
  LogBenchOptions options;
  options.directory = ".";
  std::string write = "auto";
  CommandLine app{"The command log on a real disk, with the policy `disk`.", "saker-bench log"};
  app.option("--dir", options.directory, "folder on the disk to measure").shown();
  app.option("--rounds", options.rounds, "interleaved; medians are told").shown().range(1, 1'000);
  app.option("--rate", options.rate, "commands/s (load: 500,000, snapshot: 50,000)");
  app.option("--commands", options.commands,
             "of a round (light: 500, load and replay: 1,000,000), of the tail (10,000,000)");
  app.option("--write", write, "as commit.write").shown().one_of({"auto", "direct", "portable"});
  app.flag("--busy", options.busy, "the hot thread spins (else: sleeps when idle)");
  app.flag("--spin", options.spin, "the log writer spins (else: is woken)");
  app.option("--hot-cpu", options.hot_cpu, "pin the hot thread to this core").shown();
  app.option("--writer-cpu", options.writer_cpu, "pin the log writer to this core").shown();
  app.options_anywhere();
  app.require_command();
  std::vector<CommandLine*> commands;
  for (const Part& part : kParts) commands.push_back(app.command(part.name, part.help));
  if (const auto code = app.parse(argc, argv)) return *code;
  options.write = write == "direct"     ? journal::WritePath::direct
                  : write == "portable" ? journal::WritePath::portable
                                        : journal::WritePath::automatic;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (commands[i]->chosen()) return run_part(kParts[i], options);
  }
  return 2;
}

}  // namespace saker::bench
