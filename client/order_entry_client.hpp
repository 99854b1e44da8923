// Order entry: commands out, each decided exactly once; reports in, in order and exactly once.
//
// Owner thread: the caller's. Nothing here blocks, sleeps or allocates after construction (the
// follower's answers during gap filling are the follower client's business). Feed it datagrams
// and time; it sends through the transport it was given. docs/protocol.md states the rules.
#pragma once

#include <algorithm>

#include "client/in_flight.hpp"
#include "client/link.hpp"
#include "client/number_source.hpp"
#include "client/outcome.hpp"
#include "client/query_client.hpp"
#include "client/report_stream.hpp"
#include "client/requests.hpp"
#include "proto/commands.hpp"

namespace saker::client {

struct OrderEntryCounters {
  std::uint64_t commands = 0;
  std::uint64_t resends = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t reports = 0;            // delivered
  std::uint64_t duplicate_reports = 0;
  std::uint64_t gaps = 0;               // that outlasted the patience
  std::uint64_t reports_recovered = 0;  // through the follower
  std::uint64_t reports_lost = 0;
  std::uint64_t connections_lost = 0;
};

/// Commands go over `Transport`; questions may go over another one, see trading_session.hpp.
template <net::Transport Transport, class Handler, net::Transport QueryTransport = Transport>
class OrderEntryClient {
 public:
  /// `queries` fills gaps; it must belong to the same session.
  OrderEntryClient(const SessionConfig& config, Transport& transport,
                   QueryClient<QueryTransport>& queries, Handler& handler)
      : config_(config),
        link_(config, config.engine, proto::Purpose::OrderEntry, transport),
        queries_(queries),
        handler_(handler),
        timer_(config.first_resend_ns, config.least_resend_ns, config.most_resend_ns),
        in_flight_(config.in_flight_slots),
        reports_(config.report_slots),
        epoch_(config.epoch) {
    reports_.restart(config.next_report_sequence);
  }

  void start(TimeNs now_ns) {
    now_ns_ = now_ns;
    logoffs_left_ = 0;
    link_.start(now_ns, reports_.next());
  }

  /// Sends a request. Returns its client sequence number; 0 when it was not sent, because the
  /// session is not logged on or the window is full, and then no outcome follows. A window full of
  /// refused commands is left by logging on anew, which poll() does.
  std::uint64_t send(const NewOrderRequest& request) {
    return send_command(to_wire(request), request.account, request.client_order_id);
  }
  std::uint64_t send(const CancelOrderRequest& request) {
    return send_command(to_wire(request), request.account, request.client_order_id);
  }
  std::uint64_t send(const ReplaceOrderRequest& request) {
    const std::uint64_t id = request.new_client_order_id != 0 ? request.new_client_order_id
                                                              : request.client_order_id;
    return send_command(to_wire(request), request.account, id);
  }
  std::uint64_t send(const MassCancelRequest& request) {
    return send_command(to_wire(request), 0, request.client_reference);
  }
  /// Any other command, as the schema's struct.
  template <class Command>
    requires(proto::kCommandKind<Command> != proto::CommandKind::None)
  std::uint64_t send(const Command& command) {
    return send_command(command, 0, 0);
  }

  /// Ends the session in good order: no cancel on disconnect, no logging on again. Repeated by
  /// poll() until the engine has answered or some tries are over; logged_off() is then true. What
  /// is not decided yet stays so.
  void log_off() {
    if (!link_.up()) return link_.stop();
    if (logoffs_left_ != 0) return;
    logoffs_left_ = kLogoffTries;
    logoff_ns_ = now_ns_;
    send_heartbeat();  // acknowledges what has arrived
    log_off_again();
  }
  bool logged_off() const { return !link_.wanted(); }

  /// Asks the engine for the feed by unicast. False when not logged on. Lasts as long as the
  /// logon; ask again in on_logged_on().
  bool subscribe_feed(const proto::FeedSubscribe& subscribe) {
    if (!link_.up()) return false;
    return link_.send(proto::PacketKind::FeedSubscribe, 0, ++subscriptions_, ack(), subscribe);
  }

  /// Brings what the next send() touches into the cache: for a program with many sessions that
  /// knows which one is next.
  void prefetch() const {
    link_.prefetch();
    in_flight_.prefetch(numbers_.next());
    __builtin_prefetch(&in_flight_, 1);
    __builtin_prefetch(&timer_, 1);
    __builtin_prefetch(&counters_, 1);
    __builtin_prefetch(&resend_ns_, 1);
    __builtin_prefetch(&sent_ack_, 1);
  }

  void on_datagram(net::Datagram& datagram, TimeNs now_ns) {
    now_ns_ = now_ns;
    const LinkEvent event = link_.on_datagram(datagram, now_ns);
    switch (event.kind) {
      case LinkEvent::Kind::kNothing: return;
      case LinkEvent::Kind::kLoggedOn: return on_logged_on();
      case LinkEvent::Kind::kRefused: return handler_.on_logon_refused(event.reason);
      case LinkEvent::Kind::kLost: return on_lost();
      case LinkEvent::Kind::kFrame: return on_frame(event);
    }
  }

  /// Everything that is due: logon, heartbeats, resends, gap filling.
  void poll(TimeNs now_ns) {
    now_ns_ = now_ns;
    link_.poll(now_ns);
    if (!link_.up()) return;
    if (now_ns > link_.heard_ns() + timeout_ns() || needs_numbers()) return on_lost();
    if (now_ns >= next_heartbeat_ns_ || reports_.delivered() >= sent_ack_ + kAckEvery) {
      send_heartbeat();
    }
    if (logoffs_left_ != 0 && now_ns >= logoff_ns_) return log_off_again();
    if (now_ns >= resend_ns_) resend();
    fill_gap();
  }
  /// When poll() has something to do next, so that a loop may sleep until then.
  TimeNs next_deadline_ns() const {
    TimeNs deadline = link_.next_deadline_ns();
    if (!link_.up()) return deadline;
    if (needs_numbers()) return now_ns_;
    deadline = std::min({deadline, next_heartbeat_ns_, link_.heard_ns() + timeout_ns() + 1});
    if (in_flight_.size() > 0) deadline = std::min(deadline, resend_ns_);
    if (logoffs_left_ != 0) deadline = std::min(deadline, logoff_ns_);
    if (gap_since_ns_ != 0 && gap_request_ == 0) {
      deadline = std::min(deadline, gap_since_ns_ + config_.gap_patience_ns);
    }
    return deadline;
  }

  bool logged_on() const { return link_.up(); }
  /// What the engine said at the last logon.
  const proto::LogonAccepted& accepted() const { return link_.accepted(); }
  std::size_t in_flight() const { return in_flight_.size(); }
  bool decided(std::uint64_t client_sequence) {
    return in_flight_.find(client_sequence) == nullptr;
  }
  std::uint64_t next_client_sequence() const { return numbers_.next(); }
  /// The next report to be delivered; keep it, with its epoch, to resume the stream in another
  /// process (SessionConfig).
  std::uint64_t next_report_sequence() const { return reports_.next(); }
  /// Of the last logon; 0 before the first.
  std::uint32_t epoch() const { return epoch_; }
  /// Smoothed time from a command to its decision, 0 before the first.
  std::uint64_t round_trip_ns() const { return timer_.smoothed_ns(); }
  const OrderEntryCounters& counters() const { return counters_; }
  const LinkCounters& link_counters() const { return link_.counters(); }
  net::Endpoint server() const { return link_.server(); }

 private:
  static constexpr std::uint32_t kLogoffTries = 5;
  static constexpr std::size_t kResendBurst = 32;
  static constexpr std::uint64_t kResendPauseNs = 500'000;
  static constexpr std::uint64_t kAckEvery = 256;

  std::uint64_t ack() const { return reports_.delivered(); }
  /// Refusals have used up the connection's numbers, see NumberSource.
  bool needs_numbers() const {
    return numbers_.used_up() && in_flight_.size() == 0 && logoffs_left_ == 0;
  }
  std::uint64_t heartbeat_ns() const {
    return std::uint64_t{accepted().heartbeat_ms()} * 1'000'000;
  }
  std::uint64_t timeout_ns() const { return std::uint64_t{accepted().timeout_ms()} * 1'000'000; }

  // ---- sending ------------------------------------------------------------------------------

  template <class Command>
  std::uint64_t send_command(const Command& command, std::uint32_t account,
                             std::uint64_t client_order_id) {
    if (!link_.up() || logoffs_left_ != 0) return 0;
    if (in_flight_.size() > 0 &&
        numbers_.next() - in_flight_.lowest() >= accepted().max_in_flight()) {
      return 0;
    }
    if (!in_flight_.has_room_for(numbers_.next())) return 0;
    const std::uint64_t number = numbers_.take();
    if (number == 0) return 0;
    InFlightCommand& slot =
        in_flight_.add(number, proto::kCommandKind<Command>, bytes_of(command));
    slot.account = account;
    slot.client_order_id = client_order_id;
    slot.first_sent_ns = now_ns_;
    ++counters_.commands;
    transmit(slot);
    return number;
  }

  void transmit(InFlightCommand& command) {
    if (now_ns_ - command.last_sent_ns >= config_.datagram_lifetime_ns) {
      command.sends = command.refusals = 0;  // no earlier copy is on its way any more
    }
    sent_ack_ = ack();
    const bool using_up = command.state == InFlightState::kUsingUp;
    link_.send_command(using_up ? proto::CommandKind::CancelOrder : command.kind,
                       command.client_sequence, sent_ack_,
                       Bytes(command.body.data(), command.body_size));
    command.last_sent_ns = now_ns_;
    command.next_send_ns = now_ns_ + timer_.wait_ns(++command.sends);
    resend_ns_ = std::min(resend_ns_, command.next_send_ns);
  }

  void resend() {
    std::size_t burst = kResendBurst;
    TimeNs next = UINT64_MAX;
    in_flight_.for_each([&](InFlightCommand& command) {
      if (!command.is_sent()) return;
      if (command.next_send_ns <= now_ns_ && burst > 0) {
        --burst;
        ++counters_.resends;
        transmit(command);
      }
      next = std::min(next, std::max(command.next_send_ns, now_ns_ + kResendPauseNs));
    });
    resend_ns_ = next;
  }

  void log_off_again() {
    if (logoffs_left_ == 0) return;
    if (--logoffs_left_ == 0) return link_.stop();
    link_.send_logoff();
    logoff_ns_ = now_ns_ + timer_.wait_ns(kLogoffTries - logoffs_left_);
  }

  void send_heartbeat() {
    sent_ack_ = ack();
    proto::Heartbeat heartbeat(++heartbeats_sent_, numbers_.next(), now_ns_);
    link_.send(proto::PacketKind::Heartbeat, 0, accepted().connection(), sent_ack_, heartbeat);
    next_heartbeat_ns_ = now_ns_ + heartbeat_ns();
  }

  // ---- logging on ---------------------------------------------------------------------------

  void on_logged_on() {
    const proto::LogonAccepted& now = accepted();
    const std::uint32_t epoch_before = epoch_;
    // In a new epoch the engine may have forgotten some numbers (and in a venue made anew all of
    // them); what is undecided keeps its number all the same.
    const bool forgot = now.next_client_sequence() <= numbers_.highest_seen() ||
                        now.next_report_sequence() < reports_.next();
    const bool new_epoch = forgot || (epoch_before != 0 && epoch_before != now.epoch());
    epoch_ = now.epoch();
    const std::uint64_t undecided_end = in_flight_.size() > 0 ? in_flight_.highest() + 1 : 1;
    numbers_.logged_on(now.next_client_sequence(), undecided_end, now.max_in_flight());
    if (reports_.next() == 0 || new_epoch) {
      reports_.restart(now.next_report_sequence());
    } else {
      reports_.announce(now.next_report_sequence());
    }
    forget_gap_request();
    heartbeats_sent_ = heartbeats_heard_ = 0;
    in_flight_.for_each([this](InFlightCommand& command) { command.next_send_ns = now_ns_; });
    resend_ns_ = now_ns_;
    send_heartbeat();
    handler_.on_logged_on(now);
    if (new_epoch) handler_.on_epoch_changed(epoch_before, epoch_);
  }

  void on_lost() {
    if (logoffs_left_ != 0) return link_.stop();
    ++counters_.connections_lost;
    handler_.on_connection_lost();
    link_.start(now_ns_, reports_.next());
  }

  // ---- what the engine says -----------------------------------------------------------------

  void on_frame(const LinkEvent& event) {
    bool understood = false;
    switch (event.prefix.kind) {
      case proto::PacketKind::Reports: understood = on_reports(event.payload); break;
      case proto::PacketKind::Decision: understood = on_decision(event.payload); break;
      case proto::PacketKind::Busy: understood = on_busy(event.payload); break;
      case proto::PacketKind::Heartbeat: understood = on_heartbeat(event); break;
      case proto::PacketKind::Logoff:
        understood = event.prefix.sequence == accepted().connection();
        if (understood && logoffs_left_ != 0) link_.stop();
        break;
      default: break;
    }
    if (!understood) ++link_.counters().dropped_content;
  }

  bool on_reports(Bytes payload) {
    const auto reports = proto::decode_reports(payload);
    if (reports.empty()) return false;
    for (const proto::Report& report : reports) take_report(report);
    deliver();
    return true;
  }

  // A decision is known as soon as its report is here, even if earlier reports are missing.
  void take_report(const proto::Report& report) {
    if (report.session() != config_.session || report.report_sequence() == 0) return;
    if (!reports_.offer(report)) {
      ++counters_.duplicate_reports;
      return;
    }
    link_.heard(now_ns_);
    numbers_.applied(report.client_sequence());
    InFlightCommand* command = in_flight_.find(report.client_sequence());
    if (command == nullptr) return;
    if (is_used_up(*command, report.kind())) return not_sequenced(*command);
    if (!is_decision(command->kind, report.kind(), report.reason())) return;
    Outcome outcome = outcome_of(*command);
    outcome.result = is_reject(report.kind()) ? Result::kRejected : Result::kAccepted;
    outcome.reason = report.reason();
    outcome.report_kind = report.kind();
    outcome.order_id = report.order_id();
    outcome.engine_sequence = report.engine_sequence();
    decide(*command, outcome);
  }

  void deliver() {
    while (const proto::Report* next = reports_.take()) {
      const proto::Report report = *next;  // the handler may make us receive more
      ++counters_.reports;
      dispatch_report(handler_, report);
    }
  }

  bool on_heartbeat(const LinkEvent& event) {
    const auto* heartbeat = proto::decode<proto::Heartbeat>(event.payload);
    if (heartbeat == nullptr || event.prefix.sequence != accepted().connection()) return false;
    if (heartbeat->counter() <= heartbeats_heard_) return true;
    heartbeats_heard_ = heartbeat->counter();
    link_.heard(now_ns_);
    reports_.announce(heartbeat->next_sequence());
    return true;
  }

  bool on_decision(Bytes payload) {
    const auto* decision = proto::decode<proto::Decision>(payload);
    if (decision == nullptr) return false;
    InFlightCommand* command = in_flight_.find_sent(decision->client_sequence());
    if (command == nullptr) return true;
    link_.heard(now_ns_);
    if (is_used_up(*command, decision->kind())) {
      numbers_.applied(decision->client_sequence());
      not_sequenced(*command);
      return true;
    }
    if (decision->reason() == proto::Reason::OUTCOME_EXPIRED) {
      resolve(*command);
      return true;
    }
    Outcome outcome = outcome_of(*command);
    outcome.reason = decision->reason();
    outcome.report_kind = decision->kind();
    outcome.order_id = decision->order_id();
    outcome.engine_sequence = decision->engine_sequence();
    if (decision->reason() == proto::Reason::SKIPPED_NEVER_APPLIED) {
      outcome.result = Result::kNeverApplied;
    } else {
      outcome.result = is_reject(decision->kind()) ? Result::kRejected : Result::kAccepted;
      numbers_.applied(decision->client_sequence());
    }
    decide(*command, outcome);
    return true;
  }

  bool on_busy(Bytes payload) {
    const auto* busy = proto::decode<proto::Busy>(payload);
    if (busy == nullptr) return false;
    InFlightCommand* command = in_flight_.find_sent(busy->client_sequence());
    if (command == nullptr) return true;
    link_.heard(now_ns_);
    if (command->state == InFlightState::kUsingUp) return true;  // sent again until there is room
    command->refusal = busy->reason();
    command->retry_after_us = busy->retry_after_us();
    if (is_to_be_used_up(*command)) {
      use_up(*command);
      return true;
    }
    // Copies whose refusal has not come may have been taken, or be still: only when every copy
    // was refused, or has left the network, is a refusal the last word.
    if (++command->refusals < command->sends) {
      command->next_send_ns = command->last_sent_ns + config_.datagram_lifetime_ns;
      return true;
    }
    not_sequenced(*command);
    return true;
  }

  void not_sequenced(InFlightCommand& command) {
    Outcome outcome = outcome_of(command);
    outcome.result = Result::kNotSequenced;
    outcome.reason = command.refusal;
    outcome.retry_after_us = command.retry_after_us;
    decide(command, outcome);
  }

  // ---- using up the numbers of refused commands ---------------------------------------------

  /// For a number too far ahead the cancel would be refused, too.
  bool is_to_be_used_up(const InFlightCommand& command) const {
    const bool may_come_late = command.kind == proto::CommandKind::NewOrder ||
                               command.kind == proto::CommandKind::ReplaceOrder;
    return config_.use_up_refused && may_come_late &&
           command.refusal != proto::Reason::BUSY_WINDOW_EXCEEDED &&
           command.refusal != proto::Reason::UNKNOWN_COMMAND;
  }

  /// The engine decides whichever comes first under the number, this cancel or a copy of the
  /// command, and the kind of its decision says which.
  void use_up(InFlightCommand& command) {
    const proto::CancelOrder nothing(UINT64_MAX, 0, command.account, 0);
    std::memcpy(command.body.data(), &nothing, sizeof nothing);
    command.body_size = sizeof nothing;
    command.state = InFlightState::kUsingUp;
    command.sends = 0;
    transmit(command);
  }
  static bool is_used_up(const InFlightCommand& command, proto::ReportKind decision) {
    return command.state == InFlightState::kUsingUp &&
           decision == proto::ReportKind::CancelRejected;
  }

  Outcome outcome_of(const InFlightCommand& command) const {
    return {.client_sequence = command.client_sequence,
            .command = command.kind,
            .client_order_id = command.client_order_id,
            .round_trip_ns = now_ns_ - command.first_sent_ns};
  }

  void decide(InFlightCommand& command, const Outcome& outcome) {
    if (command.last_sent_ns == command.first_sent_ns) timer_.measured(outcome.round_trip_ns);
    in_flight_.remove(command);
    ++counters_.outcomes;
    handler_.on_outcome(outcome);
  }

  // ---- outcomes that the engine has forgotten -----------------------------------------------

  void resolve(InFlightCommand& command) {
    command.state = InFlightState::kResolving;
    proto::Query query;
    query.mutate_subject(command.account);
    query.mutate_from(command.client_order_id);
    const bool askable = command.client_order_id != 0 && command.account != 0;
    command.query = askable ? queries_.ask(proto::QueryKind::OrderStatus, query,
                                           QueryCallback::to<&OrderEntryClient::on_status>(this))
                            : 0;
    if (command.query == 0) unresolved(command);
  }

  void on_status(const QueryResult& result) {
    InFlightCommand* command = nullptr;
    in_flight_.for_each([&](InFlightCommand& c) {
      if (c.state == InFlightState::kResolving && c.query == result.request) command = &c;
    });
    if (command == nullptr) return;
    const bool known = result.answered && result.status == proto::QueryStatus::Ok &&
                       !result.reply.orders.empty();
    if (!known) return unresolved(*command);
    // The client order id belongs to an order: the command that introduced it was accepted.
    Outcome outcome = outcome_of(*command);
    outcome.result = Result::kAccepted;
    outcome.order_id = result.reply.orders[0].order_id();
    decide(*command, outcome);
  }

  void unresolved(InFlightCommand& command) {
    Outcome outcome = outcome_of(command);
    outcome.result = Result::kUnresolved;
    outcome.reason = proto::Reason::OUTCOME_EXPIRED;
    decide(command, outcome);
  }

  // ---- holes in the report stream -----------------------------------------------------------

  void fill_gap() {
    const ReportStream::Gap gap = reports_.gap();
    if (gap.empty()) {
      gap_since_ns_ = 0;
      return;
    }
    if (gap_since_ns_ == 0) {
      gap_since_ns_ = now_ns_;
      ++counters_.gaps;
    }
    if (gap_request_ != 0 || now_ns_ < gap_since_ns_ + config_.gap_patience_ns) return;
    proto::Query query;
    query.mutate_from(gap.from);
    query.mutate_to(gap.to);
    // What stands behind the gap was caused later than what is in it.
    const proto::Report* after = reports_.waiting(gap.to);
    query.mutate_at_least(after != nullptr ? after->engine_sequence() : 0);
    gap_request_ = queries_.ask(proto::QueryKind::Reports, query,
                                QueryCallback::to<&OrderEntryClient::on_missing>(this));
  }

  void on_missing(const QueryResult& result) {
    if (result.last) gap_request_ = 0;
    if (!result.answered) return;  // asked again by the next poll
    if (result.status == proto::QueryStatus::SnapshotRequired) return give_up_gap();
    const std::uint64_t before = reports_.next();
    for (const proto::Report& report : result.reply.reports) take_report(report);
    deliver();
    counters_.reports_recovered += reports_.next() - before;
    if (!result.last) return;
    if (reports_.next() == before) gap_since_ns_ = now_ns_;  // not there yet: have patience anew
    fill_gap();
  }

  void give_up_gap() {
    const ReportStream::Gap gap = reports_.gap();
    if (gap.empty()) return;
    counters_.reports_lost += gap.to - gap.from;
    reports_.skip_to(gap.to);
    gap_since_ns_ = 0;
    handler_.on_reports_lost(gap.from, gap.to);
    deliver();
  }

  void forget_gap_request() {
    if (gap_request_ != 0) queries_.forget(gap_request_);
    gap_request_ = 0;
    gap_since_ns_ = 0;
  }

  SessionConfig config_;
  Link<Transport> link_;
  QueryClient<QueryTransport>& queries_;
  Handler& handler_;
  NumberSource numbers_;
  ResendTimer timer_;
  InFlightTable in_flight_;
  ReportStream reports_;
  OrderEntryCounters counters_;
  TimeNs now_ns_ = 0;
  TimeNs next_heartbeat_ns_ = 0;
  TimeNs logoff_ns_ = 0;
  std::uint32_t logoffs_left_ = 0;
  TimeNs resend_ns_ = UINT64_MAX;
  std::uint32_t epoch_ = 0;
  std::uint64_t heartbeats_sent_ = 0;
  std::uint64_t heartbeats_heard_ = 0;
  std::uint64_t sent_ack_ = 0;
  std::uint64_t subscriptions_ = 0;
  std::uint64_t gap_request_ = 0;
  TimeNs gap_since_ns_ = 0;
};

}  // namespace saker::client
