#include "proto/frame.hpp"

#include <sodium.h>

#include "common/assert.hpp"
#include "common/plants.hpp"
#include "proto/feed_frame.hpp"

namespace saker::proto {

namespace {

using Tag = std::array<std::uint8_t, 16>;
static_assert(sizeof(Tag) == crypto_shorthash_siphashx24_BYTES);
static_assert(sizeof(Key::bytes) == crypto_shorthash_siphashx24_KEYBYTES);

/// In a time that does not tell where they differ.
bool same(const Tag& a, const Tag& b) {
  std::uint64_t x[2], y[2];
  std::memcpy(x, a.data(), sizeof x);
  std::memcpy(y, b.data(), sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

std::byte* tag_field(std::span<std::byte> datagram) {
  return datagram.data() + offsetof(Prefix, tag);
}

/// Of the datagram as it is; the caller has zeroed the tag field.
Tag compute(std::span<const std::byte> datagram, const Key& key) {
  Tag tag{};
  if (!key.tagged) return tag;
  crypto_shorthash_siphashx24(tag.data(), reinterpret_cast<const unsigned char*>(datagram.data()),
                              datagram.size(), key.bytes.data());
  return tag;
}

}  // namespace

void seal(std::span<std::byte> datagram, const Key& key) {
  SAKER_ASSERT(datagram.size() >= kPrefixBytes);
  std::memset(tag_field(datagram), 0, sizeof(Tag));
  const Tag tag = compute(datagram, key);
  std::memcpy(tag_field(datagram), tag.data(), sizeof tag);
}

bool check_tag(std::span<std::byte> datagram, const Key& key) {
  SAKER_ASSERT(datagram.size() >= kPrefixBytes);
  Tag given;
  std::memcpy(given.data(), tag_field(datagram), sizeof given);
  std::memset(tag_field(datagram), 0, sizeof given);
  const Tag right = compute(datagram, key);
  return same(given, right);
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
