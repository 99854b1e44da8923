#include "journal/snapshot_file.hpp"

#include <cstdio>

namespace saker::journal {

namespace {

/// What header and info both say of a snapshot.
template <class To, class From>
To told_as(const From& from) {
  To to;
  to.shard = from.shard;
  to.rule_version = from.rule_version;
  to.epoch = from.epoch;
  to.log_id = from.log_id;
  to.sequence = from.sequence;
  to.timestamp_ns = from.timestamp_ns;
  to.chain_head = from.chain_head;
  to.state_hash = from.state_hash;
  to.build_hash = from.build_hash;
  return to;
}

}  // namespace

const char* to_string(SnapshotStatus status) {
  switch (status) {
    case SnapshotStatus::ok: return "ok";
    case SnapshotStatus::none: return "none";
    case SnapshotStatus::header_crc: return "header_crc";
    case SnapshotStatus::version: return "version";
    case SnapshotStatus::fields: return "fields";
    case SnapshotStatus::size: return "size";
    case SnapshotStatus::chunk_crc: return "chunk_crc";
    case SnapshotStatus::payload_hash: return "payload_hash";
    case SnapshotStatus::ahead_of_log: return "ahead_of_log";
    case SnapshotStatus::io_error: return "io_error";
  }
  return "unknown";
}

std::string snapshot_name(Sequence sequence) {
  char name[40];
  std::snprintf(name, sizeof(name), "snapshot-%016llx.snap",
                static_cast<unsigned long long>(sequence));
  return name;
}

bool snapshot_sequence(std::string_view name, Sequence& sequence) {
  if (name.size() != 30 || name.substr(0, 9) != "snapshot-" || name.substr(25) != ".snap") {
    return false;
  }
  return parse_hex16(name.substr(9, 16), sequence);
}

SnapshotStatus check_snapshot_header(Bytes bytes, std::uint64_t file_bytes,
                                     SnapshotHeader& header) {
  if (bytes.size() < sizeof(header)) return SnapshotStatus::header_crc;
  header = read_as<SnapshotHeader>(bytes);
  const std::uint32_t crc = crc32c(bytes_of(header).first(offsetof(SnapshotHeader, crc)));
  if (header.magic != kSnapshotMagic || header.crc != crc) return SnapshotStatus::header_crc;
  if (header.version != kFormatVersion) return SnapshotStatus::version;
  const bool partial = header.payload_bytes % kSnapshotChunkBytes != 0;
  const std::uint64_t chunks = header.payload_bytes / kSnapshotChunkBytes + (partial ? 1 : 0);
  if (header.chunk_bytes != kSnapshotChunkBytes || header.chunk_count != chunks ||
      header.reserved0 != 0 || !all_zero(std::as_bytes(std::span(header.reserved1)))) {
    return SnapshotStatus::fields;
  }
  const std::uint64_t size =
      sizeof(header) + chunks * sizeof(SnapshotChunk) + header.payload_bytes;
  return file_bytes == size ? SnapshotStatus::ok : SnapshotStatus::size;
}

std::uint32_t snapshot_chunk_crc(std::uint64_t number, Bytes payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  return crc32c(payload, crc32c(bytes_of(length), crc32c(bytes_of(number))));
}

SnapshotHeader to_header(const SnapshotInfo& info) { return told_as<SnapshotHeader>(info); }
SnapshotInfo to_info(const SnapshotHeader& header) { return told_as<SnapshotInfo>(header); }

}  // namespace saker::journal
