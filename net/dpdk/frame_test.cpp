// Frames: built, parsed, refused. No DPDK is needed.
#include <gtest/gtest.h>

#include <random>

#include "net/dpdk/checksum.hpp"
#include "net/dpdk/frame_fuzz.hpp"
#include "net/dpdk/icmp.hpp"
#include "net/dpdk/test_frames.hpp"

namespace saker::net {
namespace {

constexpr std::uint32_t kGroup = 0xEF81AB05;  // 239.129.171.5

UdpHeaders to_us() {
  UdpHeaders headers;
  headers.from_mac = kPeerMac;
  headers.to_mac = kOurMac;
  headers.from = {kPeer, 4000};
  headers.to = {kUs, 3000};
  return headers;
}

FrameRules our_rules() {
  FrameRules rules;
  rules.mac = kOurMac;
  rules.address = kUs;
  return rules;
}

FrameBytes payload_of(std::size_t size) {
  FrameBytes payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::byte>(i * 31 + 5);
  return payload;
}

/// RFC 1071 as the RFC tells it: big-endian words, one by one.
std::uint16_t slow_sum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t udp_checksum_of(FrameBytes& frame) {
  return load16(frame.data() + kEthernetBytes + kIpBytes + 6);
}

TEST(Checksum, AgreesWithTheSlowWayOnEverySize) {
  std::mt19937 random(1);
  FrameBytes bytes(1'500);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t size = 0; size <= 130; ++size) {
    const std::uint16_t ours = fold_sum(add_bytes(0, bytes.data(), size));
    ASSERT_EQ(__builtin_bswap16(ours), slow_sum({bytes.data(), size})) << size;
  }
  EXPECT_EQ(__builtin_bswap16(fold_sum(add_bytes(0, bytes.data(), 1'499))),
            slow_sum({bytes.data(), 1'499}));
}

TEST(Frame, WhatIsBuiltIsParsed) {
  for (const std::uint16_t vlan : {0, 5}) {
    for (const std::size_t size : {0u, 1u, 17u, 18u, 19u, 200u, 1'400u}) {
      UdpHeaders headers = to_us();
      headers.vlan = vlan;
      headers.priority = 3;
      const FrameBytes payload = payload_of(size);
      FrameBytes frame = udp_frame(headers, payload);
      FrameRules rules = our_rules();
      rules.vlan = vlan;
      const Frame parsed = parse_frame(frame, rules, {});
      ASSERT_EQ(parsed.kind, FrameKind::udp) << name_of(parsed.drop) << " size " << size;
      EXPECT_EQ(parsed.from, headers.from);
      EXPECT_EQ(parsed.to, headers.to);
      ASSERT_EQ(parsed.payload_size, size);
      EXPECT_TRUE(std::equal(payload.begin(), payload.end(),
                             frame.begin() + parsed.payload_offset));
      EXPECT_FALSE(parsed.no_checksum || parsed.partial_checksum);
    }
  }
}

TEST(Frame, ChecksumsAreWhatOthersExpect) {
  // RFC 768 and RFC 791, summed up the slow way.
  UdpHeaders headers = to_us();
  headers.from = {0x0A090807, 9};
  headers.to = {0x0A090806, 7};
  const std::byte abc[] = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  FrameBytes frame = udp_frame(headers, abc);
  FrameBytes all(12);  // pseudo header, UDP header and data
  store32(all.data(), headers.from.address);
  store32(all.data() + 4, headers.to.address);
  all[9] = std::byte{17};
  store16(all.data() + 10, 11);
  all.insert(all.end(), frame.begin() + 34, frame.begin() + 34 + 11);
  EXPECT_EQ(slow_sum(all), 0xFFFF);
  EXPECT_EQ(slow_sum({frame.data() + 14, kIpBytes}), 0xFFFF);
  EXPECT_EQ(frame.size(), kShortestFrame);
}

TEST(Frame, ASumOfZeroIsSentAsAllOnes) {
  // Find a payload whose checksum would be 0, which means "none".
  UdpHeaders headers = to_us();
  FrameBytes payload(2);
  bool found = false;
  for (unsigned value = 0; value < 65'536 && !found; ++value) {
    store16(payload.data(), static_cast<std::uint16_t>(value));
    FrameBytes frame = udp_frame(headers, payload);
    ASSERT_NE(udp_checksum_of(frame), 0) << value;
    found = udp_checksum_of(frame) == 0xFFFF;
    if (found) { EXPECT_EQ(parse_frame(frame, our_rules(), {}).kind, FrameKind::udp); }
  }
  EXPECT_TRUE(found);
}

TEST(Frame, EveryHostileFrameIsDroppedForItsReason) {
  std::array<bool, kFrameDrops> seen{};
  for (const std::size_t size : {18u, 150u}) {
    for (const HostileFrame& hostile : hostile_frames(to_us(), size)) {
      const Frame parsed = parse_frame(hostile.bytes, our_rules(), {});
      EXPECT_EQ(parsed.kind, FrameKind::dropped) << hostile.name;
      EXPECT_STREQ(name_of(parsed.drop), name_of(hostile.drop)) << hostile.name;
      seen[static_cast<std::size_t>(parsed.drop)] = true;
    }
  }
  // None of those that this function can give is missing.
  for (auto i = static_cast<std::size_t>(FrameDrop::too_short);
       i <= static_cast<std::size_t>(FrameDrop::oversized); ++i) {
    if (static_cast<FrameDrop>(i) == FrameDrop::wrong_port) continue;  // the transport's own
    EXPECT_TRUE(seen[i]) << name_of(static_cast<FrameDrop>(i));
  }
}

TEST(Frame, ChecksumPolicies) {
  const FrameBytes good = udp_frame(to_us(), payload_of(100));
  FrameBytes broken = good;
  broken[60] ^= std::byte{1};
  FrameBytes none = good;
  store16(none.data() + 40, 0);
  FrameBytes partial = good;
  const std::uint16_t pseudo = fold_sum(pseudo_header_sum(kPeer, kUs, 108));
  std::memcpy(partial.data() + 40, &pseudo, 2);
  FrameHints trusted;
  trusted.udp_good = true;
  FrameHints memory;
  memory.udp_not_needed = true;
  struct Case {
    const FrameBytes& frame;
    ChecksumPolicy policy;
    FrameHints hints;
    bool accepted;
  };
  const Case cases[] = {
      {good, ChecksumPolicy::nic, {}, true},
      {good, ChecksumPolicy::software, {}, true},
      {broken, ChecksumPolicy::nic, {}, false},
      {broken, ChecksumPolicy::nic, trusted, true},       // the card vouches for it
      {broken, ChecksumPolicy::software, trusted, false},  // .. and is not believed
      {broken, ChecksumPolicy::partial, {}, false},
      {broken, ChecksumPolicy::none, {}, true},
      {none, ChecksumPolicy::software, {}, true},
      {partial, ChecksumPolicy::nic, {}, false},
      {partial, ChecksumPolicy::nic, memory, false},
      {partial, ChecksumPolicy::partial, {}, true},
      {broken, ChecksumPolicy::partial, memory, true},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    FrameRules rules = our_rules();
    rules.checksums = cases[i].policy;
    const Frame parsed = parse_frame(cases[i].frame, rules, cases[i].hints);
    EXPECT_EQ(parsed.kind == FrameKind::udp, cases[i].accepted) << "case " << i;
    if (parsed.kind != FrameKind::udp) { EXPECT_EQ(parsed.drop, FrameDrop::udp_checksum); }
  }
  FrameRules rules = our_rules();
  rules.checksums = ChecksumPolicy::partial;
  EXPECT_TRUE(parse_frame(partial, rules, {}).partial_checksum);
  EXPECT_TRUE(parse_frame(none, rules, {}).no_checksum);
}

TEST(Frame, VlanTags) {
  UdpHeaders headers = to_us();
  headers.vlan = 5;
  const FrameBytes tagged = udp_frame(headers, payload_of(64));
  const FrameBytes plain = udp_frame(to_us(), payload_of(64));
  FrameRules five = our_rules();
  five.vlan = 5;
  EXPECT_EQ(parse_frame(tagged, five, {}).kind, FrameKind::udp);
  EXPECT_EQ(parse_frame(plain, five, {}).drop, FrameDrop::wrong_vlan);
  EXPECT_EQ(parse_frame(tagged, our_rules(), {}).drop, FrameDrop::wrong_vlan);
  FrameHints stripped;
  stripped.vlan_stripped = true;
  stripped.vlan = 0x6005;  // with a priority
  EXPECT_EQ(parse_frame(plain, five, stripped).kind, FrameKind::udp);
  EXPECT_EQ(parse_frame(plain, our_rules(), stripped).drop, FrameDrop::wrong_vlan);
  FrameBytes priority = tagged;
  store16(priority.data() + 14, 0x6000);  // a priority and no VLAN
  EXPECT_EQ(parse_frame(priority, our_rules(), {}).kind, FrameKind::udp);
  FrameBytes stacked = tagged;
  store16(stacked.data() + 16, kTypeVlan);
  EXPECT_EQ(parse_frame(stacked, five, {}).drop, FrameDrop::unknown_type);
}

TEST(Frame, GroupsThatWereJoined) {
  EXPECT_EQ(mac_text(multicast_mac(kGroup)), "01:00:5e:01:ab:05");
  UdpHeaders headers = to_us();
  headers.to = {kGroup, 3100};
  headers.to_mac = multicast_mac(kGroup);
  FrameBytes frame = udp_frame(headers, payload_of(64));
  EXPECT_EQ(parse_frame(frame, our_rules(), {}).drop, FrameDrop::wrong_address);
  const std::uint32_t groups[] = {kGroup};
  FrameRules rules = our_rules();
  rules.groups = groups;
  EXPECT_EQ(parse_frame(frame, rules, {}).kind, FrameKind::udp);
  frame[3] ^= std::byte{2};  // the frame of another group
  EXPECT_EQ(parse_frame(frame, rules, {}).drop, FrameDrop::wrong_mac);
}

TEST(Frame, MembershipReports) {
  FrameBytes frame(kShortestFrame, std::byte{0xEE});
  EXPECT_EQ(build_membership_report(frame.data(), kOurMac, kUs, kGroup, 0, 0), kShortestFrame);
  const FrameBytes expected_head = {
      std::byte{0x01}, std::byte{0x00}, std::byte{0x5E}, std::byte{0x01}, std::byte{0xAB},
      std::byte{0x05}};
  EXPECT_TRUE(std::equal(expected_head.begin(), expected_head.end(), frame.begin()));
  EXPECT_EQ(slow_sum({frame.data() + 14, 24}), 0xFFFF);
  EXPECT_EQ(slow_sum({frame.data() + 38, 8}), 0xFFFF);
  EXPECT_EQ(frame[22], std::byte{1});            // time to live
  EXPECT_EQ(load32(frame.data() + 34), 0x94040000u);
  EXPECT_EQ(frame[38], std::byte{0x16});
  EXPECT_EQ(load32(frame.data() + 42), kGroup);
  EXPECT_EQ(frame[59], std::byte{0});
}

TEST(Mac, Text) {
  MacAddress mac;
  EXPECT_TRUE(parse_mac("52:54:00:aB:34:56", mac));
  EXPECT_EQ(mac_text(mac), "52:54:00:ab:34:56");
  for (const char* bad : {"", "52:54:00:ab:34", "52:54:00:ab:34:5", "52-54-00-ab-34-56",
                          "52:54:00:ab:34:5g", "52:54:00:ab:34:567", " 2:54:00:ab:34:56"}) {
    EXPECT_FALSE(parse_mac(bad, mac)) << bad;
  }
}

TEST(Icmp, EchoIsAnsweredInPlace) {
  for (const std::size_t size : {0u, 56u, 57u, 1'400u}) {
    FrameBytes frame = echo_request(to_us(), size);
    const FrameBytes question = frame;
    const Frame parsed = parse_frame(frame, our_rules(), {});
    ASSERT_EQ(parsed.kind, FrameKind::icmp) << size;
    ASSERT_EQ(answer_echo(frame, parsed, kOurMac), FrameDrop::none);
    FrameRules theirs;
    theirs.mac = kPeerMac;
    theirs.address = kPeer;
    const Frame answer = parse_frame(frame, theirs, {});
    ASSERT_EQ(answer.kind, FrameKind::icmp) << name_of(answer.drop);
    EXPECT_EQ(answer.from.address, kUs);
    const std::byte* icmp = frame.data() + answer.payload_offset;
    EXPECT_EQ(icmp[0], std::byte{0});
    EXPECT_EQ(slow_sum({icmp, answer.payload_size}), 0xFFFF);
    EXPECT_TRUE(std::equal(frame.begin() + 38, frame.begin() + 42 +
                           static_cast<std::ptrdiff_t>(size), question.begin() + 38));
  }
}

TEST(Icmp, WhatIsNoEchoRequestIsDropped) {
  const auto answer = [](FrameBytes frame) {
    const Frame parsed = parse_frame(frame, our_rules(), {});
    return parsed.kind == FrameKind::icmp ? answer_echo(frame, parsed, kOurMac) : parsed.drop;
  };
  FrameBytes damaged = echo_request(to_us(), 56);
  damaged[60] ^= std::byte{4};
  EXPECT_EQ(answer(damaged), FrameDrop::bad_icmp);
  FrameBytes reply = echo_request(to_us(), 56);
  reply[34] = std::byte{0};
  EXPECT_EQ(answer(reply), FrameDrop::unknown_protocol);
  FrameBytes tiny = echo_request(to_us(), 56);
  store16(tiny.data() + 16, 27);
  repair_ip_checksum(tiny);
  EXPECT_EQ(answer(tiny), FrameDrop::bad_icmp);
}

TEST(FrameFuzz, ShortForm) {
  std::mt19937 random(7);
  std::vector<FrameBytes> seeds;
  for (HostileFrame& hostile : hostile_frames(to_us(), 60)) seeds.push_back(hostile.bytes);
  seeds.push_back(udp_frame(to_us(), payload_of(60)));
  seeds.push_back(echo_request(to_us(), 40));
  for (int round = 0; round < 60'000; ++round) {
    FrameBytes input = {static_cast<std::byte>(random())};
    const FrameBytes& seed = seeds[random() % seeds.size()];
    input.insert(input.end(), seed.begin(), seed.end());
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      input[random() % std::min<std::size_t>(input.size(), 60)] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) input.resize(random() % (input.size() + 1));
    fuzz_frame(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
}

}  // namespace
}  // namespace saker::net
