// Turns any bytes into a life of datagrams for the session layer: raw noise from strangers, noise
// under good tags, commands with any content, time, restarts of sessions. For the fuzzer and for
// a test with seeded bytes. What it finds wrong is fatal.
#pragma once

#include "engine/test_world.hpp"
#include "proto/commands.hpp"

namespace saker::engine::testing {

/// Input that never ends: zeros after the last byte.
class ByteSource {
 public:
  explicit ByteSource(Bytes bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return value;
  }
  void fill(std::span<std::byte> into) {
    for (std::byte& b : into) b = std::byte{byte()};
  }

 private:
  Bytes bytes_;
};

class SessionExercise {
 public:
  SessionExercise() {
    world_.config.session.orders = {};
    world_.config.session.cancels = {};
    world_.log_config.block_bytes = 512;
    world_.start();
    for (TestClient& client : clients_) SAKER_ASSERT(client.logon());
  }

  void run(Bytes bytes) {
    ByteSource source(bytes);
    while (!source.empty()) step(source);
    // The round that releases may go on with a mass cancel and so stage something new.
    for (int round = 0; round < 1'000 && !world_.staging->empty(); ++round) world_.commit();
    SAKER_ASSERT(world_.staging->empty() && !world_.engine->failed());
    world_.network.clear();
  }
  void check() const { world_.core->check_invariants(); }
  const World& world() const { return world_; }

 private:
  void step(ByteSource& source) {
    TestClient& client = clients_[source.byte() % clients_.size()];
    switch (source.byte() % 8) {
      case 0: return stranger(source);
      case 1: return noise_under_good_tag(client, source);
      case 2:
      case 3: return any_command(client, source);
      case 4:
      case 5: return plain_order(client, source);
      case 6:
        world_.clock.time_ns += source.byte() * 1'000'000ull;
        return world_.commit();
      default: return session_event(client, source);
    }
  }

  /// Gets no answer, whatever it says: it does not know the secret.
  void stranger(ByteSource& source) {
    const std::size_t size = (source.byte() << 3) % 1'500;
    source.fill(std::span(scratch_).first(size));
    const net::Endpoint peer{0x0A0000FF, 9};
    world_.network.deliver(peer, Bytes{scratch_.data(), size}, world_.clock.now_ns());
    const Metrics& metrics = world_.engine->metrics();
    const std::uint64_t before = metrics.client_commands + metrics.logons + metrics.logoffs;
    world_.commit();
    SAKER_ASSERT(metrics.client_commands + metrics.logons + metrics.logoffs == before);
    for (const Packet& packet : world_.network.sent()) SAKER_ASSERT(packet.peer != peer);
    world_.network.clear();
  }

  void noise_under_good_tag(TestClient& client, ByteSource& source) {
    const std::size_t size = proto::kPrefixBytes + source.byte() * 4;
    source.fill(std::span(scratch_).first(size));
    proto::Prefix prefix = client.prefix(static_cast<proto::PacketKind>(source.byte() % 24),
                                         client.next_sequence + source.byte() % 8);
    prefix.type = source.byte() % 72;
    std::memcpy(scratch_.data(), &prefix, sizeof(prefix));
    proto::seal(std::span(scratch_).first(size), client.keys.to_server);
    client.deliver(Bytes{scratch_.data(), size});
    settle(client);
  }

  void any_command(TestClient& client, ByteSource& source) {
    alignas(8) std::array<std::byte, core::kMaxCommandBody> body;
    source.fill(body);
    // Mostly small numbers: ids that exist, amounts that fit.
    const std::uint8_t shape = source.byte();
    for (std::size_t i = 0; i < body.size() && shape % 4 != 0; ++i) {
      if (i % 4 != 0) body[i] = std::byte{0};
      else body[i] &= std::byte{7};
    }
    switch (source.byte() % 23) {
#define SAKER_EXERCISE_CASE(Name)                                \
  case static_cast<int>(Index::k##Name): {                       \
    proto::Name v1;                                              \
    std::memcpy(&v1, body.data(), sizeof(v1));                   \
    client.send(proto::CommandKind::Name, v1);                   \
    break;                                                       \
  }
      SAKER_CLIENT_COMMANDS(SAKER_EXERCISE_CASE)
#undef SAKER_EXERCISE_CASE
    }
    settle(client);
  }
  enum class Index : std::uint8_t {
#define SAKER_EXERCISE_INDEX(Name) k##Name,
    SAKER_CLIENT_COMMANDS(SAKER_EXERCISE_INDEX)
#undef SAKER_EXERCISE_INDEX
  };

  void plain_order(TestClient& client, ByteSource& source) {
    const std::uint32_t account = 2 + source.byte() % 2;
    const proto::Side side = source.byte() % 2 == 0 ? proto::Side::Buy : proto::Side::Sell;
    client.send(proto::CommandKind::NewOrder,
                limit_order(account, side, 2'490 + source.byte() % 20, 1 + source.byte() % 50));
    settle(client);
  }

  void session_event(TestClient& client, ByteSource& source) {
    switch (source.byte() % 3) {
      case 0: client.heartbeat(); break;
      case 1: client.logoff(); break;
      default: client.send_message(proto::PacketKind::FeedSubscribe, source.byte(),
                                   proto::FeedSubscribe(0, 0, 7'000, 7'001, 0));
    }
    settle(client);
  }

  /// Lets it be answered; who turns out not to be logged on logs on again.
  void settle(TestClient& client) {
    world_.commit();
    const bool known = client.receive().refused.empty();
    world_.network.clear();
    if (known) return;
    world_.clock.time_ns += 1'000'000;
    SAKER_ASSERT(client.logon());
  }

  World world_;
  std::array<TestClient, 3> clients_{TestClient{world_, 1}, TestClient{world_, 2},
                                     TestClient{world_, 3}};
  alignas(8) std::array<std::byte, 2'048> scratch_;
};

}  // namespace saker::engine::testing
