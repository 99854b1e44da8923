// A disk on which single, chosen things go wrong: the n-th operation of a script fails, lies, or is
// the last one before a kill or a power cut. Everything else is the simulator's fake disk.
#pragma once

#include "sim/sim_disk.hpp"

namespace saker::sim {

/// X(name, what happens, does the disk keep its word).
///
/// A disk that keeps its word may fail, and power may be cut, but what a sync called durable is.
/// On it everything must be recovered. One that does not can lose what it called durable; then
/// recovery may refuse, but must not hand out anything else than what was written.
#define SAKER_FAULT_KINDS(X)                                                            \
  X(kill, "process killed after an operation", true)                                    \
  X(power_cut, "power cut after an operation", true)                                    \
  X(torn_write, "power cut in a write, some sectors of it kept", true)                  \
  X(short_write, "write does a part, then EIO", true)                                   \
  X(write_error, "EIO on write", true)                                                  \
  X(no_space, "ENOSPC on write, create or size of free space", true)                    \
  X(sync_error, "fsync error, pages marked clean", true)                                \
  X(read_error, "EIO on read", true)                                                    \
  X(other_error, "EIO on open, list, size, create, rename, remove", true)               \
  X(lost_write, "write lost, reported and synced as good", false)                       \
  X(part_lost_write, "write torn, reported and synced as good", false)                  \
  X(flipped_on_disk, "bit flipped on the way to the disk", false)                       \
  X(flipped_in_memory, "bit flipped before the write", false)                           \
  X(misdirected_in_file, "write lands elsewhere in its file", false)                    \
  X(misdirected_to_other, "write lands in another file", false)                         \
  X(lost_sync, "sync reported as good, nothing done", false)

enum class FaultKind : std::uint8_t {
#define SAKER_FAULT_NAME(name, text, honest) name,
  SAKER_FAULT_KINDS(SAKER_FAULT_NAME)
#undef SAKER_FAULT_NAME
  kCount,
};
const char* name_of(FaultKind kind);
const char* text_of(FaultKind kind);
bool keeps_its_word(FaultKind kind);

enum class OpKind : std::uint8_t { read, write, sync, sync_dir, create, free_bytes, other };
struct Operation {
  OpKind kind = OpKind::other;
  std::uint32_t bytes = 0;  // written
};

struct Fault {
  FaultKind kind = FaultKind::kill;
  std::uint64_t index = 0;   // of the operation, from 0
  std::uint32_t variant = 0;  // below variants_of()
};
/// Ways in which `kind` can befall this operation; 0: it cannot.
std::uint32_t variants_of(FaultKind kind, const Operation& operation);

/// How the script ends after its last operation.
enum class Crash : std::uint8_t {
  stop,       // nothing more: the process is stopped when it is done
  kill,       // memory of the process lost, page cache kept
  kill_cold,  // the same, and clean pages have left the cache
  power_lose_all, power_keep_all, power_random, power_prefix,
  kCount,
};

/// One case: at most two faults, and where and how it ends.
struct FaultCase {
  Fault first;
  Fault second;
  bool two = false;
  std::uint64_t last = UINT64_MAX;  // operation after which all is over
  Crash crash = Crash::stop;
};

class FaultyDisk {
 public:
  /// `seed` decides which unsynced sectors the power cut of crash() keeps.
  explicit FaultyDisk(std::uint64_t seed);

  /// From now on operations are counted, from 0, and this happens to them.
  void arm(const FaultCase& how);
  /// Ends what was armed, as the case says; afterwards nothing goes wrong any more.
  void crash();
  /// No operation has any effect or succeeds: the process is as good as dead.
  bool dead() const { return dead_; }
  void set_dead(bool dead) { dead_ = dead; }
  bool power_is_cut() const { return power_is_cut_; }

  SimDisk& disk() { return disk_; }
  const std::vector<Operation>& operations() const { return operations_; }
  /// Faults that really happened.
  std::uint32_t happened() const { return happened_; }

 private:
  friend class FaultyStorage;
  const Fault* begin(OpKind kind, std::size_t bytes);
  void end();
  void die_by_power_cut();

  const std::uint64_t seed_;
  Coverage coverage_;
  SimDisk disk_;
  FaultCase case_;
  bool armed_ = false;
  bool dead_ = false;
  bool power_is_cut_ = false;
  std::uint32_t happened_ = 0;
  std::vector<Operation> operations_;
};

/// One process's view of one directory. journal::Storage.
class FaultyStorage {
 public:
  FaultyStorage(FaultyDisk& owner, std::string directory)
      : owner_(owner), name_(directory), inner_(owner.disk(), std::move(directory)) {}

  journal::IoStatus list(std::vector<journal::FileInfo>& files);
  journal::IoStatus create(std::string_view name, journal::FileId& opened);
  journal::IoStatus open(std::string_view name, journal::FileId& opened);
  void close(journal::FileId file) { inner_.close(file); }
  journal::IoStatus size(journal::FileId file, std::uint64_t& bytes);
  journal::IoStatus write_at(journal::FileId file, std::uint64_t offset, Bytes in);
  journal::IoStatus read_at(journal::FileId file, std::uint64_t offset, std::span<std::byte> out,
                            std::size_t& got);
  journal::IoStatus sync(journal::FileId file);
  journal::IoStatus sync_dir();
  journal::IoStatus rename(std::string_view from, std::string_view to);
  journal::IoStatus remove(std::string_view name);
  journal::IoStatus free_bytes(std::uint64_t& bytes);

 private:
  template <class Real>
  journal::IoStatus operate(OpKind kind, Real&& real);
  journal::IoStatus spoil_write(const Fault& fault, journal::FileId file, std::uint64_t offset,
                                Bytes in);
  journal::IoStatus write_part(SimDisk::File& file, std::uint64_t offset, Bytes in,
                               std::size_t bytes, journal::IoStatus result);
  void lose(SimDisk::File& file, std::uint64_t offset, Bytes in, std::size_t kept);
  void misdirect(const Fault& fault, SimDisk::File& file, std::uint64_t offset, Bytes in);
  journal::IoStatus spoil_sync(const Fault& fault, SimDisk::File& file);

  FaultyDisk& owner_;
  const std::string name_;
  SimStorage inner_;
};
static_assert(journal::Storage<FaultyStorage>);

}  // namespace saker::sim
