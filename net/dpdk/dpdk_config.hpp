// What a DPDK transport is told at start: plain values, filled in directly by tests or read from
// the table [dpdk] of a configuration file.
#pragma once

#include <string>
#include <vector>

#include "common/config.hpp"
#include "net/dpdk/frame.hpp"
#include "net/dpdk/toeplitz.hpp"

namespace saker::net {

/// Memory of the whole process for packets; the first transport of a process decides.
enum class DpdkMemory : std::uint8_t { pages_1g, pages_2m, plain };

struct StaticArp {
  std::uint32_t address = 0;
  MacAddress mac;
};

/// Peers with an address in this network may send to us.
struct AllowedPeers {
  std::uint32_t address = 0;
  std::uint32_t netmask = 0xFFFFFFFF;
};

struct DpdkConfig {
  // The device: "0000:00:03.0", "net_memif0", or "ring:NAME:a" and "ring:NAME:b", the two ends of
  // a wire inside this process. Arguments for its driver follow after a comma, or in `devargs`.
  std::string device;
  std::string devargs;
  DpdkMemory memory = DpdkMemory::pages_2m;  // falls back, with a note, when there are too few
  std::uint32_t memory_mb = 128;
  std::string file_prefix;     // names the folder that DPDK makes for its files; empty: "saker"
  int control_cpu = -1;        // where DPDK's own threads run; -1: anywhere we may run
  std::string log_level = "warning";

  // This host. Several transports of one process may share a device, each with its own port;
  // they must have one owner thread and agree on everything but port and join_group.
  std::uint32_t address = 0;
  std::uint32_t netmask = 0xFFFFFF00;
  std::uint32_t gateway = 0;   // 0: none
  std::uint16_t port = 0;      // UDP; 0: one from 32768 on that no transport of the device has
  MacAddress mac;              // all zeros: the card's own
  std::uint16_t vlan = 0;      // 0: untagged
  std::uint8_t vlan_priority = 0;
  std::uint8_t dscp = 0;
  std::uint32_t join_group = 0;      // receive this multicast group (on `port`)
  std::uint8_t multicast_ttl = 1;
  std::uint64_t announce_ns = 30'000'000'000;  // between announcements; 0: when the link changes
  std::vector<StaticArp> static_arp;
  std::vector<AllowedPeers> allow;   // empty: everybody
  bool steer = true;                 // let the card enforce `allow`, where it can

  ChecksumPolicy receive_checksums = ChecksumPolicy::nic;
  bool send_checksums_by_nic = true;  // where it can
  bool hardware_timestamps = true;    // where it can

  std::uint16_t burst = 64;           // the most frames of one receive
  std::uint16_t smallest_burst = 8;   // while idle; vector drivers need 8
  std::uint16_t receive_descriptors = 1'024;
  std::uint16_t send_descriptors = 1'024;
  std::uint16_t queues = 1;           // receive queues; RSS spreads over them
  std::uint16_t order_queue = 0;      // polled every time; the others seldom
  RssKey rss_key = kMicrosoftRssKey;
  bool one_core = false;              // wait() may sleep: for machines with a core too few
};

/// Reads and checks a table like [dpdk] of engine/engine_dpdk.toml. Throws ConfigError.
/// The port is not in it: the caller knows it.
DpdkConfig read_dpdk_config(const ConfigTable& table);

/// 80 lower-case hexadecimal digits.
bool parse_rss_key(std::string_view text, RssKey& key);

/// "0000:00:03.0": the device is a PCI one.
bool is_pci_address(std::string_view text);

}  // namespace saker::net
