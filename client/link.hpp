// One authenticated conversation with a server: logon and logging on again, keys, tags, counters
// of what was dropped. Order entry and queries stand on it; they decide what is sent and when the
// server counts as gone.
#pragma once

#include <span>

#include "client/config.hpp"
#include "common/types.hpp"
#include "order_entry_generated.h"
#include "proto/codec.hpp"
#include "proto/frame.hpp"
#include "proto/handshake.hpp"

namespace saker::client {

struct LinkCounters {
  std::uint64_t sent = 0;
  std::uint64_t send_refused = 0;   // by the transport: lost like on the wire
  std::uint64_t received = 0;       // that passed every check
  std::uint64_t dropped_frame = 0;  // size, magic, version, kind
  std::uint64_t dropped_tag = 0;    // forged, damaged or of a former connection
  std::uint64_t dropped_content = 0;
  std::uint64_t logons = 0;
  std::uint64_t logons_refused = 0;
};

/// What a datagram turned out to be.
struct LinkEvent {
  enum class Kind : std::uint8_t { kNothing, kLoggedOn, kRefused, kLost, kFrame };
  Kind kind = Kind::kNothing;
  proto::Reason reason = proto::Reason::NONE;  // kRefused
  proto::Prefix prefix;                        // kFrame
  Bytes payload;                               // kFrame
};

template <net::Transport Transport>
class Link {
 public:
  Link(const SessionConfig& config, net::Endpoint server, proto::Purpose purpose,
       Transport& transport)
      : config_(config),
        server_(server),
        purpose_(purpose),
        transport_(transport),
        logon_keys_(proto::derive_logon_keys(config.secret, config.tagged)),
        handshake_(handshake_config(config, logon_keys_)),
        nonce_(config.nonce_seed ^ (std::uint64_t{raw(purpose)} << 32)) {}

  /// Begins to log on, or to log on again.
  void start(TimeNs now_ns, std::uint64_t next_report_sequence) {
    up_ = false;
    wanted_ = true;
    retry_at_ns_ = 0;
    next_report_sequence_ = next_report_sequence;
    nonce_ = nonce_ * 6364136223846793005ull + 1442695040888963407ull;
    handshake_.start(now_ns, nonce_, next_report_sequence);
    poll(now_ns);
  }
  /// Stops; no more logons.
  void stop() { up_ = wanted_ = false; }

  /// Sends what the logon needs now.
  void poll(TimeNs now_ns) {
    if (!wanted_ || up_) return;
    if (retry_at_ns_ != 0) {
      if (now_ns >= retry_at_ns_) start(now_ns, next_report_sequence_);
      return;
    }
    const std::span<std::byte> into = room();
    const std::size_t size = into.empty() ? 0 : handshake_.poll(now_ns, into);
    if (size > 0) commit(size);
  }
  /// When poll() has something to do; UINT64_MAX when never.
  TimeNs next_deadline_ns() const {
    if (!wanted_ || up_) return UINT64_MAX;
    return retry_at_ns_ != 0 ? retry_at_ns_ : handshake_.next_deadline_ns();
  }

  /// Checks one datagram of the server. A kFrame's payload is still to be decoded.
  LinkEvent on_datagram(net::Datagram& datagram, TimeNs now_ns) {
    LinkEvent event;
    const std::span<std::byte> bytes(datagram.data, datagram.size);
    if (proto::parse_prefix(bytes, event.prefix) != proto::FrameError::None ||
        event.prefix.session != config_.session) {
      ++counters_.dropped_frame;
      return event;
    }
    if (proto::is_logon(event.prefix.kind)) {
      on_logon_datagram(event, bytes, now_ns);
      return event;
    }
    if (!up_ || event.prefix.epoch != accepted().epoch() ||
        !proto::check_tag(bytes, keys_.to_client)) {
      ++counters_.dropped_tag;
      return event;
    }
    ++counters_.received;
    event.kind = LinkEvent::Kind::kFrame;
    event.payload = proto::payload_of(bytes);
    return event;
  }

  /// Sends one message. False when the transport did not take it (as if it were lost).
  template <class Struct>
  bool send(proto::PacketKind kind, std::uint16_t type, std::uint64_t sequence, std::uint64_t ack,
            const Struct& v1) {
    const std::span<std::byte> into = room();
    if (into.empty()) return false;
    return commit(
        proto::encode_datagram(prefix(kind, type, sequence, ack), v1, keys_.to_server, into));
  }
  /// A command whose struct is at hand only as bytes.
  bool send_command(proto::CommandKind kind, std::uint64_t sequence, std::uint64_t ack,
                    Bytes body) {
    const std::span<std::byte> into = room();
    if (into.empty()) return false;
    const proto::Prefix head = prefix(proto::PacketKind::Command, raw(kind), sequence, ack);
    std::memcpy(into.data(), &head, sizeof head);
    const std::size_t size = sizeof head + encode_body(body, into.data() + sizeof head);
    proto::seal(into.first(size), keys_.to_server);
    return commit(size);
  }
  bool send_logoff() {
    const std::span<std::byte> into = room();
    if (into.empty()) return false;
    return commit(proto::encode_datagram(
        prefix(proto::PacketKind::Logoff, 0, accepted().connection(), 0), keys_.to_server, into));
  }

  /// Brings what sending touches into the cache.
  void prefetch() const {
    __builtin_prefetch(&keys_);
    __builtin_prefetch(&keys_ + 1);
    __builtin_prefetch(&up_);
    __builtin_prefetch(&accepted());
    __builtin_prefetch(&counters_, 1);
    __builtin_prefetch(&server_);
  }

  bool up() const { return up_; }
  bool wanted() const { return wanted_; }
  const proto::LogonAccepted& accepted() const { return handshake_.accepted(); }
  /// When a datagram that could not be an old one last arrived; callers say so with heard().
  TimeNs heard_ns() const { return heard_ns_; }
  void heard(TimeNs now_ns) { heard_ns_ = now_ns; }
  net::Endpoint server() const { return server_; }
  LinkCounters& counters() { return counters_; }
  const LinkCounters& counters() const { return counters_; }

 private:
  static proto::HandshakeClient::Config handshake_config(const SessionConfig& config,
                                                         const proto::KeyPair& keys) {
    proto::HandshakeClient::Config handshake;
    handshake.session = config.session;
    handshake.keys = keys;
    handshake.heartbeat_ms = config.heartbeat_ms;
    return handshake;
  }

  proto::Prefix prefix(proto::PacketKind kind, std::uint16_t type, std::uint64_t sequence,
                       std::uint64_t ack) const {
    proto::Prefix p;
    p.kind = kind;
    p.type = type;
    p.session = config_.session;
    p.epoch = accepted().epoch();
    p.sequence = sequence;
    p.ack = purpose_ == proto::Purpose::Query ? accepted().connection() : ack;
    return p;
  }

  // The same bytes that proto::encode() writes for a struct of this size.
  static std::size_t encode_body(Bytes body, std::byte* into) {
    struct {
      std::uint32_t root = 12;
      std::uint16_t vtable_bytes = 6;
      std::uint16_t table_bytes = 0;
      std::uint16_t v1_at = 4;
      std::uint16_t padding = 0;
      std::int32_t to_vtable = 8;
    } head;
    static_assert(sizeof head == proto::kTableHeadBytes);
    head.table_bytes = static_cast<std::uint16_t>(4 + body.size());
    std::memcpy(into, &head, sizeof head);
    std::memcpy(into + sizeof head, body.data(), body.size());
    return sizeof head + body.size();
  }

  /// Where the next datagram is built, in the transport's own memory; empty when it takes none.
  std::span<std::byte> room() {
    const std::span<std::byte> into = transport_.reserve();
    if (!into.empty()) return into;
    ++counters_.sent;
    ++counters_.send_refused;
    return {};
  }
  bool commit(std::size_t size) {
    ++counters_.sent;
    transport_.commit(server_, size);
    return true;
  }

  void on_logon_datagram(LinkEvent& event, std::span<std::byte> bytes, TimeNs now_ns) {
    if (up_) {
      if (event.prefix.kind == proto::PacketKind::LogonRefused) {
        on_refused_while_up(event, bytes);
      }
      return;
    }
    if (!wanted_ || retry_at_ns_ != 0) return;
    switch (handshake_.on_datagram(event.prefix, bytes, now_ns)) {
      case proto::HandshakeClient::Event::kAccepted:
        ++counters_.logons;
        keys_ = proto::derive_keys(config_.secret, accepted().epoch(), accepted().connection(),
                                   purpose_, config_.tagged);
        up_ = true;
        heard_ns_ = now_ns;
        event.kind = LinkEvent::Kind::kLoggedOn;
        return;
      case proto::HandshakeClient::Event::kRefused:
        ++counters_.logons_refused;
        retry_at_ns_ = now_ns + config_.refused_retry_ns;
        event.kind = LinkEvent::Kind::kRefused;
        event.reason = handshake_.refused().reason();
        return;
      case proto::HandshakeClient::Event::kIgnored:
        ++counters_.dropped_content;
        return;
      case proto::HandshakeClient::Event::kNone:
        return poll(now_ns);  // the confirm goes out at once
    }
  }

  // Says that a connection has ended, which once true stays true. A refusal of another connection
  // than the present is an old one played again, and nothing to log on anew for.
  void on_refused_while_up(LinkEvent& event, std::span<std::byte> bytes) {
    if (!proto::check_tag(bytes, logon_keys_.to_client)) {
      ++counters_.dropped_tag;
      return;
    }
    const auto* refused = proto::decode<proto::LogonRefused>(proto::payload_of(bytes));
    if (refused == nullptr || refused->reason() != proto::Reason::PERMISSION_NOT_LOGGED_ON ||
        refused->connection() != accepted().connection()) {
      ++counters_.dropped_content;
      return;
    }
    up_ = false;
    event.kind = LinkEvent::Kind::kLost;
  }

  SessionConfig config_;
  net::Endpoint server_;
  proto::Purpose purpose_;
  Transport& transport_;
  proto::KeyPair logon_keys_;
  proto::KeyPair keys_;
  proto::HandshakeClient handshake_;
  std::uint64_t nonce_;
  bool wanted_ = false;
  bool up_ = false;
  TimeNs heard_ns_ = 0;
  TimeNs retry_at_ns_ = 0;
  std::uint64_t next_report_sequence_ = 0;
  LinkCounters counters_;
};

}  // namespace saker::client
