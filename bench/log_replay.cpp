// A log read, checked and applied again, beside the live run that wrote it; and a restart from a
// snapshot with a long tail, by the code that the engine starts with.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "bench/log_bench.hpp"
#include "engine/follower/snapshots.hpp"
#include "engine/recovery.hpp"

namespace saker::bench {

namespace {

struct Live {
  std::uint64_t took_ns = 0;
  std::uint64_t commands = 0;
  std::uint64_t chain_head = 0;
  Sequence sequence = 0;
};

journal::PosixStorage& open_in(journal::PosixStorage& storage, const std::string& path) {
  must(storage.open_directory(path, journal::PosixStorage::Access::read_write) ==
           journal::IoStatus::ok,
       "cannot open " + path);
  return storage;
}

/// The venue as it stands, as the follower would write it.
void write_snapshot(const LogVenue& venue, const std::string& directory) {
  journal::PosixStorage storage;
  open_in(storage, directory + "/snapshots");
  journal::SnapshotInfo info;
  info.shard = venue.log_state().shard;
  info.rule_version = static_cast<std::uint16_t>(venue.core().rule_version());
  info.epoch = venue.core().epoch();
  info.log_id = venue.log_state().log_id;
  info.sequence = venue.core().sequence();
  info.timestamp_ns = venue.core().time_ns();
  info.chain_head = venue.core().chain_head();
  follower::SnapshotStore<journal::PosixStorage> store(storage);
  std::string problem;
  must(store.write(venue.core(), info, problem), problem);
}

/// All of the stream's commands as fast as the engine takes them, until all are released.
Live run_live(const LogBenchOptions& options, const std::string& name, const Stream& stream,
              bool snapshot) {
  const LogVenueOptions place = venue_options(options, name);
  LogVenue venue(place);
  venue.set_up(stream);
  if (snapshot) write_snapshot(venue, place.directory);
  Live live;
  const Sequence first = venue.sequenced();
  const TimeNs begin_ns = venue.now_ns();
  for (std::size_t next = stream.setup_size(); next < stream.size();) {
    std::size_t burst = 0;
    while (burst < LogVenue::kAtOnce && next < stream.size() &&
           venue.sequence(stream, next, venue.now_ns())) {
      ++burst, ++next;
    }
    if (!venue.round() && burst == 0) venue.rest(venue.now_ns() + 1'000'000);
  }
  venue.settle();
  live.took_ns = venue.now_ns() - begin_ns;
  live.commands = venue.sequenced() - first;
  live.chain_head = venue.core().chain_head();
  live.sequence = venue.sequenced();
  must(venue.stop(), "the log could not be closed");
  return live;
}

/// The log's pages leave the cache, as after the machine has started.
void drop_from_cache(const std::string& directory) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    ::fdatasync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

/// Reads, checks and applies the whole log, from Genesis, as the engine does at start; commands/s.
double replay(const std::string& directory, const Live& live) {
  drop_from_cache(directory);
  journal::PosixStorage storage;
  open_in(storage, directory + "/log");
  engine::LookAhead waiting;
  core::Output out;
  std::unique_ptr<core::Core> core;
  const auto apply_next = [&] {
    const char* why = nullptr;
    if (core == nullptr) core = core::Core::create(waiting.front().as<proto::Genesis>(), &why);
    must(core != nullptr, why == nullptr ? "" : why);
    core->apply(waiting.front(), out);
    waiting.pop();
  };
  const MonotonicClock clock;
  const TimeNs begin_ns = clock.now_ns();
  journal::LogReader reader(storage, journal::ReadMode::sealed);
  while (reader.next() == journal::ReadKind::record) {
    const char* const why = waiting.push(reader.record(), core.get());
    must(why == nullptr, why == nullptr ? "" : why);
    if (waiting.full()) apply_next();
  }
  while (!waiting.empty()) apply_next();
  const double took_s = static_cast<double>(clock.now_ns() - begin_ns) / 1e9;
  must(core != nullptr && core->sequence() == live.sequence &&
           core->chain_head() == live.chain_head,
       "the replay is not the run");
  return static_cast<double>(live.sequence) / took_s;
}

}  // namespace

void bench_log_replay(const LogBenchOptions& options) {
  const std::uint64_t commands = options.commands != 0 ? options.commands : 1'000'000;
  const Stream stream = record_deep_stream(commands);
  std::vector<double> live_rates, replay_rates, ratios;
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    const std::string name = "replay-" + std::to_string(i);
    const Live live = run_live(options, name, stream, false);
    live_rates.push_back(static_cast<double>(live.commands) * 1e9 /
                         static_cast<double>(live.took_ns));
    replay_rates.push_back(replay(options.directory + "/" + name, live));
    ratios.push_back(replay_rates.back() / live_rates.back());
    std::filesystem::remove_all(options.directory + "/" + name);
  }
  std::printf("# replay: %u rounds of %lu commands, from the disk; live: the same stream, policy "
              "disk, as fast as it is taken, until all is released\n"
              "| live commands/s | replay commands/s | ratio | wanted |\n"
              "| --- | --- | --- | --- |\n| %.0f | %.0f | %.2f | 3 |\n",
              options.rounds, commands, median(live_rates), median(replay_rates),
              median(ratios));
}

void bench_log_restart(const LogBenchOptions& options) {
  const std::uint64_t commands = options.commands != 0 ? options.commands : 10'000'000;
  Live live;
  {
    const Stream stream = record_deep_stream(commands);
    live = run_live(options, "restart", stream, true);
  }
  const std::string directory = options.directory + "/restart";
  std::vector<double> took_s;
  std::uint64_t replayed = 0;
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    drop_from_cache(directory);
    journal::PosixStorage log, snapshots;
    open_in(log, directory + "/log");
    open_in(snapshots, directory + "/snapshots");
    engine::StagingRing staging(engine::EngineConfig{}.staging_bytes);
    const MonotonicClock clock;
    const TimeNs begin_ns = clock.now_ns();
    engine::StateRecovery recovery(log, snapshots, staging,
                                   engine::EngineConfig{}.rerelease_commands);
    const engine::RecoveredState state = recovery.run();
    took_s.push_back(static_cast<double>(clock.now_ns() - begin_ns) / 1e9);
    must(state.error.empty(), state.error);
    must(state.snapshot_sequence != 0 && state.core->chain_head() == live.chain_head,
         "the restart did not bring the state back");
    replayed = state.replayed;
  }
  std::printf("# restart: %u rounds, snapshot and %lu commands after it, from the disk\n"
              "| tail, commands | restart s | commands/s | wanted s |\n"
              "| --- | --- | --- | --- |\n| %lu | %.2f | %.0f | 10 |\n",
              options.rounds, replayed, replayed, median(took_s),
              static_cast<double>(replayed) / median(took_s));
}

}  // namespace saker::bench
