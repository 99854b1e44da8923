#include "proto/handshake.hpp"

#include <algorithm>

namespace saker::proto {

namespace {

struct PaddedHead {
  std::uint32_t root = 12;
  std::uint16_t vtable_bytes = 8;
  std::uint16_t table_bytes = 4 + sizeof(LogonRequest) + 4;
  std::uint16_t v1_at = 4;
  std::uint16_t padding_at = 4 + sizeof(LogonRequest);
  std::int32_t to_vtable = 8;  // the table is at 12, the struct at 16
};
static_assert(sizeof(PaddedHead) == kTableHeadBytes);

constexpr std::size_t kPaddingBytes =
    kLogonRequestBytes - kPrefixBytes - sizeof(PaddedHead) - sizeof(LogonRequest) - 8;

template <class Struct>
constexpr std::size_t datagram_bytes() {
  return kPrefixBytes + payload_bytes<Struct>();
}
static_assert(datagram_bytes<LogonChallenge>() <= kLogonRequestBytes);
static_assert(datagram_bytes<LogonRefused>() <= kLogonRequestBytes);
static_assert(datagram_bytes<LogonRefused>() <= datagram_bytes<LogonConfirm>());

Prefix logon_prefix(PacketKind kind, std::uint32_t session) {
  Prefix prefix;
  prefix.kind = kind;
  prefix.session = session;
  return prefix;
}

}  // namespace

std::size_t encode_logon_request(const Prefix& prefix, const LogonRequest& v1, const Key& key,
                                 std::span<std::byte> into) {
  SAKER_ASSERT(into.size() >= kLogonRequestBytes);
  const PaddedHead head;
  const std::uint32_t padding[2] = {4, kPaddingBytes};  // where from here, how much
  std::memset(into.data(), 0, kLogonRequestBytes);
  std::byte* to = into.data();
  std::memcpy(to, &prefix, kPrefixBytes);
  std::memcpy(to += kPrefixBytes, &head, sizeof head);
  std::memcpy(to += sizeof head, &v1, sizeof v1);
  std::memcpy(to += sizeof v1, padding, sizeof padding);
  seal(into.first(kLogonRequestBytes), key);
  return kLogonRequestBytes;
}

HandshakeServer::HandshakeServer(const Key& secret, std::uint32_t session_capacity,
                                 const Config& config)
    : secret_(secret), config_(config), last_confirm_(std::size_t{session_capacity} + 1) {
  SAKER_ASSERT(secret.tagged);
}

HandshakeServer::Cookie HandshakeServer::cookie(std::uint32_t session,
                                                const LogonRequest& request, PeerAddress peer,
                                                TimeNs time_ns) const {
  struct Covered {
    Prefix prefix;  // its tag becomes the cookie
    std::array<std::byte, sizeof(LogonRequest)> request;
    TimeNs time_ns;
    std::uint64_t address;
    std::uint64_t port;
  };
  static_assert(std::has_unique_object_representations_v<Covered>);
  Covered covered{};
  covered.prefix = logon_prefix(PacketKind::LogonChallenge, session);
  std::memcpy(covered.request.data(), &request, sizeof request);
  covered.time_ns = time_ns;
  covered.address = peer.address;
  covered.port = peer.port;
  seal({reinterpret_cast<std::byte*>(&covered), sizeof covered}, secret_);
  return covered.prefix.tag;
}

std::size_t HandshakeServer::refuse(std::uint32_t session, std::uint64_t client_nonce,
                                    Reason reason, const Config& config, const Key& to_client,
                                    std::span<std::byte> reply) {
  return write_refusal(
      session,
      LogonRefused(client_nonce, 0, reason, config.min_version, config.max_version, 0),
      to_client, reply);
}

std::size_t HandshakeServer::refuse_connection(std::uint32_t session, std::uint64_t connection,
                                               const Config& config, const Key& to_client,
                                               std::span<std::byte> reply) {
  return write_refusal(session,
                       LogonRefused(0, connection, Reason::PERMISSION_NOT_LOGGED_ON,
                                    config.min_version, config.max_version, 0),
                       to_client, reply);
}

std::size_t HandshakeServer::write_refusal(std::uint32_t session, const LogonRefused& refused,
                                           const Key& to_client, std::span<std::byte> reply) {
  return encode_datagram(logon_prefix(PacketKind::LogonRefused, session), refused, to_client,
                         reply);
}

HandshakeServer::Result HandshakeServer::on_datagram(const Prefix& prefix,
                                                     std::span<std::byte> datagram,
                                                     PeerAddress peer, TimeNs now_ns,
                                                     const KeyPair& keys,
                                                     std::span<std::byte> reply) {
  SAKER_ASSERT(reply.size() >= kLogonRequestBytes);
  const auto dropped = [](Drop why) {
    Result result;
    result.drop = why;
    return result;
  };
  if (prefix.session == 0 || prefix.session >= last_confirm_.size()) {
    return dropped(Drop::kSession);
  }
  if (!check_tag(datagram, keys.to_server)) return dropped(Drop::kTag);
  time_ns_ = std::max(time_ns_ + 1, now_ns);
  switch (prefix.kind) {
    case PacketKind::LogonRequest:
      return on_request(prefix, datagram, peer, time_ns_, keys, reply);
    case PacketKind::LogonConfirm:
      return on_confirm(prefix, datagram, peer, time_ns_, keys, reply);
    default:
      return dropped(Drop::kKind);
  }
}

HandshakeServer::Result HandshakeServer::on_request(const Prefix& prefix, Bytes datagram,
                                                    PeerAddress peer, TimeNs now_ns,
                                                    const KeyPair& keys,
                                                    std::span<std::byte> reply) {
  Result result;
  if (datagram.size() < kLogonRequestBytes) {
    result.drop = Drop::kTooShort;
    return result;
  }
  const auto* request = decode<LogonRequest>(payload_of(datagram));
  if (request == nullptr) {
    result.drop = Drop::kMalformed;
    return result;
  }
  result.outcome = Outcome::kReply;
  if (request->min_version() > config_.max_version ||
      request->max_version() < config_.min_version ||
      request->min_version() > request->max_version()) {
    result.reply_bytes = refuse(prefix.session, request->client_nonce(),
                                Reason::LOGON_VERSION_UNSUPPORTED, config_, keys.to_client, reply);
    return result;
  }
  const Cookie made = cookie(prefix.session, *request, peer, now_ns);
  const LogonChallenge challenge(request->client_nonce(), made, now_ns);
  result.reply_bytes = encode_datagram(logon_prefix(PacketKind::LogonChallenge, prefix.session),
                                       challenge, keys.to_client, reply);
  return result;
}

HandshakeServer::Result HandshakeServer::on_confirm(const Prefix& prefix, Bytes datagram,
                                                    PeerAddress peer, TimeNs now_ns,
                                                    const KeyPair& keys,
                                                    std::span<std::byte> reply) {
  Result result;
  const auto* confirm = decode<LogonConfirm>(payload_of(datagram));
  if (confirm == nullptr) {
    result.drop = Drop::kMalformed;
    return result;
  }
  const LogonRequest& request = confirm->request();
  const TimeNs time_ns = confirm->time_ns();
  const Cookie right = cookie(prefix.session, request, peer, time_ns);
  const bool fresh = time_ns <= now_ns && now_ns - time_ns <= config_.cookie_lifetime_ns;
  if (!fresh || std::memcmp(right.data(), confirm->cookie()->Data(), right.size()) != 0) {
    result.outcome = Outcome::kReply;
    result.reply_bytes = refuse(prefix.session, request.client_nonce(), Reason::LOGON_BAD_CONFIRM,
                                config_, keys.to_client, reply);
    return result;
  }
  LastConfirm& last = last_confirm_[prefix.session];
  result.repeated = time_ns == last.time_ns && request.client_nonce() == last.client_nonce;
  if (time_ns <= last.time_ns && !result.repeated) {
    result.drop = Drop::kStale;
    return result;
  }
  last = {time_ns, request.client_nonce()};
  result.outcome = Outcome::kConfirmed;
  result.version = std::min(request.max_version(), config_.max_version);
  result.request = request;
  return result;
}

}  // namespace saker::proto
