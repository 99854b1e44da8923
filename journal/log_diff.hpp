// `saker-log diff`: where two logs part.
#pragma once

#include "journal/log_tool.hpp"

namespace saker::journal {

/// Names the first record that differs and how; the way records lie in batches and segments does
/// not count. `formatter` puts records in words.
LogCommand diff_command(const RecordFormatter& formatter);

}  // namespace saker::journal
