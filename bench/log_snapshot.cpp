// What a follower and its snapshots do to the hot thread, by the hot thread's own counters: every
// round is measured from the end of the one before, so that no stall is between two measurements.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bench/children.hpp"
#include "bench/log_bench.hpp"
#include "common/counters.hpp"

namespace saker::bench {

namespace {

constexpr std::uint64_t kMeasuredSeconds = 4;
constexpr std::uint64_t kRate = 50'000;  // unless told otherwise
constexpr std::uint16_t kPortBase = 47'400;

enum class Company : std::uint8_t { alone, follower, snapshots };
constexpr Company kCompanies[] = {Company::alone, Company::follower, Company::snapshots};
constexpr const char* kNames[] = {"nobody", "a follower without snapshots",
                                  "a follower that makes them"};

struct Rounds {
  std::vector<double> per_second, over_10us, over_100us, over_1ms, longest_us;
  std::uint64_t snapshots = 0;
  std::vector<double> held_up_ms;  // the follower, by its last snapshot
};

std::vector<std::string> follower_command(const LogBenchOptions& options,
                                          const std::string& directory, Company company) {
  const std::string config = directory + "/follower.toml";
  std::ofstream file(config);
  const std::uint64_t every = company == Company::snapshots ? options.rate : 1'000'000'000;
  file << "[follower]\ncpu = " << options.writer_cpu << "\n[snapshots]\ncommands = " << every
       << "\ninterval = \"1h\"\nmin_commands = 1000\n";
  const auto self = std::filesystem::canonical("/proc/self/exe");
  const auto follower = self.parent_path().parent_path() / "engine" / "saker-follower";
  return {follower.string(), "--config", config, "--data", directory, "--port-base",
          std::to_string(kPortBase)};
}

void run_paced(LogVenue& venue, const Stream& stream, std::size_t& next, std::uint64_t count,
               std::uint64_t rate) {
  const TimeNs begin_ns = venue.now_ns();
  for (std::uint64_t i = 0; i < count;) {
    const TimeNs due_ns = begin_ns + i * kSecondNs / rate;
    if (due_ns <= venue.now_ns() && venue.sequence(stream, next, due_ns)) ++next, ++i;
    venue.round();
  }
}

std::uint64_t follower_value(const std::string& directory, const char* name) {
  std::string error;
  const auto counters = CounterReader::open(directory + "/run/follower.counters", error);
  return counters == nullptr ? 0 : counters->value_of(name);
}

void measure(const LogBenchOptions& options, const std::string& name, const Stream& stream,
             Company company, Rounds& into) {
  const LogVenueOptions place = venue_options(options, name);
  LogVenue venue(place);
  venue.set_up(stream);
  Child follower;
  std::string error;
  if (company != Company::alone &&
      !follower.start(follower_command(options, place.directory, company),
                      place.directory + "/follower.log", error)) {
    throw std::runtime_error(error);
  }
  std::size_t next = stream.setup_size();
  run_paced(venue, stream, next, options.rate, options.rate);  // a second to get going
  const engine::Metrics& metrics = venue.metrics();
  const std::uint64_t made = follower_value(place.directory, "snapshots_written");
  const std::uint64_t over_10us = metrics.loop_over_10us;
  const std::uint64_t over_100us = metrics.loop_over_100us;
  const std::uint64_t over_1ms = metrics.loop_over_1ms;
  const std::uint64_t rounds = metrics.loop_rounds;
  venue.duty().take_longest_lately_ns();
  run_paced(venue, stream, next, kMeasuredSeconds * options.rate, options.rate);
  constexpr double kSeconds = kMeasuredSeconds;
  into.longest_us.push_back(static_cast<double>(venue.duty().take_longest_lately_ns()) / 1e3);
  into.per_second.push_back(static_cast<double>(metrics.loop_rounds - rounds) / kSeconds);
  into.over_10us.push_back(static_cast<double>(metrics.loop_over_10us - over_10us) / kSeconds);
  into.over_100us.push_back(static_cast<double>(metrics.loop_over_100us - over_100us) / kSeconds);
  into.over_1ms.push_back(static_cast<double>(metrics.loop_over_1ms - over_1ms) / kSeconds);
  if (company == Company::snapshots) {
    into.snapshots += follower_value(place.directory, "snapshots_written") - made;
    into.held_up_ms.push_back(
        static_cast<double>(follower_value(place.directory, "snapshot_ns")) / 1e6);
  }
  venue.settle();
  if (!venue.stop()) throw std::runtime_error("the log could not be closed");
}

}  // namespace

void bench_log_snapshot(const LogBenchOptions& given) {
  LogBenchOptions options = given;
  if (options.rate == 0) options.rate = kRate;
  options.busy = true;  // asleep, it would not notice that it does not run
  const Stream stream = record_deep_stream((kMeasuredSeconds + 1) * options.rate);
  Rounds rounds[std::size(kCompanies)];
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    for (std::size_t c = 0; c < std::size(kCompanies); ++c) {
      const std::string name = "snapshot-" + std::to_string(i) + "-" + std::to_string(c);
      measure(options, name, stream, kCompanies[c], rounds[c]);
      std::filesystem::remove_all(options.directory + "/" + name);
    }
  }
  const Rounds& made = rounds[static_cast<std::size_t>(Company::snapshots)];
  std::printf("# snapshot: %u rounds of %lu s at %lu commands/s; %lu snapshots, each of which held "
              "the follower up for %.0f ms\n",
              options.rounds, kMeasuredSeconds, options.rate, made.snapshots,
              median(made.held_up_ms));
  std::printf("| beside the hot thread | its rounds/s | over 10 us/s | over 100 us/s | over 1 ms/s "
              "| longest us |\n| --- | --- | --- | --- | --- | --- |\n");
  for (std::size_t c = 0; c < std::size(kCompanies); ++c) {
    const Rounds& of = rounds[c];
    std::printf("| %s | %.0f | %.1f | %.1f | %.2f | %.0f |\n", kNames[c], median(of.per_second),
                median(of.over_10us), median(of.over_100us), median(of.over_1ms),
                median(of.longest_us));
  }
}

}  // namespace saker::bench
