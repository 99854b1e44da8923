#include "tests/dpdk/bad_frames.hpp"

#include "net/dpdk/checksum.hpp"
#include "proto/frame.hpp"

namespace saker::tests {

namespace {

using net::FrameDrop;
using Frame = std::vector<std::byte>;

constexpr std::size_t kIp = net::kEthernetBytes;
constexpr std::size_t kUdp = kIp + net::kIpBytes;

void fix_ip_checksum(Frame& frame) {
  net::store16(&frame[kIp + 10], 0);
  const auto sum = static_cast<std::uint16_t>(
      ~net::fold_sum(net::add_bytes(0, &frame[kIp], net::kIpBytes)));
  std::memcpy(&frame[kIp + 10], &sum, 2);
}

Frame with_tag(const Frame& frame, std::uint16_t vlan) {
  Frame tagged(frame.begin(), frame.begin() + 12);
  tagged.resize(16);
  net::store16(&tagged[12], net::kTypeVlan);
  net::store16(&tagged[14], vlan);
  tagged.insert(tagged.end(), frame.begin() + 12, frame.end());
  return tagged;
}

/// Twenty-four bytes of IP header, four of them options.
Frame with_options(const Frame& frame) {
  Frame longer = frame;
  longer[kIp] = std::byte{0x46};
  const std::byte options[] = {std::byte{1}, std::byte{1}, std::byte{1}, std::byte{0}};
  longer.insert(longer.begin() + kUdp, options, options + 4);
  net::store16(&longer[kIp + 2], static_cast<std::uint16_t>(longer.size() - kIp));
  fix_ip_checksum(longer);
  return longer;
}

}  // namespace

Frame good_frame(const FrameRoute& route, std::span<const std::byte> payload) {
  Frame frame(net::udp_header_bytes(0) + payload.size());
  net::UdpHeaders headers;
  headers.from_mac = route.from_mac;
  headers.to_mac = route.to_mac;
  headers.from = route.from;
  headers.to = route.to;
  std::copy(payload.begin(), payload.end(), frame.begin() + net::udp_header_bytes(0));
  net::build_udp_headers(frame.data(), headers, payload.size(), net::UdpChecksum::software,
                         net::add_bytes(0, payload.data(), payload.size()));
  return frame;
}

std::vector<BadFrame> bad_frames(const FrameRoute& route, std::span<const std::byte> payload) {
  std::vector<BadFrame> bad;
  const Frame good = good_frame(route, payload);
  const auto add = [&](const char* kind, FrameDrop why, Frame frame) {
    if (frame.size() < net::kShortestFrame) frame.resize(net::kShortestFrame);
    bad.push_back({kind, why, std::move(frame)});
  };
  const auto changed = [&](std::size_t at, std::uint8_t bits) {
    Frame frame = good;
    frame[at] ^= std::byte{bits};
    return frame;
  };
  const auto changed_ip = [&](std::size_t at, std::uint8_t bits) {
    Frame frame = changed(kIp + at, bits);
    fix_ip_checksum(frame);
    return frame;
  };
  add("truncated", FrameDrop::bad_ip_header, Frame(good.begin(), good.end() - 20));
  add("fragment", FrameDrop::fragment, changed_ip(6, 0x20));
  add("ip_checksum", FrameDrop::ip_checksum, changed(kIp + 10, 0x10));
  add("udp_checksum", FrameDrop::udp_checksum, changed(kUdp + 6, 0x01));
  add("wrong_mac", FrameDrop::wrong_mac, changed(3, 0x40));
  add("vlan", FrameDrop::wrong_vlan, with_tag(good, 7));
  add("ip_options", FrameDrop::ip_options, with_options(good));
  add("garbage", FrameDrop::unknown_type, changed(12, 0x80));
  add("udp_length", FrameDrop::bad_udp_length, changed(kUdp + 5, 0x08));
  FrameRoute wrong_port = route;
  wrong_port.to.port ^= 1;
  add("wrong_port", FrameDrop::wrong_port, good_frame(wrong_port, payload));
  FrameRoute wrong_address = route;
  wrong_address.to.address ^= 0x10;
  add("wrong_address", FrameDrop::wrong_address, good_frame(wrong_address, payload));
  FrameRoute stranger = route;
  stranger.from.address ^= 0x20;
  add("stranger", FrameDrop::not_allowed, good_frame(stranger, payload));
  const Frame large(net::kMaxDatagram + 40);
  add("oversized", FrameDrop::oversized, good_frame(route, large));
  Frame forged(payload.begin(), payload.end());
  forged[offsetof(proto::Prefix, tag)] ^= std::byte{1};
  add("forged", FrameDrop::none, good_frame(route, forged));
  return bad;
}

}  // namespace saker::tests
