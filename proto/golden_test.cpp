// The bytes of every message, held against the files in proto/golden/ that other implementations
// read too. SAKER_WRITE_GOLDEN=1 writes the files (and the fuzzer's corpus) anew; a difference
// that shows then is a break of the protocol and needs a new version of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "feed_generated.h"
#include "order_entry_generated.h"
#include "proto/exercise.hpp"
#include "proto/samples.hpp"

namespace saker::proto {
namespace {

const std::string kFolder = SAKER_PROTO_FOLDER;

std::string hex_of(Bytes bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%02x", std::to_integer<unsigned>(bytes[i]));
    text += pair;
    text += i % 16 == 15 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string golden_path(const Sample& sample) {
  return kFolder + "/golden/" + sample.name + ".hex";
}

TEST(Golden, EveryMessageHasItsBytes) {
  const auto samples = all_samples();
  if (std::getenv("SAKER_WRITE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(kFolder + "/datagram_fuzz_corpus");
    for (const Sample& sample : samples) {
      std::ofstream(golden_path(sample)) << hex_of(sample.view());
      std::ofstream(kFolder + "/datagram_fuzz_corpus/" + sample.name, std::ios::binary)
          .write(reinterpret_cast<const char*>(sample.bytes),
                 static_cast<std::streamsize>(sample.size));
    }
  }
  for (const Sample& sample : samples) {
    EXPECT_EQ(hex_of(sample.view()), read_text(golden_path(sample))) << sample.name;
  }
}

TEST(Golden, NoFileIsLeftOver) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "/golden")) {
    if (entry.path().extension() == ".hex") ++files;
  }
  EXPECT_EQ(files, all_samples().size());
}

TEST(Golden, EveryMessageIsDecoded) {
  for (Sample& sample : all_samples()) {
    EXPECT_EQ(exercise_datagram(sample.datagram()), Fate::kDecoded) << sample.name;
  }
}

/// Bytes of a golden file, not of the encoder.
std::vector<std::byte> golden(const char* name) {
  std::istringstream text(read_text(kFolder + "/golden/" + name + ".hex"));
  std::vector<std::byte> bytes;
  unsigned value = 0;
  while (text >> std::hex >> value) bytes.push_back(static_cast<std::byte>(value));
  EXPECT_FALSE(bytes.empty()) << name;
  return bytes;
}

TEST(Golden, FieldsLieWhereTheProtocolSays) {
  const auto order = golden("NewOrder");
  ASSERT_EQ(order.size(), 112u);
  EXPECT_EQ(read_as<std::uint32_t>(order, 0), kFrameMagic);
  EXPECT_EQ(read_as<std::uint8_t>(order, 5), raw(PacketKind::Command));
  EXPECT_EQ(read_as<std::uint16_t>(order, 6), raw(CommandKind::NewOrder));
  EXPECT_EQ(read_as<std::uint32_t>(order, 8), kSampleSession);
  EXPECT_EQ(read_as<std::uint32_t>(order, 12), kSampleEpoch);
  EXPECT_EQ(read_as<std::uint64_t>(order, 16), 101u);
  EXPECT_EQ(read_as<std::uint64_t>(order, 24), 41u);
  EXPECT_EQ(read_as<std::uint64_t>(order, 64), 7001u);    // client_order_id
  EXPECT_EQ(read_as<std::int64_t>(order, 72), 25'000);    // price_ticks
  EXPECT_EQ(read_as<std::int64_t>(order, 80), 40);        // quantity_lots
  EXPECT_EQ(read_as<std::uint32_t>(order, 96), 5u);       // account
  EXPECT_EQ(read_as<std::uint32_t>(order, 100), 1u);      // market
  EXPECT_EQ(read_as<std::uint8_t>(order, 104), raw(Side::Sell));
  const auto reports = golden("Reports-3");
  ASSERT_EQ(reports.size(), 48u + 24 + 3 * 160);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto report = read_as<Report>(reports, 72 + 160 * i);
    EXPECT_EQ(report.report_sequence(), 41 + i);
    EXPECT_EQ(report.kind(), ReportKind::OrderFilled);
    EXPECT_EQ(report.trade_id(), 77 + i);
    EXPECT_EQ(report.released_ns() - report.sequenced_ns(), 199'000u);
  }
  const auto feed = golden("FeedData");
  EXPECT_EQ(read_as<FeedHeader>(feed).first_sequence, 1'000u);
  EXPECT_EQ(read_as<FeedMessage>(feed, 48 + 32).feed_order_id(), 501u);
}

TEST(Golden, TagsAreOfTheSampleKeys) {
  auto order = golden("NewOrder");
  EXPECT_TRUE(check_tag(order, sample_keys(PacketKind::Command).to_server));
  auto logon = golden("LogonRequest");
  EXPECT_TRUE(check_tag(logon, sample_keys(PacketKind::LogonRequest).to_server));
  auto reply = golden("QueryReply-book");
  EXPECT_TRUE(check_tag(reply, sample_keys(PacketKind::QueryReply).to_client));
}

}  // namespace
}  // namespace saker::proto
