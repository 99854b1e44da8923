#include "engine/follower/replay.hpp"

namespace saker::follower {

const char* Replay::apply(const journal::RecordView& record) {
  if (const char* why = engine::rules_problem(record.header, newest_rules_)) return why;
  if (const char* why = engine::to_command(record, body_, command_)) return why;
  if (const char* why = engine::rules_problem(command_, newest_rules_)) return why;
  const bool genesis = command_.kind == proto::CommandKind::Genesis;
  if (core_ == nullptr) {
    if (!genesis || command_.sequence != 1) return "the first record is not a Genesis";
    const char* why = nullptr;
    core_ = core::Core::create(command_.as<proto::Genesis>(), &why, core::TableMemory::OnUse);
    if (core_ == nullptr) return why;
  } else if (genesis) {
    return "a Genesis after the first record";
  } else if (const char* why = check()) {
    return why;
  }
  core_->apply(command_, out_);
  return nullptr;
}

const char* Replay::check() const {
  const core::CommandEnvelope& envelope = command_.envelope;
  if (command_.sequence != core_->sequence() + 1) return "its sequence is not the next one";
  if (command_.time_ns < core_->time_ns()) return "its time is before that of the record before";
  if (core_->has_urgent_job() && command_.kind != proto::CommandKind::Continue) {
    return "an unfinished sweep is followed by something else than a Continue";
  }
  if (envelope.client_sequence == 0) return nullptr;
  if (!core::is_client_command(command_.kind)) return "a system command that names a client";
  if (!core_->session(SessionId{envelope.session}).exists) return "its session does not exist";
  const auto verdict = core_->check_sequence(SessionId{envelope.session},
                                             envelope.client_sequence);
  if (verdict != core::SequenceVerdict::kNew) return "its client sequence is not a new one";
  return nullptr;
}

}  // namespace saker::follower
