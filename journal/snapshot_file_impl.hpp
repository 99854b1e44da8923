// Bodies of the snapshot templates; included by snapshot_file.hpp only.
#pragma once

#include <algorithm>
#include <functional>

#include "journal/snapshot_file.hpp"

namespace saker::journal {

template <Storage S>
IoStatus list_snapshots(S& storage, std::vector<Sequence>& sequences) {
  sequences.clear();
  std::vector<FileInfo> files;
  const IoStatus status = storage.list(files);
  Sequence sequence;
  for (const FileInfo& file : files) {
    if (snapshot_sequence(file.name, sequence)) sequences.push_back(sequence);
  }
  std::sort(sequences.begin(), sequences.end(), std::greater<>());
  return status;
}

template <Storage S>
IoStatus remove_old_snapshots(S& storage, std::size_t keep) {
  std::vector<Sequence> sequences;
  IoStatus status = list_snapshots(storage, sequences);
  for (std::size_t i = keep; i < sequences.size() && status == IoStatus::ok; ++i) {
    status = storage.remove(snapshot_name(sequences[i]));
  }
  return status;
}

// --- Writing ---------------------------------------------------------------------------------

template <Storage S>
IoStatus SnapshotWriter<S>::begin() {
  abandon();
  status_ = storage_.remove(kSnapshotTemporary);  // left by a crash
  if (status_ == IoStatus::not_found) status_ = IoStatus::ok;
  if (status_ == IoStatus::ok) status_ = storage_.create(kSnapshotTemporary, file_);
  chunk_.clear();
  chunk_.reserve(kSnapshotChunkBytes);
  offset_ = sizeof(SnapshotHeader);
  payload_bytes_ = 0;
  chunk_count_ = 0;
  hasher_ = StreamHasher();
  return status_;
}

template <Storage S>
IoStatus SnapshotWriter<S>::write(Bytes payload) {
  SAKER_ASSERT(file_ != FileId::none || status_ != IoStatus::ok);
  while (!payload.empty() && status_ == IoStatus::ok) {
    const std::size_t size = std::min(payload.size(), kSnapshotChunkBytes - chunk_.size());
    chunk_.insert(chunk_.end(), payload.begin(), payload.begin() + static_cast<long>(size));
    payload = payload.subspan(size);
    if (chunk_.size() == kSnapshotChunkBytes) status_ = flush_chunk();
  }
  return status_;
}

template <Storage S>
IoStatus SnapshotWriter<S>::flush_chunk() {
  hasher_.write(chunk_);
  SnapshotChunk head;
  head.length = static_cast<std::uint32_t>(chunk_.size());
  head.crc = snapshot_chunk_crc(chunk_count_, chunk_);
  IoStatus status = storage_.write_at(file_, offset_, bytes_of(head));
  if (status == IoStatus::ok) status = storage_.write_at(file_, offset_ + sizeof(head), chunk_);
  offset_ += sizeof(head) + chunk_.size();
  payload_bytes_ += chunk_.size();
  ++chunk_count_;
  chunk_.clear();
  return status;
}

template <Storage S>
IoStatus SnapshotWriter<S>::commit(const SnapshotInfo& info, std::size_t keep) {
  if (status_ == IoStatus::ok && !chunk_.empty()) status_ = flush_chunk();
  SnapshotHeader header = to_header(info);
  header.payload_bytes = payload_bytes_;
  header.payload_hash = hasher_.result();
  header.chunk_count = chunk_count_;
  header.crc = crc32c(bytes_of(header).first(offsetof(SnapshotHeader, crc)));
  if (status_ == IoStatus::ok) status_ = publish(header);
  if (status_ != IoStatus::ok) {
    abandon();
    return status_;
  }
  return remove_old_snapshots(storage_, keep);
}

template <Storage S>
IoStatus SnapshotWriter<S>::publish(const SnapshotHeader& header) {
  IoStatus status = storage_.write_at(file_, 0, bytes_of(header));
  if (status == IoStatus::ok) status = storage_.sync(file_);
  if (status != IoStatus::ok) return status;
  storage_.close(file_);
  file_ = FileId::none;
  status = storage_.rename(kSnapshotTemporary, snapshot_name(header.sequence));
  return status == IoStatus::ok ? storage_.sync_dir() : status;
}

template <Storage S>
void SnapshotWriter<S>::abandon() {
  if (file_ == FileId::none) return;
  storage_.close(file_);
  file_ = FileId::none;
  (void)storage_.remove(kSnapshotTemporary);  // if this fails, the next begin() tries again
}

// --- Reading ---------------------------------------------------------------------------------

template <Storage S>
SnapshotStatus SnapshotReader<S>::open_newest(Sequence limit) {
  problems_.clear();
  std::vector<Sequence> sequences;
  if (list_snapshots(storage_, sequences) != IoStatus::ok) return SnapshotStatus::io_error;
  for (const Sequence sequence : sequences) {
    const std::string name = snapshot_name(sequence);
    const SnapshotStatus status = sequence > limit ? SnapshotStatus::ahead_of_log : open(name);
    if (status == SnapshotStatus::ok || status == SnapshotStatus::io_error) return status;
    problems_.push_back({name, status, sequence > limit ? 0 : offset_});
  }
  return problems_.empty() ? SnapshotStatus::none : problems_.front().status;
}

template <Storage S>
SnapshotStatus SnapshotReader<S>::open(const std::string& name) {
  close();
  const SnapshotStatus status = verify(name);
  if (status != SnapshotStatus::ok) {
    close();
    return status;
  }
  rewind();
  info_ = to_info(header_);
  return SnapshotStatus::ok;
}

template <Storage S>
SnapshotStatus SnapshotReader<S>::verify(const std::string& name) {
  offset_ = 0;
  const IoStatus opened = storage_.open(name, file_);
  if (opened == IoStatus::not_found) return SnapshotStatus::none;
  if (opened != IoStatus::ok) return SnapshotStatus::io_error;
  std::uint64_t file_bytes = 0;
  std::byte bytes[sizeof(SnapshotHeader)];
  std::size_t got = 0;
  if (storage_.size(file_, file_bytes) != IoStatus::ok) return SnapshotStatus::io_error;
  if (storage_.read_at(file_, 0, bytes, got) != IoStatus::ok) return SnapshotStatus::io_error;
  const SnapshotStatus status = check_snapshot_header({bytes, got}, file_bytes, header_);
  if (status != SnapshotStatus::ok) return status;
  Sequence named;
  if (snapshot_sequence(name, named) && named != header_.sequence) return SnapshotStatus::fields;

  rewind();
  StreamHasher hasher;
  while (chunk_number_ < header_.chunk_count) {
    const SnapshotStatus chunk = next_chunk();
    if (chunk != SnapshotStatus::ok) return chunk;
    hasher.write(chunk_);
  }
  offset_ = sizeof(SnapshotHeader);
  return hasher.result() == header_.payload_hash ? SnapshotStatus::ok
                                                 : SnapshotStatus::payload_hash;
}

/// Reads and checks the chunk at offset_, and moves on. Lengths follow from the header alone.
template <Storage S>
SnapshotStatus SnapshotReader<S>::next_chunk() {
  const std::uint64_t before = chunk_number_ * kSnapshotChunkBytes;
  const std::size_t length =
      std::min<std::uint64_t>(kSnapshotChunkBytes, header_.payload_bytes - before);
  SnapshotChunk head;
  std::byte head_bytes[sizeof(head)];
  std::size_t got = 0;
  chunk_.resize(length);
  chunk_used_ = 0;
  if (storage_.read_at(file_, offset_, head_bytes, got) != IoStatus::ok) {
    return SnapshotStatus::io_error;
  }
  if (got != sizeof(head)) return SnapshotStatus::size;
  head = read_as<SnapshotChunk>(head_bytes);
  if (storage_.read_at(file_, offset_ + sizeof(head), chunk_, got) != IoStatus::ok) {
    return SnapshotStatus::io_error;
  }
  if (got != length) return SnapshotStatus::size;
  if (head.length != length || head.crc != snapshot_chunk_crc(chunk_number_, chunk_)) {
    return SnapshotStatus::chunk_crc;
  }
  offset_ += sizeof(head) + length;
  ++chunk_number_;
  return SnapshotStatus::ok;
}

template <Storage S>
SnapshotStatus SnapshotReader<S>::read(std::span<std::byte> out, std::size_t& got) {
  got = 0;
  while (got < out.size()) {
    if (chunk_used_ == chunk_.size()) {
      if (chunk_number_ == header_.chunk_count) break;
      const SnapshotStatus status = next_chunk();
      if (status != SnapshotStatus::ok) return status;
    }
    const std::size_t size = std::min(out.size() - got, chunk_.size() - chunk_used_);
    std::memcpy(out.data() + got, chunk_.data() + chunk_used_, size);
    chunk_used_ += size;
    got += size;
  }
  return SnapshotStatus::ok;
}

template <Storage S>
void SnapshotReader<S>::rewind() {
  offset_ = sizeof(SnapshotHeader);
  chunk_number_ = 0;
  chunk_used_ = 0;
  chunk_.clear();
}

template <Storage S>
void SnapshotReader<S>::close() {
  if (file_ != FileId::none) storage_.close(file_);
  file_ = FileId::none;
}

}  // namespace saker::journal
