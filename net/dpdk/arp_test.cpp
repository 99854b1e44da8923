// ARP and RSS. No DPDK is needed.
#include <gtest/gtest.h>

#include "net/dpdk/arp.hpp"
#include "net/dpdk/test_frames.hpp"
#include "net/dpdk/toeplitz.hpp"
#include "net/endpoint.hpp"

namespace saker::net {
namespace {

constexpr MacAddress kOtherMac{{0x02, 0x53, 10, 0, 0, 3}};
constexpr std::uint32_t kGateway = 0x0A0000FE;
constexpr std::uint32_t kFar = 0xC0A80101;

ArpConfig our_config() {
  ArpConfig config;
  config.mac = kOurMac;
  config.address = kUs;
  config.gateway = kGateway;
  return config;
}

std::array<std::byte, kArpBytes> arp(bool request, const MacAddress& from_mac, std::uint32_t from,
                                     std::uint32_t to) {
  std::array<std::byte, kArpBytes> bytes;
  build_arp(bytes.data(), request, from_mac, from, {}, to);
  return bytes;
}

TEST(Arp, BuiltIsParsed) {
  ArpPacket packet;
  auto bytes = arp(true, kPeerMac, kPeer, kUs);
  ASSERT_TRUE(parse_arp(bytes, packet));
  EXPECT_TRUE(packet.is_request);
  EXPECT_EQ(packet.from_mac, kPeerMac);
  EXPECT_EQ(packet.from, kPeer);
  EXPECT_EQ(packet.to, kUs);
  EXPECT_FALSE(parse_arp(std::span(bytes).first(27), packet));
  for (const std::size_t at : {0u, 1u, 2u, 4u, 5u, 6u}) {
    auto bad = bytes;
    bad[at] ^= std::byte{0x10};
    EXPECT_FALSE(parse_arp(bad, packet)) << at;
  }
}

TEST(Arp, WhoAsksForUsIsAnsweredAndNotRemembered) {
  ArpTable table(our_config());
  const ArpOutcome outcome = table.on_packet(arp(true, kPeerMac, kPeer, kUs), 1);
  EXPECT_TRUE(outcome.reply);
  EXPECT_FALSE(outcome.resolved);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find(kPeer), nullptr);
  EXPECT_TRUE(table.on_packet(arp(true, kPeerMac, 0, kUs), 1).reply);  // a probe
  EXPECT_EQ(table.on_packet(arp(true, kPeerMac, kPeer, kGateway), 1).drop,
            FrameDrop::arp_not_ours);
}

TEST(Arp, AnAddressThatWeWantIsAskedForAndLearned) {
  ArpTable table(our_config());
  EXPECT_TRUE(table.want(kPeer, 1'000));
  EXPECT_FALSE(table.want(kPeer, 2'000));  // asked a moment ago
  EXPECT_TRUE(table.want(kPeer, 1'000 + our_config().retry_ns));
  const ArpOutcome outcome = table.on_packet(arp(false, kPeerMac, kPeer, kUs), 3'000);
  EXPECT_TRUE(outcome.resolved);
  EXPECT_FALSE(outcome.reply);
  ASSERT_NE(table.find(kPeer), nullptr);
  EXPECT_EQ(*table.find(kPeer), kPeerMac);
  EXPECT_FALSE(table.want(kPeer, 4'000));
  // Another card took the address over, and says so to all.
  EXPECT_TRUE(table.on_packet(arp(true, kOtherMac, kPeer, kPeer), 5'000).resolved);
  EXPECT_EQ(*table.find(kPeer), kOtherMac);
}

TEST(Arp, StrangersAndLiarsChangeNothing) {
  ArpTable table(our_config());
  ASSERT_TRUE(table.add_static(kPeer, kPeerMac));
  table.on_packet(arp(false, kOtherMac, kPeer, kUs), 1);
  EXPECT_EQ(*table.find(kPeer), kPeerMac);
  EXPECT_EQ(table.on_packet(arp(false, kOtherMac, kUs, kUs), 1).drop,
            FrameDrop::address_conflict);
  EXPECT_EQ(table.on_packet(arp(false, kBroadcastMac, kPeer, kUs), 1).drop, FrameDrop::bad_arp);
  EXPECT_EQ(table.on_packet(arp(false, kOtherMac, 0xE0000001, kUs), 1).drop, FrameDrop::bad_arp);
  EXPECT_EQ(table.on_packet(arp(false, MacAddress{}, kFar, kUs), 1).drop, FrameDrop::bad_arp);
  EXPECT_EQ(table.size(), 1u);
}

TEST(Arp, FarAddressesGoThroughTheGateway) {
  ArpTable table(our_config());
  EXPECT_EQ(table.next_hop(kPeer), kPeer);
  EXPECT_EQ(table.next_hop(kFar), kGateway);
  ASSERT_TRUE(table.add_static(kFar, kOtherMac));
  EXPECT_EQ(table.next_hop(kFar), kFar);  // said to be here
  ArpConfig alone = our_config();
  alone.gateway = 0;
  EXPECT_EQ(ArpTable(alone).next_hop(kFar), 0u);
  EXPECT_FALSE(ArpTable(alone).want(0, 1));
}

TEST(Arp, KnownAddressesAreAskedForAgainAndKeptMeanwhile) {
  ArpTable table(our_config());
  table.want(kPeer, 0);
  table.on_packet(arp(false, kPeerMac, kPeer, kUs), 1);
  std::vector<std::uint32_t> asked;
  const auto refresh = [&](TimeNs now_ns) {
    asked.clear();
    table.refresh(now_ns, 8, [&](std::uint32_t address) { asked.push_back(address); });
  };
  refresh(our_config().refresh_ns / 2);
  EXPECT_TRUE(asked.empty());
  refresh(our_config().refresh_ns + 1);
  EXPECT_EQ(asked, std::vector<std::uint32_t>{kPeer});
  EXPECT_NE(table.find(kPeer), nullptr);
}

TEST(Arp, ManyAreAskedForInTurns) {
  ArpTable table(our_config());
  for (std::uint32_t i = 0; i < 200; ++i) ASSERT_TRUE(table.want(kPeer + i, 0));
  std::vector<std::uint32_t> asked;
  for (int calls = 0; calls < 25; ++calls) {
    table.refresh(our_config().retry_ns, 8, [&](std::uint32_t hop) { asked.push_back(hop); });
    EXPECT_LE(asked.size(), 8u * (static_cast<unsigned>(calls) + 1));
  }
  std::sort(asked.begin(), asked.end());
  EXPECT_EQ(asked.size(), 200u);
  EXPECT_EQ(std::unique(asked.begin(), asked.end()), asked.end());
}

TEST(Arp, AFullTableRefuses) {
  ArpConfig config = our_config();
  config.most_entries = 8;
  ArpTable table(config);
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_TRUE(table.want(kUs + 1 + i, 1));
  EXPECT_FALSE(table.want(kUs + 100, 1));
  EXPECT_FALSE(table.add_static(kUs + 100, kPeerMac));
  EXPECT_EQ(table.find(kUs + 100), nullptr);
}

/// The vectors that Microsoft publishes to verify implementations of RSS ("Verifying the RSS Hash
/// Calculation"): destination, source, hash with ports, hash of the addresses alone.
struct RssVector {
  const char* to;
  const char* from;
  std::uint32_t with_ports;
  std::uint32_t addresses;
};
constexpr RssVector kRssVectors[] = {
    {"161.142.100.80:1766", "66.9.149.187:2794", 0x51ccc178, 0x323e8fc2},
    {"65.69.140.83:4739", "199.92.111.2:14230", 0xc626b0ea, 0xd718262a},
    {"12.22.207.184:38024", "24.19.198.95:12898", 0x5c2b394a, 0xd2d0a5de},
    {"209.142.163.6:2217", "38.27.205.30:48228", 0xafc7327f, 0x82989176},
    {"202.188.127.2:1303", "153.39.163.191:44251", 0x10e828a2, 0x5d1809c5},
};

TEST(Toeplitz, AgreesWithThePublishedVectors) {
  for (const RssVector& vector : kRssVectors) {
    Endpoint from;
    Endpoint to;
    ASSERT_TRUE(parse_endpoint(vector.from, from) && parse_endpoint(vector.to, to));
    EXPECT_EQ(rss_hash(kMicrosoftRssKey, from, to), vector.with_ports) << vector.from;
    std::array<std::uint8_t, 8> addresses{};
    for (unsigned i = 0; i < 4; ++i) {
      addresses[i] = static_cast<std::uint8_t>(from.address >> (24 - 8 * i));
      addresses[4 + i] = static_cast<std::uint8_t>(to.address >> (24 - 8 * i));
    }
    EXPECT_EQ(toeplitz_hash(kMicrosoftRssKey, addresses), vector.addresses) << vector.from;
  }
}

TEST(Toeplitz, PlannedPortsReachTheirQueue) {
  const RssPlan plan = RssPlan::even(kMicrosoftRssKey, 128, 4);
  const Endpoint engine{kUs, 3000};
  std::size_t together = 0;
  for (std::uint16_t queue = 0; queue < 4; ++queue) {
    const auto ports = plan_source_ports(plan, kPeer, engine, queue, 100'000);
    for (const std::uint16_t port : ports) EXPECT_EQ(plan.queue_of({kPeer, port}, engine), queue);
    EXPECT_GT(ports.size(), 8'000u);  // of 40,000, a quarter each
    together += ports.size();
  }
  EXPECT_EQ(together, 40'000u);
  EXPECT_EQ(plan_source_ports(plan, kPeer, engine, 2, 5).size(), 5u);
}

}  // namespace
}  // namespace saker::net
