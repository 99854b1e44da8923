// The table [dpdk]. No DPDK is needed.
#include <gtest/gtest.h>

#include "net/dpdk/dpdk_config.hpp"
#include "net/endpoint.hpp"

namespace saker::net {
namespace {

DpdkConfig read(const std::string& text) {
  const ConfigTable file = parse_config("[dpdk]\n" + text, "test.toml");
  const DpdkConfig config = read_dpdk_config(file.section("dpdk"));
  file.reject_unknown();
  return config;
}

constexpr const char* kLeast = "device = \"net_memif0\"\naddress = \"10.0.0.1\"\n";

TEST(DpdkConfig, Defaults) {
  const DpdkConfig config = read(kLeast);
  EXPECT_EQ(config.device, "net_memif0");
  EXPECT_EQ(address_text(config.address), "10.0.0.1");
  EXPECT_EQ(address_text(config.netmask), "255.255.255.0");
  EXPECT_EQ(config.gateway, 0u);
  EXPECT_EQ(config.memory, DpdkMemory::pages_2m);
  EXPECT_EQ(config.receive_checksums, ChecksumPolicy::nic);
  EXPECT_TRUE(config.allow.empty());
  EXPECT_EQ(config.rss_key, kMicrosoftRssKey);
  EXPECT_EQ(config.announce_ns, 30'000'000'000u);
  EXPECT_FALSE(config.one_core);
}

TEST(DpdkConfig, Everything) {
  const DpdkConfig config = read(R"(device = "0000:00:03.0"
devargs = "llq_policy=1"
memory = "1G"
memory_mb = 1024
file_prefix = "x"
control_cpu = 1
log_level = "info"
address = "10.0.0.1"
netmask = "255.255.0.0"
gateway = "10.0.9.254"
mac = "52:54:00:12:34:56"
vlan = 7
vlan_priority = 3
dscp = 46
multicast_ttl = 4
announce_s = 90
static_arp = ["10.0.0.2 52:54:00:00:00:02"]
allow = ["10.0.0.2", "10.0.4.0/22"]
steer = false
receive_checksums = "partial"
send_checksums = "software"
hardware_timestamps = false
burst = 32
smallest_burst = 4
receive_descriptors = 512
send_descriptors = 256
queues = 2
order_queue = 1
rss_key = ")" + std::string(80, 'a') + R"("
one_core = true
)");
  EXPECT_TRUE(is_pci_address(config.device));
  EXPECT_EQ(config.memory, DpdkMemory::pages_1g);
  EXPECT_EQ(config.memory_mb, 1024u);
  EXPECT_EQ(mac_text(config.mac), "52:54:00:12:34:56");
  EXPECT_EQ(config.vlan, 7);
  EXPECT_EQ(config.dscp, 46);
  EXPECT_EQ(config.announce_ns, 90'000'000'000u);
  ASSERT_EQ(config.static_arp.size(), 1u);
  EXPECT_EQ(mac_text(config.static_arp[0].mac), "52:54:00:00:00:02");
  ASSERT_EQ(config.allow.size(), 2u);
  EXPECT_EQ(config.allow[0].netmask, 0xFFFFFFFFu);
  EXPECT_EQ(config.allow[1].netmask, 0xFFFFFC00u);
  EXPECT_EQ(config.receive_checksums, ChecksumPolicy::partial);
  EXPECT_FALSE(config.send_checksums_by_nic);
  EXPECT_EQ(config.rss_key[39], 0xAA);
  EXPECT_EQ(config.order_queue, 1);
  EXPECT_TRUE(config.one_core);
}

TEST(DpdkConfig, EachFaultNamesItsKey) {
  const std::pair<const char*, const char*> faults[] = {
      {"", "device"},
      {"device = \"x\"\n", "address"},
      {"device = \"x\"\naddress = \"10.0.0\"\n", "address"},
      {"device = \"x\"\naddress = \"239.1.1.1\"\n", "address"},
      {"netmask = \"255.0.255.0\"", "netmask"},
      {"gateway = \"10.1.0.1\"", "gateway"},
      {"mac = \"01:00:5e:00:00:01\"", "mac"},
      {"vlan = 4095", "vlan"},
      {"announce_s = 3601", "announce_s"},
      {"static_arp = [\"10.0.0.2\"]", "static_arp"},
      {"static_arp = [\"10.0.0.2 ff:ff:ff:ff:ff:ff\"]", "static_arp"},
      {"allow = [\"10.0.0.2/24\"]", "allow"},
      {"allow = [\"10.0.0.0/33\"]", "allow"},
      {"allow = [\"10.0.0.0/\"]", "allow"},
      {"memory = \"4K\"", "memory"},
      {"smallest_burst = 65", "smallest_burst"},
      {"order_queue = 1", "order_queue"},
      {"rss_key = \"00\"", "rss_key"},
      {"receive_checksums = \"maybe\"", "receive_checksums"},
      {"no_such_key = 1", "no_such_key"},
  };
  for (const auto& [text, key] : faults) {
    const bool whole = std::string(text).find("device") != std::string::npos || *text == 0;
    try {
      read(whole ? text : std::string(kLeast) + text + "\n");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
  }
}

TEST(DpdkConfig, PciAddresses) {
  EXPECT_TRUE(is_pci_address("0000:00:03.0"));
  EXPECT_TRUE(is_pci_address("abcd:Ef:1f.7"));
  for (const char* other : {"00:03.0", "0000:00:03.8", "net_memif0", "0000:00:03.0,x", ""}) {
    EXPECT_FALSE(is_pci_address(other)) << other;
  }
}

}  // namespace
}  // namespace saker::net
