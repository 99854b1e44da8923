#include "engine/follower/log_replay.hpp"

#include <filesystem>

#include "common/clock.hpp"
#include "journal/log_tool.hpp"

namespace saker::follower {
namespace {

using Exit = journal::LogToolExit;
using Number = unsigned long long;  // for printf

int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace

bool LogReplay::open(const std::string& directory, Storage& storage) {
  const journal::IoStatus status =
      storage.open_directory(directory, Storage::Access::read_only);
  if (status == journal::IoStatus::ok) return true;
  std::fprintf(stderr, "saker-log: cannot open directory %s: %s\n", directory.c_str(),
               to_string(status));
  return false;
}

int LogReplay::run() {
  if (!open(options_.log_directory, log_)) return code(Exit::cannot_read);
  if (options_.check) return check();
  Result result;
  if (options_.snapshot_file.empty()) {
    Replay replay;
    return this->replay(replay, 0, result);
  }
  const std::filesystem::path path = options_.snapshot_file;
  Storage snapshots;
  if (!open(path.has_parent_path() ? path.parent_path().string() : ".", snapshots)) {
    return code(Exit::cannot_read);
  }
  return replay_from(path.filename().string(), snapshots, result);
}

int LogReplay::replay_from(const std::string& snapshot_name, Storage& snapshots,
                           Result& result) {
  SnapshotStore store(snapshots);
  LoadedSnapshot loaded;
  std::string problem;
  if (!store.load(snapshot_name, loaded, problem)) {
    std::fprintf(out_, "SNAPSHOT: %s\n", problem.c_str());
    return code(Exit::damage);
  }
  for (std::uint32_t market = 1; market <= loaded.core->market_count(); ++market) {
    names_.learn(loaded.core->definition(MarketId{market}));
  }
  Replay replay;
  replay.begin(std::move(loaded.core));
  return this->replay(replay, loaded.info.log_id, result);
}

int LogReplay::replay(Replay& replay, std::uint64_t log_id, Result& result) {
  const Sequence from = replay.core() != nullptr ? replay.core()->sequence() : 0;
  // From the snapshot's own record on, so that a log which ends before it is noticed.
  journal::LogReader<Storage> reader(
      log_, options_.live ? journal::ReadMode::follow : journal::ReadMode::sealed, from);
  MonotonicClock clock;
  TimeNs began_ns = clock.now_ns();
  journal::ReadKind kind = reader.next();
  for (; kind == journal::ReadKind::record; kind = reader.next()) {
    const Sequence sequence = reader.record().header.sequence;
    if (log_id != 0 && reader.state().log_id != log_id) {
      std::fprintf(out_, "MISMATCH: the snapshot belongs to another log\n");
      return code(Exit::damage);
    }
    if (sequence > options_.to) break;
    if (sequence <= from) continue;
    if (const char* why = replay.apply(reader.record())) {
      std::fprintf(out_, "CANNOT REPLAY: record %llu: %s\n", static_cast<Number>(sequence), why);
      return code(Exit::damage);
    }
    // The arenas are made with the first command; that is not the speed of replay.
    if (result.commands++ == 0) began_ns = clock.now_ns();
    print_record(replay);
    if (!compare_known(*replay.core())) return code(Exit::damage);
  }
  const TimeNs took_ns = clock.now_ns() - began_ns;
  if (replay.core() == nullptr) {
    std::fprintf(out_, "no records\n");
    return finish(reader, kind);
  }
  const double seconds = static_cast<double>(took_ns) / 1e9;
  std::fprintf(out_, "replayed %llu commands after %llu in %.3f s (%.0f commands/s)\n",
               static_cast<Number>(result.commands), static_cast<Number>(from), seconds,
               seconds > 0 ? static_cast<double>(result.commands) / seconds : 0.0);
  print_state(*replay.core());
  result.sequence = replay.core()->sequence();
  result.chain_head = replay.core()->chain_head();
  result.state_hash = replay.core()->state_hash();
  return finish(reader, kind);
}

int LogReplay::finish(journal::LogReader<Storage>& reader, journal::ReadKind kind) {
  switch (kind) {
    case journal::ReadKind::torn_tail:
    case journal::ReadKind::corruption:
      journal::print_damage(out_, kind, reader.damage());
      return code(Exit::damage);
    case journal::ReadKind::io_error:
      std::fprintf(stderr, "saker-log: the log cannot be read%s\n",
                   journal::place_of_error(reader.state()).c_str());
      return code(Exit::cannot_read);
    default: return code(Exit::ok);
  }
}

void LogReplay::print_record(const Replay& replay) {
  names_.learn(replay.command());
  const core::Output& out = replay.out();
  for (const proto::MarketDefinition& definition : out.definitions.view()) {
    names_.learn(definition);
  }
  if (options_.commands || options_.events) {
    std::fprintf(out_, "%s\n", engine::command_line(replay.command(), &names_).c_str());
  }
  if (options_.events) {
    for (const auto& report : out.reports.view()) {
      std::fprintf(out_, "    %s\n", engine::event_text(report).c_str());
    }
    for (const auto& message : out.feed.view()) {
      std::fprintf(out_, "    %s\n", engine::event_text(message).c_str());
    }
    for (const auto& leg : out.legs.view()) {
      std::fprintf(out_, "    %s\n", engine::event_text(leg).c_str());
    }
  }
  const Sequence sequence = replay.core()->sequence();
  if (options_.every != 0 && sequence % options_.every == 0) print_state(*replay.core());
}

void LogReplay::print_state(const core::Core& core) const {
  const Hash128 hash = core.state_hash();
  std::fprintf(out_,
               "at %llu: chain head %016llx, state hash %016llx%016llx, epoch %u, rules %u, "
               "open orders %llu\n",
               static_cast<Number>(core.sequence()), static_cast<Number>(core.chain_head()),
               static_cast<Number>(hash.high), static_cast<Number>(hash.low), core.epoch(),
               core.rule_version(), static_cast<Number>(core.open_order_count()));
}

bool LogReplay::compare_known(const core::Core& core) {
  for (const Known& known : known_) {
    if (known.info.sequence != core.sequence()) continue;
    const bool same = known.info.chain_head == core.chain_head() &&
                      known.info.state_hash == core.state_hash();
    std::fprintf(out_, same ? "OK: %s agrees with replay from Genesis\n"
                            : "MISMATCH: %s is another state than replay from Genesis gives\n",
                 known.name.c_str());
    if (!same) return false;
  }
  return true;
}

int LogReplay::check() {
  Storage snapshots;
  if (!open(options_.snapshot_directory, snapshots)) return code(Exit::cannot_read);
  int worst = code(Exit::ok);
  for (const Sequence sequence : SnapshotStore(snapshots).list()) {
    const std::string name = journal::snapshot_name(sequence);
    journal::SnapshotReader<Storage> reader(snapshots);
    const journal::SnapshotStatus status = reader.open(name);
    if (status == journal::SnapshotStatus::ok) {
      known_.push_back({reader.info(), name});
    } else {
      std::fprintf(out_, "SNAPSHOT: %s: %s at byte %llu\n", name.c_str(), to_string(status),
                   static_cast<Number>(reader.damage_offset()));
      worst = code(Exit::damage);
    }
  }
  Result genesis;
  Replay from_genesis;
  int ended = replay(from_genesis, 0, genesis);
  if (ended != 0) return ended;
  const std::vector<Known> sound = std::move(known_);
  known_.clear();
  for (const Known& known : sound) {
    if (known.info.sequence > genesis.sequence) {
      std::fprintf(out_, "%s: not compared, it is after record %llu\n", known.name.c_str(),
                   static_cast<Number>(genesis.sequence));
      continue;
    }
    Result result;
    ended = replay_from(known.name, snapshots, result);
    if (ended != 0) return ended;
    const bool same = result == genesis;
    std::fprintf(out_, "%s: %s and the log after it give %s state as replay from Genesis\n",
                 same ? "OK" : "MISMATCH", known.name.c_str(), same ? "the same" : "ANOTHER");
    if (!same) worst = code(Exit::damage);
  }
  return worst;
}

}  // namespace saker::follower
