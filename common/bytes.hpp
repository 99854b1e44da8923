// Plain structs as bytes and back. Every layout that crosses a file or a wire is a trivially
// copyable struct with asserted size; the project supports little-endian machines only.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <type_traits>

#include "common/types.hpp"

namespace saker {

static_assert(std::endian::native == std::endian::little);

using Bytes = std::span<const std::byte>;

template <class T>
Bytes bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const std::byte*>(&value), sizeof(T)};
}

/// Copies a T out of `bytes`, which must hold at least sizeof(T).
template <class T>
T read_as(Bytes bytes, std::size_t offset = 0) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

}  // namespace saker
