// The hot side of a device: bursts in, frames to the transports whose port they are for, ARP and
// ICMP on the way; headers and bursts out. Only this folder's sources include this.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "net/dpdk/arp.hpp"
#include "net/dpdk/device.hpp"
#include "net/dpdk/dpdk_transport.hpp"

namespace saker::net {

class DpdkPort {
 public:
  /// Transports that can share a device.
  static constexpr std::size_t kMostSlots = 8;

  DpdkPort(std::unique_ptr<Device> device, const DpdkConfig& config);
  ~DpdkPort();
  DpdkPort(const DpdkPort&) = delete;
  DpdkPort& operator=(const DpdkPort&) = delete;

  /// A slot for a transport on the port (0: any) and group of `config`; kMostSlots with `error`.
  std::size_t open_slot(const DpdkConfig& config, std::string& error);
  void close_slot(std::size_t slot);

  std::span<Datagram> receive(std::size_t slot);
  std::span<std::byte> reserve(std::size_t slot);
  void commit(std::size_t slot, Endpoint to, std::size_t size);
  std::size_t send_each(std::size_t slot, std::span<const Endpoint> to,
                        std::span<const std::byte> bytes);
  void flush();
  bool wait(std::size_t slot, std::uint64_t timeout_ns, int wake_fd);

  void control_poll();
  Device& device() { return *device_; }
  const DpdkConfig& config() const { return config_; }
  std::uint16_t port_of(std::size_t slot) const { return slots_[slot].port; }
  DpdkCounters counters(std::size_t slot) const;
  std::uint64_t dropped(FrameDrop why) const { return drops_[static_cast<std::size_t>(why)]; }

 private:
  /// What one transport has received: frames that wait for it, and those it has been lent.
  struct Box {
    std::vector<rte_mbuf*> frames;
    std::vector<Datagram> datagrams;
    std::size_t count = 0;
  };
  struct Slot {
    bool open = false;
    std::uint16_t port = 0;
    std::uint32_t group = 0;
    Box waiting;
    Box lent;
    rte_mbuf* reserved = nullptr;
    std::uint64_t received = 0;
    std::uint64_t received_bytes = 0;
  };
  /// A datagram whose receiver's MAC address is being asked for.
  struct Parked {
    std::uint32_t hop = 0;
    rte_mbuf* frame = nullptr;
    TimeNs since_ns = 0;
  };
  struct Route {
    std::uint32_t hop = 0;           // 0: there is no way
    const MacAddress* mac = nullptr; // nullptr: not known; valid until the next route()
  };
  static constexpr std::size_t kBox = 256;
  static constexpr std::size_t kQueue = 512;
  static constexpr std::size_t kParked = 64;
  static constexpr std::uint32_t kRefresh = 1;  // attention_: ARP is due
  static constexpr std::uint32_t kQuiesce = 2;  // attention_: hands off the card

  // Receiving.
  bool attend();
  void poll();
  std::size_t poll_queue(std::uint16_t queue, std::uint16_t most);
  void take(rte_mbuf* frame, TimeNs now_ns);
  rte_mbuf* join(rte_mbuf* frame);
  void drop(rte_mbuf* frame, FrameDrop why);
  FrameHints hints_of(const rte_mbuf& frame) const;
  void hand_on(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns);
  void on_arp(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns);
  void on_icmp(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns);
  bool may_answer(TimeNs now_ns);
  bool allowed(std::uint32_t address) const;
  void release(Box& box);

  // Sending.
  bool make_room();
  Route route(std::uint32_t address);
  UdpHeaders headers(const Slot& slot, Endpoint to, const Route& route) const;
  void mark_for_card(rte_mbuf* frame) const;
  bool dispatch(rte_mbuf* frame, const Route& route);
  void queue(rte_mbuf* frame) { queue_[queued_++] = frame; }
  void park(rte_mbuf* frame, std::uint32_t hop);
  void unpark(std::uint32_t hop, const MacAddress& mac);
  void refresh(TimeNs now_ns);
  bool ask(std::uint32_t hop);
  void announce(TimeNs now_ns);
  void report_groups();
  bool attach_shared(rte_mbuf* payload, const Slot& slot, Endpoint to, std::uint64_t sum);

  DpdkConfig config_;
  std::unique_ptr<Device> device_;
  TscClock clock_;
  FrameRules rules_;
  ArpTable arp_;
  std::uint16_t port_;
  std::size_t header_bytes_;
  MacAddress group_mac_;               // of the last route to a group
  std::size_t slot_end_ = 0;           // slots ever used
  std::vector<std::uint32_t> groups_;
  std::array<Slot, kMostSlots> slots_;

  std::vector<rte_mbuf*> burst_;
  std::vector<rte_mbuf*> dropped_;     // of the burst
  std::size_t dropped_count_ = 0;
  std::uint16_t burst_now_;
  std::uint32_t turn_ = 0;
  bool adopted_ = false;
  bool quiet_ = false;                 // the control thread has the card

  std::array<rte_mbuf*, kQueue> queue_;
  std::size_t queued_ = 0;
  std::array<Parked, kParked> parked_{};
  std::size_t parked_count_ = 0;
  std::uint64_t announced_changes_ = 0;  // of the link, when we last said that we are here
  TimeNs announced_ns_ = 0;
  TimeNs groups_reported_ns_ = 0;
  TimeNs answers_since_ns_ = 0;
  std::uint32_t answers_ = 0;
  DpdkCounters counters_;
  std::array<std::uint64_t, kFrameDrops> drops_{};

  alignas(kCacheLine) std::atomic<std::uint32_t> attention_{0};
  std::atomic<bool> quiesced_{false};
  std::mutex control_mutex_;
};

}  // namespace saker::net
