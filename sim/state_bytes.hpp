// A core's state as bytes in memory and back.
#pragma once

#include <memory>
#include <vector>

#include "engine/core/core.hpp"

namespace saker::sim {

inline std::vector<std::byte> state_bytes(const core::Core& core) {
  struct Sink : core::StateSink {
    std::vector<std::byte> bytes;
    void write(Bytes in) override { bytes.insert(bytes.end(), in.begin(), in.end()); }
  } sink;
  core.encode(sink);
  return std::move(sink.bytes);
}

/// nullptr when the bytes are not a valid state; `why` then says why.
inline std::unique_ptr<core::Core> core_from_bytes(const std::vector<std::byte>& bytes,
                                                   const char** why) {
  struct Source : core::StateSource {
    Bytes left;
    bool read(std::span<std::byte> into) override {
      if (into.size() > left.size()) return false;
      if (!into.empty()) std::memcpy(into.data(), left.data(), into.size());
      left = left.subspan(into.size());
      return true;
    }
  } source;
  source.left = bytes;
  return core::Core::decode(source, why);
}

}  // namespace saker::sim
