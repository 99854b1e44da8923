#include <algorithm>
#include <cstring>

#include "net/dpdk/checksum.hpp"
#include "net/dpdk/port.hpp"
#include "net/endpoint.hpp"

namespace saker::net {

namespace {

/// Where payloads lie in the buffers we send from: on a cache line, with room for headers before.
constexpr std::uint16_t kPayloadAt = RTE_PKTMBUF_HEADROOM + 64;
static_assert(RTE_PKTMBUF_HEADROOM % kCacheLine == 0);
static_assert(kPayloadAt + kMaxDatagram <= RTE_MBUF_DEFAULT_BUF_SIZE);

/// Shorter payloads cost less as copies than as buffers of their own.
constexpr std::size_t kLeastShared = 64;

/// How long a datagram waits for the MAC address of its receiver.
constexpr std::uint64_t kParkedNs = 1'000'000'000;

/// Between two reports of the groups we listen to.
constexpr std::uint64_t kReportGroupsNs = 30'000'000'000;

/// Questions about MAC addresses in one refresh.
constexpr std::size_t kAsksPerRefresh = 8;

/// Frames are padded by hand: not every virtual device does it.
void set_size(rte_mbuf* frame, std::size_t bytes) {
  if (bytes < kShortestFrame) {
    std::memset(rte_pktmbuf_mtod(frame, std::byte*) + bytes, 0, kShortestFrame - bytes);
    bytes = kShortestFrame;
  }
  frame->data_len = static_cast<std::uint16_t>(bytes);
  frame->pkt_len = static_cast<std::uint32_t>(bytes);
}

}  // namespace

/// Room for one more frame in the queue.
bool DpdkPort::make_room() {
  if (queued_ < kQueue) return true;
  flush();
  return queued_ < kQueue;
}

std::span<std::byte> DpdkPort::reserve(std::size_t slot) {
  rte_mbuf*& reserved = slots_[slot].reserved;
  if (!make_room()) {
    ++counters_.send_dropped;
    return {};
  }
  if (reserved == nullptr) {
    reserved = rte_pktmbuf_alloc(device_->send_pool);
    if (reserved == nullptr) {
      flush();
      ++counters_.send_dropped;
      return {};
    }
    reserved->data_off = static_cast<std::uint16_t>(kPayloadAt - header_bytes_);
  }
  return {static_cast<std::byte*>(reserved->buf_addr) + kPayloadAt, kMaxDatagram};
}

DpdkPort::Route DpdkPort::route(std::uint32_t address) {
  if (is_multicast(address)) {
    group_mac_ = multicast_mac(address);
    return {address, &group_mac_};
  }
  const std::uint32_t hop = arp_.next_hop(address);
  return {hop, hop == 0 ? nullptr : arp_.find(hop)};
}

UdpHeaders DpdkPort::headers(const Slot& slot, Endpoint to, const Route& route) const {
  UdpHeaders headers;
  headers.from_mac = device_->mac;
  if (route.mac != nullptr) headers.to_mac = *route.mac;
  headers.vlan = config_.vlan;
  headers.priority = config_.vlan_priority;
  headers.dscp = config_.dscp;
  if (is_multicast(to.address)) headers.hops = config_.multicast_ttl;
  headers.from = {config_.address, slot.port};
  headers.to = to;
  return headers;
}

/// Tells the card to complete the UDP checksum.
void DpdkPort::mark_for_card(rte_mbuf* frame) const {
  if (!device_->checksums_by_nic) return;
  frame->l2_len = header_bytes_ - kIpBytes - kUdpBytes;
  frame->l3_len = kIpBytes;
  frame->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
}

/// Queues a finished frame, or keeps it until its receiver's MAC address is known. False when
/// nobody can be its receiver.
bool DpdkPort::dispatch(rte_mbuf* frame, const Route& route) {
  if (route.mac != nullptr) {
    queue(frame);
    return true;
  }
  if (route.hop == 0) {
    ++counters_.send_errors;
    rte_pktmbuf_free(frame);
    return false;
  }
  park(frame, route.hop);
  return true;
}

void DpdkPort::commit(std::size_t slot, Endpoint to, std::size_t size) {
  Slot& own = slots_[slot];
  rte_mbuf* frame = own.reserved;
  SAKER_ASSERT(frame != nullptr && size <= kMaxDatagram && queued_ < kQueue);
  own.reserved = nullptr;
  const Route way = route(to.address);
  std::byte* payload = static_cast<std::byte*>(frame->buf_addr) + kPayloadAt;
  const bool by_nic = device_->checksums_by_nic;
  build_udp_headers(payload - header_bytes_, headers(own, to, way), size,
                    by_nic ? UdpChecksum::nic : UdpChecksum::software,
                    by_nic ? 0 : add_bytes(0, payload, size));
  set_size(frame, header_bytes_ + size);
  mark_for_card(frame);
  dispatch(frame, way);
}

/// A buffer of headers in front of a payload that others send too.
bool DpdkPort::attach_shared(rte_mbuf* payload, const Slot& slot, Endpoint to, std::uint64_t sum) {
  rte_mbuf* head = make_room() ? rte_pktmbuf_alloc(device_->header_pool) : nullptr;
  if (head == nullptr) {
    ++counters_.send_dropped;
    return false;
  }
  const Route way = route(to.address);
  const std::size_t size = payload->data_len;
  build_udp_headers(rte_pktmbuf_mtod(head, std::byte*), headers(slot, to, way), size,
                    device_->checksums_by_nic ? UdpChecksum::nic : UdpChecksum::software, sum);
  head->data_len = static_cast<std::uint16_t>(header_bytes_);
  head->pkt_len = static_cast<std::uint32_t>(header_bytes_ + size);
  head->nb_segs = 2;
  rte_pktmbuf_refcnt_update(payload, 1);
  head->next = payload;
  mark_for_card(head);
  if (!dispatch(head, way)) return false;
  ++counters_.shared_payloads;
  return true;
}

std::size_t DpdkPort::send_each(std::size_t slot, std::span<const Endpoint> to,
                                std::span<const std::byte> bytes) {
  SAKER_ASSERT(bytes.size() <= kMaxDatagram);
  std::size_t taken = 0;
  const auto copies = [&] {
    for (const Endpoint& receiver : to) {
      const std::span<std::byte> into = reserve(slot);
      if (into.empty()) continue;
      std::memcpy(into.data(), bytes.data(), bytes.size());
      commit(slot, receiver, bytes.size());
      ++taken;
    }
    return taken;
  };
  if (to.size() < 2 || bytes.size() < kLeastShared || !device_->shares_payloads) return copies();
  rte_mbuf* payload = rte_pktmbuf_alloc(device_->send_pool);
  if (payload == nullptr) return copies();
  std::memcpy(rte_pktmbuf_mtod(payload, std::byte*), bytes.data(), bytes.size());
  payload->data_len = static_cast<std::uint16_t>(bytes.size());
  payload->pkt_len = static_cast<std::uint32_t>(bytes.size());
  const std::uint64_t sum =
      device_->checksums_by_nic ? 0 : add_bytes(0, bytes.data(), bytes.size());
  for (const Endpoint& receiver : to) {
    taken += attach_shared(payload, slots_[slot], receiver, sum) ? 1 : 0;
  }
  rte_pktmbuf_free(payload);  // the frames have their own references
  return taken;
}

void DpdkPort::flush() {
  if (queued_ == 0 || quiet_) return;
  std::size_t done = 0;
  while (done < queued_) {
    rte_mbuf** const frames = queue_.data() + done;
    auto ready = static_cast<std::uint16_t>(queued_ - done);
    if (device_->checksums_by_nic) {
      ready = rte_eth_tx_prepare(port_, 0, frames, ready);
      if (ready == 0) {  // the driver refuses this one; those behind it may be good
        ++counters_.send_errors;
        rte_pktmbuf_free(frames[0]);
        ++done;
        continue;
      }
    }
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < ready; ++i) bytes += frames[i]->pkt_len;
    const std::uint16_t sent = rte_eth_tx_burst(port_, 0, frames, ready);
    for (std::uint16_t i = sent; i < ready; ++i) bytes -= frames[i]->pkt_len;
    counters_.sent += sent;
    counters_.sent_bytes += bytes;
    done += sent;
    if (sent == 0) break;
  }
  if (done < queued_) {
    ++counters_.send_full;
    std::copy(queue_.begin() + static_cast<std::ptrdiff_t>(done),
              queue_.begin() + static_cast<std::ptrdiff_t>(queued_), queue_.begin());
  }
  queued_ -= done;
}

void DpdkPort::park(rte_mbuf* frame, std::uint32_t hop) {
  const TimeNs now_ns = clock_.now_ns();
  if (arp_.want(hop, now_ns)) ask(hop);
  ++counters_.arp_waiting;
  if (parked_count_ == kParked) {  // the oldest gives way
    ++counters_.send_errors;
    rte_pktmbuf_free(parked_[0].frame);
    std::copy(parked_.begin() + 1, parked_.end(), parked_.begin());
    --parked_count_;
  }
  parked_[parked_count_++] = {hop, frame, now_ns};
}

void DpdkPort::unpark(std::uint32_t hop, const MacAddress& mac) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parked_count_; ++i) {
    if (parked_[i].hop != hop || !make_room()) {
      parked_[kept++] = parked_[i];
      continue;
    }
    std::memcpy(rte_pktmbuf_mtod(parked_[i].frame, std::byte*), mac.bytes.data(), 6);
    queue(parked_[i].frame);
  }
  parked_count_ = kept;
}

/// Asks everybody whose `hop` is. False without room for the question.
bool DpdkPort::ask(std::uint32_t hop) {
  rte_mbuf* frame = make_room() ? rte_pktmbuf_alloc(device_->header_pool) : nullptr;
  if (frame == nullptr) return false;
  auto* bytes = rte_pktmbuf_mtod(frame, std::byte*);
  const std::size_t head = build_ethernet(bytes, kBroadcastMac, device_->mac, config_.vlan,
                                          config_.vlan_priority, kTypeArp);
  build_arp(bytes + head, true, device_->mac, config_.address, {}, hop);
  set_size(frame, head + kArpBytes);
  queue(frame);
  ++counters_.arp_requests;
  return true;
}

/// Tells everybody, by asking for our own address, where it is (RFC 5227): at the start and when
/// the link or the card was away, since another machine may have had it before; and now and then,
/// because a switch forgets the port of a card that only listens, and a neighbour may have been
/// away when we said it first.
void DpdkPort::announce(TimeNs now_ns) {
  if (!device_->link_up.load(std::memory_order_relaxed)) return;
  const DeviceNumbers& numbers = device_->numbers;
  const std::uint64_t changes = numbers.link_changes.load(std::memory_order_relaxed) +
                                numbers.resets.load(std::memory_order_relaxed);
  const bool due = config_.announce_ns != 0 && now_ns - announced_ns_ >= config_.announce_ns;
  if ((changes == announced_changes_ && !due) || !ask(config_.address)) return;
  announced_changes_ = changes;
  announced_ns_ = now_ns;
  ++counters_.announcements;
}

/// Tells switches that watch for it (IGMP snooping) which groups to send here. They forget after
/// a few minutes and are not waited for to ask.
void DpdkPort::report_groups() {
  for (const std::uint32_t group : groups_) {
    rte_mbuf* frame = make_room() ? rte_pktmbuf_alloc(device_->header_pool) : nullptr;
    if (frame == nullptr) return;
    set_size(frame, build_membership_report(rte_pktmbuf_mtod(frame, std::byte*), device_->mac,
                                            config_.address, group, config_.vlan,
                                            config_.vlan_priority));
    queue(frame);
    ++counters_.group_reports;
  }
}

/// About once a second: what is known is asked for again, and what waited too long is given up.
void DpdkPort::refresh(TimeNs now_ns) {
  announce(now_ns);
  arp_.refresh(now_ns, kAsksPerRefresh, [this](std::uint32_t hop) { ask(hop); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parked_count_; ++i) {
    if (now_ns - parked_[i].since_ns < kParkedNs) {
      parked_[kept++] = parked_[i];
      if (arp_.want(parked_[i].hop, now_ns)) ask(parked_[i].hop);
      continue;
    }
    ++counters_.send_errors;
    rte_pktmbuf_free(parked_[i].frame);
  }
  parked_count_ = kept;
  if (now_ns - groups_reported_ns_ >= kReportGroupsNs) {
    groups_reported_ns_ = now_ns;
    report_groups();
  }
  flush();
}

}  // namespace saker::net
