// The versions of the rules: what apply() makes of a command may only ever change behind a version.
//
// The version in force is part of the state. A venue begins with its Genesis record's;
// SetRuleVersion, an administrator's command like any other, raises it, from the next command on.
// So a log tells by itself where which rules held, and its old part is replayed under the old ones,
// for ever.
//
// A new version: raise kNewestRules, put its line below, ask `rule_version` where the behaviour
// differs (docs/matching.md says so, sim/naive follows), make a golden log of it (tests/golden).
//
//   1  the first
//   2  a replace is held to the market's min_quantity as it was to min_notional: unless it only
//      lowers what is left at the same price
#pragma once

#include <cstdint>

#include "engine/core/command.hpp"

namespace saker::core {

inline constexpr std::uint32_t kOldestRules = 1;
inline constexpr std::uint32_t kNewestRules = 2;

/// The rules that a command asks for; 0 when it asks for none.
inline std::uint32_t asked_rules(proto::CommandKind kind, Bytes body) {
  switch (kind) {
    case proto::CommandKind::SetRuleVersion:
      return reinterpret_cast<const proto::SetRuleVersion*>(body.data())->rule_version();
    case proto::CommandKind::ActivateRules:
      return reinterpret_cast<const proto::ActivateRules*>(body.data())->rule_version();
    case proto::CommandKind::Genesis:
      return reinterpret_cast<const proto::Genesis*>(body.data())->rule_version();
    default: return 0;
  }
}

}  // namespace saker::core
