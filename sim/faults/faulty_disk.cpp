#include "sim/faults/faulty_disk.hpp"

#include <algorithm>

namespace saker::sim {

using journal::FileId;
using journal::IoStatus;

namespace {

constexpr std::size_t kSector = SimDisk::kSectorBytes;

std::uint32_t sectors_of(std::size_t bytes) {
  return static_cast<std::uint32_t>((bytes + kSector - 1) / kSector);
}

std::uint64_t whole_sectors(std::uint64_t bytes) {
  return (bytes + kSector - 1) / kSector * kSector;
}

/// Copies bytes [from, to) of `in`, which belongs at `offset`, to the disk itself.
void put_durable(SimDisk::File& file, std::uint64_t offset, Bytes in, std::size_t from,
                 std::size_t to) {
  if (from >= to) return;
  if (file.durable.size() < offset + to) file.durable.resize(offset + to);
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(from),
            in.begin() + static_cast<std::ptrdiff_t>(to),
            file.durable.begin() + static_cast<std::ptrdiff_t>(offset + from));
}

/// The pages of a write hold it, and think that the disk does, too.
void put_clean(SimDisk::File& file, std::uint64_t offset, Bytes in) {
  if (file.cached.size() < offset + in.size()) {
    file.cached.resize(offset + in.size());
    file.size_dirty = true;
  }
  std::copy(in.begin(), in.end(), file.cached.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

const char* name_of(FaultKind kind) {
  switch (kind) {
#define SAKER_FAULT_CASE(name, text, honest) \
  case FaultKind::name: return #name;
    SAKER_FAULT_KINDS(SAKER_FAULT_CASE)
#undef SAKER_FAULT_CASE
    case FaultKind::kCount: break;
  }
  return "";
}

const char* text_of(FaultKind kind) {
  switch (kind) {
#define SAKER_FAULT_CASE(name, text, honest) \
  case FaultKind::name: return text;
    SAKER_FAULT_KINDS(SAKER_FAULT_CASE)
#undef SAKER_FAULT_CASE
    case FaultKind::kCount: break;
  }
  return "";
}

bool keeps_its_word(FaultKind kind) {
  switch (kind) {
#define SAKER_FAULT_CASE(name, text, honest) \
  case FaultKind::name: return honest;
    SAKER_FAULT_KINDS(SAKER_FAULT_CASE)
#undef SAKER_FAULT_CASE
    case FaultKind::kCount: break;
  }
  return true;
}

std::uint32_t variants_of(FaultKind kind, const Operation& operation) {
  const bool writes = operation.kind == OpKind::write;
  const bool syncs = operation.kind == OpKind::sync || operation.kind == OpKind::sync_dir;
  switch (kind) {
    case FaultKind::kill:
    case FaultKind::power_cut: return 1;
    // So many sectors from the front; or all but one.
    case FaultKind::torn_write:
    case FaultKind::part_lost_write:
      return writes ? std::min(2 * sectors_of(operation.bytes), 8u) : 0;
    case FaultKind::short_write: return writes ? 2 : 0;
    case FaultKind::write_error:
    case FaultKind::lost_write: return writes ? 1 : 0;
    case FaultKind::no_space:
      return writes ? 2 : operation.kind == OpKind::create ||
                                  operation.kind == OpKind::free_bytes ? 1 : 0;
    case FaultKind::sync_error: return operation.kind == OpKind::sync ? 4 : syncs ? 1 : 0;
    case FaultKind::lost_sync: return syncs ? 1 : 0;
    case FaultKind::read_error: return operation.kind == OpKind::read ? 1 : 0;
    case FaultKind::other_error:
      return operation.kind == OpKind::other || operation.kind == OpKind::create ? 1 : 0;
    case FaultKind::flipped_on_disk:
    case FaultKind::flipped_in_memory: return writes && operation.bytes > 0 ? 6 : 0;
    case FaultKind::misdirected_in_file: return writes ? 3 : 0;
    case FaultKind::misdirected_to_other: return writes ? 4 : 0;
    case FaultKind::kCount: break;
  }
  return 0;
}

// Until the end the script is the same for all seeds.
FaultyDisk::FaultyDisk(std::uint64_t seed) : seed_(seed), disk_(coverage_, Rng(2), 64u << 20) {}

void FaultyDisk::arm(const FaultCase& how) {
  case_ = how;
  armed_ = true;
  operations_.clear();
}

void FaultyDisk::crash() {
  armed_ = false;
  dead_ = false;
  disk_.set_chance(Rng(seed_));
  if (power_is_cut_) return;
  power_is_cut_ = case_.crash >= Crash::power_lose_all;
  switch (case_.crash) {
    case Crash::stop:
    case Crash::kill:
    case Crash::kCount: break;
    case Crash::kill_cold: disk_.evict_clean(); break;
    case Crash::power_lose_all: disk_.power_cut(PowerCut::lose_all); break;
    case Crash::power_keep_all: disk_.power_cut(PowerCut::keep_all); break;
    case Crash::power_random: disk_.power_cut(PowerCut::random); break;
    case Crash::power_prefix: disk_.power_cut(PowerCut::prefix); break;
  }
}

const Fault* FaultyDisk::begin(OpKind kind, std::size_t bytes) {
  if (!armed_ || dead_) return nullptr;
  const std::uint64_t index = operations_.size();
  operations_.push_back({kind, static_cast<std::uint32_t>(bytes)});
  const Fault* fault = nullptr;
  if (case_.two && case_.second.index == index) fault = &case_.second;
  if (case_.first.index == index) fault = &case_.first;
  // With a fault before it, the second may meet another operation than it was meant for.
  if (fault == nullptr || variants_of(fault->kind, operations_.back()) <= fault->variant) {
    return nullptr;
  }
  ++happened_;
  const bool ends = fault->kind == FaultKind::kill || fault->kind == FaultKind::power_cut;
  return ends ? nullptr : fault;
}

void FaultyDisk::end() {
  if (!armed_ || dead_ || operations_.size() <= case_.last) return;
  dead_ = true;
}

void FaultyDisk::die_by_power_cut() {
  dead_ = power_is_cut_ = true;
  disk_.power_cut(PowerCut::lose_all);
}

// ---- a process's view ----------------------------------------------------------------------

template <class Real>
IoStatus FaultyStorage::operate(OpKind kind, Real&& real) {
  if (owner_.dead()) return IoStatus::io_error;
  const Fault* fault = owner_.begin(kind, 0);
  IoStatus status = IoStatus::io_error;
  if (fault == nullptr) {
    status = real();
  } else if (fault->kind == FaultKind::no_space) {
    status = IoStatus::no_space;
  } else if (fault->kind == FaultKind::lost_sync) {
    status = IoStatus::ok;
  }
  owner_.end();
  return status;
}

IoStatus FaultyStorage::list(std::vector<journal::FileInfo>& files) {
  return operate(OpKind::other, [&] { return inner_.list(files); });
}
IoStatus FaultyStorage::create(std::string_view name, FileId& opened) {
  return operate(OpKind::create, [&] { return inner_.create(name, opened); });
}
IoStatus FaultyStorage::open(std::string_view name, FileId& opened) {
  return operate(OpKind::other, [&] { return inner_.open(name, opened); });
}
IoStatus FaultyStorage::size(FileId file, std::uint64_t& bytes) {
  return operate(OpKind::other, [&] { return inner_.size(file, bytes); });
}
IoStatus FaultyStorage::read_at(FileId file, std::uint64_t offset, std::span<std::byte> out,
                                std::size_t& got) {
  return operate(OpKind::read, [&] { return inner_.read_at(file, offset, out, got); });
}
IoStatus FaultyStorage::sync_dir() {
  return operate(OpKind::sync_dir, [&] { return inner_.sync_dir(); });
}
IoStatus FaultyStorage::rename(std::string_view from, std::string_view to) {
  return operate(OpKind::other, [&] { return inner_.rename(from, to); });
}
IoStatus FaultyStorage::remove(std::string_view name) {
  return operate(OpKind::other, [&] { return inner_.remove(name); });
}
IoStatus FaultyStorage::free_bytes(std::uint64_t& bytes) {
  const IoStatus status =
      operate(OpKind::free_bytes, [&] { return inner_.free_bytes(bytes); });
  if (status != IoStatus::no_space) return status;
  bytes = 0;
  return IoStatus::ok;
}

IoStatus FaultyStorage::write_at(FileId file, std::uint64_t offset, Bytes in) {
  if (owner_.dead()) return IoStatus::io_error;
  const Fault* fault = owner_.begin(OpKind::write, in.size());
  const IoStatus status = fault == nullptr ? inner_.write_at(file, offset, in)
                                           : spoil_write(*fault, file, offset, in);
  owner_.end();
  return status;
}

IoStatus FaultyStorage::spoil_write(const Fault& fault, FileId id, std::uint64_t offset,
                                    Bytes in) {
  SimDisk::File& file = inner_.file_of(id);
  const std::size_t half = std::min<std::size_t>(in.size(), sectors_of(in.size()) / 2 * kSector);
  switch (fault.kind) {
    case FaultKind::torn_write: {
      lose(file, offset, in, fault.variant);
      owner_.die_by_power_cut();
      return IoStatus::io_error;
    }
    case FaultKind::part_lost_write: lose(file, offset, in, fault.variant); return IoStatus::ok;
    case FaultKind::lost_write: put_clean(file, offset, in); return IoStatus::ok;
    case FaultKind::short_write:
      return write_part(file, offset, in, fault.variant == 0 ? half : in.size(),
                        IoStatus::io_error);
    case FaultKind::no_space:
      return write_part(file, offset, in, fault.variant == 0 ? 0 : half, IoStatus::no_space);
    case FaultKind::flipped_on_disk:
    case FaultKind::flipped_in_memory: {
      std::vector<std::byte> spoilt(in.begin(), in.end());
      // The first and last byte, and four between them.
      spoilt[(in.size() - 1) * fault.variant / 5] ^= std::byte{0x10};
      if (fault.kind == FaultKind::flipped_in_memory) return inner_.write_at(id, offset, spoilt);
      put_clean(file, offset, in);
      put_durable(file, offset, spoilt, 0, spoilt.size());
      return IoStatus::ok;
    }
    case FaultKind::misdirected_in_file:
    case FaultKind::misdirected_to_other:
      put_clean(file, offset, in);
      misdirect(fault, file, offset, in);
      return IoStatus::ok;
    default: return IoStatus::io_error;
  }
}

IoStatus FaultyStorage::write_part(SimDisk::File& file, std::uint64_t offset, Bytes in,
                                   std::size_t bytes, IoStatus result) {
  if (bytes == 0) return result;
  put_clean(file, offset, in.first(bytes));
  for (std::uint64_t s = offset / kSector; s * kSector < offset + bytes; ++s) file.dirty.insert(s);
  return result;
}

/// Of the write's sectors the first `variant / 2` reach the disk, or all but that one.
void FaultyStorage::lose(SimDisk::File& file, std::uint64_t offset, Bytes in,
                         std::size_t variant) {
  const std::size_t cut = std::min(in.size(), variant / 2 * kSector);
  put_clean(file, offset, in);
  put_durable(file, offset, in, 0, cut);
  if (variant % 2 == 0) return;
  put_durable(file, offset, in, std::min(in.size(), cut + kSector), in.size());
}

/// Only blocks that are there can be hit.
void FaultyStorage::misdirect(const Fault& fault, SimDisk::File& file, std::uint64_t offset,
                              Bytes in) {
  SimDisk::File* target = &file;
  std::uint64_t at = 0;
  if (fault.kind == FaultKind::misdirected_in_file) {
    const std::uint64_t places[] = {0, offset >= kSector ? offset - kSector : offset + kSector,
                                    whole_sectors(offset + in.size())};
    at = places[fault.variant];
  } else {
    std::vector<SimDisk::File*> others;
    for (const auto& [name, other] : owner_.disk().names(name_)) {
      if (other.get() != &file) others.push_back(other.get());
    }
    if (others.empty()) return;
    target = fault.variant < 2 ? others.front() : others.back();
    at = fault.variant % 2 == 0 ? offset : 0;
  }
  const std::uint64_t size = target->durable.size();
  if (at < size) put_durable(*target, at, in, 0, std::min<std::uint64_t>(in.size(), size - at));
}

IoStatus FaultyStorage::sync(FileId id) {
  if (owner_.dead()) return IoStatus::io_error;
  const Fault* fault = owner_.begin(OpKind::sync, 0);
  const IoStatus status =
      fault == nullptr ? inner_.sync(id) : spoil_sync(*fault, inner_.file_of(id));
  owner_.end();
  return status;
}

/// Variants: nothing or every other sector has reached the disk; pages stay, or leave memory.
IoStatus FaultyStorage::spoil_sync(const Fault& fault, SimDisk::File& file) {
  if (fault.kind == FaultKind::lost_sync) return IoStatus::ok;
  if (fault.kind != FaultKind::sync_error) return IoStatus::io_error;
  for (const std::uint64_t s : file.dirty) {
    const std::size_t begin = s * kSector;
    const std::size_t end = std::min(begin + kSector, file.cached.size());
    if (fault.variant % 2 == 1 && s % 2 == 0) put_durable(file, 0, file.cached, begin, end);
    if (fault.variant < 2) continue;
    for (std::size_t i = begin; i < end; ++i) {
      file.cached[i] = i < file.durable.size() ? file.durable[i] : std::byte{0};
    }
  }
  file.dirty.clear();
  file.size_dirty = false;
  return IoStatus::io_error;
}

}  // namespace saker::sim
