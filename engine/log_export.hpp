// `saker-log export`: the log as JSON, one object a line, for other programs.
#pragma once

#include "journal/log_tool.hpp"

namespace saker::engine {

/// `words` says what a record is in words, as `show` does.
journal::LogCommand export_command(const journal::RecordFormatter& words);

}  // namespace saker::engine
