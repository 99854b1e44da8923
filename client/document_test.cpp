// What docs/protocol.md shows must be what the program does.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "client/reasons.hpp"

namespace saker::client {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(SAKER_SOURCE_ROOT).append("/").append(path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ProtocolDocument, TheWorkedExampleIsTheGoldenDatagram) {
  const std::string document = read_file("docs/protocol.md");
  const std::size_t heading = document.find("### A NewOrder, byte by byte");
  ASSERT_NE(heading, std::string::npos);
  const std::size_t begin = document.find("```\n", heading) + 4;
  std::istringstream lines(document.substr(begin, document.find("```", begin) - begin));
  std::string shown;
  for (std::string line; std::getline(lines, line);) {
    shown.append(line.substr(0, 47)).append("\n");
  }
  EXPECT_EQ(shown, read_file("proto/golden/NewOrder.hex"));
}

TEST(ProtocolDocument, NamesOnlyReasonsThatExist) {
  const std::string document = read_file("docs/protocol.md");
  std::string known = "|";
  for (int i = 0; i <= static_cast<int>(proto::Reason::MAX); ++i) {
    const char* word = reason_word(static_cast<proto::Reason>(i));
    known.append(word).append("|");
  }
  int checked = 0;
  for (const char* category : {"BUSY_", "LOGON_", "MARKET_NO", "SKIPPED_", "OUTCOME_"}) {
    for (std::size_t at = document.find(category); at != std::string::npos;
         at = document.find(category, at + 1)) {
      const std::size_t end =
          document.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", at);
      std::string word("|");
      word.append(document, at, end - at).append("|");
      EXPECT_NE(known.find(word), std::string::npos) << word;
      ++checked;
    }
  }
  EXPECT_GT(checked, 10);
}

}  // namespace
}  // namespace saker::client
