// The parts of `saker-log` for auditors: `audit`, `prove`, `check`.
#pragma once

#include "journal/log_tool.hpp"

namespace saker::evidence {

/// `formatter` puts the record of a proof in words.
std::vector<journal::LogCommand> evidence_commands(const journal::RecordFormatter& formatter);

}  // namespace saker::evidence
