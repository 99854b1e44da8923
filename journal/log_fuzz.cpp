#include <algorithm>

#include "common/fuzz.hpp"
#include "journal/fuzz.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {

namespace {

MemoryStorage make_sound_log(bool marked) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.publish_mark = marked;
  TestLog log(storage, config, {});
  SAKER_ASSERT(log.writer.start());
  log.write_batches({1, 3, 9, 14, 20, 2, 10});
  return storage;
}

/// Makes the checksums of the batch at or before `offset` agree with its changed content.
void repair_batch(std::vector<std::byte>& file, std::size_t offset) {
  for (std::size_t at = offset / 512 * 512;; at -= 512) {
    if (at + sizeof(BatchHeader) <= file.size()) {
      auto header = read_as<BatchHeader>(file, at);
      const std::size_t room = file.size() - at - sizeof(BatchHeader);
      if (header.head.type == kBatchType && header.body.record_bytes <= room) {
        std::byte* const records = &file[at + sizeof(BatchHeader)];
        for (std::size_t used = 0; used + sizeof(RecordHeader) <= header.body.record_bytes;) {
          auto record = read_as<RecordHeader>(Bytes(records + used, sizeof(RecordHeader)));
          const std::size_t left = header.body.record_bytes - used - sizeof(record);
          seal(record, {records + used + sizeof(record), std::min<std::size_t>(record.length,
                                                                               left)});
          std::memcpy(records + used, &record, sizeof(record));
          used += sizeof(record) + (std::min<std::size_t>(record.length, left) + 7) / 8 * 8;
        }
        header.body.records_hash = hash128({records, header.body.record_bytes});
        seal(header.head, bytes_of(header.body));
        std::memcpy(&file[at], &header, sizeof(header));
        return;
      }
    }
    if (at == 0) return;
  }
}

/// Makes every batch and segment name what is before it again, so that what is behind a changed one
/// is read, too.
void repair_chain(MemoryStorage& storage) {
  std::uint64_t link = 0;
  for (std::uint64_t index = 0; storage.files().contains(segment_name(index)); ++index) {
    std::vector<std::byte>& file = storage.files().at(segment_name(index)).now;
    auto segment = read_as<SegmentHeader>(file);
    if (index > 0) {
      segment.previous_link = link;
      seal(segment);
      std::memcpy(file.data(), &segment, sizeof(segment));
    }
    std::size_t at = segment.block_bytes;
    while (at > 0 && at + sizeof(BatchHeader) <= file.size()) {
      auto header = read_as<BatchHeader>(file, at);
      if (header.head.type != kBatchType) break;
      if (index > 0 || at > segment.block_bytes) header.body.previous_link = link;
      seal(header.head, bytes_of(header.body));
      std::memcpy(&file[at], &header, sizeof(header));
      link = link_of(header);
      if (header.body.batch_bytes == 0) break;
      at += header.body.batch_bytes;
    }
  }
}

void repair_mark(std::vector<std::byte>& file, std::size_t offset) {
  const std::size_t at = offset / kMarkSlotBytes * kMarkSlotBytes;
  if (at + sizeof(DurableMark) > file.size()) return;
  auto mark = read_as<DurableMark>(file, at);
  seal(mark);
  std::memcpy(&file[at], &mark, sizeof(mark));
}

void patch(MemoryStorage& storage, const std::uint8_t* data, std::size_t size) {
  bool chained = false;
  for (std::size_t i = 0; i + 5 <= size; i += 5) {
    const bool mark = data[i] == 3 && storage.files().contains(kMarkFile);
    std::vector<std::byte>& file =
        storage.files().at(mark ? kMarkFile : segment_name(data[i] % 3)).now;
    const std::size_t offset = data[i + 1] | std::size_t{data[i + 2]} << 8;
    if (offset >= file.size()) continue;
    file[offset] ^= std::byte{data[i + 3]};
    if (mark) {
      if (data[i + 4] == 1) repair_mark(file, offset);
      continue;
    }
    if (data[i + 4] == 1 || data[i + 4] == 3) repair_batch(file, offset);
    chained = chained || data[i + 4] == 3;
    if (data[i + 4] == 2) {
      auto header = read_as<SegmentHeader>(file);
      seal(header);
      std::memcpy(file.data(), &header, sizeof(header));
    }
  }
  if (chained) repair_chain(storage);
}

/// Reads to the end; sequences must rise by one whatever the bytes are.
ReadKind read_through(MemoryStorage& storage, ReadMode mode, Sequence& last) {
  LogReader reader(storage, mode);
  ReadKind kind = reader.next();
  for (last = 0; kind == ReadKind::record; kind = reader.next()) {
    const RecordHeader& header = reader.record().header;
    SAKER_ASSERT(last == 0 || header.sequence == last + 1);
    SAKER_ASSERT(reader.record().payload.size() == header.length);
    SAKER_ASSERT(header.payload_crc == crc32c(reader.record().payload));
    last = header.sequence;
  }
  return kind;
}

}  // namespace

void fuzz_log(const std::uint8_t* data, std::size_t size) {
  static const MemoryStorage unmarked = make_sound_log(false);
  static const MemoryStorage marked = make_sound_log(true);
  if (size == 0) return;
  MemoryStorage storage;
  if (data[0] % 2 == 1) {
    storage = data[0] % 4 == 3 ? marked : unmarked;
    patch(storage, data + 1, size - 1);
  } else {
    const auto* const bytes = reinterpret_cast<const std::byte*>(data + 1);
    const std::size_t first = std::min<std::size_t>(size - 1, 8192);
    storage.files()[segment_name(0)].now.assign(bytes, bytes + first);
    storage.files()[segment_name(1)].now.assign(bytes + first, bytes + size - 1);
  }
  for (auto& [name, file] : storage.files()) file.synced = file.now;
  Sequence last = 0;
  Sequence followed = 0;
  const ReadKind kind = read_through(storage, ReadMode::sealed, last);
  SAKER_ASSERT(kind != ReadKind::nothing_yet && kind != ReadKind::io_error);
  const ReadKind follow_kind = read_through(storage, ReadMode::follow, followed);
  SAKER_ASSERT(follow_kind == ReadKind::nothing_yet || follow_kind == ReadKind::corruption);
  SAKER_ASSERT(kind == ReadKind::corruption || followed <= last);

  const Recovery recovery = recover(storage);
  SAKER_ASSERT(recovery.kind == kind);
  if (!recovery.ok()) return;
  // What recovery has accepted is clean, durable, and can be gone on with.
  storage.crash();
  Sequence again = 0;
  SAKER_ASSERT(read_through(storage, ReadMode::sealed, again) == ReadKind::end && again == last);
}

}  // namespace saker::journal

SAKER_FUZZ_TARGET(saker::journal::fuzz_log)
