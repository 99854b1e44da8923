// Logon, both sides: request, challenge, confirm. Shared by engine, follower and client.
//
// The server keeps nothing about a peer that has not proved its address: the challenge's cookie
// is a hash of address, port, session, request and time under a secret of this process, and the
// peer has to send it back. All logon datagrams carry tags of the session's logon keys, so that
// only who knows the secret gets any answer, and no answer is longer than what it answers,
// LogonAccepted excepted, which only goes to a proved address.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "common/types.hpp"
#include "order_entry_generated.h"
#include "proto/codec.hpp"
#include "proto/frame.hpp"

namespace saker::proto {

/// The number of a session's next connection: later than all before, also than those that a server
/// does not remember, because it counts from the clock: UTC microseconds unless `last` is ahead.
constexpr std::uint64_t next_connection(std::uint64_t last, TimeNs now_ns) {
  return std::max(last + 1, now_ns / 1'000);
}

/// Where a datagram came from: IPv4 and port, host byte order.
struct PeerAddress {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
};

/// Size of every LogonRequest datagram, padding included; shorter ones are dropped.
inline constexpr std::size_t kLogonRequestBytes = 192;

/// Writes a LogonRequest datagram, padded and sealed; returns kLogonRequestBytes.
std::size_t encode_logon_request(const Prefix& prefix, const LogonRequest& v1, const Key& key,
                                 std::span<std::byte> into);

// ---- server --------------------------------------------------------------------------------

class HandshakeServer {
 public:
  struct Config {
    std::uint8_t min_version = kProtocolVersion;
    std::uint8_t max_version = kProtocolVersion;
    std::uint64_t cookie_lifetime_ns = 5'000'000'000;
  };
  enum class Outcome : std::uint8_t {
    kDropped,    // no answer; `drop` says why
    kReply,      // send `reply_bytes` of the reply buffer to the peer
    kConfirmed,  // log the session on (or answer again when `repeated`), then LogonAccepted
  };
  enum class Drop : std::uint8_t { kNone, kTag, kMalformed, kTooShort, kKind, kSession, kStale };
  struct Result {
    Outcome outcome = Outcome::kDropped;
    Drop drop = Drop::kNone;
    std::size_t reply_bytes = 0;
    std::uint8_t version = 0;   // agreed
    bool repeated = false;      // the confirm that was accepted before, sent once more
    LogonRequest request;       // valid after kConfirmed
  };

  /// `secret`: 16 random bytes of this process. Sessions 1..session_capacity are known.
  HandshakeServer(const Key& secret, std::uint32_t session_capacity, const Config& config);
  HandshakeServer(const Key& secret, std::uint32_t session_capacity)
      : HandshakeServer(secret, session_capacity, Config{}) {}

  /// One LogonRequest or LogonConfirm datagram that has passed parse_prefix (8-byte
  /// aligned). `keys` are the logon keys of prefix.session. `reply` holds at
  /// least kLogonRequestBytes, 8-byte aligned. `now_ns` is UTC; while it is behind what it was
  /// before, cookies age by one nanosecond a datagram only.
  ///
  /// After kConfirmed the confirm counts as used: an older or equal one of that session is never
  /// accepted again, except that the same one is `repeated`.
  Result on_datagram(const Prefix& prefix, std::span<std::byte> datagram, PeerAddress peer,
                     TimeNs now_ns, const KeyPair& keys, std::span<std::byte> reply);

  /// Refuses data of a connection that this process does not know. `connection` has proved itself
  /// by a tag; because a connection that has ended never comes back, the refusal stays true however
  /// late it arrives and says nothing about any other connection.
  static std::size_t refuse_connection(std::uint32_t session, std::uint64_t connection,
                                       const Config& config, const Key& to_client,
                                       std::span<std::byte> reply);

  /// Refuses a logon (prefix kind set here).
  static std::size_t refuse(std::uint32_t session, std::uint64_t client_nonce, Reason reason,
                            const Config& config, const Key& to_client,
                            std::span<std::byte> reply);
  const Config& config() const { return config_; }

 private:
  static std::size_t write_refusal(std::uint32_t session, const LogonRefused& refused,
                                   const Key& to_client, std::span<std::byte> reply);

  struct LastConfirm {
    TimeNs time_ns = 0;
    std::uint64_t client_nonce = 0;
  };
  using Cookie = std::array<std::uint8_t, 16>;

  Cookie cookie(std::uint32_t session, const LogonRequest& request, PeerAddress peer,
                TimeNs time_ns) const;
  Result on_request(const Prefix& prefix, Bytes datagram, PeerAddress peer, TimeNs now_ns,
                    const KeyPair& keys, std::span<std::byte> reply);
  Result on_confirm(const Prefix& prefix, Bytes datagram, PeerAddress peer, TimeNs now_ns,
                    const KeyPair& keys, std::span<std::byte> reply);

  Key secret_;
  Config config_;
  TimeNs time_ns_ = 0;                     // rises with every datagram
  std::vector<LastConfirm> last_confirm_;  // by session
};

// ---- client --------------------------------------------------------------------------------

class HandshakeClient {
 public:
  struct Config {
    std::uint32_t session = 0;
    KeyPair keys;                       // logon keys
    std::uint64_t features = 0;
    std::uint32_t heartbeat_ms = 1000;
    std::uint8_t min_version = kProtocolVersion;
    std::uint8_t max_version = kProtocolVersion;
    std::uint64_t first_retry_ns = 50'000'000;     // then doubled ..
    std::uint64_t longest_retry_ns = 1'000'000'000;  // .. up to here
    std::uint64_t confirm_patience_ns = 3'000'000'000;  // then from the start again
  };
  enum class State : std::uint8_t { kIdle, kRequesting, kConfirming, kAccepted, kRefused };
  enum class Event : std::uint8_t { kNone, kAccepted, kRefused, kIgnored };

  explicit HandshakeClient(const Config& config) : config_(config) {}

  /// Begins a logon. `nonce` is random (attempts that start over count it up).
  void start(TimeNs now_ns, std::uint64_t nonce, std::uint64_t next_report_sequence);

  /// Writes the datagram that is due, if any, and returns its size, else 0. `into` holds at
  /// least kLogonRequestBytes, 8-byte aligned.
  std::size_t poll(TimeNs now_ns, std::span<std::byte> into);
  /// When poll() next has something to say; UINT64_MAX when never.
  TimeNs next_deadline_ns() const;

  /// A logon datagram that has passed parse_prefix. Its tag is checked here.
  Event on_datagram(const Prefix& prefix, std::span<std::byte> datagram, TimeNs now_ns);

  State state() const { return state_; }
  const LogonAccepted& accepted() const { return accepted_; }  // after kAccepted
  const LogonRefused& refused() const { return refused_; }     // after kRefused

 private:
  void restart(TimeNs now_ns);
  Event on_challenge(Bytes payload, TimeNs now_ns);
  Event on_accepted(Bytes payload);
  Event on_refused(Bytes payload, TimeNs now_ns);

  Config config_;
  State state_ = State::kIdle;
  LogonRequest request_;
  LogonConfirm confirm_;
  LogonAccepted accepted_;
  LogonRefused refused_;
  TimeNs send_at_ns_ = 0;
  TimeNs give_up_ns_ = 0;  // on the confirm
  std::uint64_t retry_ns_ = 0;
};

}  // namespace saker::proto
