// Finds the state to start from and follows the log from there.
//
// Start: the event journal says how far its entries reach, and that record is looked up in the
// log: if the log tells another story there (its tail was lost, it went on in a new epoch), the
// journal's last batch is dropped until both agree. Then the *older* sound snapshot is taken and
// the log replayed from it. The newer one would start a moment sooner; the older one leaves at
// least a whole snapshot interval of history to send again. A snapshot from which the log has
// forked, or which is beyond the event journal, is of no use; without any, replay is from Genesis.
#pragma once

#include <functional>
#include <optional>

#include "engine/follower/event_journal.hpp"
#include "engine/follower/replay.hpp"
#include "engine/follower/snapshots.hpp"
#include "journal/log_reader.hpp"

namespace saker::follower {

enum class TailStep : std::uint8_t {
  kRecord,   // one command was applied: see replay()
  kStarted,  // a state to start from has been found, or the log begins: see replay()
  kMoved,    // something else was done; come again
  kIdle,     // nothing to read yet
  kFailed,   // see problem(); final
};

template <journal::Storage S>
class LogTail {
 public:
  using Say = std::function<void(const std::string&)>;

  LogTail(S& log, SnapshotStore<S>& snapshots, EventJournal<S>& events, Say say,
          std::uint32_t newest_rules)
      : log_(log), snapshots_(snapshots), events_(events), say_(std::move(say)),
        newest_rules_(newest_rules), replay_(newest_rules) {}

  /// One step, at most one record.
  TailStep poll();

  Replay& replay() { return replay_; }
  const Replay& replay() const { return replay_; }
  /// Header of the record applied last.
  const journal::RecordHeader& record() const { return header_; }
  std::uint64_t log_id() const { return reader_ ? reader_->state().log_id : 0; }
  const std::string& problem() const { return problem_; }
  /// Times the log turned out to have forked from what was on disk here.
  std::uint64_t forks() const { return forks_; }

 private:
  enum class Phase : std::uint8_t {
    kBegin, kConfirmEvents, kList, kChoose, kConfirmState, kRun, kFailed
  };

  TailStep fail(std::string what) {
    problem_ = std::move(what);
    phase_ = Phase::kFailed;
    return TailStep::kFailed;
  }
  TailStep move_to(Phase phase) {
    phase_ = phase;
    return TailStep::kMoved;
  }
  void read_from(Sequence sequence) {
    reader_.emplace(log_, journal::ReadMode::follow, sequence);
  }
  TailStep begin();
  TailStep confirm_events();
  TailStep choose();
  TailStep confirm_state();
  TailStep run();
  /// What reading anything but a record means.
  TailStep not_a_record(journal::ReadKind kind);
  std::string damage_text() const;

  S& log_;
  SnapshotStore<S>& snapshots_;
  EventJournal<S>& events_;
  const Say say_;
  std::optional<journal::LogReader<S>> reader_;
  Phase phase_ = Phase::kBegin;
  const std::uint32_t newest_rules_;
  Replay replay_;
  journal::RecordHeader header_;
  std::vector<Sequence> candidates_;  // snapshots to try, the next one last
  LoadedSnapshot loaded_;
  bool forked_ = false;
  std::uint64_t forks_ = 0;
  std::string problem_;
};

template <journal::Storage S>
TailStep LogTail<S>::poll() {
  switch (phase_) {
    case Phase::kBegin: return begin();
    case Phase::kConfirmEvents: return confirm_events();
    case Phase::kList:
      candidates_ = snapshots_.list();
      return move_to(Phase::kChoose);
    case Phase::kChoose: return choose();
    case Phase::kConfirmState: return confirm_state();
    case Phase::kRun: return run();
    case Phase::kFailed: return TailStep::kFailed;
  }
  return TailStep::kFailed;
}

template <journal::Storage S>
std::string LogTail<S>::damage_text() const {
  const journal::Damage& damage = reader_->damage();
  return "the log is damaged at segment " + std::to_string(damage.position.segment) +
         " offset " + std::to_string(damage.position.offset) + ", sequence " +
         std::to_string(damage.sequence) + " (" + journal::to_string(damage.check) +
         "): " + journal::explain(damage.check);
}

template <journal::Storage S>
TailStep LogTail<S>::not_a_record(journal::ReadKind kind) {
  switch (kind) {
    case journal::ReadKind::nothing_yet: return TailStep::kIdle;
    case journal::ReadKind::io_error:
      return fail("the log cannot be read" + journal::place_of_error(reader_->state()));
    default: return fail(damage_text());
  }
}

template <journal::Storage S>
TailStep LogTail<S>::begin() {
  if (!events_.open()) return fail("event journal: " + events_.problem());
  if (!events_.cut_text().empty()) say_("event journal: cut " + events_.cut_text());
  if (events_.end() == nullptr) return move_to(Phase::kList);
  read_from(events_.end()->sequence);
  return move_to(Phase::kConfirmEvents);
}

/// The reader stands before the record that ends the event journal's last batch.
template <journal::Storage S>
TailStep LogTail<S>::confirm_events() {
  const journal::ReadKind kind = reader_->next();
  if (kind != journal::ReadKind::record) return not_a_record(kind);
  if (reader_->state().log_id != events_.log_id()) {
    return fail("the event journal belongs to another log");
  }
  const auto& mark = *events_.end();
  const journal::RecordHeader& header = reader_->record().header;
  if (header.epoch == mark.epoch && header.header_crc == mark.record_crc) {
    return move_to(Phase::kList);
  }
  say_("the log has another record " + std::to_string(mark.sequence) + " (epoch " +
       std::to_string(header.epoch) + ") than the event journal knows (epoch " +
       std::to_string(mark.epoch) + "): dropping the journal's last batch");
  if (!forked_) ++forks_;
  forked_ = true;
  if (!events_.drop_last()) return fail("event journal: " + events_.problem());
  if (events_.end() == nullptr) return move_to(Phase::kList);
  read_from(events_.end()->sequence);
  return TailStep::kMoved;
}

template <journal::Storage S>
TailStep LogTail<S>::choose() {
  while (!candidates_.empty()) {
    const Sequence sequence = candidates_.back();
    candidates_.pop_back();
    if (sequence > events_.last_sequence()) {
      say_("snapshot " + std::to_string(sequence) + " passed over: the event journal ends at " +
           std::to_string(events_.last_sequence()));
      if (forked_) (void)snapshots_.remove(sequence);
      continue;
    }
    std::string why;
    if (!snapshots_.load(sequence, loaded_, why)) {
      say_("snapshot passed over: " + why);
      continue;
    }
    const std::uint32_t rules = loaded_.core->rule_version();
    if (const char* problem = engine::rules_problem(rules, newest_rules_)) return fail(problem);
    read_from(sequence);
    return move_to(Phase::kConfirmState);
  }
  loaded_ = {};
  read_from(1);
  return move_to(Phase::kConfirmState);
}

/// The reader stands before the last record in the snapshot, or before the log's first one.
template <journal::Storage S>
TailStep LogTail<S>::confirm_state() {
  if (loaded_.core == nullptr) {
    replay_.begin(nullptr);
    say_("replaying the log from Genesis");
    phase_ = Phase::kRun;
    return TailStep::kStarted;
  }
  const journal::ReadKind kind = reader_->next();
  if (kind != journal::ReadKind::record) return not_a_record(kind);
  const journal::RecordHeader& header = reader_->record().header;
  const journal::SnapshotInfo& info = loaded_.info;
  const std::string name = "snapshot " + std::to_string(info.sequence);
  if (reader_->state().log_id != info.log_id) return fail(name + " belongs to another log");
  if (header.epoch != info.epoch || header.timestamp_ns != info.timestamp_ns) {
    say_(name + " removed: the log has another history from there on");
    ++forks_;
    (void)snapshots_.remove(info.sequence);
    loaded_ = {};
    return move_to(Phase::kChoose);
  }
  say_("starting from " + name);
  header_ = header;
  replay_.begin(std::move(loaded_.core));
  phase_ = Phase::kRun;
  return TailStep::kStarted;
}

template <journal::Storage S>
TailStep LogTail<S>::run() {
  const journal::ReadKind kind = reader_->next();
  if (kind != journal::ReadKind::record) return not_a_record(kind);
  header_ = reader_->record().header;
  if (const char* why = replay_.apply(reader_->record())) {
    return fail("record " + std::to_string(header_.sequence) + " cannot be applied: " + why);
  }
  return TailStep::kRecord;
}

}  // namespace saker::follower
