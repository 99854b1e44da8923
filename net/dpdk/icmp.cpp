#include "net/dpdk/icmp.hpp"

#include <algorithm>

#include "net/dpdk/checksum.hpp"

namespace saker::net {

FrameDrop answer_echo(std::span<std::byte> bytes, const Frame& frame, const MacAddress& own) {
  constexpr std::byte kEchoRequest{8};
  constexpr std::size_t kIcmpBytes = 8;
  std::byte* icmp = bytes.data() + frame.payload_offset;
  if (frame.payload_size < kIcmpBytes) return FrameDrop::bad_icmp;
  if (icmp[0] != kEchoRequest || icmp[1] != std::byte{0}) return FrameDrop::unknown_protocol;
  if (fold_sum(add_bytes(0, icmp, frame.payload_size)) != 0xFFFF) return FrameDrop::bad_icmp;
  std::copy_n(bytes.data() + 6, 6, bytes.data());
  std::memcpy(bytes.data() + 6, own.bytes.data(), 6);
  std::byte* ip = bytes.data() + frame.network_offset;
  ip[8] = std::byte{64};
  store16(ip + 10, 0);
  store32(ip + 12, frame.to.address);
  store32(ip + 16, frame.from.address);
  const auto ip_sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, ip, kIpBytes)));
  std::memcpy(ip + 10, &ip_sum, 2);
  icmp[0] = std::byte{0};
  store16(icmp + 2, 0);
  const auto sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, icmp, frame.payload_size)));
  std::memcpy(icmp + 2, &sum, 2);
  return FrameDrop::none;
}

}  // namespace saker::net
