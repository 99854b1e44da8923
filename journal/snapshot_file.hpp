// Snapshots of the state, so that a restart need not replay the log from its beginning. The
// payload is opaque here. A snapshot is written under a temporary name, synced, renamed and the
// directory synced: under its own name there is only ever a whole one. Two are kept; a reader
// that finds the newer one damaged takes the older and replays a little more.
//
// File: SnapshotHeader, then chunks: {length, crc} and up to 64 KiB of payload each.
#pragma once

#include <optional>

#include "journal/format.hpp"
#include "journal/storage.hpp"

namespace saker::journal {

inline constexpr std::uint32_t kSnapshotMagic = 0x53534B53;  // "SKSS"
inline constexpr std::uint32_t kSnapshotChunkBytes = 65536;
inline constexpr const char* kSnapshotTemporary = "snapshot.tmp";
inline constexpr std::size_t kSnapshotsKept = 2;

/// What a snapshot says about itself.
struct SnapshotInfo {
  std::uint16_t shard = 0;
  std::uint16_t rule_version = 0;
  std::uint32_t epoch = 0;
  std::uint64_t log_id = 0;      // of the log it belongs to
  Sequence sequence = 0;         // of the last command in it
  TimeNs timestamp_ns = 0;       // of that command
  std::uint64_t chain_head = 0;  // event chain after that command
  Hash128 state_hash;            // logical state hash, for the loader to compare
  Hash128 build_hash;            // of the program that wrote it
};

struct SnapshotHeader {
  std::uint32_t magic = kSnapshotMagic;
  std::uint8_t version = kFormatVersion;
  std::uint8_t reserved0 = 0;
  std::uint16_t shard = 0;
  std::uint32_t epoch = 0;
  std::uint32_t chunk_bytes = kSnapshotChunkBytes;
  Sequence sequence = 0;
  TimeNs timestamp_ns = 0;
  std::uint64_t chain_head = 0;
  std::uint64_t log_id = 0;
  Hash128 state_hash;
  Hash128 build_hash;
  std::uint64_t payload_bytes = 0;
  Hash128 payload_hash;
  std::uint32_t chunk_count = 0;
  std::uint16_t rule_version = 0;
  std::uint8_t reserved1[14] = {};
  std::uint32_t crc = 0;  // over the 124 bytes before it
};
static_assert(sizeof(SnapshotHeader) == 128 && std::is_trivially_copyable_v<SnapshotHeader>);
static_assert(offsetof(SnapshotHeader, sequence) == 16 && offsetof(SnapshotHeader, log_id) == 40);
static_assert(offsetof(SnapshotHeader, state_hash) == 48);
static_assert(offsetof(SnapshotHeader, build_hash) == 64);
static_assert(offsetof(SnapshotHeader, payload_bytes) == 80);
static_assert(offsetof(SnapshotHeader, payload_hash) == 88);
static_assert(offsetof(SnapshotHeader, chunk_count) == 104);
static_assert(offsetof(SnapshotHeader, crc) == 124);

struct SnapshotChunk {
  std::uint32_t length = 0;
  std::uint32_t crc = 0;  // over the chunk's number (64 bits), its length and its payload
};

enum class SnapshotStatus : std::uint8_t {
  ok,
  none,          // there is no snapshot
  header_crc,    // too short for a header, or its checksum or magic does not agree
  version,       // written by a later version of this program
  fields,        // impossible values, or not the sequence its name says
  size,          // the file is not as long as its header says
  chunk_crc,     // a chunk's checksum does not agree
  payload_hash,  // every chunk is sound, together they are not the payload
  ahead_of_log,  // its sequence is beyond what the caller has of the log
  io_error,
};
const char* to_string(SnapshotStatus status);

std::string snapshot_name(Sequence sequence);
bool snapshot_sequence(std::string_view name, Sequence& sequence);
SnapshotStatus check_snapshot_header(Bytes bytes, std::uint64_t file_bytes,
                                     SnapshotHeader& header);
std::uint32_t snapshot_chunk_crc(std::uint64_t number, Bytes payload);
/// Header and info are two views of the same.
SnapshotHeader to_header(const SnapshotInfo& info);
SnapshotInfo to_info(const SnapshotHeader& header);
/// Sequences of the snapshots there are, newest first.
template <Storage S>
IoStatus list_snapshots(S& storage, std::vector<Sequence>& sequences);

/// Removes all but the newest `keep`.
template <Storage S>
IoStatus remove_old_snapshots(S& storage, std::size_t keep = kSnapshotsKept);

/// Writes one snapshot: begin, write as often as needed, commit or abandon.
template <Storage S>
class SnapshotWriter {
 public:
  explicit SnapshotWriter(S& storage) : storage_(storage) {}
  ~SnapshotWriter() { abandon(); }
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  IoStatus begin();
  /// Once this has said anything but ok, so do all later calls, and commit().
  IoStatus write(Bytes payload);
  /// Makes the snapshot durable under its name and removes all but the newest `keep`. A result
  /// other than ok leaves the earlier snapshots as they were.
  IoStatus commit(const SnapshotInfo& info, std::size_t keep = kSnapshotsKept);
  /// Removes what was begun.
  void abandon();

 private:
  IoStatus flush_chunk();
  IoStatus publish(const SnapshotHeader& header);

  S& storage_;
  FileId file_ = FileId::none;
  IoStatus status_ = IoStatus::ok;
  std::vector<std::byte> chunk_;
  std::uint64_t offset_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::uint32_t chunk_count_ = 0;
  StreamHasher hasher_;
};

/// A snapshot that was passed over, and why.
struct SnapshotProblem {
  std::string name;
  SnapshotStatus status = SnapshotStatus::ok;
  std::uint64_t offset = 0;  // of the damage in the file
};

/// Reads a snapshot, all of it verified before the first byte is handed out.
template <Storage S>
class SnapshotReader {
 public:
  explicit SnapshotReader(S& storage) : storage_(storage) {}
  ~SnapshotReader() { close(); }
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  /// Opens the newest sound one whose sequence is at most `limit` (the end of the log).
  /// problems() lists those passed over; `none` when there was none, otherwise what was wrong
  /// with the newest when all were unusable.
  SnapshotStatus open_newest(Sequence limit = UINT64_MAX);
  SnapshotStatus open(const std::string& name);
  const SnapshotInfo& info() const { return info_; }
  std::uint64_t payload_bytes() const { return header_.payload_bytes; }
  const std::vector<SnapshotProblem>& problems() const { return problems_; }

  /// Up to out.size() bytes more of the payload; `got` is less only at its end.
  SnapshotStatus read(std::span<std::byte> out, std::size_t& got);
  /// Where in the file a failed open found the damage.
  std::uint64_t damage_offset() const { return offset_; }

 private:
  SnapshotStatus verify(const std::string& name);
  SnapshotStatus next_chunk();
  void rewind();
  void close();

  S& storage_;
  FileId file_ = FileId::none;
  SnapshotHeader header_;
  SnapshotInfo info_;
  std::vector<SnapshotProblem> problems_;
  std::vector<std::byte> chunk_;
  std::size_t chunk_used_ = 0;
  std::uint64_t chunk_number_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace saker::journal

#include "journal/snapshot_file_impl.hpp"
