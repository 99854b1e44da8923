#include "sim/auditor.hpp"

namespace saker::sim {

using proto::PacketKind;
using proto::Reason;
using proto::ReportKind;

constexpr std::uint64_t kFeedLines = 2;

Auditor::Auditor(Judge& judge, Verdict& verdict, Coverage& coverage, const Roles& roles,
                 bool memory)
    : judge_(judge), verdict_(verdict), coverage_(coverage), roles_(roles), memory_(memory) {
  judge_.on_command([this](const core::Command& c, const core::Output&) { on_command(c); });
}

void Auditor::advance() {
  judge_.advance();
  if (memory_) settle_early();
}

bool Auditor::is_durable(Sequence sequence) {
  if (sequence > judge_.durable()) advance();
  return sequence <= judge_.durable();
}

/// A record became durable: is it a command that its session really sent, in its connection of
/// then, under a number that nobody was told is void?
void Auditor::on_command(const core::Command& command) {
  epoch_ = judge_.epoch_of(command.sequence);
  if (command.kind == proto::CommandKind::SessionLogon) {
    const auto& logon = command.as<proto::SessionLogon>();
    connection_[logon.session()] = logon.connection();
  }
  if (command.envelope.client_sequence == 0) return;
  check_sent(command);
  check_not_void(command);
}

void Auditor::check_sent(const core::Command& command) {
  const std::uint32_t session = command.envelope.session;
  const std::uint64_t number = command.envelope.client_sequence;
  const auto sent = sent_.find({session, number});
  const std::uint64_t hash = command_hash(command.kind, command.body);
  if (sent == sent_.end() || sent->second.count(hash) == 0) {
    verdict_.fail("forged_command", "log %llu: session %u never sent this as number %llu",
                  ull(command.sequence), session, ull(number));
  } else if (sent->second.at(hash).count(connection_[session]) == 0) {
    verdict_.fail("former_connection_applied",
                  "log %llu: session %u sent this as number %llu, but not in connection %llu",
                  ull(command.sequence), session, ull(number), ull(connection_[session]));
  }
}

void Auditor::check_not_void(const core::Command& command) {
  const std::uint64_t number = command.envelope.client_sequence;
  const std::pair key{command.envelope.session, number};
  const auto refused = not_sequenced_.find(key);
  if (refused != not_sequenced_.end() &&
      refused->second == command_hash(command.kind, command.body)) {
    coverage_.add(Count::late_copy_applied);
    if (!copies_possible_) {
      verdict_.fail("refused_applied", "log %llu: session %u was told that %llu is not in it",
                    ull(command.sequence), command.envelope.session, ull(number));
    }
  }
  if (never_applied_.count(key) != 0) {
    verdict_.fail("skipped_applied", "log %llu: session %u number %llu was called skipped",
                  ull(command.sequence), command.envelope.session, ull(number));
  }
}

void Auditor::on_sent(net::Endpoint from, net::Endpoint to, Bytes bytes) {
  if (verdict_.failed() || bytes.size() > copy_.size()) return;
  std::memcpy(copy_.data(), bytes.data(), bytes.size());
  const Bytes aligned{copy_.data(), bytes.size()};
  if (to == roles_.attacker) to_attacker(from, aligned);
  if (from == roles_.engine) {
    on_engine(to, aligned);
  } else if (from == roles_.follower) {
    on_follower(to, aligned);
  } else {
    on_client(aligned);
  }
}

/// Someone who only replays and forges may be challenged or refused, never served.
void Auditor::to_attacker(net::Endpoint from, Bytes bytes) {
  proto::Prefix prefix;
  const bool known = proto::parse_prefix(bytes, prefix) == proto::FrameError::None;
  if (known && (prefix.kind == PacketKind::LogonChallenge ||
                prefix.kind == PacketKind::LogonRefused)) {
    return;
  }
  verdict_.fail("served_attacker", "port %u answered the attacker with kind %d", from.port,
                known ? static_cast<int>(prefix.kind) : -1);
}

void Auditor::on_client(Bytes bytes) {
  proto::Prefix prefix;
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return;
  if (prefix.kind != PacketKind::Command) return;
  const auto kind = static_cast<proto::CommandKind>(prefix.type);
  const proto::DecodedCommand decoded = proto::decode_command(kind, proto::payload_of(bytes));
  if (decoded.error != proto::DecodeError::None) {
    verdict_.fail("client_malformed", "session %u sent a malformed command of type %u",
                  prefix.session, prefix.type);
    return;
  }
  const std::uint64_t connection = connection_of_(prefix.session);
  sent_[{prefix.session, prefix.sequence}][command_hash(kind, decoded.body)].insert(connection);
  tags_[read_as<std::uint64_t>(bytes, offsetof(proto::Prefix, tag))] = connection;
}

/// Counts the commands of former connections that the engine is tempted with.
void Auditor::on_received(net::Endpoint to, Bytes bytes) {
  proto::Prefix prefix;
  if (to != roles_.engine || proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return;
  const auto sent = tags_.find(read_as<std::uint64_t>(bytes, offsetof(proto::Prefix, tag)));
  if (sent != tags_.end() && sent->second < told_[prefix.session]) {
    coverage_.add(Count::former_connection_met);
  }
}

// ---- what the engine says ------------------------------------------------------------------

void Auditor::on_engine(net::Endpoint to, Bytes bytes) {
  proto::Prefix prefix;
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) {
    on_feed_packet(bytes);
    return;
  }
  const Bytes payload = proto::payload_of(bytes);
  switch (prefix.kind) {
    case PacketKind::Reports: on_reports(prefix, payload); break;
    case PacketKind::Decision: {
      const auto* decision = proto::decode<proto::Decision>(payload);
      if (decision == nullptr) verdict_.fail("engine_malformed", "decision");
      else on_decision(prefix, *decision);
      break;
    }
    case PacketKind::Busy: {
      const auto* busy = proto::decode<proto::Busy>(payload);
      if (busy != nullptr) count_busy(busy->reason());
      const bool in_range = busy != nullptr && busy->reason() >= Reason::BUSY_OUTPUT_FULL &&
                            busy->reason() <= Reason::BUSY_WINDOW_EXCEEDED;
      if (!in_range) {
        verdict_.fail("engine_malformed", "busy to port %u", to.port);
      } else if (judge_.logged(prefix.session, busy->client_sequence()) != nullptr) {
        verdict_.fail("busy_after_decision", "session %u number %llu is decided, told busy",
                      prefix.session, ull(busy->client_sequence()));
      }
      break;
    }
    case PacketKind::LogonAccepted: {
      const auto* accepted = proto::decode<proto::LogonAccepted>(payload);
      if (accepted == nullptr) verdict_.fail("engine_malformed", "accepted logon");
      else on_logon_accepted(prefix, *accepted);
      break;
    }
    default: break;
  }
}

void Auditor::count_busy(Reason reason) {
  switch (reason) {
    case Reason::BUSY_OUTPUT_FULL: return coverage_.add(Count::busy_output_full);
    case Reason::BUSY_LOG_FULL: return coverage_.add(Count::busy_log_full);
    case Reason::BUSY_DISK_FULL: return coverage_.add(Count::busy_disk_full);
    case Reason::BUSY_RATE: return coverage_.add(Count::busy_rate);
    case Reason::BUSY_WINDOW_EXCEEDED: return coverage_.add(Count::busy_window);
    default: return;
  }
}

void Auditor::on_reports(const proto::Prefix& prefix, Bytes payload) {
  const std::span<const proto::Report> reports = proto::decode_reports(payload);
  if (reports.empty()) verdict_.fail("engine_malformed", "reports to session %u", prefix.session);
  std::uint64_t expected = prefix.sequence;
  for (const proto::Report& report : reports) {
    if (report.session() != prefix.session || report.report_sequence() != expected++) {
      verdict_.fail("report_order", "session %u: report %llu of session %u where %llu belongs",
                    prefix.session, ull(report.report_sequence()), report.session(),
                    ull(expected - 1));
    }
    check_report(report, prefix.epoch);
    check_feed_first(report.engine_sequence());
  }
}

/// Nobody learns of a command in private before its feed messages have left.
void Auditor::check_feed_first(Sequence sequence) {
  if (verdict_.failed() || sequence > judge_.durable()) return;
  if (judge_.feed_count_at(sequence) <= highest_feed_sent_) return;
  if (refused_since_feed_ >= kFeedLines) return;  // it may have been for lines A and B
  verdict_.fail("private_before_feed", "command %llu was reported before its feed message %llu",
                ull(sequence), ull(judge_.feed_count_at(sequence)));
}

void Auditor::check_report(const proto::Report& report, std::uint32_t epoch) {
  ++reports_checked_;
  if (!is_durable(report.engine_sequence())) {
    if (memory_) {
      early_reports_.emplace(report.engine_sequence(), EarlyReport{epoch, report});
      return;
    }
    verdict_.fail("released_uncommitted",
                  "session %u was told of command %llu while the disk holds %llu",
                  report.session(), ull(report.engine_sequence()), ull(judge_.durable()));
    return;
  }
  compare(report, judge_.report(report.session(), report.report_sequence()), "session");
}

void Auditor::compare(const proto::Report& said, const proto::Report* true_one,
                      const char* where) {
  if (true_one == nullptr ||
      std::memcmp(&said, true_one, core::kReportStableBytes) != 0) {
    verdict_.fail("report_untrue",
                  "%s %u report %llu (account %u copy %llu) of command %llu is not what the log "
                  "gives",
                  where, said.session(), ull(said.report_sequence()), said.account(),
                  ull(said.account_sequence()), ull(said.engine_sequence()));
    return;
  }
  if (said.chain_head() != judge_.chain_head(said.engine_sequence())) {
    verdict_.fail("chain_head", "report of command %llu carries another chain head",
                  ull(said.engine_sequence()));
  }
}

void Auditor::on_decision(const proto::Prefix& prefix, const proto::Decision& decision) {
  const std::pair key{prefix.session, decision.client_sequence()};
  if (decision.reason() == Reason::SKIPPED_NEVER_APPLIED) {
    coverage_.add(Count::decision_skipped);
    advance();
    if (judge_.logged(key.first, key.second) != nullptr) {
      verdict_.fail("skipped_applied", "session %u number %llu is in the log, told skipped",
                    key.first, ull(key.second));
    }
    if (!memory_) never_applied_.insert(key);
    return;
  }
  if (decision.reason() == Reason::OUTCOME_EXPIRED) {
    coverage_.add(Count::decision_expired);
    return;
  }
  coverage_.add(Count::decision_repeated);
  if (decision.engine_sequence() != 0 && decision.engine_sequence() <= judge_.durable()) {
    check_feed_first(decision.engine_sequence());
  }
  if (!is_durable(decision.engine_sequence())) {
    if (memory_) return;
    verdict_.fail("released_uncommitted", "session %u got decision %llu of command %llu, disk %llu",
                  key.first, ull(key.second), ull(decision.engine_sequence()),
                  ull(judge_.durable()));
    return;
  }
  const LoggedCommand* logged = judge_.logged(key.first, key.second);
  if (logged == nullptr) {
    verdict_.fail("decision_untrue", "session %u number %llu was never applied", key.first,
                  ull(key.second));
    return;
  }
  const proto::Report& first = logged->first_report;
  if (decision.engine_sequence() != logged->engine_sequence ||
      decision.kind() != first.kind() || decision.reason() != first.reason() ||
      decision.order_id() != first.order_id() ||
      decision.report_sequence() != first.report_sequence()) {
    verdict_.fail("decision_untrue",
                  "session %u number %llu: told kind %d reason %d at %llu, the log says %d %d at "
                  "%llu",
                  key.first, ull(key.second), static_cast<int>(decision.kind()),
                  static_cast<int>(decision.reason()), ull(decision.engine_sequence()),
                  static_cast<int>(first.kind()), static_cast<int>(first.reason()),
                  ull(logged->engine_sequence));
  }
}

void Auditor::on_logon_accepted(const proto::Prefix& prefix,
                                const proto::LogonAccepted& accepted) {
  coverage_.add(Count::logon_accepted);
  check_connection(prefix, accepted.connection());
  if (!is_durable(accepted.engine_sequence())) {
    if (memory_) return;
    verdict_.fail("released_uncommitted", "session %u accepted by command %llu, disk holds %llu",
                  prefix.session, ull(accepted.engine_sequence()), ull(judge_.durable()));
    return;
  }
  const std::uint64_t highest =
      judge_.highest_client_sequence(prefix.session, accepted.engine_sequence());
  if (accepted.next_client_sequence() <= highest) {
    verdict_.fail("number_given_twice", "session %u is to go on with %llu, the log has %llu",
                  prefix.session, ull(accepted.next_client_sequence()), ull(highest));
  }
}

/// A connection's number never comes back, not even under policy memory, or its keys would.
void Auditor::check_connection(const proto::Prefix& prefix, std::uint64_t connection) {
  std::uint64_t& newest = told_[prefix.session];
  if (connection < newest) {
    verdict_.fail("connection_came_back", "session %u is told connection %llu after %llu",
                  prefix.session, ull(connection), ull(newest));
  }
  newest = connection;
}

// ---- feed ----------------------------------------------------------------------------------

void Auditor::on_feed_packet(Bytes bytes) {
  proto::FeedHeader header;
  proto::FeedPacket packet;
  if (proto::parse_feed_header(bytes, header) != proto::FeedError::None) {
    verdict_.fail("engine_malformed", "a datagram of %zu bytes that is neither", bytes.size());
    return;
  }
  if (header.kind == proto::FeedPacketKind::Data &&
      proto::decode_feed_packet(header, proto::feed_payload_of(bytes), packet) !=
          proto::FeedError::None) {
    verdict_.fail("engine_malformed", "feed packet");
    return;
  }
  std::uint64_t sequence = header.first_sequence;
  for (const proto::FeedMessage& message : packet.messages) {
    check_feed(sequence++, message, header.epoch);
  }
  if (sequence - 1 > highest_feed_sent_) {
    highest_feed_sent_ = sequence - 1;
    refused_since_feed_ = 0;
  }
  if (!memory_ && header.released_sequence > judge_.feed_count()) {
    advance();
    if (header.released_sequence > judge_.feed_count()) {
      verdict_.fail("feed_uncommitted", "released %llu announced, the disk gives %llu",
                    ull(header.released_sequence), ull(judge_.feed_count()));
    }
  }
}

void Auditor::check_feed(std::uint64_t sequence, const proto::FeedMessage& message,
                         std::uint32_t epoch) {
  ++feed_checked_;
  const proto::FeedMessage* true_one = judge_.feed(sequence);
  if (true_one == nullptr) {
    advance();
    true_one = judge_.feed(sequence);
  }
  if (true_one == nullptr) {
    if (memory_) {
      early_feed_.emplace(sequence, EarlyFeed{epoch, message});
      return;
    }
    verdict_.fail("feed_uncommitted", "feed message %llu left, the disk gives %llu",
                  ull(sequence), ull(judge_.feed_count()));
    return;
  }
  if (std::memcmp(&message, true_one, sizeof(message)) != 0) {
    const bool lost_epoch = memory_ && epoch < judge_.epoch_of(judge_.feed_origin(sequence));
    if (lost_epoch) return;
    verdict_.fail("feed_untrue", "feed message %llu is not what the log gives", ull(sequence));
  }
}

// ---- what the follower says ----------------------------------------------------------------

void Auditor::on_follower(net::Endpoint to, Bytes bytes) {
  proto::Prefix prefix;
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) {
    verdict_.fail("follower_malformed", "to port %u", to.port);
    return;
  }
  if (prefix.kind == PacketKind::QueryReply) on_query_reply(prefix, proto::payload_of(bytes));
}

void Auditor::on_query_reply(const proto::Prefix& prefix, Bytes payload) {
  proto::QueryReply reply;
  if (!proto::decode_query_reply(payload, reply)) {
    verdict_.fail("follower_malformed", "query reply to session %u", prefix.session);
    return;
  }
  coverage_.add(Count::query_reply);
  const Sequence applied = reply.header->applied();
  if (!is_durable(applied)) {
    verdict_.fail("follower_ahead", "follower answers from %llu, the disk holds %llu",
                  ull(applied), ull(judge_.durable()));
    return;
  }
  if (applied != 0 && reply.header->chain_head() != 0 &&
      reply.header->chain_head() != judge_.chain_head(applied)) {
    verdict_.fail("follower_chain", "follower's chain head at %llu differs", ull(applied));
  }
  const bool copies = prefix.type == raw(proto::QueryKind::DropCopy) ||
                      prefix.type == raw(proto::QueryKind::Activity);
  for (const proto::Report& report : reply.reports) {
    if (!is_durable(report.engine_sequence())) {
      verdict_.fail("follower_ahead", "report of command %llu", ull(report.engine_sequence()));
    } else if (copies) {
      check_drop_copy(report);
    } else {
      compare(report, judge_.report(prefix.session, report.report_sequence()), "resent session");
    }
  }
  std::uint64_t sequence = reply.header->from();
  for (const proto::FeedMessage& message : reply.feed) {
    const proto::FeedMessage* true_one = judge_.feed(sequence);
    if (true_one == nullptr || std::memcmp(&message, true_one, sizeof(message)) != 0) {
      verdict_.fail("feed_untrue", "follower's feed message %llu", ull(sequence));
    }
    ++sequence;
  }
  if (judge_.core() != nullptr && judge_.core()->sequence() == applied) check_state_reply(reply);
}

void Auditor::check_drop_copy(const proto::Report& report) {
  const proto::Report* true_one =
      judge_.drop_copy(report.account(), report.account_sequence());
  if (true_one == nullptr ||
      std::memcmp(&report, true_one, core::kReportStableBytes) != 0) {
    verdict_.fail("report_untrue", "drop copy %llu of account %u", ull(report.account_sequence()),
                  report.account());
  }
}

void Auditor::check_state_reply(const proto::QueryReply& reply) {
  for (const proto::Balance& balance : reply.balances) {
    const core::BalanceView view =
        judge_.core()->balance(AccountId{balance.account()}, AssetId{balance.asset()});
    if (view.available != balance.available() || view.held != balance.held()) {
      verdict_.fail("follower_balance", "account %u asset %u", balance.account(),
                    balance.asset());
    }
  }
  for (const proto::OpenOrder& order : reply.orders) {
    if (order.client_order_id() == 0) continue;
    const proto::OpenOrder mine =
        judge_.core()->find_client_order(AccountId{order.account()}, order.client_order_id());
    if (mine.order_id() != order.order_id() || mine.leaves_lots() != order.leaves_lots()) {
      verdict_.fail("follower_order", "order %llx of account %u", ull(order.order_id()),
                    order.account());
    }
  }
}

// ---- what clients' applications hear -------------------------------------------------------

void Auditor::on_client_report(std::uint32_t session, const proto::Report& report) {
  if (!is_durable(report.engine_sequence())) return;  // judged when it was sent
  if (memory_) return;
  const proto::Report* true_one = judge_.report(session, report.report_sequence());
  if (true_one == nullptr || std::memcmp(&report, true_one, core::kReportStableBytes) != 0) {
    verdict_.fail("client_report", "session %u: its application was given a wrong report %llu",
                  session, ull(report.report_sequence()));
  }
}

void Auditor::on_client_outcome(std::uint32_t session, std::uint64_t client_sequence,
                                std::uint64_t sent_hash) {
  advance();
  const LoggedCommand* logged = judge_.logged(session, client_sequence);
  if (logged == nullptr) {
    if (memory_) return;
    verdict_.fail("outcome_untrue", "session %u number %llu has an outcome, the log has none",
                  session, ull(client_sequence));
  } else if (logged->body_hash != sent_hash) {
    verdict_.fail("number_used_twice",
                  "session %u number %llu: the outcome is that of another command", session,
                  ull(client_sequence));
  }
}

void Auditor::on_not_sequenced(std::uint32_t session, std::uint64_t client_sequence,
                               std::uint64_t sent_hash) {
  advance();
  const LoggedCommand* logged = judge_.logged(session, client_sequence);
  if (logged != nullptr && logged->body_hash == sent_hash) {
    coverage_.add(Count::late_copy_applied);
    if (!copies_possible_) {
      verdict_.fail("refused_applied", "session %u number %llu is in the log, told it is not",
                    session, ull(client_sequence));
    }
  }
  not_sequenced_[{session, client_sequence}] = sent_hash;
}

// ---- policy memory -------------------------------------------------------------------------

/// Compares what was said early with what has become durable since; what belonged to an epoch
/// that has ended without it is forgotten, as all clients must.
void Auditor::settle_early() {
  while (!early_reports_.empty() && early_reports_.begin()->first <= judge_.durable()) {
    const auto [epoch, report] = early_reports_.begin()->second;
    early_reports_.erase(early_reports_.begin());
    if (judge_.epoch_of(report.engine_sequence()) > epoch) {
      coverage_.add(Count::memory_tail_lost);
      continue;
    }
    compare(report, judge_.report(report.session(), report.report_sequence()), "session");
  }
  while (!early_feed_.empty() && early_feed_.begin()->first <= judge_.feed_count()) {
    const auto [sequence, early] = *early_feed_.begin();
    early_feed_.erase(early_feed_.begin());
    if (judge_.epoch_of(judge_.feed_origin(sequence)) > early.epoch) continue;
    check_feed(sequence, early.message, early.epoch);
  }
}

void Auditor::finish() {
  advance();
  for (const auto& [sequence, early] : early_reports_) {
    if (early.epoch < epoch_) continue;
    verdict_.fail("never_durable", "session %u was told of command %llu, which the log lacks",
                  early.report.session(), ull(sequence));
  }
}

}  // namespace saker::sim
