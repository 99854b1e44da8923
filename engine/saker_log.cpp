// saker-log: the command log as text. `verify` and `show` are the journal's tool with a formatter
// for commands; `replay` runs the log through the core.
#include <algorithm>
#include <filesystem>

#include "engine/follower/log_replay.hpp"
#include "engine/log_copy.hpp"
#include "engine/log_export.hpp"
#include "engine/log_record.hpp"
#include "journal/evidence/evidence_tool.hpp"
#include "journal/log_diff.hpp"
#include "journal/log_tool.hpp"

namespace saker {
namespace {

/// What `show` leaves out.
struct Filter {
  std::vector<std::string> kinds;
  std::vector<std::uint32_t> sessions;

  void add_options(CommandLine& show) {
    show.option("--kind", kinds, "only commands of this kind, such as NewOrder; repeatable")
        .one_at_a_time()
        .check(is_kind);
    show.option("--session", sessions,
                "only commands of this session, 0 the engine's own; repeatable")
        .one_at_a_time();
  }
  static std::string is_kind(const std::string& name) {
    for (const proto::CommandKind kind : proto::EnumValuesCommandKind()) {
      if (name == proto::EnumNameCommandKind(kind)) return {};
    }
    return "there is no command of the kind " + name;
  }
  bool wants(const core::Command& command) const {
    if (!sessions.empty() && std::find(sessions.begin(), sessions.end(),
                                       command.envelope.session) == sessions.end()) {
      return false;
    }
    const char* name = proto::EnumNameCommandKind(command.kind);
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), name) != kinds.end();
  }
};

class Formatter {
 public:
  explicit Formatter(const Filter& filter) : filter_(filter) {}

  std::string operator()(const journal::RecordHeader& header, Bytes payload) {
    journal::RecordView record{header, payload, {}};
    engine::CommandBody body;
    core::Command command;
    if (const char* why = engine::to_command(record, body, command)) {
      return std::string(why) + ", type " + std::to_string(header.type) + ", " +
             std::to_string(payload.size()) + " bytes";
    }
    names_.learn(command);
    if (!filter_.wants(command)) return {};
    std::string sender = "engine ";
    if (command.envelope.session != 0) {
      sender = "session=" + std::to_string(command.envelope.session) +
               " client_sequence=" + std::to_string(command.envelope.client_sequence) + " ";
    }
    return sender + engine::command_text(command, &names_);
  }

 private:
  const Filter& filter_;
  engine::CommandNames names_;
};

/// Snapshots lie beside the log.
std::string snapshots_beside(const std::string& log_directory) {
  return (std::filesystem::absolute(log_directory) / ".." / "snapshots").lexically_normal();
}

int replay(int argc, const char* const* argv) {
  follower::LogReplayOptions options;
  CommandLine app(
      "Runs the log through the core and prints event chain head, state hash and speed.\n"
      "Exit codes: 0 all is well, 1 damage or disagreement, 2 wrong usage, 3 it cannot be read.",
      "saker-log replay");
  app.option("DIR", options.log_directory, "directory of the log").required();
  app.option("--snapshot", options.snapshot_file, "start from this snapshot file");
  app.option("--to", options.to, "last command");
  app.option("--every", options.every, "print the hashes after every N commands, too");
  app.flag("--commands", options.commands, "print every command");
  app.flag("--events", options.events, "print every command and all it caused");
  app.flag("--check", options.check,
           "compare replay from Genesis with every snapshot and the log after it");
  app.option("--snapshots", options.snapshot_directory,
             "for --check: directory of the snapshots [DIR/../snapshots]");
  app.flag("--live", options.live, "the log is in use: look at what is durable only");
  if (const auto code = app.parse(argc, argv)) return *code;
  if (options.snapshot_directory.empty()) {
    options.snapshot_directory = snapshots_beside(options.log_directory);
  }
  return follower::LogReplay(options, stdout).run();
}

int main_of(int argc, char** argv) {
  Filter filter;
  const Formatter words(filter);
  std::vector<journal::LogCommand> more{
      {"replay", "run the log through the core, print the hashes", replay},
      engine::export_command(words), journal::diff_command(words), engine::end_command(),
      engine::copy_command()};
  for (journal::LogCommand& command : evidence::evidence_commands(words)) {
    more.push_back(std::move(command));
  }
  return journal::log_tool_main(argc, argv, words, stdout,
                                [&filter](CommandLine& show) { filter.add_options(show); }, more);
}

}  // namespace
}  // namespace saker

int main(int argc, char** argv) { return saker::main_of(argc, argv); }
