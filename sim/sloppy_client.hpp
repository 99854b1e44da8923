// A participant with a program of his own, written badly: it leaves out numbers, goes back to old
// ones, sends another command under a used number. Speaks through the client library's link.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "client/link.hpp"
#include "client/requests.hpp"
#include "sim/coverage.hpp"
#include "sim/rng.hpp"
#include "sim/sim_network.hpp"
#include "sim/venue.hpp"

namespace saker::sim {

class SloppyClient {
 public:
  SloppyClient(std::uint32_t session, net::Endpoint engine, SimTransport& transport,
               Coverage& coverage, Rng rng);
  void poll(TimeNs now_ns);
  void act();
  /// Of the logon that is in force, 0: none.
  std::uint64_t connection() const { return link_->up() ? link_->accepted().connection() : 0; }

 private:
  struct Sent {
    proto::CommandKind kind;
    std::vector<std::byte> body;
  };
  void transmit(std::uint64_t number);
  void compose(std::uint64_t number);
  bool try_the_edge();

  const std::uint32_t session_;
  SimTransport& transport_;
  Coverage& coverage_;
  Rng rng_;
  std::unique_ptr<client::Link<SimTransport>> link_;
  std::map<std::uint64_t, Sent> sent_;
  std::set<std::uint64_t> left_out_;
  std::uint64_t highest_ = 0;
  std::uint64_t heartbeats_ = 0;
  std::uint64_t ids_ = 0;
  TimeNs next_heartbeat_ns_ = 0;
};

}  // namespace saker::sim
