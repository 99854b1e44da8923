// The transport over DPDK: bursts straight from the card's receive ring, replies built in the
// buffers that the card sends from. No system call, lock or allocation after the first receive().
//
// Two threads may touch a transport: the owner (receive .. wait, counters), which should spin on
// a core of its own, and a control thread that calls control_poll() about once a second. A reset
// of the card happens in control_poll(); meanwhile the owner's calls do nothing. In the normal
// path the owner pays one relaxed load per receive().
//
// Transports of one process may share a device, as one card serves several UDP ports; they must
// then have the same owner thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/dpdk/dpdk_config.hpp"
#include "net/transport.hpp"

namespace saker::net {

/// Plain counters: X(name, meaning). Of the owner thread, but for the last group, which comes
/// from the driver as of the last control_poll(). All but the first two groups are of the device.
#define SAKER_DPDK_COUNTERS(X)                                                          \
  X(received, "datagrams handed on")                                                    \
  X(received_bytes, "of payload")                                                       \
  X(sent, "frames the driver took, all transports of the device together")              \
  X(sent_bytes, "of frames")                                                            \
  X(send_full, "flushes that left something queued for the next")                       \
  X(send_dropped, "refused, everything being full")                                     \
  X(send_errors, "no way to the peer: unknown MAC address or no gateway")               \
  X(waits, "times wait() slept")                                                        \
  X(frames, "received from the driver")                                                 \
  X(frames_dropped, "of these, dropped without an answer: see dropped()")               \
  X(no_checksum, "received without a UDP checksum")                                     \
  X(partial_checksum, "received with a sum that a kernel left to hardware")             \
  X(chained, "received in several buffers and joined")                                  \
  X(shared_payloads, "datagrams sent from a payload shared with others")                \
  X(arp_replies, "sent")                                                                \
  X(arp_requests, "sent")                                                               \
  X(announcements, "of these, of our own address")                                      \
  X(arp_resolved, "addresses that became known or changed")                             \
  X(arp_waiting, "datagrams that waited for a MAC address")                             \
  X(icmp_replies, "sent")                                                               \
  X(group_reports, "IGMP reports of groups we listen to, sent")                         \
  X(full_bursts, "receives that took all they asked for: there was a backlog")          \
  X(quiet_polls, "receives while the control thread had the card")                      \
  X(kernel_dropped, "lost before us: receive ring full or no buffer")                   \
  X(nic_errors, "frames the card received or sent with errors")                         \
  X(resets, "times the card was reset and started again")                               \
  X(link_changes, "times the link went up or down")

struct DpdkCounters {
#define SAKER_DPDK_COUNTER(name, meaning) std::uint64_t name = 0;
  SAKER_DPDK_COUNTERS(SAKER_DPDK_COUNTER)
#undef SAKER_DPDK_COUNTER
};

class DpdkPort;

class DpdkTransport {
 public:
  /// Starts DPDK when this is the first of the process, and the device when it is its first
  /// transport. nullptr when that fails; `error` then says what and why. Does not wait for a link.
  static std::unique_ptr<DpdkTransport> open(const DpdkConfig& config, std::string& error);
  ~DpdkTransport();
  DpdkTransport(const DpdkTransport&) = delete;
  DpdkTransport& operator=(const DpdkTransport&) = delete;

  // The Transport concept. What receive() returns lies in the card's own buffers.
  std::span<Datagram> receive();
  std::span<std::byte> reserve();
  void commit(Endpoint to, std::size_t size);
  bool send(Endpoint to, std::span<const std::byte> bytes);
  std::size_t send_each(std::span<const Endpoint> to, std::span<const std::byte> bytes);
  void flush();

  /// Returns at once, unless config.one_core: then naps until something was received, `wake_fd`
  /// (when not -1) is readable, or `timeout_ns` is over. False after the time-out.
  bool wait(std::uint64_t timeout_ns, int wake_fd = -1);

  /// This host's address and the UDP port.
  Endpoint local() const;
  MacAddress mac() const;
  /// Owner thread.
  DpdkCounters counters() const;
  std::uint64_t dropped(FrameDrop why) const;

  /// A control thread, about once a second: link, resets, the driver's statistics and timers, the
  /// clock; asks the owner to refresh ARP. Takes milliseconds when the card is reset.
  void control_poll();
  /// Any thread: the next control_poll() resets the card and starts it again.
  void request_reset();
  /// Any thread, as of the last control_poll() or the driver's word.
  bool link_up() const;
  /// Control thread: the driver's own counters that are not zero, "name value" each.
  std::vector<std::string> device_statistics() const;

  /// Lines for the start-up log: device, driver, place, memory, offloads, queues.
  const std::vector<std::string>& plan() const;
  /// Anything the host or the card did not grant, one line each.
  const std::vector<std::string>& notes() const;
  /// -1 when unknown.
  int numa_node() const;
  /// Empty for virtual devices.
  const std::string& pci_address() const;
  const std::string& driver() const;
  /// How the card spreads flows over its queues, for plan_source_ports().
  const RssPlan& rss() const;

 private:
  DpdkTransport(std::shared_ptr<DpdkPort> port, std::size_t slot);

  std::shared_ptr<DpdkPort> port_;
  std::size_t slot_;
};

}  // namespace saker::net
