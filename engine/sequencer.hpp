// Gives commands their place: admission by room, sequence and time, log, apply, staging.
//
// Owner: the hot thread. A command is admitted before it is sequenced, never after: room for all
// that it can put out is there, or it is refused and leaves no trace. Three levels of need share
// each ring: new business may use what is above both reserves, cancels and administration
// (core::uses_reserved_room) go into the first reserve, the engine's own commands (jobs, clock,
// time-outs) into the second.
#pragma once

#include "common/plants.hpp"
#include "engine/config.hpp"
#include "engine/core/core.hpp"
#include "engine/metrics.hpp"
#include "engine/ports.hpp"
#include "engine/staging.hpp"

namespace saker::engine {

enum class Need : std::uint8_t { kNewBusiness, kReserved, kInternal };

/// Payload of the largest log record, bytes.
inline constexpr std::size_t kMaxRecordPayload =
    sizeof(core::CommandEnvelope) + core::kMaxCommandBody;

template <CommandLog Log, Clock Time>
class Sequencer {
 public:
  Sequencer(core::Core& core, Log& log, Time& clock, StagingRing& staging,
            const EngineConfig& config, Metrics& metrics)
      : core_(core), log_(log), clock_(clock), staging_(staging), config_(config),
        metrics_(metrics), clock_quality_(config.clock_quality) {}

  /// NONE when a command of this need may be sequenced now, else the BUSY_ reason.
  proto::Reason admit(Need need) {
    if (core_.has_urgent_job()) return proto::Reason::BUSY_OUTPUT_FULL;
    return room_for(need);
  }

  bool knows_rules(std::uint32_t version) const { return version <= config_.newest_rules; }

  /// Sequences one admitted command. `body` is 8-byte aligned and of the kind's size.
  void sequence(proto::CommandKind kind, const core::CommandEnvelope& envelope, Bytes body,
                TimeNs now_ns);

  /// One of the engine's own commands; false when there is no room for it now.
  template <class Body>
  bool sequence_own(proto::CommandKind kind, const Body& body, Need need, TimeNs now_ns) {
    if (admit(need) != proto::Reason::NONE) return false;
    sequence_unchecked(kind, body, now_ns);
    return true;
  }

  /// Advances the sweep of a large taker, which nothing else may overtake, as far as there is
  /// room; true when none is left.
  bool finish_urgent(TimeNs now_ns) {
    while (core_.has_urgent_job()) {
      if (!run_continue(now_ns)) return false;
    }
    return true;
  }

  /// After each client command: the sweep it may have started, and now and then a step of
  /// another job, so that mass cancels proceed without stopping trading.
  void after_client_command(TimeNs now_ns) {
    if (!finish_urgent(now_ns)) return;
    if (!core_.has_job() || ++commands_since_job_ < config_.job_interval_commands) return;
    commands_since_job_ = 0;
    run_continue(now_ns);
  }

  /// Between bursts: true when it sequenced something and there may be more to do at once.
  /// `idle`: the burst brought no client command (whatever else it brought).
  bool poll(TimeNs now_ns, bool idle);

  /// All that is sequenced up to here may be released.
  Sequence committed() const {
    const bool at_once = config_.policy == proto::CommitPolicy::Memory ||
                         SAKER_PLANT(ack_before_commit);
    return at_once ? core_.sequence() : log_.durable_sequence();
  }
  Sequence durable() const { return log_.durable_sequence(); }
  bool failed() const { return log_.failed(); }
  /// Wakes the log writer if something was appended since the last call.
  void kick() {
    if (appended_ == kicked_) return;
    kicked_ = appended_;
    log_.kick();
  }
  core::CommandEnvelope own_envelope() const {
    core::CommandEnvelope envelope;
    envelope.clock_quality = clock_quality_;
    return envelope;
  }
  void set_clock_quality(std::uint8_t quality) { clock_quality_ = quality; }

 private:
  proto::Reason room_for(Need need);
  bool run_continue(TimeNs now_ns);
  void count(proto::CommandKind kind, const core::CommandEnvelope& envelope);
  template <class Body>
  void sequence_unchecked(proto::CommandKind kind, const Body& body, TimeNs now_ns) {
    alignas(8) const Body aligned = body;
    sequence(kind, own_envelope(), bytes_of(aligned), now_ns);
  }

  core::Core& core_;
  Log& log_;
  Time& clock_;
  StagingRing& staging_;
  const EngineConfig& config_;
  Metrics& metrics_;
  core::Output out_;
  std::uint8_t clock_quality_;
  std::uint32_t commands_since_job_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t kicked_ = 0;
};

template <CommandLog Log, Clock Time>
proto::Reason Sequencer<Log, Time>::room_for(Need need) {
  std::size_t kept = 0;
  if (need != Need::kInternal) kept += config_.internal_commands;
  if (need == Need::kNewBusiness) kept += config_.reserved_commands;
  const journal::Room room = log_.room();
  if (room == journal::Room::none) return proto::Reason::BUSY_DISK_FULL;
  if (room == journal::Room::low && need == Need::kNewBusiness) {
    return proto::Reason::BUSY_DISK_FULL;
  }
  if (!log_.can_append(kMaxRecordPayload, kept + 1)) return proto::Reason::BUSY_LOG_FULL;
  if (!staging_.has_room(kept + 1)) return proto::Reason::BUSY_OUTPUT_FULL;
  return proto::Reason::NONE;
}

template <CommandLog Log, Clock Time>
void Sequencer<Log, Time>::sequence(proto::CommandKind kind,
                                    const core::CommandEnvelope& envelope, Bytes body,
                                    TimeNs now_ns) {
  core::Command command;
  command.sequence = core_.sequence() + 1;
  command.time_ns = now_ns > core_.time_ns() ? now_ns : core_.time_ns();
  command.kind = kind;
  command.envelope = envelope;
  command.body = body;
  core_.prefetch(command);

  journal::RecordFields fields;
  fields.type = static_cast<std::uint16_t>(kind);
  fields.rule_version = static_cast<std::uint16_t>(core_.rule_version());
  fields.epoch = core_.epoch();
  fields.sequence = command.sequence;
  fields.timestamp_ns = command.time_ns;
  if (kind == proto::CommandKind::Genesis) {
    fields.epoch = 1;
    fields.rule_version =
        static_cast<std::uint16_t>(command.as<proto::Genesis>().rule_version());
  } else if (kind == proto::CommandKind::EpochStart) {
    fields.epoch = command.as<proto::EpochStart>().epoch();
  }
  log_.append(fields, bytes_of(envelope), body);
  ++appended_;

  core_.apply(command, out_);
  staging_.push_command(out_, clock_.now_ns());
  count(kind, envelope);
}

template <CommandLog Log, Clock Time>
bool Sequencer<Log, Time>::poll(TimeNs now_ns, bool idle) {
  if (!finish_urgent(now_ns)) return false;
  if (core_.has_job() && idle) return run_continue(now_ns);
  // A disk with only its reserve left has to last: one clock command a minute then.
  std::uint64_t interval_ns = std::uint64_t{config_.clock_interval_ms} * 1'000'000;
  if (log_.room() != journal::Room::normal) interval_ns *= 60;
  if (now_ns < core_.time_ns() + interval_ns) return false;
  return sequence_own(proto::CommandKind::AdvanceClock, proto::AdvanceClock(0), Need::kInternal,
                      now_ns);
}

template <CommandLog Log, Clock Time>
bool Sequencer<Log, Time>::run_continue(TimeNs now_ns) {
  if (room_for(Need::kInternal) != proto::Reason::NONE) return false;
  sequence_unchecked(proto::CommandKind::Continue, proto::Continue(0, 0), now_ns);
  return true;
}

template <CommandLog Log, Clock Time>
void Sequencer<Log, Time>::count(proto::CommandKind kind, const core::CommandEnvelope& envelope) {
  ++metrics_.commands_sequenced;
  switch (kind) {
    case proto::CommandKind::NewOrder: ++metrics_.orders; break;
    case proto::CommandKind::CancelOrder: ++metrics_.cancels; break;
    case proto::CommandKind::Continue: ++metrics_.continues; break;
    case proto::CommandKind::AdvanceClock: ++metrics_.clocks; break;
    case proto::CommandKind::SessionLogon: ++metrics_.logons; break;
    case proto::CommandKind::SessionLogoff: ++metrics_.logoffs; break;
    case proto::CommandKind::SessionTimedOut: ++metrics_.timeouts; break;
    default: break;
  }
  if (envelope.client_sequence == 0) return;
  ++metrics_.client_commands;
  for (const proto::Report& report : out_.reports.view()) {
    metrics_.fills += report.kind() == proto::ReportKind::OrderFilled &&
                      report.liquidity() == proto::Liquidity::Taker;
  }
  if (out_.reports.empty() || out_.reports[0].reason() == proto::Reason::NONE) return;
  switch (out_.reports[0].kind()) {
    case proto::ReportKind::OrderRejected:
    case proto::ReportKind::CancelRejected:
    case proto::ReportKind::ReplaceRejected:
    case proto::ReportKind::MassCancelRejected:
    case proto::ReportKind::AdminRejected: ++metrics_.rejects; break;
    default: break;
  }
}

}  // namespace saker::engine
