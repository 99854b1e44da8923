// A follower on memory disks and a transport in memory, and a client that asks it.
#pragma once

#include <deque>

#include "engine/follower/follower.hpp"
#include "engine/follower/test_venue.hpp"

namespace saker::follower {

/// A wire held in the hand: what is pushed into `in` arrives, what is sent lies in `sent`.
class MemoryTransport {
 public:
  struct Packet {
    net::Endpoint peer;
    std::vector<std::byte> bytes;
  };
  std::deque<Packet> in;
  std::vector<Packet> sent;

  std::span<net::Datagram> receive() {
    burst_.clear();
    held_.clear();
    for (; !in.empty() && held_.size() < 64; in.pop_front()) held_.push_back(std::move(in.front()));
    for (Packet& packet : held_) {
      net::Datagram datagram;
      datagram.data = packet.bytes.data();
      datagram.size = static_cast<std::uint32_t>(packet.bytes.size());
      datagram.peer = packet.peer;
      burst_.push_back(datagram);
    }
    return burst_;
  }
  std::span<std::byte> reserve() { return building_; }
  void commit(net::Endpoint to, std::size_t size) {
    sent.push_back({to, {building_.begin(), building_.begin() + static_cast<int>(size)}});
  }
  bool send(net::Endpoint to, std::span<const std::byte> bytes) {
    return net::send_copy(*this, to, bytes);
  }
  std::size_t send_each(std::span<const net::Endpoint> to, std::span<const std::byte> bytes) {
    return net::send_copies(*this, to, bytes);
  }
  void flush() {}

 private:
  std::vector<Packet> held_;
  std::vector<net::Datagram> burst_;
  alignas(8) std::array<std::byte, net::kMaxDatagram> building_;
};
static_assert(net::Transport<MemoryTransport>);

inline proto::Secret test_secret(std::uint32_t key_id) {
  proto::Secret secret{};
  secret[0] = static_cast<std::uint8_t>(key_id);
  secret[1] = 77;
  return secret;
}

/// Keys 101..104, those of the test venue's sessions.
class TestSecrets : public engine::SecretSource {
 public:
  const proto::Secret* find(std::uint32_t key_id) const override {
    if (key_id < 101 || key_id > 104) return nullptr;
    secret_ = test_secret(key_id);
    return &secret_;
  }

 private:
  mutable proto::Secret secret_;
};

/// The follower's disks outlive it, as disks do.
struct TestDisks {
  MemoryStorage snapshots;
  MemoryStorage events;
};

struct TestFollower {
  explicit TestFollower(TestVenue& venue, TestDisks& disks, FollowerConfig config = small())
      : venue(venue),
        process(config, wire, {venue.log, disks.snapshots, disks.events}, clock, secrets, {},
                *counters, [this](const std::string& line) { said.push_back(line); }) {}

  static FollowerConfig small() {
    FollowerConfig config;
    config.records_per_poll = 64;
    config.snapshot_min_commands = 1;
    config.event_write_ns = 0;
    config.event_idle_write_ns = 0;
    config.event_sync_ns = 0;
    config.history = {1024, 1024, 4096};
    return config;
  }

  /// Polls until nothing is left to do.
  void run(int most = 100'000) {
    while (process.poll(clock.time_ns) && --most > 0) {
    }
  }
  bool has_said(std::string_view text) const {
    for (const std::string& line : said) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  std::uint64_t count(FollowerCounter counter) const { return counters->get(counter); }

  TestVenue& venue;
  ManualClock clock{1'700'000'001'000'000'000};
  MemoryTransport wire;
  TestSecrets secrets;
  std::unique_ptr<Counters> counters = Counters::in_memory(kFollowerCounters);
  std::vector<std::string> said;
  Follower<MemoryTransport, MemoryStorage, ManualClock> process;
};

/// A session's own end of the wire.
class TestClient {
 public:
  TestClient(TestFollower& follower, std::uint32_t session)
      : follower_(follower), session_(session), peer_{0x0A000001, std::uint16_t(5000 + session)} {}

  /// Runs the handshake. False when it was not accepted.
  bool log_on() {
    proto::HandshakeClient::Config config;
    config.session = session_;
    config.keys = proto::derive_logon_keys(test_secret(100 + session_));
    proto::HandshakeClient handshake(config);
    TimeNs& now_ns = follower_.clock.time_ns;
    now_ns += 1'000'000;
    handshake.start(now_ns, now_ns, 0);
    for (int i = 0; i < 4; ++i) {
      const std::size_t size = handshake.poll(now_ns, out_);
      if (size != 0) push(Bytes(out_).first(size));
      follower_.process.poll(now_ns);
      for (auto& packet : take()) {
        proto::Prefix prefix;
        if (proto::parse_prefix(packet, prefix) != proto::FrameError::None) continue;
        handshake.on_datagram(prefix, packet, now_ns);
      }
    }
    if (handshake.state() != proto::HandshakeClient::State::kAccepted) return false;
    accepted = handshake.accepted();
    keys_ = proto::derive_keys(test_secret(100 + session_), accepted.epoch(),
                               accepted.connection(), proto::Purpose::Query);
    return true;
  }

  void send(proto::QueryKind kind, proto::Query query) {
    query.mutate_request(++request_);
    proto::Prefix prefix;
    prefix.kind = proto::PacketKind::Query;
    prefix.type = raw(kind);
    prefix.session = session_;
    prefix.epoch = accepted.epoch();
    prefix.sequence = request_;
    prefix.ack = accepted.connection();
    push(Bytes(out_).first(proto::encode_datagram(prefix, query, keys_.to_server, out_)));
  }
  void push(Bytes bytes) {
    follower_.wire.in.push_back({peer_, {bytes.begin(), bytes.end()}});
  }
  void set_peer(net::Endpoint peer) { peer_ = peer; }

  /// The reply's lists point into this object until the next call. False without an answer.
  bool ask(proto::QueryKind kind, proto::Query query, proto::QueryReply& reply) {
    send(kind, query);
    follower_.process.poll(follower_.clock.time_ns);
    return receive(kind, reply);
  }
  bool receive(proto::QueryKind kind, proto::QueryReply& reply) {
    for (auto& packet : take()) {
      proto::Prefix prefix;
      if (proto::parse_prefix(packet, prefix) != proto::FrameError::None) continue;
      if (prefix.kind != proto::PacketKind::QueryReply || prefix.type != raw(kind)) continue;
      if (!proto::check_tag(packet, keys_.to_client)) continue;
      held_ = std::move(packet);
      return proto::decode_query_reply(proto::payload_of(held_), reply);
    }
    return false;
  }
  /// What has been sent to this client since the last call.
  std::vector<std::vector<std::byte>> take() {
    std::vector<std::vector<std::byte>> mine;
    auto& sent = follower_.wire.sent;
    for (auto& packet : sent) {
      if (packet.peer == peer_) mine.push_back(std::move(packet.bytes));
    }
    std::erase_if(sent, [this](const auto& packet) { return packet.peer == peer_; });
    return mine;
  }

  proto::LogonAccepted accepted;

 private:
  TestFollower& follower_;
  const std::uint32_t session_;
  net::Endpoint peer_;
  proto::KeyPair keys_;
  std::uint64_t request_ = 0;
  std::vector<std::byte> held_;
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> out_;
};

inline proto::Query query_of(std::uint32_t subject, std::uint64_t from = 0, std::uint64_t to = 0,
                             std::uint64_t at_least = 0) {
  return proto::Query(0, at_least, from, to, subject, 0, 0);
}

}  // namespace saker::follower
