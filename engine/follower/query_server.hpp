// The follower's side of the query protocol: logon, address binding, tags, rate limits, waiting
// for sequences. Owner: the follower's thread. Every datagram is hostile until its tag agrees;
// what fails gets no answer, and nothing is kept about a peer that has not proved its address.
//
// Reading needs no log: logons here are not sequenced, and which session may see what is asked
// of the core anew for each question.
#pragma once

#include <deque>
#include <memory>

#include "engine/follower/answers.hpp"
#include "engine/follower/counters.hpp"
#include "engine/ports.hpp"
#include "engine/session/token_bucket.hpp"
#include "net/transport.hpp"
#include "proto/handshake.hpp"

namespace saker::follower {

/// Where answers go: a transport behind one call per datagram.
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  virtual bool send(net::Endpoint to, Bytes datagram) = 0;
};

class QueryServer {
 public:
  /// `cookie_secret`: 16 random bytes of this process.
  QueryServer(const FollowerConfig& config, const proto::Key& cookie_secret,
              const engine::SecretSource& secrets, Counters& counters);

  /// The state to answer from, or nullptr while there is none. Logons of before are forgotten.
  void attach(const core::Core* core, History* history);
  /// Until everything durable at start has been applied, questions are answered NotYet.
  void set_ready(bool ready) { ready_ = ready; }

  /// `datagram.data` is 8-byte aligned. Answers at once, or keeps the question waiting.
  void on_datagram(net::Datagram& datagram, TimeNs now_ns, DatagramSink& sink);
  /// Answers waiting questions whose sequence has come or whose patience is over. True when it
  /// answered any. Call once per round: it also opens the budget of new snapshots.
  bool poll(TimeNs now_ns, DatagramSink& sink);
  bool waiting() const { return !waiting_.empty(); }

 private:
  /// A session that logged on to this process.
  struct Binding {
    net::Endpoint peer;
    std::uint32_t epoch = 0;  // 0: not logged on
    std::uint32_t key_id = 0;
    std::uint64_t connection = 0;
    proto::KeyPair keys;
    engine::TokenBucket questions;
    engine::TokenBucket refusals;  // NotLoggedOn and Busy
    bool limited = false;          // questions and refusals have been set up
    std::uint32_t waiting = 0;     // its questions in the queue
  };
  struct Waiting {
    Question question;
    net::Endpoint peer;
    std::uint64_t connection = 0;
    TimeNs deadline_ns = 0;
  };

  void on_logon(const proto::Prefix& prefix, const net::Datagram& datagram, TimeNs now_ns,
                DatagramSink& sink);
  void accept(const proto::Prefix& prefix, const proto::HandshakeServer::Result& result,
              const proto::KeyPair& logon_keys, const net::Datagram& datagram, TimeNs now_ns,
              DatagramSink& sink);
  void on_bound(const proto::Prefix& prefix, const net::Datagram& datagram, TimeNs now_ns,
                DatagramSink& sink);
  void on_query(const proto::Prefix& prefix, Binding& binding, const net::Datagram& datagram,
                TimeNs now_ns, DatagramSink& sink);
  void refuse_unbound(const proto::Prefix& prefix, const proto::Secret& secret,
                      const net::Datagram& datagram, TimeNs now_ns, DatagramSink& sink);
  void reply(const Question& question, const Binding& binding, DatagramSink& sink);
  void refuse(const Question& question, proto::QueryStatus status, const Binding& binding,
              DatagramSink& sink);
  /// Answers, or leaves the question in the queue. True when it was answered.
  bool try_answer(Waiting& waiting, Binding& binding, TimeNs now_ns, DatagramSink& sink);
  void send_activity(Question& question, Binding& binding, TimeNs now_ns, DatagramSink& sink);
  void forget_activity(std::uint32_t session);
  bool send(net::Endpoint to, std::size_t bytes, DatagramSink& sink);
  const proto::Secret* secret_of(std::uint32_t session, std::uint32_t& key_id) const;
  Binding& binding(std::uint32_t session, TimeNs now_ns);
  void unbind(Binding& binding);
  void count_kind(proto::QueryKind kind);

  const FollowerConfig& config_;
  const proto::Key cookie_secret_;
  const engine::SecretSource& secrets_;
  Counters& counters_;
  const core::Core* core_ = nullptr;
  std::unique_ptr<proto::HandshakeServer> handshake_;
  Answers answers_;
  AnswerPage page_;
  bool ready_ = false;
  bool may_freeze_ = true;
  std::uint64_t last_connection_ = 0;
  std::vector<Binding> bindings_;  // by session
  std::deque<Waiting> waiting_;
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> out_;
};

}  // namespace saker::follower
