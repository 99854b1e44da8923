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
  /// Everything is small, so that it is quickly made anew, and full now and then.
  SessionExercise() {
    world_.config.session.orders = {};
    world_.config.session.cancels = {};
    world_.log_config.block_bytes = 512;
    world_.config.staging_bytes = 256u << 10;
    world_.config.reserved_commands = 4;
    world_.config.internal_commands = 2;
    world_.log_config.segment_bytes = 64u << 10;
    world_.log_config.reserve_bytes = 16u << 10;
    world_.log_config.max_batch_bytes = 16u << 10;
    world_.log_config.zero_chunk_bytes = 16u << 10;
    with_capacity("orders = 4096", "orders = 512");
    with_capacity("price_leaves = 1024", "price_leaves = 128");
    with_capacity("accounts = 8", "accounts = 4");
    with_capacity("sessions = 8", "sessions = 4");
    with_capacity("trades = 1024", "trades = 64");
    with_capacity("client_ids_per_account = 1024", "client_ids_per_account = 64");
    begin();
  }

  /// From the start: what follows is the same, whatever was before.
  void begin() {
    world_.forget();
    world_.start();
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      SAKER_ASSERT(clients_[i].emplace(world_, i + 1).logon());
    }
    world_.network.clear();
  }

  void run(Bytes bytes) {
    ByteSource source(bytes);
    while (!source.empty()) step(source);
    // The round that releases may go on with a mass cancel and so stage something new.
    for (int round = 0; round < 1'000 && !world_.staging->empty(); ++round) world_.commit();
    SAKER_ASSERT(world_.staging->empty() && !world_.engine->failed());
    for (std::optional<TestClient>& client : clients_) client->receive();
    world_.network.clear();
  }
  void check() const { world_.core->check_invariants(); }
  const World& world() const { return world_; }

 private:
  void step(ByteSource& source) {
    TestClient& client = *clients_[source.byte() % clients_.size()];
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
    settle();
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
    switch (source.byte() % static_cast<int>(Index::kCount)) {
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
    settle();
  }
  enum class Index : std::uint8_t {
#define SAKER_EXERCISE_INDEX(Name) k##Name,
    SAKER_CLIENT_COMMANDS(SAKER_EXERCISE_INDEX) kCount
#undef SAKER_EXERCISE_INDEX
  };

  void plain_order(TestClient& client, ByteSource& source) {
    const std::uint32_t account = 2 + source.byte() % 2;
    const proto::Side side = source.byte() % 2 == 0 ? proto::Side::Buy : proto::Side::Sell;
    client.send(proto::CommandKind::NewOrder,
                limit_order(account, side, 2'490 + source.byte() % 20, 1 + source.byte() % 50));
    settle();
  }

  void session_event(TestClient& client, ByteSource& source) {
    switch (source.byte() % 5) {
      case 0: client.heartbeat(); break;
      case 1: client.logoff(); break;
      case 2: many_orders(client, source); break;
      case 3: all_at_once(source); break;
      default: client.send_message(proto::PacketKind::FeedSubscribe, source.byte(),
                                   proto::FeedSubscribe(0, 0, 7'000, 7'001, 0));
    }
    settle();
  }

  /// So many that cancelling them takes several rounds.
  void many_orders(TestClient& client, ByteSource& source) {
    const std::uint32_t account = 2 + source.byte() % 2;
    const std::int64_t price = 2'300 + source.byte() % 100;
    for (std::uint8_t left = source.byte(); left > 0; --left) {
      client.send(proto::CommandKind::NewOrder,
                  limit_order(account, proto::Side::Buy, price, 1));
    }
  }

  /// Their answers leave together.
  void all_at_once(ByteSource& source) {
    for (std::optional<TestClient>& client : clients_) {
      client->send(proto::CommandKind::NewOrder,
                   limit_order(2 + source.byte() % 2, proto::Side::Buy, 2'400, 1));
    }
  }

  /// Lets all be answered; who turns out not to be logged on logs on again.
  void settle() {
    world_.commit();
    std::array<bool, kClients> known;
    for (std::size_t i = 0; i < kClients; ++i) known[i] = clients_[i]->receive().refused.empty();
    world_.network.clear();
    for (std::size_t i = 0; i < kClients; ++i) {
      if (known[i]) continue;
      world_.clock.time_ns += 1'000'000;
      SAKER_ASSERT(clients_[i]->logon());
    }
  }

  void with_capacity(std::string_view usual, std::string_view own) {
    const std::size_t at = world_.venue_text.find(usual);
    SAKER_ASSERT(at != std::string::npos);
    world_.venue_text.replace(at, usual.size(), own);
  }

  static constexpr std::size_t kClients = 3;
  World world_;
  std::array<std::optional<TestClient>, kClients> clients_;
  alignas(8) std::array<std::byte, 2'048> scratch_;
};

}  // namespace saker::engine::testing
