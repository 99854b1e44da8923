// An array of fixed size made at start: zero bytes, on huge pages where the host gives them, every
// page touched before trading begins. For arenas and tables of hot memory.
#pragma once

#include <sys/mman.h>

#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "common/types.hpp"

namespace saker {

/// Zeroed memory from the kernel. `note` says what it is on, for the start-up log.
struct FixedMemory {
  void* data = nullptr;
  std::size_t bytes = 0;  // mapped
  const char* note = "nothing";
};

/// Throws std::bad_alloc when the host has not enough. `touch` false leaves pages to be made on
/// first use (tests, tools).
inline FixedMemory map_fixed_memory(std::size_t bytes, bool touch = true) {
  constexpr std::size_t kHuge = std::size_t{2} << 20;
  const int populate = touch ? MAP_POPULATE : 0;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  if (bytes == 0) return {};
  if (bytes >= kHuge) {
    const std::size_t rounded = (bytes + kHuge - 1) & ~(kHuge - 1);
    void* p = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB | populate, -1,
                     0);
    if (p != MAP_FAILED) return {p, rounded, "reserved 2 MiB pages"};
  }
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  const bool transparent = bytes >= kHuge && ::madvise(p, bytes, MADV_HUGEPAGE) == 0;
  if (touch) {
    constexpr std::size_t kPage = 4096;
    for (std::size_t at = 0; at < bytes; at += kPage) {
      static_cast<volatile std::byte*>(p)[at] = std::byte{0};
    }
  }
  return {p, bytes, transparent ? "transparent huge pages, where possible" : "4 KiB pages"};
}

template <class T>
class FixedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  FixedArray() = default;
  /// `count` elements of zero bytes.
  explicit FixedArray(std::size_t count, bool touch = true)
      : memory_(map_fixed_memory(bytes_for(count), touch)), count_(count) {}
  ~FixedArray() {
    if (memory_.data != nullptr) ::munmap(memory_.data, memory_.bytes);
  }
  FixedArray(FixedArray&& other) noexcept
      : memory_(std::exchange(other.memory_, {})), count_(std::exchange(other.count_, 0)) {}
  FixedArray& operator=(FixedArray&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    return *this;
  }

  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T* data() { return static_cast<T*>(memory_.data); }
  const T* data() const { return static_cast<const T*>(memory_.data); }
  std::size_t size() const { return count_; }
  T* begin() { return data(); }
  T* end() { return data() + count_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + count_; }
  /// What the memory is on.
  const char* note() const { return memory_.note; }

 private:
  static std::size_t bytes_for(std::size_t count) {
    if (count > SIZE_MAX / sizeof(T)) throw std::bad_alloc();
    return count * sizeof(T);
  }

  FixedMemory memory_;
  std::size_t count_ = 0;
};

}  // namespace saker
