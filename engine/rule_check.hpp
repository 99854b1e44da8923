// Which rules a log needs and this program knows; engine/core/rules.hpp says what rules are.
#pragma once

#include <algorithm>
#include <cstdio>

#include "engine/core/rules.hpp"
#include "journal/record.hpp"

namespace saker::engine {

/// nullptr when `needed` is at most `newest`, else why not. The text is valid until the thread's
/// next call.
inline const char* rules_problem(std::uint32_t needed, std::uint32_t newest) {
  if (needed <= newest) return nullptr;
  thread_local char text[120];
  std::snprintf(text, sizeof(text),
                "the log needs rules %u, this build knows %u to %u: use a newer build", needed,
                core::kOldestRules, newest);
  return text;
}

/// Of a record: the rules it was written under. Ask before its kind is looked at, which a later
/// version may have brought.
inline const char* rules_problem(const journal::RecordHeader& header, std::uint32_t newest) {
  return rules_problem(std::uint32_t{header.rule_version}, newest);
}
/// Of a command: the rules it would bring into force. No build sequences one for rules that it does
/// not know, so one that is found in a log was written by a newer build, which may have obeyed it.
inline const char* rules_problem(const core::Command& command, std::uint32_t newest) {
  return rules_problem(core::asked_rules(command.kind, command.body), newest);
}

}  // namespace saker::engine
