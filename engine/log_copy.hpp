// `saker-log end` and `saker-log copy`: a copy of a log that is in use, cut at a place where it was
// durable. What `saker backup` is made of.
#pragma once

#include "journal/log_tool.hpp"

namespace saker::engine {

/// end DIR [--live]: the sequence of the last sound record (live: that is durable), on a line.
journal::LogCommand end_command();

/// copy DIR TO [--to N] [--live]: checks every record up to N, the end of a write (what `end`
/// printed; without it: all), copies the segments into the empty or new directory TO, cut behind N,
/// and checks the copy. TO's log ends cleanly; it has no durable.mark, for its mark would speak of
/// what was cut.
journal::LogCommand copy_command();

}  // namespace saker::engine
