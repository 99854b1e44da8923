// The engine's process, whatever its transport: start-up, threads and shutdown; everything else
// is in engine.hpp and below. Threads: the hot thread (main's), log writer and segment allocator
// (journal/log_threads.hpp), housekeeping (signals, new secrets, clock quality, what the
// transport wants done off the hot thread).
//
// A Host says which transport and clock:
//   using Transport, Time;
//   static constexpr const char* kName;
//   static constexpr bool kBypass;     // no system call on the hot thread: its counters are copied
//                                      // to shared memory by housekeeping, cores are chosen
//   ReadTransport reader();            // of its table in the configuration; empty: [net]
//   std::unique_ptr<Transport> open(ProcessConfig&, std::uint16_t port, std::string& error);
//   DeviceLocality locality(const Transport&);
//   void control(Transport&);          // about once a second, housekeeping
//   std::vector<CounterSpec> counters();       // more than the engine's
//   void publish(Transport&, Counters&, std::uint32_t first);  // those, on the hot thread
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "engine/engine_config.hpp"
#include "engine/loop.hpp"
#include "engine/process_support.hpp"
#include "engine/secret_cache.hpp"
#include "engine/startup.hpp"
#include "journal/log_storage.hpp"
#include "journal/log_threads.hpp"
#include "journal/posix_storage.hpp"
#include "net/endpoint.hpp"

namespace saker::engine {

template <class Host>
class Process {
 public:
  explicit Process(const ProcessOptions& options) : options_(options) {}

  int run() {
    prepare();
    recover();
    start_log();
    build_engine();
    begin_run();
    return trade();
  }

 private:
  using Transport = typename Host::Transport;
  using Time = typename Host::Time;
  using Storage = journal::PosixStorage;
  using Log = journal::LogWriter<journal::LogStorage>;
  using Allocator = journal::SegmentAllocator<journal::LogStorage>;
  using Exchange = Engine<Transport, Log, Time>;

  static unsigned long long ull(std::uint64_t n) { return n; }

  void prepare();
  void warn_about_choices() const;
  void recover();
  void start_log();
  void open_log_output();
  void build_engine();
  void begin_run();
  void place_threads();
  void open_counters();
  int trade();
  void housekeep();
  void note_room();
  void copy_counters() {
    for (std::uint32_t i = 0; i < counters_->count(); ++i) shown_->set(i, counters_->get(i));
  }
  int report_end(LoopEnd end, bool log_closed) const;

  const ProcessOptions& options_;
  Host host_;
  ProcessConfig config_;
  Venue venue_;
  Time clock_;
  Storage log_storage_;  // as recovery reads it
  Storage snapshot_storage_;
  journal::LogStorage log_output_;
  SecretCache secrets_{options_.data + "/secrets"};
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<StagingRing> staging_;
  RecoveredState recovered_;
  bool first_start_ = false;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<Allocator> allocator_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Exchange> engine_;
  std::vector<CounterSpec> counter_specs_;
  std::unique_ptr<Counters> shown_;     // in shared memory
  std::unique_ptr<Counters> counters_;  // what the hot thread writes, when not those
  LoopSignals signals_;
  std::atomic<bool> ended_{false};
  bool out_of_room_ = false;  // housekeeping's
};

template <class Host>
void Process<Host>::prepare() {
  config_ = load_engine_config(options_.config, host_.reader());
  const std::filesystem::path directory = std::filesystem::path(options_.config).parent_path();
  venue_ = load_venue((directory / config_.venue).string());
  config_.engine.build_hash = hash_of_file("/proc/self/exe");
  config_.engine.config_hash = hash_of_file(options_.config);
  fill_random(config_.engine.cookie_secret);
  take_data_directory(options_.data);
  open_storage(log_storage_, options_.data + "/log");
  open_storage(snapshot_storage_, options_.data + "/snapshots");
  std::string error;
  // Before any other memory is taken: packets need huge pages most.
  transport_ = host_.open(config_, static_cast<std::uint16_t>(options_.port_base + 1), error);
  if (transport_ == nullptr) throw StartError(error);
  for (const std::string& note : transport_->notes()) say("%s", note.c_str());
  staging_ = std::make_unique<StagingRing>(config_.engine.staging_bytes);
  warn_about_choices();
}

template <class Host>
void Process<Host>::warn_about_choices() const {
  if (config_.engine.policy == proto::CommitPolicy::Memory) {
    say("WARNING: commit policy MEMORY: acknowledged orders are lost when this machine or "
        "process fails. For tests and benchmarks.");
  }
  if (config_.engine.session.untagged) {
    say("WARNING: UNTAGGED sessions: anyone on the network can trade for anyone. For "
        "benchmarks.");
  }
}

template <class Host>
void Process<Host>::recover() {
  const TimeNs begun_ns = MonotonicClock().now_ns();
  StateRecovery recovery(log_storage_, snapshot_storage_, *staging_,
                         config_.engine.rerelease_commands, config_.engine.newest_rules);
  errno = 0;
  recovered_ = recovery.run();
  for (const std::string& note : recovered_.notes) say("%s", note.c_str());
  if (recovered_.disk_failed) recovered_.error.append(": ").append(std::strerror(errno));
  if (!recovered_.error.empty()) throw StartError(recovered_.error);
  const double seconds = static_cast<double>(MonotonicClock().now_ns() - begun_ns) / 1e9;
  if (recovered_.core == nullptr) {
    say("no log yet: first start");
    return;
  }
  if (recovered_.torn_tail.check != journal::Check::none) {
    say("cut a torn tail at sequence %llu: %s", ull(recovered_.torn_tail.sequence),
        journal::explain(recovered_.torn_tail.check));
  }
  say("recovered sequence %llu in %.3f s: snapshot %llu, %llu commands replayed, event chain "
      "%016llx",
      ull(recovered_.core->sequence()), seconds, ull(recovered_.snapshot_sequence),
      ull(recovered_.replayed), ull(recovered_.core->chain_head()));
}

template <class Host>
void Process<Host>::start_log() {
  // For a new log; one that exists keeps its own.
  while (config_.log.log_id == 0) {
    fill_random(std::as_writable_bytes(std::span(&config_.log.log_id, 1)));
  }
  open_log_output();
  allocator_ =
      std::make_unique<Allocator>(log_output_, config_.log, recovered_.log.next_segment());
  log_ = std::make_unique<Log>(log_output_, *allocator_, config_.log, recovered_.log);
  if (!log_->start()) throw StartError("cannot open the log for writing");
}

template <class Host>
void Process<Host>::open_log_output() {
  const std::string directory = options_.data + "/log";
  if (log_output_.open_directory(directory) != journal::IoStatus::ok) {
    throw StartError("cannot open " + directory);
  }
  // The segment begun before this start may have smaller blocks than those to come.
  std::uint32_t block_bytes = config_.log.block_bytes;
  if (recovered_.log.block_bytes != 0) {
    block_bytes = std::min(block_bytes, recovered_.log.block_bytes);
  }
  if (!log_output_.choose(config_.write_path, block_bytes)) {
    throw StartError("commit.write is \"direct\", which is not possible: " + log_output_.note());
  }
  say("the log is written %s", log_output_.note().c_str());
}

template <class Host>
void Process<Host>::build_engine() {
  first_start_ = is_first_start(recovered_);
  core_ = std::move(recovered_.core);
  std::string error;
  if (core_ != nullptr && first_start_) say("the first start was interrupted: going on with it");
  if (core_ == nullptr) {
    const std::vector<std::string> problems = check_venue(venue_);
    for (const std::string& line : problems) say("venue file: %s", line.c_str());
    if (!problems.empty()) throw StartError("the venue file cannot be applied");
    const std::uint32_t rules = venue_.genesis.rule_version();
    if (const char* why = rules_problem(rules, config_.engine.newest_rules)) {
      throw StartError(why);
    }
    const char* why = nullptr;
    core_ = core::Core::create(venue_.genesis, &why);
    if (core_ == nullptr) throw StartError(why);
  }
  if (!secrets_.create_missing(venue_.key_ids, error)) throw StartError(error);
  engine_ = std::make_unique<Exchange>(*core_, *transport_, *log_, clock_, *staging_,
                                       config_.engine, secrets_);
}

template <class Host>
void Process<Host>::begin_run() {
  RunStart<Exchange, Time> start(*engine_, *core_, clock_, config_.engine);
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
    const bool restored = log_is_restored(options_.data);
    const bool new_epoch = restored || needs_new_epoch(recovered_);
    core_ = std::move(recovered_.core);
    ok = start.again(new_epoch, pump);
    if (ok && restored) restored_log_goes_on(options_.data, core_->epoch());
    for (const std::string& line : venue_differences(venue_, *core_)) {
      say("venue file differs from the state (which stays): %s", line.c_str());
    }
  }
  if (!ok || log_->failed()) throw StartError("the log cannot be written");
  say("epoch %u, sequence %llu, %u markets, %u accounts, policy %s", core_->epoch(),
      ull(core_->sequence()), core_->market_count(), core_->account_count(),
      config_.engine.policy == proto::CommitPolicy::Memory ? "MEMORY" : "disk");
}

template <class Host>
void Process<Host>::place_threads() {
  const DeviceLocality card = host_.locality(*transport_);
  std::vector<PlacedThread> threads{{"engine", config_.engine_cpu},
                                    {"log_writer", config_.log_writer_cpu}};
  if (Host::kBypass && config_.busy) threads = choose_placement(threads, card);
  check_plan(check_placement(threads, card), config_.force_placement);
  config_.engine_cpu = threads[0].cpu;
  config_.log_writer_cpu = threads[1].cpu;
  if (Host::kBypass) {
    say("memory: log ring on %s, outputs on %s", log_->memory_note(),
        staging_->memory_note());
  }
}

template <class Host>
void Process<Host>::open_counters() {
  counter_specs_.assign(std::begin(kEngineCounters), std::end(kEngineCounters));
  const std::vector<CounterSpec> more = host_.counters();
  counter_specs_.insert(counter_specs_.end(), more.begin(), more.end());
  std::string error;
  shown_ = Counters::create(options_.data + "/run/engine.counters", "saker-engine",
                            counter_specs_, error);
  if (shown_ == nullptr) throw StartError(error);
  // A page of a file is taken away for writing back now and then, and faults when it is written
  // to again.
  if (Host::kBypass) counters_ = Counters::in_memory(counter_specs_);
}

/// That the disk has no room for the log's next segment, or has it again: each is said once.
template <class Host>
void Process<Host>::note_room() {
  const journal::AllocatorStatus status = allocator_->status();
  const bool full = status == journal::AllocatorStatus::no_space;
  if (full == out_of_room_ || (!full && status != journal::AllocatorStatus::ready)) return;
  out_of_room_ = full;
  say(full ? "the disk is full: no room for the log's next segment; new orders are refused when "
             "the present one is used up, cancels have room kept for them"
           : "the disk has room again");
}

/// Signals, new secrets, the quality of the clock, every second or so; copies counters more often.
template <class Host>
void Process<Host>::housekeep() {
  constexpr std::uint64_t kSecondNs = 1'000'000'000;
  place({"housekeeping", -1});
  ClockQuality quality = ClockQuality::kUnknown;
  std::string error;
  TimeNs second_ns = 0;
  while (!ended_.load(std::memory_order_acquire)) {
    const TimeNs now_ns = MonotonicClock().now_ns();
    if (now_ns - second_ns >= kSecondNs || !Host::kBypass) {
      second_ns = now_ns;
      quality = clock_quality(quality);
      signals_.clock_quality.store(static_cast<std::uint8_t>(quality), std::memory_order_relaxed);
      host_.control(*transport_);
      note_room();
      evaluate_latencies(engine_->metrics(), Host::kBypass ? *counters_ : *shown_);
      if (!secrets_.refresh(error)) say("%s", error.c_str());
    }
    if (Host::kBypass) copy_counters();
    if (wait_for_stop_signal(Host::kBypass ? kSecondNs / 10 : kSecondNs)) {
      signals_.stop.store(true, std::memory_order_seq_cst);
      signals_.wake.notify();
    }
  }
}

template <class Host>
int Process<Host>::trade() {
  place_threads();
  open_counters();
  log_->set_on_durable([this](Sequence) { signals_.wake.notify(); });
  std::thread housekeeping([this] { housekeep(); });
  journal::LogThreads<journal::LogStorage> log_threads(*log_, *allocator_, config_.log,
                                                       config_.log_writer);
  log_threads.start([this] { place({"log_writer", config_.log_writer_cpu}); });
  place({"engine", config_.engine_cpu});
  Loop<Exchange, Transport, Log, Time, Host> loop(
      *engine_, *core_, *transport_, *log_, clock_, *staging_, config_.engine, config_.busy,
      Host::kBypass ? *counters_ : *shown_, signals_, host_);
  (Host::kBypass ? *counters_ : *shown_).set(kGauge_log_direct, log_output_.direct() ? 1 : 0);
  loop.publish_counters(clock_.now_ns());
  if (config_.lock_memory) lock_memory();
  touch_stack();
  std::string error;
  if (config_.realtime_priority > 0 && !make_realtime(config_.realtime_priority, error)) {
    say("%s", error.c_str());
  }
  say("ready on %s, %s", net::endpoint_text(transport_->local()).c_str(),
      config_.busy ? "busy polling" : "blocking");
  write_ready(options_.ready_fd);
  const LoopEnd end = loop.run();
  if (end == LoopEnd::kLogFailed) {
    // Nothing may follow a failed write or sync: what is on the disk is not known any more.
    say("FATAL: the log failed at %s, durable sequence %llu. Nothing after it was released. "
        "Stopping at once.",
        journal::to_string(log_->failure_step()), ull(log_->durable_sequence()));
    ::_exit(3);
  }
  const bool closed = log_threads.stop();
  ended_.store(true, std::memory_order_release);
  ::pthread_kill(housekeeping.native_handle(), SIGTERM);  // does not sleep its second out
  housekeeping.join();
  if (Host::kBypass) copy_counters();
  return report_end(end, closed);
}

template <class Host>
int Process<Host>::report_end(LoopEnd end, bool log_closed) const {
  const bool clean = end == LoopEnd::kStopped && log_closed;
  const Hash128 state = core_->state_hash();
  say("stopped %s at sequence %llu, chain head %016llx, state hash %016llx%016llx",
      clean ? "cleanly" : "UNCLEANLY", ull(core_->sequence()), ull(core_->chain_head()),
      ull(state.high), ull(state.low));
  return clean ? 0 : 1;
}

/// The whole of main().
template <class Host>
int engine_main(int argc, char** argv) {
  set_program_name(Host::kName);
  ProcessOptions options;
  int exit_code = 0;
  if (!parse_options(argc, argv, options, exit_code)) return exit_code;
  block_stop_signals();
  try {
    return Process<Host>(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", Host::kName, error.what());
    return 1;
  }
}

}  // namespace saker::engine
