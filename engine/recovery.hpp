// What the engine does at start: take the newest sound snapshot, read the log from there to its
// end and replay it on the way, and keep the outputs of the last commands to release them again.
//
// The time it takes is bounded by the snapshot interval of the follower, not by the length of the
// log. Nobody else may write the log meanwhile.
#pragma once

#include <string>

#include "engine/core/core.hpp"
#include "engine/look_ahead.hpp"
#include "engine/rule_check.hpp"
#include "engine/staging.hpp"
#include "journal/recovery.hpp"
#include "journal/snapshot_file.hpp"

namespace saker::engine {

struct RecoveredState {
  std::string error;                // not empty: refuse to start
  bool disk_failed = false;         // with an error: the log was not judged, errno says more
  std::unique_ptr<core::Core> core;  // nullptr without error: there is no log yet
  journal::LogState log;            // for the writer
  journal::Damage torn_tail;        // check is none when there was none
  Sequence snapshot_sequence = 0;   // 0: replayed from genesis
  std::uint64_t replayed = 0;       // commands
  bool clean_stop = false;          // the last record is a StateMarker
  bool venue_complete = false;      // the first start came to its end
  std::vector<std::string> notes;   // snapshots passed over, and why
};

/// Feeds a snapshot's payload to Core::decode.
template <journal::Storage S>
class SnapshotSource : public core::StateSource {
 public:
  explicit SnapshotSource(journal::SnapshotReader<S>& reader) : reader_(reader) {}
  bool read(std::span<std::byte> into) override {
    while (!into.empty()) {
      std::size_t got = 0;
      if (reader_.read(into, got) != journal::SnapshotStatus::ok || got == 0) return false;
      into = into.subspan(got);
    }
    return true;
  }

 private:
  journal::SnapshotReader<S>& reader_;
};

template <journal::Storage LogStorage, journal::Storage SnapshotStorage>
class StateRecovery {
 public:
  /// Outputs of the last `rerelease_commands` commands are put into `staging` as far as they fit.
  /// A log that needs rules above `newest_rules` is refused.
  StateRecovery(LogStorage& log, SnapshotStorage& snapshots, StagingRing& staging,
                std::uint32_t rerelease_commands,
                std::uint32_t newest_rules = core::kNewestRules)
      : log_(log), snapshots_(snapshots), staging_(staging), rerelease_(rerelease_commands),
        newest_rules_(newest_rules) {}

  RecoveredState run() {
    load_snapshot();
    // From the snapshot's own record on: the last record must be seen even if it is that one.
    const journal::Recovery found =
        journal::recover(log_, state_.snapshot_sequence, [this](const auto& log) { replay(log); });
    apply_waiting();
    state_.disk_failed = found.kind == journal::ReadKind::io_error;
    if (!found.ok()) return refuse(describe(found));
    if (found.kind == journal::ReadKind::torn_tail) state_.torn_tail = found.damage;
    state_.log = found.state;
    if (found.state.last_sequence < state_.snapshot_sequence) {
      return refuse("the newest snapshot is ahead of the log: the log has lost records");
    }
    if (!found.state.exists() || found.state.last_sequence == 0) return std::move(state_);
    if (!of_this_log(found.state)) {
      return refuse("the snapshot belongs to another log");
    }
    if (!replay_problem_.empty()) return refuse(std::move(replay_problem_));
    if (state_.core == nullptr || state_.core->sequence() != found.state.last_sequence) {
      return refuse("the log ends before its last record");
    }
    return std::move(state_);
  }

 private:
  RecoveredState refuse(std::string why) {
    state_.error = std::move(why);
    state_.core.reset();
    return std::move(state_);
  }

  static std::string describe(const journal::Recovery& found) {
    if (found.kind == journal::ReadKind::io_error) {
      return std::string("the log cannot be ")
          .append(found.read_whole ? "written" : "read")
          .append(journal::place_of_error(found.state));
    }
    return "the log is corrupt at segment " + std::to_string(found.damage.position.segment) +
           " offset " + std::to_string(found.damage.position.offset) + ", sequence " +
           std::to_string(found.damage.sequence) + ": " +
           journal::explain(found.damage.check) + "; restore it from a copy";
  }

  void load_snapshot() {
    journal::SnapshotReader<SnapshotStorage> reader(snapshots_);
    Sequence limit = UINT64_MAX;
    while (reader.open_newest(limit) == journal::SnapshotStatus::ok) {
      const journal::SnapshotInfo& info = reader.info();
      SnapshotSource<SnapshotStorage> source(reader);
      const char* why = nullptr;
      std::unique_ptr<core::Core> core = core::Core::decode(source, &why);
      if (core != nullptr && !(core->state_hash() == info.state_hash)) {
        why = "its state hash does not agree";
        core.reset();
      }
      if (core != nullptr) {
        why = rules_problem(core->rule_version(), newest_rules_);
        if (why != nullptr) core.reset();
      }
      if (core != nullptr) {
        state_.core = std::move(core);
        state_.snapshot_sequence = info.sequence;
        state_.venue_complete = true;  // the follower takes none of a venue that nobody can use
        snapshot_log_id_ = info.log_id;
        break;
      }
      state_.notes.push_back("snapshot " + std::to_string(info.sequence) + " passed over: " +
                             (why == nullptr ? "not a state" : why));
      if (info.sequence == 0) break;
      limit = info.sequence - 1;
    }
    for (const journal::SnapshotProblem& problem : reader.problems()) {
      state_.notes.push_back(problem.name + " passed over: " +
                             journal::to_string(problem.status));
    }
  }

  /// Whether the snapshot, if there was one, is.
  bool of_this_log(const journal::LogState& log) const {
    return state_.snapshot_sequence == 0 || snapshot_log_id_ == log.log_id;
  }

  /// The record that the reader stands at, unless it is of another log than the snapshot.
  void replay(const journal::LogReader<LogStorage>& log) {
    if (!replay_problem_.empty()) return;
    if (!of_this_log(log.state())) return;
    marked_sequence_ = log.marked_sequence();
    const journal::RecordView& record = log.record();
    const char* why = rules_problem(record.header, newest_rules_);
    if (why == nullptr) why = waiting_.push(record, state_.core.get());
    if (why != nullptr) {
      apply_waiting();
      return cannot_replay(record.header.sequence, why);
    }
    if (waiting_.full()) apply_next();
  }

  void apply_waiting() {
    while (!waiting_.empty()) apply_next();
  }
  void apply_next() {
    const core::Command& command = waiting_.front();
    if (const char* why = apply(command)) cannot_replay(command.sequence, why);
    waiting_.pop();
  }
  /// The first problem counts, and nothing after it is applied.
  void cannot_replay(Sequence sequence, const char* why) {
    if (!replay_problem_.empty()) return;
    replay_problem_ =
        "the log cannot be replayed at sequence " + std::to_string(sequence) + ": " + why;
  }

  const char* apply(const core::Command& command) {
    if (!replay_problem_.empty()) return nullptr;
    if (const char* why = rules_problem(command, newest_rules_)) return why;
    state_.clean_stop = command.kind == proto::CommandKind::StateMarker;
    state_.venue_complete |= state_.clean_stop;
    if (command.sequence <= state_.snapshot_sequence) return nullptr;
    if (state_.core == nullptr) {
      if (command.kind != proto::CommandKind::Genesis) return "the first record is no Genesis";
      const char* why = nullptr;
      state_.core = core::Core::create(command.as<proto::Genesis>(), &why);
      if (state_.core == nullptr) return why;
    } else if (command.sequence != state_.core->sequence() + 1) {
      return "a record is missing";
    }
    state_.core->apply(command, out_);
    ++state_.replayed;
    keep();
    return nullptr;
  }

  /// Only what is among the last commands even if the log ends where its mark says.
  void keep() {
    if (out_.sequence + rerelease_ < marked_sequence_) return;
    while (!staging_.empty() && (!staging_.has_room(2) || front_sequence() + rerelease_ <
                                                              out_.sequence)) {
      staging_.pop();
    }
    if (rerelease_ != 0) staging_.push_command(out_, 0);
  }
  Sequence front_sequence() {
    return reinterpret_cast<const StagedHeader*>(staging_.front())->sequence;
  }

  LogStorage& log_;
  SnapshotStorage& snapshots_;
  StagingRing& staging_;
  const std::uint32_t rerelease_;
  const std::uint32_t newest_rules_;
  std::uint64_t snapshot_log_id_ = 0;
  std::string replay_problem_;
  RecoveredState state_;
  LookAhead waiting_;
  Sequence marked_sequence_ = 0;
  core::Output out_;
};

}  // namespace saker::engine
