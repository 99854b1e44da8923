// What a run begins with: on the first start the genesis, the first epoch and the venue file's
// commands, later an EpochStart when the log or the policy asks for one.
#pragma once

#include "common/plants.hpp"
#include "engine/engine.hpp"
#include "engine/recovery.hpp"
#include "engine/venue_file.hpp"

namespace saker::engine {

/// Applies the venue to a scratch core and says what the core did not accept, one line each;
/// nothing has been written to any log then.
std::vector<std::string> check_venue(const Venue& venue);

/// A new epoch is due when the run before may have shown outputs that its log has lost: under the
/// policy `memory`, unless it was stopped cleanly (DESIGN §6).
inline bool needs_new_epoch(const RecoveredState& recovered) {
  if (SAKER_PLANT(epoch_kept)) return false;
  return recovered.core->commit_policy() == proto::CommitPolicy::Memory && !recovered.clean_stop;
}

/// The venue's commands have to be sequenced, all of them or, when the process died at its first
/// start, the rest of them.
inline bool is_first_start(const RecoveredState& recovered) {
  return recovered.core == nullptr || !recovered.venue_complete;
}

/// Sequences the beginning of a run. `pump` runs the log writer for a step; it is called while
/// there is no room. `engine` sits on a fresh core (first start) or the recovered one.
template <class Engine, class Time>
class RunStart {
 public:
  RunStart(Engine& engine, core::Core& core, Time& clock, const EngineConfig& config)
      : engine_(engine), core_(core), clock_(clock), config_(config) {}

  /// The first start, from the beginning or from where it was interrupted; a StateMarker says
  /// that it is complete. False when the log has failed.
  template <class Pump>
  bool first(const Venue& venue, Pump&& pump) {
    const Sequence done = core_.sequence();
    bool ok = true;
    if (done < 1) ok = sequence(proto::CommandKind::Genesis, bytes_of(venue.genesis), pump);
    if (ok && done < 2) ok = start_epoch(1, pump);
    for (std::size_t i = 0; ok && i < venue.commands.size(); ++i) {
      if (done < 3 + i) ok = sequence(venue.commands[i].kind, venue.commands[i].body, pump);
    }
    return ok &&
           sequence(proto::CommandKind::StateMarker, bytes_of(proto::StateMarker(0)), pump) &&
           leave_marker_behind(pump);
  }

  /// Any other start.
  template <class Pump>
  bool again(bool new_epoch, Pump&& pump) {
    if (new_epoch) return start_epoch(core_.epoch() + 1, pump) && make_durable(pump);
    if (core_.commit_policy() != config_.policy && !start_epoch(core_.epoch(), pump)) {
      return false;
    }
    return config_.policy == proto::CommitPolicy::Disk || leave_marker_behind(pump);
  }

 private:
  /// A StateMarker at the log's end says that nothing was released after it. Before anything is,
  /// another record has to stand there for good, whatever the policy.
  template <class Pump>
  bool leave_marker_behind(Pump&& pump) {
    return sequence(proto::CommandKind::AdvanceClock, bytes_of(proto::AdvanceClock(0)), pump) &&
           make_durable(pump);
  }

  template <class Pump>
  bool make_durable(Pump&& pump) {
    engine_.sequencer().kick();
    while (engine_.sequencer().durable() < core_.sequence()) {
      if (engine_.failed()) return false;
      pump();
    }
    return true;
  }

  template <class Pump>
  bool start_epoch(std::uint32_t epoch, Pump&& pump) {
    const proto::EpochStart start(config_.build_hash, config_.config_hash, epoch, config_.policy,
                                  0, 0);
    return sequence(proto::CommandKind::EpochStart, bytes_of(start), pump);
  }

  template <class Pump>
  bool sequence(proto::CommandKind kind, Bytes body, Pump&& pump) {
    auto& sequencer = engine_.sequencer();
    while (sequencer.admit(Need::kReserved) != proto::Reason::NONE) {
      if (engine_.failed()) return false;
      pump();
      // Whatever the policy: what a start has shown, the next one finds in the log, and goes on in
      // the same epoch when this one does not come to its end.
      if (!make_durable(pump)) return false;
      engine_.hand_out(clock_.now_ns());
    }
    CommandBody aligned;
    std::memcpy(aligned.bytes.data(), body.data(), body.size());
    sequencer.sequence(kind, sequencer.own_envelope(), {aligned.bytes.data(), body.size()},
                       clock_.now_ns());
    return true;
  }

  Engine& engine_;
  core::Core& core_;
  Time& clock_;
  const EngineConfig& config_;
};

}  // namespace saker::engine
