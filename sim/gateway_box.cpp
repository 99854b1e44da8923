#include "sim/gateway_box.hpp"

namespace saker::sim {

namespace {

constexpr std::uint64_t kPollNs = 2'000'000;  // a tenth of the process's, as its other times here

}  // namespace

void SimSchedule::run_due() {
  const TimeNs now_ns = clock_.now();
  while (!due_.empty() && due_.begin()->first <= now_ns) {
    const auto fn = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    fn();
  }
}

GatewayBox::GatewayBox(const Config& config, const Session::Sockets& sockets,
                       const VirtualClock& clock)
    : schedule_(clock),
      accounts_(schedule_, config.accounts, markets_),
      desk_(schedule_, config.orders, accounts_),
      session_(config.session, sockets, schedule_, markets_, states_, *this, [] {}),
      trade_(schedule_, config.order_rate, markets_, accounts_, desk_) {
  accounts_.connect(session_);
  desk_.connect(session_);
  session_.start();
}

void GatewayBox::poll() {
  schedule_.run_due();
  session_.turn();
  if (schedule_.now_ns() < next_poll_ns_) return;
  next_poll_ns_ = schedule_.now_ns() + kPollNs;
  accounts_.poll();
  desk_.poll();
}

}  // namespace saker::sim
