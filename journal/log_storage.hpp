// The Storage port as the log writer uses it: PosixStorage, except that log segments are written
// past the page cache (O_DIRECT) where the file system allows it, each batch by one pwritev2 with
// RWF_DSYNC. Which of the two ways it is, is chosen once at start and told.
//
// Past the page cache a batch is one operation, not a copy, a write-back and a flush, and no page
// of the log pushes others out of memory. When write_at() returns, the bytes are on the disk, and
// a failure is a failed sync, final like any other. Only what makes a segment longer (the
// allocator's zeros) is written and then synced, because "no space" is an answer there that may be
// asked for again later.
//
// The same write through io_uring is no faster on a quiet machine and many times slower on a busy
// one: a kernel worker, not the thread that waits, then sends the flush, and has to get a processor
// first (docs/reliability.md has the figures, `saker bench log disk` takes them).
//
// Readers (follower, notary, tools) read the same files through the page cache, at the same time.
// That is coherent: the kernel drops the cached pages of what it writes directly, before the write
// and again after it, before it says that the write is over, and nobody maps or writes these files
// through the cache meanwhile. Readers do not look beyond what is durable (log_reader.hpp), so
// what they see of a write under way does not matter.
#pragma once

#include <array>
#include <mutex>
#include <string>

#include "journal/posix_storage.hpp"

namespace saker::journal {

enum class WritePath : std::uint8_t {
  automatic,  // direct where that is possible
  direct,     // past the page cache, or not at all
  portable,   // pwrite and fdatasync
};

class LogStorage {
 public:
  LogStorage() = default;
  ~LogStorage();
  LogStorage(const LogStorage&) = delete;
  LogStorage& operator=(const LogStorage&) = delete;

  IoStatus open_directory(const std::string& path) {
    return posix_.open_directory(path, PosixStorage::Access::read_write);
  }
  /// After open_directory() and before any file is opened; without it the path is portable.
  /// `block_bytes`: the smallest unit of any segment that will be written. note() then completes
  /// "the log is written". False: direct was wanted and is not possible; note() says why.
  bool choose(WritePath wanted, std::uint32_t block_bytes);
  bool direct() const { return alignment_ != 0; }
  const std::string& note() const { return note_; }

  IoStatus list(std::vector<FileInfo>& files) { return posix_.list(files); }
  IoStatus create(std::string_view name, FileId& file) {
    return adopt(posix_.create(name, file), name, file);
  }
  IoStatus open(std::string_view name, FileId& file) {
    return adopt(posix_.open(name, file), name, file);
  }
  void close(FileId file);
  IoStatus size(FileId file, std::uint64_t& bytes) {
    return posix_.size(descriptor(file), bytes);
  }
  /// Directly written files: `in` begins on a page and is whole blocks, as is `offset`.
  IoStatus write_at(FileId file, std::uint64_t offset, Bytes in);
  IoStatus read_at(FileId file, std::uint64_t offset, std::span<std::byte> out, std::size_t& got) {
    return posix_.read_at(descriptor(file), offset, out, got);
  }
  IoStatus sync(FileId file);
  IoStatus sync_dir() { return posix_.sync_dir(); }
  IoStatus rename(std::string_view from, std::string_view to) { return posix_.rename(from, to); }
  IoStatus remove(std::string_view name) { return posix_.remove(name); }
  IoStatus free_bytes(std::uint64_t& bytes) { return posix_.free_bytes(bytes); }

 private:
  /// A directly written file. The writer's current segment, the allocator's next one, and for a
  /// moment each one more.
  struct DirectFile {
    bool taken = false;
    int descriptor = -1;
    std::uint64_t allocated_bytes = 0;  // up to here the disk has room and the length is durable
    bool failed = false;                // for good
    bool longer = false;                // since the last sync
  };
  static constexpr std::size_t kDirectFiles = 4;
  /// Beyond all descriptors: these stand for direct_[id - kFirstDirect].
  static constexpr int kFirstDirect = 1 << 30;

  bool probe(std::uint32_t block_bytes);
  IoStatus adopt(IoStatus opened, std::string_view name, FileId& file);
  DirectFile* direct_file(FileId file);
  FileId descriptor(FileId file);
  static void find_allocated(DirectFile& file);

  PosixStorage posix_;
  std::uint32_t alignment_ = 0;  // of direct writes; 0: portable
  std::string note_ = "through the page cache";
  std::mutex opening_;  // guards `taken`: files are opened and closed a few times per segment
  std::array<DirectFile, kDirectFiles> direct_;
};

static_assert(Storage<LogStorage>);

}  // namespace saker::journal
