// An engine in memory for tests: the real session, sequencing, log and release code on a fake
// network, a fake disk and a clock that stands still. Clients speak the real protocol.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/startup.hpp"
#include "journal/memory_storage.hpp"
#include "proto/handshake.hpp"

namespace saker::engine::testing {

/// Three sessions (1 admin, 2 and 3 traders with accounts 2 and 3), one market.
extern const char* const kTestVenue;

/// A datagram on the fake network.
struct Packet {
  net::Endpoint peer;  // sender of what comes in, receiver of what goes out
  std::uint32_t size = 0;
  alignas(64) std::array<std::byte, 2048> bytes;
};

/// net::Transport over two fixed lists; nothing is lost unless a list is full.
class FakeTransport {
 public:
  FakeTransport() : in_(kCapacity), out_(kCapacity), datagrams_(kCapacity) {}

  /// See what passes, for tests that capture it.
  std::function<void(net::Endpoint from, Bytes bytes)> on_deliver;
  std::function<void(net::Endpoint to, Bytes bytes)> on_sent;

  void deliver(net::Endpoint from, Bytes bytes, TimeNs received_ns) {
    if (on_deliver) on_deliver(from, bytes);
    SAKER_ASSERT(in_count_ < kCapacity);
    Packet& packet = in_[in_count_];
    packet.peer = from;
    packet.size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(packet.bytes.data(), bytes.data(), bytes.size());
    datagrams_[in_count_++] = {packet.bytes.data(), packet.size, from, received_ns,
                               static_cast<std::uint8_t>(proto::TimestampSource::Software)};
  }
  std::span<net::Datagram> receive() {
    const std::size_t count = in_count_;
    in_count_ = 0;
    return {datagrams_.data(), count};
  }
  std::span<std::byte> reserve() {
    if (out_count_ == kCapacity) return {};
    return out_[out_count_].bytes;
  }
  void commit(net::Endpoint to, std::size_t size) {
    Packet& packet = out_[out_count_++];
    packet.peer = to;
    packet.size = static_cast<std::uint32_t>(size);
    if (on_sent) on_sent(to, Bytes{packet.bytes.data(), size});
  }
  bool send(net::Endpoint to, Bytes bytes) { return net::send_copy(*this, to, bytes); }
  std::size_t send_each(std::span<const net::Endpoint> to, Bytes bytes) {
    return net::send_copies(*this, to, bytes);
  }
  void flush() {}

  /// What has been sent since the last clear(), in order.
  std::span<Packet> sent() { return {out_.data(), out_count_}; }
  void clear() { out_count_ = 0; }

 private:
  static constexpr std::size_t kCapacity = 4096;
  std::vector<Packet> in_;
  std::vector<Packet> out_;
  std::vector<net::Datagram> datagrams_;
  std::size_t in_count_ = 0;
  std::size_t out_count_ = 0;
};
static_assert(net::Transport<FakeTransport>);

/// Session n has the secret n, n, n ...
class FakeSecrets : public SecretSource {
 public:
  FakeSecrets() {
    for (std::uint32_t id = 0; id < secrets_.size(); ++id) {
      secrets_[id].fill(static_cast<std::uint8_t>(id));
    }
  }
  const proto::Secret* find(std::uint32_t key_id) const override {
    return key_id == 0 || key_id >= secrets_.size() ? nullptr : &secrets_[key_id];
  }

 private:
  std::array<proto::Secret, 16> secrets_;
};

using TestLog = journal::LogWriter<journal::MemoryStorage>;
using TestAllocator = journal::SegmentAllocator<journal::MemoryStorage>;
using TestEngine = Engine<FakeTransport, TestLog, ManualClock>;

struct World {
  static constexpr TimeNs kBeginNs = 1'700'000'000'000'000'000;
  ManualClock clock{kBeginNs};
  FakeTransport network;
  FakeSecrets secrets;
  journal::MemoryStorage log_storage;
  journal::MemoryStorage snapshot_storage;
  EngineConfig config;
  journal::LogConfig log_config;
  std::string venue_text = kTestVenue;

  std::unique_ptr<StagingRing> staging;
  std::unique_ptr<TestAllocator> allocator;
  std::unique_ptr<TestLog> log;
  std::unique_ptr<core::Core> core;
  std::unique_ptr<TestEngine> engine;
  RecoveredState recovered;

  /// Called before each of these.
  std::function<void()> on_round;
  std::function<void()> on_write_log;

  World();
  ~World();

  /// A process starts on what the disks hold.
  void start();
  /// The process is gone; what was not synced as well.
  void crash();
  /// And the disks are new and the time is what it was at first: start() does as the first did.
  void forget();

  void write_log();
  /// One round without the disk.
  void poll();
  /// One round, the disk, and another round that releases.
  void commit();
  void pass_ms(std::uint64_t ms);
  std::uint64_t dropped(Drop reason) const { return engine->metrics().dropped(reason); }

 private:
  const Venue& venue();

  std::string parsed_text_;
  std::optional<Venue> parsed_;  // of parsed_text_
};

/// What a client got, decoded.
struct Inbox {
  std::vector<proto::Report> reports;
  std::vector<proto::Report> early;  // before LogonAccepted, without which nobody can read them
  std::vector<proto::Decision> decisions;
  std::vector<proto::Busy> busy;
  std::vector<proto::Heartbeat> heartbeats;
  std::vector<proto::LogonRefused> refused;
  std::size_t datagrams = 0;
  std::size_t logoffs = 0;
};

class TestClient {
 public:
  TestClient(World& world, std::uint32_t session)
      : peer{0x0A000000 + session, static_cast<std::uint16_t>(40'000 + session)},
        world_(world), session_(session) {
    secret_.fill(static_cast<std::uint8_t>(session));
  }

  net::Endpoint peer;
  std::uint64_t next_sequence = 1;
  proto::LogonAccepted accepted;
  proto::KeyPair keys;

  /// The whole logon; false when it was not accepted.
  bool logon(std::uint32_t heartbeat_ms = 1'000);
  void begin_logon(std::uint32_t heartbeat_ms = 1'000);
  void poll_handshake();
  bool logged_on() const {
    return handshake_ && handshake_->state() == proto::HandshakeClient::State::kAccepted;
  }

  /// Prefix of a datagram of this connection.
  proto::Prefix prefix(proto::PacketKind kind, std::uint64_t sequence) const {
    proto::Prefix prefix;
    prefix.kind = kind;
    prefix.session = session_;
    prefix.epoch = accepted.epoch();
    prefix.sequence = sequence;
    prefix.ack = ack;
    return prefix;
  }
  /// Sends a command with a number of the caller's choice.
  template <class Body>
  void send_as(std::uint64_t sequence, proto::CommandKind kind, const Body& body) {
    proto::Prefix p = prefix(proto::PacketKind::Command, sequence);
    p.type = static_cast<std::uint16_t>(kind);
    deliver(Bytes{buffer_.data(), proto::encode_datagram(p, body, keys.to_server, buffer_)});
  }
  /// Sends a command with the next number, which is returned.
  template <class Body>
  std::uint64_t send(proto::CommandKind kind, const Body& body) {
    send_as(next_sequence, kind, body);
    return next_sequence++;
  }
  template <class Struct>
  void send_message(proto::PacketKind kind, std::uint64_t sequence, const Struct& v1) {
    deliver(Bytes{buffer_.data(), proto::encode_datagram(prefix(kind, sequence), v1,
                                                         keys.to_server, buffer_)});
  }
  void heartbeat() {
    send_message(proto::PacketKind::Heartbeat, accepted.connection(),
                 proto::Heartbeat(++heartbeats_, next_sequence, world_.clock.now_ns()));
  }
  void logoff() {
    const proto::Prefix p = prefix(proto::PacketKind::Logoff, accepted.connection());
    deliver(Bytes{buffer_.data(), proto::encode_datagram(p, keys.to_server, buffer_)});
  }
  void deliver(Bytes datagram) {
    world_.network.deliver(peer, datagram, world_.clock.now_ns());
  }

  /// Takes what the network holds for this client; the rest stays.
  Inbox receive();

  std::uint64_t ack = 0;

 private:
  void open(Packet& packet, Inbox& inbox);
  void prove_early(Inbox& inbox);
  void on_logon(const proto::Prefix& p, std::span<std::byte> datagram, Inbox& inbox);

  World& world_;
  const std::uint32_t session_;
  proto::Secret secret_;
  std::uint64_t nonce_ = 1'000;
  std::uint64_t heartbeats_ = 0;
  std::optional<proto::HandshakeClient> handshake_;
  std::vector<Packet> early_;  // under keys that the LogonAccepted on its way has to tell
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> buffer_;
};

inline proto::NewOrder limit_order(std::uint32_t account, proto::Side side, std::int64_t price,
                                   std::int64_t lots, std::uint64_t client_order_id = 0) {
  return proto::NewOrder(client_order_id, price, lots, 0, account, 1, side,
                         proto::OrderType::Limit, proto::TimeInForce::GoodTillCancel,
                         proto::SelfTradePrevention::CancelTaker, 0);
}

}  // namespace saker::engine::testing
