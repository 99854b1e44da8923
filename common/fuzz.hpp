// What fuzz targets share. A target `x_fuzz.cpp` is a function over any bytes that asserts what
// must hold whatever they are: libFuzzer calls it (clang, -Dfuzzers=true), and the ordinary tests
// call it with changed seeds of `x_fuzz_corpus/` beside it (common/fuzz_corpus.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#ifdef SAKER_FUZZER
#define SAKER_FUZZ_TARGET(function)                                                      \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    function(data, size);                                                               \
    return 0;                                                                           \
  }
#else
#define SAKER_FUZZ_TARGET(function)
#endif

namespace saker {

/// Takes an input apart from its front; zeros after its end.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }
  template <class T>
  T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    fill(&value, sizeof(value));
    return value;
  }
  std::uint8_t byte() { return take<std::uint8_t>(); }
  void fill(std::span<std::byte> into) { fill(into.data(), into.size()); }
  /// At most `most` bytes.
  std::string text(std::size_t most) {
    const std::size_t size = most < size_ ? most : size_;
    std::string text;
    if (size > 0) text.assign(reinterpret_cast<const char*>(data_), size);
    data_ += size;
    size_ -= size;
    return text;
  }
  std::string rest() { return text(size_); }

 private:
  void fill(void* into, std::size_t size) {
    const std::size_t there = size < size_ ? size : size_;
    if (there > 0) std::memcpy(into, data_, there);
    if (there < size) std::memset(static_cast<char*>(into) + there, 0, size - there);
    data_ += there;
    size_ -= there;
  }

  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace saker
