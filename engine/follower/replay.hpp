// One log record into a core, with everything checked that the core takes for granted. A record
// that passed its checksums and still fails here was written by another program than the engine.
#pragma once

#include "engine/core/core.hpp"
#include "engine/log_record.hpp"
#include "engine/rule_check.hpp"

namespace saker::follower {

/// Re-executes records one by one. Owner: one thread.
class Replay {
 public:
  /// A record that needs rules above `newest_rules` is refused.
  explicit Replay(std::uint32_t newest_rules = core::kNewestRules)
      : newest_rules_(newest_rules) {}

  /// The state so far; nullptr before the Genesis record.
  core::Core* core() { return core_.get(); }
  const core::Core* core() const { return core_.get(); }
  /// Goes on from a state (a snapshot's), or from nothing.
  void begin(std::unique_ptr<core::Core> core) { core_ = std::move(core); }

  /// Applies the record, which must be the next one. nullptr, or why it cannot be applied: then
  /// nothing has changed.
  const char* apply(const journal::RecordView& record);
  /// Of the record applied last. The body is valid until the next apply().
  const core::Command& command() const { return command_; }
  const core::Output& out() const { return out_; }

 private:
  const char* check() const;

  const std::uint32_t newest_rules_;
  std::unique_ptr<core::Core> core_;
  engine::CommandBody body_;
  core::Command command_;
  core::Output out_;
};

}  // namespace saker::follower
