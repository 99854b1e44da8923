// The engine process on the simulated machine: the real recovery, log writer, segment allocator
// and engine, put together as saker-engine does it, but each part polled by the scheduler.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.hpp"
#include "engine/startup.hpp"
#include "journal/segment_allocator.hpp"
#include "sim/sim_disk.hpp"
#include "sim/sim_network.hpp"
#include "sim/venue.hpp"

namespace saker::sim {

class EngineBox {
 public:
  struct Config {
    engine::EngineConfig engine;
    journal::LogConfig log;
  };
  using Log = journal::LogWriter<SimStorage>;
  using Engine = engine::Engine<SimTransport, Log, VirtualClock>;

  /// Starts the process on what is on the disk. nullptr when it refuses; `why` says why. It is
  /// killed when it has let its log writer take more than `patience` steps: at any place of its
  /// start when that is small, for want of disk room when it is large.
  static std::unique_ptr<EngineBox> start(SimDisk& disk, SimTransport& transport,
                                          VirtualClock& clock, const Config& config,
                                          const engine::Venue& venue, std::uint64_t patience,
                                          std::string& why);
  static constexpr const char* kCannotRead = "the log cannot be read";  // StateRecovery's words
  static constexpr const char* kCannotOpen = "the log cannot be opened";
  static constexpr const char* kCannotWrite = "the log cannot be written";
  static constexpr const char* kWasInterrupted = "it was killed";

  Engine& engine() { return *engine_; }
  Log& log() { return *log_; }
  journal::SegmentAllocator<SimStorage>& allocator() { return *allocator_; }
  core::Core& core() { return *core_; }
  bool failed() const { return engine_->failed(); }
  bool torn_tail() const { return torn_tail_; }
  bool from_snapshot() const { return from_snapshot_; }
  /// The first start had been interrupted; this one went on with it.
  bool resumed() const { return resumed_; }
  bool new_epoch() const { return new_epoch_; }
  Sequence recovered_sequence() const { return recovered_; }

 private:
  struct Interrupted {};
  EngineBox(SimDisk& disk, const Config& config)
      : config_(config), log_storage_(disk, "log"), snapshot_storage_(disk, "snapshots"),
        staging_(config.engine.staging_bytes) {}
  bool run(SimTransport& transport, VirtualClock& clock, const engine::Venue& venue,
           std::string& why);

  Config config_;
  SimStorage log_storage_;
  SimStorage snapshot_storage_;
  SimSecrets secrets_;
  engine::StagingRing staging_;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<journal::SegmentAllocator<SimStorage>> allocator_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t patience_ = 0;
  bool torn_tail_ = false;
  bool from_snapshot_ = false;
  bool resumed_ = false;
  bool new_epoch_ = false;
  Sequence recovered_ = 0;
};

}  // namespace saker::sim
