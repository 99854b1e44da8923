// An engine in memory for tests: the real session, sequencing, log and release code on a fake
// network, a fake disk and a clock that stands still. Clients speak the real protocol.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/startup.hpp"
#include "journal/memory_storage.hpp"
#include "proto/handshake.hpp"

namespace saker::engine::testing {

inline constexpr const char* kTestVenue = R"(
[genesis]
venue = "test"
orders = 4096
price_leaves = 1024
assets = 4
markets = 4
firms = 4
groups = 8
accounts = 8
sessions = 8
grants = 32
withdrawals = 16
proposals = 16
trades = 1024
client_ids_per_account = 1024
[[asset]]
id = 1
symbol = "EUR"
decimals = 2
[[asset]]
id = 2
symbol = "KCN"
decimals = 8
[[firm]]
id = 1
name = "venue"
[[firm]]
id = 2
name = "traders"
[[group]]
id = 1
firm = 1
name = "venue"
[[group]]
id = 2
firm = 2
name = "one"
[[group]]
id = 3
firm = 2
name = "two"
[[account]]
id = 1
group = 1
name = "fees"
[[account]]
id = 2
group = 2
name = "one"
[[account]]
id = 3
group = 3
name = "two"
[[session]]
id = 1
firm = 1
name = "admin"
key = 1
rights = ["administer", "approve", "funds", "view"]
cancel_on_disconnect = false
[[session]]
id = 2
firm = 2
name = "one"
key = 2
rights = ["trade", "cancel", "view"]
[[session]]
id = 3
firm = 2
name = "two"
key = 3
rights = ["trade", "cancel", "view"]
cancel_on_disconnect = false
[[grant]]
session = 2
accounts = [2]
rights = ["trade", "cancel", "view"]
[[grant]]
session = 3
accounts = [3]
rights = ["trade", "cancel", "view"]
[[market]]
id = 1
symbol = "KCN/EUR"
base = "KCN"
quote = "EUR"
fee_account = 1
price_decimals = 2
tick_size = "0.01"
lot_size = "1"
reference_price = "25.00"
min_quantity = "1"
max_quantity = "1000000"
min_notional = "0.01"
max_notional = "0"
max_price = "10000.00"
price_band_ppm = 0
protection_ppm = 0
maker_fee_ppm = 0
taker_fee_ppm = 0
phase = "open"
[[deposit]]
account = 2
asset = "EUR"
amount = "100000000.00"
[[deposit]]
account = 2
asset = "KCN"
amount = "10000000"
[[deposit]]
account = 3
asset = "EUR"
amount = "100000000.00"
[[deposit]]
account = 3
asset = "KCN"
amount = "10000000"
)";

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

  void deliver(net::Endpoint from, Bytes bytes, TimeNs received_ns) {
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
  bool send(net::Endpoint to, Bytes bytes) {
    if (out_count_ == kCapacity || bytes.size() > 2048) return false;
    Packet& packet = out_[out_count_++];
    packet.peer = to;
    packet.size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(packet.bytes.data(), bytes.data(), bytes.size());
    return true;
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
  ManualClock clock{1'700'000'000'000'000'000};
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

  World() {
    config.staging_bytes = 1u << 20;
    config.session.restart_grace_ms = 2'000;
    log_config.log_id = 77;
    log_config.segment_bytes = 512u << 10;
    log_config.ring_bytes = 1u << 16;
    log_config.reserve_bytes = 64u << 10;
    log_config.keep_free_bytes = 0;
    log_config.max_payload_bytes = kMaxRecordPayload;
  }

  /// A process starts on what the disks hold.
  void start() {
    staging = std::make_unique<StagingRing>(config.staging_bytes);
    StateRecovery recovery(log_storage, snapshot_storage, *staging, config.rerelease_commands);
    recovered = recovery.run();
    SAKER_ASSERT(recovered.error.empty());
    allocator = std::make_unique<TestAllocator>(log_storage, log_config,
                                                recovered.log.next_segment());
    log = std::make_unique<TestLog>(log_storage, *allocator, log_config, recovered.log);
    SAKER_ASSERT(log->start());
    const bool first = recovered.core == nullptr;
    const bool new_epoch = !first && needs_new_epoch(recovered);
    const Venue venue = parse_venue(venue_text, "venue");
    const char* why = nullptr;
    core = first ? core::Core::create(venue.genesis, &why) : std::move(recovered.core);
    engine = std::make_unique<TestEngine>(*core, network, *log, clock, *staging, config, secrets);
    RunStart<TestEngine, ManualClock> run(*engine, *core, clock, config);
    const auto pump = [this] { write_log(); };
    SAKER_ASSERT(first ? run.first(venue, pump) : run.again(new_epoch, pump));
    commit();
    network.clear();
  }
  /// The process is gone; what was not synced as well.
  void crash() {
    engine.reset();
    log.reset();
    allocator.reset();
    core.reset();
    staging.reset();
    log_storage.crash();
    network.receive();
    network.clear();
  }

  void write_log() {
    while (allocator->poll(clock.now_ns())) {
    }
    while (log->poll(clock.now_ns())) {
    }
  }
  /// One round without the disk.
  void poll() { engine->poll(clock.now_ns()); }
  /// One round, the disk, and another round that releases.
  void commit() {
    poll();
    write_log();
    poll();
  }
  void pass_ms(std::uint64_t ms) {
    for (; ms > 0; ms -= std::min<std::uint64_t>(ms, 50)) {
      clock.time_ns += std::min<std::uint64_t>(ms, 50) * 1'000'000;
      commit();
    }
  }
  std::uint64_t dropped(Drop reason) const { return engine->metrics().dropped(reason); }
};

/// What a client got, decoded.
struct Inbox {
  std::vector<proto::Report> reports;
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
    world.secrets.find(session);
    secret_.fill(static_cast<std::uint8_t>(session));
  }

  net::Endpoint peer;
  std::uint64_t next_sequence = 1;
  proto::LogonAccepted accepted;
  proto::KeyPair keys;

  /// The whole logon; false when it was not accepted.
  bool logon(std::uint32_t heartbeat_ms = 1'000) {
    begin_logon(heartbeat_ms);
    for (int round = 0; round < 4 && !logged_on(); ++round) {
      poll_handshake();
      world_.commit();
      receive();
    }
    return logged_on();
  }
  void begin_logon(std::uint32_t heartbeat_ms = 1'000) {
    proto::HandshakeClient::Config config;
    config.session = session_;
    config.keys = proto::derive_keys(secret_, 0, proto::Purpose::Logon);
    config.heartbeat_ms = heartbeat_ms;
    handshake_.emplace(config);
    handshake_->start(world_.clock.now_ns(), ++nonce_, 1);
  }
  void poll_handshake() {
    const std::size_t size = handshake_->poll(world_.clock.now_ns(), buffer_);
    if (size != 0) deliver(Bytes{buffer_.data(), size});
  }
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
  Inbox receive() {
    Inbox inbox;
    for (Packet& packet : world_.network.sent()) {
      if (packet.peer != peer) continue;
      open(packet, inbox);
      packet.peer = {};
    }
    return inbox;
  }

  std::uint64_t ack = 0;

 private:
  void open(Packet& packet, Inbox& inbox) {
    ++inbox.datagrams;
    proto::Prefix p;
    const std::span<std::byte> datagram{packet.bytes.data(), packet.size};
    SAKER_ASSERT(proto::parse_prefix(datagram, p) == proto::FrameError::None);
    if (proto::is_logon(p.kind)) return on_logon(p, datagram, inbox);
    SAKER_ASSERT(proto::check_tag(datagram, keys.to_client));
    const Bytes payload = proto::payload_of(datagram);
    switch (p.kind) {
      case proto::PacketKind::Reports:
        for (const proto::Report& report : proto::decode_reports(payload)) {
          inbox.reports.push_back(report);
        }
        break;
      case proto::PacketKind::Decision:
        inbox.decisions.push_back(*proto::decode<proto::Decision>(payload));
        break;
      case proto::PacketKind::Busy:
        inbox.busy.push_back(*proto::decode<proto::Busy>(payload));
        break;
      case proto::PacketKind::Heartbeat:
        inbox.heartbeats.push_back(*proto::decode<proto::Heartbeat>(payload));
        break;
      case proto::PacketKind::Logoff: ++inbox.logoffs; break;
      default: fatal("unexpected kind", __FILE__, __LINE__);
    }
  }
  void on_logon(const proto::Prefix& p, std::span<std::byte> datagram, Inbox& inbox) {
    if (!handshake_) return;
    if (p.kind == proto::PacketKind::LogonRefused) {
      inbox.refused.push_back(*proto::decode<proto::LogonRefused>(proto::payload_of(datagram)));
    }
    const auto event = handshake_->on_datagram(p, datagram, world_.clock.now_ns());
    if (event != proto::HandshakeClient::Event::kAccepted) return;
    accepted = handshake_->accepted();
    keys = proto::derive_keys(secret_, accepted.epoch(), proto::Purpose::OrderEntry);
    next_sequence = accepted.next_client_sequence();
    heartbeats_ = 0;
  }

  World& world_;
  const std::uint32_t session_;
  proto::Secret secret_;
  std::uint64_t nonce_ = 1'000;
  std::uint64_t heartbeats_ = 0;
  std::optional<proto::HandshakeClient> handshake_;
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> buffer_;
};

inline proto::NewOrder limit_order(std::uint32_t account, proto::Side side, std::int64_t price,
                                   std::int64_t lots, std::uint64_t client_order_id = 0) {
  return proto::NewOrder(client_order_id, price, lots, 0, account, 1, side,
                         proto::OrderType::Limit, proto::TimeInForce::GoodTillCancel,
                         proto::SelfTradePrevention::CancelTaker, 0);
}

}  // namespace saker::engine::testing
