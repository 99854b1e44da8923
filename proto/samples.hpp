// One example datagram of every message, with fixed values and keys: what the golden files hold,
// what the fuzzer starts from and the mutation test changes. For tests only.
#pragma once

#include <string>
#include <vector>

#include "proto/codec.hpp"

namespace saker::proto {

/// A datagram in a buffer that is aligned like a transport's.
struct Sample {
  std::string name;  // of the golden file: "NewOrder"
  std::size_t size = 0;
  alignas(8) std::byte bytes[kMaxDatagramBytes] = {};

  std::span<std::byte> datagram() { return {bytes, size}; }
  Bytes view() const { return {bytes, size}; }
};

/// The secret of all samples: bytes 0, 1, .. 31.
Secret sample_secret();
/// The keys that `kind` is tagged with: of the sample connection or, for logon kinds, of none.
KeyPair sample_keys(PacketKind kind);
inline constexpr std::uint32_t kSampleEpoch = 3;
inline constexpr std::uint64_t kSampleConnection = 1'700'000'000'123'456;
inline constexpr std::uint32_t kSampleSession = 10;

std::vector<Sample> all_samples();

}  // namespace saker::proto
