#include "journal/snapshot_file.hpp"

#include <gtest/gtest.h>

#include "journal/memory_storage.hpp"

namespace saker::journal {
namespace {

std::vector<std::byte> some_payload(Sequence sequence, std::size_t size) {
  std::vector<std::byte> payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = std::byte(sequence * 31 + i * 7 + i / 251);
  return payload;
}

SnapshotInfo info_of(Sequence sequence) {
  SnapshotInfo info;
  info.shard = 7;
  info.epoch = 2;
  info.log_id = 99;
  info.sequence = sequence;
  info.chain_head = sequence * 1000;
  info.state_hash = {sequence, 5};
  return info;
}

IoStatus write_snapshot(MemoryStorage& storage, Sequence sequence, std::size_t size) {
  SnapshotWriter writer(storage);
  const std::vector<std::byte> payload = some_payload(sequence, size);
  IoStatus status = writer.begin();
  const Bytes bytes = payload;
  for (std::size_t at = 0; at < size; at += 1000) {
    status = writer.write(bytes.subspan(at, std::min<std::size_t>(1000, size - at)));
  }
  const IoStatus committed = writer.commit(info_of(sequence));
  EXPECT_TRUE(status == IoStatus::ok || committed != IoStatus::ok);
  return committed;
}

std::vector<std::byte> read_payload(SnapshotReader<MemoryStorage>& reader) {
  std::vector<std::byte> payload;
  std::byte piece[777];
  for (std::size_t got = sizeof(piece); got == sizeof(piece);) {
    EXPECT_EQ(reader.read(piece, got), SnapshotStatus::ok);
    payload.insert(payload.end(), piece, piece + got);
  }
  return payload;
}

TEST(SnapshotFile, WhatIsWrittenIsRead) {
  for (const std::size_t size : {0u, 1u, 999u, 65535u, 65536u, 65537u, 200000u}) {
    MemoryStorage storage;
    ASSERT_EQ(write_snapshot(storage, 5, size), IoStatus::ok);
    storage.crash();
    SnapshotReader reader(storage);
    ASSERT_EQ(reader.open_newest(), SnapshotStatus::ok);
    EXPECT_EQ(reader.info().sequence, 5u);
    EXPECT_EQ(reader.info().chain_head, 5000u);
    EXPECT_EQ(reader.info().state_hash, (Hash128{5, 5}));
    EXPECT_EQ(reader.payload_bytes(), size);
    EXPECT_EQ(read_payload(reader), some_payload(5, size));
  }
}

TEST(SnapshotFile, TwoAreKept) {
  MemoryStorage storage;
  for (const Sequence sequence : {10u, 20u, 30u, 40u}) {
    ASSERT_EQ(write_snapshot(storage, sequence, 100), IoStatus::ok);
  }
  std::vector<Sequence> sequences;
  ASSERT_EQ(list_snapshots(storage, sequences), IoStatus::ok);
  EXPECT_EQ(sequences, (std::vector<Sequence>{40, 30}));
}

TEST(SnapshotFile, EveryDamagedByteMakesTheOlderOneServe) {
  MemoryStorage storage;
  ASSERT_EQ(write_snapshot(storage, 10, 70000), IoStatus::ok);
  ASSERT_EQ(write_snapshot(storage, 20, 70000), IoStatus::ok);
  std::vector<std::byte>& newest = storage.files()[snapshot_name(20)].now;
  for (std::size_t at = 0; at < newest.size(); at += at < 200 || at % 65600 < 300 ? 1 : 977) {
    newest[at] ^= std::byte{0x10};
    SnapshotReader reader(storage);
    ASSERT_EQ(reader.open_newest(), SnapshotStatus::ok) << at;
    ASSERT_EQ(reader.info().sequence, 10u) << at;
    ASSERT_EQ(reader.problems().size(), 1u);
    ASSERT_LE(reader.problems()[0].offset, at);
    newest[at] ^= std::byte{0x10};
  }
}

TEST(SnapshotFile, EveryTruncationIsSeen) {
  MemoryStorage storage;
  ASSERT_EQ(write_snapshot(storage, 20, 70000), IoStatus::ok);
  std::vector<std::byte>& file = storage.files()[snapshot_name(20)].now;
  const std::vector<std::byte> whole = file;
  for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 499) {
    file.assign(whole.begin(), whole.begin() + static_cast<long>(size));
    SnapshotReader reader(storage);
    const SnapshotStatus status = reader.open_newest();
    ASSERT_TRUE(status == SnapshotStatus::header_crc || status == SnapshotStatus::size) << size;
  }
  file = whole;
  file.push_back(std::byte{0});
  SnapshotReader reader(storage);
  EXPECT_EQ(reader.open_newest(), SnapshotStatus::size);
}

TEST(SnapshotFile, SwappedChunksAreSeen) {
  MemoryStorage storage;
  ASSERT_EQ(write_snapshot(storage, 20, 3 * 65536), IoStatus::ok);
  std::vector<std::byte>& file = storage.files()[snapshot_name(20)].now;
  const std::size_t first = sizeof(SnapshotHeader);
  const std::size_t size = sizeof(SnapshotChunk) + kSnapshotChunkBytes;
  std::swap_ranges(file.begin() + first, file.begin() + first + size,
                   file.begin() + first + size);
  SnapshotReader reader(storage);
  EXPECT_EQ(reader.open_newest(), SnapshotStatus::chunk_crc);
}

TEST(SnapshotFile, OneAheadOfTheLogIsPassedOver) {
  MemoryStorage storage;
  ASSERT_EQ(write_snapshot(storage, 10, 10), IoStatus::ok);
  ASSERT_EQ(write_snapshot(storage, 20, 10), IoStatus::ok);
  SnapshotReader reader(storage);
  ASSERT_EQ(reader.open_newest(19), SnapshotStatus::ok);
  EXPECT_EQ(reader.info().sequence, 10u);
  EXPECT_EQ(reader.problems()[0].status, SnapshotStatus::ahead_of_log);
  EXPECT_EQ(reader.open_newest(9), SnapshotStatus::ahead_of_log);
}

TEST(SnapshotFile, RenamedFileIsNotBelieved) {
  MemoryStorage storage;
  ASSERT_EQ(write_snapshot(storage, 10, 10), IoStatus::ok);
  ASSERT_EQ(storage.rename(snapshot_name(10), snapshot_name(11)), IoStatus::ok);
  SnapshotReader reader(storage);
  EXPECT_EQ(reader.open_newest(), SnapshotStatus::fields);
}

// Whatever operation fails, and whether it fails or the power goes: the earlier snapshot serves,
// or the new one is whole.
TEST(SnapshotFile, FailureAtEveryOperation) {
  for (const IoStatus error : {IoStatus::io_error, IoStatus::no_space}) {
    bool reached_end = false;
    for (std::uint64_t fail_at = 1; !reached_end; ++fail_at) {
      MemoryStorage storage;
      ASSERT_EQ(write_snapshot(storage, 10, 70000), IoStatus::ok);
      const std::uint64_t from = storage.operations;
      storage.fault = [&](MemoryStorage::Op, std::string_view) {
        return storage.operations == from + fail_at ? error : IoStatus::ok;
      };
      const IoStatus status = write_snapshot(storage, 20, 70000);
      reached_end = storage.operations < from + fail_at;
      storage.fault = {};
      storage.crash();
      SnapshotReader reader(storage);
      ASSERT_EQ(reader.open_newest(), SnapshotStatus::ok);
      const Sequence got = reader.info().sequence;
      ASSERT_TRUE(got == 20 || (got == 10 && status != IoStatus::ok)) << fail_at;
      ASSERT_EQ(read_payload(reader), some_payload(got, 70000));
    }
  }
}

TEST(SnapshotFile, NothingThere) {
  MemoryStorage storage;
  SnapshotReader reader(storage);
  EXPECT_EQ(reader.open_newest(), SnapshotStatus::none);
}

}  // namespace
}  // namespace saker::journal
