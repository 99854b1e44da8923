// One description of the state's fields for both directions: the writer and the reader offer the
// same call, so what is written and what is read cannot drift apart.
#pragma once

#include <array>
#include <cstring>
#include <limits>

#include "common/bytes.hpp"
#include "engine/core/core.hpp"

namespace saker::core {

class ArchiveWriter {
 public:
  static constexpr bool kReading = false;
  explicit ArchiveWriter(StateSink& sink) : sink_(sink) {}
  ~ArchiveWriter() { flush(); }

  template <class T>
  void operator()(T& value) {
    const T copy = value;
    const Bytes bytes = bytes_of(copy);
    if (used_ + bytes.size() > buffer_.size()) flush();
    std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  /// Like operator(); a reader fails unless the value is within [low, high].
  template <class T, class Low, class High>
  void ranged(T& value, Low, High) {
    (*this)(value);
  }
  bool ok() const { return true; }

 private:
  void flush() {
    if (used_ != 0) sink_.write({buffer_.data(), used_});
    used_ = 0;
  }
  StateSink& sink_;
  std::size_t used_ = 0;
  std::array<std::byte, 4096> buffer_;
};

class ArchiveReader {
 public:
  static constexpr bool kReading = true;
  explicit ArchiveReader(StateSource& source) : source_(source) {}

  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::array<std::byte, sizeof(T)> bytes{};
    if (ok_ && !source_.read(bytes)) ok_ = false;
    if constexpr (std::is_same_v<T, bool>) {
      if (bytes[0] != std::byte{0} && bytes[0] != std::byte{1}) ok_ = false;
      value = bytes[0] == std::byte{1};
    } else {
      std::memcpy(&value, bytes.data(), sizeof(T));
    }
  }
  template <class T, class Low, class High>
  void ranged(T& value, Low low, High high) {
    (*this)(value);
    if (ok_ && (value < static_cast<T>(low) || value > static_cast<T>(high))) ok_ = false;
    if (!ok_) value = static_cast<T>(low);
  }
  bool ok() const { return ok_; }
  void fail() { ok_ = false; }

 private:
  StateSource& source_;
  bool ok_ = true;
};

}  // namespace saker::core
