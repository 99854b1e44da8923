#include "engine/follower/query_server.hpp"

#include <algorithm>

namespace saker::follower {
namespace {

using proto::PacketKind;
using proto::QueryKind;
using proto::QueryStatus;

/// What a logon is told about keeping it: the binding lasts as long as this process and epoch.
constexpr std::uint32_t kHeartbeatMs = 10'000;
constexpr std::uint32_t kTimeoutMs = 60'000;

}  // namespace

QueryServer::QueryServer(const FollowerConfig& config, const proto::Key& cookie_secret,
                         const engine::SecretSource& secrets, Counters& counters)
    : config_(config),
      cookie_secret_(cookie_secret),
      secrets_(secrets),
      counters_(counters),
      answers_(config.query) {}

void QueryServer::attach(const core::Core* core, History* history) {
  core_ = core;
  answers_.attach(core, history);
  handshake_.reset();
  bindings_.clear();
  waiting_.clear();
  counters_.set(k_sessions_bound, 0);
  if (core == nullptr) return;
  handshake_ = std::make_unique<proto::HandshakeServer>(cookie_secret_, core->session_capacity());
  bindings_.resize(core->session_capacity() + 1);
}

const proto::Secret* QueryServer::secret_of(std::uint32_t session, std::uint32_t& key_id) const {
  if (session == 0 || session >= bindings_.size()) return nullptr;
  const core::SessionView view = core_->session(SessionId{session});
  if (!view.exists) return nullptr;
  key_id = view.key_id;
  return secrets_.find(view.key_id);
}

QueryServer::Binding& QueryServer::binding(std::uint32_t session, TimeNs now_ns) {
  Binding& binding = bindings_[session];
  if (!binding.limited) {
    engine::RateLimit limit{config_.query.per_second, config_.query.burst};
    for (const SessionRate& rate : config_.query.session_rates) {
      if (rate.session == session) limit = {rate.per_second, rate.burst};
    }
    binding.questions.reset(limit, now_ns);
    binding.refusals.reset({100, 100}, now_ns);
    binding.limited = true;
  }
  return binding;
}

void QueryServer::unbind(Binding& binding) {
  if (binding.epoch == 0) return;
  binding.epoch = 0;
  counters_.set(k_sessions_bound, counters_.get(k_sessions_bound) - 1);
}

bool QueryServer::send(net::Endpoint to, std::size_t bytes, DatagramSink& sink) {
  if (sink.send(to, Bytes(out_.data(), bytes))) return true;
  counters_.add(k_send_failures);
  return false;
}

void QueryServer::on_datagram(net::Datagram& datagram, TimeNs now_ns, DatagramSink& sink) {
  counters_.add(k_datagrams_received);
  proto::Prefix prefix;
  const proto::FrameError error = proto::parse_prefix({datagram.data, datagram.size}, prefix);
  if (error == proto::FrameError::Kind) return counters_.add(k_dropped_kind);
  if (error != proto::FrameError::None) return counters_.add(k_dropped_malformed);
  if (core_ == nullptr) return counters_.add(k_dropped_not_ready);
  switch (prefix.kind) {
    case PacketKind::LogonRequest:
    case PacketKind::LogonConfirm: return on_logon(prefix, datagram, now_ns, sink);
    case PacketKind::Query:
    case PacketKind::Heartbeat:
    case PacketKind::Logoff: return on_bound(prefix, datagram, now_ns, sink);
    default: counters_.add(k_dropped_kind);
  }
}

// ---- logon ---------------------------------------------------------------------------------

void QueryServer::on_logon(const proto::Prefix& prefix, const net::Datagram& datagram,
                           TimeNs now_ns, DatagramSink& sink) {
  std::uint32_t key_id = 0;
  const proto::Secret* secret = secret_of(prefix.session, key_id);
  if (secret == nullptr) return counters_.add(k_dropped_session);
  const proto::KeyPair keys = proto::derive_logon_keys(*secret, !config_.query.untagged);
  const auto result = handshake_->on_datagram(
      prefix, {datagram.data, datagram.size}, {datagram.peer.address, datagram.peer.port}, now_ns,
      keys, out_);
  using Server = proto::HandshakeServer;
  if (result.outcome == Server::Outcome::kDropped) {
    return counters_.add(result.drop == Server::Drop::kTag ? k_dropped_tag : k_dropped_content);
  }
  if (result.outcome == Server::Outcome::kReply) {
    counters_.add(prefix.kind == PacketKind::LogonRequest ? k_challenges : k_logons_refused);
    send(datagram.peer, result.reply_bytes, sink);
    return;
  }
  accept(prefix, result, keys, datagram, now_ns, sink);
}

void QueryServer::accept(const proto::Prefix& prefix, const proto::HandshakeServer::Result& result,
                         const proto::KeyPair& logon_keys, const net::Datagram& datagram,
                         TimeNs now_ns, DatagramSink& sink) {
  std::uint32_t key_id = 0;
  const proto::Secret* secret = secret_of(prefix.session, key_id);
  if (secret == nullptr) return counters_.add(k_dropped_session);
  Binding& bound = binding(prefix.session, now_ns);
  if (!result.repeated || bound.epoch == 0) {
    unbind(bound);
    bound.peer = datagram.peer;
    bound.epoch = core_->epoch();
    bound.key_id = key_id;
    bound.connection = last_connection_ = proto::next_connection(last_connection_, now_ns);
    bound.keys = proto::derive_keys(*secret, bound.epoch, bound.connection,
                                    proto::Purpose::Query, !config_.query.untagged);
    counters_.set(k_sessions_bound, counters_.get(k_sessions_bound) + 1);
    counters_.add(k_logons);
  }
  const core::SessionView view = core_->session(SessionId{prefix.session});
  proto::LogonAccepted accepted;
  accepted.mutate_client_nonce(result.request.client_nonce());
  accepted.mutate_connection(bound.connection);
  accepted.mutate_next_client_sequence(view.highest_client_sequence + 1);
  accepted.mutate_next_report_sequence(view.next_report_sequence);
  accepted.mutate_engine_sequence(core_->sequence());
  accepted.mutate_build_hash(config_.build_hash);
  accepted.mutate_epoch(bound.epoch);
  accepted.mutate_heartbeat_ms(kHeartbeatMs);
  accepted.mutate_timeout_ms(kTimeoutMs);
  accepted.mutate_window(core::kDecisionWindow);
  accepted.mutate_reorder_window(core::kReorderWindow);
  accepted.mutate_max_in_flight(core::kMaxInFlight);
  accepted.mutate_version(result.version);
  accepted.mutate_policy(core_->commit_policy());
  proto::Prefix answer;
  answer.kind = PacketKind::LogonAccepted;
  answer.session = prefix.session;
  send(datagram.peer, proto::encode_datagram(answer, accepted, logon_keys.to_client, out_), sink);
}

// ---- after logon ---------------------------------------------------------------------------

void QueryServer::on_bound(const proto::Prefix& prefix, const net::Datagram& datagram,
                           TimeNs now_ns, DatagramSink& sink) {
  std::uint32_t key_id = 0;
  const proto::Secret* secret = secret_of(prefix.session, key_id);
  if (secret == nullptr) return counters_.add(k_dropped_session);
  Binding& bound = binding(prefix.session, now_ns);
  // A new epoch, or a key that was changed, ends what was agreed under the old one.
  if (bound.epoch != core_->epoch() || bound.key_id != key_id) unbind(bound);
  if (bound.epoch == 0) return refuse_unbound(prefix, *secret, datagram, now_ns, sink);
  if (!proto::check_tag({datagram.data, datagram.size}, bound.keys.to_server)) {
    return counters_.add(k_dropped_tag);
  }
  if (datagram.peer != bound.peer) return counters_.add(k_dropped_address);
  if (prefix.kind == PacketKind::Query) return on_query(prefix, bound, datagram, now_ns, sink);
  if (prefix.kind == PacketKind::Logoff && prefix.sequence == bound.connection) unbind(bound);
}

/// The tag agrees with the connection that a question names, but the session is not logged on here,
/// as after a restart: says so, rarely.
void QueryServer::refuse_unbound(const proto::Prefix& prefix, const proto::Secret& secret,
                                 const net::Datagram& datagram, TimeNs now_ns,
                                 DatagramSink& sink) {
  if (prefix.epoch == 0 || prefix.epoch > core_->epoch()) return counters_.add(k_dropped_tag);
  const proto::KeyPair keys = proto::derive_keys(secret, prefix.epoch, prefix.ack,
                                                 proto::Purpose::Query, !config_.query.untagged);
  if (!proto::check_tag({datagram.data, datagram.size}, keys.to_server)) {
    return counters_.add(k_dropped_tag);
  }
  if (!binding(prefix.session, now_ns).refusals.take(now_ns)) return counters_.add(k_rate_limited);
  const proto::KeyPair logon = proto::derive_logon_keys(secret, !config_.query.untagged);
  counters_.add(k_logons_refused);
  send(datagram.peer,
       proto::HandshakeServer::refuse_connection(prefix.session, prefix.ack,
                                                 handshake_->config(), logon.to_client, out_),
       sink);
}

void QueryServer::on_query(const proto::Prefix& prefix, Binding& bound,
                           const net::Datagram& datagram, TimeNs now_ns, DatagramSink& sink) {
  const proto::Query* query =
      proto::decode<proto::Query>(proto::payload_of({datagram.data, datagram.size}));
  if (query == nullptr) return counters_.add(k_dropped_content);
  Waiting waiting;
  waiting.question = {SessionId{prefix.session}, static_cast<QueryKind>(prefix.type), *query};
  waiting.peer = bound.peer;
  waiting.connection = bound.connection;
  waiting.deadline_ns = now_ns + std::uint64_t{config_.query.wait_ms} * 1'000'000;
  if (!bound.questions.take(now_ns)) {
    counters_.add(k_rate_limited);
    if (bound.refusals.take(now_ns)) refuse(waiting.question, QueryStatus::Busy, bound, sink);
    return;
  }
  count_kind(waiting.question.kind);
  if (!ready_) return refuse(waiting.question, QueryStatus::NotYet, bound, sink);
  if (try_answer(waiting, bound, now_ns, sink)) return;
  // Nobody waits for activity twice: a question that comes again takes the place of the earlier.
  if (waiting.question.kind == QueryKind::Activity) forget_activity(prefix.session);
  const std::uint32_t most = config_.query.max_waiting;
  if (waiting_.size() >= most || bound.waiting >= (most + 1) / 2) {
    return refuse(waiting.question, QueryStatus::Busy, bound, sink);
  }
  counters_.add(k_queries_waited);
  ++bound.waiting;
  waiting_.push_back(waiting);
}

void QueryServer::forget_activity(std::uint32_t session) {
  bindings_[session].waiting -= static_cast<std::uint32_t>(
      std::erase_if(waiting_, [session](const Waiting& waiting) {
        return waiting.question.kind == QueryKind::Activity &&
               raw(waiting.question.session) == session;
      }));
}

bool QueryServer::try_answer(Waiting& waiting, Binding& bound, TimeNs now_ns,
                             DatagramSink& sink) {
  const Outcome outcome = answers_.answer(waiting.question, now_ns, may_freeze_, page_);
  if (outcome == Outcome::kAnswered) {
    if (waiting.question.kind == QueryKind::Activity) {
      send_activity(waiting.question, bound, now_ns, sink);
      return true;
    }
    if (page_.made_snapshot) {
      may_freeze_ = false;
      for (std::uint32_t i = 1; i < config_.query.snapshot_cost; ++i) {
        if (!bound.questions.take(now_ns)) break;
      }
    }
    reply(waiting.question, bound, sink);
    return true;
  }
  if (now_ns < waiting.deadline_ns) return false;
  if (answers_.answer_late(waiting.question, page_)) {
    reply(waiting.question, bound, sink);
    return true;
  }
  const bool busy = outcome == Outcome::kLater;
  refuse(waiting.question, busy ? QueryStatus::Busy : QueryStatus::NotYet, bound, sink);
  return true;
}

/// The page at hand, and more of them as far as the question and the session's rate allow.
void QueryServer::send_activity(Question& question, Binding& bound, TimeNs now_ns,
                                DatagramSink& sink) {
  std::uint32_t left = std::min(question.query.subject(), config_.query.activity_burst);
  for (;;) {
    const bool another = page_.more && left > 1 && bound.questions.take(now_ns);
    page_.header.mutate_snapshot(another ? 1 : 0);
    counters_.add(k_activity_reports, page_.reply.reports.size());
    reply(question, bound, sink);
    if (!another) return;
    --left;
    question.query.mutate_from(page_.header.to());
    question.query.mutate_page(page_.header.pages());
    // There is more, as the page before said.
    SAKER_ASSERT(answers_.answer(question, now_ns, false, page_) == Outcome::kAnswered);
  }
}

bool QueryServer::poll(TimeNs now_ns, DatagramSink& sink) {
  may_freeze_ = true;
  bool answered = false;
  for (std::size_t left = waiting_.size(); left > 0; --left) {
    Waiting waiting = waiting_.front();
    waiting_.pop_front();
    Binding& bound = bindings_[raw(waiting.question.session)];
    --bound.waiting;
    // Whoever logged on anew asks anew.
    if (bound.epoch == 0 || bound.connection != waiting.connection) continue;
    if (try_answer(waiting, bound, now_ns, sink)) {
      answered = true;
    } else {
      ++bound.waiting;
      waiting_.push_back(waiting);
    }
  }
  return answered;
}

void QueryServer::refuse(const Question& question, QueryStatus status, const Binding& bound,
                         DatagramSink& sink) {
  answers_.refuse(question, status, page_);
  reply(question, bound, sink);
}

void QueryServer::reply(const Question& question, const Binding& bound, DatagramSink& sink) {
  page_.reply.header = &page_.header;
  switch (page_.header.status()) {
    case QueryStatus::NotYet: counters_.add(k_answers_not_yet); break;
    case QueryStatus::SnapshotRequired: counters_.add(k_answers_too_old); break;
    case QueryStatus::Denied:
    case QueryStatus::Unknown: counters_.add(k_answers_denied); break;
    case QueryStatus::Busy: counters_.add(k_answers_busy); break;
    case QueryStatus::Ok: break;
  }
  proto::Prefix prefix;
  prefix.kind = PacketKind::QueryReply;
  prefix.type = raw(question.kind);
  prefix.session = raw(question.session);
  prefix.epoch = bound.epoch;
  prefix.sequence = question.query.request();
  std::memcpy(out_.data(), &prefix, sizeof(prefix));
  const std::size_t size =
      proto::kPrefixBytes + proto::encode_query_reply(page_.reply, std::span(out_).subspan(
                                                                       proto::kPrefixBytes));
  proto::seal({out_.data(), size}, bound.keys.to_client);
  if (send(bound.peer, size, sink)) counters_.add(k_replies_sent);
}

void QueryServer::count_kind(QueryKind kind) {
  static constexpr FollowerCounter kCounters[] = {
      k_queries_reports,  k_queries_drop_copy,  k_queries_open_orders,   k_queries_order_status,
      k_queries_balances, k_queries_feed_range, k_queries_book_snapshot, k_queries_markets,
      k_queries_activity, k_queries_account,    k_queries_group};
  const std::size_t index = raw(kind);
  if (index >= 1 && index <= std::size(kCounters)) counters_.add(kCounters[index - 1]);
}

}  // namespace saker::follower
