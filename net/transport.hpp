// The transport port: bursts of datagrams in, bursts out. Sockets, DPDK and the simulator
// implement it; the loop is a template over it, so no call per packet is virtual.
#pragma once

#include <compare>
#include <concepts>
#include <cstring>
#include <span>

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker::net {

/// IPv4 address and UDP port, host byte order.
struct Endpoint {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

/// Largest datagram of the project, bytes of UDP payload.
inline constexpr std::size_t kMaxDatagram = 1400;

/// One received datagram. `data` is 8-byte aligned, belongs to the transport until the next
/// receive() and may be written to (the tag check works in place). `size` may exceed kMaxDatagram
/// only as a marker that the datagram was truncated; such a datagram must be counted and dropped.
struct Datagram {
  std::byte* data = nullptr;
  std::uint32_t size = 0;
  Endpoint peer;
  TimeNs received_ns = 0;            // UTC
  std::uint8_t received_source = 0;  // proto::TimestampSource
};

template <class T>
concept Transport = requires(T transport, Endpoint to, std::span<const Endpoint> to_all,
                             std::size_t size, std::span<const std::byte> bytes) {
  /// Up to a burst of datagrams, oldest first; empty when nothing waits. Never blocks.
  { transport.receive() } -> std::same_as<std::span<Datagram>>;
  /// At least kMaxDatagram bytes, 8-byte aligned, to build the next datagram in: the driver's own
  /// memory where it can be. Empty (and counted) when the burst is full and the driver takes
  /// nothing. The same memory again while nothing has been committed; a send() in between takes
  /// it away.
  { transport.reserve() } -> std::same_as<std::span<std::byte>>;
  /// Queues the first `size` bytes of what reserve() gave for the next flush. It may be lost from
  /// then on, never half sent.
  { transport.commit(to, size) } -> std::same_as<void>;
  /// Queues a copy; false (and counted) when there is no memory to be reserved.
  { transport.send(to, bytes) } -> std::same_as<bool>;
  /// Queues the same bytes for many receivers; returns for how many. A driver that can sends one
  /// buffer to all of them.
  { transport.send_each(to_all, bytes) } -> std::same_as<std::size_t>;
  /// Hands everything queued to the driver.
  { transport.flush() } -> std::same_as<void>;
};

/// send() by way of reserve() and commit(), for transports without anything better.
template <class T>
bool send_copy(T& transport, Endpoint to, std::span<const std::byte> bytes) {
  SAKER_ASSERT(bytes.size() <= kMaxDatagram);
  const std::span<std::byte> into = transport.reserve();
  if (into.empty()) return false;
  if (!bytes.empty()) std::memcpy(into.data(), bytes.data(), bytes.size());
  transport.commit(to, bytes.size());
  return true;
}

/// send_each() by a copy each.
template <class T>
std::size_t send_copies(T& transport, std::span<const Endpoint> to,
                        std::span<const std::byte> bytes) {
  std::size_t taken = 0;
  for (const Endpoint& receiver : to) taken += transport.send(receiver, bytes) ? 1 : 0;
  return taken;
}

}  // namespace saker::net
