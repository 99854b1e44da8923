// Each scenario of engine/core/scenarios/*.txt is a test. SAKER_SCENARIOS is where they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/core/scenario.hpp"

namespace saker::core {
namespace {

std::vector<Scenario> read_scenarios(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Scenario> scenarios;
  for (const auto& path : paths) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      if (line.rfind("scenario: ", 0) == 0) {
        scenarios.push_back({path.filename().string(), line.substr(10), {}});
      } else if (!line.empty() && line[0] != '#') {
        EXPECT_FALSE(scenarios.empty()) << path << ": a line before the first 'scenario: '";
        if (!scenarios.empty()) scenarios.back().lines.push_back({number, line});
      }
    }
  }
  return scenarios;
}

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(Scenario scenario) : scenario_(std::move(scenario)) {}

  void TestBody() override {
    ScenarioWorld world;
    for (const ScenarioLine& line : scenario_.lines) {
      std::optional<std::string> mistake;
      try {
        mistake = world.play(line.text);
      } catch (const std::exception& wrong) {
        mistake = std::string("cannot be read: ") + wrong.what();
      }
      if (!mistake) continue;
      FAIL() << scenario_.file << ":" << line.number << ": " << line.text << "\n" << *mistake;
    }
  }

 private:
  Scenario scenario_;
};

std::string test_name(const std::string& title) {
  std::string name;
  for (const char c : title) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

}  // namespace
}  // namespace saker::core

int main(int count, char** arguments) {
  using namespace saker::core;
  testing::InitGoogleTest(&count, arguments);
  const std::vector<Scenario> scenarios = read_scenarios(SAKER_SCENARIOS);
  for (const Scenario& scenario : scenarios) {
    const std::string suite = "Scenario_" + test_name(scenario.file.substr(
                                                0, scenario.file.find('.')));
    testing::RegisterTest(suite.c_str(), test_name(scenario.title).c_str(), nullptr, nullptr,
                          scenario.file.c_str(), scenario.lines.empty()
                                                     ? 0 : scenario.lines.front().number,
                          [=]() -> testing::Test* { return new ScenarioTest(scenario); });
  }
  if (scenarios.size() < 25) {
    std::fprintf(stderr, "only %zu scenarios in %s\n", scenarios.size(), SAKER_SCENARIOS);
    return 1;
  }
  return RUN_ALL_TESTS();
}
