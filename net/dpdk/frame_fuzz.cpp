// Any bytes as a frame: parsed under every checksum policy, as ARP and as an ICMP echo request.
// What is accepted must lie inside the frame and be for us; answers must be frames themselves.
// The short form runs in frame_test.cpp.
#include <memory>

#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "net/dpdk/arp.hpp"
#include "net/dpdk/icmp.hpp"
#include "net/dpdk/frame_fuzz.hpp"

namespace saker::net {

namespace {

void check_frame(std::span<std::byte> bytes, const FrameRules& rules, const FrameHints& hints) {
  const Frame frame = parse_frame(bytes, rules, hints);
  SAKER_ASSERT((frame.kind == FrameKind::dropped) == (frame.drop != FrameDrop::none));
  if (frame.kind == FrameKind::udp || frame.kind == FrameKind::icmp) {
    SAKER_ASSERT(std::size_t{frame.payload_offset} + frame.payload_size <= bytes.size());
    SAKER_ASSERT(frame.from.address != rules.address);
  }
  if (frame.kind == FrameKind::udp) {
    SAKER_ASSERT(frame.payload_size <= kMaxDatagram && frame.from.port != 0);
    SAKER_ASSERT(frame.to.address == rules.address || frame.to.address == rules.groups[0]);
  }
  if (frame.kind != FrameKind::icmp) return;
  if (answer_echo(bytes, frame, rules.mac) != FrameDrop::none) return;
  // The answer, seen from the other side, is whole.
  FrameRules other = rules;
  other.mac = {{bytes[0] == std::byte{0xFF} ? std::uint8_t{0} : std::uint8_t(bytes[0]),
                std::uint8_t(bytes[1]), std::uint8_t(bytes[2]), std::uint8_t(bytes[3]),
                std::uint8_t(bytes[4]), std::uint8_t(bytes[5])}};
  other.address = frame.from.address;
  other.checksums = ChecksumPolicy::software;
  const Frame answer = parse_frame(bytes, other, hints);
  SAKER_ASSERT(answer.kind == FrameKind::icmp || answer.drop == FrameDrop::wrong_mac ||
               answer.drop == FrameDrop::bad_source_mac);
}

}  // namespace

void fuzz_frame(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  constexpr std::uint32_t kGroups[] = {0xEF010101};
  FrameRules rules;
  rules.mac = {{0x02, 0x53, 10, 0, 0, 1}};
  rules.address = 0x0A000001;
  rules.groups = kGroups;
  FrameHints hints;
  // The first byte chooses policy and hints, the rest is the frame: a block of its own and of
  // this very size, so that a byte read too far is noticed.
  rules.checksums = static_cast<ChecksumPolicy>(data[0] & 3);
  hints.ip_good = (data[0] & 4) != 0;
  hints.udp_good = (data[0] & 8) != 0;
  hints.udp_not_needed = (data[0] & 16) != 0;
  rules.vlan = (data[0] & 32) != 0 ? 5 : 0;
  hints.vlan_stripped = (data[0] & 64) != 0;
  hints.vlan = 5;
  const std::size_t rest = size - 1;
  const auto frame = std::make_unique<std::byte[]>(rest);
  if (rest > 0) std::memcpy(frame.get(), data + 1, rest);

  ArpConfig config;
  config.mac = rules.mac;
  config.address = rules.address;
  config.most_entries = 8;
  ArpTable table(config);
  table.want(0x0A000002, 1);
  const std::size_t head = std::min(kEthernetBytes, rest);
  const ArpOutcome outcome = table.on_packet({frame.get() + head, rest - head}, 2);
  SAKER_ASSERT(!outcome.reply || outcome.drop == FrameDrop::none);
  SAKER_ASSERT(table.size() == 1);  // strangers make no entries
  SAKER_ASSERT(!outcome.resolved || outcome.packet.from == 0x0A000002);

  check_frame({frame.get(), rest}, rules, hints);
}

}  // namespace saker::net

SAKER_FUZZ_TARGET(saker::net::fuzz_frame)
