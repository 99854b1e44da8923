#include "journal/log_storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/assert.hpp"
#include "journal/page_bytes.hpp"
#include "journal/record.hpp"

namespace saker::journal {

namespace {

constexpr const char* kProbeFile = "direct.probe";

bool set_direct(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_DIRECT) == 0;
}

/// The units of direct writes to this file; 0 when the file system does not name any.
std::uint32_t direct_alignment(int descriptor) {
#ifdef STATX_DIOALIGN
  struct statx info {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &info) != 0) return 0;
  if ((info.stx_mask & STATX_DIOALIGN) == 0 || info.stx_dio_mem_align > PageBytes::kPageBytes) {
    return 0;
  }
  return info.stx_dio_offset_align;
#else
  (void)descriptor;
  return 0;
#endif
}

}  // namespace

LogStorage::~LogStorage() {
  for (std::size_t i = 0; i < kDirectFiles; ++i) {
    if (direct_[i].taken) close(FileId{kFirstDirect + static_cast<int>(i)});
  }
}

bool LogStorage::choose(WritePath wanted, std::uint32_t block_bytes) {
  alignment_ = 0;
  if (wanted == WritePath::portable) {
    note_ = "through the page cache, as configured";
    return true;
  }
  if (probe(block_bytes)) {
    note_ = "past the page cache (O_DIRECT)";
    return true;
  }
  if (wanted == WritePath::direct) return false;
  note_ = "through the page cache: " + note_;
  return true;
}

/// Sets alignment_, or leaves in note_ what is against it. Writes nothing: on a full disk the
/// answer is the same.
bool LogStorage::probe(std::uint32_t block_bytes) {
  FileId file = FileId::none;
  if (const IoStatus status = posix_.create(kProbeFile, file); status != IoStatus::ok) {
    note_ = std::string("no file can be made to try it: ") + to_string(status);
    return false;
  }
  const int descriptor = static_cast<int>(file);
  alignment_ = direct_alignment(descriptor);
  if (alignment_ == 0) {
    note_ = "the file system does not say how direct writes are to be aligned";
  } else if (block_bytes % alignment_ != 0) {
    note_ = "blocks of " + std::to_string(block_bytes) + " bytes, but the disk's are " +
            std::to_string(alignment_);
    alignment_ = 0;
  } else if (!set_direct(descriptor)) {
    note_ = std::string("the file system refuses O_DIRECT: ") + std::strerror(errno);
    alignment_ = 0;
  }
  posix_.close(file);
  (void)posix_.remove(kProbeFile);
  return alignment_ != 0;
}

/// A segment just opened becomes a directly written file, anything else stays what it is.
IoStatus LogStorage::adopt(IoStatus opened, std::string_view name, FileId& file) {
  std::uint64_t index = 0;
  if (opened != IoStatus::ok || !direct() || !segment_index(name, index)) return opened;
  if (!set_direct(static_cast<int>(file))) {
    posix_.close(file);
    return IoStatus::io_error;
  }
  const std::lock_guard guard(opening_);
  const auto free = std::find_if(direct_.begin(), direct_.end(),
                                 [](const DirectFile& f) { return !f.taken; });
  SAKER_ASSERT(free != direct_.end());
  free->taken = true;
  free->descriptor = static_cast<int>(file);
  free->failed = free->longer = false;
  find_allocated(*free);
  file = FileId{kFirstDirect + static_cast<int>(free - direct_.begin())};
  return IoStatus::ok;
}

/// A file with holes (a copy, made by a tool that leaves zeros out) has no room it can rely on.
void LogStorage::find_allocated(DirectFile& file) {
  struct stat info;
  file.allocated_bytes = 0;
  if (::fstat(file.descriptor, &info) != 0 || info.st_size <= 0) return;
  if (info.st_blocks < (info.st_size + 511) / 512) return;
  file.allocated_bytes = static_cast<std::uint64_t>(info.st_size);
}

LogStorage::DirectFile* LogStorage::direct_file(FileId file) {
  const int index = static_cast<int>(file) - kFirstDirect;
  return index >= 0 && index < static_cast<int>(kDirectFiles)
             ? &direct_[static_cast<std::size_t>(index)]
             : nullptr;
}

FileId LogStorage::descriptor(FileId file) {
  const DirectFile* const direct = direct_file(file);
  return direct == nullptr ? file : FileId{direct->descriptor};
}

void LogStorage::close(FileId file) {
  DirectFile* const direct = direct_file(file);
  posix_.close(descriptor(file));
  if (direct == nullptr) return;
  const std::lock_guard guard(opening_);
  direct->taken = false;
}

IoStatus LogStorage::write_at(FileId file, std::uint64_t offset, Bytes in) {
  DirectFile* const direct = direct_file(file);
  if (direct == nullptr) return posix_.write_at(file, offset, in);
  SAKER_ASSERT(offset % alignment_ == 0 && in.size() % alignment_ == 0 &&
               reinterpret_cast<std::uintptr_t>(in.data()) % PageBytes::kPageBytes == 0);
  if (direct->failed) return IoStatus::io_error;
  if (offset + in.size() > direct->allocated_bytes) {
    direct->longer = true;
    return posix_.write_at(FileId{direct->descriptor}, offset, in);
  }
  // Not repeated, whatever the reason: whether the write or the sync in it failed is not told.
  const iovec piece{const_cast<std::byte*>(in.data()), in.size()};
  const ssize_t written = ::pwritev2(direct->descriptor, &piece, 1, static_cast<off_t>(offset),
                                     RWF_DSYNC);
  direct->failed = written != static_cast<ssize_t>(in.size());
  return direct->failed ? IoStatus::io_error : IoStatus::ok;
}

IoStatus LogStorage::sync(FileId file) {
  DirectFile* const direct = direct_file(file);
  if (direct == nullptr) return posix_.sync(file);
  if (direct->failed) return IoStatus::io_error;
  if (!direct->longer) return IoStatus::ok;
  direct->longer = false;
  if (const IoStatus status = posix_.sync(FileId{direct->descriptor}); status != IoStatus::ok) {
    direct->failed = true;
    return status;
  }
  find_allocated(*direct);
  return IoStatus::ok;
}

}  // namespace saker::journal
