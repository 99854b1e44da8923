// What a log is set up with, and the state that carries from its last record to the next one.
#pragma once

#include "journal/record.hpp"

namespace saker::journal {

/// Sizes and limits of a log. `log_id`, `first_sequence` and the shard matter for a new log; an
/// existing one keeps its own. Block and segment size may change between runs: each segment
/// names its own.
struct LogConfig {
  std::uint16_t shard = 0;
  std::uint64_t log_id = 0;                     // random, not 0
  Sequence first_sequence = 1;
  std::uint32_t block_bytes = 512;              // 4096 for disks with 4,096-byte sectors
  std::uint64_t segment_bytes = 64u << 20;      // whole blocks
  std::size_t ring_bytes = 8u << 20;            // power of two
  std::size_t max_batch_bytes = kMaxBatchBytes;  // at most kMaxBatchBytes, whole blocks
  std::size_t max_payload_bytes = 4096;         // longest payload ever appended
  std::uint64_t reserve_bytes = 4u << 20;       // room kept for cancels and admin commands
  std::uint64_t keep_free_bytes = 256u << 20;   // of the disk, never taken for segments
  std::size_t zero_chunk_bytes = 2u << 20;      // one step of preparing a segment
  std::uint64_t retry_interval_ns = 100'000'000;  // between attempts while the disk is full
  bool publish_mark = true;                     // keep the file durable.mark

  /// What is wrong with it in words, or nullptr.
  const char* problem() const;
};

/// Everything the next batch must agree with. The reader computes it as it goes, recovery hands
/// it to the writer.
struct LogState {
  std::uint64_t log_id = 0;  // 0: there is no log yet
  Position next;             // where the next batch goes
  Sequence last_sequence = 0;
  TimeNs timestamp_ns = 0;   // of the last record
  std::uint64_t link = 0;    // of the last batch
  std::uint64_t segment_bytes = 0;
  std::uint32_t block_bytes = 0;
  std::uint32_t epoch = 0;   // of the last record
  std::uint16_t shard = 0;
  bool exists() const { return log_id != 0; }
  /// Index of the segment that comes after the current one.
  std::uint64_t next_segment() const { return exists() ? next.segment + 1 : 0; }
};

}  // namespace saker::journal
