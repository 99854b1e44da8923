// Counters that other processes can watch: a file mapped by one writer and any number of readers.
//
// A process declares its counters once, in a table; the position in the table is the index:
//
//   enum EngineCounter : std::uint32_t { kCommandsSequenced, kTagsRefused, kLogBytes };
//   constexpr CounterSpec kEngineCounters[] = {
//       {"commands_sequenced", "commands", "Commands put into the log", CounterType::kCounter, 0},
//       ...
//   counters->add(kCommandsSequenced);
//
// Counters of different `thread` groups never share a cache line, so each thread of the process
// can own a group; within a group one thread writes. A reader may come at any time and see
// each value whole.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.hpp"

namespace saker {

enum class CounterType : std::uint8_t {
  kCounter = 0,  // only rises while the process lives
  kGauge = 1,
};

struct CounterSpec {
  const char* name;  // snake_case, at most 47 characters
  const char* unit;  // at most 15 characters
  const char* help;  // at most 119 characters
  CounterType type = CounterType::kCounter;
  std::uint8_t thread = 0;
};

/// The writer.
class Counters {
 public:
  /// Makes the file anew (values start at 0; readers notice and follow) and maps it. nullptr when
  /// that fails; `error` then says why. `process` is a name of at most 31 characters.
  static std::unique_ptr<Counters> create(const std::string& path, std::string_view process,
                                          std::span<const CounterSpec> specs,
                                          std::string& error);
  /// Counters in private memory, for tests and the simulator.
  static std::unique_ptr<Counters> in_memory(std::span<const CounterSpec> specs);
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  void add(std::uint32_t index, std::uint64_t n = 1) {
    std::uint64_t* value = values_[index];
    __atomic_store_n(value, __atomic_load_n(value, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
  }
  void set(std::uint32_t index, std::uint64_t value) {
    __atomic_store_n(values_[index], value, __ATOMIC_RELAXED);
  }
  std::uint64_t get(std::uint32_t index) const {
    return __atomic_load_n(values_[index], __ATOMIC_RELAXED);
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(values_.size()); }
  /// Where a value lies.
  const std::uint64_t* address(std::uint32_t index) const { return values_[index]; }

 private:
  Counters() = default;
  void lay_out(void* map, std::size_t bytes, std::string_view process,
               std::span<const CounterSpec> specs);

  void* map_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<std::uint64_t*> values_;
};

/// A reader. The file is checked like every input: what does not fit is refused.
class CounterReader {
 public:
  struct Counter {
    std::string name;
    std::string unit;
    std::string help;
    CounterType type = CounterType::kCounter;
  };

  /// nullptr when there is no such file or it is not one of ours; `error` then says why.
  static std::unique_ptr<CounterReader> open(const std::string& path, std::string& error);
  ~CounterReader();
  CounterReader(const CounterReader&) = delete;
  CounterReader& operator=(const CounterReader&) = delete;

  /// Follows the file when the writer has been started again. True when it had to: then the
  /// counters may be others, and indexes must be looked up anew.
  bool refresh();

  const std::vector<Counter>& counters() const { return counters_; }
  std::uint64_t value(std::size_t index) const;
  /// Index of a counter, or -1.
  int find(std::string_view name) const;
  /// Value of a counter; 0 when there is none of that name.
  std::uint64_t value_of(std::string_view name) const;

  const std::string& process() const { return process_; }
  std::int32_t pid() const { return pid_; }
  TimeNs started_ns() const { return started_ns_; }
  /// False when the writer is gone; the values are then its last ones.
  bool writer_alive() const;

 private:
  CounterReader() = default;
  bool map(std::string& error);
  bool read_table(std::string& error);
  void unmap();

  std::string path_;
  const std::byte* map_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint64_t inode_ = 0;
  std::vector<Counter> counters_;
  std::vector<const std::uint64_t*> values_;
  std::string process_;
  std::int32_t pid_ = 0;
  TimeNs started_ns_ = 0;
};

}  // namespace saker
