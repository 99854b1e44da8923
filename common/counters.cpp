#include "common/counters.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/assert.hpp"
#include "common/bytes.hpp"
#include "common/clock.hpp"

namespace saker {

namespace {

constexpr std::uint32_t kMagic = 0x4E434B53;  // "SKCN"
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kMaxCounters = 4096;

// The file: header, `count` descriptors, then the values on cache lines of their own.
struct FileHeader {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t count = 0;
  std::int32_t pid = 0;
  std::uint64_t started_ns = 0;
  std::uint64_t bytes = 0;  // whole file
  char process[32] = {};
};
static_assert(sizeof(FileHeader) == 64);

struct Descriptor {
  char name[48] = {};
  char unit[16] = {};
  char help[120] = {};
  std::uint32_t value_at = 0;  // offset in the file, multiple of 8
  std::uint8_t type = 0;
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(Descriptor) == 192);

constexpr std::size_t whole_lines(std::size_t bytes) {
  return (bytes + kCacheLine - 1) & ~(kCacheLine - 1);
}

template <std::size_t kSize>
void copy_text(char (&to)[kSize], std::string_view text) {
  SAKER_ASSERT(text.size() < kSize);
  std::memcpy(to, text.data(), text.size());
}

template <std::size_t kSize>
std::string text_of(const char (&from)[kSize]) {
  return std::string(from, ::strnlen(from, kSize));
}

/// Offset of each value: groups one after the other, each starting on a cache line of its own.
std::vector<std::uint32_t> value_offsets(std::span<const CounterSpec> specs,
                                         std::size_t& bytes) {
  std::vector<std::uint32_t> offsets(specs.size());
  std::size_t at = whole_lines(sizeof(FileHeader) + specs.size() * sizeof(Descriptor));
  for (unsigned thread = 0; thread < 256; ++thread) {
    bool any = false;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].thread != thread) continue;
      offsets[i] = static_cast<std::uint32_t>(at);
      at += sizeof(std::uint64_t);
      any = true;
    }
    if (any) at = whole_lines(at);
  }
  bytes = at;
  return offsets;
}

std::string problem(const std::string& path, const char* what) {
  return path + ": " + what + ": " + std::strerror(errno);
}

}  // namespace

std::unique_ptr<Counters> Counters::create(const std::string& path, std::string_view process,
                                           std::span<const CounterSpec> specs,
                                           std::string& error) {
  SAKER_ASSERT(specs.size() <= kMaxCounters && process.size() < sizeof(FileHeader::process));
  std::size_t bytes = 0;
  value_offsets(specs, bytes);
  // Under another name until it is complete: a reader never sees half a table, and one that has
  // the old file mapped keeps it.
  const std::string temporary = path + "." + std::to_string(::getpid()) + ".new";
  const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    error = problem(temporary, "cannot be created");
    return nullptr;
  }
  // Reserved, not only sized: a full disk must show here and not as a signal at some add().
  const int reserve = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  void* map = reserve != 0 ? MAP_FAILED
                           : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_POPULATE, fd, 0);
  if (reserve != 0) errno = reserve;
  if (map == MAP_FAILED) error = problem(temporary, "cannot be mapped");
  ::close(fd);
  if (map == MAP_FAILED) {
    ::unlink(temporary.c_str());
    return nullptr;
  }
  std::unique_ptr<Counters> counters(new Counters());
  counters->lay_out(map, bytes, process, specs);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    error = problem(path, "cannot be replaced");
    ::unlink(temporary.c_str());
    return nullptr;
  }
  return counters;
}

std::unique_ptr<Counters> Counters::in_memory(std::span<const CounterSpec> specs) {
  std::size_t bytes = 0;
  value_offsets(specs, bytes);
  void* map = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SAKER_ASSERT(map != MAP_FAILED);
  std::unique_ptr<Counters> counters(new Counters());
  counters->lay_out(map, bytes, "", specs);
  return counters;
}

void Counters::lay_out(void* map, std::size_t bytes, std::string_view process,
                       std::span<const CounterSpec> specs) {
  map_ = map;
  bytes_ = bytes;
  const std::vector<std::uint32_t> offsets = value_offsets(specs, bytes);
  FileHeader header;
  header.count = static_cast<std::uint32_t>(specs.size());
  header.pid = ::getpid();
  header.started_ns = UtcClock().now_ns();
  header.bytes = bytes;
  copy_text(header.process, process);
  std::memcpy(map, &header, sizeof header);
  auto* base = static_cast<std::byte*>(map);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Descriptor descriptor;
    copy_text(descriptor.name, specs[i].name);
    copy_text(descriptor.unit, specs[i].unit);
    copy_text(descriptor.help, specs[i].help);
    descriptor.value_at = offsets[i];
    descriptor.type = raw(specs[i].type);
    std::memcpy(base + sizeof header + i * sizeof descriptor, &descriptor, sizeof descriptor);
    values_.push_back(reinterpret_cast<std::uint64_t*>(base + offsets[i]));
  }
}

Counters::~Counters() {
  if (map_ != nullptr) ::munmap(map_, bytes_);
}

// ---- reader --------------------------------------------------------------------------------

std::unique_ptr<CounterReader> CounterReader::open(const std::string& path, std::string& error) {
  std::unique_ptr<CounterReader> reader(new CounterReader());
  reader->path_ = path;
  if (!reader->map(error)) return nullptr;
  return reader;
}

CounterReader::~CounterReader() { unmap(); }

void CounterReader::unmap() {
  if (map_ != nullptr) ::munmap(const_cast<std::byte*>(map_), bytes_);
  map_ = nullptr;
  bytes_ = 0;
}

bool CounterReader::map(std::string& error) {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    error = problem(path_, "cannot be opened");
    return false;
  }
  struct stat info {};
  void* mapped = MAP_FAILED;
  const bool sized = ::fstat(fd, &info) == 0 && info.st_size >= static_cast<off_t>(64);
  if (sized) {
    mapped = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_SHARED, fd, 0);
  }
  ::close(fd);
  if (mapped == MAP_FAILED) {
    error = path_ + ": is not a file of counters";
    return false;
  }
  map_ = static_cast<const std::byte*>(mapped);
  bytes_ = static_cast<std::size_t>(info.st_size);
  inode_ = info.st_ino;
  if (read_table(error)) return true;
  unmap();
  return false;
}

bool CounterReader::read_table(std::string& error) {
  error = path_ + ": is not a file of counters";
  const FileHeader header = read_as<FileHeader>({map_, bytes_});
  if (header.magic != kMagic || header.version != kVersion || header.bytes != bytes_ ||
      header.count > kMaxCounters ||
      bytes_ < sizeof header + header.count * sizeof(Descriptor)) {
    return false;
  }
  std::vector<Counter> counters;
  std::vector<const std::uint64_t*> values;
  for (std::size_t i = 0; i < header.count; ++i) {
    const Descriptor one =
        read_as<Descriptor>({map_, bytes_}, sizeof header + i * sizeof(Descriptor));
    if (one.value_at % 8 != 0 || one.value_at > bytes_ - 8 ||
        one.type > raw(CounterType::kGauge)) {
      return false;
    }
    counters.push_back({text_of(one.name), text_of(one.unit), text_of(one.help),
                        static_cast<CounterType>(one.type)});
    values.push_back(reinterpret_cast<const std::uint64_t*>(map_ + one.value_at));
  }
  counters_ = std::move(counters);
  values_ = std::move(values);
  process_ = text_of(header.process);
  pid_ = header.pid;
  started_ns_ = header.started_ns;
  error.clear();
  return true;
}

bool CounterReader::refresh() {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0 || info.st_ino == inode_) return false;
  CounterReader fresh;
  fresh.path_ = path_;
  std::string error;
  if (!fresh.map(error)) return false;
  std::swap(map_, fresh.map_);
  std::swap(bytes_, fresh.bytes_);
  inode_ = fresh.inode_;
  counters_.swap(fresh.counters_);
  values_.swap(fresh.values_);
  process_.swap(fresh.process_);
  pid_ = fresh.pid_;
  started_ns_ = fresh.started_ns_;
  return true;
}

std::uint64_t CounterReader::value(std::size_t index) const {
  SAKER_ASSERT(index < values_.size());
  return __atomic_load_n(values_[index], __ATOMIC_RELAXED);
}

int CounterReader::find(std::string_view name) const {
  const auto found = std::find_if(counters_.begin(), counters_.end(),
                                  [name](const Counter& c) { return c.name == name; });
  return found == counters_.end() ? -1 : static_cast<int>(found - counters_.begin());
}

std::uint64_t CounterReader::value_of(std::string_view name) const {
  const int index = find(name);
  return index < 0 ? 0 : value(static_cast<std::size_t>(index));
}

bool CounterReader::writer_alive() const { return ::kill(pid_, 0) == 0 || errno == EPERM; }

}  // namespace saker
