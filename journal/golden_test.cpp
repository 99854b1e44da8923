// The bytes of a small log and a snapshot, committed, so that the format cannot drift: this
// program must write them exactly so, and must read them. And the fuzzers' seeds and a short
// run of mutations of them, so that every test run passes through the fuzzers' code.
//
// SAKER_WRITE_GOLDEN=1 writes the files anew. Nobody should need that: logs live for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "common/fuzz_corpus.hpp"
#include "journal/fuzz.hpp"
#include "journal/log_tool.hpp"
#include "journal/snapshot_file.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

const std::string kFolder = SAKER_JOURNAL_DIR;

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
  const Bytes bytes = std::as_bytes(std::span(chars));
  return {bytes.begin(), bytes.end()};
}

void write_file(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

LogConfig golden_config() {
  LogConfig config = small_config();
  config.segment_bytes = 4096;
  config.max_payload_bytes = 120;
  config.reserve_bytes = 512;
  return config;
}

MemoryStorage make_golden() {
  MemoryStorage storage;
  TestLog log(storage, golden_config(), {});
  EXPECT_TRUE(log.writer.start());
  log.settle();
  log.write_batches({1, 2, 9, 8, 1, 3});
  EXPECT_TRUE(log.writer.close());
  SnapshotWriter snapshot(storage);
  EXPECT_EQ(snapshot.begin(), IoStatus::ok);
  const std::vector<std::byte> state(70000, std::byte{0x5A});
  EXPECT_EQ(snapshot.write(Bytes(state).first(1500)), IoStatus::ok);
  SnapshotInfo info;
  info.shard = 7;
  info.rule_version = 3;
  info.epoch = 2;
  info.log_id = golden_config().log_id;
  info.sequence = 21;
  info.timestamp_ns = fields_of(21).timestamp_ns;
  info.chain_head = 0x0102030405060708;
  info.state_hash = {11, 12};
  info.build_hash = {13, 14};
  EXPECT_EQ(snapshot.commit(info), IoStatus::ok);
  return storage;
}

TEST(Golden, IsWrittenExactlySo) {
  const MemoryStorage storage = make_golden();
  const bool write = std::getenv("SAKER_WRITE_GOLDEN") != nullptr;
  for (const auto& [name, file] : const_cast<MemoryStorage&>(storage).files()) {
    const std::filesystem::path path = kFolder + "/golden/" + name;
    if (write) write_file(path, file.now);
    EXPECT_EQ(read_file(path), file.now) << name;
  }
}

TEST(Golden, IsRead) {
  MemoryStorage storage;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "/golden")) {
    storage.files()[entry.path().filename()].now = read_file(entry.path());
    ++files;
  }
  EXPECT_EQ(files, 5u);  // two segments, one prepared, the mark, a snapshot
  LogReader reader(storage, ReadMode::sealed);
  Sequence last = 0;
  EXPECT_EQ(read_all(reader, last), ReadKind::end);
  EXPECT_EQ(last, 24u);
  EXPECT_EQ(reader.state().log_id, golden_config().log_id);
  EXPECT_EQ(reader.state().shard, 7u);
  SnapshotReader snapshot(storage);
  ASSERT_EQ(snapshot.open_newest(last), SnapshotStatus::ok);
  EXPECT_EQ(snapshot.info().chain_head, 0x0102030405060708u);
  EXPECT_EQ(snapshot.payload_bytes(), 1500u);
}

// The layout once more by hand, independent of the structs.
TEST(Golden, FieldsLieWhereTheFormatSays) {
  const std::vector<std::byte> file = read_file(kFolder + "/golden/" + segment_name(0));
  ASSERT_EQ(file.size(), 4096u);
  const auto u = [&](std::size_t at, int size) {
    std::uint64_t value = 0;
    for (int i = size - 1; i >= 0; --i) {
      value = value << 8 | std::to_integer<std::uint64_t>(file[at + static_cast<std::size_t>(i)]);
    }
    return value;
  };
  EXPECT_EQ(std::memcmp(file.data(), "SKSG\x01\x00\x07\x00", 8), 0);
  EXPECT_EQ(u(16, 8), 0x1122334455667788u);  // log id
  EXPECT_EQ(u(24, 8), 1u);                   // first sequence
  EXPECT_EQ(u(48, 4), 512u);                 // block
  EXPECT_EQ(std::memcmp(&file[512], "SKRL\x01\x00\xFF\xFF", 8), 0);
  EXPECT_EQ(u(512 + 64, 8), 0x1122334455667788u);
  EXPECT_EQ(u(512 + 64 + 16, 8), 512u);  // durable offset: its own start
  EXPECT_EQ(u(512 + 64 + 24, 4), 512u);  // batch bytes
  EXPECT_EQ(u(512 + 64 + 28, 4), 1u);    // records
  const std::size_t record = 512 + 128;
  EXPECT_EQ(std::memcmp(&file[record], "SKRL\x01\x01\x02\x00", 8), 0);
  EXPECT_EQ(u(record + 8, 4), payload_of(1).size());
  EXPECT_EQ(u(record + 12, 2), 7u);
  EXPECT_EQ(u(record + 24, 8), 1u);
  EXPECT_EQ(u(record + 32, 8), 1'700'000'000'000'001'000u);
  EXPECT_EQ(std::memcmp(&file[record + 64], "command 1:", 10), 0);
}

// --- The tool --------------------------------------------------------------------------------

std::string run_tool(std::vector<const char*> arguments, int expected_exit,
                     const RecordFormatter& formatter = {},
                     const std::vector<LogCommand>& more = {}) {
  std::FILE* const out = std::tmpfile();
  arguments.insert(arguments.begin(), "saker-log");
  const int code = log_tool_main(static_cast<int>(arguments.size()), arguments.data(), formatter,
                                 out, {}, more);
  EXPECT_EQ(code, expected_exit);
  std::string text(static_cast<std::size_t>(std::ftell(out)), '\0');
  std::rewind(out);
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), out), text.size());
  std::fclose(out);
  return text;
}

TEST(LogTool, VerifiesShowsAndTakesFurtherCommands) {
  const std::string golden = kFolder + "/golden";
  const char* const folder = golden.c_str();
  EXPECT_EQ(run_tool({"verify", folder}, 0),
            "records 1 to 24 are sound (24), shard 7, epoch 2, last at "
            "2023-11-14T22:13:20.000024000Z\n"
            "OK: the log ends cleanly at segment log-0000000000000001.seg, offset 2048\n");
  EXPECT_EQ(run_tool({"show", folder, "--from", "3", "--to", "3"}, 0),
            "3 2023-11-14T22:13:20.000003000Z epoch 1 rules 3 flags 1 type 4 "
            "636f6d6d616e6420333a64646464646464646464\n");
  const RecordFormatter words = [](const RecordHeader& header, Bytes payload) {
    return std::to_string(header.type) + "/" + std::to_string(payload.size());
  };
  EXPECT_EQ(run_tool({"show", folder, "--from", "24"}, 0, words),
            "24 2023-11-14T22:13:20.000024000Z epoch 2 rules 3 flags 0 5/91\n");
  std::vector<std::string> got;
  const LogCommand weigh{"weigh", "", [&](int argc, const char* const* argv) {
                           got.assign(argv, argv + argc);
                           return 7;
                         }};
  run_tool({"weigh", folder, "--by", "20"}, 7, {}, {weigh});
  EXPECT_EQ(got, (std::vector<std::string>{"weigh", folder, "--by", "20"}));
  EXPECT_NE(run_tool({"verify", "--live", folder}, 0).find("records 1 to 24"),
            std::string::npos);
  run_tool({"verify"}, 2);
  run_tool({"--nonsense"}, 2);
  run_tool({"weigh", folder}, 2);
  run_tool({"verify", "/nonexistent"}, 3);
}

TEST(LogTool, SaysExactlyWhatIsDamaged) {
  std::string folder = ::testing::TempDir() + "saker-log-tool-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "/golden")) {
    std::filesystem::copy(entry.path(), folder + "/" + entry.path().filename().string());
  }
  const std::string victim = folder + "/" + segment_name(0);
  std::vector<std::byte> bytes = read_file(victim);
  bytes[1300] ^= std::byte{1};
  write_file(victim, bytes);
  const std::string text = run_tool({"verify", folder.c_str()}, 1);
  EXPECT_NE(text.find("CORRUPTION: segment log-0000000000000000.seg, offset 1024, before record 2"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("failed check: records_hash"), std::string::npos);
  EXPECT_NE(text.find("to do: keep a copy"), std::string::npos);

  bytes[1300] ^= std::byte{1};
  write_file(victim, bytes);
  std::filesystem::remove(folder + "/" + kMarkFile);
  std::vector<std::byte> last = read_file(folder + "/" + segment_name(1));
  last[2000] ^= std::byte{1};
  write_file(folder + "/" + segment_name(1), last);
  const std::string torn = run_tool({"verify", folder.c_str()}, 1);
  EXPECT_NE(torn.find("TORN TAIL: segment log-0000000000000001.seg"), std::string::npos) << torn;
  std::filesystem::remove_all(folder);
}

// --- Fuzzing, the short form -----------------------------------------------------------------

unsigned fuzz_rounds(unsigned quick) {
  return std::getenv("SAKER_FULL") != nullptr ? quick * 500 : quick;
}

TEST(Fuzz, MutatedLogs) { fuzz_briefly(fuzz_log, kFolder + "/log_fuzz_corpus", 900); }
TEST(Fuzz, MutatedSnapshots) {
  fuzz_briefly(fuzz_snapshot, kFolder + "/snapshot_fuzz_corpus", 200);
}

TEST(Fuzz, RandomPatches) {
  std::mt19937 random(2);
  for (unsigned round = 0; round < fuzz_rounds(500); ++round) {
    std::vector<std::uint8_t> bytes{1};
    for (unsigned i = 1 + random() % 3; i > 0; --i) {
      const std::uint32_t where = random() % 4 == 0 ? random() % 8192 : 512 + random() % 200;
      const std::uint32_t repair = random() % 3;
      for (const std::uint32_t b : {std::uint32_t(random() % 3), where & 0xFF, where >> 8,
                                    std::uint32_t(1u << random() % 8), repair}) {
        bytes.push_back(static_cast<std::uint8_t>(b));
      }
    }
    fuzz_log(bytes.data(), bytes.size());
  }
}

}  // namespace
}  // namespace saker::journal
