// Finds out by itself which records the disk really holds: reads the durable image, batch by
// batch, believing checksums only and no word of the writer about what is durable.
#pragma once

#include <functional>
#include <vector>

#include "journal/format.hpp"
#include "sim/sim_disk.hpp"

namespace saker::sim {

class DurableLog {
 public:
  using OnRecord = std::function<void(const journal::RecordHeader&, Bytes payload)>;

  DurableLog(SimDisk& disk, std::string directory)
      : disk_(disk), directory_(std::move(directory)) {}

  /// Goes on from where the last call ended; calls on_record for each record that has become
  /// durable since.
  void advance(const OnRecord& on_record);
  Sequence last_sequence() const { return state_.last_sequence; }
  /// One hash per record, from the first on.
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }

  /// Reads everything again: what was durable once must be there for ever, byte for byte.
  /// Returns the first sequence that is gone or changed, 0 when all is well.
  Sequence first_lost() const;

 private:
  bool enter_segment(std::uint64_t index);
  bool take_batch(const OnRecord& on_record);
  const std::vector<std::byte>* segment(std::uint64_t index) const;

  SimDisk& disk_;
  const std::string directory_;
  journal::LogState state_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace saker::sim
