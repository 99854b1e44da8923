// Prefix, keys, tags, and the window of what has arrived.
#include "proto/frame.hpp"

#include <gtest/gtest.h>

#include <set>

#include "proto/feed_frame.hpp"
#include "proto/sequence_window.hpp"
#include "proto/tags_ahead.hpp"

namespace saker::proto {
namespace {

struct Buffer {
  alignas(8) std::byte bytes[kMaxDatagramBytes + 8] = {};
  std::span<std::byte> first(std::size_t size) { return {bytes, size}; }
};

Buffer with_prefix(const Prefix& prefix) {
  Buffer buffer;
  std::memcpy(buffer.bytes, &prefix, sizeof prefix);
  return buffer;
}

Prefix heartbeat() {
  Prefix prefix;
  prefix.kind = PacketKind::Heartbeat;
  return prefix;
}

TEST(Frame, PrefixIsLittleEndianAtItsOffsets) {
  Prefix prefix;
  prefix.kind = PacketKind::Command;
  prefix.type = 0x0201;
  prefix.session = 0x06050403;
  prefix.epoch = 0x0A090807;
  prefix.sequence = 0x1211100F0E0D0C0B;
  prefix.ack = 0x1A19181716151413;
  prefix.tag.fill(0xEE);
  const Buffer buffer = with_prefix(prefix);
  const std::uint8_t head[6] = {'S', 'A', 'K', 'R', 1, 8};
  EXPECT_EQ(std::memcmp(buffer.bytes, head, sizeof head), 0);
  for (std::size_t i = 6; i < 32; ++i) {
    EXPECT_EQ(std::to_integer<std::size_t>(buffer.bytes[i]), i - 5) << i;
  }
  for (std::size_t i = 32; i < 48; ++i) EXPECT_EQ(buffer.bytes[i], std::byte{0xEE});
}

TEST(Frame, EachDefectHasItsError) {
  Prefix out;
  Buffer good = with_prefix(heartbeat());
  EXPECT_EQ(parse_prefix(good.first(48), out), FrameError::None);
  EXPECT_EQ(parse_prefix(good.first(kMaxDatagramBytes), out), FrameError::None);
  for (std::size_t size = 0; size < 48; ++size) {
    EXPECT_EQ(parse_prefix(good.first(size), out), FrameError::Size) << size;
  }
  EXPECT_EQ(parse_prefix(good.first(kMaxDatagramBytes + 1), out), FrameError::Size);
  Prefix bad = heartbeat();
  bad.magic ^= 1;
  EXPECT_EQ(parse_prefix(with_prefix(bad).first(48), out), FrameError::Magic);
  bad = heartbeat();
  bad.version = 2;
  EXPECT_EQ(parse_prefix(with_prefix(bad).first(48), out), FrameError::Version);
  const std::set<int> known = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 21};
  for (int kind = 0; kind < 256; ++kind) {
    bad = heartbeat();
    bad.kind = static_cast<PacketKind>(kind);
    EXPECT_EQ(parse_prefix(with_prefix(bad).first(48), out),
              known.contains(kind) ? FrameError::None : FrameError::Kind)
        << kind;
  }
  EXPECT_STREQ(to_string(FrameError::Kind), "kind");
}

Key some_key(std::uint8_t seed) {
  Key key;
  key.bytes.fill(seed);
  return key;
}

TEST(Frame, EveryByteIsUnderTheTag) {
  Buffer buffer = with_prefix(heartbeat());
  const auto datagram = buffer.first(120);
  const Key key = some_key(7);
  for (std::size_t i = 0; i < datagram.size(); ++i) {
    seal(datagram, key);
    datagram[i] ^= std::byte{0x40};
    EXPECT_FALSE(check_tag(datagram, key)) << i;
    if (i < 32 || i >= 48) datagram[i] ^= std::byte{0x40};
  }
  seal(datagram, key);
  EXPECT_TRUE(check_tag(datagram, key));
  seal(datagram, key);
  EXPECT_FALSE(check_tag(datagram, some_key(8)));
  seal(datagram, key);
  EXPECT_FALSE(check_tag(buffer.first(119), key)) << "shortened";
  seal(datagram, key);
  EXPECT_FALSE(check_tag(buffer.first(121), key)) << "lengthened";
}

/// The reference implementation's vector: SipHash-2-4-128, key 00..0f, input 00 01 02 ... ours
/// cannot have that input, so the tag of a known datagram is held against an own SipHash.
std::uint64_t rotate(std::uint64_t x, int n) { return x << n | x >> (64 - n); }
void sip_round(std::uint64_t (&v)[4]) {
  v[0] += v[1], v[1] = rotate(v[1], 13), v[1] ^= v[0], v[0] = rotate(v[0], 32);
  v[2] += v[3], v[3] = rotate(v[3], 16), v[3] ^= v[2];
  v[0] += v[3], v[3] = rotate(v[3], 21), v[3] ^= v[0];
  v[2] += v[1], v[1] = rotate(v[1], 17), v[1] ^= v[2], v[2] = rotate(v[2], 32);
}
std::array<std::uint8_t, 16> sip_hash_128(std::span<const std::byte> in, const Key& key) {
  std::uint64_t k[2];
  std::memcpy(k, key.bytes.data(), 16);
  std::uint64_t v[4] = {0x736f6d6570736575 ^ k[0], (0x646f72616e646f6d ^ 0xee) ^ k[1],
                        0x6c7967656e657261 ^ k[0], 0x7465646279746573 ^ k[1]};
  const auto absorb = [&v](std::uint64_t word) {
    v[3] ^= word;
    sip_round(v), sip_round(v);
    v[0] ^= word;
  };
  std::size_t at = 0;
  for (; at + 8 <= in.size(); at += 8) absorb(read_as<std::uint64_t>(in, at));
  std::uint64_t last = std::uint64_t{in.size()} << 56;
  for (std::size_t i = 0; at + i < in.size(); ++i) {
    last |= std::to_integer<std::uint64_t>(in[at + i]) << (8 * i);
  }
  absorb(last);
  std::array<std::uint8_t, 16> out;
  v[2] ^= 0xee;
  for (int half = 0; half < 2; ++half) {
    if (half == 1) v[1] ^= 0xdd;
    for (int i = 0; i < 4; ++i) sip_round(v);
    const std::uint64_t word = v[0] ^ v[1] ^ v[2] ^ v[3];
    std::memcpy(out.data() + 8 * half, &word, 8);
  }
  return out;
}

TEST(Frame, TheTagIsSipHash24With128Bits) {
  Key counting;
  std::array<std::byte, 15> input;
  for (std::size_t i = 0; i < 16; ++i) counting.bytes[i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < 15; ++i) input[i] = static_cast<std::byte>(i);
  // Published with SipHash: 128-bit output for 15 bytes of input.
  const std::array<std::uint8_t, 16> published = {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11,
                                                  0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9};
  ASSERT_EQ(sip_hash_128(input, counting), published);
  for (const std::size_t size : {48, 49, 55, 56, 112, 1400}) {
    Buffer buffer = with_prefix(heartbeat());
    seal(buffer.first(size), counting);
    Prefix sealed;
    ASSERT_EQ(parse_prefix(buffer.first(size), sealed), FrameError::None);
    std::memset(buffer.bytes + offsetof(Prefix, tag), 0, 16);
    EXPECT_EQ(sealed.tag, sip_hash_128(buffer.first(size), counting)) << size;
  }
}

TEST(Frame, UntaggedPassesOnlyZeroTags) {
  Key untagged;
  untagged.tagged = false;
  Buffer buffer = with_prefix(heartbeat());
  const auto datagram = buffer.first(64);
  seal(datagram, untagged);
  EXPECT_TRUE(check_tag(datagram, untagged));
  EXPECT_FALSE(check_tag(datagram, some_key(1))) << "a tagged side refuses untagged datagrams";
  seal(datagram, some_key(1));
  EXPECT_FALSE(check_tag(datagram, untagged)) << "and the other way round";
}

/// What is computed for several at once is what each alone gets, whatever their lengths.
void expect_as_alone(void (*four)(siphash::Job*), const char* way) {
  std::vector<Buffer> buffers(siphash::kLanes);
  std::array<Key, siphash::kLanes> keys;
  std::array<siphash::Job, siphash::kLanes> jobs;
  std::uint64_t random = 7;
  const auto draw = [&random](std::uint64_t below) {
    random = random * 6364136223846793005 + 1442695040888963407;
    return (random >> 33) % below;
  };
  for (int round = 0; round < 2'000; ++round) {
    const std::size_t longest = round % 3 == 0 ? kMaxDatagramBytes : 80;
    const std::size_t equal = 48 + draw(longest - 47);
    for (std::size_t lane = 0; lane < jobs.size(); ++lane) {
      const std::size_t size = round % 2 == 0 ? equal : 48 + draw(longest - 47);
      for (std::size_t i = 0; i < size; ++i) {
        buffers[lane].bytes[i] = static_cast<std::byte>(draw(256));
      }
      keys[lane] = some_key(static_cast<std::uint8_t>(draw(256)));
      seal(buffers[lane].first(size), keys[lane]);
      jobs[lane] = {buffers[lane].first(size), keys[lane].bytes.data(), {}};
    }
    four(jobs.data());
    for (const siphash::Job& job : jobs) {
      ASSERT_TRUE(carries(job.datagram, job.tag)) << way << ", " << job.datagram.size();
    }
  }
}

TEST(Frame, FourTagsAtOnceAreThoseOfEachAlone) {
  if (__builtin_cpu_supports("avx2")) expect_as_alone(siphash::four_avx2, "avx2");
  if (__builtin_cpu_supports("avx512vl")) expect_as_alone(siphash::four_avx512, "avx512");
}

TEST(Frame, TagsAheadAreOfTheirDatagramAndKeyOnly) {
  std::array<Buffer, 4> buffers;
  buffers.fill(with_prefix(heartbeat()));
  for (Buffer& buffer : buffers) seal(buffer.first(80), some_key(1));
  Key untagged = some_key(1);
  untagged.tagged = false;
  TagsAhead tags;
  tags.add(buffers[0].first(80), some_key(1));
  tags.add(buffers[1].first(80), some_key(2));
  tags.compute();
  EXPECT_EQ(tags.find(buffers[0].bytes, some_key(1)), nullptr) << "two are not computed";
  tags.add(buffers[0].first(80), some_key(1));
  tags.add(buffers[1].first(80), some_key(2));
  tags.add(buffers[2].first(80), some_key(1));
  tags.add(buffers[3].first(80), untagged);
  tags.compute();
  EXPECT_EQ(tags.find(buffers[3].bytes, untagged), nullptr);
  EXPECT_EQ(tags.find(buffers[0].bytes, some_key(2)), nullptr) << "of another key";
  EXPECT_EQ(tags.find(buffers[0].bytes, untagged), nullptr);
  if (TagsAhead::possible()) {
    ASSERT_NE(tags.find(buffers[0].bytes, some_key(1)), nullptr);
    EXPECT_TRUE(carries(buffers[0].first(80), *tags.find(buffers[0].bytes, some_key(1))));
    ASSERT_NE(tags.find(buffers[1].bytes, some_key(2)), nullptr);
    EXPECT_FALSE(carries(buffers[1].first(80), *tags.find(buffers[1].bytes, some_key(2))));
  }
  tags.clear();
  EXPECT_EQ(tags.find(buffers[0].bytes, some_key(1)), nullptr);
}

TEST(Keys, DifferInEverythingTheyAreDerivedFrom) {
  std::set<std::array<std::uint8_t, 16>> keys;
  Secret other{};
  other[31] = 1;
  for (const Secret& secret : {Secret{}, other}) {
    for (const std::uint32_t epoch : {0u, 1u, 0x01000000u}) {
      for (const std::uint64_t connection : {0ull, 1ull, 256ull, 1ull << 32, 1ull << 56}) {
        for (const auto purpose : {Purpose::Logon, Purpose::OrderEntry, Purpose::Query}) {
          const KeyPair pair = derive_keys(secret, epoch, connection, purpose);
          EXPECT_TRUE(pair.to_server.tagged && pair.to_client.tagged);
          keys.insert(pair.to_server.bytes);
          keys.insert(pair.to_client.bytes);
        }
      }
    }
  }
  EXPECT_EQ(keys.size(), 2u * 3 * 5 * 3 * 2);
  EXPECT_EQ(derive_logon_keys(other).to_server.bytes,
            derive_key(other, 0, 0, Direction::ToServer, Purpose::Logon).bytes);
  EXPECT_FALSE(derive_keys(other, 1, 1, Purpose::Query, false).to_client.tagged);
  EXPECT_FALSE(derive_logon_keys(other, false).to_server.tagged);
}

TEST(FeedFrame, EachDefectHasItsError) {
  alignas(8) std::byte packet[1500] = {};
  const auto parse = [&packet](FeedHeader header, std::size_t size) {
    std::memcpy(packet, &header, sizeof header);
    return parse_feed_header({packet, size}, header);
  };
  FeedHeader data;
  data.kind = FeedPacketKind::Data;
  data.count = 1;
  EXPECT_EQ(parse(data, 200), FeedError::None);
  EXPECT_EQ(parse(data, 47), FeedError::Size);
  EXPECT_EQ(parse(data, 1401), FeedError::Size);
  FeedHeader bad = data;
  bad.magic = kFrameMagic;
  EXPECT_EQ(parse(bad, 200), FeedError::Magic);
  bad = data;
  bad.version = 0;
  EXPECT_EQ(parse(bad, 200), FeedError::Version);
  bad = data;
  bad.kind = static_cast<FeedPacketKind>(3);
  EXPECT_EQ(parse(bad, 200), FeedError::Kind);
  bad = data;
  bad.count = 0;
  EXPECT_EQ(parse(bad, 200), FeedError::Kind);
  FeedHeader beat;
  beat.kind = FeedPacketKind::Heartbeat;
  EXPECT_EQ(parse(beat, 48), FeedError::None);
  EXPECT_EQ(parse(beat, 49), FeedError::Size);
  beat.count = 1;
  EXPECT_EQ(parse(beat, 48), FeedError::Size);
  EXPECT_STREQ(to_string(FeedError::Payload), "payload");
}

using Arrival = SequenceWindow::Arrival;

TEST(SequenceWindow, OrderDoesNotMatter) {
  SequenceWindow window;
  EXPECT_EQ(window.contiguous(), 0u);
  EXPECT_EQ(window.on_number(1), Arrival::kNew);
  EXPECT_EQ(window.on_number(1), Arrival::kDuplicate);
  EXPECT_EQ(window.on_number(0), Arrival::kDuplicate);
  EXPECT_EQ(window.on_number(4), Arrival::kNew);
  EXPECT_EQ(window.on_number(4), Arrival::kDuplicate);
  EXPECT_EQ(window.contiguous(), 1u);
  EXPECT_EQ(window.highest(), 4u);
  EXPECT_TRUE(window.has_gap());
  EXPECT_EQ(window.first_gap(10).from, 2u);
  EXPECT_EQ(window.first_gap(10).to, 4u);
  EXPECT_EQ(window.first_gap(1).to, 3u);
  EXPECT_EQ(window.on_number(3), Arrival::kNew);
  EXPECT_EQ(window.on_number(2), Arrival::kNew);
  EXPECT_EQ(window.contiguous(), 4u);
  EXPECT_FALSE(window.has_gap());
  EXPECT_TRUE(window.first_gap(10).empty());
}

TEST(SequenceWindow, ATailThatIsOnlyHeardOfIsAGap) {
  SequenceWindow window(100);
  EXPECT_EQ(window.contiguous(), 99u);
  window.on_highest(102);
  EXPECT_EQ(window.first_gap(64).from, 100u);
  EXPECT_EQ(window.first_gap(64).to, 103u);
  window.on_highest(50);
  EXPECT_EQ(window.highest(), 102u);
}

TEST(SequenceWindow, BeyondTheSpanIsAskedForLater) {
  SequenceWindow window;
  const std::uint64_t far = SequenceWindow::kSpan + 1;
  EXPECT_EQ(window.on_number(far), Arrival::kTooFar);
  EXPECT_EQ(window.on_number(far - 1), Arrival::kNew);
  EXPECT_EQ(window.first_gap(1'000'000).to, far - 1);
  for (std::uint64_t n = 1; n < far - 1; ++n) ASSERT_EQ(window.on_number(n), Arrival::kNew);
  EXPECT_EQ(window.contiguous(), far - 1);
  EXPECT_EQ(window.first_gap(10).from, far);
  EXPECT_EQ(window.on_number(far), Arrival::kNew);
  EXPECT_FALSE(window.has_gap());
}

/// Any order, with duplicates: each number is new exactly once, and the window agrees with a set.
TEST(SequenceWindow, AgreesWithASet) {
  SequenceWindow window;
  std::set<std::uint64_t> seen;
  std::uint64_t random = 12345;
  std::uint64_t contiguous = 0;
  for (int i = 0; i < 200'000; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    const std::uint64_t n = contiguous + (random >> 33) % 600;
    const bool is_new = n > contiguous && seen.insert(n).second;
    ASSERT_EQ(window.on_number(n), is_new ? Arrival::kNew : Arrival::kDuplicate);
    while (seen.contains(contiguous + 1)) seen.erase(++contiguous);
    ASSERT_EQ(window.contiguous(), contiguous);
    const auto gap = window.first_gap(1'000);
    ASSERT_EQ(gap.empty(), seen.empty());
    if (!gap.empty()) {
      ASSERT_EQ(gap.to, *seen.begin());
    }
  }
  EXPECT_GT(contiguous, 10'000u);
}

}  // namespace
}  // namespace saker::proto
