#include "sim/engine_box.hpp"

namespace saker::sim {

std::unique_ptr<EngineBox> EngineBox::start(SimDisk& disk, SimTransport& transport,
                                            VirtualClock& clock, const Config& config,
                                            const engine::Venue& venue, std::uint64_t patience,
                                            std::string& why) {
  std::unique_ptr<EngineBox> box(new EngineBox(disk, config));
  box->patience_ = patience;
  if (!box->run(transport, clock, venue, why)) return nullptr;
  return box;
}

bool EngineBox::run(SimTransport& transport, VirtualClock& clock, const engine::Venue& venue,
                    std::string& why) {
  engine::StateRecovery<SimStorage, SimStorage> recovery(
      log_storage_, snapshot_storage_, staging_, config_.engine.rerelease_commands);
  engine::RecoveredState recovered = recovery.run();
  if (!recovered.error.empty()) {
    why = recovered.error;
    return false;
  }
  torn_tail_ = recovered.torn_tail.check != journal::Check::none;
  from_snapshot_ = recovered.snapshot_sequence != 0;
  recovered_ = recovered.log.last_sequence;
  allocator_ = std::make_unique<journal::SegmentAllocator<SimStorage>>(
      log_storage_, config_.log, recovered.log.next_segment());
  log_ = std::make_unique<Log>(log_storage_, *allocator_, config_.log, recovered.log);
  if (!log_->start()) {
    why = kCannotOpen;
    return false;
  }
  const bool first = engine::is_first_start(recovered);
  resumed_ = first && recovered.core != nullptr;
  new_epoch_ = !first && engine::needs_new_epoch(recovered);
  core_ = std::move(recovered.core);
  const char* refusal = nullptr;
  if (core_ == nullptr) core_ = core::Core::create(venue.genesis, &refusal);
  SAKER_ASSERT(core_ != nullptr);
  engine_ = std::make_unique<Engine>(*core_, transport, *log_, clock, staging_, config_.engine,
                                     secrets_);
  engine::RunStart<Engine, VirtualClock> begin(*engine_, *core_, clock, config_.engine);
  const auto pump = [&] {
    if (patience_-- == 0) throw Interrupted();
    allocator_->poll(clock.now());
    log_->poll(clock.now());
    clock.advance_by(10'000);
  };
  try {
    const bool ok = first ? begin.first(venue, pump) : begin.again(new_epoch_, pump);
    if (ok && !log_->failed()) return true;
    why = kCannotWrite;
  } catch (const Interrupted&) {
    why = kWasInterrupted;
  }
  return false;
}

}  // namespace saker::sim
