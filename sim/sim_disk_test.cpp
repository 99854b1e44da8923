// The disk must really lose what it should lose, or every test on it proves nothing.
#include "sim/sim_disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace saker::sim {
namespace {

using journal::FileId;
using journal::IoStatus;

struct SimDiskTest : testing::Test {
  Coverage coverage;
  SimDisk disk{coverage, Rng(3), 1u << 20};
  SimStorage storage{disk, "log"};

  FileId make(const char* name) {
    FileId file = FileId::none;
    EXPECT_EQ(storage.create(name, file), IoStatus::ok);
    return file;
  }
  static std::vector<std::byte> filled(std::size_t size, int with) {
    return std::vector<std::byte>(size, static_cast<std::byte>(with));
  }
  std::vector<std::byte> content(const char* name) {
    FileId file = FileId::none;
    if (storage.open(name, file) != IoStatus::ok) return {};
    std::uint64_t size = 0;
    EXPECT_EQ(storage.size(file, size), IoStatus::ok);
    std::vector<std::byte> bytes(size);
    std::size_t got = 0;
    EXPECT_EQ(storage.read_at(file, 0, bytes, got), IoStatus::ok);
    EXPECT_EQ(got, size);
    storage.close(file);
    return bytes;
  }
};

TEST_F(SimDiskTest, SyncedBytesSurviveAndUnsyncedOnesDoNot) {
  const FileId file = make("f");
  EXPECT_EQ(storage.write_at(file, 0, filled(1024, 1)), IoStatus::ok);
  EXPECT_EQ(storage.sync(file), IoStatus::ok);
  EXPECT_EQ(storage.sync_dir(), IoStatus::ok);
  EXPECT_EQ(storage.write_at(file, 512, filled(512, 2)), IoStatus::ok);
  EXPECT_EQ(content("f")[600], std::byte{2});
  disk.power_cut(PowerCut::lose_all);
  EXPECT_EQ(content("f"), filled(1024, 1));
}

TEST_F(SimDiskTest, ANameNeedsItsOwnSync) {
  const FileId file = make("f");
  EXPECT_EQ(storage.write_at(file, 0, filled(100, 1)), IoStatus::ok);
  EXPECT_EQ(storage.sync(file), IoStatus::ok);
  disk.power_cut(PowerCut::lose_all);
  std::vector<journal::FileInfo> files;
  EXPECT_EQ(storage.list(files), IoStatus::ok);
  EXPECT_TRUE(files.empty());
}

TEST_F(SimDiskTest, RenamesAndRemovalsAreLostUnlessSynced) {
  make("a");
  make("b");
  EXPECT_EQ(storage.sync_dir(), IoStatus::ok);
  EXPECT_EQ(storage.rename("a", "c"), IoStatus::ok);
  EXPECT_EQ(storage.remove("b"), IoStatus::ok);
  EXPECT_EQ(storage.rename("nothing", "d"), IoStatus::not_found);
  std::vector<journal::FileInfo> files;
  storage.list(files);
  ASSERT_EQ(files.size(), 1u);
  disk.power_cut(PowerCut::lose_all);
  storage.list(files);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "a");
  EXPECT_EQ(files[1].name, "b");
}

TEST_F(SimDiskTest, APowerCutKeepsAnySubsetOfSectors) {
  std::array<int, 9> kept_counts{};
  for (int round = 0; round < 500; ++round) {
    const FileId file = make("f");
    storage.write_at(file, 0, filled(8 * 512, 0));
    storage.sync(file);
    storage.sync_dir();
    storage.write_at(file, 0, filled(8 * 512, 1));
    disk.power_cut(PowerCut::random);
    const auto bytes = content("f");
    int kept = 0;
    for (std::size_t s = 0; s < 8; ++s) {
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(s * 512);
      // A sector is whole: all old or all new.
      ASSERT_EQ(std::count(begin, begin + 512, *begin), 512);
      kept += *begin == std::byte{1};
    }
    ++kept_counts[static_cast<std::size_t>(kept)];
    storage.close(file);
  }
  for (const int n : {2, 3, 4, 5, 6}) EXPECT_GT(kept_counts[static_cast<std::size_t>(n)], 20);
  EXPECT_GT(coverage.get(Count::disk_write_torn), 400u);
}

TEST_F(SimDiskTest, AfterAFailedSyncTheNextOneLies) {
  int lost = 0;
  for (int round = 0; round < 50; ++round) {
    const FileId file = make("f");
    storage.write_at(file, 0, filled(512, 0));
    storage.sync(file);
    storage.sync_dir();
    storage.write_at(file, 0, filled(512, 1));
    DiskFaults faults;
    faults.sync_error_ppm = 1'000'000;
    disk.set_faults(faults);
    EXPECT_EQ(storage.sync(file), IoStatus::io_error);
    disk.set_faults({});
    EXPECT_EQ(storage.sync(file), IoStatus::ok);
    disk.power_cut(PowerCut::keep_all);
    lost += content("f") == filled(512, 0);
    storage.close(file);
  }
  EXPECT_GT(lost, 20);
}

TEST_F(SimDiskTest, AFullDiskTakesOverwritesOnly) {
  disk.set_capacity(4096);
  const FileId file = make("f");
  EXPECT_EQ(storage.write_at(file, 0, filled(4096, 1)), IoStatus::ok);
  EXPECT_EQ(storage.write_at(file, 4096, filled(1, 1)), IoStatus::no_space);
  EXPECT_EQ(storage.write_at(file, 0, filled(4096, 2)), IoStatus::ok);
  std::uint64_t free = 1;
  EXPECT_EQ(storage.free_bytes(free), IoStatus::ok);
  EXPECT_EQ(free, 0u);
}

TEST_F(SimDiskTest, TheDurableViewSeesOnlyWhatIsSynced) {
  const FileId file = make("f");
  storage.write_at(file, 0, filled(512, 1));
  storage.sync(file);
  DurableView view(disk, "log");
  FileId seen = FileId::none;
  EXPECT_EQ(view.open("f", seen), IoStatus::not_found);
  storage.sync_dir();
  ASSERT_EQ(view.open("f", seen), IoStatus::ok);
  storage.write_at(file, 0, filled(512, 2));
  std::vector<std::byte> bytes(512);
  std::size_t got = 0;
  EXPECT_EQ(view.read_at(seen, 0, bytes, got), IoStatus::ok);
  EXPECT_EQ(bytes, filled(512, 1));
}

}  // namespace
}  // namespace saker::sim
