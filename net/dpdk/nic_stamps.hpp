// Receive times that a card writes into its buffers, as UTC. Only this folder's sources include
// this.
#pragma once

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "common/tsc_clock.hpp"

namespace saker::net {

class NicStamps {
 public:
  /// Finds the field that drivers write to. False when DPDK has no room for it.
  bool enable() {
    if (rte_mbuf_dyn_rx_timestamp_register(&offset_, &flag_) != 0) offset_ = -1;
    return enabled();
  }
  void disable() { offset_ = -1; }
  bool enabled() const { return offset_ >= 0; }

  /// UTC of the frame's arrival. False when it has no stamp, or one that cannot be: after now, or
  /// long before; the card's clock is then not what we take it for.
  bool read(const rte_mbuf& frame, TimeNs now_ns, TimeNs& received_ns) const {
    if (!enabled() || (frame.ol_flags & flag_) == 0) return false;
    const auto stamp = *RTE_MBUF_DYNFIELD(&frame, offset_, const rte_mbuf_timestamp_t*);
    received_ns = clock.utc_ns(stamp);
    return received_ns <= now_ns + kSlackNs && now_ns <= received_ns + kOldestNs;
  }

  /// Of the card; corrected by the control thread.
  CounterClock clock;

 private:
  static constexpr std::uint64_t kSlackNs = 100'000;
  static constexpr std::uint64_t kOldestNs = 1'000'000'000;

  int offset_ = -1;
  std::uint64_t flag_ = 0;
};

}  // namespace saker::net
