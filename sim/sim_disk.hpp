// The fake disk: a page cache over durable sectors, in several flat directories.
//
// What a process writes is in the cache and seen by everyone at once; it is durable only after a
// sync of the file, and a name only after a sync of its directory. A killed process leaves the
// cache as it is. A power cut keeps any subset of the unsynced sectors (512 bytes each, the unit
// that disks write whole) and any prefix of the unsynced directory changes. A sync that fails
// marks its pages clean all the same, as Linux file systems do: a later sync says ok, and the
// bytes are still not on the disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "journal/storage.hpp"
#include "sim/coverage.hpp"
#include "sim/rng.hpp"

namespace saker::sim {

/// Chances in parts per million, per operation.
struct DiskFaults {
  std::uint32_t write_error_ppm = 0;
  std::uint32_t sync_error_ppm = 0;
  std::uint32_t sync_dir_error_ppm = 0;
};

/// How much of what was not synced survives a power cut.
enum class PowerCut : std::uint8_t { lose_all, keep_all, random, prefix };

class SimDisk {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  SimDisk(Coverage& coverage, Rng rng, std::uint64_t capacity_bytes)
      : coverage_(coverage), rng_(rng), capacity_bytes_(capacity_bytes) {}

  void set_faults(const DiskFaults& faults) { faults_ = faults; }
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  std::uint64_t capacity() const { return capacity_bytes_; }
  std::uint64_t used_bytes() const;

  void power_cut(PowerCut how);
  /// What chance decides from now on.
  void set_chance(const Rng& rng) { rng_ = rng; }
  /// Clean pages leave memory: what is read next is what the disk has, but for what is unsynced.
  void evict_clean();
  /// Flips one bit of a file, in the cache and on the disk: decay, or an editor.
  bool flip_bit(const std::string& directory, const std::string& name, std::uint64_t offset,
                unsigned bit);

  struct File {
    std::vector<std::byte> cached;
    std::vector<std::byte> durable;
    std::set<std::uint64_t> dirty;  // sectors that the next sync will write
    bool size_dirty = false;
  };
  using FilePtr = std::shared_ptr<File>;
  /// Durable names and contents: what a power cut that loses everything unsynced would leave.
  const std::map<std::string, FilePtr>& durable_names(const std::string& directory) {
    return directories_[directory].durable;
  }
  /// Names and contents as processes see them.
  const std::map<std::string, FilePtr>& names(const std::string& directory) {
    return directories_[directory].names;
  }
  /// Called after each successful sync of a file or directory.
  void on_synced(std::function<void()> observer) { on_synced_ = std::move(observer); }

 private:
  friend class SimStorage;
  enum class Change : std::uint8_t { create, rename, remove };
  struct PendingChange {
    Change change;
    std::string name;
    std::string to;
    FilePtr file;
  };
  struct Directory {
    std::map<std::string, FilePtr> names;    // as processes see it
    std::map<std::string, FilePtr> durable;  // as the disk has it
    std::vector<PendingChange> pending;
  };
  static void apply(const PendingChange& change, std::map<std::string, FilePtr>& names);
  void cut_file(File& file, PowerCut how);
  void cut_directory(Directory& directory, PowerCut how);
  journal::IoStatus write(File& file, std::uint64_t offset, Bytes in);
  journal::IoStatus sync(File& file);
  journal::IoStatus sync_dir(Directory& directory);
  static void put(File& file, std::uint64_t offset, Bytes in);

  Coverage& coverage_;
  Rng rng_;
  std::uint64_t capacity_bytes_;
  DiskFaults faults_;
  std::map<std::string, Directory> directories_;
  std::function<void()> on_synced_;
};

/// One process's view of one directory. journal::Storage.
class SimStorage {
 public:
  SimStorage(SimDisk& disk, std::string directory)
      : disk_(disk), directory_name_(std::move(directory)) {}

  journal::IoStatus list(std::vector<journal::FileInfo>& files);
  journal::IoStatus create(std::string_view name, journal::FileId& opened);
  journal::IoStatus open(std::string_view name, journal::FileId& opened);
  void close(journal::FileId file);
  journal::IoStatus size(journal::FileId file, std::uint64_t& bytes);
  journal::IoStatus write_at(journal::FileId file, std::uint64_t offset, Bytes in);
  journal::IoStatus read_at(journal::FileId file, std::uint64_t offset, std::span<std::byte> out,
                            std::size_t& got);
  journal::IoStatus sync(journal::FileId file);
  journal::IoStatus sync_dir();
  journal::IoStatus rename(std::string_view from, std::string_view to);
  journal::IoStatus remove(std::string_view name);
  journal::IoStatus free_bytes(std::uint64_t& bytes);
  /// The file behind an open one, for who injects faults.
  SimDisk::File& file_of(journal::FileId file);
  /// Files still open; a leak check.
  std::size_t open_files() const { return open_.size(); }

 private:
  SimDisk::Directory& directory() { return disk_.directories_[directory_name_]; }

  SimDisk& disk_;
  const std::string directory_name_;
  std::map<int, SimDisk::FilePtr> open_;
  int next_id_ = 3;
};
static_assert(journal::Storage<SimStorage>);

/// Read-only view of what is durable now, for the judge: writes are refused.
class DurableView {
 public:
  DurableView(SimDisk& disk, std::string directory)
      : disk_(disk), directory_name_(std::move(directory)) {}

  journal::IoStatus list(std::vector<journal::FileInfo>& files);
  journal::IoStatus open(std::string_view name, journal::FileId& opened);
  journal::IoStatus create(std::string_view name, journal::FileId& opened) {
    return open(name, opened);
  }
  void close(journal::FileId file) { open_.erase(static_cast<int>(file)); }
  journal::IoStatus size(journal::FileId file, std::uint64_t& bytes);
  journal::IoStatus read_at(journal::FileId file, std::uint64_t offset, std::span<std::byte> out,
                            std::size_t& got);
  journal::IoStatus write_at(journal::FileId, std::uint64_t, Bytes) { return kRefused; }
  journal::IoStatus sync(journal::FileId) { return kRefused; }
  journal::IoStatus sync_dir() { return kRefused; }
  journal::IoStatus rename(std::string_view, std::string_view) { return kRefused; }
  journal::IoStatus remove(std::string_view) { return kRefused; }
  journal::IoStatus free_bytes(std::uint64_t& bytes) {
    bytes = 0;
    return journal::IoStatus::ok;
  }

 private:
  static constexpr journal::IoStatus kRefused = journal::IoStatus::io_error;
  SimDisk& disk_;
  const std::string directory_name_;
  std::map<int, SimDisk::FilePtr> open_;
  int next_id_ = 3;
};
static_assert(journal::Storage<DurableView>);

}  // namespace saker::sim
