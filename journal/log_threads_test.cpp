// The log on real threads and real files.
#include "journal/log_threads.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "journal/log_storage.hpp"
#include "journal/posix_storage.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

/// A directory of its own, gone at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ::testing::TempDir() + "saker-journal-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

LogConfig file_config() {
  LogConfig config = small_config();
  config.segment_bytes = 256 * 1024;
  config.ring_bytes = 64 * 1024;
  config.max_batch_bytes = 32 * 1024;
  config.zero_chunk_bytes = 64 * 1024;
  config.reserve_bytes = 32 * 1024;
  return config;
}

std::uint64_t cpu_ns() {
  timespec t;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

using Writer = LogWriter<LogStorage>;

void wait_for_room(Writer& writer, std::size_t payload_bytes) {
  while (writer.room() != Room::normal || !writer.can_append(payload_bytes)) {
    ASSERT_FALSE(writer.failed());
    std::this_thread::yield();
  }
}

/// Through the page cache, whatever way the log is written.
Recovery recover_as_the_engine_does(const std::string& directory) {
  PosixStorage storage;
  EXPECT_EQ(storage.open_directory(directory, PosixStorage::Access::read_write), IoStatus::ok);
  return recover(storage);
}

/// Appends records up to `last` and follows its own log meanwhile with another reader.
void produce(Writer& writer, Sequence first, Sequence last) {
  for (Sequence sequence = first; sequence <= last; ++sequence) {
    const std::string payload = payload_of(sequence);
    wait_for_room(writer, payload.size());
    writer.append(fields_of(sequence), as_bytes(payload));
    if (sequence % 16 == 0) writer.kick();
  }
  writer.kick();
}

void write_and_follow(WriterWait wait, WritePath path = WritePath::automatic) {
  const TemporaryDirectory directory;
  LogStorage storage;
  PosixStorage followed;
  ASSERT_EQ(storage.open_directory(directory.path()), IoStatus::ok);
  ASSERT_TRUE(storage.choose(path, file_config().block_bytes));
  ASSERT_EQ(followed.open_directory(directory.path(), PosixStorage::Access::read_only),
            IoStatus::ok);
  constexpr Sequence kPerRun = 10000;
  LogReader follower(followed, ReadMode::follow);
  Sequence seen = 0;
  for (Sequence run = 0; run < 2; ++run) {
    const Recovery recovery = recover_as_the_engine_does(directory.path());
    ASSERT_TRUE(recovery.ok());
    ASSERT_EQ(recovery.state.last_sequence, run * kPerRun);
    SegmentAllocator allocator(storage, file_config(), recovery.state.next_segment());
    LogWriter writer(storage, allocator, file_config(), recovery.state);
    ASSERT_TRUE(writer.start());
    std::atomic<Sequence> told{0};
    WakeUp released;
    writer.set_on_durable([&](Sequence sequence) {
      told.store(sequence, std::memory_order_release);
      released.notify();
    });
    LogThreads threads(writer, allocator, file_config(), wait);
    threads.start();
    const Sequence last = (run + 1) * kPerRun;
    std::thread producer([&] { produce(writer, run * kPerRun + 1, last); });
    while (seen < last) {
      ASSERT_EQ(read_all(follower, seen), ReadKind::nothing_yet);
      ASSERT_LE(seen, writer.durable_sequence());
      released.prepare();
      if (told.load(std::memory_order_acquire) > seen) {
        released.cancel();
      } else {
        released.wait(1'000'000);
      }
    }
    producer.join();
    EXPECT_TRUE(threads.stop());
    EXPECT_EQ(writer.durable_sequence(), last);
  }
}

TEST(LogThreads, SleepingWriterAndFollower) { write_and_follow(WriterWait::wake); }
TEST(LogThreads, SpinningWriterAndFollower) { write_and_follow(WriterWait::spin); }
TEST(LogThreads, NappingWriterAndFollower) { write_and_follow(WriterWait::nap); }
TEST(LogThreads, PortableWriterAndFollower) {
  write_and_follow(WriterWait::wake, WritePath::portable);
}

TEST(LogThreads, IdleCostsNothing) {
  const TemporaryDirectory directory;
  LogStorage storage;
  ASSERT_EQ(storage.open_directory(directory.path() + "/log"), IoStatus::ok);
  ASSERT_TRUE(storage.choose(WritePath::automatic, file_config().block_bytes));
  SegmentAllocator allocator(storage, file_config(), 0);
  LogWriter writer(storage, allocator, file_config(), {});
  ASSERT_TRUE(writer.start());
  LogThreads threads(writer, allocator, file_config(), WriterWait::wake);
  threads.start();
  wait_for_room(writer, 100);
  produce(writer, 1, 10);
  while (writer.durable_sequence() < 10 || !allocator.ready()) ::usleep(1000);
  ::usleep(50'000);
  const std::uint64_t before = cpu_ns();
  ::usleep(200'000);
  EXPECT_LT(cpu_ns() - before, 2'000'000u);  // 1 %
  EXPECT_TRUE(threads.stop());
  EXPECT_EQ(recover_as_the_engine_does(directory.path() + "/log").state.last_sequence, 10u);
}

TEST(PosixStorage, TellsErrorsApart) {
  const TemporaryDirectory directory;
  PosixStorage storage;
  EXPECT_EQ(storage.open_directory(directory.path() + "/a/b", PosixStorage::Access::read_write),
            IoStatus::not_found);
  ASSERT_EQ(storage.open_directory(directory.path(), PosixStorage::Access::read_write),
            IoStatus::ok);
  FileId file = FileId::none;
  EXPECT_EQ(storage.open("absent", file), IoStatus::not_found);
  EXPECT_EQ(storage.remove("absent"), IoStatus::not_found);
  ASSERT_EQ(storage.create("full", file), IoStatus::ok);
  storage.close(file);
  PosixStorage devices;
  ASSERT_EQ(devices.open_directory("/dev", PosixStorage::Access::read_write), IoStatus::ok);
  ASSERT_EQ(devices.open("full", file), IoStatus::ok);  // the device that is always full
  EXPECT_EQ(devices.write_at(file, 0, as_bytes("x")), IoStatus::no_space);
  devices.close(file);
  EXPECT_EQ(storage.write_at(FileId{-5}, 0, as_bytes("x")), IoStatus::io_error);
  EXPECT_EQ(storage.sync(FileId{-5}), IoStatus::io_error);
  std::uint64_t free = 0;
  EXPECT_EQ(storage.free_bytes(free), IoStatus::ok);
  EXPECT_GT(free, 0u);
}

}  // namespace
}  // namespace saker::journal
