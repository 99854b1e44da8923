#include "sim/sim_network.hpp"

#include <algorithm>

namespace saker::sim {

std::span<net::Datagram> SimTransport::receive() {
  const std::size_t count = std::min(inbox_.size(), kBurst);
  held_.assign(std::make_move_iterator(inbox_.begin()),
               std::make_move_iterator(inbox_.begin() + static_cast<std::ptrdiff_t>(count)));
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(count));
  handed_.clear();
  for (Waiting& waiting : held_) {
    if (network_.on_received_) network_.on_received_(waiting.peer, endpoint_, waiting.bytes);
    net::Datagram datagram;
    datagram.data = waiting.bytes.data();
    datagram.size = static_cast<std::uint32_t>(waiting.bytes.size());
    datagram.peer = waiting.peer;
    datagram.received_ns = waiting.received_ns;
    datagram.received_source = 1;  // software
    handed_.push_back(datagram);
  }
  return handed_;
}

std::span<std::byte> SimTransport::reserve() {
  if (!reserved_ && network_.rng_.chance(network_.faults_.send_refused_ppm)) {
    network_.coverage_.add(Count::send_refused);
    if (network_.on_refused_) network_.on_refused_(endpoint_);
    return {};
  }
  reserved_ = true;
  return building_;
}

void SimTransport::commit(net::Endpoint to, std::size_t size) {
  SAKER_ASSERT(reserved_ && size <= net::kMaxDatagram);
  reserved_ = false;
  const Bytes bytes(building_.data(), size);
  if (network_.on_sent_) network_.on_sent_(endpoint_, to, bytes);
  outbox_.emplace_back(to, std::vector<std::byte>(bytes.begin(), bytes.end()));
}

void SimTransport::flush() {
  for (auto& [to, bytes] : outbox_) network_.transmit(endpoint_, to, bytes);
  outbox_.clear();
}

void SimTransport::reset() {
  inbox_.clear();
  held_.clear();
  handed_.clear();
  outbox_.clear();
  reserved_ = false;
}

SimTransport& SimNetwork::node(net::Endpoint endpoint) {
  const auto found = nodes_.find(endpoint);
  if (found != nodes_.end()) return found->second;
  return nodes_.emplace(endpoint, SimTransport(*this, endpoint)).first->second;
}

void SimNetwork::partition(net::Endpoint endpoint, bool cut) {
  if (cut) {
    cut_.insert(endpoint);
  } else {
    cut_.erase(endpoint);
  }
}

void SimNetwork::inject(net::Endpoint from, net::Endpoint to, Bytes bytes, Count kind) {
  coverage_.add(kind);
  launch(from, to, std::vector<std::byte>(bytes.begin(), bytes.end()));
}

void SimNetwork::transmit(net::Endpoint from, net::Endpoint to, Bytes bytes) {
  if (partitioned(from) || partitioned(to)) {
    coverage_.add(Count::datagram_partitioned);
    return;
  }
  if (rng_.chance(faults_.loss_ppm)) {
    coverage_.add(Count::datagram_lost);
    return;
  }
  int copies = 1;
  while (copies < 4 && rng_.chance(faults_.duplicate_ppm)) {
    coverage_.add(Count::datagram_duplicated);
    ++copies;
  }
  for (int i = 0; i < copies; ++i) {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    if (damage(copy)) launch(from, to, std::move(copy));
  }
}

/// False when the datagram does not survive: what no tag protects, the checksum of UDP does.
bool SimNetwork::damage(std::vector<std::byte>& bytes) {
  if (!bytes.empty() && rng_.chance(faults_.corrupt_ppm)) {
    coverage_.add(Count::datagram_corrupted);
    if (untagged_ && untagged_(bytes)) return false;
    const std::uint64_t flips = 1 + rng_.below(4);
    for (std::uint64_t i = 0; i < flips; ++i) {
      bytes[rng_.below(bytes.size())] ^= static_cast<std::byte>(1u << rng_.below(8));
    }
  }
  if (!bytes.empty() && rng_.chance(faults_.truncate_ppm)) {
    coverage_.add(Count::datagram_truncated);
    bytes.resize(rng_.below(bytes.size()));
  }
  return true;
}

void SimNetwork::launch(net::Endpoint from, net::Endpoint to, std::vector<std::byte> bytes) {
  std::uint64_t delay = 5'000 + rng_.below(faults_.delay_ns);
  if (rng_.chance(faults_.slow_ppm)) {
    coverage_.add(Count::datagram_delayed);
    delay += rng_.below(faults_.slow_ns);
  }
  flights_.emplace(clock_.now() + delay, Flight{from, to, next_number_++, std::move(bytes)});
}

TimeNs SimNetwork::next_arrival() const {
  return flights_.empty() ? UINT64_MAX : flights_.begin()->first;
}

void SimNetwork::deliver_due() {
  while (!flights_.empty() && flights_.begin()->first <= clock_.now()) {
    Flight flight = std::move(flights_.begin()->second);
    flights_.erase(flights_.begin());
    std::uint64_t& newest = newest_delivered_[{flight.from, flight.to}];
    if (flight.number < newest) coverage_.add(Count::datagram_reordered);
    newest = std::max(newest, flight.number);
    const auto to = nodes_.find(flight.to);
    if (to == nodes_.end()) continue;
    auto& inbox = to->second.inbox_;
    if (inbox.size() >= SimTransport::kSocketBuffer) {
      coverage_.add(Count::datagram_lost);
      continue;
    }
    inbox.push_back({std::move(flight.bytes), flight.from, clock_.now()});
  }
}

}  // namespace saker::sim
