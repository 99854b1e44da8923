// Single faults at every operation of the log, the snapshots, the event journal and the file of
// heads, and pairs of them. SAKER_FULL runs every single fault and SAKER_FAULT_CASES (100,000)
// cases in all; otherwise a part that touches every operation.
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/plants.hpp"
#include "sim/faults/cases.hpp"

namespace saker::sim {
namespace {

struct Campaign {
  std::uint64_t honest_stride = 1;
  std::uint64_t lying_stride = 1;
  std::uint64_t pairs = 0;
  std::uint64_t first_seed = 1;
};

struct Finds {
  OutcomeTable table;
  std::vector<std::string> violations;
  std::uint64_t operations = 0;
  std::uint64_t writes = 0;
  std::uint64_t untouched = 0;  // operations that no case befell
};

void judge(Finds& finds, const NamedSubject& subject, const FaultCase& how, std::uint64_t seed) {
  std::uint32_t happened = 0;
  const Result result = run_case(subject.make, how, seed, happened);
  finds.table.add(how, result);
  std::string found = violation(how, result);
  if (happened == 0) found = "the fault did not happen";
  if (!found.empty()) {
    finds.violations.push_back(std::string(subject.name) + ": " + to_text(how, seed) + ": " +
                               found);
  }
}

Finds run(const Campaign& campaign) {
  Finds finds;
  std::uint64_t seed = campaign.first_seed;
  std::vector<std::vector<Operation>> operations;
  for (const NamedSubject& subject : kSubjects) {
    operations.push_back(operations_of(subject.make));
    const std::vector<FaultCase> cases = single_faults(operations.back());
    std::vector<bool> touched(operations.back().size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      // The first of each operation, and every so many after it: more where nothing may be lost.
      const std::uint64_t index = cases[i].first.index;
      const std::uint64_t stride =
          honest(cases[i]) ? campaign.honest_stride : campaign.lying_stride;
      if (touched[index] && i % stride != 0) continue;
      judge(finds, subject, cases[i], seed++);
      touched[index] = true;
    }
    finds.operations += touched.size();
    for (const Operation& each : operations.back()) finds.writes += each.kind == OpKind::write;
    for (const bool each : touched) finds.untouched += each ? 0 : 1;
  }
  for (std::uint64_t i = 0; i < campaign.pairs; ++i, ++seed) {
    Rng rng(seed);
    // The log has most of the promises.
    const std::size_t which = rng.chance(550'000) ? 0 : 1 + rng.below(std::size(kSubjects) - 1);
    judge(finds, kSubjects[which], two_faults(operations[which], rng), seed);
  }
  return finds;
}

Campaign campaign_of_environment() {
  Campaign campaign;
  if (std::getenv("SAKER_FULL") == nullptr) {
    campaign.honest_stride = 5;
    campaign.lying_stride = 29;
    campaign.pairs = 400;
    return campaign;
  }
  const char* wanted = std::getenv("SAKER_FAULT_CASES");
  std::uint64_t left = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100'000;
  for (const NamedSubject& subject : kSubjects) {
    const std::uint64_t singles = single_faults(operations_of(subject.make)).size();
    left -= std::min(left, singles);
  }
  campaign.pairs = std::max<std::uint64_t>(left, 20'000);
  return campaign;
}

TEST(DiskFaults, RecoveredOrRefusedNeverWrong) {
  const Finds finds = run(campaign_of_environment());
  for (std::size_t i = 0; i < finds.violations.size() && i < 40; ++i) {
    ADD_FAILURE() << finds.violations[i];
  }
  EXPECT_EQ(finds.violations.size(), 0u);
  EXPECT_EQ(finds.untouched, 0u);
  for (std::size_t k = 0; k < static_cast<std::size_t>(FaultKind::kCount); ++k) {
    const auto kind = static_cast<FaultKind>(k);
    EXPECT_GT(finds.table.cases(kind), 0u) << name_of(kind);
  }
  std::printf("%llu cases over %llu operations, %llu of them writes\n",
              static_cast<unsigned long long>(finds.table.total()),
              static_cast<unsigned long long>(finds.operations),
              static_cast<unsigned long long>(finds.writes));
  finds.table.print(stdout);
}

#ifdef SAKER_PLANTS
/// Deliberate mistakes in the real code are noticed.
TEST(DiskFaults, PlantedBugsAreFound) {
  for (const plants::Plant plant :
       {plants::Plant::records_unchecked, plants::Plant::torn_tail_kept,
        plants::Plant::sync_error_ignored, plants::Plant::segment_name_not_synced,
        plants::Plant::durable_before_sync}) {
    plants::active = plant;
    Campaign campaign;
    campaign.honest_stride = 3;
    campaign.lying_stride = 7;
    const Finds finds = run(campaign);
    plants::active = plants::Plant::none;
    ASSERT_GT(finds.violations.size(), 0u) << static_cast<int>(plant);
    std::printf("plant %d: %zu of %llu cases, the first: %s\n", static_cast<int>(plant),
                finds.violations.size(), static_cast<unsigned long long>(finds.table.total()),
                finds.violations.front().c_str());
  }
}
#endif

}  // namespace
}  // namespace saker::sim
