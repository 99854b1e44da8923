#include "sim/sim_disk.hpp"

#include <algorithm>

namespace saker::sim {

using journal::FileId;
using journal::IoStatus;

// ---- the disk ------------------------------------------------------------------------------

std::uint64_t SimDisk::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [name, directory] : directories_) {
    for (const auto& [file_name, file] : directory.names) used += file->cached.size();
  }
  return used;
}

void SimDisk::put(File& file, std::uint64_t offset, Bytes in) {
  if (in.empty()) return;
  const std::uint64_t end = offset + in.size();
  if (end > file.cached.size()) {
    file.cached.resize(end);
    file.size_dirty = true;
  }
  std::copy(in.begin(), in.end(), file.cached.begin() + static_cast<std::ptrdiff_t>(offset));
  for (std::uint64_t s = offset / kSectorBytes; s * kSectorBytes < end; ++s) file.dirty.insert(s);
}

IoStatus SimDisk::write(File& file, std::uint64_t offset, Bytes in) {
  const std::uint64_t end = offset + in.size();
  const std::uint64_t growth = end > file.cached.size() ? end - file.cached.size() : 0;
  if (growth > 0 && used_bytes() + growth > capacity_bytes_) {
    coverage_.add(Count::disk_full);
    return IoStatus::no_space;
  }
  if (rng_.chance(faults_.write_error_ppm)) {
    coverage_.add(Count::disk_write_error);
    const std::uint64_t sectors = in.size() / kSectorBytes;
    if (sectors > 0 && rng_.chance(900'000)) {
      coverage_.add(Count::disk_write_short);
      put(file, offset, in.first(rng_.below(sectors + 1) * kSectorBytes));
    }
    return IoStatus::io_error;
  }
  put(file, offset, in);
  return IoStatus::ok;
}

/// Copies sector `s` of the cache to the disk, as far as the file reaches.
static void persist(SimDisk::File& file, std::uint64_t s) {
  const std::uint64_t begin = s * SimDisk::kSectorBytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + SimDisk::kSectorBytes,
                                                    file.cached.size());
  if (begin >= end) return;
  if (file.durable.size() < end) file.durable.resize(end);
  std::copy(file.cached.begin() + static_cast<std::ptrdiff_t>(begin),
            file.cached.begin() + static_cast<std::ptrdiff_t>(end),
            file.durable.begin() + static_cast<std::ptrdiff_t>(begin));
}

/// Makes sector `s` of the cache what the disk has there; zeros beyond the durable end.
static void evict(SimDisk::File& file, std::uint64_t s) {
  const std::uint64_t begin = s * SimDisk::kSectorBytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + SimDisk::kSectorBytes,
                                                    file.cached.size());
  for (std::uint64_t i = begin; i < end; ++i) {
    file.cached[i] = i < file.durable.size() ? file.durable[i] : std::byte{0};
  }
}

IoStatus SimDisk::sync(File& file) {
  if (rng_.chance(faults_.sync_error_ppm)) {
    coverage_.add(Count::disk_sync_error);
    // A clean page may leave memory at any time; what is read then is what the disk has.
    const bool evicted = rng_.chance(500'000);
    for (const std::uint64_t s : file.dirty) {
      if (rng_.chance(300'000)) persist(file, s);
      if (evicted) evict(file, s);
    }
    file.dirty.clear();
    file.size_dirty = false;
    return IoStatus::io_error;
  }
  for (const std::uint64_t s : file.dirty) persist(file, s);
  if (file.size_dirty) file.durable.resize(file.cached.size());
  file.dirty.clear();
  file.size_dirty = false;
  if (on_synced_) on_synced_();
  return IoStatus::ok;
}

IoStatus SimDisk::sync_dir(Directory& directory) {
  if (rng_.chance(faults_.sync_dir_error_ppm)) {
    coverage_.add(Count::disk_sync_error);
    return IoStatus::io_error;
  }
  for (const PendingChange& change : directory.pending) apply(change, directory.durable);
  directory.pending.clear();
  if (on_synced_) on_synced_();
  return IoStatus::ok;
}

void SimDisk::apply(const PendingChange& change, std::map<std::string, FilePtr>& names) {
  switch (change.change) {
    case Change::create: names[change.name] = change.file; break;
    case Change::rename:
      names.erase(change.name);
      names[change.to] = change.file;
      break;
    case Change::remove: names.erase(change.name); break;
  }
}

void SimDisk::power_cut(PowerCut how) {
  for (auto& [name, directory] : directories_) {
    cut_directory(directory, how);
    for (const auto& [file_name, file] : directory.durable) cut_file(*file, how);
    directory.names = directory.durable;
  }
}

void SimDisk::cut_directory(Directory& directory, PowerCut how) {
  std::size_t kept = 0;
  if (how == PowerCut::keep_all) kept = directory.pending.size();
  if (how == PowerCut::random || how == PowerCut::prefix) {
    kept = rng_.below(directory.pending.size() + 1);
  }
  for (std::size_t i = 0; i < kept; ++i) apply(directory.pending[i], directory.durable);
  coverage_.add(Count::disk_name_dropped, directory.pending.size() - kept);
  directory.pending.clear();
}

void SimDisk::cut_file(File& file, PowerCut how) {
  if (!file.dirty.empty()) coverage_.add(Count::disk_power_cut);
  const std::uint64_t first_kept = how == PowerCut::prefix ? rng_.below(file.dirty.size() + 1) : 0;
  std::uint64_t index = 0;
  std::uint64_t kept = 0;
  for (const std::uint64_t s : file.dirty) {
    bool keep = how == PowerCut::keep_all;
    if (how == PowerCut::random) keep = rng_.chance(500'000);
    if (how == PowerCut::prefix) keep = index < first_kept;
    ++index;
    if (!keep) continue;
    ++kept;
    persist(file, s);
  }
  coverage_.add(Count::disk_sector_kept, kept);
  coverage_.add(Count::disk_sector_dropped, file.dirty.size() - kept);
  if (kept != 0 && kept != file.dirty.size()) coverage_.add(Count::disk_write_torn);
  // The length is metadata of its own: it may be the new one although no byte made it.
  if (file.size_dirty && how != PowerCut::lose_all && rng_.chance(500'000)) {
    file.durable.resize(std::max(file.durable.size(), file.cached.size()));
  }
  file.dirty.clear();
  file.size_dirty = false;
  file.cached = file.durable;
}

void SimDisk::evict_clean() {
  for (auto& [name, directory] : directories_) {
    for (auto& [file_name, file] : directory.names) {
      std::vector<std::byte> fresh = file->durable;
      fresh.resize(file->cached.size());
      for (const std::uint64_t s : file->dirty) {
        const std::size_t begin = s * kSectorBytes;
        const std::size_t end = std::min(begin + kSectorBytes, file->cached.size());
        std::copy(file->cached.begin() + static_cast<std::ptrdiff_t>(begin),
                  file->cached.begin() + static_cast<std::ptrdiff_t>(end),
                  fresh.begin() + static_cast<std::ptrdiff_t>(begin));
      }
      file->cached = std::move(fresh);
    }
  }
}

bool SimDisk::flip_bit(const std::string& directory, const std::string& name,
                       std::uint64_t offset, unsigned bit) {
  const auto found = directories_[directory].names.find(name);
  if (found == directories_[directory].names.end()) return false;
  File& file = *found->second;
  if (offset >= file.durable.size() || offset >= file.cached.size()) return false;
  const auto flip = static_cast<std::byte>(1u << (bit % 8));
  file.durable[offset] ^= flip;
  file.cached[offset] ^= flip;
  coverage_.add(Count::disk_read_flip);
  return true;
}

// ---- a process's view ----------------------------------------------------------------------

SimDisk::File& SimStorage::file_of(FileId file) {
  const auto found = open_.find(static_cast<int>(file));
  SAKER_ASSERT(found != open_.end());
  return *found->second;
}

IoStatus SimStorage::list(std::vector<journal::FileInfo>& files) {
  files.clear();
  for (const auto& [name, file] : directory().names) files.push_back({name, file->cached.size()});
  return IoStatus::ok;
}

IoStatus SimStorage::open(std::string_view name, FileId& opened) {
  const auto found = directory().names.find(std::string(name));
  if (found == directory().names.end()) return IoStatus::not_found;
  opened = static_cast<FileId>(next_id_++);
  open_[static_cast<int>(opened)] = found->second;
  return IoStatus::ok;
}

IoStatus SimStorage::create(std::string_view name, FileId& opened) {
  SimDisk::Directory& where = directory();
  const std::string key(name);
  if (where.names.count(key) == 0) {
    auto file = std::make_shared<SimDisk::File>();
    where.names[key] = file;
    where.pending.push_back({SimDisk::Change::create, key, {}, file});
  }
  return open(name, opened);
}

void SimStorage::close(FileId file) { open_.erase(static_cast<int>(file)); }

IoStatus SimStorage::size(FileId file, std::uint64_t& bytes) {
  bytes = file_of(file).cached.size();
  return IoStatus::ok;
}

IoStatus SimStorage::write_at(FileId file, std::uint64_t offset, Bytes in) {
  return disk_.write(file_of(file), offset, in);
}

static void copy_out(const std::vector<std::byte>& bytes, std::uint64_t offset,
                     std::span<std::byte> out, std::size_t& got) {
  got = offset >= bytes.size() ? 0 : std::min<std::size_t>(out.size(), bytes.size() - offset);
  if (got == 0) return;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), got, out.begin());
}

IoStatus SimStorage::read_at(FileId file, std::uint64_t offset, std::span<std::byte> out,
                             std::size_t& got) {
  copy_out(file_of(file).cached, offset, out, got);
  return IoStatus::ok;
}

IoStatus SimStorage::sync(FileId file) { return disk_.sync(file_of(file)); }

IoStatus SimStorage::sync_dir() { return disk_.sync_dir(directory()); }

IoStatus SimStorage::rename(std::string_view from, std::string_view to) {
  SimDisk::Directory& where = directory();
  const auto found = where.names.find(std::string(from));
  if (found == where.names.end()) return IoStatus::not_found;
  where.pending.push_back(
      {SimDisk::Change::rename, std::string(from), std::string(to), found->second});
  SimDisk::apply(where.pending.back(), where.names);
  return IoStatus::ok;
}

IoStatus SimStorage::remove(std::string_view name) {
  SimDisk::Directory& where = directory();
  const auto found = where.names.find(std::string(name));
  if (found == where.names.end()) return IoStatus::not_found;
  where.pending.push_back({SimDisk::Change::remove, std::string(name), {}, found->second});
  SimDisk::apply(where.pending.back(), where.names);
  return IoStatus::ok;
}

IoStatus SimStorage::free_bytes(std::uint64_t& bytes) {
  const std::uint64_t used = disk_.used_bytes();
  bytes = used >= disk_.capacity() ? 0 : disk_.capacity() - used;
  return IoStatus::ok;
}

// ---- the judge's view ----------------------------------------------------------------------

IoStatus DurableView::list(std::vector<journal::FileInfo>& files) {
  files.clear();
  for (const auto& [name, file] : disk_.durable_names(directory_name_)) {
    files.push_back({name, file->durable.size()});
  }
  return IoStatus::ok;
}

IoStatus DurableView::open(std::string_view name, FileId& opened) {
  const auto& names = disk_.durable_names(directory_name_);
  const auto found = names.find(std::string(name));
  if (found == names.end()) return IoStatus::not_found;
  opened = static_cast<FileId>(next_id_++);
  open_[static_cast<int>(opened)] = found->second;
  return IoStatus::ok;
}

IoStatus DurableView::size(FileId file, std::uint64_t& bytes) {
  const auto found = open_.find(static_cast<int>(file));
  SAKER_ASSERT(found != open_.end());
  bytes = found->second->durable.size();
  return IoStatus::ok;
}

IoStatus DurableView::read_at(FileId file, std::uint64_t offset, std::span<std::byte> out,
                              std::size_t& got) {
  const auto found = open_.find(static_cast<int>(file));
  SAKER_ASSERT(found != open_.end());
  copy_out(found->second->durable, offset, out, got);
  return IoStatus::ok;
}

}  // namespace saker::sim
