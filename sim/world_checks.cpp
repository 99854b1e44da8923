// What the world itself checks: the live engine and the follower against the judge.
#include "sim/money_side.hpp"
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
  if (engine_->torn_tail()) check_log_ends_cleanly();
  judge_.full_check();
}

/// What a crash left behind the last batch is gone once an engine has started.
void World::check_log_ends_cleanly() {
  SimStorage storage(disk_, "log");
  journal::LogReader<SimStorage> reader(storage, journal::ReadMode::sealed);
  journal::ReadKind read = journal::ReadKind::record;
  while (read == journal::ReadKind::record) read = reader.next();
  if (read != journal::ReadKind::end) {
    verdict_.fail("dirt_left", "after a start from a torn tail the log reads: %s, %s",
                  to_string(read), to_string(reader.damage().check));
  }
}

void World::check_everything() {
  coverage_.add(Count::full_check);
  auditor_.advance();
  judge_.full_check();
  money_->full_check();
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
  if (!verdict_.failed()) money_->check_end();
  if (!verdict_.failed() && rng_.chance(500'000)) check_damage();
}

namespace {

/// How far the file holds anything but zeros.
std::uint64_t written_bytes(SimStorage& storage, const journal::FileInfo& info) {
  journal::FileId file{};
  std::vector<std::byte> bytes(info.size_bytes);
  std::size_t got = 0;
  if (storage.open(info.name, file) != journal::IoStatus::ok) return 0;
  storage.read_at(file, 0, bytes, got);
  storage.close(file);
  while (got != 0 && bytes[got - 1] == std::byte{0}) --got;
  return got;
}

}  // namespace

/// A bit of the log decays while nothing runs. The engine must refuse to start, or not have been
/// touched by it; it must never start from anything else than what was durable.
void World::check_damage() {
  kill_follower();
  stop_engine_cleanly();
  std::string why;
  SimStorage storage(disk_, "log");
  std::vector<journal::FileInfo> files;
  if (storage.list(files) != journal::IoStatus::ok || files.empty()) return;
  const journal::FileInfo& file = files[rng_.below(files.size())];
  const std::uint64_t end = rng_.chance(700'000) ? written_bytes(storage, file) : file.size_bytes;
  const std::uint64_t offset = rng_.below(std::max<std::uint64_t>(end, 1));
  disk_.flip_bit("log", file.name, offset, static_cast<unsigned>(rng_.below(8)));
  note("one bit of %s flipped at %llu", file.name.c_str(), ull(offset));
  auto box = EngineBox::start(disk_, network_.node(roles_.engine), clock_, engine_config_, venue_,
                              20'000, why);
  coverage_.add(box == nullptr ? Count::damage_refused : Count::damage_harmless);
  if (box == nullptr) return note("refused: %s", why.c_str());
  const bool same = box->core().sequence() != judge_.durable() ||
                    box->core().chain_head() == judge_.chain_head(judge_.durable());
  if (box->recovered_sequence() < judge_.durable() || !same) {
    verdict_.fail("damage_accepted", "the engine started at %llu of %llu in spite of the damage",
                  ull(box->recovered_sequence()), ull(judge_.durable()));
  }
}

}  // namespace saker::sim
