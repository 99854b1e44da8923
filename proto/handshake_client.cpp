#include <algorithm>

#include "proto/handshake.hpp"

namespace saker::proto {

void HandshakeClient::start(TimeNs now_ns, std::uint64_t nonce,
                            std::uint64_t next_report_sequence) {
  request_ = LogonRequest(nonce, next_report_sequence, config_.features, config_.min_version,
                          config_.max_version, 0, config_.heartbeat_ms);
  state_ = State::kRequesting;
  send_at_ns_ = now_ns;
  retry_ns_ = config_.first_retry_ns;
}

/// From the request again, with a nonce of its own: answers to the old one are strangers now.
void HandshakeClient::restart(TimeNs now_ns) {
  const std::uint64_t retry_ns = retry_ns_;
  start(now_ns + retry_ns, request_.client_nonce() + 1, request_.next_report_sequence());
  retry_ns_ = retry_ns;
}

std::size_t HandshakeClient::poll(TimeNs now_ns, std::span<std::byte> into) {
  if (state_ == State::kConfirming && now_ns >= give_up_ns_) restart(now_ns);
  if (next_deadline_ns() > now_ns) return 0;
  send_at_ns_ = now_ns + retry_ns_;
  retry_ns_ = std::min(2 * retry_ns_, config_.longest_retry_ns);
  Prefix prefix;
  prefix.session = config_.session;
  if (state_ == State::kRequesting) {
    prefix.kind = PacketKind::LogonRequest;
    return encode_logon_request(prefix, request_, config_.keys.to_server, into);
  }
  prefix.kind = PacketKind::LogonConfirm;
  return encode_datagram(prefix, confirm_, config_.keys.to_server, into);
}

TimeNs HandshakeClient::next_deadline_ns() const {
  if (state_ == State::kRequesting) return send_at_ns_;
  if (state_ == State::kConfirming) return std::min(send_at_ns_, give_up_ns_);
  return ~TimeNs{0};
}

HandshakeClient::Event HandshakeClient::on_datagram(const Prefix& prefix,
                                                    std::span<std::byte> datagram,
                                                    TimeNs now_ns) {
  if (state_ != State::kRequesting && state_ != State::kConfirming) return Event::kIgnored;
  if (prefix.session != config_.session) return Event::kIgnored;
  if (!check_tag(datagram, config_.keys.to_client)) return Event::kIgnored;
  const Bytes payload = payload_of(datagram);
  switch (prefix.kind) {
    case PacketKind::LogonChallenge: return on_challenge(payload, now_ns);
    case PacketKind::LogonAccepted: return on_accepted(payload);
    case PacketKind::LogonRefused: return on_refused(payload, now_ns);
    default: return Event::kIgnored;
  }
}

HandshakeClient::Event HandshakeClient::on_challenge(Bytes payload, TimeNs now_ns) {
  const auto* challenge = decode<LogonChallenge>(payload);
  if (challenge == nullptr || state_ != State::kRequesting ||
      challenge->client_nonce() != request_.client_nonce()) {
    return Event::kIgnored;
  }
  std::array<std::uint8_t, 16> cookie;
  std::memcpy(cookie.data(), challenge->cookie()->Data(), cookie.size());
  confirm_ = LogonConfirm(request_, cookie, challenge->time_ns());
  state_ = State::kConfirming;
  send_at_ns_ = now_ns;
  retry_ns_ = config_.first_retry_ns;
  give_up_ns_ = now_ns + config_.confirm_patience_ns;
  return Event::kNone;
}

HandshakeClient::Event HandshakeClient::on_accepted(Bytes payload) {
  const auto* accepted = decode<LogonAccepted>(payload);
  if (accepted == nullptr || state_ != State::kConfirming ||
      accepted->client_nonce() != request_.client_nonce()) {
    return Event::kIgnored;
  }
  if (accepted->version() < config_.min_version || accepted->version() > config_.max_version) {
    return Event::kIgnored;
  }
  accepted_ = *accepted;
  state_ = State::kAccepted;
  return Event::kAccepted;
}

HandshakeClient::Event HandshakeClient::on_refused(Bytes payload, TimeNs now_ns) {
  const auto* refused = decode<LogonRefused>(payload);
  if (refused == nullptr || refused->client_nonce() != request_.client_nonce()) {
    return Event::kIgnored;
  }
  refused_ = *refused;
  if (refused->reason() == Reason::LOGON_BAD_CONFIRM && state_ == State::kConfirming) {
    restart(now_ns);  // the challenge was too old, or the server has been restarted since
    return Event::kNone;
  }
  state_ = State::kRefused;
  return Event::kRefused;
}

}  // namespace saker::proto
