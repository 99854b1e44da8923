// Logon and logoff: the server's side of proto::HandshakeServer, whose confirmed logons become
// sequenced commands and are answered once those are committed.
#pragma once

#include <algorithm>

#include "engine/feed/publisher.hpp"
#include "engine/sequencer.hpp"
#include "engine/session/outbox.hpp"
#include "engine/session/session_keys.hpp"
#include "proto/handshake.hpp"

namespace saker::engine {

template <net::Transport Transport, CommandLog Log, Clock Time>
class Logon {
 public:
  Logon(const core::Core& core, Sequencer<Log, Time>& sequencer, StagingRing& staging,
        SessionTable& table, SessionKeys& keys, Outbox<Transport>& outbox,
        FeedPublisher<Transport>& feed, const EngineConfig& config, Metrics& metrics)
      : core_(core), sequencer_(sequencer), staging_(staging), table_(table), keys_(keys),
        outbox_(outbox), feed_(feed), config_(config), metrics_(metrics),
        handshake_(cookie_key(config), table.size() - 1, handshake_config(config)) {}

  /// A LogonRequest or LogonConfirm of an existing session.
  void on_datagram(const proto::Prefix& prefix, const net::Datagram& datagram, TimeNs now_ns) {
    SessionSlot& slot = table_[prefix.session];
    if (!keys_.known(prefix.session)) return metrics_.drop(Drop::unknown_key);
    if (!slot.bound) keys_.ensure(prefix.session, slot);
    const auto result =
        handshake_.on_datagram(prefix, {datagram.data, datagram.size},
                               {datagram.peer.address, datagram.peer.port}, now_ns,
                               slot.logon_keys, reply_);
    switch (result.outcome) {
      case Handshake::Outcome::kDropped: return metrics_.drop(reason_of(result.drop));
      case Handshake::Outcome::kReply:
        ++metrics_.challenges;
        return outbox_.send_sealed(datagram.peer, Bytes{reply_.data(), result.reply_bytes});
      case Handshake::Outcome::kConfirmed:
        return on_confirmed(prefix.session, result, datagram.peer, now_ns);
    }
  }

  /// Tells a client that has proved to hold the key of the session's last connection that this
  /// process does not know that connection (any more).
  void refuse(std::uint32_t session, net::Endpoint peer, TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    if (slot.last_refused_ns != 0 && now_ns - slot.last_refused_ns < kRefusalIntervalNs) {
      return metrics_.drop(Drop::not_logged_on);
    }
    slot.last_refused_ns = now_ns;
    const std::size_t size =
        Handshake::refuse_connection(session, slot.keys_connection, handshake_.config(),
                                     slot.logon_keys.to_client, reply_);
    ++metrics_.logon_refused;
    outbox_.send_sealed(peer, Bytes{reply_.data(), size});
  }

  /// Sequences the end of a session, as asked or by time-out; false when there is no room yet.
  bool end_session(std::uint32_t session, proto::CommandKind kind, TimeNs now_ns) {
    const bool done =
        kind == proto::CommandKind::SessionLogoff
            ? sequencer_.sequence_own(kind, proto::SessionLogoff(session, 0), Need::kReserved,
                                      now_ns)
            : sequencer_.sequence_own(kind, proto::SessionTimedOut(session, 0), Need::kInternal,
                                      now_ns);
    if (!done) return false;
    table_[session].awaited = false;
    table_.unbind(session);
    feed_.subscribers().remove(session);
    return true;
  }

 private:
  using Handshake = proto::HandshakeServer;
  static constexpr std::uint64_t kRefusalIntervalNs = 10'000'000;

  static proto::Key cookie_key(const EngineConfig& config) {
    proto::Key key;
    std::memcpy(key.bytes.data(), config.cookie_secret.data(), key.bytes.size());
    return key;
  }
  static Handshake::Config handshake_config(const EngineConfig& config) {
    Handshake::Config handshake;
    handshake.cookie_lifetime_ns =
        std::uint64_t{config.session.cookie_lifetime_ms} * 1'000'000;
    return handshake;
  }
  static Drop reason_of(Handshake::Drop drop) {
    switch (drop) {
      case Handshake::Drop::kTag: return Drop::bad_tag;
      case Handshake::Drop::kTooShort: return Drop::logon_too_short;
      case Handshake::Drop::kKind: return Drop::bad_kind;
      case Handshake::Drop::kSession: return Drop::unknown_session;
      case Handshake::Drop::kStale: return Drop::bad_cookie;
      case Handshake::Drop::kMalformed:
      case Handshake::Drop::kNone: break;
    }
    return Drop::malformed;
  }

  void on_confirmed(std::uint32_t session, const Handshake::Result& result, net::Endpoint peer,
                    TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    const bool done_before =
        result.repeated && slot.logon_nonce == result.request.client_nonce();
    if (done_before && (!slot.bound || slot.peer != peer)) return metrics_.drop(Drop::replayed);
    if (!done_before && !begin(session, result.request, peer, now_ns)) {
      return metrics_.drop(Drop::no_room);
    }
    stage_accepted(session, result);
  }

  /// Sequences the logon and binds the session to where it came from; false without room.
  bool begin(std::uint32_t session, const proto::LogonRequest& request, net::Endpoint peer,
             TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    const SessionConfig& limits = config_.session;
    const std::uint32_t wish =
        request.heartbeat_ms() == 0 ? limits.heartbeat_default_ms : request.heartbeat_ms();
    const std::uint32_t heartbeat_ms =
        std::clamp(wish, limits.heartbeat_min_ms, limits.heartbeat_max_ms);
    const std::uint64_t connection =
        proto::next_connection(core_.session(SessionId{session}).connection, now_ns);
    if (!sequencer_.sequence_own(proto::CommandKind::SessionLogon,
                                 proto::SessionLogon(connection, session, heartbeat_ms),
                                 Need::kReserved, now_ns)) {
      return false;
    }
    if (slot.connection == 0) {
      slot.orders.reset(limits.orders, now_ns);
      slot.cancels.reset(limits.cancels, now_ns);
      slot.answers.reset(limits.answers, now_ns);
    }
    // The present keys end here, whatever is still on its way under them.
    keys_.ensure(session, slot);
    table_.bind(session, peer, now_ns);
    feed_.subscribers().remove(session);
    slot.connection = connection;
    slot.logon_nonce = request.client_nonce();
    slot.heartbeat_ms = heartbeat_ms;
    const std::uint64_t expected = std::max<std::uint64_t>(request.next_report_sequence(), 1);
    slot.acknowledged = std::min(expected, slot.next_report) - 1;
    return true;
  }

  /// The answer waits for all that is sequenced so far, the logon included.
  void stage_accepted(std::uint32_t session, const Handshake::Result& result) {
    const SessionSlot& slot = table_[session];
    const core::SessionView view = core_.session(SessionId{session});
    const proto::LogonAccepted accepted(
        result.request.client_nonce(), slot.connection, view.highest_client_sequence + 1,
        view.next_report_sequence, core_.sequence(), 0, config_.build_hash, config_.config_hash,
        core_.epoch(), slot.heartbeat_ms, slot.heartbeat_ms * config_.session.missed_heartbeats,
        core::kDecisionWindow, core::kReorderWindow, core::kMaxInFlight, result.version,
        config_.policy, 0, 0);
    stage(staging_, metrics_, core_.sequence(), session, slot.connection,
          proto::PacketKind::LogonAccepted, 0, accepted);
  }

 public:
  /// Stages a session-layer message that may leave once `sequence` is committed.
  template <class Struct>
  static void stage(StagingRing& staging, Metrics& metrics, Sequence sequence,
                    std::uint32_t session, std::uint64_t connection, proto::PacketKind kind,
                    std::uint64_t prefix_sequence, const Struct& v1) {
    alignas(8) std::array<std::byte, proto::payload_bytes<Struct>()> payload;
    proto::encode(v1, payload);
    StagedMessage message;
    message.header.sequence = sequence;
    message.session = session;
    message.connection = connection;
    message.kind = static_cast<std::uint8_t>(kind);
    message.prefix_sequence = prefix_sequence;
    if (!staging.push_message(message, payload)) metrics.drop(Drop::no_room);
  }

 private:
  const core::Core& core_;
  Sequencer<Log, Time>& sequencer_;
  StagingRing& staging_;
  SessionTable& table_;
  SessionKeys& keys_;
  Outbox<Transport>& outbox_;
  FeedPublisher<Transport>& feed_;
  const EngineConfig& config_;
  Metrics& metrics_;
  Handshake handshake_;
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> reply_;
};

}  // namespace saker::engine
