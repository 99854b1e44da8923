// `saker-log replay`: runs a log through the core and says what comes out; with `check`, also
// whether replay from Genesis and from each snapshot agree to the last bit of state.
#pragma once

#include <cstdio>
#include <string>

#include "engine/command_text.hpp"
#include "engine/follower/replay.hpp"
#include "engine/follower/snapshots.hpp"
#include "journal/posix_storage.hpp"

namespace saker::follower {

struct LogReplayOptions {
  std::string log_directory;
  std::string snapshot_directory;  // for `check`
  std::string snapshot_file;       // start from this one; empty: from Genesis
  Sequence to = UINT64_MAX;        // last command
  Sequence every = 0;              // hashes after every so many commands; 0: only at the end
  bool check = false;
  bool live = false;               // only what is durable; the log may be in use
  bool commands = false;           // a line for every command ..
  bool events = false;             // .. and for everything it caused
};

/// Exit codes are those of journal::LogToolExit; disagreement counts as damage.
class LogReplay {
 public:
  LogReplay(const LogReplayOptions& options, std::FILE* out) : options_(options), out_(out) {}
  int run();

 private:
  using Storage = journal::PosixStorage;
  struct Result {
    Sequence sequence = 0;
    std::uint64_t commands = 0;
    std::uint64_t chain_head = 0;
    Hash128 state_hash;
    journal::ReadKind end = journal::ReadKind::end;
    bool operator==(const Result& o) const {
      return sequence == o.sequence && chain_head == o.chain_head && state_hash == o.state_hash;
    }
  };
  struct Known {  // what a snapshot claims, to be compared on the way from Genesis
    journal::SnapshotInfo info;
    std::string name;
  };

  bool open(const std::string& directory, Storage& storage);
  /// From `core` (nullptr: from Genesis) to the end. Not 0: an exit code, already explained.
  int replay(Replay& replay, std::uint64_t log_id, Result& result);
  int replay_from(const std::string& snapshot_name, Storage& snapshots, Result& result);
  int check();
  bool compare_known(const core::Core& core);
  void print_record(const Replay& replay);
  void print_state(const core::Core& core) const;
  int finish(journal::LogReader<Storage>& reader, journal::ReadKind kind);

  const LogReplayOptions options_;
  std::FILE* const out_;
  Storage log_;
  engine::CommandNames names_;
  std::vector<Known> known_;
};

}  // namespace saker::follower
