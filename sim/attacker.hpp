// Someone on the wire who knows no secret: sees datagrams, sends them again later (in his own name
// or another's), changes a few bytes, makes up rubbish. He reads what is not secret and likes to
// repeat commands that were refused.
#pragma once

#include <vector>

#include "sim/sim_network.hpp"

namespace saker::sim {

class Attacker {
 public:
  Attacker(SimNetwork& network, net::Endpoint own, Rng rng)
      : network_(network), own_(own), rng_(rng) {}

  /// From SimNetwork::on_sent.
  void on_sent(net::Endpoint from, net::Endpoint to, Bytes bytes);
  void act();

 private:
  struct Captured {
    net::Endpoint from;
    net::Endpoint to;
    std::vector<std::byte> bytes;
  };
  static constexpr std::size_t kMemory = 512;
  static constexpr std::size_t kRefused = 32;

  void note_refusal(Bytes bytes);

  void replay(const Captured& captured);
  void forge(const Captured& captured);

  SimNetwork& network_;
  const net::Endpoint own_;
  Rng rng_;
  std::vector<Captured> captured_;
  std::vector<Captured> refused_;  // commands that were told Busy
};

}  // namespace saker::sim
