// A network in memory for the SDK's tests: datagrams are lost, doubled and overtake each other
// with given probabilities, all from one seed, on a clock that the test moves.
#pragma once

#include <map>
#include <vector>

#include "net/transport.hpp"

namespace saker::client::fake {

class Network {
 public:
  struct Faults {
    double loss = 0;
    double duplicate = 0;
    double reorder = 0;
  };

  explicit Network(std::uint64_t seed = 1) : random_(seed * 2 + 1) {}

  TimeNs now_ns = 1'000'000'000'000;
  std::uint64_t delay_ns = 100'000;
  Faults faults;
  std::uint64_t lost = 0, doubled = 0, overtaken = 0;
  /// Datagrams for which this says true vanish (a cable that a test pulls).
  bool (*cut)(net::Endpoint from, net::Endpoint to, std::span<const std::byte> bytes) = nullptr;

  void send(net::Endpoint from, net::Endpoint to, std::span<const std::byte> bytes) {
    if ((cut != nullptr && cut(from, to, bytes)) || chance(faults.loss)) {
      ++lost;
      return;
    }
    const bool twice = chance(faults.duplicate);
    doubled += twice;
    for (int copy = 0; copy < (twice ? 2 : 1); ++copy) {
      TimeNs due = now_ns + delay_ns;
      if (copy == 1 || chance(faults.reorder)) {
        due += random() % 3'000'000;
        ++overtaken;
      }
      wire_.emplace(due, Packet{from, to, {bytes.begin(), bytes.end()}});
    }
  }

  struct Packet {
    net::Endpoint from, to;
    std::vector<std::byte> bytes;
  };
  /// Takes the next datagram that has reached `to`; false when there is none.
  bool receive(net::Endpoint to, Packet& packet) {
    for (auto it = wire_.begin(); it != wire_.end() && it->first <= now_ns; ++it) {
      if (it->second.to != to) continue;
      packet = std::move(it->second);
      wire_.erase(it);
      return true;
    }
    return false;
  }

  std::uint64_t random() {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return random_ * 0x2545F4914F6CDD1Dull;
  }
  bool chance(double p) { return static_cast<double>(random() >> 11) * 0x1.0p-53 < p; }

 private:
  std::uint64_t random_;
  std::multimap<TimeNs, Packet> wire_;
};

/// net::Transport over it.
class Transport {
 public:
  Transport(Network& network, net::Endpoint self) : network_(network), self_(self), slots_(64) {}

  std::span<net::Datagram> receive() {
    received_.clear();
    Network::Packet packet;
    while (received_.size() < slots_.size() && network_.receive(self_, packet)) {
      Slot& slot = slots_[received_.size()];
      std::copy(packet.bytes.begin(), packet.bytes.end(), slot.bytes);
      net::Datagram datagram;
      datagram.data = slot.bytes;
      datagram.size = static_cast<std::uint32_t>(packet.bytes.size());
      datagram.peer = packet.from;
      datagram.received_ns = network_.now_ns;
      received_.push_back(datagram);
    }
    return received_;
  }
  std::span<std::byte> reserve() { return building_.bytes; }
  void commit(net::Endpoint to, std::size_t size) {
    network_.send(self_, to, std::span<const std::byte>(building_.bytes, size));
  }
  bool send(net::Endpoint to, std::span<const std::byte> bytes) {
    return net::send_copy(*this, to, bytes);
  }
  std::size_t send_each(std::span<const net::Endpoint> to, std::span<const std::byte> bytes) {
    return net::send_copies(*this, to, bytes);
  }
  void flush() {}
  net::Endpoint local() const { return self_; }

 private:
  struct alignas(64) Slot {
    std::byte bytes[1408];
  };
  Network& network_;
  net::Endpoint self_;
  std::vector<Slot> slots_;
  std::vector<net::Datagram> received_;
  Slot building_;
};
static_assert(net::Transport<Transport>);

}  // namespace saker::client::fake
