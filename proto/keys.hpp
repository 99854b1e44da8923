// Session keys: derived from the 32-byte secret that a participant and the venue share, one for
// each epoch, direction and purpose, so that a tag is worth nothing in any other place.
#pragma once

#include <array>
#include <cstdint>

namespace saker::proto {

/// What the secret store holds for one key id.
using Secret = std::array<std::uint8_t, 32>;

enum class Direction : std::uint8_t { ToServer = 0, ToClient = 1 };

/// Logon keys have epoch 0: the client does not know the epoch before it is logged on.
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

/// BLAKE2b-128, keyed with `secret`, over "saker", epoch (little-endian), direction, purpose.
Key derive_key(const Secret& secret, std::uint32_t epoch, Direction direction, Purpose purpose);

/// Both directions. `tagged` false gives keys that only pass zero tags.
KeyPair derive_keys(const Secret& secret, std::uint32_t epoch, Purpose purpose,
                    bool tagged = true);

}  // namespace saker::proto
