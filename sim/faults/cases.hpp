// Which faults, where, and what came of them: the list of all single faults of a script, pairs of
// faults by seed, and the table of outcomes.
#pragma once

#include <array>
#include <cstdio>

#include "sim/faults/subject.hpp"

namespace saker::sim {

struct NamedSubject {
  const char* name;
  MakeSubject make;
};
inline constexpr NamedSubject kSubjects[] = {
    {"log", make_log_subject},
    {"snapshots", make_snapshot_subject},
    {"event journal", make_events_subject},
    {"heads", make_heads_subject},
};

/// The operations of the script when nothing goes wrong.
std::vector<Operation> operations_of(MakeSubject make);
/// Every single fault: each operation, kind, variant, and several ends.
std::vector<FaultCase> single_faults(const std::vector<Operation>& operations);
/// Two faults, picked by chance.
FaultCase two_faults(const std::vector<Operation>& operations, Rng& rng);

/// Runs one. `seed` decides which unsynced sectors a power cut keeps. `happened`: its faults did.
Result run_case(MakeSubject make, const FaultCase& how, std::uint64_t seed,
                std::uint32_t& happened);
/// Does the disk keep its word?
bool honest(const FaultCase& how);
/// What must not be; empty when all is well.
std::string violation(const FaultCase& how, const Result& result);
/// In one line, for who wants to see it again.
std::string to_text(const FaultCase& how, std::uint64_t seed);

/// Counts by kind of fault; pairs count in a row of their own.
class OutcomeTable {
 public:
  void add(const FaultCase& how, const Result& result);
  std::uint64_t total() const;
  std::uint64_t cases(FaultKind kind) const { return rows_[static_cast<std::size_t>(kind)].cases; }
  void print(std::FILE* to) const;

 private:
  struct Row {
    std::uint64_t cases = 0;
    std::uint64_t outcomes[static_cast<std::size_t>(Outcome::kCount)] = {};
    std::uint64_t refused_for_good = 0;
    std::uint64_t heads_tell = 0;
    std::uint64_t follower_tells = 0;
  };
  static constexpr std::size_t kKinds = static_cast<std::size_t>(FaultKind::kCount);
  static void print_row(std::FILE* to, const char* what, const Row& row);

  std::array<Row, kKinds> rows_;
  Row honest_pairs_;
  Row lying_pairs_;
};

}  // namespace saker::sim
