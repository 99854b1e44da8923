#include "sim/settlement_box.hpp"

#include "events/event_tail_impl.hpp"

namespace saker::sim {

SettlementBox::SettlementBox(SimDisk& disk, SimDatabase& server, const VirtualClock& clock,
                             const Config& config)
    : config_(config), port_{disk, server, clock}, pump_(port_, sink_, config.most_rows) {}

void SettlementBox::poll() {
  const TimeNs now_ns = port_.now_ns();
  if (now_ns < rest_until_ns_) return;
  using Next = events::JournalPump<Port>::Next;
  switch (pump_.poll()) {
    case Next::again: break;
    case Next::rest: rest_until_ns_ = now_ns + config_.poll_ns; break;
    case Next::retry: rest_until_ns_ = now_ns + config_.retry_ns; break;
  }
}

}  // namespace saker::sim
