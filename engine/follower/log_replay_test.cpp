// saker-log's replay on real files: agreement, damage and disagreement by exit code.
#include "engine/follower/log_replay.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/follower/test_follower.hpp"

namespace saker::follower {
namespace {

class LogReplayTest : public ::testing::Test {
 protected:
  LogReplayTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("saker-log-replay-" + std::to_string(::getpid()))) {
    venue_.set_up();
    TestDisks disks;
    for (int run = 0; run < 2; ++run) {
      venue_.trade(150);
      TestFollower follower(venue_, disks);
      follower.run();
      EXPECT_TRUE(follower.process.stop(follower.clock.time_ns));
    }
    venue_.trade(100);
    write("log", venue_.log);
    write("snapshots", disks.snapshots);
  }
  ~LogReplayTest() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, MemoryStorage& storage) {
    std::filesystem::create_directories(folder_ / name);
    for (const auto& [file, content] : storage.files()) {
      std::ofstream(folder_ / name / file, std::ios::binary)
          .write(reinterpret_cast<const char*>(content.now.data()),
                 static_cast<std::streamsize>(content.now.size()));
    }
  }
  LogReplayOptions options() const {
    LogReplayOptions options;
    options.log_directory = folder_ / "log";
    options.snapshot_directory = folder_ / "snapshots";
    return options;
  }
  /// Exit code; the text goes into text_.
  int run(const LogReplayOptions& options) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = ::open_memstream(&text, &size);
    const int code = LogReplay(options, out).run();
    std::fclose(out);
    text_.assign(text, size);
    std::free(text);
    return code;
  }
  bool said(const std::string& what) const { return text_.find(what) != std::string::npos; }
  std::string state_line() const {
    char line[200];
    const Hash128 hash = venue_.core->state_hash();
    std::snprintf(line, sizeof(line), "at %llu: chain head %016llx, state hash %016llx%016llx",
                  static_cast<unsigned long long>(venue_.core->sequence()),
                  static_cast<unsigned long long>(venue_.core->chain_head()),
                  static_cast<unsigned long long>(hash.high),
                  static_cast<unsigned long long>(hash.low));
    return line;
  }
  std::vector<std::filesystem::path> snapshots() const {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "snapshots")) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  void flip(const std::filesystem::path& path, std::int64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(byte);
  }

  const std::filesystem::path folder_;
  TestVenue venue_;
  std::string text_;
};

TEST_F(LogReplayTest, FromGenesisAndFromASnapshot) {
  EXPECT_EQ(run(options()), 0) << text_;
  EXPECT_TRUE(said(state_line())) << text_;
  for (const auto& snapshot : snapshots()) {
    LogReplayOptions from = options();
    from.snapshot_file = snapshot;
    EXPECT_EQ(run(from), 0) << text_;
    EXPECT_TRUE(said(state_line())) << text_;
  }
  LogReplayOptions part = options();
  part.to = 30;
  part.events = true;
  EXPECT_EQ(run(part), 0);
  EXPECT_TRUE(said("replayed 30 commands after 0"));
  EXPECT_TRUE(said("Deposit account=2 asset=EUR amount=10000000.00"));
  EXPECT_TRUE(said("    Leg account=2 asset=1 amount_minor=1000000000"));
}

TEST_F(LogReplayTest, CheckComparesEverySnapshot) {
  LogReplayOptions check = options();
  check.check = true;
  EXPECT_EQ(run(check), 0) << text_;
  const auto paths = snapshots();
  ASSERT_EQ(paths.size(), 2u);
  for (const auto& path : paths) {
    const std::string name = path.filename();
    EXPECT_TRUE(said("OK: " + name + " agrees with replay from Genesis")) << text_;
    EXPECT_TRUE(said("OK: " + name + " and the log after it give the same state")) << text_;
  }
  flip(paths[1], 1000);
  EXPECT_EQ(run(check), 1);
  EXPECT_TRUE(said("SNAPSHOT: " + paths[1].filename().string() + ": ")) << text_;
}

/// A snapshot whose file is sound but whose state is of another history.
TEST_F(LogReplayTest, CheckFindsAnotherHistory) {
  TestVenue other(99);
  other.set_up();
  other.trade(150);
  TestDisks disks;
  TestFollower follower(other, disks);
  follower.run();
  ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  write("snapshots", disks.snapshots);
  LogReplayOptions check = options();
  check.check = true;
  EXPECT_EQ(run(check), 1);
  EXPECT_TRUE(said("MISMATCH: ")) << text_;
}

TEST_F(LogReplayTest, DamageIsNamed) {
  flip(folder_ / "log" / journal::segment_name(0), 5000);
  EXPECT_EQ(run(options()), 1);
  EXPECT_TRUE(said("CORRUPTION: segment " + journal::segment_name(0))) << text_;
  LogReplayOptions nowhere = options();
  nowhere.log_directory = folder_ / "nothing";
  EXPECT_EQ(run(nowhere), 3);
}

}  // namespace
}  // namespace saker::follower
