// Ethernet frames with IPv4 and UDP in them, as bytes: parsed and verified, built. Knows no
// driver, so tests and the fuzzer reach every line. Fragments, IP options and stacked VLAN tags
// are refused: no client of ours needs them, and each is a way in.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace saker::net {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  bool operator==(const MacAddress& other) const { return word() == other.word(); }
  /// Of a group; broadcast too.
  bool is_group() const { return (bytes[0] & 1) != 0; }
  /// As it lies in memory, in the lower six bytes.
  std::uint64_t word() const {
    std::uint32_t first;
    std::uint16_t last;
    std::memcpy(&first, bytes.data(), 4);
    std::memcpy(&last, bytes.data() + 4, 2);
    return std::uint64_t{last} << 32 | first;
  }
};

inline constexpr MacAddress kBroadcastMac{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};

/// "52:54:00:12:34:56".
bool parse_mac(std::string_view text, MacAddress& mac);
std::string mac_text(const MacAddress& mac);
/// Where the frames of a multicast group go (RFC 1112): 32 groups share one.
MacAddress multicast_mac(std::uint32_t group);

/// Why a frame was dropped without an answer: X(name, what happened).
#define SAKER_FRAME_DROPS(X)                                                     \
  X(none, "not dropped")                                                         \
  X(too_short, "shorter than its headers")                                       \
  X(wrong_mac, "for another station")                                            \
  X(bad_source_mac, "from a group, or from our own address")                     \
  X(wrong_vlan, "of another VLAN, or tagged where none is expected")             \
  X(unknown_type, "neither IPv4 nor ARP")                                        \
  X(bad_ip_header, "not version 4, or lengths that disagree")                    \
  X(ip_options, "with IP options")                                               \
  X(ip_checksum, "whose IP header does not sum up")                              \
  X(fragment, "a fragment")                                                      \
  X(wrong_address, "for another address, or a group not joined")                 \
  X(bad_source, "from an address or port nobody can have")                       \
  X(unknown_protocol, "neither UDP nor an ICMP echo request")                    \
  X(bad_udp_length, "UDP length that disagrees with IP's")                       \
  X(udp_checksum, "whose UDP checksum does not agree")                           \
  X(wrong_port, "for a port that nobody opened")                                 \
  X(oversized, "longer than the largest datagram")                               \
  X(not_allowed, "from a peer that is not on the allow list")                    \
  X(bad_arp, "ARP that does not parse or claims an impossible address")          \
  X(arp_not_ours, "ARP between others")                                          \
  X(address_conflict, "ARP by someone else who says to have our address")        \
  X(bad_icmp, "ICMP echo that does not sum up")                                  \
  X(answer_limited, "ARP or ICMP echo above the rate that is answered")          \
  X(no_buffer, "no buffer to join a chained frame in, or no room to hand it on")

enum class FrameDrop : std::uint8_t {
#define SAKER_FRAME_DROP_NAME(name, text) name,
  SAKER_FRAME_DROPS(SAKER_FRAME_DROP_NAME)
#undef SAKER_FRAME_DROP_NAME
  count
};
inline constexpr std::size_t kFrameDrops = static_cast<std::size_t>(FrameDrop::count);

/// "wrong_mac"
const char* name_of(FrameDrop drop);
/// "for another station"
const char* text_of(FrameDrop drop);

/// What is done about UDP checksums of received frames.
enum class ChecksumPolicy : std::uint8_t {
  nic,       // what the card calls good is good, everything else is verified here
  software,  // everything is verified here
  partial,   // as nic; also what a kernel sends over veth, tap or vhost when it leaves the sum to
             // hardware that is never reached: the pseudo header's sum alone
  none,      // nothing is verified; for tests
};

/// What this host accepts.
struct FrameRules {
  MacAddress mac;
  std::uint32_t address = 0;
  std::uint16_t vlan = 0;  // 0: untagged
  ChecksumPolicy checksums = ChecksumPolicy::nic;
  std::span<const std::uint32_t> groups;  // that have been joined; few
};

/// What the driver says beside the bytes.
struct FrameHints {
  bool ip_good = false;         // the card has verified the IP header
  bool udp_good = false;        // the card has verified the UDP checksum
  bool udp_not_needed = false;  // came through memory of this host: data good, checksum not filled
  bool vlan_stripped = false;   // the driver took a tag off
  std::uint16_t vlan = 0;       // .. this one
};

enum class FrameKind : std::uint8_t { dropped, udp, arp, icmp };

struct Frame {
  FrameKind kind = FrameKind::dropped;
  FrameDrop drop = FrameDrop::none;
  std::uint8_t network_offset = 0;  // of the IP or ARP header: 14, with a tag 18
  bool no_checksum = false;         // the sender computed none, which IPv4 allows
  bool partial_checksum = false;    // accepted by ChecksumPolicy::partial
  Endpoint from;
  Endpoint to;
  std::uint32_t payload_offset = 0;  // of the UDP payload or the ICMP header
  std::uint32_t payload_size = 0;
};

/// Parses and verifies. A dropped frame says why; `from` is set when the IP header was read.
Frame parse_frame(std::span<const std::byte> bytes, const FrameRules& rules,
                  const FrameHints& hints);

inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::size_t kVlanBytes = 4;
inline constexpr std::size_t kIpBytes = 20;
inline constexpr std::size_t kUdpBytes = 8;
/// The shortest frame without its check sequence; shorter ones are padded with zeros.
inline constexpr std::size_t kShortestFrame = 60;

/// Bytes before the payload of a UDP frame.
constexpr std::size_t udp_header_bytes(std::uint16_t vlan) {
  return kEthernetBytes + (vlan != 0 ? kVlanBytes : 0) + kIpBytes + kUdpBytes;
}

struct UdpHeaders {
  MacAddress from_mac;
  MacAddress to_mac;
  std::uint16_t vlan = 0;
  std::uint8_t priority = 0;  // of the tag, 0..7
  std::uint8_t dscp = 0;      // 0..63
  std::uint8_t hops = 64;     // time to live
  Endpoint from;
  Endpoint to;
};

/// How the UDP checksum of a frame comes about.
enum class UdpChecksum : std::uint8_t {
  software,  // computed from `payload_sum`
  nic,       // the pseudo header's sum is put in, the card does the rest
};

/// Writes udp_header_bytes(headers.vlan) bytes before a payload of `payload_size` bytes whose
/// sum (add_bytes) is `payload_sum`, which the NIC's way ignores.
void build_udp_headers(std::byte* out, const UdpHeaders& headers, std::size_t payload_size,
                       UdpChecksum checksum, std::uint64_t payload_sum);

/// Ethernet header with the tag there is; the bytes written.
std::size_t build_ethernet(std::byte* out, const MacAddress& to, const MacAddress& from,
                           std::uint16_t vlan, std::uint8_t priority, std::uint16_t type);

/// An IGMPv2 report (RFC 2236) that we listen to `group`, so that switches forward it to us.
/// Returns the bytes written, padded.
std::size_t build_membership_report(std::byte* out, const MacAddress& from_mac,
                                    std::uint32_t from, std::uint32_t group, std::uint16_t vlan,
                                    std::uint8_t priority);

inline constexpr std::uint16_t kTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kTypeArp = 0x0806;
inline constexpr std::uint16_t kTypeVlan = 0x8100;

/// Big-endian fields.
inline std::uint16_t load16(const std::byte* from) {
  std::uint16_t value;
  std::memcpy(&value, from, 2);
  return __builtin_bswap16(value);
}
inline std::uint32_t load32(const std::byte* from) {
  std::uint32_t value;
  std::memcpy(&value, from, 4);
  return __builtin_bswap32(value);
}
inline void store16(std::byte* to, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, 2);
}
inline void store32(std::byte* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, 4);
}

}  // namespace saker::net
