#include "journal/log_writer.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "journal/posix_storage.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

using Op = MemoryStorage::Op;

Sequence last_in(MemoryStorage& storage, ReadKind expected = ReadKind::end) {
  LogReader reader(storage, ReadMode::sealed);
  Sequence last = 0;
  EXPECT_EQ(read_all(reader, last), expected);
  return last;
}

TEST(LogWriter, WhatIsWrittenIsRead) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  EXPECT_EQ(log.writer.room(), Room::none);
  log.settle();
  EXPECT_EQ(log.writer.room(), Room::normal);
  log.write_batches({1, 3, 1, 20, 7, 30, 30, 30, 2});
  EXPECT_EQ(log.writer.durable_sequence(), 124u);
  EXPECT_GE(storage.files().size(), 4u);
  EXPECT_TRUE(log.writer.close());
  storage.crash();
  EXPECT_EQ(last_in(storage), 124u);
}

TEST(LogWriter, EveryLengthOfPayload) {
  MemoryStorage storage;
  LogConfig config = small_config();
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  const std::string text(config.max_payload_bytes, 'x');
  for (std::size_t length = 0; length <= text.size(); ++length) {
    ASSERT_TRUE(log.writer.can_append(length));
    log.writer.append(fields_of(length + 1), as_bytes(text).first(length / 2),
                      as_bytes(text).subspan(length / 2, length - length / 2));
    if (length % 3 == 0) log.settle();
  }
  log.settle();
  LogReader reader(storage, ReadMode::sealed);
  for (std::size_t length = 0; length <= text.size(); ++length) {
    ASSERT_EQ(reader.next(), ReadKind::record);
    ASSERT_EQ(reader.record().payload.size(), length);
    ASSERT_TRUE(length == 0 ||
                std::memcmp(reader.record().payload.data(), text.data(), length) == 0);
  }
  EXPECT_EQ(reader.next(), ReadKind::end);
}

TEST(LogWriter, BlocksOf4096) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.block_bytes = 4096;
  config.segment_bytes = 65536;
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({1, 2, 50, 3});
  EXPECT_EQ(log.writer.state().next.offset % 4096, 0u);
  EXPECT_EQ(last_in(storage), 56u);

  // The next run may use another block size: the current segment keeps its own.
  const Recovery recovery = recover(storage);
  TestLog again(storage, small_config(), recovery.state);
  ASSERT_TRUE(again.writer.start());
  again.write_batches({60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60});
  EXPECT_EQ(again.writer.state().block_bytes, 512u);
  EXPECT_EQ(last_in(storage), 56u + 12 * 60);
}

TEST(LogWriter, SeekReadsOnlyFromTheRightSegment) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  for (int i = 0; i < 200; ++i) log.write_batches({5});
  ASSERT_GT(log.writer.state().next.segment, 10u);
  for (Sequence from = 1; from <= 1001; from += 50) {
    LogReader reader(storage, ReadMode::sealed, from);
    Sequence last = from - 1;
    EXPECT_EQ(read_all(reader, last), ReadKind::end);
    EXPECT_EQ(last, 1000u);
    EXPECT_EQ(reader.first_sequence(), 1u);
  }
  // Damage far before the place that is read from is not looked at, so restarts stay short.
  storage.files().at(segment_name(2)).now[1000] ^= std::byte{1};
  LogReader reader(storage, ReadMode::sealed, 900);
  Sequence last = 899;
  EXPECT_EQ(read_all(reader, last), ReadKind::end);
  EXPECT_EQ(last, 1000u);
}

// --- Full disk -------------------------------------------------------------------------------

TEST(LogWriter, FullDiskKeepsTheReserveAndGoesOnByItself) {
  MemoryStorage storage;
  const LogConfig config = small_config();
  storage.capacity_bytes = 2 * config.segment_bytes + 2000;  // two segments and the mark
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.settle();
  std::vector<Room> seen;
  while (log.writer.room() != Room::none) {
    if (seen.empty() || seen.back() != log.writer.room()) seen.push_back(log.writer.room());
    log.write_batches({1});
    log.now_ns += config.retry_interval_ns;
    ASSERT_FALSE(log.writer.failed());
  }
  EXPECT_EQ(seen, (std::vector<Room>{Room::normal, Room::low}));
  EXPECT_EQ(log.allocator.status(), AllocatorStatus::no_space);

  // A caller who appends regardless loses nothing; it only waits.
  const Sequence durable = log.writer.durable_sequence();
  log.append(20);
  log.settle();
  EXPECT_TRUE(log.writer.starved());
  EXPECT_LT(log.writer.durable_sequence(), durable + 20);
  EXPECT_FALSE(log.writer.poll(log.now_ns));

  storage.capacity_bytes *= 4;
  log.now_ns += config.retry_interval_ns;
  log.settle();
  EXPECT_EQ(log.writer.durable_sequence(), durable + 20);
  EXPECT_EQ(log.writer.room(), Room::normal);
  EXPECT_EQ(last_in(storage), durable + 20);
}

// room() is a promise: as long as it is not `none`, one more record of any length gets durable.
TEST(LogWriter, RoomIsAPromise) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    MemoryStorage storage;
    const LogConfig config = small_config();
    storage.capacity_bytes = (1 + seed % 3) * config.segment_bytes + 1500;
    TestLog log(storage, config, {});
    ASSERT_TRUE(log.writer.start());
    log.settle();
    const std::string text(config.max_payload_bytes, 'x');
    while (log.writer.room() != Room::none) {
      const std::size_t length = random() % (config.max_payload_bytes + 1);
      if (!log.writer.can_append(length)) {
        log.settle();
        continue;
      }
      log.writer.append(fields_of(log.next_sequence++), as_bytes(text).first(length));
      if (random() % 4 == 0) log.settle();
      if (random() % 4 == 0) log.writer.poll(log.now_ns);
    }
    log.settle();
    ASSERT_TRUE(log.writer.idle()) << seed;
    ASSERT_EQ(log.writer.durable_sequence(), log.next_sequence - 1) << seed;
  }
}

TEST(LogWriter, FreeSpaceReserveIsLeftAlone) {
  MemoryStorage storage;
  LogConfig config = small_config();
  config.keep_free_bytes = 100'000;
  storage.capacity_bytes = 100'000 + config.segment_bytes + 100;
  TestLog log(storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.settle();
  log.write_batches({1});
  log.settle();
  EXPECT_EQ(log.allocator.status(), AllocatorStatus::no_space);
  EXPECT_EQ(storage.files().count(segment_name(1)), 0u);
}

TEST(LogWriter, SegmentPreparedBeforeARestartServesOnAFullDisk) {
  MemoryStorage storage;
  {
    TestLog log(storage, small_config(), {});
    ASSERT_TRUE(log.writer.start());
    log.write_batches({1});
  }
  storage.capacity_bytes = 0;
  TestLog log(storage, small_config(), recover(storage).state);
  ASSERT_TRUE(log.writer.start());
  log.settle();
  EXPECT_EQ(log.allocator.status(), AllocatorStatus::ready);
  log.write_batches({40, 50});
  EXPECT_EQ(log.writer.state().next.segment, 1u);
  EXPECT_EQ(log.writer.durable_sequence(), 91u);
}

// A write that finds no space (as on a copying file system) is repeated, and nothing is lost.
TEST(LogWriter, WriteWithoutSpaceIsRepeated) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({2});
  bool full = true;
  storage.fault = [&](Op op, std::string_view) {
    return full && op == Op::write ? IoStatus::no_space : IoStatus::ok;
  };
  log.write_batches({3});
  EXPECT_TRUE(log.writer.starved());
  EXPECT_EQ(log.writer.room(), Room::none);
  EXPECT_EQ(log.writer.durable_sequence(), 2u);
  full = false;
  EXPECT_FALSE(log.writer.poll(log.now_ns));  // not before the interval is over
  log.now_ns += small_config().retry_interval_ns;
  log.settle();
  EXPECT_EQ(log.writer.durable_sequence(), 5u);
  EXPECT_EQ(log.writer.room(), Room::normal);
}

// --- Failures --------------------------------------------------------------------------------

TEST(LogWriter, FailedSyncIsFinal) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({2});
  bool failing = true;
  int woken = 0;
  log.writer.set_on_durable([&](Sequence) { ++woken; });
  storage.fault = [&](Op op, std::string_view) {
    return failing && op == Op::sync ? IoStatus::io_error : IoStatus::ok;
  };
  log.write_batches({3});
  EXPECT_TRUE(log.writer.failed());
  EXPECT_EQ(log.writer.failure_step(), LogStep::sync_batch);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(log.writer.durable_sequence(), 2u);
  failing = false;
  const std::uint64_t operations = storage.operations;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(log.writer.poll(log.now_ns += 1'000'000'000));
  EXPECT_EQ(storage.operations, operations);  // not touched again
  EXPECT_EQ(log.writer.durable_sequence(), 2u);
  EXPECT_FALSE(log.writer.close());
}

/// Keeps a random part of what was not synced, in sectors, as a power cut may.
void crash_torn(MemoryStorage& storage, std::mt19937& random) {
  for (auto& [name, file] : storage.files()) {
    const std::vector<std::byte> written = file.now;
    file.now = file.synced;
    for (std::size_t at = 0; at < written.size(); at += 512) {
      if (random() % 2 == 0) continue;
      const std::size_t end = std::min(at + 512, written.size());
      if (file.now.size() < end) file.now.resize(end);
      std::copy(written.begin() + static_cast<long>(at), written.begin() + static_cast<long>(end),
                file.now.begin() + static_cast<long>(at));
    }
    file.synced = file.now;
  }
}

/// Writes and recovers over and over; each life ends at a chosen storage operation, with an
/// error there, and then with the process killed or the power cut. What was durable must still
/// be there, and nothing may be refused.
void live_and_die(unsigned seed) {
  std::mt19937 random(seed);
  MemoryStorage storage;
  const LogConfig config = small_config();
  Sequence promised = 0;
  for (int life = 0; life < 25; ++life) {
    storage.fault = {};
    const std::uint64_t die_at = storage.operations + 1 + random() % (1u << random() % 9);
    storage.fault = [&](Op, std::string_view) {
      return storage.operations >= die_at ? IoStatus::io_error : IoStatus::ok;
    };
    const Recovery recovery = recover(storage, promised / 2);
    if (recovery.kind != ReadKind::io_error) {
      ASSERT_TRUE(recovery.ok()) << seed << ' ' << life << ' ' << to_string(recovery.damage.check);
      ASSERT_GE(recovery.state.last_sequence, promised) << seed << ' ' << life;
      TestLog log(storage, config, recovery.state);
      if (log.writer.start()) {
        for (int step = 0; step < 400 && !log.writer.failed(); ++step) {
          if (random() % 8 == 0 && log.writer.room() == Room::normal) log.append(random() % 12);
          if (random() % 3 == 0) log.allocator.poll(++log.now_ns);
          log.writer.poll(++log.now_ns);
          ASSERT_GE(log.writer.durable_sequence(), promised);
          promised = log.writer.durable_sequence();
        }
      }
    }
    storage.fault = {};
    if (random() % 3 != 0) crash_torn(storage, random);
  }
  const Recovery recovery = recover(storage);
  ASSERT_TRUE(recovery.ok());
  ASSERT_EQ(recovery.records, recovery.state.last_sequence);
  ASSERT_EQ(last_in(storage), recovery.state.last_sequence);
}

TEST(LogWriter, PowerCutsAndErrorsEverywhere) {
  const char* const more = std::getenv("SAKER_FULL");
  const unsigned seeds = more != nullptr ? 20000 : 120;
  for (unsigned seed = 1; seed <= seeds && !::testing::Test::HasFailure(); ++seed) {
    live_and_die(seed);
  }
}

/// Remembers which bytes were written.
struct WriteRecorder : MemoryStorage {
  std::vector<std::pair<std::string, Position>> writes;  // segment: from, offset: to
  IoStatus write_at(FileId file, std::uint64_t offset, Bytes in) {
    writes.push_back({opened[static_cast<int>(file)], {offset, offset + in.size()}});
    return MemoryStorage::write_at(file, offset, in);
  }
  IoStatus open(std::string_view name, FileId& file) {
    const IoStatus status = MemoryStorage::open(name, file);
    opened[static_cast<int>(file)] = name;
    return status;
  }
  std::map<int, std::string> opened;
};

// Kernel behaviour after a failed sync: the pages look written, later syncs say "ok", and they
// are gone after a power cut. So recovery writes again all it keeps above the durable mark.
TEST(Recovery, DoesNotTrustPagesOfAFailedSync) {
  for (const bool with_mark : {true, false}) {
    WriteRecorder storage;
    TestLog<MemoryStorage> log(storage, small_config(), {});
    ASSERT_TRUE(log.writer.start());
    log.write_batches({4});
    const std::uint64_t durable_end = log.writer.state().next.offset;
    storage.fault = [](Op op, std::string_view) {
      return op == Op::sync ? IoStatus::io_error : IoStatus::ok;
    };
    log.write_batches({9});
    ASSERT_TRUE(log.writer.failed());
    storage.fault = {};
    if (!with_mark) storage.files().erase(kMarkFile);
    const Recovery recovery = recover(storage);
    ASSERT_EQ(recovery.state.last_sequence, 13u);
    ASSERT_FALSE(storage.writes.empty());
    const auto& [name, range] = storage.writes.front();
    EXPECT_EQ(name, segment_name(0));
    EXPECT_EQ(range.segment, durable_end);
    EXPECT_EQ(range.offset, recovery.state.next.offset);
  }
}

// --- Following -------------------------------------------------------------------------------

TEST(Follow, SeesOnlyWhatIsDurable) {
  for (const bool mark : {true, false}) {
    MemoryStorage storage;
    LogConfig config = small_config();
    config.publish_mark = mark;
    LogReader reader(storage, ReadMode::follow);
    EXPECT_EQ(reader.next(), ReadKind::nothing_yet);
    TestLog log(storage, config, {});
    ASSERT_TRUE(log.writer.start());
    Sequence last = 0;
    std::mt19937 random(1);
    int progress = 0;
    for (int step = 0; step < 20000; ++step) {
      if (random() % 6 == 0 && log.writer.room() == Room::normal) log.append(random() % 5);
      if (random() % 2 == 0) log.allocator.poll(log.now_ns);
      log.writer.poll(++log.now_ns);
      const Sequence before = last;
      ASSERT_EQ(read_all(reader, last), ReadKind::nothing_yet);
      ASSERT_LE(last, log.writer.durable_sequence());
      progress += last != before;
    }
    log.settle();
    EXPECT_GT(progress, 1000);
    for (int i = 0; i < 20; ++i) ASSERT_EQ(read_all(reader, last), ReadKind::nothing_yet);
    // Without the mark the last batch becomes known as durable only by the next one.
    if (mark) {
      EXPECT_EQ(last, log.writer.durable_sequence());
    } else {
      EXPECT_LT(last, log.writer.durable_sequence());
    }
    const Sequence durable = log.writer.durable_sequence();
    log.write_batches({1});
    ASSERT_EQ(read_all(reader, last), ReadKind::nothing_yet);
    EXPECT_GE(last, durable);
  }
}

TEST(Follow, StartsAnywhereAndSurvivesARestart) {
  MemoryStorage storage;
  {
    TestLog log(storage, small_config(), {});
    ASSERT_TRUE(log.writer.start());
    for (int i = 0; i < 40; ++i) log.write_batches({5});
  }
  LogReader reader(storage, ReadMode::follow, 150);
  Sequence last = 149;
  ASSERT_EQ(read_all(reader, last), ReadKind::nothing_yet);
  EXPECT_EQ(last, 200u);
  const Recovery recovery = recover(storage);
  TestLog log(storage, small_config(), recovery.state);
  ASSERT_TRUE(log.writer.start());
  for (int i = 0; i < 40; ++i) log.write_batches({5});
  ASSERT_EQ(read_all(reader, last), ReadKind::nothing_yet);
  EXPECT_EQ(last, 400u);
}

TEST(Follow, ReportsDamageToWhatIsDurable) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({5, 5, 5});
  storage.files().at(segment_name(0)).now[1700] ^= std::byte{1};
  LogReader reader(storage, ReadMode::follow);
  Sequence last = 0;
  EXPECT_EQ(read_all(reader, last), ReadKind::corruption);
  EXPECT_EQ(reader.damage().check, Check::records_hash);
}

}  // namespace
}  // namespace saker::journal
