#include "proto/frame.hpp"

#include <sodium.h>

#include "common/assert.hpp"
#include "common/plants.hpp"
#include "proto/feed_frame.hpp"
#include "proto/siphash.hpp"

namespace saker::proto {

namespace {

static_assert(sizeof(Key::bytes) == 16);

Tag right_tag(Bytes datagram, const Key& key) {
  SAKER_ASSERT(datagram.size() >= kPrefixBytes);
  return key.tagged ? siphash::one(datagram, key.bytes.data()) : Tag{};
}

}  // namespace

void seal(std::span<std::byte> datagram, const Key& key) {
  put_tag(datagram, right_tag(datagram, key));
}

bool check_tag(Bytes datagram, const Key& key) {
  return carries(datagram, right_tag(datagram, key));
}

Key derive_key(const Secret& secret, std::uint32_t epoch, std::uint64_t connection,
               Direction direction, Purpose purpose) {
  if (SAKER_PLANT(connection_not_in_key)) connection = 0;
  std::array<std::uint8_t, 19> label = {'s', 'a', 'k', 'e', 'r'};
  std::memcpy(label.data() + 5, &epoch, 4);
  std::memcpy(label.data() + 9, &connection, 8);
  label[17] = raw(direction);
  label[18] = raw(purpose);
  Key key;
  const int result = crypto_generichash_blake2b(key.bytes.data(), key.bytes.size(), label.data(),
                                                label.size(), secret.data(), secret.size());
  SAKER_ASSERT(result == 0);
  return key;
}

KeyPair derive_keys(const Secret& secret, std::uint32_t epoch, std::uint64_t connection,
                    Purpose purpose, bool tagged) {
  KeyPair keys{derive_key(secret, epoch, connection, Direction::ToServer, purpose),
               derive_key(secret, epoch, connection, Direction::ToClient, purpose)};
  keys.to_server.tagged = tagged;
  keys.to_client.tagged = tagged;
  return keys;
}

KeyPair derive_logon_keys(const Secret& secret, bool tagged) {
  return derive_keys(secret, 0, 0, Purpose::Logon, tagged);
}

const char* to_string(FrameError error) {
  constexpr const char* kNames[] = {"none", "size", "magic", "version", "kind", "tag"};
  return kNames[raw(error)];
}

const char* to_string(FeedError error) {
  constexpr const char* kNames[] = {"none", "size", "magic", "version", "kind", "payload"};
  return kNames[raw(error)];
}

}  // namespace saker::proto
