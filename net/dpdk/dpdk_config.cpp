#include "net/dpdk/dpdk_config.hpp"

#include <bit>

#include "net/endpoint.hpp"

namespace saker::net {

namespace {

std::uint32_t address(const ConfigTable& table, const char* key, const char* fallback) {
  const std::string text = table.text(key, fallback);
  std::uint32_t value = 0;
  if (!text.empty() && !parse_address(text, value)) {
    table.fail(key, "must be an IPv4 address");
  }
  return value;
}

template <class Value = std::uint16_t>
Value number(const ConfigTable& table, const char* key, std::int64_t fallback, std::int64_t min,
             std::int64_t max) {
  return static_cast<Value>(table.integer(key, fallback, min, max));
}

/// "10.0.0.7" or "10.0.0.0/24".
bool parse_peers(std::string_view text, AllowedPeers& peers) {
  const std::size_t slash = text.find('/');
  if (!parse_address(text.substr(0, slash), peers.address)) return false;
  peers.netmask = 0xFFFFFFFF;
  if (slash == std::string_view::npos) return true;
  const std::string_view bits = text.substr(slash + 1);
  unsigned count = 0;
  if (bits.empty() || bits.size() > 2) return false;
  for (const char c : bits) {
    if (c < '0' || c > '9') return false;
    count = count * 10 + static_cast<unsigned>(c - '0');
  }
  if (count > 32) return false;
  peers.netmask = count == 0 ? 0 : 0xFFFFFFFF << (32 - count);
  return (peers.address & ~peers.netmask) == 0;
}

void read_device(const ConfigTable& table, DpdkConfig& config) {
  config.device = table.need_text("device");
  if (config.device.empty()) table.fail("device", "must name a PCI address or a virtual device");
  config.devargs = table.text("devargs", "");
  const std::string memory = table.choice("memory", "2M", {"1G", "2M", "none"});
  config.memory = memory == "1G"   ? DpdkMemory::pages_1g
                  : memory == "2M" ? DpdkMemory::pages_2m
                                   : DpdkMemory::plain;
  config.memory_mb = number<std::uint32_t>(table, "memory_mb", 128, 32, 65'536);
  config.file_prefix = table.text("file_prefix", "");
  config.control_cpu = number<int>(table, "control_cpu", -1, -1, 1'023);
  config.log_level = table.choice("log_level", "warning",
                                  {"error", "warning", "notice", "info", "debug"});
  config.burst = number(table, "burst", 64, 8, 256);
  config.smallest_burst = number(table, "smallest_burst", 8, 1, 256);
  if (config.smallest_burst > config.burst) {
    table.fail("smallest_burst", "must not be above burst");
  }
  config.receive_descriptors = number(table, "receive_descriptors", 1'024, 64, 16'384);
  config.send_descriptors = number(table, "send_descriptors", 1'024, 64, 16'384);
  config.queues = number(table, "queues", 1, 1, 16);
  config.order_queue = number(table, "order_queue", 0, 0, 15);
  if (config.order_queue >= config.queues) {
    table.fail("order_queue", "must be below queues");
  }
  const std::string key = table.text("rss_key", "");
  if (!key.empty() && !parse_rss_key(key, config.rss_key)) {
    table.fail("rss_key", "must be 80 hexadecimal digits");
  }
  config.one_core = table.boolean("one_core", false);
}

void read_network(const ConfigTable& table, DpdkConfig& config) {
  if (!parse_address(table.need_text("address"), config.address) || config.address == 0 ||
      is_multicast(config.address)) {
    table.fail("address", "must be the IPv4 address of this host on the card");
  }
  config.netmask = address(table, "netmask", "255.255.255.0");
  if (std::countl_one(config.netmask) + std::countr_zero(config.netmask) != 32) {
    table.fail("netmask", "must be ones followed by zeros");
  }
  config.gateway = address(table, "gateway", "");
  if (((config.gateway ^ config.address) & config.netmask) != 0 && config.gateway != 0) {
    table.fail("gateway", "must be in the network of address");
  }
  const std::string mac = table.text("mac", "");
  if (!mac.empty() && (!parse_mac(mac, config.mac) || config.mac.is_group())) {
    table.fail("mac", "must be like 52:54:00:12:34:56, and no group's");
  }
  config.vlan = number(table, "vlan", 0, 0, 4'094);
  config.vlan_priority = number<std::uint8_t>(table, "vlan_priority", 0, 0, 7);
  config.dscp = number<std::uint8_t>(table, "dscp", 0, 0, 63);
  config.multicast_ttl = number<std::uint8_t>(table, "multicast_ttl", 1, 1, 255);
  config.announce_ns = number<std::uint64_t>(table, "announce_s", 30, 0, 3'600) * 1'000'000'000;
}

void read_peers(const ConfigTable& table, DpdkConfig& config) {
  for (const std::string& text : table.texts("static_arp")) {
    StaticArp entry;
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || !parse_address(text.substr(0, space), entry.address) ||
        !parse_mac(std::string_view(text).substr(space + 1), entry.mac) ||
        entry.mac.is_group()) {
      table.fail("static_arp", "must be like \"10.0.0.2 52:54:00:12:34:56\"");
    }
    config.static_arp.push_back(entry);
  }
  for (const std::string& text : table.texts("allow")) {
    AllowedPeers peers;
    if (!parse_peers(text, peers)) {
      table.fail("allow", "must be addresses like 10.0.0.2 or networks like 10.0.0.0/24");
    }
    config.allow.push_back(peers);
  }
  config.steer = table.boolean("steer", true);
  const std::string checksums =
      table.choice("receive_checksums", "nic", {"nic", "software", "partial", "none"});
  config.receive_checksums = checksums == "nic"        ? ChecksumPolicy::nic
                             : checksums == "software" ? ChecksumPolicy::software
                             : checksums == "partial"  ? ChecksumPolicy::partial
                                                       : ChecksumPolicy::none;
  config.send_checksums_by_nic =
      table.choice("send_checksums", "nic", {"nic", "software"}) == "nic";
  config.hardware_timestamps = table.boolean("hardware_timestamps", true);
}

}  // namespace

bool parse_rss_key(std::string_view text, RssKey& key) {
  if (text.size() != 2 * kRssKeyBytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    else return false;
    key[i / 2] = static_cast<std::uint8_t>(key[i / 2] << 4 | digit);
  }
  return true;
}

bool is_pci_address(std::string_view text) {
  constexpr std::string_view kShape = "hhhh:hh:hh.d";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool good = kShape[i] == 'h'   ? digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
                      : kShape[i] == 'd' ? digit && c <= '7'
                                         : c == kShape[i];
    if (!good) return false;
  }
  return true;
}

DpdkConfig read_dpdk_config(const ConfigTable& table) {
  DpdkConfig config;
  read_device(table, config);
  read_network(table, config);
  read_peers(table, config);
  return config;
}

}  // namespace saker::net
