#include "net/dpdk/device.hpp"

#include <algorithm>
#include <cstring>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_flow.h>
#include <rte_timer.h>

namespace saker::net {

namespace {

constexpr unsigned kWireSlots = 1'024;  // of an in-process wire

std::string reason(int code) { return rte_strerror(code < 0 ? -code : code); }

/// "ring:NAME:a": `name` and whether it is side a. False when it is not one.
bool parse_wire(const std::string& device, std::string& name, bool& side_a) {
  if (device.compare(0, 5, "ring:") != 0 || device.size() < 8) return false;
  const std::string side = device.substr(device.size() - 2);
  if (side != ":a" && side != ":b") return false;
  name = device.substr(5, device.size() - 7);
  side_a = side == ":a";
  return !name.empty() && name.size() <= 16;
}

rte_ring* wire(const std::string& name) {
  rte_ring* ring = rte_ring_lookup(name.c_str());
  if (ring != nullptr) return ring;
  return rte_ring_create(name.c_str(), kWireSlots, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

/// Frames from before this side was opened.
void drain(rte_ring* ring) {
  void* frame = nullptr;
  while (rte_ring_dequeue(ring, &frame) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
}

/// Makes one end of an in-process wire; its port, or a negative number.
int open_wire(const std::string& name, bool side_a) {
  rte_ring* there = wire("saker_" + name + "_ab");
  rte_ring* back = wire("saker_" + name + "_ba");
  if (there == nullptr || back == nullptr) return -ENOMEM;
  rte_ring* in[] = {side_a ? back : there};
  rte_ring* out[] = {side_a ? there : back};
  drain(in[0]);
  const int port =
      rte_eth_from_rings((name + (side_a ? "_a" : "_b")).c_str(), in, 1, out, 1, SOCKET_ID_ANY);
  return port < 0 ? -rte_errno : port;
}

MacAddress from_rte(const rte_ether_addr& address) {
  MacAddress mac;
  std::memcpy(mac.bytes.data(), address.addr_bytes, 6);
  return mac;
}

rte_ether_addr to_rte(const MacAddress& mac) {
  rte_ether_addr address;
  std::memcpy(address.addr_bytes, mac.bytes.data(), 6);
  return address;
}

/// Adds what a counter of the card has risen by; a reset sets it back to zero.
void rise(std::atomic<std::uint64_t>& total, std::uint64_t& seen, std::uint64_t now) {
  total.fetch_add(now >= seen ? now - seen : now, std::memory_order_relaxed);
  seen = now;
}

}  // namespace

void Device::note(std::string text) {
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
}

std::unique_ptr<Device> Device::open(const DpdkConfig& config, std::string& error) {
  const EalState* eal = start_eal(config, error);
  if (eal == nullptr) return nullptr;
  std::unique_ptr<Device> device(new Device(config));
  device->notes = eal->notes;
  if (!device->find(error)) {
    error = config.device + " cannot be opened: " + error;
    return nullptr;
  }
  if (!device->take_pools(*eal, error) || !device->configure(error)) {
    error = config.device + ": " + error;
    return nullptr;
  }
  device->describe(*eal);
  return device;
}

bool Device::find(std::string& error) {
  std::string wire_name;
  bool side_a = false;
  const std::string name = config_.device.substr(0, config_.device.find(','));
  if (parse_wire(config_.device, wire_name, side_a)) {
    const int opened = open_wire(wire_name, side_a);
    if (opened < 0) {
      error = reason(opened);
      return false;
    }
    port = static_cast<std::uint16_t>(opened);
    own_ring_ = true;
  } else if (rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0) {
    const std::string more =
        name.size() < config_.device.size() ? config_.device.substr(name.size() + 1) : "";
    const std::string arguments =
        more + (more.empty() || config_.devargs.empty() ? "" : ",") + config_.devargs;
    const char* bus = is_pci_address(name) ? "pci" : "vdev";
    const int result = rte_eal_hotplug_add(bus, name.c_str(), arguments.c_str());
    if (result != 0 || rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0) {
      error = result != 0 ? reason(result) : "no driver takes it";
      return false;
    }
  }
  found_ = true;
  if (is_pci_address(name)) pci_address = name;
  rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_event, this);
  rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RESET, on_event, this);
  return true;
}

Device::~Device() {
  if (found_) {
    rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_LSC, on_event, this);
    rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_RESET, on_event, this);
    rte_eth_dev_info info;
    const bool known = rte_eth_dev_info_get(port, &info) == 0;
    (void)rte_eth_dev_stop(port);
    (void)rte_eth_dev_close(port);
    if (known && pci_address.empty()) (void)rte_dev_remove(info.device);
  }
  for (rte_mempool* pool : {receive_pool, send_pool, header_pool}) {
    if (pool != nullptr) release_pool(pool);
  }
}

bool Device::take_pools(const EalState& eal, std::string& error) {
  // What the ring holds, what threads keep for themselves, what waits in front of the transport
  // and, on an in-process wire, what is on its way.
  constexpr unsigned kKept = 1'536;
  const unsigned on_the_way = own_ring_ ? kWireSlots : 0;
  node = rte_eth_dev_socket_id(port);
  memory_node_ = eal.huge_pages ? node : SOCKET_ID_ANY;  // plain memory is of no known node
  const unsigned in = unsigned{config_.receive_descriptors} * config_.queues + kKept;
  const unsigned out = config_.send_descriptors + kKept + on_the_way;
  receive_pool = take_pool(PoolKind::receive, in, memory_node_);
  send_pool = take_pool(PoolKind::send, out, memory_node_);
  header_pool = take_pool(PoolKind::header, 2 * out, memory_node_);
  if (receive_pool != nullptr && send_pool != nullptr && header_pool != nullptr) return true;
  error = "no memory for its buffers; raise memory_mb";
  return false;
}

rte_eth_conf Device::wanted_configuration(const rte_eth_dev_info& info) {
  rte_eth_conf wanted{};
  queues = std::min<std::uint16_t>(config_.queues, info.max_rx_queues);
  constexpr std::uint64_t kHashed = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP;
  if (queues > 1 && (info.flow_type_rss_offloads & kHashed) == 0) queues = 1;
  if (queues < config_.queues) {
    note("the card has " + std::to_string(queues) + " receive queues with RSS, not " +
         std::to_string(config_.queues));
  }
  if (queues > 1) {
    wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    wanted.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads & kHashed;
    if (info.hash_key_size == kRssKeyBytes) {
      wanted.rx_adv_conf.rss_conf.rss_key = config_.rss_key.data();
      wanted.rx_adv_conf.rss_conf.rss_key_len = kRssKeyBytes;
    }
  }
  constexpr std::uint64_t kReceiveSums =
      RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
  if (config_.receive_checksums == ChecksumPolicy::nic ||
      config_.receive_checksums == ChecksumPolicy::partial) {
    wanted.rxmode.offloads |= info.rx_offload_capa & kReceiveSums;
  }
  if (config_.hardware_timestamps) {
    wanted.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP;
  }
  wanted.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  if (config_.send_checksums_by_nic) {
    wanted.txmode.offloads |= info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
  }
  shares_payloads = (wanted.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
  checksums_by_nic = (wanted.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
  return wanted;
}

bool Device::configure_queues(const rte_eth_dev_info& info, const rte_eth_conf& wanted,
                              std::string& error) {
  std::uint16_t in = config_.receive_descriptors;
  std::uint16_t out = config_.send_descriptors;
  int result = rte_eth_dev_configure(port, queues, 1, &wanted);
  if (result == 0) result = rte_eth_dev_adjust_nb_rx_tx_desc(port, &in, &out);
  const auto place = static_cast<unsigned>(memory_node_);
  rte_eth_rxconf receive = info.default_rxconf;
  receive.offloads = wanted.rxmode.offloads;
  for (std::uint16_t queue = 0; result == 0 && queue < queues; ++queue) {
    result = rte_eth_rx_queue_setup(port, queue, in, place, &receive, receive_pool);
  }
  rte_eth_txconf send = info.default_txconf;
  send.offloads = wanted.txmode.offloads;
  if (result == 0) result = rte_eth_tx_queue_setup(port, 0, out, place, &send);
  if (result == 0) return true;
  error = "its queues cannot be set up: " + reason(result);
  return false;
}

bool Device::configure(std::string& error) {
  rte_eth_dev_info info;
  int result = rte_eth_dev_info_get(port, &info);
  if (result != 0) {
    error = "says nothing of itself: " + reason(result);
    return false;
  }
  driver = info.driver_name;
  const rte_eth_conf wanted = wanted_configuration(info);
  std::uint16_t mtu = 0;
  if (!configure_queues(info, wanted, error) || !choose_mac(error)) return false;
  constexpr std::uint16_t kNeededMtu = kIpBytes + kUdpBytes + kMaxDatagram;
  if (rte_eth_dev_get_mtu(port, &mtu) == 0 && mtu < kNeededMtu &&
      rte_eth_dev_set_mtu(port, RTE_ETHER_MTU) != 0) {
    note("the card's MTU of " + std::to_string(mtu) + " is too small for " +
         std::to_string(kMaxDatagram) + " bytes of payload");
  }
  stamps.disable();
  if ((wanted.rxmode.offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0) stamps.enable();
  result = rte_eth_dev_start(port);
  if (result != 0) {
    error = "does not start: " + reason(result);
    return false;
  }
  filter();
  read_rss(info);
  start_clock();
  poll_link();
  return true;
}

/// What drivers forget when they are stopped: rules and groups.
void Device::filter() {
  std::string why;
  rte_flow_error error{};
  (void)rte_flow_flush(port, &error);
  if (!config_.allow.empty() && config_.steer && !steer_allowed_peers(port, config_, why)) {
    note("the allow list is checked here only, not by the card: " + why);
  }
  if (!groups_.empty()) receive_groups(groups_);
}

bool Device::choose_mac(std::string& error) {
  rte_ether_addr address{};
  if (rte_eth_macaddr_get(port, &address) != 0) {
    error = "has no MAC address";
    return false;
  }
  mac = from_rte(address);
  MacAddress wanted = config_.mac;
  if (wanted == MacAddress{} && mac == MacAddress{}) {
    // Locally administered, and told from the IP address.
    wanted = {{0x02, 0x53, static_cast<std::uint8_t>(config_.address >> 24),
               static_cast<std::uint8_t>(config_.address >> 16),
               static_cast<std::uint8_t>(config_.address >> 8),
               static_cast<std::uint8_t>(config_.address)}};
  }
  if (wanted == MacAddress{} || wanted == mac) return true;
  mac = wanted;
  rte_ether_addr own = to_rte(wanted);
  if (rte_eth_dev_default_mac_addr_set(port, &own) == 0 || rte_eth_promiscuous_enable(port) == 0 ||
      pci_address.empty()) {
    return true;  // virtual devices filter nothing
  }
  error = "takes no other MAC address";
  return false;
}

bool Device::receive_groups(const std::vector<std::uint32_t>& groups) {
  groups_ = groups;
  std::vector<rte_ether_addr> addresses;
  for (const std::uint32_t group : groups) addresses.push_back(to_rte(multicast_mac(group)));
  const auto count = static_cast<std::uint32_t>(addresses.size());
  const bool good = rte_eth_dev_set_mc_addr_list(port, addresses.data(), count) == 0 ||
                    rte_eth_allmulticast_enable(port) == 0 ||
                    rte_eth_promiscuous_enable(port) == 0;
  return good || pci_address.empty();
}

void Device::read_rss(const rte_eth_dev_info& info) {
  rss = RssPlan::even(config_.rss_key, 128, queues);
  if (queues == 1) return;
  const std::size_t entries = info.reta_size;
  if (entries == 0 || (entries & (entries - 1)) != 0 || info.hash_key_size != kRssKeyBytes) {
    note("the card does not say how RSS spreads: source ports cannot be planned");
    return;
  }
  rss = RssPlan::even(config_.rss_key, entries, queues);
  std::vector<rte_eth_rss_reta_entry64> table((entries + 63) / 64);
  for (std::size_t i = 0; i < entries; ++i) {
    table[i / 64].mask = ~std::uint64_t{0};
    table[i / 64].reta[i % 64] = rss.table[i];
  }
  const auto size = static_cast<std::uint16_t>(entries);
  (void)rte_eth_dev_rss_reta_update(port, table.data(), size);
  rte_eth_rss_conf hash{};
  hash.rss_key = rss.key.data();
  hash.rss_key_len = kRssKeyBytes;
  if (rte_eth_dev_rss_reta_query(port, table.data(), size) != 0 ||
      rte_eth_dev_rss_hash_conf_get(port, &hash) != 0) {
    note("the card does not tell its RSS table or key: planned source ports may be wrong");
    return;
  }
  for (std::size_t i = 0; i < entries; ++i) rss.table[i] = table[i / 64].reta[i % 64];
  if (rss.key != config_.rss_key) note("the card keeps an RSS key of its own");
}

bool Device::read_clock(std::uint64_t& counter) const {
  if (!timesync_) return rte_eth_read_clock(port, &counter) == 0;
  timespec time{};
  if (rte_eth_timesync_read_time(port, &time) != 0) return false;
  counter = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
            static_cast<std::uint64_t>(time.tv_nsec);
  return true;
}

void Device::start_clock() {
  if (!stamps.enabled()) return;
  std::uint64_t counter = 0;
  timesync_ = false;
  if (!read_clock(counter)) {
    timesync_ = rte_eth_timesync_enable(port) == 0;
    if (!timesync_ || !read_clock(counter)) {
      note("the card stamps frames, but its clock cannot be read: stamps are the processor's");
      stamps.disable();
      return;
    }
  }
  poll_clock();
  for (int tries = 0; tries < 8 && !stamps.clock.calibrated(); ++tries) {
    const timespec nap{0, 10'500'000};
    ::nanosleep(&nap, nullptr);
    poll_clock();
  }
  if (!stamps.clock.calibrated()) stamps.disable();
}

void Device::poll_clock() {
  std::uint64_t counter = 0;
  if (!stamps.enabled()) return;
  const TimeNs before_ns = UtcClock().now_ns();
  if (!read_clock(counter)) return;
  const TimeNs after_ns = UtcClock().now_ns();
  stamps.clock.update(counter, before_ns + (after_ns - before_ns) / 2);
}

void Device::poll_statistics() {
  rte_eth_stats stats;
  if (rte_eth_stats_get(port, &stats) != 0) return;
  rise(numbers.lost, lost_seen_, stats.imissed + stats.rx_nombuf);
  rise(numbers.errors, errors_seen_, stats.ierrors + stats.oerrors);
}

void Device::poll_link() {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port, &link) != 0) return;
  const bool up = link.link_status == RTE_ETH_LINK_UP;
  if (link_up.exchange(up, std::memory_order_relaxed) != up) {
    numbers.link_changes.fetch_add(1, std::memory_order_relaxed);
  }
}

void Device::poll_timers() {
  // Drivers (ENA) set their timers for DPDK's main thread, which ours is not.
  unsigned main = rte_get_main_lcore();
  (void)rte_timer_alt_manage(0, &main, 1, [](rte_timer* timer) { timer->f(timer, timer->arg); });
}

int Device::on_event(std::uint16_t, rte_eth_event_type event, void* self, void*) {
  auto* device = static_cast<Device*>(self);
  if (event == RTE_ETH_EVENT_INTR_RESET) device->reset_wanted.store(true);
  if (event == RTE_ETH_EVENT_INTR_LSC) device->poll_link();
  return 0;
}

bool Device::restart(std::string& error) {
  const int result = rte_eth_dev_reset(port);
  numbers.resets.fetch_add(1, std::memory_order_relaxed);
  if (result == 0) return configure(error);
  if (result != -ENOTSUP) {
    error = "cannot be reset: " + reason(result);
    return false;
  }
  // A device without a reset of its own is stopped and started.
  (void)rte_eth_dev_stop(port);
  const int started = rte_eth_dev_start(port);
  if (started != 0) {
    error = "does not start again: " + reason(started);
    return false;
  }
  filter();
  return true;
}

std::vector<std::string> Device::statistics() const {
  std::vector<std::string> lines;
  const int count = rte_eth_xstats_get_names(port, nullptr, 0);
  if (count <= 0) return lines;
  const auto size = static_cast<unsigned>(count);
  std::vector<rte_eth_xstat_name> names(size);
  std::vector<rte_eth_xstat> values(size);
  if (rte_eth_xstats_get_names(port, names.data(), size) != count ||
      rte_eth_xstats_get(port, values.data(), size) != count) {
    return lines;
  }
  for (const rte_eth_xstat& value : values) {
    if (value.value == 0 || value.id >= size) continue;
    lines.push_back(std::string(names[value.id].name) + " " + std::to_string(value.value));
  }
  return lines;
}

void Device::describe(const EalState& eal) {
  plan.push_back("device " + config_.device + ", driver " + driver + ", MAC address " +
                 mac_text(mac));
  plan.push_back(node < 0 ? "NUMA node unknown" : "NUMA node " + std::to_string(node));
  plan.push_back("packet memory: " + eal.memory);
  plan.push_back(std::string("UDP checksums on sending: ") +
                 (checksums_by_nic ? "card" : "software"));
  plan.push_back(std::string("fan-out: ") + (shares_payloads ? "shared payload" : "copies"));
  plan.push_back(std::string("receive times: ") + (stamps.enabled() ? "card" : "processor"));
  plan.push_back(std::to_string(queues) + " receive queue" + (queues > 1 ? "s" : ""));
}

}  // namespace saker::net
