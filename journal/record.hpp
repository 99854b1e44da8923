// The bytes of the command log. Final from the first version: a log written today is read by
// every later release, so nothing here may move; new meaning goes into `version`.
//
// A log is a directory of segment files `log-<16 hex digits>.seg`. A segment is one block with
// the segment header, then batches, then zeros. A batch is what one write and one sync made
// durable together:
//
//   RecordHeader (type kBatchType) | BatchBody | records ... | zeros up to a whole block
//
// and a record is a RecordHeader, its payload, and zeros up to a multiple of 8.
//
// Why blocks: a batch that shared a disk block with its predecessor would rewrite bytes which
// are already promised, and a torn write could take them along. The block is 512 bytes by
// default, the smallest unit that disks write whole, and not 4,096: a lightly loaded box commits
// commands one by one, and padding each to a page would fill its disk eight times as fast.
// Disks with 4,096-byte sectors ("4Kn") need 4,096, which is why each segment names its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/crc32c.hpp"
#include "common/hash.hpp"
#include "common/types.hpp"

namespace saker::journal {

inline constexpr std::uint32_t kRecordMagic = 0x4C524B53;   // "SKRL"
inline constexpr std::uint32_t kSegmentMagic = 0x47534B53;  // "SKSG"
inline constexpr std::uint32_t kMarkMagic = 0x4D444B53;     // "SKDM"
inline constexpr std::uint8_t kFormatVersion = 1;
inline constexpr std::uint16_t kBatchType = 0xFFFF;
inline constexpr std::size_t kMaxPayloadBytes = std::size_t{1} << 16;
/// Longest batch on disk, its header and padding included.
inline constexpr std::size_t kMaxBatchBytes = std::size_t{1} << 20;
inline constexpr std::uint64_t kMaxSegmentBytes = std::uint64_t{1} << 32;

/// In front of every record, commands and batches alike. CRC-32C guards header and payload
/// separately, so that damage can be told to be in one or the other.
struct RecordHeader {
  std::uint32_t magic = kRecordMagic;
  std::uint8_t version = kFormatVersion;
  std::uint8_t flags = 0;           // the writer's of the command; opaque to the journal
  std::uint16_t type = 0;           // kind of command, opaque to the journal; kBatchType: a batch
  std::uint32_t length = 0;         // payload bytes without padding, at most kMaxPayloadBytes
  std::uint16_t shard = 0;
  std::uint16_t rule_version = 0;
  std::uint32_t epoch = 0;
  std::uint32_t reserved0 = 0;      // zero
  Sequence sequence = 0;            // of a batch: of its first record
  TimeNs timestamp_ns = 0;
  Sequence durable_sequence = 0;    // batches: last sequence known durable; records: zero
  std::uint64_t reserved1 = 0;      // zero
  std::uint32_t payload_crc = 0;
  std::uint32_t header_crc = 0;     // over the 60 bytes before it
};
static_assert(sizeof(RecordHeader) == 64 && std::is_trivially_copyable_v<RecordHeader>);
static_assert(offsetof(RecordHeader, magic) == 0 && offsetof(RecordHeader, version) == 4);
static_assert(offsetof(RecordHeader, flags) == 5 && offsetof(RecordHeader, type) == 6);
static_assert(offsetof(RecordHeader, length) == 8 && offsetof(RecordHeader, shard) == 12);
static_assert(offsetof(RecordHeader, rule_version) == 14 && offsetof(RecordHeader, epoch) == 16);
static_assert(offsetof(RecordHeader, reserved0) == 20 && offsetof(RecordHeader, sequence) == 24);
static_assert(offsetof(RecordHeader, timestamp_ns) == 32);
static_assert(offsetof(RecordHeader, durable_sequence) == 40);
static_assert(offsetof(RecordHeader, reserved1) == 48);
static_assert(offsetof(RecordHeader, payload_crc) == 56);
static_assert(offsetof(RecordHeader, header_crc) == 60);

/// A place in the log. Positions order as the log does.
struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Position&) const = default;
};

/// The payload of a batch header. `durable` says up to where everything was synced before this
/// batch was written: damage below it is corruption to refuse, damage above it a torn tail to
/// cut. `log_id` is random, chosen when the log is created, and unknown to clients, so that no
/// payload can be made to look like a batch of this log. `previous_link` chains each batch to
/// the one before it: a batch of another history cannot be slipped in.
struct BatchBody {
  std::uint64_t log_id = 0;
  Position durable;
  std::uint32_t batch_bytes = 0;   // whole batch: headers, records, padding; whole blocks
  std::uint32_t record_count = 0;  // at least 1
  Hash128 records_hash;            // XXH3-128 over the record bytes
  std::uint64_t previous_link = 0;
  std::uint32_t record_bytes = 0;
  std::uint32_t block_bytes = 0;
};
static_assert(sizeof(BatchBody) == 64 && std::is_trivially_copyable_v<BatchBody>);
static_assert(offsetof(BatchBody, log_id) == 0 && offsetof(BatchBody, durable) == 8);
static_assert(offsetof(BatchBody, batch_bytes) == 24 && offsetof(BatchBody, record_count) == 28);
static_assert(offsetof(BatchBody, records_hash) == 32);
static_assert(offsetof(BatchBody, previous_link) == 48);
static_assert(offsetof(BatchBody, record_bytes) == 56 && offsetof(BatchBody, block_bytes) == 60);

/// A batch header with its body, as it lies at the start of a batch.
struct BatchHeader {
  RecordHeader head;
  BatchBody body;
};
static_assert(sizeof(BatchHeader) == 128);

/// First block of a segment. Written when the writer moves into the segment, which it does only
/// after everything in the segment before is durable.
struct SegmentHeader {
  std::uint32_t magic = kSegmentMagic;
  std::uint8_t version = kFormatVersion;
  std::uint8_t reserved0 = 0;
  std::uint16_t shard = 0;
  std::uint64_t index = 0;
  std::uint64_t log_id = 0;
  Sequence first_sequence = 0;     // of the first record this segment will hold
  std::uint64_t segment_bytes = 0;
  std::uint64_t previous_link = 0;  // link of the last batch before this segment
  std::uint32_t block_bytes = 0;
  std::uint32_t epoch = 0;          // of the last record before this segment
  TimeNs timestamp_ns = 0;          // of the last record before this segment
  std::uint8_t reserved1[60] = {};
  std::uint32_t crc = 0;            // over the 124 bytes before it
};
static_assert(sizeof(SegmentHeader) == 128 && std::is_trivially_copyable_v<SegmentHeader>);
static_assert(offsetof(SegmentHeader, shard) == 6 && offsetof(SegmentHeader, index) == 8);
static_assert(offsetof(SegmentHeader, log_id) == 16);
static_assert(offsetof(SegmentHeader, first_sequence) == 24);
static_assert(offsetof(SegmentHeader, segment_bytes) == 32);
static_assert(offsetof(SegmentHeader, previous_link) == 40);
static_assert(offsetof(SegmentHeader, block_bytes) == 48 && offsetof(SegmentHeader, epoch) == 52);
static_assert(offsetof(SegmentHeader, timestamp_ns) == 56);
static_assert(offsetof(SegmentHeader, reserved1) == 64 && offsetof(SegmentHeader, crc) == 124);

/// Content of the file `durable.mark`: two slots of 512 bytes written in turn after each sync,
/// themselves not synced except at recovery and clean stop. It tells followers on this machine
/// at once what is durable (the log itself says so only in its next batch), and after a crash
/// whatever survives of it is true, since it was written after the sync it speaks of.
struct DurableMark {
  std::uint32_t magic = kMarkMagic;
  std::uint8_t version = kFormatVersion;
  std::uint8_t reserved0 = 0;
  std::uint16_t shard = 0;
  std::uint64_t log_id = 0;
  Sequence durable_sequence = 0;
  Position durable;
  std::uint8_t reserved1[20] = {};
  std::uint32_t crc = 0;  // over the 60 bytes before it
};
static_assert(sizeof(DurableMark) == 64 && std::is_trivially_copyable_v<DurableMark>);
static_assert(offsetof(DurableMark, log_id) == 8 && offsetof(DurableMark, durable) == 24);
static_assert(offsetof(DurableMark, crc) == 60);
inline constexpr std::uint64_t kMarkSlotBytes = 512;
inline constexpr const char* kMarkFile = "durable.mark";

/// Bytes of a record on disk: header, payload, zeros up to a multiple of 8.
constexpr std::size_t record_bytes(std::size_t payload_bytes) {
  return sizeof(RecordHeader) + ((payload_bytes + 7) & ~std::size_t{7});
}
/// `bytes` rounded up to whole blocks; `block_bytes` is a power of two.
constexpr std::uint64_t whole_blocks(std::uint64_t bytes, std::uint32_t block_bytes) {
  return (bytes + block_bytes - 1) & ~std::uint64_t{block_bytes - 1};
}
/// Most disk a record can take: alone in its batch.
constexpr std::uint64_t worst_case_bytes(std::size_t payload_bytes, std::uint32_t block_bytes) {
  return whole_blocks(sizeof(BatchHeader) + record_bytes(payload_bytes), block_bytes);
}
constexpr bool valid_block_bytes(std::uint32_t n) {
  return n >= 512 && n <= 65536 && (n & (n - 1)) == 0;
}

/// `log-<16 hex digits>.seg`, and back; `segment_index` is false for any other name.
std::string segment_name(std::uint64_t index);
bool segment_index(std::string_view name, std::uint64_t& index);
/// Exactly 16 lower-case hex digits.
bool parse_hex16(std::string_view text, std::uint64_t& number);

}  // namespace saker::journal
