// Frames for tests and floods: one that is good, and one of each kind that must be dropped.
#pragma once

#include <string>
#include <vector>

#include "net/dpdk/frame.hpp"

namespace saker::net {

using FrameBytes = std::vector<std::byte>;

/// This host and a peer of it, in tests.
inline constexpr MacAddress kOurMac{{0x02, 0x53, 10, 0, 0, 1}};
inline constexpr MacAddress kPeerMac{{0x02, 0x53, 10, 0, 0, 2}};
inline constexpr std::uint32_t kUs = 0x0A000001;
inline constexpr std::uint32_t kPeer = 0x0A000002;

/// A UDP frame as `headers` say, with a software checksum.
FrameBytes udp_frame(const UdpHeaders& headers, std::span<const std::byte> payload);

/// A ping with `data_size` bytes of zeros; the ports of `headers` mean nothing.
FrameBytes echo_request(const UdpHeaders& headers, std::size_t data_size);

/// Recomputes the checksum of the IP header after it was changed.
void repair_ip_checksum(FrameBytes& frame, std::size_t network_offset = kEthernetBytes);

struct HostileFrame {
  std::string name;
  FrameDrop drop;     // the reason it must be dropped for
  FrameBytes bytes;
};

/// One frame for each reason that parse_frame knows, from `headers.from` to `headers.to`, with a
/// payload of `payload_size` bytes where it has one.
std::vector<HostileFrame> hostile_frames(const UdpHeaders& headers, std::size_t payload_size);

}  // namespace saker::net
