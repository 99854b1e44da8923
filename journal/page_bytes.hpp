// A buffer of zero bytes that begins on a page, as writes past the page cache want it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "common/bytes.hpp"

namespace saker::journal {

class PageBytes {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  explicit PageBytes(std::size_t size) : size_(size) {
    const std::size_t whole = (size + kPageBytes - 1) & ~(kPageBytes - 1);
    bytes_.reset(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, whole)));
    if (bytes_ == nullptr && whole != 0) throw std::bad_alloc();
    if (whole != 0) std::memset(bytes_.get(), 0, whole);
  }
  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_;
};

}  // namespace saker::journal
