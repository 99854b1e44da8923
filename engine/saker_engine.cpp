// saker-engine: matches orders from UDP. Start-up, threads and shutdown; everything else is in
// engine.hpp and below. Threads: the hot thread (this one), log writer and segment allocator
// (journal/log_threads.hpp), housekeeping (signals, new secrets, clock quality).
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "common/command_line.hpp"
#include "common/placement.hpp"
#include "engine/engine_config.hpp"
#include "engine/loop.hpp"
#include "engine/secret_cache.hpp"
#include "engine/startup.hpp"
#include "journal/log_threads.hpp"
#include "journal/posix_storage.hpp"
#include "net/endpoint.hpp"

namespace saker::engine {
namespace {

using Storage = journal::PosixStorage;
using Log = journal::LogWriter<Storage>;
using Allocator = journal::SegmentAllocator<Storage>;
using Exchange = Engine<net::UdpTransport, Log, UtcClock>;

struct Options {
  std::string config = "engine/engine.toml";
  std::string data = ".saker";
  std::uint16_t port_base = 3000;
  int ready_fd = -1;
};

/// Why the process cannot start or go on; the text is what the operator reads.
struct StartError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("saker-engine: ", stdout);
  std::vfprintf(stdout, format, arguments);
  std::fputc('\n', stdout);
  std::fflush(stdout);
  va_end(arguments);
}

std::uint64_t hash_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return hash128(std::as_bytes(std::span(text))).low;
}

void fill_random(std::span<std::byte> bytes) {
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw StartError("the kernel gives no random bytes");
  }
}

void open_storage(Storage& storage, const std::string& path) {
  if (storage.open_directory(path, Storage::Access::read_write) != journal::IoStatus::ok) {
    throw StartError("cannot use the directory " + path);
  }
}

/// Two engines on one data directory would each believe that the log is theirs.
int lock_data(const std::string& data) {
  const std::string path = data + "/run/engine.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw StartError("cannot make " + path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    throw StartError("another engine runs on " + data);
  }
  return fd;
}

class Process {
 public:
  explicit Process(const Options& options) : options_(options) {}

  int run() {
    prepare();
    recover();
    start_log();
    build_engine();
    begin_run();
    return trade();
  }

 private:
  void prepare() {
    config_ = load_engine_config(options_.config);
    const std::filesystem::path directory =
        std::filesystem::path(options_.config).parent_path();
    venue_ = load_venue((directory / config_.venue).string());
    config_.engine.build_hash = hash_of_file("/proc/self/exe");
    config_.engine.config_hash = hash_of_file(options_.config);
    fill_random(config_.engine.cookie_secret);
    for (const char* folder : {"", "/run", "/secrets"}) {
      std::filesystem::create_directories(options_.data + folder);
    }
    ::chmod((options_.data + "/secrets").c_str(), 0700);
    lock_ = lock_data(options_.data);
    open_storage(log_storage_, options_.data + "/log");
    open_storage(snapshot_storage_, options_.data + "/snapshots");
    config_.udp.bind.port = static_cast<std::uint16_t>(options_.port_base + 1);
    std::string error;
    transport_ = net::UdpTransport::open(config_.udp, error);
    if (transport_ == nullptr) throw StartError(error);
    for (const std::string& note : transport_->notes()) say("%s", note.c_str());
    staging_ = std::make_unique<StagingRing>(config_.engine.staging_bytes);
    warn_about_choices();
  }

  void warn_about_choices() const {
    if (config_.engine.policy == proto::CommitPolicy::Memory) {
      say("WARNING: commit policy MEMORY: acknowledged orders are lost when this machine or "
          "process fails. For tests and benchmarks.");
    }
    if (config_.engine.session.untagged) {
      say("WARNING: UNTAGGED sessions: anyone on the network can trade for anyone. For "
          "benchmarks.");
    }
  }

  void recover() {
    const TimeNs begun_ns = MonotonicClock().now_ns();
    StateRecovery recovery(log_storage_, snapshot_storage_, *staging_,
                           config_.engine.rerelease_commands);
    recovered_ = recovery.run();
    for (const std::string& note : recovered_.notes) say("%s", note.c_str());
    if (!recovered_.error.empty()) throw StartError(recovered_.error);
    const double seconds =
        static_cast<double>(MonotonicClock().now_ns() - begun_ns) / 1e9;
    if (recovered_.core == nullptr) {
      say("no log yet: first start");
      return;
    }
    if (recovered_.torn_tail.check != journal::Check::none) {
      say("cut a torn tail at sequence %llu: %s",
          static_cast<unsigned long long>(recovered_.torn_tail.sequence),
          journal::explain(recovered_.torn_tail.check));
    }
    say("recovered sequence %llu in %.3f s: snapshot %llu, %llu commands replayed, event chain "
        "%016llx",
        static_cast<unsigned long long>(recovered_.core->sequence()), seconds,
        static_cast<unsigned long long>(recovered_.snapshot_sequence),
        static_cast<unsigned long long>(recovered_.replayed),
        static_cast<unsigned long long>(recovered_.core->chain_head()));
  }

  void start_log() {
    // For a new log; one that exists keeps its own.
    while (config_.log.log_id == 0) {
      fill_random(std::as_writable_bytes(std::span(&config_.log.log_id, 1)));
    }
    allocator_ = std::make_unique<Allocator>(log_storage_, config_.log,
                                             recovered_.log.next_segment());
    log_ = std::make_unique<Log>(log_storage_, *allocator_, config_.log, recovered_.log);
    if (!log_->start()) throw StartError("cannot open the log for writing");
  }

  void build_engine() {
    first_start_ = is_first_start(recovered_);
    core_ = std::move(recovered_.core);
    std::string error;
    if (core_ != nullptr && first_start_) say("the first start was interrupted: going on with it");
    if (core_ == nullptr) {
      const std::vector<std::string> problems = check_venue(venue_);
      for (const std::string& line : problems) say("venue file: %s", line.c_str());
      if (!problems.empty()) throw StartError("the venue file cannot be applied");
      const char* why = nullptr;
      core_ = core::Core::create(venue_.genesis, &why);
      if (core_ == nullptr) throw StartError(why);
    }
    if (!secrets_.create_missing(venue_.key_ids, error)) throw StartError(error);
    engine_ = std::make_unique<Exchange>(*core_, *transport_, *log_, clock_, *staging_,
                                         config_.engine, secrets_);
  }

  void begin_run() {
    RunStart<Exchange, UtcClock> start(*engine_, *core_, clock_, config_.engine);
    const auto pump = [this] {
      const TimeNs now_ns = MonotonicClock().now_ns();
      const bool more = allocator_->poll(now_ns);
      if (!log_->poll(now_ns) && !more) ::usleep(1'000);
    };
    bool ok = true;
    if (first_start_) {
      ok = start.first(venue_, pump);
    } else {
      recovered_.core = std::move(core_);
      const bool new_epoch = needs_new_epoch(recovered_);
      core_ = std::move(recovered_.core);
      ok = start.again(new_epoch, pump);
      for (const std::string& line : venue_differences(venue_, *core_)) {
        say("venue file differs from the state (which stays): %s", line.c_str());
      }
    }
    if (!ok || log_->failed()) throw StartError("the log cannot be written");
    say("epoch %u, sequence %llu, %u markets, %u accounts, policy %s", core_->epoch(),
        static_cast<unsigned long long>(core_->sequence()), core_->market_count(),
        core_->account_count(),
        config_.engine.policy == proto::CommitPolicy::Memory ? "MEMORY" : "disk");
  }

  void place(const PlacedThread& thread) {
    std::string error;
    if (!place_this_thread(thread, error)) say("%s", error.c_str());
  }

  void check_plan() {
    const std::vector<PlacedThread> threads{{"engine", config_.engine_cpu},
                                            {"log_writer", config_.log_writer_cpu}};
    const PlacementReport report = check_placement(threads);
    for (const std::string& line : report.plan) say("%s", line.c_str());
    for (const std::string& line : report.problems) say("placement: %s", line.c_str());
    if (!report.problems.empty()) throw StartError("the placement cannot be used");
  }

  int trade();
  void housekeep();
  int report_end(LoopEnd end, bool log_closed) const;

  const Options& options_;
  ProcessConfig config_;
  Venue venue_;
  int lock_ = -1;
  UtcClock clock_;
  Storage log_storage_;
  Storage snapshot_storage_;
  SecretCache secrets_{options_.data + "/secrets"};
  std::unique_ptr<net::UdpTransport> transport_;
  std::unique_ptr<StagingRing> staging_;
  RecoveredState recovered_;
  bool first_start_ = false;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<Allocator> allocator_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Exchange> engine_;
  std::unique_ptr<Counters> counters_;
  LoopSignals signals_;
  std::atomic<bool> ended_{false};
};

/// Signals, new secrets and the quality of the clock, every second or so.
void Process::housekeep() {
  place({"housekeeping", -1});
  sigset_t stop_signals;
  ::sigemptyset(&stop_signals);
  ::sigaddset(&stop_signals, SIGTERM);
  ::sigaddset(&stop_signals, SIGINT);
  ClockQuality quality = ClockQuality::kUnknown;
  std::string error;
  while (!ended_.load(std::memory_order_acquire)) {
    quality = clock_quality(quality);
    signals_.clock_quality.store(static_cast<std::uint8_t>(quality), std::memory_order_relaxed);
    const timespec second{1, 0};
    const int signal = ::sigtimedwait(&stop_signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) {
      signals_.stop.store(true, std::memory_order_seq_cst);
      signals_.wake.notify();
    }
    if (!secrets_.refresh(error)) say("%s", error.c_str());
  }
}

int Process::trade() {
  check_plan();
  std::string error;
  counters_ = Counters::create(options_.data + "/run/engine.counters", "saker-engine",
                               kEngineCounters, error);
  if (counters_ == nullptr) throw StartError(error);
  log_->set_on_durable([this](Sequence) { signals_.wake.notify(); });
  std::thread housekeeping([this] { housekeep(); });
  journal::LogThreads<Storage> log_threads(*log_, *allocator_, config_.log, config_.busy);
  log_threads.start([this] { place({"log_writer", config_.log_writer_cpu}); });
  place({"engine", config_.engine_cpu});
  Loop<Exchange, net::UdpTransport, Log, UtcClock> loop(
      *engine_, *core_, *transport_, *log_, clock_, *staging_, config_.engine, config_.busy,
      *counters_, signals_);
  loop.publish_counters(clock_.now_ns());
  say("ready on %s, %s", net::endpoint_text(transport_->local()).c_str(),
      config_.busy ? "busy polling" : "blocking");
  if (options_.ready_fd >= 0 && ::write(options_.ready_fd, "ready\n", 6) != 6) {
    say("nobody listens on --ready-fd");
  }
  const LoopEnd end = loop.run();
  if (end == LoopEnd::kLogFailed) {
    // Nothing may follow a failed write or sync: what is on the disk is not known any more.
    say("FATAL: the log failed at %s, durable sequence %llu. Nothing after it was released. "
        "Stopping at once.",
        journal::to_string(log_->failure_step()),
        static_cast<unsigned long long>(log_->durable_sequence()));
    ::_exit(3);
  }
  const bool closed = log_threads.stop();
  ended_.store(true, std::memory_order_release);
  ::pthread_kill(housekeeping.native_handle(), SIGTERM);  // does not sleep its second out
  housekeeping.join();
  return report_end(end, closed);
}

int Process::report_end(LoopEnd end, bool log_closed) const {
  const bool clean = end == LoopEnd::kStopped && log_closed;
  const Hash128 state = core_->state_hash();
  say("stopped %s at sequence %llu, chain head %016llx, state hash %016llx%016llx",
      clean ? "cleanly" : "UNCLEANLY", static_cast<unsigned long long>(core_->sequence()),
      static_cast<unsigned long long>(core_->chain_head()),
      static_cast<unsigned long long>(state.high), static_cast<unsigned long long>(state.low));
  return clean ? 0 : 1;
}

}  // namespace
}  // namespace saker::engine

int main(int argc, char** argv) {
  saker::engine::Options options;
  saker::CommandLine app("The matching engine: orders over UDP, a command log, a public feed.");
  app.option("--config", options.config, "configuration file").shown();
  app.option("--data", options.data, "data directory").shown();
  app.option("--port-base", options.port_base, "order entry is on UDP port N+1").range(1, 65'000)
      .shown();
  app.option("--ready-fd", options.ready_fd, "descriptor that gets \"ready\\n\"");
  if (const auto code = app.parse(argc, argv)) return *code;

  // Before any thread is made: all of them leave these to the housekeeping thread.
  sigset_t stop_signals;
  ::sigemptyset(&stop_signals);
  ::sigaddset(&stop_signals, SIGTERM);
  ::sigaddset(&stop_signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  try {
    return saker::engine::Process(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saker-engine: %s\n", error.what());
    return 1;
  }
}
