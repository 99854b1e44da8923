// One day of a venue as the maker of golden logs plays it, and what has come up in it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/output.hpp"
#include "sim/command_generator.hpp"

namespace saker::golden {

struct Story {
  std::string_view name;     // of its folder
  sim::GeneratorConfig config;
  std::uint64_t commands = 0;
};

/// The stories of one version, with `seed` put into their streams.
std::array<Story, 3> stories(std::uint64_t seed);

/// Which kinds and reasons a log has shown.
class Coverage {
 public:
  void count(proto::CommandKind kind, const core::Output& out);
  void add(const Coverage& other);
  /// Names of kinds of commands, reports, feed messages and legs that are in the schema and have
  /// not come up; empty when there are none.
  std::string missing_kinds() const;
  /// Names of reasons that a command can be given and that have not come up.
  std::string missing_reasons() const;

 private:
  std::array<bool, 128> commands_{};
  std::array<bool, 64> reports_{};
  std::array<bool, 64> feed_{};
  std::array<bool, 16> legs_{};
  std::array<bool, 256> reasons_{};
};

}  // namespace saker::golden
