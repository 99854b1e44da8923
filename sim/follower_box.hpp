// The follower process on the simulated machine.
#pragma once

#include <memory>

#include "engine/follower/follower.hpp"
#include "sim/sim_disk.hpp"
#include "sim/sim_network.hpp"
#include "sim/venue.hpp"

namespace saker::sim {

class FollowerBox {
 public:
  using Follower = follower::Follower<SimTransport, SimStorage, VirtualClock>;
  using Say = std::function<void(const std::string&)>;

  FollowerBox(SimDisk& disk, SimTransport& transport, VirtualClock& clock,
              const follower::FollowerConfig& config, const proto::Key& cookie, Say say)
      : log_(disk, "log"), snapshots_(disk, "snapshots"), events_(disk, "events"),
        counters_(Counters::in_memory(follower::kFollowerCounters)),
        follower_(config, transport, {log_, snapshots_, events_}, clock, secrets_, cookie,
                  *counters_, std::move(say)) {}

  Follower& follower() { return follower_; }
  const core::Core* core() const { return follower_.core(); }

 private:
  SimStorage log_;
  SimStorage snapshots_;
  SimStorage events_;
  SimSecrets secrets_;
  std::unique_ptr<Counters> counters_;
  Follower follower_;
};

}  // namespace saker::sim
