#include "net/dpdk/test_frames.hpp"

#include "net/dpdk/checksum.hpp"

namespace saker::net {

namespace {

constexpr std::size_t kIpAt = kEthernetBytes;
constexpr std::size_t kUdpAt = kIpAt + kIpBytes;

/// `frame` with its IP header changed by `change`, and summed up again.
template <class Change>
FrameBytes with_ip(FrameBytes frame, Change&& change) {
  change(frame.data() + kIpAt);
  repair_ip_checksum(frame);
  return frame;
}

template <class Change>
FrameBytes with(FrameBytes frame, Change&& change) {
  change(frame);
  return frame;
}

FrameBytes tagged(const UdpHeaders& headers, std::uint16_t vlan,
                  std::span<const std::byte> payload) {
  UdpHeaders other = headers;
  other.vlan = vlan;
  return udp_frame(other, payload);
}

void add_ip_frames(std::vector<HostileFrame>& frames, const FrameBytes& good) {
  const auto add = [&](const char* name, FrameDrop drop, FrameBytes bytes) {
    frames.push_back({name, drop, std::move(bytes)});
  };
  add("IP version 6 in an IPv4 frame", FrameDrop::bad_ip_header,
      with_ip(good, [](std::byte* ip) { ip[0] = std::byte{0x65}; }));
  add("IP header of 16 bytes", FrameDrop::bad_ip_header,
      with_ip(good, [](std::byte* ip) { ip[0] = std::byte{0x44}; }));
  add("IP length beyond the frame", FrameDrop::bad_ip_header,
      with_ip(good, [&](std::byte* ip) {
        store16(ip + 2, static_cast<std::uint16_t>(good.size()));
      }));
  add("IP length below the header", FrameDrop::bad_ip_header,
      with_ip(good, [](std::byte* ip) { store16(ip + 2, 19); }));
  add("IP options", FrameDrop::ip_options,
      with_ip(good, [](std::byte* ip) { ip[0] = std::byte{0x46}; }));
  add("IP checksum", FrameDrop::ip_checksum,
      with(good, [](FrameBytes& bytes) { bytes[kIpAt + 10] ^= std::byte{1}; }));
  add("first fragment", FrameDrop::fragment,
      with_ip(good, [](std::byte* ip) { store16(ip + 6, 0x2000); }));
  add("last fragment", FrameDrop::fragment,
      with_ip(good, [](std::byte* ip) { store16(ip + 6, 100); }));
  add("another address", FrameDrop::wrong_address,
      with_ip(good, [](std::byte* ip) { ip[19] ^= std::byte{0x40}; }));
  add("a group in our own frame", FrameDrop::wrong_address,
      with_ip(good, [](std::byte* ip) { store32(ip + 16, 0xEF010101); }));
  add("from a group", FrameDrop::bad_source,
      with_ip(good, [](std::byte* ip) { store32(ip + 12, 0xEF010101); }));
  add("from broadcast", FrameDrop::bad_source,
      with_ip(good, [](std::byte* ip) { store32(ip + 12, 0xFFFFFFFF); }));
  add("from loopback", FrameDrop::bad_source,
      with_ip(good, [](std::byte* ip) { store32(ip + 12, 0x7F000001); }));
  add("from nowhere", FrameDrop::bad_source,
      with_ip(good, [](std::byte* ip) { store32(ip + 12, 0); }));
  add("from our own address", FrameDrop::bad_source,
      with_ip(good, [](std::byte* ip) { std::memcpy(ip + 12, ip + 16, 4); }));
  add("TCP", FrameDrop::unknown_protocol,
      with_ip(good, [](std::byte* ip) { ip[9] = std::byte{6}; }));
}

}  // namespace

FrameBytes udp_frame(const UdpHeaders& headers, std::span<const std::byte> payload) {
  const std::size_t head = udp_header_bytes(headers.vlan);
  FrameBytes frame(std::max(head + payload.size(), kShortestFrame));
  if (!payload.empty()) std::memcpy(frame.data() + head, payload.data(), payload.size());
  build_udp_headers(frame.data(), headers, payload.size(), UdpChecksum::software,
                    add_bytes(0, payload.data(), payload.size()));
  return frame;
}

FrameBytes echo_request(const UdpHeaders& headers, std::size_t data_size) {
  FrameBytes frame = udp_frame(headers, FrameBytes(data_size));
  std::byte* ip = frame.data() + kEthernetBytes;
  ip[9] = std::byte{1};
  repair_ip_checksum(frame);
  std::byte* icmp = ip + kIpBytes;
  std::memset(icmp, 0, 4);
  icmp[0] = std::byte{8};
  store16(icmp + 4, 0x1234);
  store16(icmp + 6, 1);
  const auto sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, icmp, 8 + data_size)));
  std::memcpy(icmp + 2, &sum, 2);
  return frame;
}

void repair_ip_checksum(FrameBytes& frame, std::size_t network_offset) {
  std::byte* ip = frame.data() + network_offset;
  store16(ip + 10, 0);
  const auto sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, ip, kIpBytes)));
  std::memcpy(ip + 10, &sum, 2);
}

std::vector<HostileFrame> hostile_frames(const UdpHeaders& headers, std::size_t payload_size) {
  std::vector<std::byte> payload(payload_size);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 7);
  const FrameBytes good = udp_frame(headers, payload);
  std::vector<HostileFrame> frames;
  const auto add = [&](const char* name, FrameDrop drop, FrameBytes bytes) {
    frames.push_back({name, drop, std::move(bytes)});
  };
  const auto cut = [&](std::size_t size) { return FrameBytes(good.begin(), good.begin() +
                                                             static_cast<std::ptrdiff_t>(size)); };
  add("cut in the Ethernet header", FrameDrop::too_short, cut(13));
  add("cut in the IP header", FrameDrop::too_short, cut(kIpAt + 19));
  add("cut in the payload", FrameDrop::bad_ip_header, cut(kUdpAt + 9));
  add("another station", FrameDrop::wrong_mac,
      with(good, [](FrameBytes& bytes) { bytes[5] ^= std::byte{1}; }));
  add("unicast in a broadcast frame", FrameDrop::wrong_address,
      with(good, [](FrameBytes& bytes) { std::memset(bytes.data(), 0xFF, 6); }));
  add("from a group's station", FrameDrop::bad_source_mac,
      with(good, [](FrameBytes& bytes) { bytes[6] |= std::byte{1}; }));
  add("from our own station", FrameDrop::bad_source_mac,
      with(good, [](FrameBytes& bytes) { std::memcpy(bytes.data() + 6, bytes.data(), 6); }));
  add("another VLAN", FrameDrop::wrong_vlan,
      tagged(headers, static_cast<std::uint16_t>(headers.vlan + 7), payload));
  add("IPv6", FrameDrop::unknown_type,
      with(good, [](FrameBytes& bytes) { store16(bytes.data() + 12, 0x86DD); }));
  add_ip_frames(frames, good);
  add("UDP length too long", FrameDrop::bad_udp_length, with(good, [&](FrameBytes& bytes) {
        store16(bytes.data() + kUdpAt + 4, static_cast<std::uint16_t>(payload_size + 9));
      }));
  add("UDP length too short", FrameDrop::bad_udp_length,
      with(good, [](FrameBytes& bytes) { store16(bytes.data() + kUdpAt + 4, 7); }));
  add("from port 0", FrameDrop::bad_source,
      with(good, [](FrameBytes& bytes) { store16(bytes.data() + kUdpAt, 0); }));
  add("UDP checksum", FrameDrop::udp_checksum,
      with(good, [](FrameBytes& bytes) { bytes[kUdpAt + 8] ^= std::byte{0x80}; }));
  add("oversized", FrameDrop::oversized,
      udp_frame(headers, std::vector<std::byte>(kMaxDatagram + 1)));
  return frames;
}

}  // namespace saker::net
