// Everything a receiver does with bytes from the network, in one call: what the fuzzer and the
// mutation test run. For tests only.
#pragma once

#include <cstddef>
#include <span>

#include "proto/codec.hpp"

namespace saker::proto {

/// What became of the bytes.
enum class Fate : std::uint8_t { kRefusedFrame, kRefusedPayload, kDecoded };

/// Takes `datagram` (8-byte aligned, changed in place) through prefix, tag, both handshake sides
/// and the decoder of its kind, and through the feed's. Reads every byte of what is decoded;
/// aborts when a result lies outside the datagram or does not survive being encoded again.
Fate exercise_datagram(std::span<std::byte> datagram);

}  // namespace saker::proto
