// `saker-log`: the log as text, exact about damage. The journal does not know what the commands
// mean; a program that does passes a formatter, and further subcommands.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "common/command_line.hpp"
#include "journal/log_reader.hpp"

namespace saker::journal {

/// One line of text (without line end) about a record's content; an empty line leaves the record
/// out. The default, an empty function, prints the type's number and the payload in hex.
using RecordFormatter = std::function<std::string(const RecordHeader&, Bytes payload)>;

/// A subcommand that the journal alone does not know. `argv` begins with its name.
struct LogCommand {
  std::string name;
  std::string about;  // one line of the help
  std::function<int(int argc, const char* const* argv)> run;
};

/// UTC with nanoseconds: 2026-01-31T23:59:59.123456789Z.
std::string time_text(TimeNs time_ns);
/// The line of `show` for a record; empty when the formatter leaves it out.
std::string record_text(const RecordHeader& header, Bytes payload,
                        const RecordFormatter& formatter);

/// Exit codes of log_tool_main; they do not change.
enum class LogToolExit : int { ok = 0, damage = 1, usage = 2, cannot_read = 3 };

/// Says where the damage is, what it means and what to do. `kind` is torn_tail or corruption.
void print_damage(std::FILE* out, ReadKind kind, const Damage& damage);

/// The whole tool. Text goes to `out`, complaints to stderr. `add_show_options` may add options
/// of the program's own to `show`, by which its formatter chooses what to leave out.
int log_tool_main(int argc, const char* const* argv, const RecordFormatter& formatter,
                  std::FILE* out = stdout,
                  const std::function<void(CommandLine&)>& add_show_options = {},
                  const std::vector<LogCommand>& more = {});

}  // namespace saker::journal
