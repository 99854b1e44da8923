// What breaks in the simulated world, and how it comes back.
#include "sim/gateway_side.hpp"
#include "sim/money_side.hpp"
#include "sim/world.hpp"

namespace saker::sim {

void World::maybe_break() {
  if (settling_ || !rng_.chance(breakage_ppm_)) return;
  const std::uint64_t what = rng_.below(100);
  if (what < 43) {
    break_machine();
  } else if (what < 61) {
    SimClient& client = *clients_[rng_.below(clients_.size())];
    coverage_.add(Count::client_restarted);
    note("client of session %u restarts", client.session());
    client.restart(clock_.now());
  } else if (what < 76) {
    partition_somebody();
  } else if (what < 85) {
    money_->break_something();
  } else if (what < 92) {
    gateway_->break_something();
  } else {
    break_disk();
  }
}

void World::break_machine() {
  const std::uint64_t what = rng_.below(100);
  if (what < 35) kill_engine("killed");
  else if (what < 60) power_cut();
  else if (what < 85) kill_follower();
  else stop_engine_cleanly();
}

void World::break_disk() {
  if (disk_.capacity() == kDiskBytes) {
    const std::uint64_t room = rng_.below(rng_.chance(500'000) ? 20'000 : 200'000);
    note("disk: %llu bytes of room left", ull(room));
    disk_.set_capacity(disk_.used_bytes() + room);
  } else {
    note("disk: room again");
    disk_.set_capacity(kDiskBytes);
  }
}

void World::partition_somebody() {
  const auto session = static_cast<std::uint32_t>(1 + rng_.below(kSessions));
  const net::Endpoint endpoint{0x0A000100 + session, static_cast<std::uint16_t>(4000 + session)};
  coverage_.add(Count::session_partitioned);
  note("session %u is cut off", session);
  network_.partition(endpoint, true);
  heal_ns_ = clock_.now() + rng_.below(1'000 * kMs);
}

void World::kill_engine(const char* how) {
  if (engine_ == nullptr) return;
  note("engine ends: %s, at command %llu, durable %llu", how, ull(engine_->core().sequence()),
       ull(engine_->log().durable_sequence()));
  coverage_.add(Count::engine_killed);
  engine_.reset();
  network_.node(roles_.engine).reset();
  engine_back_ns_ = clock_.now() + rng_.below(rng_.chance(300'000) ? 800 * kMs : 5 * kMs);
}

void World::kill_follower() {
  if (follower_ == nullptr) return;
  note("follower ends");
  coverage_.add(Count::follower_killed);
  follower_.reset();
  network_.node(roles_.follower).reset();
  follower_back_ns_ = clock_.now() + rng_.below(20 * kMs);
}

/// Lets orders gather and the log writer come to where a batch is written and not synced.
void World::until_writing() {
  if (engine_ == nullptr) return;
  const auto syncing = [this] {
    const journal::LogStep step = engine_->log().failure_step();
    return step == journal::LogStep::sync_batch || step == journal::LogStep::sync_segment_header;
  };
  for (int i = 0; i < 60 && engine_ != nullptr && !verdict_.failed() && !syncing(); ++i) {
    clients_[kFirstTrader - 1 + rng_.below(kTraders)]->act();
    for (int k = 0; k < 6; ++k) pass_time();
    poll_engine();
    if (engine_ != nullptr && i % 4 == 3) engine_->log().poll(clock_.now());
    check_step();
  }
}

void World::power_cut() {
  if (rng_.chance(600'000)) until_writing();
  kill_engine("power cut");
  kill_follower();
  money_->power_cut();
  gateway_->power_cut();
  disk_.power_cut(static_cast<PowerCut>(rng_.below(4)));
  disk_moved_ = true;
  note("power cut: the disk now holds less");
}

/// As on SIGTERM: what is under way is committed and released, then the log is closed.
void World::stop_engine_cleanly() {
  if (engine_ == nullptr) return;
  note("engine is asked to stop");
  bool stopped = false;
  for (int i = 0; i < 2'000 && !stopped && !engine_->failed(); ++i) {
    clock_.advance_by(10'000);
    stopped = engine_->engine().poll_stop(clock_.now());
    engine_->log().poll(clock_.now());
    engine_->allocator().poll(clock_.now());
    if (disk_moved_) auditor_.advance();
  }
  for (int i = 0; i < 2'000 && stopped && !engine_->log().idle(); ++i) {
    clock_.advance_by(10'000);
    engine_->log().poll(clock_.now());
    engine_->allocator().poll(clock_.now());
  }
  const bool closed =
      stopped && !engine_->failed() && engine_->log().idle() && engine_->log().close();
  if (closed) coverage_.add(Count::engine_stopped);
  kill_engine(closed ? "stopped" : "would not stop");
}

void World::start_engine(std::uint64_t patience) {
  std::string why;
  ++engine_runs_;
  for (std::size_t i = 0; i < engine_config_.engine.cookie_secret.size(); ++i) {
    engine_config_.engine.cookie_secret[i] = static_cast<std::byte>(rng_.next());
  }
  const bool existed = judge_.durable() != 0;
  engine_ = EngineBox::start(disk_, network_.node(roles_.engine), clock_, engine_config_, venue_,
                             patience, why);
  disk_moved_ = true;
  if (engine_ != nullptr) {
    note("engine runs: recovered %llu, now at %llu, epoch %u", ull(engine_->recovered_sequence()),
         ull(engine_->core().sequence()), engine_->core().epoch());
    if (existed) coverage_.add(Count::engine_restarted);
    if (engine_->torn_tail()) coverage_.add(Count::torn_tail_cut);
    if (engine_->resumed()) coverage_.add(Count::first_start_resumed);
    if (engine_->from_snapshot()) coverage_.add(Count::started_from_snapshot);
    if (engine_->new_epoch()) coverage_.add(Count::new_epoch);
    return check_started();
  }
  note("engine cannot start: %s", why.c_str());
  coverage_.add(Count::engine_start_failed);
  const bool excused = why.starts_with(EngineBox::kCannotRead) || why == EngineBox::kCannotOpen ||
                       why.starts_with(EngineBox::kCannotWrite) ||
                       why == EngineBox::kWasInterrupted;
  if (!excused) verdict_.fail("start_refused", "the engine will not start: %s", why.c_str());
  network_.node(roles_.engine).reset();
  engine_back_ns_ = clock_.now() + rng_.below(5 * kMs);
}

void World::start_follower() {
  proto::Key cookie;
  for (auto& byte : cookie.bytes) byte = static_cast<std::uint8_t>(rng_.next());
  follower_io_errors_ = io_errors();
  follower_ = std::make_unique<FollowerBox>(
      disk_, network_.node(roles_.follower), clock_, follower_config_, cookie,
      [this](const std::string& line) { note("follower: %s", line.c_str()); });
}

void World::restart_due() {
  if (heal_ns_ != 0 && clock_.now() >= heal_ns_) {
    heal_ns_ = 0;
    network_.heal_all();
  }
  if (engine_ == nullptr && clock_.now() >= engine_back_ns_) {
    disk_.set_faults(rng_.chance(300'000) && !settling_ ? disk_faults_ : DiskFaults{});
    const bool first_start = judge_.durable() < venue_.commands.size() + 3;
    const bool interrupted = !settling_ && rng_.chance(first_start ? 600'000 : 100'000);
    start_engine(interrupted ? rng_.below(first_start ? 40 : 20) : 20'000);
    disk_.set_faults(settling_ ? DiskFaults{} : disk_faults_);
  }
  if (follower_ == nullptr && clock_.now() >= follower_back_ns_) start_follower();
}

void World::repair_everything() {
  network_.set_faults({});
  network_.heal_all();
  disk_.set_faults({});
  disk_.set_capacity(kDiskBytes);
  breakage_ppm_ = 0;
}

std::uint64_t World::io_errors() const {
  return coverage_.get(Count::disk_write_error) + coverage_.get(Count::disk_sync_error);
}

bool World::io_errors_since(std::uint64_t count) const { return io_errors() != count; }

}  // namespace saker::sim
