// Frames that nobody should send: one of each kind, with the reason under which it must be counted.
#pragma once

#include <vector>

#include "net/dpdk/frame.hpp"

namespace saker::tests {

/// A frame is from `from`, as a client's would be, to the engine's `to`.
struct FrameRoute {
  net::MacAddress from_mac;
  net::MacAddress to_mac;
  net::Endpoint from;
  net::Endpoint to;
};

struct BadFrame {
  const char* kind;
  net::FrameDrop counted_as;  // none: the transport hands it on, the session must refuse it
  std::vector<std::byte> bytes;
};

/// An ordinary frame with this payload.
std::vector<std::byte> good_frame(const FrameRoute& route, std::span<const std::byte> payload);

/// Truncated, fragmented, with wrong sums, for another station, too long, tagged, garbage; each
/// would be good but for one thing. `payload` is a real client's datagram. Forged: right in all
/// that the transport sees, with one bit of the tag wrong.
std::vector<BadFrame> bad_frames(const FrameRoute& route, std::span<const std::byte> payload);

}  // namespace saker::tests
