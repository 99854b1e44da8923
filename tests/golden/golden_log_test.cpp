// Every golden log, replayed by this program: whoever changes what an old log means fails here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/follower/replay.hpp"
#include "engine/follower/snapshots.hpp"
#include "journal/memory_storage.hpp"
#include "sim/state_bytes.hpp"
#include "tests/golden/story.hpp"

namespace saker::golden {
namespace {

using journal::MemoryStorage;

/// What expected.txt says, by sequence: the line without the sequence.
using Expected = std::map<Sequence, std::string>;

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
  const Bytes bytes = std::as_bytes(std::span(chars));
  return {bytes.begin(), bytes.end()};
}

std::string state_line(const core::Core& core) {
  char line[160];
  const Hash128 hash = core.state_hash();
  std::snprintf(line, sizeof(line), "chain %016llx state %016llx%016llx rules %u",
                static_cast<unsigned long long>(core.chain_head()),
                static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low), core.rule_version());
  return line;
}

class GoldenLog {
 public:
  explicit GoldenLog(const std::filesystem::path& folder) : folder_(folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (name != "expected.txt") storage_.files()[name].now = read_file(entry.path());
    }
    std::ifstream in(folder / "expected.txt");
    Sequence sequence = 0;
    for (std::string line; in >> sequence && std::getline(in >> std::ws, line);) {
      expected_[sequence] = line;
    }
  }

  /// From `replay`'s state to the end, comparing wherever something is recorded.
  void compare(follower::Replay& replay, Coverage* coverage) {
    const Sequence from = replay.core() != nullptr ? replay.core()->sequence() : 0;
    journal::LogReader<MemoryStorage> reader(storage_, journal::ReadMode::sealed, from);
    journal::ReadKind kind = reader.next();
    std::size_t compared = 0;
    for (; kind == journal::ReadKind::record; kind = reader.next()) {
      const Sequence sequence = reader.record().header.sequence;
      if (sequence <= from) continue;
      const char* why = replay.apply(reader.record());
      ASSERT_EQ(why, nullptr) << folder_ << " record " << sequence << ": " << why;
      if (coverage != nullptr) coverage->count(replay.command().kind, replay.out());
      if (const auto found = expected_.find(sequence); found != expected_.end()) {
        ASSERT_EQ(state_line(*replay.core()), found->second) << folder_ << " at " << sequence;
        replay.core()->check_invariants();
        ++compared;
      }
      if (const auto found = snapshots_.find(sequence); found != snapshots_.end()) {
        ASSERT_EQ(sim::state_bytes(*replay.core()), found->second) << folder_ << " " << sequence;
      }
    }
    ASSERT_EQ(kind, journal::ReadKind::end) << folder_;
    ASSERT_EQ(replay.core()->sequence(), expected_.rbegin()->first) << folder_;
    ASSERT_EQ(compared, static_cast<std::size_t>(std::distance(expected_.upper_bound(from),
                                                               expected_.end())));
  }

  void run(Coverage& coverage) {
    ASSERT_GE(expected_.size(), 10u) << folder_;
    follower::SnapshotStore<MemoryStorage> store(storage_);
    const std::vector<Sequence> sequences = store.list();
    ASSERT_EQ(sequences.size(), 2u) << folder_;
    for (const Sequence sequence : sequences) {
      follower::LoadedSnapshot loaded;
      std::string problem;
      ASSERT_TRUE(store.load(sequence, loaded, problem)) << folder_ << problem;
      snapshots_[sequence] = sim::state_bytes(*loaded.core);
      // The state is written as it was read, byte for byte: nothing is lost on the way in.
      ASSERT_EQ(hash128(snapshots_[sequence]), loaded.info.state_hash) << folder_;
      follower::Replay replay;
      replay.begin(std::move(loaded.core));
      compare(replay, nullptr);
    }
    follower::Replay replay;
    compare(replay, &coverage);
  }

 private:
  const std::filesystem::path folder_;
  MemoryStorage storage_;
  Expected expected_;
  std::map<Sequence, std::vector<std::byte>> snapshots_;
};

TEST(GoldenLogs, ReplayToTheStateOfTheirDay) {
  Coverage coverage;
  std::size_t logs = 0;
  for (const auto& version : std::filesystem::directory_iterator(SAKER_GOLDEN_DIR)) {
    if (!version.is_directory()) continue;
    for (const auto& story : std::filesystem::directory_iterator(version)) {
      GoldenLog(story.path()).run(coverage);
      if (HasFatalFailure()) return;
      ++logs;
    }
  }
  std::printf("%zu golden logs\n", logs);
  EXPECT_GE(logs, 2u);
  // A kind that was added needs a golden log of its own: README.md.
  EXPECT_EQ(coverage.missing_kinds(), "");
  EXPECT_EQ(coverage.missing_reasons(), "");
}

}  // namespace
}  // namespace saker::golden
