// The Storage port in memory, for tests: files are vectors, every operation can be made to fail,
// and crash() forgets what was not synced, as a power cut does. Counts operations, so that a
// test can fail "the n-th". One thread at a time.
#pragma once

#include <cstring>
#include <functional>
#include <map>

#include "common/assert.hpp"
#include "journal/storage.hpp"

namespace saker::journal {

class MemoryStorage {
 public:
  enum class Op : std::uint8_t { create, open, size, write, read, sync, sync_dir, rename, remove };
  struct File {
    std::vector<std::byte> now;     // what reading sees
    std::vector<std::byte> synced;  // what survives a power cut for certain
  };

  /// Asked before each operation; anything but ok is returned instead of doing it.
  std::function<IoStatus(Op, std::string_view name)> fault;
  std::uint64_t capacity_bytes = UINT64_MAX;
  std::uint64_t operations = 0;

  IoStatus list(std::vector<FileInfo>& files) {
    files.clear();
    for (const auto& [name, file] : files_) files.push_back({name, file.now.size()});
    return IoStatus::ok;
  }
  IoStatus create(std::string_view name, FileId& file) {
    if (const IoStatus s = ask(Op::create, name); s != IoStatus::ok) return s;
    files_[std::string(name)];
    return hand_out(name, file);
  }
  IoStatus open(std::string_view name, FileId& file) {
    if (const IoStatus s = ask(Op::open, name); s != IoStatus::ok) return s;
    if (files_.find(std::string(name)) == files_.end()) return IoStatus::not_found;
    return hand_out(name, file);
  }
  void close(FileId file) { open_.erase(static_cast<int>(file)); }
  IoStatus size(FileId file, std::uint64_t& bytes) {
    if (const IoStatus s = ask(Op::size, name_of(file)); s != IoStatus::ok) return s;
    bytes = at(file).now.size();
    return IoStatus::ok;
  }
  IoStatus write_at(FileId file, std::uint64_t offset, Bytes in) {
    if (const IoStatus s = ask(Op::write, name_of(file)); s != IoStatus::ok) return s;
    std::vector<std::byte>& bytes = at(file).now;
    const std::uint64_t end = offset + in.size();
    if (end > bytes.size()) {
      if (end - bytes.size() > free_now()) return IoStatus::no_space;
      bytes.resize(end);
    }
    if (!in.empty()) std::memcpy(bytes.data() + offset, in.data(), in.size());
    return IoStatus::ok;
  }
  IoStatus read_at(FileId file, std::uint64_t offset, std::span<std::byte> out,
                   std::size_t& got) {
    if (const IoStatus s = ask(Op::read, name_of(file)); s != IoStatus::ok) return s;
    const std::vector<std::byte>& bytes = at(file).now;
    got = offset < bytes.size() ? std::min<std::size_t>(out.size(), bytes.size() - offset) : 0;
    if (got != 0) std::memcpy(out.data(), bytes.data() + offset, got);
    return IoStatus::ok;
  }
  IoStatus sync(FileId file) {
    if (const IoStatus s = ask(Op::sync, name_of(file)); s != IoStatus::ok) return s;
    at(file).synced = at(file).now;
    return IoStatus::ok;
  }
  IoStatus sync_dir() { return ask(Op::sync_dir, ""); }
  IoStatus rename(std::string_view from, std::string_view to) {
    if (const IoStatus s = ask(Op::rename, from); s != IoStatus::ok) return s;
    auto node = files_.extract(std::string(from));
    if (node.empty()) return IoStatus::not_found;
    files_[std::string(to)] = std::move(node.mapped());
    return IoStatus::ok;
  }
  IoStatus remove(std::string_view name) {
    if (const IoStatus s = ask(Op::remove, name); s != IoStatus::ok) return s;
    return files_.erase(std::string(name)) == 1 ? IoStatus::ok : IoStatus::not_found;
  }
  IoStatus free_bytes(std::uint64_t& bytes) {
    bytes = free_now();
    return IoStatus::ok;
  }

  /// All files lose what was not synced. Open handles stay; who held them is gone anyway.
  void crash() {
    for (auto& [name, file] : files_) file.now = file.synced;
  }
  std::map<std::string, File>& files() { return files_; }

 private:
  IoStatus ask(Op op, std::string_view name) {
    ++operations;
    return fault ? fault(op, name) : IoStatus::ok;
  }
  IoStatus hand_out(std::string_view name, FileId& file) {
    file = FileId{next_file_++};
    open_[static_cast<int>(file)] = name;
    return IoStatus::ok;
  }
  const std::string& name_of(FileId file) {
    const auto found = open_.find(static_cast<int>(file));
    SAKER_ASSERT(found != open_.end());
    return found->second;
  }
  File& at(FileId file) {
    const auto found = files_.find(name_of(file));
    SAKER_ASSERT(found != files_.end());
    return found->second;
  }
  std::uint64_t free_now() const {
    std::uint64_t used = 0;
    for (const auto& [name, file] : files_) used += file.now.size();
    return used < capacity_bytes ? capacity_bytes - used : 0;
  }

  std::map<std::string, File> files_;
  std::map<int, std::string> open_;
  int next_file_ = 1;
};

static_assert(Storage<MemoryStorage>);

}  // namespace saker::journal
