// The limit: the same generator against a process that sends every datagram back, through the same
// transport code.
#pragma once

#include <cstring>

#include "bench/flights.hpp"
#include "common/clock.hpp"
#include "net/transport.hpp"

namespace saker::bench {

/// As long as a NewOrder datagram.
inline constexpr std::size_t kEchoBytes = 136;

template <net::Transport Transport, Clock Time>
class EchoPort {
 public:
  EchoPort(Transport& transport, net::Endpoint echo, Recorder& recorder, Time& clock)
      : transport_(transport), echo_(echo), recorder_(recorder), clock_(clock) {}

  void begin(const PhaseRequest&) {}

  bool send(const Flight& flight) {
    if (!flights_.has_room()) return false;
    const std::uint64_t id = flights_.add(flight);
    std::memcpy(payload_.data(), &id, sizeof id);
    // What the driver does not take is lost like on the wire, and counted as lost.
    transport_.send(echo_, payload_);
    return true;
  }
  void flush() { transport_.flush(); }

  void poll(TimeNs) {
    for (const net::Datagram& datagram : transport_.receive()) {
      if (datagram.size != kEchoBytes || !(datagram.peer == echo_)) continue;
      std::uint64_t id;
      std::memcpy(&id, datagram.data, sizeof id);
      Flight* flight = flights_.find(id);
      if (flight == nullptr) continue;  // given up already
      recorder_.answer(*flight, clock_.now_ns(), true);
      flights_.remove(*flight);
    }
  }

  std::size_t undecided() const { return flights_.size(); }
  std::uint64_t resent() const { return 0; }
  void give_up() { flights_.clear(); }

 private:
  Transport& transport_;
  const net::Endpoint echo_;
  Recorder& recorder_;
  Time& clock_;
  Flights flights_{1024};
  alignas(64) std::array<std::byte, kEchoBytes> payload_{};
};

/// The other side, for ever: whatever comes goes back to where it came from.
template <net::Transport Transport>
[[noreturn]] void echo_for_ever(Transport& transport) {
  for (;;) {
    for (const net::Datagram& datagram : transport.receive()) {
      if (datagram.size > net::kMaxDatagram) continue;
      transport.send(datagram.peer, {datagram.data, datagram.size});
    }
    transport.flush();
  }
}

}  // namespace saker::bench
