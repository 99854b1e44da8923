// Counts how often each fault was injected and each interesting situation was reached. A test
// holds that over the standard seeds none is zero: a fault that is never injected tests nothing.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>

namespace saker::sim {

/// X(name, what happened).
#define SAKER_SIM_FAULTS(X)                                                       \
  X(datagram_lost, "a datagram was dropped")                                      \
  X(datagram_duplicated, "a datagram arrived twice or more")                      \
  X(datagram_reordered, "a datagram was overtaken by a later one")                \
  X(datagram_delayed, "a datagram took much longer than usual")                   \
  X(datagram_corrupted, "bits of a datagram were flipped")                        \
  X(datagram_truncated, "a datagram lost its tail")                               \
  X(datagram_partitioned, "a datagram was dropped by a partition")                \
  X(datagram_replayed, "an attacker sent an old datagram again")                  \
  X(datagram_forged, "an attacker sent one of his own making")                    \
  X(send_refused, "a transport's send queue was full")                            \
  X(disk_power_cut, "power cut with unsynced sectors")                            \
  X(disk_sector_dropped, "an unsynced sector was lost")                           \
  X(disk_sector_kept, "an unsynced sector reached the disk all the same")         \
  X(disk_write_torn, "one write was kept in part")                                \
  X(disk_name_dropped, "an unsynced creation, renaming or removal was lost")      \
  X(disk_write_error, "a write failed with EIO")                                  \
  X(disk_write_short, "a failing write left some of its sectors behind")          \
  X(disk_sync_error, "a sync failed, its pages marked clean all the same")        \
  X(disk_full, "a write or an allocation found no space")                         \
  X(disk_read_flip, "a bit was flipped in a closed log")

#define SAKER_SIM_SITUATIONS(X)                                                   \
  X(decision_repeated, "a resend got its decision again")                         \
  X(decision_skipped, "a number was answered SKIPPED_NEVER_APPLIED")              \
  X(decision_expired, "a number was answered OUTCOME_EXPIRED")                    \
  X(logon_accepted, "the engine accepted a logon")                                \
  X(query_reply, "the follower answered a question")                              \
  X(memory_tail_lost, "policy memory: something said was lost with its epoch")

#define SAKER_SIM_COUNTER(name, what) name,
enum class Count : unsigned {
  SAKER_SIM_FAULTS(SAKER_SIM_COUNTER) SAKER_SIM_SITUATIONS(SAKER_SIM_COUNTER) kEnd
};
#undef SAKER_SIM_COUNTER

inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::kEnd);

inline const char* name_of(Count count) {
#define SAKER_SIM_NAME(name, what) #name,
  static constexpr const char* kNames[] = {SAKER_SIM_FAULTS(SAKER_SIM_NAME)
                                           SAKER_SIM_SITUATIONS(SAKER_SIM_NAME)};
#undef SAKER_SIM_NAME
  return kNames[static_cast<std::size_t>(count)];
}

class Coverage {
 public:
  void add(Count count, std::uint64_t by = 1) { counts_[static_cast<std::size_t>(count)] += by; }
  std::uint64_t get(Count count) const { return counts_[static_cast<std::size_t>(count)]; }
  void merge(const Coverage& other) {
    for (std::size_t i = 0; i < kCounts; ++i) counts_[i] += other.counts_[i];
  }
  void print(std::FILE* to) const {
    for (std::size_t i = 0; i < kCounts; ++i) {
      std::fprintf(to, "  %-28s %12llu\n", name_of(static_cast<Count>(i)),
                   static_cast<unsigned long long>(counts_[i]));
    }
  }

 private:
  std::array<std::uint64_t, kCounts> counts_{};
};

}  // namespace saker::sim
