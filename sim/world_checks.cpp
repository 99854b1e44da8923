// What the world itself checks: the live engine and the follower against the judge.
#include "sim/world.hpp"

namespace saker::sim {

void World::check_step() {
  if (disk_moved_) {
    disk_moved_ = false;
    auditor_.advance();
  }
  if (engine_ != nullptr && engine_->core().sequence() == judge_.durable() &&
      judge_.durable() != 0 &&
      engine_->core().chain_head() != judge_.chain_head(judge_.durable())) {
    verdict_.fail("live_chain", "the engine's event chain differs at %llu",
                  ull(judge_.durable()));
  }
  check_follower();
}

void World::check_follower() {
  if (follower_ == nullptr) return;
  if (follower_->follower().failed()) {
    note("follower fails: %s", follower_->follower().problem().c_str());
    if (!io_errors_since(follower_io_errors_)) {
      verdict_.fail("follower_failed", "%s", follower_->follower().problem().c_str());
    }
    kill_follower();
    return;
  }
  const core::Core* core = follower_->core();
  if (core == nullptr || core->sequence() == 0) return;
  if (core->sequence() > judge_.durable()) {
    auditor_.advance();
    if (core->sequence() > judge_.durable()) {
      verdict_.fail("follower_ahead", "the follower has applied %llu, the disk holds %llu",
                    ull(core->sequence()), ull(judge_.durable()));
      return;
    }
  }
  if (core->chain_head() != judge_.chain_head(core->sequence())) {
    verdict_.fail("follower_chain", "the follower's event chain differs at %llu",
                  ull(core->sequence()));
  }
}

/// Right after its start the engine is exactly what the disk says, no more and no less.
void World::check_started() {
  auditor_.advance();
  if (engine_->core().sequence() != judge_.durable()) {
    verdict_.fail("recovered_wrong", "the engine starts at %llu, the disk holds %llu",
                  ull(engine_->core().sequence()), ull(judge_.durable()));
  } else if (judge_.durable() != 0 &&
             engine_->core().state_hash() != judge_.core()->state_hash()) {
    verdict_.fail("recovered_wrong", "the recovered state differs from the replay at %llu",
                  ull(judge_.durable()));
  }
  judge_.full_check();
}

void World::check_everything() {
  coverage_.add(Count::full_check);
  auditor_.advance();
  judge_.full_check();
  if (verdict_.failed()) return;
  for (const auto& client : clients_) client->check_books();
  const auto compare = [this](const core::Core* core, const char* who) {
    if (core == nullptr || core->sequence() == 0) return;
    core->check_invariants();
    if (core->sequence() == judge_.durable() &&
        core->state_hash() != judge_.core()->state_hash()) {
      verdict_.fail("state_hash", "the %s's state differs from the replay at %llu", who,
                    ull(core->sequence()));
    }
  };
  if (engine_ != nullptr) compare(&engine_->core(), "engine");
  if (follower_ != nullptr) compare(follower_->core(), "follower");
}

void World::check_end() {
  check_everything();
  auditor_.finish();
}

}  // namespace saker::sim
