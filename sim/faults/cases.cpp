#include "sim/faults/cases.hpp"

namespace saker::sim {

namespace {

constexpr std::uint64_t kNever = UINT64_MAX;
constexpr std::size_t kKinds = static_cast<std::size_t>(FaultKind::kCount);

constexpr Crash kPowerCuts[] = {Crash::power_lose_all, Crash::power_keep_all, Crash::power_random,
                                Crash::power_prefix};
constexpr Crash kCrashes[] = {Crash::kill,           Crash::kill_cold,    Crash::power_lose_all,
                              Crash::power_keep_all, Crash::power_random, Crash::power_prefix};

const char* name_of(Crash crash) {
  constexpr const char* kNames[] = {"stop",           "kill",         "kill_cold",
                                    "power_lose_all", "power_keep_all", "power_random",
                                    "power_prefix"};
  return kNames[static_cast<std::size_t>(crash)];
}

FaultCase one(FaultKind kind, std::uint64_t index, std::uint32_t variant, std::uint64_t last,
              Crash crash) {
  FaultCase made;
  made.first = {kind, index, variant};
  made.last = last;
  made.crash = crash;
  return made;
}

/// The ends of a case with this fault: at once, a little later, at the end of the script.
void add_ends(std::vector<FaultCase>& cases, FaultKind kind, std::uint64_t index,
              std::uint32_t variant) {
  if (kind == FaultKind::kill) {
    cases.push_back(one(kind, index, variant, index, Crash::kill));
    cases.push_back(one(kind, index, variant, index, Crash::kill_cold));
  } else if (kind == FaultKind::power_cut) {
    for (const Crash crash : kPowerCuts) cases.push_back(one(kind, index, variant, index, crash));
  } else if (kind == FaultKind::torn_write) {
    cases.push_back(one(kind, index, variant, kNever, Crash::stop));
  } else {
    for (const Crash crash : kCrashes) cases.push_back(one(kind, index, variant, kNever, crash));
    cases.push_back(one(kind, index, variant, kNever, Crash::stop));
    // Who gets an error gives up by itself; who gets none goes on.
    if (keeps_its_word(kind) && kind != FaultKind::no_space) return;
    for (const std::uint64_t later : {0, 1, 4}) {
      for (const Crash crash : kCrashes) {
        cases.push_back(one(kind, index, variant, index + later, crash));
      }
    }
  }
}

}  // namespace

bool honest(const FaultCase& how) {
  return keeps_its_word(how.first.kind) && (!how.two || keeps_its_word(how.second.kind));
}

namespace {

/// A fault of a kind that can befall operation `index`.
Fault random_fault(const std::vector<Operation>& operations, std::uint64_t index, bool may_end,
                   Rng& rng) {
  for (;;) {
    const auto kind = static_cast<FaultKind>(rng.below(kKinds));
    const bool ends = kind == FaultKind::kill || kind == FaultKind::power_cut ||
                      kind == FaultKind::torn_write;
    if (ends && (!may_end || kind != FaultKind::torn_write)) continue;
    const std::uint32_t variants = variants_of(kind, operations[index]);
    if (variants != 0) return {kind, index, static_cast<std::uint32_t>(rng.below(variants))};
  }
}

bool has_a_fault(const Operation& operation) {
  for (const FaultKind kind : {FaultKind::write_error, FaultKind::sync_error, FaultKind::no_space,
                               FaultKind::read_error, FaultKind::other_error}) {
    if (variants_of(kind, operation) != 0) return true;
  }
  return false;
}

}  // namespace

std::vector<Operation> operations_of(MakeSubject make) {
  FaultyDisk disk(1);
  FaultCase nothing;
  nothing.first.index = kNever;
  disk.arm(nothing);
  make(false)->run(disk);
  return disk.operations();
}

std::vector<FaultCase> single_faults(const std::vector<Operation>& operations) {
  std::vector<FaultCase> cases;
  for (std::uint64_t index = 0; index < operations.size(); ++index) {
    for (std::size_t k = 0; k < kKinds; ++k) {
      const auto kind = static_cast<FaultKind>(k);
      const std::uint32_t variants = variants_of(kind, operations[index]);
      for (std::uint32_t v = 0; v < variants; ++v) add_ends(cases, kind, index, v);
    }
  }
  return cases;
}

FaultCase two_faults(const std::vector<Operation>& operations, Rng& rng) {
  FaultCase made;
  made.two = true;
  std::uint64_t first = 0;
  do first = rng.below(operations.size() - 1);
  while (!has_a_fault(operations[first]));
  const std::uint64_t most = rng.chance(500'000) ? 6 : operations.size();
  const std::uint64_t second =
      first + 1 + rng.below(std::min<std::uint64_t>(most, operations.size() - 1 - first));
  made.first = random_fault(operations, first, false, rng);
  made.second = random_fault(operations, second, true, rng);
  const std::uint64_t later[] = {0, 1, 4, kNever};
  const std::uint64_t more = later[rng.below(4)];
  const bool ends = made.second.kind == FaultKind::kill ||
                    made.second.kind == FaultKind::power_cut;
  made.last = ends ? second : more == kNever ? kNever : second + more;
  made.crash = made.second.kind == FaultKind::power_cut ? kPowerCuts[rng.below(4)]
               : made.second.kind == FaultKind::kill    ? kCrashes[rng.below(2)]
                                                        : kCrashes[rng.below(6)];
  return made;
}

Result run_case(MakeSubject make, const FaultCase& how, std::uint64_t seed,
                std::uint32_t& happened) {
  Result result;
  for (const bool witnessed : {false, true}) {
    FaultyDisk disk(seed);
    const std::unique_ptr<Subject> subject = make(witnessed);
    disk.arm(how);
    subject->run(disk);
    disk.crash();
    result = subject->judge(disk);
    happened = disk.happened();
    if (result.outcome != Outcome::lost_unseen) break;
  }
  return result;
}

std::string violation(const FaultCase& how, const Result& result) {
  switch (result.outcome) {
    case Outcome::recovered: return {};
    case Outcome::wrong: return "wrong: " + result.why;
    case Outcome::refused:
      return honest(how) && result.for_good ? "refused for good: " + result.why : std::string();
    case Outcome::lost_told:
      return honest(how) ? "lost: " + result.why : std::string();
    case Outcome::lost_unseen:
      // With two lies, about a batch and its mark, nobody may have seen it.
      return honest(how) || (!how.two && result.others_looked)
                 ? "lost, and nobody tells: " + result.why
                 : std::string();
    case Outcome::kCount: break;
  }
  return "no outcome";
}

std::string to_text(const FaultCase& how, std::uint64_t seed) {
  const auto fault = [](const Fault& f) {
    return std::string(name_of(f.kind)) + " variant " + std::to_string(f.variant) +
           " at operation " + std::to_string(f.index);
  };
  std::string text = fault(how.first);
  if (how.two) text += " and " + fault(how.second);
  text += how.last == kNever ? ", at the end " :
                               ", after operation " + std::to_string(how.last) + " ";
  return text + name_of(how.crash) + ", seed " + std::to_string(seed);
}

void OutcomeTable::add(const FaultCase& how, const Result& result) {
  Row& row = !how.two      ? rows_[static_cast<std::size_t>(how.first.kind)]
             : honest(how) ? honest_pairs_
                           : lying_pairs_;
  ++row.cases;
  ++row.outcomes[static_cast<std::size_t>(result.outcome)];
  if (result.outcome == Outcome::refused) row.refused_for_good += result.for_good ? 1 : 0;
  if (result.outcome != Outcome::lost_told) return;
  row.heads_tell += result.heads_tell ? 1 : 0;
  row.follower_tells += result.follower_tells ? 1 : 0;
}

std::uint64_t OutcomeTable::total() const {
  std::uint64_t sum = honest_pairs_.cases + lying_pairs_.cases;
  for (const Row& row : rows_) sum += row.cases;
  return sum;
}

void OutcomeTable::print_row(std::FILE* to, const char* what, const Row& row) {
  const auto of = [&](Outcome outcome) {
    return static_cast<unsigned long long>(row.outcomes[static_cast<std::size_t>(outcome)]);
  };
  const unsigned long long for_good = row.refused_for_good;
  std::fprintf(to,
               "| %-48s | %6llu | %6llu | %5llu | %5llu | %4llu | %4llu | %4llu | %4llu | %llu |\n",
               what, static_cast<unsigned long long>(row.cases), of(Outcome::recovered),
               of(Outcome::refused) - for_good, for_good, of(Outcome::lost_told),
               static_cast<unsigned long long>(row.heads_tell),
               static_cast<unsigned long long>(row.follower_tells), of(Outcome::lost_unseen),
               of(Outcome::wrong));
}

void OutcomeTable::print(std::FILE* to) const {
  std::fprintf(to, "| fault | cases | recovered | refused, then recovered | refused | lost, told | "
                   "by audit | by follower | lost, unseen | wrong |\n"
                   "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  Row all;
  const auto print_and_sum = [&](const char* what, const Row& row) {
    print_row(to, what, row);
    all.cases += row.cases;
    for (std::size_t i = 0; i < std::size(row.outcomes); ++i) all.outcomes[i] += row.outcomes[i];
    all.refused_for_good += row.refused_for_good;
    all.heads_tell += row.heads_tell;
    all.follower_tells += row.follower_tells;
  };
  for (std::size_t k = 0; k < kKinds; ++k) {
    print_and_sum(text_of(static_cast<FaultKind>(k)), rows_[k]);
  }
  print_and_sum("two, on a disk that keeps its word", honest_pairs_);
  print_and_sum("two, at least one of them a lie", lying_pairs_);
  print_row(to, "together", all);
}

}  // namespace saker::sim
