// One Ethernet device of DPDK: found or made, configured, started, reset, closed. What the hot
// thread needs to know of it lies here as plain values. Only this folder's sources include this.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "net/dpdk/dpdk_config.hpp"
#include "net/dpdk/eal.hpp"
#include "net/dpdk/nic_stamps.hpp"

namespace saker::net {

/// The driver's numbers as of the last control_poll(); atomics, since two threads read them.
struct DeviceNumbers {
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> resets{0};
  std::atomic<std::uint64_t> link_changes{0};
};

class Device {
 public:
  static std::unique_ptr<Device> open(const DpdkConfig& config, std::string& error);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // For the hot thread.
  std::uint16_t port = 0;
  bool shares_payloads = false;   // frames may consist of several buffers
  bool checksums_by_nic = false;  // of UDP, on sending
  NicStamps stamps;               // enabled when the card gives them
  rte_mempool* receive_pool = nullptr;
  rte_mempool* send_pool = nullptr;
  rte_mempool* header_pool = nullptr;
  MacAddress mac;
  std::uint16_t queues = 1;

  // For the control thread, once the hot one keeps away.
  /// Resets the card, configures it again and starts it. False with `error` when it stays down.
  bool restart(std::string& error);
  /// Frames of these groups are to be received.
  bool receive_groups(const std::vector<std::uint32_t>& groups);

  // For the control thread at any time.
  void poll_statistics();
  void poll_link();
  void poll_clock();
  static void poll_timers();
  std::vector<std::string> statistics() const;

  // Written by the driver's threads too.
  std::atomic<bool> reset_wanted{false};
  std::atomic<bool> link_up{false};
  DeviceNumbers numbers;

  std::vector<std::string> plan;
  std::vector<std::string> notes;
  int node = -1;
  std::string pci_address;
  std::string driver;
  RssPlan rss;

 private:
  explicit Device(const DpdkConfig& config) : config_(config) {}
  bool find(std::string& error);
  bool take_pools(const EalState& eal, std::string& error);
  bool configure(std::string& error);
  bool configure_queues(const rte_eth_dev_info& info, const rte_eth_conf& wanted,
                        std::string& error);
  rte_eth_conf wanted_configuration(const rte_eth_dev_info& info);
  bool choose_mac(std::string& error);
  void filter();
  void read_rss(const rte_eth_dev_info& info);
  void start_clock();
  bool read_clock(std::uint64_t& counter) const;
  void describe(const EalState& eal);
  void note(std::string text);
  static int on_event(std::uint16_t port, rte_eth_event_type event, void* self, void*);

  DpdkConfig config_;
  bool found_ = false;
  bool own_ring_ = false;
  bool timesync_ = false;
  int memory_node_ = -1;  // where buffers lie
  std::vector<std::uint32_t> groups_;
  std::uint64_t lost_seen_ = 0;
  std::uint64_t errors_seen_ = 0;
};

/// Has the card drop what comes from anybody but `config.allow`, where its driver can. False with
/// `why` when it cannot; nothing is left behind then.
bool steer_allowed_peers(std::uint16_t port, const DpdkConfig& config, std::string& why);

}  // namespace saker::net
