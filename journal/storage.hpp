// The port to a disk: one flat directory of files, blocking operations, typed results. Nothing
// is buffered behind it: when write_at returns, the bytes are with the operating system; when
// sync returns ok, they are on the disk, and not before. `PosixStorage` is the real one,
// `LogStorage` the real one for the log writer, the simulator brings one that loses unsynced
// pages, tears writes and fails syncs.
//
// A storage object is used by one thread at a time for a given file; different threads may use
// different files of one storage object at the same time.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"

namespace saker::journal {

enum class IoStatus : std::uint8_t {
  ok,
  no_space,   // nothing (or a part) was written; may be tried again later
  not_found,  // open and rename only
  io_error,   // anything else. After a failed sync the file's content is unknown: never retry
};
const char* to_string(IoStatus status);

/// Handle of an open file; for PosixStorage the descriptor.
enum class FileId : int { none = -1 };

struct FileInfo {
  std::string name;
  std::uint64_t size_bytes = 0;
};

// clang-format off
template <class S>
concept Storage = requires(S s, FileId file, FileId& opened, std::string_view name,
                           std::uint64_t offset, Bytes in, std::span<std::byte> out,
                           std::size_t& got, std::uint64_t& bytes, std::vector<FileInfo>& files) {
  /// All files of the directory, in any order.
  { s.list(files) } -> std::same_as<IoStatus>;
  /// Opens the file for reading and writing, makes an empty one where there is none.
  { s.create(name, opened) } -> std::same_as<IoStatus>;
  /// Opens an existing file (read-only storages: for reading).
  { s.open(name, opened) } -> std::same_as<IoStatus>;
  { s.close(file) };
  { s.size(file, bytes) } -> std::same_as<IoStatus>;
  /// Writes all of `in` or fails; extends the file as needed.
  { s.write_at(file, offset, in) } -> std::same_as<IoStatus>;
  /// Reads up to out.size() bytes; `got` is less only at the end of the file.
  { s.read_at(file, offset, out, got) } -> std::same_as<IoStatus>;
  /// Makes the file's bytes and length durable.
  { s.sync(file) } -> std::same_as<IoStatus>;
  /// Makes creations, renames and removals durable.
  { s.sync_dir() } -> std::same_as<IoStatus>;
  /// Atomically, replacing `to` if it exists.
  { s.rename(name, name) } -> std::same_as<IoStatus>;
  /// Snapshots only: log segments are never removed here.
  { s.remove(name) } -> std::same_as<IoStatus>;
  /// Space that an unprivileged process can still allocate.
  { s.free_bytes(bytes) } -> std::same_as<IoStatus>;
};
// clang-format on

}  // namespace saker::journal
