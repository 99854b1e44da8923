#include "journal/posix_storage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace saker::journal {

namespace {

IoStatus from_errno() {
  switch (errno) {
    case ENOSPC:
    case EDQUOT: return IoStatus::no_space;
    case ENOENT: return IoStatus::not_found;
    default: return IoStatus::io_error;
  }
}

IoStatus result_of(int returned) { return returned == 0 ? IoStatus::ok : from_errno(); }

IoStatus sync_parent(const std::string& path) {
  std::string parent = path;
  while (parent.size() > 1 && parent.back() == '/') parent.pop_back();
  const std::size_t slash = parent.rfind('/');
  parent = slash == std::string::npos ? "." : slash == 0 ? "/" : parent.substr(0, slash);
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return from_errno();
  const IoStatus status = result_of(::fsync(fd));
  ::close(fd);
  return status;
}

}  // namespace

PosixStorage::~PosixStorage() {
  if (directory_ >= 0) ::close(directory_);
}

IoStatus PosixStorage::open_directory(const std::string& path, Access access) {
  access_ = access;
  if (access == Access::read_write) {
    if (::mkdir(path.c_str(), 0750) == 0) {
      if (const IoStatus status = sync_parent(path); status != IoStatus::ok) return status;
    } else if (errno != EEXIST) {
      return from_errno();
    }
  }
  directory_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return directory_ >= 0 ? IoStatus::ok : from_errno();
}

IoStatus PosixStorage::list(std::vector<FileInfo>& files) {
  files.clear();
  const int fd = ::openat(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return from_errno();
  DIR* const directory = ::fdopendir(fd);
  if (directory == nullptr) {
    ::close(fd);
    return IoStatus::io_error;
  }
  IoStatus status = IoStatus::ok;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(directory);
    if (entry == nullptr) {
      if (errno != 0) status = IoStatus::io_error;
      break;
    }
    struct stat info;
    if (::fstatat(directory_, entry->d_name, &info, 0) != 0) {
      if (errno == ENOENT) continue;  // removed meanwhile
      status = IoStatus::io_error;
      break;
    }
    if (!S_ISREG(info.st_mode)) continue;
    files.push_back({entry->d_name, static_cast<std::uint64_t>(info.st_size)});
  }
  ::closedir(directory);
  return status;
}

IoStatus PosixStorage::create(std::string_view name, FileId& file) {
  const int fd = ::openat(directory_, std::string(name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                          0640);
  if (fd < 0) return from_errno();
  file = FileId{fd};
  return IoStatus::ok;
}

IoStatus PosixStorage::open(std::string_view name, FileId& file) {
  const int flags = (access_ == Access::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC;
  const int fd = ::openat(directory_, std::string(name).c_str(), flags);
  if (fd < 0) return from_errno();
  file = FileId{fd};
  return IoStatus::ok;
}

void PosixStorage::close(FileId file) { ::close(static_cast<int>(file)); }

IoStatus PosixStorage::size(FileId file, std::uint64_t& bytes) {
  struct stat info;
  if (::fstat(static_cast<int>(file), &info) != 0) return from_errno();
  bytes = static_cast<std::uint64_t>(info.st_size);
  return IoStatus::ok;
}

IoStatus PosixStorage::write_at(FileId file, std::uint64_t offset, Bytes in) {
  while (!in.empty()) {
    const ssize_t written = ::pwrite(static_cast<int>(file), in.data(), in.size(),
                                     static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_errno();
    if (written == 0) return IoStatus::io_error;
    offset += static_cast<std::uint64_t>(written);
    in = in.subspan(static_cast<std::size_t>(written));
  }
  return IoStatus::ok;
}

IoStatus PosixStorage::read_at(FileId file, std::uint64_t offset, std::span<std::byte> out,
                               std::size_t& got) {
  got = 0;
  while (got < out.size()) {
    const ssize_t count = ::pread(static_cast<int>(file), out.data() + got, out.size() - got,
                                  static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno();
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  return IoStatus::ok;
}

/// No retry, not even after EINTR: a sync that did not say "ok" is a failed sync.
IoStatus PosixStorage::sync(FileId file) { return result_of(::fdatasync(static_cast<int>(file))); }
IoStatus PosixStorage::sync_dir() { return result_of(::fsync(directory_)); }

IoStatus PosixStorage::rename(std::string_view from, std::string_view to) {
  return result_of(::renameat(directory_, std::string(from).c_str(), directory_,
                              std::string(to).c_str()));
}

IoStatus PosixStorage::remove(std::string_view name) {
  return result_of(::unlinkat(directory_, std::string(name).c_str(), 0));
}

IoStatus PosixStorage::free_bytes(std::uint64_t& bytes) {
  struct statvfs info;
  if (::fstatvfs(directory_, &info) != 0) return from_errno();
  bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  return IoStatus::ok;
}

}  // namespace saker::journal
