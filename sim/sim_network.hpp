// The fake network: every node sends through a SimTransport, and between the nodes datagrams are
// lost, doubled, delayed, reordered, cut short, have bits flipped, or meet a partition. An
// attacker's node may say it is someone else and sees what it likes. Nothing moves by itself:
// the scheduler asks for the next arrival and delivers it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "common/bytes.hpp"
#include "net/transport.hpp"
#include "sim/coverage.hpp"
#include "sim/rng.hpp"
#include "sim/virtual_clock.hpp"

namespace saker::sim {

/// Chances in parts per million, per datagram.
struct NetworkFaults {
  std::uint32_t loss_ppm = 0;
  std::uint32_t duplicate_ppm = 0;
  std::uint32_t corrupt_ppm = 0;
  std::uint32_t truncate_ppm = 0;
  std::uint32_t slow_ppm = 0;           // takes up to slow_ns instead of up to delay_ns
  std::uint32_t send_refused_ppm = 0;
  std::uint64_t delay_ns = 50'000;      // usual delay: 5 us up to this
  std::uint64_t slow_ns = 20'000'000;
};

class SimNetwork;

/// One node's socket. net::Transport.
class SimTransport {
 public:
  std::span<net::Datagram> receive();
  std::span<std::byte> reserve();
  void commit(net::Endpoint to, std::size_t size);
  bool send(net::Endpoint to, Bytes bytes) { return net::send_copy(*this, to, bytes); }
  std::size_t send_each(std::span<const net::Endpoint> to, Bytes bytes) {
    return net::send_copies(*this, to, bytes);
  }
  void flush();
  /// Puts the whole queue back to empty: the process that owned the socket is gone.
  void reset();
  net::Endpoint endpoint() const { return endpoint_; }
  bool has_waiting() const { return !inbox_.empty(); }

 private:
  friend class SimNetwork;
  SimTransport(SimNetwork& network, net::Endpoint endpoint)
      : network_(network), endpoint_(endpoint) {}

  struct Waiting {
    std::vector<std::byte> bytes;
    net::Endpoint peer;
    TimeNs received_ns;
  };
  static constexpr std::size_t kBurst = 32;
  static constexpr std::size_t kSocketBuffer = 256;  // datagrams; what comes on top is lost

  SimNetwork& network_;
  const net::Endpoint endpoint_;
  std::vector<Waiting> inbox_;
  std::vector<Waiting> held_;  // what the last receive() handed out
  std::vector<net::Datagram> handed_;
  std::vector<std::pair<net::Endpoint, std::vector<std::byte>>> outbox_;
  bool reserved_ = false;      // one datagram may be built, however often that is asked
  alignas(8) std::array<std::byte, net::kMaxDatagram> building_;
};
static_assert(net::Transport<SimTransport>);

class SimNetwork {
 public:
  SimNetwork(VirtualClock& clock, Coverage& coverage, Rng rng)
      : clock_(clock), coverage_(coverage), rng_(rng) {}

  /// The socket at `endpoint`; made when there is none yet. Stays valid.
  SimTransport& node(net::Endpoint endpoint);
  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  const NetworkFaults& faults() const { return faults_; }

  /// Datagrams without a tag of their own: flipped bits there are found by the UDP checksum.
  void set_untagged(std::function<bool(Bytes)> untagged) { untagged_ = std::move(untagged); }

  /// Cuts the node off from all others (both ways), or heals it.
  void partition(net::Endpoint endpoint, bool cut);
  bool partitioned(net::Endpoint endpoint) const { return cut_.count(endpoint) != 0; }
  void heal_all() { cut_.clear(); }

  /// The attacker's hand: `bytes` arrive at `to` as if `from` had sent them.
  void inject(net::Endpoint from, net::Endpoint to, Bytes bytes, Count kind);

  /// Time of the next arrival, or UINT64_MAX when nothing is under way.
  TimeNs next_arrival() const;
  /// Delivers everything that is due now.
  void deliver_due();

  /// Sees every datagram as its sender commits it (before any fault; one that reserve() refused
  /// was never built) and every one as it is handed to the process that receives it.
  using Observer = std::function<void(net::Endpoint from, net::Endpoint to, Bytes bytes)>;
  void on_sent(Observer observer) { on_sent_ = std::move(observer); }
  void on_received(Observer observer) { on_received_ = std::move(observer); }
  /// Hears of each datagram that could not be built because the sender's queue was full.
  void on_refused(std::function<void(net::Endpoint from)> observer) {
    on_refused_ = std::move(observer);
  }

 private:
  friend class SimTransport;
  struct Flight {
    net::Endpoint from;
    net::Endpoint to;
    std::uint64_t number;
    std::vector<std::byte> bytes;
  };
  void transmit(net::Endpoint from, net::Endpoint to, Bytes bytes);
  void launch(net::Endpoint from, net::Endpoint to, std::vector<std::byte> bytes);
  bool damage(std::vector<std::byte>& bytes);

  VirtualClock& clock_;
  Coverage& coverage_;
  Rng rng_;
  NetworkFaults faults_;
  std::map<net::Endpoint, SimTransport> nodes_;
  std::set<net::Endpoint> cut_;
  std::multimap<TimeNs, Flight> flights_;
  std::map<std::pair<net::Endpoint, net::Endpoint>, std::uint64_t> newest_delivered_;
  std::uint64_t next_number_ = 1;
  std::function<bool(Bytes)> untagged_;
  Observer on_sent_;
  Observer on_received_;
  std::function<void(net::Endpoint)> on_refused_;
};

}  // namespace saker::sim
