// What sessions owe each other in time: our heartbeats, their silence.
//
// Silence counts only while we were listening. After a restart and after any gap in our own
// polling (a stopped process, a stalled machine, a clock that was set) nobody times out before a
// period of grace is over, in which clients can make themselves heard or log on again.
#pragma once

#include "engine/session/logon.hpp"

namespace saker::engine {

template <net::Transport Transport, CommandLog Log, Clock Time>
class SessionTimers {
 public:
  SessionTimers(const core::Core& core, SessionTable& table, Outbox<Transport>& outbox,
                Logon<Transport, Log, Time>& logon, const SessionConfig& config,
                Metrics& metrics)
      : table_(table), outbox_(outbox), logon_(logon), config_(config), metrics_(metrics) {
    for (std::uint32_t id = 1; id < table.size(); ++id) {
      const core::SessionView view = core.session(SessionId{id});
      table[id].awaited = view.exists && view.connected;
      table[id].next_report = view.next_report_sequence;
    }
  }

  /// At least every 100 ms. Looks at every session once in kScanIntervalNs, a part at a time.
  void poll(TimeNs now_ns) {
    notice_gap(now_ns);
    if (now_ns < next_scan_ns_) return;
    next_scan_ns_ = now_ns + kScanIntervalNs;
    for (std::uint32_t session = 1; session < table_.size(); ++session) visit(session, now_ns);
  }

 private:
  static constexpr std::uint64_t kScanIntervalNs = 5'000'000;
  static constexpr std::uint64_t kGapNs = 1'000'000'000;

  void notice_gap(TimeNs now_ns) {
    const bool stepped_back = now_ns < polled_ns_;
    const bool gap = polled_ns_ == 0 || stepped_back || now_ns - polled_ns_ > kGapNs;
    if (gap) {
      if (polled_ns_ != 0) ++metrics_.stalls;
      grace_until_ns_ = now_ns + ms(config_.restart_grace_ms);
    }
    if (stepped_back) {
      for (std::uint32_t session = 1; session < table_.size(); ++session) {
        SessionSlot& slot = table_[session];
        slot.last_heard_ns = slot.last_sent_ns = now_ns;
        slot.last_refused_ns = 0;
        slot.orders.reset(config_.orders, now_ns);
        slot.cancels.reset(config_.cancels, now_ns);
        slot.answers.reset(config_.answers, now_ns);
      }
      next_scan_ns_ = now_ns;
    }
    polled_ns_ = now_ns;
  }

  void visit(std::uint32_t session, TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    if (!slot.bound) {
      if (slot.awaited && now_ns >= grace_until_ns_) time_out(session, now_ns);
      return;
    }
    const std::uint64_t limit_ns = ms(slot.heartbeat_ms) * config_.missed_heartbeats;
    if (now_ns >= grace_until_ns_ && now_ns > slot.last_heard_ns + limit_ns &&
        time_out(session, now_ns)) {
      return;
    }
    const std::uint64_t silent_ns = now_ns > slot.last_sent_ns ? now_ns - slot.last_sent_ns : 0;
    const bool tail_in_doubt = slot.tail_unproven && slot.acknowledged + 1 < slot.next_report;
    if (silent_ns >= ms(slot.heartbeat_ms) ||
        (tail_in_doubt && silent_ns >= ms(config_.tail_probe_ms))) {
      send_heartbeat(session, now_ns);
    }
  }

  bool time_out(std::uint32_t session, TimeNs now_ns) {
    return logon_.end_session(session, proto::CommandKind::SessionTimedOut, now_ns);
  }

  void send_heartbeat(std::uint32_t session, TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    slot.tail_unproven = false;
    ++metrics_.heartbeats_sent;
    const proto::Heartbeat heartbeat(++slot.heartbeat_out, slot.next_report, now_ns);
    outbox_.send_struct(session, proto::PacketKind::Heartbeat, slot.connection, heartbeat,
                        now_ns);
  }

  static constexpr std::uint64_t ms(std::uint64_t n) { return n * 1'000'000; }

  SessionTable& table_;
  Outbox<Transport>& outbox_;
  Logon<Transport, Log, Time>& logon_;
  const SessionConfig& config_;
  Metrics& metrics_;
  TimeNs polled_ns_ = 0;
  TimeNs grace_until_ns_ = 0;
  TimeNs next_scan_ns_ = 0;
};

}  // namespace saker::engine
