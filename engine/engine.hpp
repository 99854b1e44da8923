// The engine put together: network in, sessions, sequencer, core, log, release, network out, all
// run to completion by poll() on one thread. The process gives it sockets, the log writer and the
// system's clock, the simulator its own; nothing in here knows the difference.
#pragma once

#include "engine/release.hpp"
#include "engine/session/session_layer.hpp"
#include "engine/session/session_timers.hpp"

namespace saker::engine {

template <net::Transport Transport, CommandLog Log, Clock Time>
class Engine {
 public:
  /// `core` has applied everything that is in the log. `staging` may already hold outputs of
  /// recovered commands, which are then released again. All references outlive the engine.
  Engine(core::Core& core, Transport& transport, Log& log, Time& clock, StagingRing& staging,
         const EngineConfig& config, const SecretSource& secrets)
      : core_(core), transport_(transport), clock_(clock), staging_(staging), config_(config),
        table_(core.session_capacity()),
        keys_(core, secrets, !config.session.untagged),
        sequencer_(core, log, clock, staging, config_, metrics_),
        outbox_(transport, table_, core, metrics_),
        feed_(transport, core, config_.feed, metrics_),
        logon_(core, sequencer_, staging, table_, keys_, outbox_, feed_, config_, metrics_),
        sessions_(core, sequencer_, staging, table_, keys_, outbox_, logon_, feed_, metrics_),
        timers_(core, table_, outbox_, logon_, config_.session, metrics_),
        release_(staging, feed_, outbox_, table_, clock, metrics_) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// One round; true when there was something to do, so that there may be more at once. Call it
  /// at least every 100 ms. `now_ns` is UTC.
  bool poll(TimeNs now_ns) {
    release_.begin_round(core_.sequence());
    const std::span<net::Datagram> burst = transport_.receive();
    // What has just arrived is not sequenced at a time before its arrival.
    if (!burst.empty()) now_ns = arrival_ns(burst);
    polled_ns_ = now_ns;
    const std::uint64_t commands_before = metrics_.client_commands;
    take(burst, now_ns);
    timers_.poll(now_ns);
    const bool idle = metrics_.client_commands == commands_before;
    const bool worked = sequencer_.poll(now_ns, idle);
    const bool released = hand_out(now_ns);
    return !burst.empty() || worked || released;
  }

  /// Instead of poll() once the process is to stop: takes nothing new in, lets out what becomes
  /// committed, and marks the log as complete. True when all is committed and released.
  bool poll_stop(TimeNs now_ns) {
    release_.begin_round(core_.sequence());
    const bool settled = sequencer_.finish_urgent(now_ns);
    if (settled && !marked_) {
      marked_ = sequencer_.sequence_own(proto::CommandKind::StateMarker, proto::StateMarker(0),
                                        Need::kInternal, now_ns);
    }
    hand_out(now_ns);
    return marked_ && sequencer_.committed() >= core_.sequence() && staging_.empty();
  }

  /// Lets out what is committed by now; part of poll(). True when there was something.
  bool hand_out(TimeNs now_ns) {
    sequencer_.kick();
    const Sequence committed = sequencer_.committed();
    const bool released = release_.poll(committed);
    released_sequence_ = committed;
    feed_.poll(now_ns);
    if (metrics_.answers_at_once != 0) note_residence();
    transport_.flush();
    return released;
  }

  /// The log has failed: nothing will ever be committed again, the process must stop.
  bool failed() const { return sequencer_.failed(); }
  /// Something waits for its commit.
  bool waiting() const { return !staging_.empty(); }
  /// What waits can leave now.
  bool can_release() const {
    return !staging_.empty() && sequencer_.committed() > released_sequence_;
  }
  Sequence committed() const { return sequencer_.committed(); }
  Sequence released_sequence() const { return released_sequence_; }
  std::uint64_t released_feed_sequence() const { return feed_.released(); }
  std::uint32_t sessions_bound() const { return table_.bound_count(); }
  std::size_t subscribers() { return feed_.subscribers().view().size(); }
  Sequencer<Log, Time>& sequencer() { return sequencer_; }
  const Metrics& metrics() const { return metrics_; }
  Metrics& metrics() { return metrics_; }

  /// As in core::CommandEnvelope; for the commands that follow.
  void set_clock_quality(std::uint8_t quality) { sequencer_.set_clock_quality(quality); }

 private:
  using Sessions = SessionLayer<Transport, Log, Time>;

  /// A few at a time: while these are worked on, the sessions of the next are fetched.
  void take(std::span<const net::Datagram> burst, TimeNs now_ns) {
    while (!burst.empty()) {
      const auto next = burst.first(std::min(burst.size(), Sessions::kTogether));
      burst = burst.subspan(next.size());
      for (std::size_t i = 0; i < std::min(burst.size(), Sessions::kTogether); ++i) {
        sessions_.prefetch(burst[i]);
      }
      sessions_.look_ahead(next);
      for (const net::Datagram& datagram : next) sessions_.on_datagram(datagram, now_ns);
    }
  }

  /// When the driver gave us the burst. A transport that stamps by our own clock has just looked
  /// at it, for all of the burst at once.
  TimeNs arrival_ns(std::span<const net::Datagram> burst) {
    constexpr auto kTsc = static_cast<std::uint8_t>(proto::TimestampSource::Tsc);
    const net::Datagram& last = burst.back();
    return last.received_source == kTsc ? last.received_ns : clock_.now_ns();
  }
  void note_residence() {
    const TimeNs now_ns = clock_.now_ns();
    if (now_ns > polled_ns_) {
      metrics_.residence.record(now_ns - polled_ns_, metrics_.answers_at_once);
    }
  }

  core::Core& core_;
  Transport& transport_;
  Time& clock_;
  StagingRing& staging_;
  const EngineConfig config_;
  Metrics metrics_;
  SessionTable table_;
  SessionKeys keys_;
  Sequencer<Log, Time> sequencer_;
  Outbox<Transport> outbox_;
  FeedPublisher<Transport> feed_;
  Logon<Transport, Log, Time> logon_;
  Sessions sessions_;
  SessionTimers<Transport, Log, Time> timers_;
  Release<Transport, Time> release_;
  Sequence released_sequence_ = 0;
  TimeNs polled_ns_ = 0;  // when the round's burst arrived
  bool marked_ = false;
};

}  // namespace saker::engine
