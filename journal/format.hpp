// Building and checking the log's bytes in memory: no I/O here. Nothing is believed before its
// checksum agrees, and nothing is ignored: reserved fields and padding must be zero.
#pragma once

#include <span>
#include <vector>

#include "common/assert.hpp"
#include "journal/log_config.hpp"
#include "journal/page_bytes.hpp"
#include "journal/record.hpp"

namespace saker::journal {

/// Which check failed. Stable names for tools and tests; explain() says what each means.
enum class Check : std::uint8_t {
  none,
  // Consistent with a write that a crash cut short.
  magic, header_crc, payload_crc, records_hash, padding, not_zero, segment_header_crc,
  // Checksums agree but the content cannot be: never the work of a crash.
  version, reserved, batch_type, length, shard, log_id, block_bytes, batch_bytes, link, sequence,
  epoch, timestamp, durable_position, record_count, record_in_batch, segment_order, segment_fields,
  // About whole files.
  segment_missing, segment_blank, segment_size, begins_later, ends_before_mark, mark_of_other_log,
};
const char* to_string(Check check);
const char* explain(Check check);
/// True when a crash in the middle of a write can look like this.
bool may_be_torn(Check check);

bool all_zero(Bytes bytes);
/// Offset of the first byte that is not zero, or bytes.size().
std::size_t first_nonzero(Bytes bytes);

/// Fills in payload_crc and header_crc; `payload` is what header.length says.
void seal(RecordHeader& header, Bytes payload);
void seal(SegmentHeader& header);
void seal(DurableMark& mark);

/// The header of the segment that follows `state`.
SegmentHeader make_segment_header(const LogState& state, std::uint64_t index,
                                  std::uint64_t segment_bytes, std::uint32_t block_bytes);
/// Is `block` (a whole first block, at least 512 bytes) the header of segment `index`?
Check check_segment_header(Bytes block, std::uint64_t index, SegmentHeader& header);
/// Does the segment follow `state`? On success `state` stands at its first batch.
Check enter_segment(const SegmentHeader& header, LogState& state);
/// The state from which reading may start at this segment without those before it.
LogState state_at(const SegmentHeader& header);

/// Is this (at least 128 bytes) a batch header, of whatever log?
Check check_batch_header(Bytes bytes, BatchHeader& header);
/// Is it the batch that must come next?
Check check_batch_follows(const BatchHeader& header, const LogState& state);
/// Checks the whole batch (`bytes` is batch_bytes long, its header already checked) and moves
/// `state` past it. Check::padding alone leaves the records sound, and moves too.
Check check_batch_records(Bytes bytes, const BatchHeader& header, LogState& state);
/// What the next batch names as its predecessor.
std::uint64_t link_of(const BatchHeader& header);

Check check_mark(Bytes bytes, DurableMark& mark);

/// Puts a batch together in a buffer: begin, add records as long as they fit, finish.
class BatchBuilder {
 public:
  /// `limit` bytes at most, in whole blocks and at most kMaxBatchBytes.
  explicit BatchBuilder(std::size_t limit);
  /// Starts a batch that has to end within `room` bytes.
  void begin(const LogState& state, std::size_t room);
  /// Takes a record as RecordRing holds it (header without checksums, payload, padding), or
  /// says false when it does not fit. The record must follow the one before it.
  bool add(std::span<const std::byte> record);
  /// The finished batch; moves `state` past it.
  Bytes finish(LogState& state, Position durable, Sequence durable_sequence);
  std::uint32_t count() const { return count_; }

 private:
  PageBytes buffer_;
  LogState state_;
  std::size_t room_ = 0;
  std::size_t used_ = 0;
  std::uint32_t count_ = 0;
  RecordHeader first_;
};

}  // namespace saker::journal
