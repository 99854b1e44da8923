// From a datagram to a sequenced command, or to a counted drop.
//
// Owner: the hot thread. The order of the checks is the order of DESIGN §5: size, magic, version,
// kind, session, key, tag, address, sequence window, and only then is anything parsed. What fails
// before the tag is proved gets no answer.
#pragma once

#include "common/plants.hpp"
#include "engine/session/logon.hpp"
#include "proto/commands.hpp"
#include "proto/tags_ahead.hpp"

namespace saker::engine {

template <net::Transport Transport, CommandLog Log, Clock Time>
class SessionLayer {
 public:
  SessionLayer(const core::Core& core, Sequencer<Log, Time>& sequencer, StagingRing& staging,
               SessionTable& table, SessionKeys& keys, Outbox<Transport>& outbox,
               Logon<Transport, Log, Time>& logon, FeedPublisher<Transport>& feed,
               Metrics& metrics)
      : core_(core), sequencer_(sequencer), staging_(staging), table_(table), keys_(keys),
        outbox_(outbox), logon_(logon), feed_(feed), metrics_(metrics) {}

  /// A datagram that comes soon: fetches what it will need, whatever it says.
  void prefetch(const net::Datagram& datagram) const {
    if (datagram.size < proto::kPrefixBytes) return;
    std::uint32_t session = 0;
    std::memcpy(&session, datagram.data + offsetof(proto::Prefix, session), sizeof session);
    if (session >= table_.size()) return;
    const auto* slot = reinterpret_cast<const std::byte*>(&table_[session]);
    for (std::size_t at = 0; at < sizeof(SessionSlot); at += kCacheLine) {
      __builtin_prefetch(slot + at);
    }
    core_.prefetch_session(SessionId{session});
  }

  /// At most kTogether datagrams whose turn is next: what their tags should be.
  static constexpr std::size_t kTogether = proto::TagsAhead::kMost;
  void look_ahead(std::span<const net::Datagram> next) {
    tags_.clear();
    if (next.size() < proto::TagsAhead::kLeast) return;
    for (const net::Datagram& datagram : next) {
      const Bytes bytes{datagram.data, datagram.size};
      proto::Prefix prefix;
      if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) continue;
      if (proto::is_logon(prefix.kind) || prefix.session >= table_.size()) continue;
      const SessionSlot& slot = table_[prefix.session];
      if (slot.bound && prefix.epoch == core_.epoch()) tags_.add(bytes, slot.keys.to_server);
    }
    tags_.compute();
  }

  /// One datagram, whatever it holds.
  void on_datagram(const net::Datagram& datagram, TimeNs now_ns) {
    ++metrics_.datagrams_received;
    proto::Prefix prefix;
    if (!parse(datagram, prefix)) return;
    if (prefix.session == 0 || prefix.session >= table_.size()) {
      return metrics_.drop(Drop::unknown_session);
    }
    SessionSlot& slot = table_[prefix.session];
    if (!slot.bound && !core_.session(SessionId{prefix.session}).exists) {
      return metrics_.drop(Drop::unknown_session);
    }
    if (proto::is_logon(prefix.kind)) return logon_.on_datagram(prefix, datagram, now_ns);
    if (!authentic(prefix, datagram, slot)) return;
    if (!slot.bound) return logon_.refuse(prefix.session, datagram.peer, now_ns);
    if (datagram.peer != slot.peer) return metrics_.drop(Drop::wrong_address);
    dispatch(prefix, datagram, slot, now_ns);
  }

 private:
  bool parse(const net::Datagram& datagram, proto::Prefix& prefix) {
    if (datagram.size > proto::kMaxDatagramBytes) {
      metrics_.drop(Drop::truncated);
      return false;
    }
    switch (proto::parse_prefix({datagram.data, datagram.size}, prefix)) {
      case proto::FrameError::None: break;
      case proto::FrameError::Magic: metrics_.drop(Drop::bad_magic); return false;
      case proto::FrameError::Version: metrics_.drop(Drop::bad_version); return false;
      case proto::FrameError::Kind: metrics_.drop(Drop::bad_kind); return false;
      default: metrics_.drop(Drop::too_short); return false;
    }
    switch (prefix.kind) {
      case proto::PacketKind::LogonRequest:
      case proto::PacketKind::LogonConfirm:
      case proto::PacketKind::Logoff:
      case proto::PacketKind::Heartbeat:
      case proto::PacketKind::Command:
      case proto::PacketKind::FeedSubscribe: return true;
      default: metrics_.drop(Drop::bad_kind); return false;
    }
  }

  /// The tag agrees. While the session is logged on that is the key of this connection, which a
  /// datagram of any former one does not pass; else that of its last connection, in its epoch.
  bool authentic(const proto::Prefix& prefix, const net::Datagram& datagram, SessionSlot& slot) {
    const bool possible = slot.bound ? prefix.epoch == core_.epoch()
                                     : prefix.epoch != 0 && prefix.epoch <= core_.epoch();
    if (!possible) {
      metrics_.drop(Drop::wrong_epoch);
      return false;
    }
    if (!slot.bound && !keys_.ensure(prefix.session, slot)) {
      metrics_.drop(Drop::unknown_key);
      return false;
    }
    proto::Key key = slot.keys.to_server;
    if (prefix.epoch != core_.epoch()) keys_.old_key(prefix.session, prefix.epoch, key);
    const Bytes bytes{datagram.data, datagram.size};
    const proto::Tag* known = tags_.find(datagram.data, key);
    if (known ? proto::carries(bytes, *known) : proto::check_tag(bytes, key)) return true;
    metrics_.drop(Drop::bad_tag);
    return false;
  }

  void dispatch(const proto::Prefix& prefix, const net::Datagram& datagram, SessionSlot& slot,
                TimeNs now_ns) {
    // An acknowledgement beyond what was released is a lie and moves nothing.
    if (prefix.ack > slot.acknowledged && prefix.ack < slot.next_report) {
      slot.acknowledged = prefix.ack;
    }
    const Bytes payload = proto::payload_of({datagram.data, datagram.size});
    switch (prefix.kind) {
      case proto::PacketKind::Command:
        return on_command(prefix, payload, datagram, slot, now_ns);
      case proto::PacketKind::Heartbeat: return on_heartbeat(prefix, payload, slot, now_ns);
      case proto::PacketKind::Logoff: return on_logoff(prefix, slot, now_ns);
      case proto::PacketKind::FeedSubscribe: return on_subscribe(prefix, payload, slot, now_ns);
      default: return;
    }
  }

  void on_command(const proto::Prefix& prefix, Bytes payload, const net::Datagram& datagram,
                  SessionSlot& slot, TimeNs now_ns) {
    if (prefix.sequence == 0) return metrics_.drop(Drop::sequence_zero);
    switch (core_.check_sequence(SessionId{prefix.session}, prefix.sequence)) {
      case core::SequenceVerdict::kNew: break;
      case core::SequenceVerdict::kTooFar:
        return busy(prefix, proto::Reason::BUSY_WINDOW_EXCEEDED, 0, now_ns);
      case core::SequenceVerdict::kDecided:
        if (SAKER_PLANT(duplicate_applied)) break;
        return repeat_decision(prefix, slot, now_ns);
      case core::SequenceVerdict::kSkipped:
        return never_applied(prefix, slot, proto::Reason::SKIPPED_NEVER_APPLIED, now_ns);
      case core::SequenceVerdict::kExpired:
        return never_applied(prefix, slot, proto::Reason::OUTCOME_EXPIRED, now_ns);
    }
    slot.last_heard_ns = now_ns;
    const auto kind = static_cast<proto::CommandKind>(prefix.type);
    const bool frees = core::uses_reserved_room(kind);
    TokenBucket& bucket = frees ? slot.cancels : slot.orders;
    if (!bucket.take(now_ns)) {
      return busy(prefix, proto::Reason::BUSY_RATE, bucket.wait_ns() / 1'000 + 1, now_ns);
    }
    const proto::DecodedCommand decoded = proto::decode_command(kind, payload);
    // What is not known here must not be in the log: a later build would obey it.
    if (decoded.error == proto::DecodeError::UnknownKind ||
        (decoded.error == proto::DecodeError::None &&
         !sequencer_.knows_rules(core::asked_rules(kind, decoded.body)))) {
      return busy(prefix, proto::Reason::UNKNOWN_COMMAND, 0, now_ns);
    }
    if (decoded.error != proto::DecodeError::None) return metrics_.drop(Drop::malformed);
    const proto::Reason reason =
        sequencer_.admit(frees ? Need::kReserved : Need::kNewBusiness);
    if (reason != proto::Reason::NONE) return busy(prefix, reason, kRetryUs, now_ns);
    sequence(prefix, kind, decoded.body, datagram, now_ns);
  }

  void sequence(const proto::Prefix& prefix, proto::CommandKind kind, Bytes body,
                const net::Datagram& datagram, TimeNs now_ns) {
    core::CommandEnvelope envelope = sequencer_.own_envelope();
    envelope.client_sequence = prefix.sequence;
    envelope.received_ns = datagram.received_ns;
    envelope.session = prefix.session;
    envelope.received_source = datagram.received_source;
    std::memcpy(body_.data(), body.data(), body.size());
    sequencer_.sequence(kind, envelope, {body_.data(), body.size()}, now_ns);
    sequencer_.after_client_command(now_ns);
  }

  /// The same answer as the first time. It says that the command is in the log, so it waits
  /// until that is so for good. Never a BUSY_, which would say the opposite.
  void repeat_decision(const proto::Prefix& prefix, SessionSlot& slot, TimeNs now_ns) {
    if (!slot.answers.take(now_ns)) return metrics_.drop(Drop::answer_limited);
    const core::Decision decision =
        core_.decision(SessionId{prefix.session}, prefix.sequence);
    stage_decision(prefix, slot,
                   proto::Decision(prefix.sequence, decision.engine_sequence,
                                   decision.report_sequence, decision.order_id, decision.kind, 0,
                                   decision.reason, 0));
  }

  void never_applied(const proto::Prefix& prefix, SessionSlot& slot, proto::Reason reason,
                     TimeNs now_ns) {
    if (!slot.answers.take(now_ns)) return metrics_.drop(Drop::answer_limited);
    stage_decision(prefix, slot,
                   proto::Decision(prefix.sequence, 0, 0, 0, proto::ReportKind::None, 0, reason,
                                   0));
  }

  void stage_decision(const proto::Prefix& prefix, const SessionSlot& slot,
                      const proto::Decision& decision) {
    ++metrics_.decisions;
    Logon<Transport, Log, Time>::stage(staging_, metrics_, core_.sequence(), prefix.session,
                                       slot.connection, proto::PacketKind::Decision,
                                       prefix.sequence, decision);
  }

  void busy(const proto::Prefix& prefix, proto::Reason reason, std::uint64_t retry_after_us,
            TimeNs now_ns) {
    switch (reason) {
      case proto::Reason::BUSY_OUTPUT_FULL: ++metrics_.busy_output_full; break;
      case proto::Reason::BUSY_LOG_FULL: ++metrics_.busy_log_full; break;
      case proto::Reason::BUSY_DISK_FULL: ++metrics_.busy_disk_full; break;
      case proto::Reason::BUSY_RATE: ++metrics_.busy_rate; break;
      case proto::Reason::BUSY_WINDOW_EXCEEDED: ++metrics_.busy_window; break;
      default: break;
    }
    const proto::Busy answer(prefix.sequence, reason, 0,
                             static_cast<std::uint32_t>(retry_after_us));
    outbox_.send_struct(prefix.session, proto::PacketKind::Busy, prefix.sequence, answer, now_ns);
  }

  void on_heartbeat(const proto::Prefix& prefix, Bytes payload, SessionSlot& slot,
                    TimeNs now_ns) {
    const auto* heartbeat = proto::decode<proto::Heartbeat>(payload);
    if (heartbeat == nullptr) return metrics_.drop(Drop::malformed);
    if (prefix.sequence != slot.connection || heartbeat->counter() <= slot.heartbeat_in) {
      return metrics_.drop(Drop::replayed);
    }
    slot.heartbeat_in = heartbeat->counter();
    slot.last_heard_ns = now_ns;
  }

  /// Answered by the same kind once the logoff is committed.
  void on_logoff(const proto::Prefix& prefix, SessionSlot& slot, TimeNs now_ns) {
    if (prefix.sequence != slot.connection) return metrics_.drop(Drop::replayed);
    if (!logon_.end_session(prefix.session, proto::CommandKind::SessionLogoff, now_ns)) {
      return metrics_.drop(Drop::no_room);
    }
    StagedMessage message;
    message.header.sequence = core_.sequence();
    message.session = prefix.session;
    message.connection = slot.connection;
    message.kind = static_cast<std::uint8_t>(proto::PacketKind::Logoff);
    message.prefix_sequence = slot.connection;
    if (!staging_.push_message(message, {})) metrics_.drop(Drop::no_room);
  }

  /// The feed goes to the session's own address only, whatever port: nobody can aim it at others.
  void on_subscribe(const proto::Prefix& prefix, Bytes payload, SessionSlot& slot,
                    TimeNs now_ns) {
    const auto* wish = proto::decode<proto::FeedSubscribe>(payload);
    if (wish == nullptr) return metrics_.drop(Drop::malformed);
    if (prefix.sequence <= slot.subscribe_counter) return metrics_.drop(Drop::replayed);
    slot.subscribe_counter = prefix.sequence;
    const auto own = [&slot](std::uint32_t address) {
      return address == 0 || address == slot.peer.address;
    };
    const Subscriber subscriber{prefix.session,
                                {slot.peer.address, wish->a_port()},
                                {slot.peer.address, wish->b_port()}};
    if (!own(wish->a_address()) || !own(wish->b_address()) ||
        !feed_.subscribers().set(subscriber)) {
      return metrics_.drop(Drop::subscribe_denied);
    }
    slot.last_heard_ns = now_ns;
    feed_.greet(subscriber, now_ns);
  }

  static constexpr std::uint64_t kRetryUs = 1'000;

  const core::Core& core_;
  Sequencer<Log, Time>& sequencer_;
  StagingRing& staging_;
  SessionTable& table_;
  SessionKeys& keys_;
  Outbox<Transport>& outbox_;
  Logon<Transport, Log, Time>& logon_;
  FeedPublisher<Transport>& feed_;
  Metrics& metrics_;
  proto::TagsAhead tags_;
  alignas(8) std::array<std::byte, core::kMaxCommandBody> body_;
};

}  // namespace saker::engine
