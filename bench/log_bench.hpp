// What the log's benchmarks share: options, medians of rounds, the raw file beside the log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/log_venue.hpp"
#include "journal/page_bytes.hpp"

namespace saker::bench {

struct LogBenchOptions {
  std::string directory;  // a new one in it; removed at the end
  std::uint32_t rounds = 5;
  std::uint64_t rate = 0;      // commands/s; 0: what the benchmark takes by itself
  std::uint64_t commands = 0;  // of a round or of the tail; 0 likewise
  journal::WritePath write = journal::WritePath::automatic;
  bool busy = false;
  bool spin = false;
  int hot_cpu = -1;
  int writer_cpu = -1;
};

void bench_log_disk(const LogBenchOptions& options);
void bench_log_light(const LogBenchOptions& options);
void bench_log_load(const LogBenchOptions& options);
void bench_log_replay(const LogBenchOptions& options);
void bench_log_restart(const LogBenchOptions& options);
void bench_log_snapshot(const LogBenchOptions& options);

inline LogVenueOptions venue_options(const LogBenchOptions& options, const std::string& name) {
  LogVenueOptions venue;
  venue.directory = options.directory + "/" + name;
  venue.write = options.write;
  venue.busy = options.busy;
  venue.spin = options.spin;
  venue.hot_cpu = options.hot_cpu;
  venue.writer_cpu = options.writer_cpu;
  return venue;
}

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// Throws std::runtime_error when something that must be is not; `what` says what is wrong.
inline void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what);
}

/// Of values sorted here; 0 of none.
template <class T>
T percentile(std::vector<T>& values, double percent) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}
template <class T>
T median(std::vector<T> values) {
  return percentile(values, 50);
}

/// The yardstick: an ordinary file of zeros, written through the page cache and synced.
class RawFile {
 public:
  static constexpr std::uint64_t kBytes = 64u << 20;

  /// Throws std::runtime_error.
  explicit RawFile(const std::string& directory);
  ~RawFile();
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  /// pwrite and fdatasync of `size` bytes (at most 1 MiB) behind the ones before; nanoseconds.
  std::uint64_t write(std::size_t size);

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t offset_ = 0;
  journal::PageBytes bytes_{1u << 20};
};

}  // namespace saker::bench
