// ICMP echo, so that an operator can ping the card that the kernel no longer sees.
#pragma once

#include "net/dpdk/frame.hpp"

namespace saker::net {

/// Turns the echo request that parse_frame found in `bytes` into its answer, in place: MAC and
/// IP addresses exchanged, checksums as they must be. Otherwise says why not and leaves it alone.
FrameDrop answer_echo(std::span<std::byte> bytes, const Frame& frame, const MacAddress& own);

}  // namespace saker::net
