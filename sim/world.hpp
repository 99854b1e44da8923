// The simulated world: one machine with engine and follower on a disk that loses things, some
// clients, an attacker, and a network between them. The scheduler picks who moves next and what
// breaks; the auditor watches. Everything follows from the seed.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "sim/attacker.hpp"
#include "sim/auditor.hpp"
#include "sim/engine_box.hpp"
#include "sim/follower_box.hpp"
#include "sim/sim_client.hpp"
#include "sim/sloppy_client.hpp"

namespace saker::sim {

class GatewaySide;
class MoneySide;

inline constexpr std::uint64_t kDiskBytes = 64u << 20;

struct WorldConfig {
  std::uint64_t seed = 1;
  std::uint64_t steps = 20'000;
  bool verbose = false;
  /// Policy memory, a first start that is killed, and a log ring that makes it show things early.
  bool killed_first_start = false;
};

class World {
 public:
  World(const WorldConfig& config, Coverage& coverage);
  ~World();

  /// Runs the story to its end. False when a check found something; see verdict().
  bool run();

  const Verdict& verdict() const { return verdict_; }
  /// Event chain after the last durable command.
  std::uint64_t chain_head() const {
    return judge_.durable() == 0 ? 0 : judge_.chain_head(judge_.durable());
  }
  std::uint64_t step() const { return step_; }
  std::uint64_t seed() const { return config_.seed; }
  const std::deque<std::string>& last_events() const { return notes_; }
  /// One line about what happened.
  std::string summary() const;

 private:
  enum class Power : std::uint8_t { kept, cut };

  // world.cpp: making the world, the scheduler.
  void configure();
  void make_clients();
  void one_step();
  void poll_somebody(std::uint64_t dice);
  void poll_engine();
  void pass_time();
  void settle();
  bool quiet(std::string& why);

  // world_faults.cpp: what breaks, and coming back.
  void maybe_break();
  void break_machine();
  void break_disk();
  void kill_engine(const char* how);
  void kill_follower();
  void power_cut();
  void until_writing();
  void stop_engine_cleanly();
  void start_engine(std::uint64_t patience);
  void start_follower();
  void restart_due();
  void partition_somebody();
  void repair_everything();

  // world_checks.cpp.
  void check_step();
  void check_follower();
  void check_started();
  void check_log_ends_cleanly();
  void check_everything();
  void check_end();
  void check_damage();

  [[gnu::format(printf, 2, 3)]] void note(const char* format, ...);
  bool io_errors_since(std::uint64_t count) const;
  std::uint64_t io_errors() const;

  const WorldConfig config_;
  Coverage& coverage_;
  Verdict verdict_;
  Rng rng_;
  VirtualClock clock_;
  SimNetwork network_;
  SimDisk disk_;
  Judge judge_;
  const bool memory_;
  const Auditor::Roles roles_;
  Auditor auditor_;
  EngineBox::Config engine_config_;
  follower::FollowerConfig follower_config_;
  engine::Venue venue_;
  NetworkFaults network_faults_;
  DiskFaults disk_faults_;
  std::uint64_t breakage_ppm_ = 0;
  bool attacked_ = false;
  std::uint64_t writer_share_ = 0;  // how often the log writer gets its turn

  std::unique_ptr<EngineBox> engine_;
  std::unique_ptr<FollowerBox> follower_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::unique_ptr<SloppyClient> sloppy_;
  std::unique_ptr<Attacker> attacker_;
  std::unique_ptr<MoneySide> money_;
  std::unique_ptr<GatewaySide> gateway_;

  std::uint64_t step_ = 0;
  bool settling_ = false;
  bool disk_moved_ = false;
  TimeNs engine_back_ns_ = 0;
  TimeNs follower_back_ns_ = 0;
  TimeNs heal_ns_ = 0;
  std::uint64_t follower_io_errors_ = 0;
  std::uint64_t engine_runs_ = 0;
  std::deque<std::string> notes_;
};

}  // namespace saker::sim
