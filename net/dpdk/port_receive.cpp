#include <poll.h>

#include <algorithm>
#include <cstring>

#include <rte_prefetch.h>

#include "net/dpdk/icmp.hpp"
#include "net/dpdk/port.hpp"
#include "net/endpoint.hpp"

namespace saker::net {

namespace {

// proto::TimestampSource, which this folder does not include.
constexpr std::uint8_t kNicTime = 3;
constexpr std::uint8_t kTscTime = 4;

/// Frames whose first bytes are fetched while earlier ones are worked on.
constexpr std::size_t kAhead = 4;

/// Of the queues beside the order queue: polled once in so many receives, this many frames.
constexpr std::uint32_t kOtherTurns = 8;
constexpr std::uint16_t kOtherBurst = 16;

/// Answers to ARP and ICMP echo in a second; more is noise or an attack.
constexpr std::uint32_t kAnswersPerSecond = 1'000;

}  // namespace

std::span<Datagram> DpdkPort::receive(std::size_t slot) {
  Slot& own = slots_[slot];
  release(own.lent);
  if (own.waiting.count == 0) {
    if (attention_.load(std::memory_order_relaxed) != 0 && !attend()) [[unlikely]] {
      ++counters_.quiet_polls;
      return {};
    }
    poll();
  }
  if (own.waiting.count == 0) return {};
  std::swap(own.waiting, own.lent);
  return {own.lent.datagrams.data(), own.lent.count};
}

/// Something was asked of the owner thread. False when it must leave the card alone.
bool DpdkPort::attend() {
  const std::uint32_t asked = attention_.load(std::memory_order_acquire);
  if ((asked & kQuiesce) != 0) {
    quiet_ = true;
    quiesced_.store(true, std::memory_order_release);
    return false;
  }
  quiet_ = false;
  attention_.fetch_and(~kRefresh, std::memory_order_relaxed);
  refresh(clock_.now_ns());
  return true;
}

void DpdkPort::poll() {
  if (!adopted_) [[unlikely]] {
    adopt_this_thread();
    adopted_ = true;
  }
  // Few frames while few come, so that the first is answered before the last is looked at.
  const std::size_t got = poll_queue(config_.order_queue, burst_now_);
  if (got < burst_now_) {
    burst_now_ = config_.smallest_burst;
  } else {
    ++counters_.full_bursts;
    burst_now_ = std::min<std::uint16_t>(static_cast<std::uint16_t>(2 * burst_now_),
                                         config_.burst);
  }
  if (device_->queues == 1 || ++turn_ % kOtherTurns != 0) return;
  for (std::uint16_t queue = 0; queue < device_->queues; ++queue) {
    if (queue != config_.order_queue) poll_queue(queue, std::min(kOtherBurst, config_.burst));
  }
}

std::size_t DpdkPort::poll_queue(std::uint16_t queue, std::uint16_t most) {
  rte_mbuf** const frames = burst_.data();
  const std::size_t got = rte_eth_rx_burst(port_, queue, frames, most);
  if (got == 0) return 0;
  counters_.frames += got;
  const TimeNs now_ns = clock_.now_ns();
  for (std::size_t i = 0; i < std::min(got, kAhead); ++i) {
    rte_prefetch0(rte_pktmbuf_mtod(frames[i], void*));
  }
  for (std::size_t i = 0; i < got; ++i) {
    if (i + kAhead < got) rte_prefetch0(rte_pktmbuf_mtod(frames[i + kAhead], void*));
    take(frames[i], now_ns);
  }
  if (dropped_count_ != 0) {
    rte_pktmbuf_free_bulk(dropped_.data(), static_cast<unsigned>(dropped_count_));
    dropped_count_ = 0;
  }
  return got;
}

/// Its buffer is given back with those of the other frames of the burst.
void DpdkPort::drop(rte_mbuf* frame, FrameDrop why) {
  ++counters_.frames_dropped;
  ++drops_[static_cast<std::size_t>(why)];
  dropped_[dropped_count_++] = frame;
}

FrameHints DpdkPort::hints_of(const rte_mbuf& frame) const {
  FrameHints hints;
  const std::uint64_t flags = frame.ol_flags;
  const std::uint64_t udp = flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  hints.ip_good = (flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  hints.udp_good = udp == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  hints.udp_not_needed = udp == RTE_MBUF_F_RX_L4_CKSUM_NONE;
  hints.vlan_stripped = (flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
  hints.vlan = hints.vlan_stripped ? frame.vlan_tci : 0;
  return hints;
}

/// A frame in several buffers as one in one buffer; nullptr when it is too long for one, or there
/// is none.
rte_mbuf* DpdkPort::join(rte_mbuf* frame) {
  rte_mbuf* joined = nullptr;
  if (frame->pkt_len <= RTE_MBUF_DEFAULT_DATAROOM) {
    joined = rte_pktmbuf_copy(frame, device_->receive_pool, 0, frame->pkt_len);
  }
  if (joined == nullptr) {
    drop(frame, frame->pkt_len > RTE_MBUF_DEFAULT_DATAROOM ? FrameDrop::oversized
                                                           : FrameDrop::no_buffer);
    return nullptr;
  }
  ++counters_.chained;
  rte_pktmbuf_free(frame);
  return joined;
}

void DpdkPort::take(rte_mbuf* frame, TimeNs now_ns) {
  if (frame->nb_segs > 1 && (frame = join(frame)) == nullptr) return;
  const auto* bytes = rte_pktmbuf_mtod(frame, const std::byte*);
  const Frame parsed = parse_frame({bytes, frame->data_len}, rules_, hints_of(*frame));
  if (parsed.kind == FrameKind::udp) return hand_on(frame, parsed, now_ns);
  if (parsed.kind == FrameKind::dropped) return drop(frame, parsed.drop);
  if (parsed.kind == FrameKind::arp) return on_arp(frame, parsed, now_ns);
  on_icmp(frame, parsed, now_ns);
}

bool DpdkPort::allowed(std::uint32_t address) const {
  if (config_.allow.empty()) return true;
  for (const AllowedPeers& peers : config_.allow) {
    if (((address ^ peers.address) & peers.netmask) == 0) return true;
  }
  return false;
}

void DpdkPort::hand_on(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns) {
  if (!allowed(parsed.from.address)) return drop(frame, FrameDrop::not_allowed);
  const bool to_group = is_multicast(parsed.to.address);
  Slot* to = nullptr;
  for (std::size_t i = 0; i < slot_end_; ++i) {
    Slot& slot = slots_[i];
    if (slot.port != parsed.to.port || !slot.open) continue;
    if (to_group && slot.group != parsed.to.address) continue;
    to = &slot;
    break;
  }
  if (to == nullptr) return drop(frame, FrameDrop::wrong_port);
  Box& box = to->waiting;
  if (box.count == box.frames.size()) return drop(frame, FrameDrop::no_buffer);
  counters_.no_checksum += parsed.no_checksum ? 1 : 0;
  counters_.partial_checksum += parsed.partial_checksum ? 1 : 0;
  std::byte* data = rte_pktmbuf_mtod(frame, std::byte*) + parsed.payload_offset;
  // Cards put frames on a boundary, which puts payloads 2 or 6 bytes behind one.
  const std::size_t past = reinterpret_cast<std::uintptr_t>(data) & 7;
  if (past != 0) data = static_cast<std::byte*>(std::memmove(data - past, data,
                                                             parsed.payload_size));
  Datagram& datagram = box.datagrams[box.count];
  datagram.data = data;
  datagram.size = parsed.payload_size;
  datagram.peer = parsed.from;
  datagram.received_ns = now_ns;
  datagram.received_source = kTscTime;
  if (TimeNs stamp_ns = 0; device_->stamps.read(*frame, now_ns, stamp_ns)) {
    datagram.received_ns = stamp_ns;
    datagram.received_source = kNicTime;
  }
  box.frames[box.count++] = frame;
  ++to->received;
  to->received_bytes += parsed.payload_size;
}

bool DpdkPort::may_answer(TimeNs now_ns) {
  if (now_ns - answers_since_ns_ >= 1'000'000'000) {
    answers_since_ns_ = now_ns;
    answers_ = 0;
  }
  return ++answers_ <= kAnswersPerSecond && make_room();
}

void DpdkPort::on_arp(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns) {
  auto* bytes = rte_pktmbuf_mtod(frame, std::byte*);
  const std::span<const std::byte> arp{bytes + parsed.network_offset,
                                       frame->data_len - std::size_t{parsed.network_offset}};
  const ArpOutcome outcome = arp_.on_packet(arp, now_ns);
  if (outcome.resolved) {
    ++counters_.arp_resolved;
    unpark(outcome.packet.from, outcome.packet.from_mac);
  }
  if (outcome.drop != FrameDrop::none) return drop(frame, outcome.drop);
  if (!outcome.reply) return rte_pktmbuf_free(frame);
  if (!may_answer(now_ns)) return drop(frame, FrameDrop::answer_limited);
  // The answer takes the question's buffer.
  rte_pktmbuf_reset(frame);
  bytes = rte_pktmbuf_mtod(frame, std::byte*);
  std::memset(bytes, 0, kShortestFrame + kVlanBytes);
  const std::size_t head = build_ethernet(bytes, outcome.packet.from_mac, device_->mac,
                                          config_.vlan, config_.vlan_priority, kTypeArp);
  build_arp(bytes + head, false, device_->mac, config_.address, outcome.packet.from_mac,
            outcome.packet.from);
  frame->data_len = static_cast<std::uint16_t>(std::max(head + kArpBytes, kShortestFrame));
  frame->pkt_len = frame->data_len;
  queue(frame);
  ++counters_.arp_replies;
}

void DpdkPort::on_icmp(rte_mbuf* frame, const Frame& parsed, TimeNs now_ns) {
  if (!allowed(parsed.from.address)) return drop(frame, FrameDrop::not_allowed);
  if (!may_answer(now_ns)) return drop(frame, FrameDrop::answer_limited);
  const std::span<std::byte> bytes{rte_pktmbuf_mtod(frame, std::byte*), frame->data_len};
  const FrameDrop why = answer_echo(bytes, parsed, device_->mac);
  if (why != FrameDrop::none) return drop(frame, why);
  frame->ol_flags = 0;
  queue(frame);
  ++counters_.icmp_replies;
}

void DpdkPort::release(Box& box) {
  if (box.count == 0) return;
  rte_pktmbuf_free_bulk(box.frames.data(), static_cast<unsigned>(box.count));
  box.count = 0;
}

bool DpdkPort::wait(std::size_t slot, std::uint64_t timeout_ns, int wake_fd) {
  if (!config_.one_core) return true;
  constexpr std::uint64_t kNapNs = 50'000;
  ++counters_.waits;
  const TimeNs start_ns = MonotonicClock().now_ns();
  while (true) {
    if (attention_.load(std::memory_order_relaxed) == 0 || attend()) poll();
    flush();
    if (slots_[slot].waiting.count != 0) return true;
    const std::uint64_t passed_ns = MonotonicClock().now_ns() - start_ns;
    if (passed_ns >= timeout_ns) return false;
    const timespec nap{0, static_cast<long>(std::min(kNapNs, timeout_ns - passed_ns))};
    pollfd wake{wake_fd, POLLIN, 0};
    if (::ppoll(&wake, wake_fd < 0 ? 0 : 1, &nap, nullptr) > 0) return true;
  }
}

}  // namespace saker::net
