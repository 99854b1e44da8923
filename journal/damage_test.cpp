// Damage of every kind, everywhere: what may be cut is cut, what was promised is refused, and
// nothing passes unnoticed.
#include <gtest/gtest.h>

#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

/// Three segments' worth of batches of various sizes. Without the mark, so that the tests see
/// the log's own judgement; `with_mark` keeps it.
MemoryStorage make_log(bool with_mark) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.publish_mark = with_mark;
  TestLog log(storage, config, {});
  EXPECT_TRUE(log.writer.start());
  log.settle();
  log.write_batches({1, 3, 1, 12, 7, 17, 20, 15, 2, 9, 2, 5, 14});
  return storage;
}
constexpr Sequence kLast = 108;
constexpr Sequence kLastBatchFirst = 95;

struct Outcome {
  ReadKind kind;
  Sequence last = 0;
  Damage damage;
  LogState state;
};

Outcome read_log(MemoryStorage& storage) {
  LogReader reader(storage, ReadMode::sealed);
  Outcome outcome;
  outcome.kind = read_all(reader, outcome.last);
  outcome.damage = reader.damage();
  outcome.state = reader.state();
  return outcome;
}

std::vector<std::byte>& segment(MemoryStorage& storage, std::uint64_t index) {
  return storage.files().at(segment_name(index)).now;
}

/// Where each batch of the sound log begins, the end last.
std::vector<Position> batch_starts(MemoryStorage& storage) {
  std::vector<Position> starts;
  LogReader reader(storage, ReadMode::sealed);
  Position end;
  while (reader.next() == ReadKind::record) {
    if (reader.state().next == end) continue;
    end = reader.state().next;
    const Position first = reader.record().position;
    starts.push_back({first.segment, first.offset - sizeof(BatchHeader)});
  }
  starts.push_back(end);
  return starts;
}

TEST(Damage, SoundLog) {
  MemoryStorage storage = make_log(false);
  const Outcome outcome = read_log(storage);
  EXPECT_EQ(outcome.kind, ReadKind::end);
  EXPECT_EQ(outcome.last, kLast);
  ASSERT_EQ(outcome.state.next.segment, 2u);
  EXPECT_EQ(storage.files().size(), 4u);  // the next one is prepared
}

/// Four segments of 2 KiB, the last one prepared: small enough to damage every byte.
MemoryStorage make_tiny_log() {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.publish_mark = false;
  config.segment_bytes = 2048;
  config.max_payload_bytes = 120;
  config.reserve_bytes = 512;
  TestLog log(storage, config, {});
  EXPECT_TRUE(log.writer.start());
  log.settle();
  log.write_batches({1, 5, 3, 2, 2, 4});
  EXPECT_EQ(log.writer.state().next.segment, 2u);
  return storage;
}

// Every byte of every segment, the prepared one included.
TEST(Damage, EveryFlippedByteIsSeen) {
  MemoryStorage storage = make_tiny_log();
  const Outcome sound = read_log(storage);
  const Position last_batch = *(batch_starts(storage).rbegin() + 1);
  int torn = 0;
  int refused = 0;
  for (std::uint64_t index = 0; index < 4; ++index) {
    std::vector<std::byte>& file = segment(storage, index);
    for (std::size_t at = 0; at < file.size(); ++at) {
      const std::byte flip = at % 2 == 0 ? std::byte{0x01} : std::byte{0xFF};
      file[at] ^= flip;
      const Outcome outcome = read_log(storage);
      file[at] ^= flip;
      const Position where{index, at};
      const bool tail = where >= last_batch;
      ASSERT_NE(outcome.kind, ReadKind::end) << index << ':' << at;
      ASSERT_NE(outcome.kind, ReadKind::io_error) << index << ':' << at;
      ASSERT_TRUE(tail || outcome.kind == ReadKind::corruption) << index << ':' << at;
      ASSERT_LE(outcome.damage.position, where) << index << ':' << at;
      ASSERT_EQ(outcome.damage.sequence, outcome.state.last_sequence + 1);
      ASSERT_LE(outcome.last, sound.last);
      torn += outcome.kind == ReadKind::torn_tail;
      refused += outcome.kind == ReadKind::corruption;
    }
  }
  EXPECT_GT(torn, 2048);
  EXPECT_GT(refused, 4096);
}

// With the mark, which says that even the last batch was durable, no flip in it is taken for a
// torn write.
TEST(Damage, MarkProtectsTheLastBatch) {
  MemoryStorage storage = make_log(true);
  const std::vector<Position> starts = batch_starts(storage);
  const Position last_batch = *(starts.rbegin() + 1);
  std::vector<std::byte>& file = segment(storage, last_batch.segment);
  for (std::size_t at = last_batch.offset; at < starts.back().offset; at += 7) {
    file[at] ^= std::byte{0x40};
    const Outcome outcome = read_log(storage);
    file[at] ^= std::byte{0x40};
    ASSERT_EQ(outcome.kind, ReadKind::corruption) << at;
  }
}

TEST(Damage, DamagedMarkIsOnlyLost) {
  MemoryStorage storage = make_log(true);
  std::vector<std::byte>& mark = storage.files().at(kMarkFile).now;
  for (std::size_t at = 0; at < mark.size(); ++at) {
    mark[at] ^= std::byte{0x04};
    ASSERT_EQ(read_log(storage).kind, ReadKind::end) << at;
    mark[at] ^= std::byte{0x04};
  }
}

TEST(Damage, LogShorterThanItsMarkIsRefused) {
  MemoryStorage storage = make_log(true);
  const Position last_batch = *(batch_starts(storage).rbegin() + 1);
  std::vector<std::byte>& file = segment(storage, last_batch.segment);
  std::fill(file.begin() + static_cast<long>(last_batch.offset), file.end(), std::byte{0});
  EXPECT_EQ(read_log(storage).damage.check, Check::ends_before_mark);
  for (std::uint64_t index = 0; index < 4; ++index) storage.files().erase(segment_name(index));
  EXPECT_EQ(read_log(storage).damage.check, Check::ends_before_mark);
}

TEST(Damage, MarkOfAnotherLogIsRefused) {
  MemoryStorage storage = make_log(true);
  MemoryStorage other;
  LogConfig config = small_config();
  config.log_id = 5;
  TestLog log(other, config, {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({1});
  storage.files()[kMarkFile] = other.files()[kMarkFile];
  EXPECT_EQ(read_log(storage).damage.check, Check::mark_of_other_log);
}

TEST(Damage, EveryTruncationIsRefused) {
  const MemoryStorage sound = make_log(false);
  for (std::uint64_t index = 0; index < 3; ++index) {
    MemoryStorage storage = sound;
    const std::vector<std::byte> whole = segment(storage, index);
    for (std::size_t size = 0; size < whole.size(); size += 13) {
      segment(storage, index).assign(whole.begin(), whole.begin() + static_cast<long>(size));
      const Outcome outcome = read_log(storage);
      ASSERT_EQ(outcome.kind, ReadKind::corruption) << index << ':' << size;
      segment(storage, index) = whole;
    }
    segment(storage, index).push_back(std::byte{0});
    ASSERT_EQ(read_log(storage).damage.check, Check::segment_size);
  }
}

// A prepared segment may be of any length: a crash can have left it half made.
TEST(Damage, HalfPreparedSegmentIsInOrder) {
  MemoryStorage storage = make_log(false);
  for (const std::size_t size : {0u, 1u, 100u, 4096u}) {
    segment(storage, 3).assign(size, std::byte{0});
    ASSERT_EQ(read_log(storage).kind, ReadKind::end);
  }
}

TEST(Damage, MissingOrSwappedSegmentIsRefused) {
  for (std::uint64_t index = 0; index < 3; ++index) {
    MemoryStorage storage = make_log(false);
    storage.files().erase(segment_name(index));
    const Outcome outcome = read_log(storage);
    if (index == 0) {
      // Archived elsewhere: what remains is whole, but a reader from the start is told.
      EXPECT_EQ(outcome.kind, ReadKind::end);
      LogReader reader(storage, ReadMode::sealed, 1);
      EXPECT_EQ(reader.next(), ReadKind::corruption);
      EXPECT_EQ(reader.damage().check, Check::begins_later);
    } else {
      EXPECT_EQ(outcome.damage.check, Check::segment_missing);
      EXPECT_EQ(outcome.damage.position.segment, index);
    }
  }
  MemoryStorage storage = make_log(false);
  std::swap(segment(storage, 0), segment(storage, 1));
  EXPECT_EQ(read_log(storage).damage.check, Check::segment_fields);
}

// A power cut in the middle of the last batch's write: any subset of its blocks is there.
TEST(Damage, TornLastBatchIsCutAndTheLogGoesOn) {
  const MemoryStorage sound = make_log(false);
  MemoryStorage copy = sound;
  const std::vector<Position> starts = batch_starts(copy);
  const Position last_batch = *(starts.rbegin() + 1);
  const std::size_t blocks = (starts.back().offset - last_batch.offset) / 512;
  ASSERT_GE(blocks, 2u);
  for (unsigned written = 0; written + 1 < 1u << blocks; ++written) {
    MemoryStorage storage = sound;
    std::vector<std::byte>& file = segment(storage, last_batch.segment);
    for (std::size_t block = 0; block < blocks; ++block) {
      if ((written >> block & 1) != 0) continue;
      const auto from = file.begin() + static_cast<long>(last_batch.offset + block * 512);
      std::fill(from, from + 512, std::byte{0});
    }
    Recovery recovery = recover(storage);
    ASSERT_EQ(recovery.kind, written == 0 ? ReadKind::end : ReadKind::torn_tail) << written;
    ASSERT_EQ(recovery.state.last_sequence, kLastBatchFirst - 1);
    storage.crash();  // what recovery keeps or cuts is durable
    ASSERT_EQ(read_log(storage).kind, ReadKind::end);

    TestLog log(storage, small_config(), recovery.state);
    ASSERT_TRUE(log.writer.start());
    log.write_batches({3, 60, 2});
    storage.crash();
    const Outcome outcome = read_log(storage);
    ASSERT_EQ(outcome.kind, ReadKind::end);
    ASSERT_EQ(outcome.last, kLastBatchFirst + 64);
  }
}

// Recovery cuts or refuses whatever byte is flipped, and a log it has accepted reads clean.
TEST(Damage, RecoveryNeverLosesWhatIsBelowTheDurableMark) {
  const MemoryStorage sound = make_log(false);
  for (std::uint64_t index = 0; index < 4; ++index) {
    for (std::size_t at = 0; at < 8192; at += 61) {
      MemoryStorage storage = sound;
      segment(storage, index)[at] ^= std::byte{0x80};
      const Recovery recovery = recover(storage);
      if (recovery.kind == ReadKind::corruption) continue;
      ASSERT_EQ(recovery.kind, ReadKind::torn_tail) << index << ':' << at;
      ASSERT_GE(recovery.state.last_sequence, kLastBatchFirst - 1) << index << ':' << at;
      storage.crash();
      const Outcome outcome = read_log(storage);
      ASSERT_EQ(outcome.kind, ReadKind::end) << index << ':' << at;
      ASSERT_EQ(outcome.last, recovery.state.last_sequence);
    }
  }
}

// One whole batch in the middle is zeros, as if its write had never happened.
TEST(Damage, LostMiddleBatchIsRefused) {
  MemoryStorage copy = make_log(false);
  const std::vector<Position> starts = batch_starts(copy);
  for (std::size_t i = 0; i + 2 < starts.size(); ++i) {
    if (starts[i].segment != starts[i + 1].segment) continue;
    MemoryStorage storage = make_log(false);
    std::vector<std::byte>& file = segment(storage, starts[i].segment);
    std::fill(file.begin() + static_cast<long>(starts[i].offset),
              file.begin() + static_cast<long>(starts[i + 1].offset), std::byte{0});
    const Outcome outcome = read_log(storage);
    ASSERT_EQ(outcome.kind, ReadKind::corruption) << i;
    ASSERT_EQ(outcome.damage.check, Check::not_zero) << i;
  }
}

// Two segments follow: the first of them was begun, whatever is left of its header.
TEST(Damage, LaterPreparedSegmentProvesDurability) {
  MemoryStorage storage = make_log(false);
  const std::vector<Position> starts = batch_starts(storage);
  std::size_t last_of_first = 0;
  while (starts[last_of_first + 1].segment == 0) ++last_of_first;
  storage.files().erase(segment_name(3));
  for (const std::uint64_t index : {1u, 2u}) segment(storage, index).assign(8192, std::byte{0});
  segment(storage, 0)[starts[last_of_first].offset + 300] ^= std::byte{1};
  EXPECT_EQ(read_log(storage).kind, ReadKind::corruption);
}

// A power cut may leave an unfinished batch and dirt in the segment being prepared.
TEST(Damage, DirtInTwoPlacesIsCutInBoth) {
  MemoryStorage storage = make_log(false);
  const Position last_batch = *(batch_starts(storage).rbegin() + 1);
  segment(storage, last_batch.segment)[last_batch.offset + 200] ^= std::byte{1};
  segment(storage, last_batch.segment + 1)[260] = std::byte{1};
  EXPECT_EQ(recover(storage).kind, ReadKind::torn_tail);
  storage.crash();
  const Outcome outcome = read_log(storage);
  EXPECT_EQ(outcome.kind, ReadKind::end);
  EXPECT_EQ(outcome.last, kLastBatchFirst - 1);
}

// A later segment whose header makes no sense, but is whole, proves that the one before it was
// durable as well as a sound one does.
TEST(Damage, StrangeLaterHeaderProvesDurability) {
  MemoryStorage storage = make_log(false);
  const std::vector<Position> starts = batch_starts(storage);
  std::size_t last_of_first = 0;
  while (starts[last_of_first + 1].segment == 0) ++last_of_first;
  storage.files().erase(segment_name(2));
  storage.files().erase(segment_name(3));
  auto header = read_as<SegmentHeader>(segment(storage, 1));
  header.reserved0 = 1;
  seal(header);
  segment(storage, 1).assign(8192, std::byte{0});
  std::memcpy(segment(storage, 1).data(), &header, sizeof(header));
  segment(storage, 0)[starts[last_of_first].offset + 300] ^= std::byte{1};
  EXPECT_EQ(read_log(storage).kind, ReadKind::corruption);
}

TEST(Damage, FirstSegmentHeaderTornBeforeAnythingWasWritten) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.publish_mark = false;
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.settle();
  segment(storage, 0)[5] = std::byte{1};
  const Recovery recovery = recover(storage);
  EXPECT_EQ(recovery.kind, ReadKind::torn_tail);
  EXPECT_FALSE(recovery.state.exists());
  storage.crash();
  TestLog again(storage, config, recovery.state);
  ASSERT_TRUE(again.writer.start());
  again.write_batches({2});
  const Outcome outcome = read_log(storage);
  EXPECT_EQ(outcome.kind, ReadKind::end);
  EXPECT_EQ(outcome.last, 2u);
}

// The only segment has lost its header, which was synced before the first batch was written.
TEST(Damage, LostFirstHeaderBeforeTheOnlyBatchIsRefused) {
  for (const int whole : {0, 1}) {
    MemoryStorage storage;
    LogConfig config = small_config();
    config.publish_mark = false;
    TestLog log(storage, config, {});
    ASSERT_TRUE(log.writer.start());
    log.write_batches({1});
    storage.files().erase(segment_name(1));
    std::vector<std::byte>& file = segment(storage, 0);
    std::fill(file.begin(), file.begin() + (whole == 1 ? 512 : 4), std::byte{0});
    EXPECT_EQ(read_log(storage).kind, ReadKind::corruption) << whole;
  }
}

// A batch of the right shape from another history of the same log must not be taken for ours.
TEST(Damage, BatchOfAnotherHistoryIsRefused) {
  MemoryStorage ours;
  MemoryStorage theirs;
  LogConfig config = small_config();
  config.publish_mark = false;
  TestLog log(ours, config, {});
  TestLog other(theirs, config, {});
  ASSERT_TRUE(log.writer.start() && other.writer.start());
  log.write_batches({3, 3, 3});
  other.write_batches({1, 2, 3, 3});
  const std::vector<Position> at = batch_starts(ours);
  const std::vector<Position> from = batch_starts(theirs);
  // Both hold records 4 to 6 in one batch of equal size.
  ASSERT_EQ(at[2].offset - at[1].offset, from[3].offset - from[2].offset);
  std::copy(segment(theirs, 0).begin() + static_cast<long>(from[2].offset),
            segment(theirs, 0).begin() + static_cast<long>(from[3].offset),
            segment(ours, 0).begin() + static_cast<long>(at[1].offset));
  const Outcome outcome = read_log(ours);
  EXPECT_EQ(outcome.kind, ReadKind::corruption);
  EXPECT_EQ(outcome.damage.check, Check::link);
}

// A client cannot put a batch header into a payload and have it taken for proof of damage.
TEST(Damage, ForgedBatchHeaderInAPayloadProvesNothing) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.publish_mark = false;
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({1});
  BatchHeader forged;
  forged.head.type = kBatchType;
  forged.head.length = sizeof(BatchBody);
  forged.body.log_id = 4711;
  forged.body.durable = {9, 0};
  seal(forged.head, bytes_of(forged.body));
  std::vector<std::byte> payload(500);
  const std::size_t lead = 512 - sizeof(BatchHeader) - sizeof(RecordHeader);
  std::memcpy(payload.data() + lead, &forged, sizeof(forged));
  const Position at = log.writer.state().next;
  RecordFields fields = fields_of(2);
  log.writer.append(fields, payload);
  log.settle();
  std::vector<std::byte>& file = segment(storage, 0);
  ASSERT_EQ(std::memcmp(&file[at.offset + 512], &forged, sizeof(forged)), 0);
  std::fill(&file[at.offset], &file[at.offset + 512], std::byte{0});
  EXPECT_EQ(read_log(storage).kind, ReadKind::torn_tail);
}

}  // namespace
}  // namespace saker::journal
