#include "journal/log_storage.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "journal/page_bytes.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

constexpr std::size_t kSegmentBytes = 64 * 1024;
constexpr std::size_t kBlock = 512;

/// A directory of its own, gone at the end.
class OwnDirectory {
 public:
  explicit OwnDirectory(const std::string& parent = std::filesystem::current_path()) {
    path_ = parent + "/saker-log-storage-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~OwnDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A storage with one segment of zeros, made as the allocator makes it.
struct OneSegment {
  explicit OneSegment(WritePath wanted) {
    EXPECT_EQ(storage.open_directory(directory.path()), IoStatus::ok);
    EXPECT_TRUE(storage.choose(wanted, kBlock)) << storage.note();
    EXPECT_EQ(storage.create(segment_name(0), file), IoStatus::ok);
    const PageBytes zeros(kSegmentBytes);
    EXPECT_EQ(storage.write_at(file, 0, {zeros.data(), kSegmentBytes}), IoStatus::ok);
    EXPECT_EQ(storage.sync(file), IoStatus::ok);
  }
  IoStatus write_and_sync(std::uint64_t offset, Bytes bytes) {
    const IoStatus status = storage.write_at(file, offset, bytes);
    return status == IoStatus::ok ? storage.sync(file) : status;
  }
  std::string path() const { return directory.path() + "/" + segment_name(0); }
  /// The segment's descriptor, whatever stands for it.
  int descriptor() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      if (std::filesystem::read_symlink(entry.path(), gone) == path()) {
        return std::stoi(entry.path().filename());
      }
    }
    return -1;
  }

  OwnDirectory directory;
  LogStorage storage;
  FileId file = FileId::none;
};

class BothPaths : public ::testing::TestWithParam<WritePath> {};
INSTANTIATE_TEST_SUITE_P(LogStorage, BothPaths,
                         ::testing::Values(WritePath::automatic, WritePath::portable),
                         [](const auto& path) {
                           return path.param == WritePath::portable ? "Portable" : "Automatic";
                         });

/// What this host lets us do here, asked without the code under test.
bool host_is_able(const std::string& directory) {
#ifdef STATX_DIOALIGN
  const std::string path = directory + "/able";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
  struct statx info {};
  const bool able = file >= 0 && ::statx(file, "", AT_EMPTY_PATH, STATX_DIOALIGN, &info) == 0 &&
                    (info.stx_mask & STATX_DIOALIGN) != 0 && info.stx_dio_offset_align != 0 &&
                    kBlock % info.stx_dio_offset_align == 0;
  ::close(file);
  ::unlink(path.c_str());
  return able;
#else
  (void)directory;
  return false;
#endif
}

TEST(LogStorage, ChoosesByWhatTheHostAllows) {
  const OwnDirectory directory;
  LogStorage storage;
  ASSERT_EQ(storage.open_directory(directory.path()), IoStatus::ok);
  const bool able = host_is_able(directory.path());
  EXPECT_TRUE(storage.choose(WritePath::automatic, kBlock));
  EXPECT_EQ(storage.direct(), able) << storage.note();
  EXPECT_EQ(storage.choose(WritePath::direct, kBlock), able) << storage.note();
  EXPECT_TRUE(storage.choose(WritePath::portable, kBlock));
  EXPECT_FALSE(storage.direct());
  EXPECT_EQ(storage.note(), "through the page cache, as configured");
  std::vector<FileInfo> files;
  EXPECT_EQ(storage.list(files), IoStatus::ok);
  EXPECT_TRUE(files.empty()) << "the probe's file was left";
}

TEST(LogStorage, MemoryFileSystemAndOddBlocksFallBack) {
  const OwnDirectory directory("/dev/shm");
  LogStorage in_memory;
  ASSERT_EQ(in_memory.open_directory(directory.path()), IoStatus::ok);
  EXPECT_FALSE(in_memory.choose(WritePath::direct, kBlock));
  EXPECT_TRUE(in_memory.choose(WritePath::automatic, kBlock));
  EXPECT_FALSE(in_memory.direct());
  EXPECT_TRUE(in_memory.note().starts_with("through the page cache: ")) << in_memory.note();

  const OwnDirectory on_disk;
  LogStorage odd;
  ASSERT_EQ(odd.open_directory(on_disk.path()), IoStatus::ok);
  EXPECT_TRUE(odd.choose(WritePath::automatic, 100));
  EXPECT_FALSE(odd.direct());
}

/// Others read the same file through the page cache, all the time: before, while and after the
/// writer writes past it. What is durable they see.
TEST_P(BothPaths, ReadersSeeWhatIsDurable) {
  OneSegment segment(GetParam());
  std::atomic<std::uint64_t> durable{0};
  std::atomic<bool> stale{false};
  std::thread reader([&] {
    const int file = ::open(segment.path().c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<std::uint64_t> seen(kSegmentBytes / 8);
    for (std::uint64_t before = 0; before < kSegmentBytes / kBlock;) {
      before = durable.load(std::memory_order_acquire);
      if (::pread(file, seen.data(), kSegmentBytes, 0) != ssize_t{kSegmentBytes}) stale = true;
      for (std::uint64_t i = 0; i < before; ++i) {
        if (seen[i * kBlock / 8] != i + 1 || seen[(i + 1) * kBlock / 8 - 1] != i + 1) stale = true;
      }
    }
    ::close(file);
  });
  PageBytes block(kBlock);
  for (std::uint64_t i = 0; i < kSegmentBytes / kBlock; ++i) {
    const std::uint64_t number = i + 1;
    for (std::size_t at = 0; at < kBlock; at += 8) std::memcpy(block.data() + at, &number, 8);
    EXPECT_EQ(segment.write_and_sync(i * kBlock, {block.data(), kBlock}), IoStatus::ok);
    durable.store(i + 1, std::memory_order_release);
  }
  reader.join();
  EXPECT_FALSE(stale);
}

/// A copy made by a tool that leaves zeros out: the disk may be too full for what is not there.
TEST_P(BothPaths, SegmentWithHolesIsWrittenToo) {
  OneSegment segment(GetParam());
  segment.storage.close(segment.file);
  ASSERT_EQ(::truncate(segment.path().c_str(), 0), 0);
  ASSERT_EQ(::truncate(segment.path().c_str(), kSegmentBytes), 0);
  ASSERT_EQ(segment.storage.open(segment_name(0), segment.file), IoStatus::ok);
  PageBytes block(kBlock);
  for (std::uint64_t i = 0; i < 10; ++i) {
    std::memset(block.data(), static_cast<int>(i + 1), kBlock);
    ASSERT_EQ(segment.write_and_sync(i * kBlock, {block.data(), kBlock}), IoStatus::ok);
  }
  std::array<std::byte, kBlock> read;
  const int file = ::open(segment.path().c_str(), O_RDONLY | O_CLOEXEC);
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_EQ(::pread(file, read.data(), kBlock, static_cast<off_t>(i * kBlock)),
              ssize_t{kBlock});
    EXPECT_EQ(read[0], std::byte(i + 1));
    EXPECT_EQ(read[kBlock - 1], std::byte(i + 1));
  }
  ::close(file);
}

/// The file may not be that long: the write fails, and so does every sync after it.
TEST_P(BothPaths, FailedWriteIsTold) {
  OneSegment segment(GetParam());
  PageBytes block(kBlock);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_action = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{kSegmentBytes / 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const IoStatus allowed = segment.write_and_sync(0, {block.data(), kBlock});
  const IoStatus refused = segment.write_and_sync(kSegmentBytes / 2, {block.data(), kBlock});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old_action);
  EXPECT_EQ(allowed, IoStatus::ok);
  EXPECT_EQ(refused, IoStatus::io_error);
  if (segment.storage.direct()) {
    EXPECT_EQ(segment.storage.sync(segment.file), IoStatus::io_error);
    EXPECT_EQ(segment.write_and_sync(0, {block.data(), kBlock}), IoStatus::io_error);
  }
}

TEST_P(BothPaths, FailedWriteStopsTheLog) {
  OneSegment segment(GetParam());
  LogConfig config = small_config();
  config.segment_bytes = kSegmentBytes;
  config.zero_chunk_bytes = kSegmentBytes;
  TestLog log(segment.storage, config, {});
  ASSERT_TRUE(log.writer.start());
  log.write_batches({3, 5});
  ASSERT_EQ(log.writer.durable_sequence(), 8u);
  log.append(4);
  // Behind everybody's back: the descriptor is another file's, which cannot be written to.
  const int read_only = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (int writers = 0; writers < 2; ++writers) {  // ours and the log's
    const int writer = segment.descriptor();
    ASSERT_GE(writer, 0);
    ASSERT_GE(::dup3(read_only, writer, O_CLOEXEC), 0);
  }
  ::close(read_only);
  log.settle();
  EXPECT_TRUE(log.writer.failed());
  EXPECT_EQ(log.writer.durable_sequence(), 8u);
  EXPECT_FALSE(log.writer.close());
}

TEST_P(BothPaths, LogIsTheSameBytes) {
  OneSegment segment(GetParam());
  LogConfig config = small_config();
  config.segment_bytes = kSegmentBytes;
  config.zero_chunk_bytes = 4096;
  MemoryStorage memory;
  TestLog real(segment.storage, config, {});
  TestLog simple(memory, config, {});
  ASSERT_TRUE(real.writer.start() && simple.writer.start());
  real.settle();
  simple.settle();
  for (const int size : {1, 17, 2, 30, 30, 30, 9, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}) {
    real.write_batches({size});
    simple.write_batches({size});
  }
  ASSERT_TRUE(real.writer.close() && simple.writer.close());
  ASSERT_GE(memory.files().size(), 3u);
  for (const auto& [name, file] : memory.files()) {
    const int real_file = ::open((segment.directory.path() + "/" + name).c_str(),
                                 O_RDONLY | O_CLOEXEC);
    std::vector<std::byte> bytes(file.now.size() + 1);
    EXPECT_EQ(::pread(real_file, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(file.now.size())) << name;
    bytes.pop_back();
    EXPECT_TRUE(bytes == file.now) << name;
    ::close(real_file);
  }
}

TEST(LogStorage, WantsWholeBlocksFromAPage) {
  OneSegment segment(WritePath::automatic);
  const PageBytes bytes(2 * kBlock);
  if (!segment.storage.direct()) return;  // everything goes there
  const auto write = [&](std::size_t skip, std::uint64_t offset, std::size_t size) {
    (void)segment.storage.write_at(segment.file, offset, {bytes.data() + skip, size});
  };
  EXPECT_DEATH(write(8, 0, kBlock), "in.data");
  EXPECT_DEATH(write(0, 8, kBlock), "offset");
  EXPECT_DEATH(write(0, 0, 8), "in.size");
}

}  // namespace
}  // namespace saker::journal
