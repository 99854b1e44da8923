#include "net/dpdk/port.hpp"

#include <algorithm>

#include "net/endpoint.hpp"

namespace saker::net {

namespace {

constexpr std::uint16_t kFirstFreePort = 32'768;

ArpConfig arp_config(const DpdkConfig& config, const MacAddress& mac) {
  ArpConfig arp;
  arp.mac = mac;
  arp.address = config.address;
  arp.netmask = config.netmask;
  arp.gateway = config.gateway;
  return arp;
}

}  // namespace

DpdkPort::DpdkPort(std::unique_ptr<Device> device, const DpdkConfig& config)
    : config_(config), device_(std::move(device)), arp_(arp_config(config, device_->mac)),
      port_(device_->port), header_bytes_(udp_header_bytes(config.vlan)), burst_(config.burst),
      dropped_(config.burst), burst_now_(config.smallest_burst) {
  if (config_.order_queue >= device_->queues) config_.order_queue = 0;
  groups_.reserve(kMostSlots);
  rules_.mac = device_->mac;
  rules_.address = config.address;
  rules_.vlan = config.vlan;
  rules_.checksums = config.receive_checksums;
  for (const StaticArp& entry : config.static_arp) {
    if (!arp_.add_static(entry.address, entry.mac)) {
      device_->notes.push_back("no room for the static address of " +
                               address_text(entry.address));
    }
  }
}

DpdkPort::~DpdkPort() {
  for (std::size_t i = 0; i < queued_; ++i) rte_pktmbuf_free(queue_[i]);
  for (std::size_t i = 0; i < parked_count_; ++i) rte_pktmbuf_free(parked_[i].frame);
}

std::size_t DpdkPort::open_slot(const DpdkConfig& config, std::string& error) {
  const auto taken = [this](std::uint16_t port) {
    return std::any_of(slots_.begin(), slots_.end(),
                       [port](const Slot& slot) { return slot.open && slot.port == port; });
  };
  std::uint16_t port = config.port == 0 ? kFirstFreePort : config.port;
  while (config.port == 0 && taken(port)) ++port;
  const auto free = std::find_if(slots_.begin(), slots_.end(),
                                 [](const Slot& slot) { return !slot.open; });
  if (free == slots_.end() || taken(port)) {
    error = free == slots_.end() ? "too many transports share the device"
                                 : "port " + std::to_string(port) + " has a transport already";
    return kMostSlots;
  }
  const auto index = static_cast<std::size_t>(free - slots_.begin());
  free->port = port;
  free->group = config.join_group;
  free->received = 0;
  free->received_bytes = 0;
  for (Box* box : {&free->waiting, &free->lent}) {
    box->frames.resize(kBox);
    box->datagrams.resize(kBox);
    box->count = 0;
  }
  free->open = true;
  slot_end_ = std::max(slot_end_, index + 1);
  if (config.join_group != 0) {
    groups_.push_back(config.join_group);
    groups_reported_ns_ = 0;
    rules_.groups = groups_;
    if (!device_->receive_groups(groups_)) {
      device_->notes.push_back("the card may filter frames of " +
                               address_text(config.join_group));
    }
  }
  return index;
}

void DpdkPort::close_slot(std::size_t slot) {
  Slot& own = slots_[slot];
  own.open = false;
  release(own.waiting);
  release(own.lent);
  if (own.reserved != nullptr) rte_pktmbuf_free(own.reserved);
  own.reserved = nullptr;
  if (own.group == 0) return;
  groups_.erase(std::find(groups_.begin(), groups_.end(), own.group));
  rules_.groups = groups_;
  (void)device_->receive_groups(groups_);
}

DpdkCounters DpdkPort::counters(std::size_t slot) const {
  DpdkCounters counters = counters_;
  const DeviceNumbers& numbers = device_->numbers;
  counters.received = slots_[slot].received;
  counters.received_bytes = slots_[slot].received_bytes;
  counters.kernel_dropped = numbers.lost.load(std::memory_order_relaxed);
  counters.nic_errors = numbers.errors.load(std::memory_order_relaxed);
  counters.resets = numbers.resets.load(std::memory_order_relaxed);
  counters.link_changes = numbers.link_changes.load(std::memory_order_relaxed);
  return counters;
}

void DpdkPort::control_poll() {
  const std::lock_guard lock(control_mutex_);
  adopt_this_thread();
  TscClock::refresh();
  if (device_->reset_wanted.load()) {
    constexpr int kTries = 200;
    attention_.fetch_or(kQuiesce, std::memory_order_release);
    for (int tries = 0; tries < kTries && !quiesced_.load(std::memory_order_acquire); ++tries) {
      const timespec nap{0, 100'000};
      ::nanosleep(&nap, nullptr);
    }
    // An owner that does not poll just now is asked again at the next call; a card that does not
    // come back is left to itself and tried again.
    std::string error;
    if (!quiesced_.load(std::memory_order_acquire)) return;
    device_->reset_wanted.store(false);
    if (!device_->restart(error)) {
      device_->reset_wanted.store(true);
      return;
    }
    quiesced_.store(false, std::memory_order_relaxed);
    attention_.store(kRefresh, std::memory_order_release);
  }
  device_->poll_link();
  device_->poll_statistics();
  device_->poll_clock();
  Device::poll_timers();
  attention_.fetch_or(kRefresh, std::memory_order_release);
}

}  // namespace saker::net
