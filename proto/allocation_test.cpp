// What the hot threads call of this folder allocates nothing.
#include <gtest/gtest.h>

#include "common/allocation_count.hpp"
#include "proto/handshake.hpp"
#include "proto/samples.hpp"
#include "query_generated.h"

namespace saker::proto {
namespace {

/// Runs `work` on each sample of a kind, a few times, and expects no allocation in it.
template <class Work>
void allocates_nothing(PacketKind kind, Work&& work) {
  auto samples = all_samples();
  int runs = 0;
  for (Sample& sample : samples) {
    Prefix prefix;
    if (parse_prefix(sample.view(), prefix) != FrameError::None || prefix.kind != kind) continue;
    const auto before = allocations();
    for (int i = 0; i < 3; ++i, ++runs) {
      check_tag(sample.datagram(), sample_keys(kind).to_server);
      work(prefix, sample);
      seal(sample.datagram(), sample_keys(kind).to_client);
    }
    EXPECT_EQ(allocations(), before) << sample.name;
  }
  EXPECT_GT(runs, 0);
}

TEST(Allocation, CommandsReportsAndReplies) {
  alignas(8) std::byte out[kMaxDatagramBytes];
  allocates_nothing(PacketKind::Command, [](const Prefix& prefix, Sample& sample) {
    const auto kind = static_cast<CommandKind>(prefix.type);
    EXPECT_EQ(decode_command(kind, payload_of(sample.view())).error, DecodeError::None);
  });
  allocates_nothing(PacketKind::Reports, [&out](const Prefix&, Sample& sample) {
    EXPECT_GT(encode_reports(decode_reports(payload_of(sample.view())), out), 0u);
  });
  allocates_nothing(PacketKind::QueryReply, [&out](const Prefix&, Sample& sample) {
    QueryReply reply;
    EXPECT_TRUE(decode_query_reply(payload_of(sample.view()), reply));
    EXPECT_GT(encode_query_reply(reply, out), 0u);
  });
  allocates_nothing(PacketKind::Busy, [&out](const Prefix& prefix, Sample& sample) {
    const Busy* busy = decode<Busy>(payload_of(sample.view()));
    EXPECT_GT(encode_datagram(prefix, *busy, sample_keys(PacketKind::Busy).to_client, out), 0u);
  });
}

TEST(Allocation, Handshakes) {
  const KeyPair keys = sample_keys(PacketKind::LogonRequest);
  Key secret;
  HandshakeServer server(secret, 16);
  HandshakeClient::Config config;
  config.session = kSampleSession;
  config.keys = keys;
  HandshakeClient client(config);
  alignas(8) std::byte wire[kLogonRequestBytes];
  alignas(8) std::byte reply[kLogonRequestBytes];
  const auto before = allocations();
  client.start(1'000, 7, 1);
  Prefix prefix;
  HandshakeServer::Result result;
  for (int i = 0; i < 2; ++i) {
    const std::size_t size = client.poll(1'000, wire);
    ASSERT_EQ(parse_prefix({wire, size}, prefix), FrameError::None);
    result = server.on_datagram(prefix, {wire, size}, {1, 2}, 1'000, keys, reply);
    if (result.reply_bytes == 0) continue;
    ASSERT_EQ(parse_prefix({reply, result.reply_bytes}, prefix), FrameError::None);
    client.on_datagram(prefix, {reply, result.reply_bytes}, 1'000);
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(result.outcome, HandshakeServer::Outcome::kConfirmed);
}

}  // namespace
}  // namespace saker::proto
