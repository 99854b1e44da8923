// Session keys: derived from the 32-byte secret that a participant and the venue share, one for
// each connection, epoch, direction and purpose, so that a tag is worth nothing in any other place:
// what a program sent before it was restarted, and what anybody kept of it, passes no check after
// the next logon.
#pragma once

#include <array>
#include <cstdint>

namespace saker::proto {

/// What the secret store holds for one key id.
using Secret = std::array<std::uint8_t, 32>;

enum class Direction : std::uint8_t { ToServer = 0, ToClient = 1 };

/// Logon keys have epoch and connection 0: the client learns both when it is logged on.
enum class Purpose : std::uint8_t { Logon = 0, OrderEntry = 1, Query = 2 };

/// Key of one direction. With `tagged` false datagrams carry a zero tag and any other tag is
/// refused: for benchmarks, chosen by each side's own configuration and never negotiated.
struct Key {
  std::array<std::uint8_t, 16> bytes{};
  bool tagged = true;
};

struct KeyPair {
  Key to_server;
  Key to_client;
};

/// BLAKE2b-128, keyed with `secret`, over "saker", epoch, connection (both little-endian),
/// direction, purpose.
Key derive_key(const Secret& secret, std::uint32_t epoch, std::uint64_t connection,
               Direction direction, Purpose purpose);

/// Both directions of one connection, which LogonAccepted has named with its epoch. `tagged` false
/// gives keys that only pass zero tags.
KeyPair derive_keys(const Secret& secret, std::uint32_t epoch, std::uint64_t connection,
                    Purpose purpose, bool tagged = true);

/// Both directions of the logon packets.
KeyPair derive_logon_keys(const Secret& secret, bool tagged = true);

}  // namespace saker::proto
