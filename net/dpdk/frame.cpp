#include "net/dpdk/frame.hpp"

#include <algorithm>

#include "net/dpdk/checksum.hpp"
#include "net/endpoint.hpp"

namespace saker::net {

namespace {

constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kFragmentOffset = 0x1FFF;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kVlanIdMask = 0x0FFF;
constexpr std::uint64_t kGroupBit = 1;  // of an address as a word

struct DropText {
  const char* name;
  const char* text;
};
constexpr DropText kDropTexts[] = {
#define SAKER_FRAME_DROP_TEXT(name, text) {#name, text},
    SAKER_FRAME_DROPS(SAKER_FRAME_DROP_TEXT)
#undef SAKER_FRAME_DROP_TEXT
};

/// As MacAddress::word(), with one load of eight bytes that begins `past` bytes before.
std::uint64_t load_mac(const std::byte* from, std::size_t past = 0) {
  std::uint64_t word;
  std::memcpy(&word, from - past, sizeof word);
  return word >> (8 * past) & 0xFFFF'FFFF'FFFF;
}

Frame dropped(Frame frame, FrameDrop why) {
  frame.kind = FrameKind::dropped;
  frame.drop = why;
  return frame;
}

bool joined(std::uint32_t group, std::span<const std::uint32_t> groups) {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

/// An address that a datagram of a peer can come from.
bool can_send(Endpoint from, std::uint32_t own) {
  return from.address != own && from.address >> 24 != 0 && from.address >> 24 != 127 &&
         from.address >> 28 < 0xE;
}

FrameDrop check_udp_checksum(Frame& frame, const std::byte* udp, const FrameRules& rules,
                             const FrameHints& hints) {
  if (rules.checksums == ChecksumPolicy::none) return FrameDrop::none;
  std::uint16_t sent;
  std::memcpy(&sent, udp + 6, 2);
  if (sent == 0) {
    frame.no_checksum = true;
    return FrameDrop::none;
  }
  if (rules.checksums != ChecksumPolicy::software && hints.udp_good) return FrameDrop::none;
  const std::uint64_t pseudo =
      pseudo_header_sum(frame.from.address, frame.to.address, kUdpBytes + frame.payload_size);
  if (fold_sum(add_bytes(pseudo, udp, kUdpBytes + frame.payload_size)) == 0xFFFF) {
    return FrameDrop::none;
  }
  if (rules.checksums == ChecksumPolicy::partial &&
      (hints.udp_not_needed || sent == fold_sum(pseudo))) {
    frame.partial_checksum = true;
    return FrameDrop::none;
  }
  return FrameDrop::udp_checksum;
}

Frame parse_udp(Frame frame, std::span<const std::byte> ip, const FrameRules& rules,
                const FrameHints& hints) {
  if (ip.size() < kIpBytes + kUdpBytes) return dropped(frame, FrameDrop::bad_udp_length);
  const std::byte* udp = ip.data() + kIpBytes;
  const std::size_t length = load16(udp + 4);
  if (length != ip.size() - kIpBytes) return dropped(frame, FrameDrop::bad_udp_length);
  frame.from.port = load16(udp);
  frame.to.port = load16(udp + 2);
  if (frame.from.port == 0) return dropped(frame, FrameDrop::bad_source);
  frame.payload_offset =
      static_cast<std::uint32_t>(frame.network_offset + kIpBytes + kUdpBytes);
  frame.payload_size = static_cast<std::uint32_t>(length - kUdpBytes);
  if (frame.payload_size > kMaxDatagram) return dropped(frame, FrameDrop::oversized);
  const FrameDrop why = check_udp_checksum(frame, udp, rules, hints);
  if (why != FrameDrop::none) return dropped(frame, why);
  frame.kind = FrameKind::udp;
  return frame;
}

/// `bytes` begins with the IP header and may end with padding.
Frame parse_ip(Frame frame, std::span<const std::byte> bytes, bool to_group,
               const FrameRules& rules, const FrameHints& hints) {
  if (bytes.size() < kIpBytes) return dropped(frame, FrameDrop::too_short);
  const std::byte* ip = bytes.data();
  const auto version = static_cast<std::uint8_t>(ip[0]);
  if (version >> 4 != 4 || (version & 15) < 5) return dropped(frame, FrameDrop::bad_ip_header);
  if ((version & 15) > 5) return dropped(frame, FrameDrop::ip_options);
  const std::size_t length = load16(ip + 2);
  if (length < kIpBytes || length > bytes.size()) return dropped(frame, FrameDrop::bad_ip_header);
  const bool trusted = rules.checksums == ChecksumPolicy::none ||
                       (hints.ip_good && rules.checksums != ChecksumPolicy::software);
  if (!trusted && fold_sum(add_bytes(0, ip, kIpBytes)) != 0xFFFF) {
    return dropped(frame, FrameDrop::ip_checksum);
  }
  frame.from.address = load32(ip + 12);
  frame.to.address = load32(ip + 16);
  if ((load16(ip + 6) & (kMoreFragments | kFragmentOffset)) != 0) {
    return dropped(frame, FrameDrop::fragment);
  }
  const bool for_us = to_group ? joined(frame.to.address, rules.groups)
                               : frame.to.address == rules.address;
  if (!for_us) return dropped(frame, FrameDrop::wrong_address);
  if (!can_send(frame.from, rules.address)) return dropped(frame, FrameDrop::bad_source);
  const auto protocol = static_cast<std::uint8_t>(ip[9]);
  if (protocol == kProtocolUdp) return parse_udp(frame, bytes.first(length), rules, hints);
  if (protocol != kProtocolIcmp || to_group) return dropped(frame, FrameDrop::unknown_protocol);
  frame.kind = FrameKind::icmp;
  frame.payload_offset = static_cast<std::uint32_t>(frame.network_offset + kIpBytes);
  frame.payload_size = static_cast<std::uint32_t>(length - kIpBytes);
  return frame;
}

/// Takes the tag there is off; false when it is of another VLAN than ours.
bool take_vlan(std::span<const std::byte> bytes, const FrameRules& rules, const FrameHints& hints,
               std::size_t& offset, std::uint16_t& type) {
  std::uint16_t vlan = hints.vlan_stripped ? hints.vlan & kVlanIdMask : 0;
  if (type == kTypeVlan) {
    vlan = load16(bytes.data() + kEthernetBytes) & kVlanIdMask;
    type = load16(bytes.data() + kEthernetBytes + 2);
    offset += kVlanBytes;
  }
  return vlan == rules.vlan;  // a tag with VLAN 0 gives a priority only
}

}  // namespace

const char* name_of(FrameDrop drop) { return kDropTexts[static_cast<std::size_t>(drop)].name; }
const char* text_of(FrameDrop drop) { return kDropTexts[static_cast<std::size_t>(drop)].text; }

bool parse_mac(std::string_view text, MacAddress& mac) {
  if (text.size() != 17) return false;
  MacAddress result;
  for (std::size_t i = 0; i < 17; ++i) {
    if (i % 3 == 2) {
      if (text[i] != ':') return false;
      continue;
    }
    const char c = text[i];
    int digit = 0;
    if (c >= '0' && c <= '9') digit = c - '0';
    else if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    else return false;
    std::uint8_t& byte = result.bytes[i / 3];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  mac = result;
  return true;
}

std::string mac_text(const MacAddress& mac) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : mac.bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

MacAddress multicast_mac(std::uint32_t group) {
  return {{0x01, 0x00, 0x5E, static_cast<std::uint8_t>(group >> 16 & 0x7F),
           static_cast<std::uint8_t>(group >> 8), static_cast<std::uint8_t>(group)}};
}

Frame parse_frame(std::span<const std::byte> bytes, const FrameRules& rules,
                  const FrameHints& hints) {
  Frame frame;
  // With room for a tag, so that it can be looked at; the shortest frame is longer anyway.
  if (bytes.size() < kEthernetBytes + kVlanBytes) return dropped(frame, FrameDrop::too_short);
  const std::uint64_t to = load_mac(bytes.data());
  const std::uint64_t from = load_mac(bytes.data() + 6, 2);
  const std::uint64_t own = rules.mac.word();
  const bool to_us = to == own;
  if (!to_us && (to & kGroupBit) == 0) return dropped(frame, FrameDrop::wrong_mac);
  if ((from & kGroupBit) != 0 || from == own) return dropped(frame, FrameDrop::bad_source_mac);
  std::uint16_t type = load16(bytes.data() + 12);
  std::size_t offset = kEthernetBytes;
  if (!take_vlan(bytes, rules, hints, offset, type)) {
    return dropped(frame, FrameDrop::wrong_vlan);
  }
  frame.network_offset = static_cast<std::uint8_t>(offset);
  if (type == kTypeArp && (to_us || to == kBroadcastMac.word())) {
    frame.kind = FrameKind::arp;
    return frame;
  }
  if (type != kTypeIpv4) return dropped(frame, FrameDrop::unknown_type);
  frame = parse_ip(frame, bytes.subspan(offset), !to_us, rules, hints);
  // Unicast in a broadcast frame, or a group in the frame of another.
  if (frame.kind != FrameKind::dropped && !to_us &&
      to != multicast_mac(frame.to.address).word()) {
    return dropped(frame, FrameDrop::wrong_mac);
  }
  return frame;
}

std::size_t build_ethernet(std::byte* out, const MacAddress& to, const MacAddress& from,
                           std::uint16_t vlan, std::uint8_t priority, std::uint16_t type) {
  std::memcpy(out, to.bytes.data(), 6);
  std::memcpy(out + 6, from.bytes.data(), 6);
  if (vlan == 0) {
    store16(out + 12, type);
    return kEthernetBytes;
  }
  store16(out + 12, kTypeVlan);
  store16(out + 14, static_cast<std::uint16_t>(priority << 13 | vlan));
  store16(out + 16, type);
  return kEthernetBytes + kVlanBytes;
}

void build_udp_headers(std::byte* out, const UdpHeaders& headers, std::size_t payload_size,
                       UdpChecksum checksum, std::uint64_t payload_sum) {
  std::byte* ip = out + build_ethernet(out, headers.to_mac, headers.from_mac, headers.vlan,
                                       headers.priority, kTypeIpv4);
  // Sums of values, not of the bytes just written: a processor waits to read many stores at once.
  const std::size_t udp_bytes = kUdpBytes + payload_size;
  const auto ip_bytes = static_cast<std::uint16_t>(kIpBytes + udp_bytes);
  const auto service = static_cast<std::uint16_t>(0x4500 | (headers.dscp << 2 & 0xFF));
  const auto hops = static_cast<std::uint16_t>(headers.hops << 8 | kProtocolUdp);
  const std::uint64_t ip_sum = std::uint64_t{service} + ip_bytes + kDontFragment + hops +
                               headers.from.address + headers.to.address;
  store16(ip, service);
  store16(ip + 2, ip_bytes);
  store16(ip + 4, 0);  // never fragmented, so the number means nothing (RFC 6864)
  store16(ip + 6, kDontFragment);
  store16(ip + 8, hops);
  store16(ip + 10, static_cast<std::uint16_t>(~fold_sum(ip_sum)));
  store32(ip + 12, headers.from.address);
  store32(ip + 16, headers.to.address);
  std::byte* udp = ip + kIpBytes;
  store16(udp, headers.from.port);
  store16(udp + 2, headers.to.port);
  store16(udp + 4, static_cast<std::uint16_t>(udp_bytes));
  const std::uint64_t pseudo =
      pseudo_header_sum(headers.from.address, headers.to.address, udp_bytes);
  std::uint16_t udp_sum = fold_sum(pseudo);
  if (checksum == UdpChecksum::software) {
    const std::uint64_t header = std::uint64_t{__builtin_bswap16(headers.from.port)} +
                                 __builtin_bswap16(headers.to.port) +
                                 __builtin_bswap16(static_cast<std::uint16_t>(udp_bytes));
    udp_sum = static_cast<std::uint16_t>(~fold_sum(pseudo + header + payload_sum));
    if (udp_sum == 0) udp_sum = 0xFFFF;  // 0 would say that there is none
  }
  std::memcpy(udp + 6, &udp_sum, 2);
}

std::size_t build_membership_report(std::byte* out, const MacAddress& from_mac,
                                    std::uint32_t from, std::uint32_t group, std::uint16_t vlan,
                                    std::uint8_t priority) {
  constexpr std::uint8_t kProtocolIgmp = 2;
  constexpr std::uint32_t kRouterAlert = 0x94040000;
  constexpr std::size_t kIpWithAlert = kIpBytes + 4;
  constexpr std::size_t kIgmpBytes = 8;
  std::memset(out, 0, kShortestFrame);
  const std::size_t head =
      build_ethernet(out, multicast_mac(group), from_mac, vlan, priority, kTypeIpv4);
  std::byte* ip = out + head;
  ip[0] = std::byte{0x46};
  store16(ip + 2, static_cast<std::uint16_t>(kIpWithAlert + kIgmpBytes));
  store16(ip + 6, kDontFragment);
  ip[8] = std::byte{1};
  ip[9] = static_cast<std::byte>(kProtocolIgmp);
  store32(ip + 12, from);
  store32(ip + 16, group);
  store32(ip + 20, kRouterAlert);
  const auto ip_sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, ip, kIpWithAlert)));
  std::memcpy(ip + 10, &ip_sum, 2);
  std::byte* igmp = ip + kIpWithAlert;
  igmp[0] = std::byte{0x16};
  store32(igmp + 4, group);
  const auto sum = static_cast<std::uint16_t>(~fold_sum(add_bytes(0, igmp, kIgmpBytes)));
  std::memcpy(igmp + 2, &sum, 2);
  return std::max(head + kIpWithAlert + kIgmpBytes, kShortestFrame);
}

}  // namespace saker::net
