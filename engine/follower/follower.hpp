// saker-follower as poll(now): tails the committed log, re-executes it, writes the event journal
// and snapshots, answers queries. Owner: one thread, which polls; nothing here blocks but disk
// operations. The log comes first in every round and has a budget of its own, so that no flood of
// questions delays it and no burst of commands starves the questions.
#pragma once

#include "common/clock.hpp"
#include "engine/follower/log_tail.hpp"
#include "engine/follower/query_server.hpp"

namespace saker::follower {

template <net::Transport Transport>
class TransportSink : public DatagramSink {
 public:
  explicit TransportSink(Transport& transport) : transport_(transport) {}
  bool send(net::Endpoint to, Bytes datagram) override { return transport_.send(to, datagram); }

 private:
  Transport& transport_;
};

template <net::Transport Transport, journal::Storage Storage, Clock Time>
class Follower {
 public:
  using Say = std::function<void(const std::string&)>;

  struct Disks {
    Storage& log;        // read only
    Storage& snapshots;
    Storage& events;
  };

  /// `clock`: UTC, for what is compared with the log's time. `say` gets one line for whatever an
  /// operator should know.
  Follower(const FollowerConfig& config, Transport& transport, Disks disks, Time& clock,
           const engine::SecretSource& secrets, const proto::Key& cookie_secret,
           Counters& counters, Say say)
      : config_(config),
        transport_(transport),
        clock_(clock),
        counters_(counters),
        say_(say),
        snapshots_(disks.snapshots),
        events_(disks.events, config.event_file_bytes),
        tail_(disks.log, snapshots_, events_, say, config.newest_rules),
        history_(config.history),
        queries_(config_, cookie_secret, secrets, counters),
        sink_(transport) {}

  /// One round. True when there may be more to do at once.
  bool poll(TimeNs now_ns);
  /// Before the end: events flushed, a snapshot if it is worth one. False when that failed.
  bool stop(TimeNs now_ns);

  /// Not empty: the process must stop; an operator has to look.
  const std::string& problem() const { return problem_; }
  bool failed() const { return !problem_.empty(); }
  /// Everything known to be durable has been applied at least once.
  bool ready() const { return ready_; }
  /// A question waits for a sequence: look at the log soon.
  bool waiting() const { return queries_.waiting(); }
  /// nullptr before the log has begun.
  const core::Core* core() const { return tail_.replay().core(); }
  /// Last command whose events are written.
  Sequence events_sequence() const { return events_.last_sequence(); }
  const Counters& counters() const { return counters_; }
  /// Writes a snapshot now. False when it could not be written or did not verify. Without
  /// `at_once` a checker verifies it later.
  bool take_snapshot(TimeNs now_ns, bool at_once = true);
  /// From now on snapshots are verified by it, but for the one at the end.
  void use_checker(SnapshotChecker* checker) { checker_ = checker; }

 private:
  bool poll_log(TimeNs now_ns);
  bool poll_network(TimeNs now_ns);
  bool poll_events(TimeNs now_ns);
  void poll_snapshots(TimeNs now_ns);
  /// True while a snapshot is being verified.
  bool checking_snapshot();
  bool on_snapshot_checked(Sequence sequence, bool sound, const std::string& problem);
  void on_started();
  void on_record(TimeNs now_ns, TimeNs utc_ns);
  /// Hands the command applied last to the event journal. False: it has to be tried again.
  bool store_events(TimeNs now_ns);
  void on_state_marker();
  void publish();
  void fail(const std::string& what) {
    problem_ = what;
    say_("stopping: " + what);
  }
  /// The event journal found no room on the disk, or found some again: each is said once.
  void note_room(bool found) {
    if (found == !out_of_room_) return;
    out_of_room_ = !found;
    say_(found ? "the disk has room again"
               : "the disk is full: events, and all that is made from them, wait for room");
  }

  const FollowerConfig config_;
  Transport& transport_;
  Time& clock_;
  Counters& counters_;
  const Say say_;
  SnapshotStore<Storage> snapshots_;
  EventJournal<Storage> events_;
  LogTail<Storage> tail_;
  History history_;
  QueryServer queries_;
  TransportSink<Transport> sink_;
  std::string problem_;
  bool ready_ = false;
  bool started_ = false;
  bool out_of_room_ = false;
  bool events_blocked_ = false;   // the command applied last is not with the event journal yet
  TimeNs events_since_ns_ = 0;    // first entry that waits; 0: none
  TimeNs commands_since_ns_ = 0;  // first command of any kind that waits; 0: none
  TimeNs events_synced_ns_ = 0;   // last time
  SnapshotChecker* checker_ = nullptr;
  Sequence checked_sequence_ = 0;  // being verified; 0: none
  Sequence snapshot_sequence_ = 0;
  TimeNs snapshot_at_ns_ = 0;     // last attempt
};

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::poll(TimeNs now_ns) {
  if (failed()) return false;
  bool busy = poll_log(now_ns);
  if (!failed()) busy |= poll_events(now_ns);
  if (!failed()) poll_snapshots(now_ns);
  busy |= poll_network(now_ns);
  if (busy) counters_.add(k_polls_busy);
  publish();
  return busy;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::poll_log(TimeNs now_ns) {
  if (events_blocked_ && !store_events(now_ns)) return false;
  const TimeNs utc_ns = clock_.now_ns();
  for (std::uint32_t i = 0; i < config_.records_per_poll; ++i) {
    switch (tail_.poll()) {
      case TailStep::kRecord:
        on_record(now_ns, utc_ns);
        if (failed() || events_blocked_) return true;
        break;
      case TailStep::kStarted: on_started(); break;
      case TailStep::kMoved: break;
      case TailStep::kFailed:
        fail(tail_.problem());
        return true;
      case TailStep::kIdle:
        // Nothing more is durable: from now on answers are as fresh as they can be.
        if (!ready_ && started_ && core() != nullptr) {
          ready_ = true;
          queries_.set_ready(true);
          say_("caught up at sequence " + std::to_string(core()->sequence()));
        }
        return i != 0;
    }
  }
  return true;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
void Follower<Transport, Storage, Time>::on_started() {
  started_ = true;
  counters_.set(k_rebuilds, tail_.forks());
  history_.begin(core());
  snapshot_sequence_ = core() != nullptr ? core()->sequence() : 0;
  for (const Sequence sequence : snapshots_.list()) {
    if (sequence <= events_.last_sequence()) snapshot_sequence_ =
        std::max(snapshot_sequence_, sequence);
  }
  counters_.set(k_snapshot_sequence, snapshot_sequence_);
  if (core() != nullptr) queries_.attach(core(), &history_);
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
void Follower<Transport, Storage, Time>::on_record(TimeNs now_ns, TimeNs utc_ns) {
  const core::Output& out = tail_.replay().out();
  if (tail_.record().sequence == 1) queries_.attach(core(), &history_);
  history_.take(out);
  counters_.add(k_commands_applied);
  const TimeNs time_ns = tail_.record().timestamp_ns;
  counters_.set(k_lag_ns, utc_ns > time_ns ? utc_ns - time_ns : 0);
  if (tail_.replay().command().kind == proto::CommandKind::StateMarker) on_state_marker();
  (void)store_events(now_ns);
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::store_events(TimeNs now_ns) {
  events_blocked_ = false;
  const journal::RecordHeader& record = tail_.record();
  if (record.sequence <= events_.last_sequence()) {
    // Written by an earlier run; the two must agree to the last event.
    const auto* end = events_.end();
    if (end->sequence == record.sequence && end->chain_head != core()->chain_head()) {
      fail("replay gives other events than the event journal has up to sequence " +
           std::to_string(record.sequence) + ": this program is not the one that wrote it");
      return false;
    }
    return true;
  }
  if (record.sequence == 1) events_.begin(tail_.log_id(), record.shard);
  if (events_.log_id() == 0) events_.begin(tail_.log_id(), record.shard);
  const std::uint32_t entries = events_.pending_entries();
  if (!events_.add(record, tail_.replay().command(), tail_.replay().out())) {
    events_blocked_ = true;
    counters_.add(k_event_waits);
    if (events_.failed()) fail("event journal: " + events_.problem());
    else note_room(false);
    return false;
  }
  if (commands_since_ns_ == 0) commands_since_ns_ = now_ns;
  if (events_.pending_entries() != 0 && entries == 0) events_since_ns_ = now_ns;
  return true;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
void Follower<Transport, Storage, Time>::on_state_marker() {
  const Hash128 hash = core()->state_hash();
  counters_.set(k_state_marker_sequence, core()->sequence());
  counters_.set(k_state_hash_low, hash.low);
  counters_.set(k_state_hash_high, hash.high);
  char text[160];
  std::snprintf(text, sizeof(text),
                "state marker at sequence %llu, chain head %016llx, state hash %016llx%016llx",
                static_cast<unsigned long long>(core()->sequence()),
                static_cast<unsigned long long>(core()->chain_head()),
                static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  say_(text);
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::poll_events(TimeNs now_ns) {
  if (!events_.synced() && now_ns >= events_synced_ns_ + config_.event_sync_ns) {
    events_synced_ns_ = now_ns;
    if (!events_.sync()) fail("event journal: " + events_.problem());
  }
  if (failed() || !events_.pending()) return false;
  const bool entries = events_.pending_entries() != 0;
  const bool due = entries ? now_ns >= events_since_ns_ + config_.event_write_ns
                           : now_ns >= commands_since_ns_ + config_.event_idle_write_ns;
  if (!due) return false;
  if (!events_.write()) {
    counters_.add(k_event_waits);
    if (events_.failed()) fail("event journal: " + events_.problem());
    else note_room(false);
    return false;
  }
  note_room(true);
  commands_since_ns_ = 0;
  return true;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
void Follower<Transport, Storage, Time>::poll_snapshots(TimeNs now_ns) {
  if (!ready_ || events_blocked_ || checking_snapshot()) return;
  if (snapshot_at_ns_ == 0) snapshot_at_ns_ = now_ns;
  const std::uint64_t commands = core()->sequence() - snapshot_sequence_;
  const bool late = now_ns >= snapshot_at_ns_ + config_.snapshot_interval_ns;
  const bool many = commands >= config_.snapshot_commands;
  if (commands < config_.snapshot_min_commands || (!late && !many)) return;
  // After one that failed, the next attempt waits: what filled the disk is still there.
  constexpr std::uint64_t kRetryNs = 10'000'000'000;
  if (counters_.get(k_snapshots_failed) != 0 && now_ns < snapshot_at_ns_ + kRetryNs) return;
  (void)take_snapshot(now_ns, false);
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::checking_snapshot() {
  if (checked_sequence_ == 0) return false;
  const SnapshotChecker::Result result = checker_->poll();
  if (!result.done) return true;
  (void)on_snapshot_checked(checked_sequence_, result.sound, result.problem);
  return false;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::on_snapshot_checked(Sequence sequence, bool sound,
                                                             const std::string& problem) {
  checked_sequence_ = 0;
  if (!sound) {
    counters_.add(k_snapshots_failed);
    say_("no snapshot: " + problem);
    return false;
  }
  if (!problem.empty()) say_("snapshot: " + problem);
  snapshot_sequence_ = sequence;
  counters_.set(k_snapshot_sequence, sequence);
  counters_.add(k_snapshots_written);
  return true;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::take_snapshot(TimeNs now_ns, bool at_once) {
  snapshot_at_ns_ = now_ns;
  if (core() == nullptr || events_blocked_ || failed() || checked_sequence_ != 0) return false;
  // The event journal must reach the snapshot, or a restart from it would leave a gap.
  if (!events_.flush()) {
    if (events_.failed()) fail("event journal: " + events_.problem());
    return false;
  }
  const TimeNs began_ns = clock_.now_ns();
  const journal::RecordHeader& record = tail_.record();
  journal::SnapshotInfo info;
  info.shard = record.shard;
  info.rule_version = record.rule_version;
  info.epoch = record.epoch;
  info.log_id = tail_.log_id();
  info.sequence = core()->sequence();
  info.timestamp_ns = record.timestamp_ns;
  info.chain_head = core()->chain_head();
  info.build_hash = {config_.build_hash, 0};
  std::string why;
  bool sound = snapshots_.write(*core(), info, why);
  const bool later = sound && !at_once && checker_ != nullptr;
  if (later) {
    checked_sequence_ = info.sequence;
    checker_->start(info.sequence);
  } else if (sound) {
    sound = snapshots_.confirm(info.sequence, why);
  }
  const TimeNs ended_ns = clock_.now_ns();
  counters_.set(k_snapshot_ns, ended_ns > began_ns ? ended_ns - began_ns : 0);
  return later || on_snapshot_checked(info.sequence, sound, why);
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::poll_network(TimeNs now_ns) {
  const std::span<net::Datagram> burst = transport_.receive();
  bool busy = queries_.poll(now_ns, sink_) || !burst.empty();
  for (net::Datagram& datagram : burst) queries_.on_datagram(datagram, now_ns, sink_);
  transport_.flush();
  return busy;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
bool Follower<Transport, Storage, Time>::stop(TimeNs now_ns) {
  if (failed() || core() == nullptr) return !failed();
  if (events_blocked_ && !store_events(now_ns)) return false;
  if (!events_.flush()) return false;
  if (checked_sequence_ != 0) {
    const SnapshotChecker::Result result = checker_->wait();
    (void)on_snapshot_checked(checked_sequence_, result.sound, result.problem);
  }
  const bool enough = core()->sequence() - snapshot_sequence_ >= config_.snapshot_min_commands;
  const bool snapshot = !ready_ || !enough || take_snapshot(now_ns);
  publish();
  return snapshot;
}

template <net::Transport Transport, journal::Storage Storage, Clock Time>
void Follower<Transport, Storage, Time>::publish() {
  counters_.set(k_caught_up, ready_ ? 1 : 0);
  counters_.set(k_events_sequence, events_.last_sequence());
  counters_.set(k_event_batches, events_.batches());
  if (core() == nullptr) return;
  counters_.set(k_applied_sequence, core()->sequence());
  counters_.set(k_chain_head, core()->chain_head());
  counters_.set(k_epoch, core()->epoch());
  counters_.set(k_feed_sequence, core()->next_feed_sequence());
  counters_.set(k_open_orders, core()->open_order_count());
}

}  // namespace saker::follower
