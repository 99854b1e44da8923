// The Storage port on real files in one directory.
#pragma once

#include "journal/storage.hpp"

namespace saker::journal {

class PosixStorage {
 public:
  enum class Access { read_write, read_only };

  PosixStorage() = default;
  ~PosixStorage();
  PosixStorage(const PosixStorage&) = delete;
  PosixStorage& operator=(const PosixStorage&) = delete;

  /// Before anything else. With read_write a missing directory is made (one level) and made
  /// durable in its parent.
  IoStatus open_directory(const std::string& path, Access access);

  IoStatus list(std::vector<FileInfo>& files);
  IoStatus create(std::string_view name, FileId& file);
  IoStatus open(std::string_view name, FileId& file);
  void close(FileId file);
  IoStatus size(FileId file, std::uint64_t& bytes);
  IoStatus write_at(FileId file, std::uint64_t offset, Bytes in);
  IoStatus read_at(FileId file, std::uint64_t offset, std::span<std::byte> out, std::size_t& got);
  IoStatus sync(FileId file);
  IoStatus sync_dir();
  IoStatus rename(std::string_view from, std::string_view to);
  IoStatus remove(std::string_view name);
  IoStatus free_bytes(std::uint64_t& bytes);

 private:
  int directory_ = -1;
  Access access_ = Access::read_only;
};

static_assert(Storage<PosixStorage>);

}  // namespace saker::journal
