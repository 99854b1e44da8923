#include "journal/log_tool.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include "journal/log_reader.hpp"
#include "journal/posix_storage.hpp"

namespace saker::journal {

namespace {

using Number = unsigned long long;  // for printf

struct Options {
  std::string directory;
  Sequence from = 0;
  Sequence to = UINT64_MAX;
  bool live = false;
};

const char* const kAbout =
    "Reads the command log of an exchange and says exactly what is in it.\n"
    "Exit codes: 0 the log is sound, 1 it is damaged, 2 wrong usage, 3 it cannot be read.\n"
    "With --live a log that is being written can be read: only what is already durable is\n"
    "looked at. Without it the unfinished end of a running log looks like a torn tail.";

std::string default_format(const RecordHeader& header, Bytes payload) {
  std::string text = "type " + std::to_string(header.type) + ' ';
  for (const std::byte b : payload) {
    char hex[3];
    std::snprintf(hex, sizeof(hex), "%02x", static_cast<unsigned>(b));
    text += hex;
  }
  return text;
}

/// Ends the tool for whatever the reader said last.
int finish(std::FILE* out, const LogReader<PosixStorage>& reader, ReadKind kind) {
  switch (kind) {
    case ReadKind::torn_tail:
    case ReadKind::corruption:
      print_damage(out, kind, reader.damage());
      return static_cast<int>(LogToolExit::damage);
    case ReadKind::io_error:
      std::fprintf(stderr, "saker-log: reading failed%s: %s\n",
                   place_of_error(reader.state()).c_str(), std::strerror(errno));
      return static_cast<int>(LogToolExit::cannot_read);
    default: return static_cast<int>(LogToolExit::ok);
  }
}

ReadMode mode_of(const Options& options) {
  return options.live ? ReadMode::follow : ReadMode::sealed;
}

int verify(PosixStorage& storage, const Options& options, std::FILE* out) {
  LogReader reader(storage, mode_of(options));
  std::uint64_t records = 0;
  ReadKind kind = reader.next();
  for (; kind == ReadKind::record; kind = reader.next()) ++records;
  const LogState& state = reader.state();
  if (records > 0) {
    std::fprintf(out, "records %llu to %llu are sound (%llu), shard %u, epoch %u, last at %s\n",
                 static_cast<Number>(reader.first_sequence()),
                 static_cast<Number>(state.last_sequence), static_cast<Number>(records),
                 unsigned{state.shard}, state.epoch, time_text(state.timestamp_ns).c_str());
  } else {
    std::fprintf(out, "no records\n");
  }
  if (kind == ReadKind::end) {
    std::fprintf(out, "OK: the log ends cleanly at segment %s, offset %llu\n",
                 segment_name(state.next.segment).c_str(),
                 static_cast<Number>(state.next.offset));
  } else if (kind == ReadKind::nothing_yet) {
    std::fprintf(out, "OK: everything durable so far is sound\n");
  }
  return finish(out, reader, kind);
}

int show(PosixStorage& storage, const Options& options, const RecordFormatter& formatter,
         std::FILE* out) {
  LogReader reader(storage, mode_of(options), options.from);
  ReadKind kind = reader.next();
  for (; kind == ReadKind::record; kind = reader.next()) {
    const RecordHeader& header = reader.record().header;
    if (header.sequence > options.to) return static_cast<int>(LogToolExit::ok);
    const std::string text = record_text(header, reader.record().payload, formatter);
    if (!text.empty()) std::fprintf(out, "%s\n", text.c_str());
  }
  return finish(out, reader, kind);
}

CommandLine* add_command(CommandLine& app, const char* name, const char* about, Options& options) {
  CommandLine* const command = app.command(name, about);
  command->option("DIR", options.directory, "directory of the log").required();
  command->flag("--live", options.live, "the log is in use: look at what is durable only");
  return command;
}

}  // namespace

std::string time_text(TimeNs time_ns) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  char text[64];
  std::snprintf(text, sizeof(text), "%s.%09lluZ", date,
                static_cast<Number>(time_ns % 1'000'000'000));
  return text;
}

std::string record_text(const RecordHeader& header, Bytes payload,
                        const RecordFormatter& formatter) {
  const std::string text =
      formatter ? formatter(header, payload) : default_format(header, payload);
  if (text.empty()) return text;
  return std::to_string(header.sequence) + ' ' + time_text(header.timestamp_ns) + " epoch " +
         std::to_string(header.epoch) + " rules " + std::to_string(header.rule_version) +
         " flags " + std::to_string(header.flags) + ' ' + text;
}

void print_damage(std::FILE* out, ReadKind kind, const Damage& damage) {
  const bool torn = kind == ReadKind::torn_tail;
  std::fprintf(out, "%s: segment %s, offset %llu, before record %llu\n",
               torn ? "TORN TAIL" : "CORRUPTION", segment_name(damage.position.segment).c_str(),
               static_cast<Number>(damage.position.offset), static_cast<Number>(damage.sequence));
  std::fprintf(out, "  failed check: %s (%s)\n", to_string(damage.check), explain(damage.check));
  if (torn) {
    std::fprintf(out,
                 "  meaning: the last write was not finished, or the log is being written right "
                 "now.\n           Nothing after this place is valid, and nothing there is known "
                 "to have been durable.\n"
                 "  to do: nothing. The engine cuts it at its next start. If the machine did not "
                 "lose power and\n         the log is not in use, suspect the disk and keep a "
                 "copy first.\n");
  } else {
    std::fprintf(out,
                 "  meaning: records that were promised are damaged or missing from here on. The "
                 "engine refuses\n           to start with this log, because it would lose "
                 "acknowledged orders.\n"
                 "  to do: keep a copy of the directory. Restore the named segment from the "
                 "standby or the\n         archive, then verify again. Do not delete or edit "
                 "anything by hand.\n");
  }
}

int log_tool_main(int argc, const char* const* argv, const RecordFormatter& formatter,
                  std::FILE* out,
                  const std::function<void(CommandLine&)>& add_show_options,
                  const std::vector<LogCommand>& more) {
  for (const LogCommand& command : more) {
    if (argc >= 2 && command.name == argv[1]) return command.run(argc - 1, argv + 1);
  }
  Options options;
  CommandLine app(kAbout, "saker-log");
  app.require_command();
  CommandLine* const verifying =
      add_command(app, "verify", "check every byte and say what is damaged", options);
  CommandLine* const showing = add_command(app, "show", "one line of text per record", options);
  for (const LogCommand& command : more) app.command(command.name, command.about);
  showing->option("--from", options.from, "first sequence number");
  showing->option("--to", options.to, "last sequence number");
  if (add_show_options) add_show_options(*showing);
  if (const auto code = app.parse(argc, argv)) return *code;  // 0 or LogToolExit::usage
  PosixStorage storage;
  if (storage.open_directory(options.directory, PosixStorage::Access::read_only) !=
      IoStatus::ok) {
    std::fprintf(stderr, "saker-log: cannot open directory %s: %s\n", options.directory.c_str(),
                 std::strerror(errno));
    return static_cast<int>(LogToolExit::cannot_read);
  }
  return verifying->chosen() ? verify(storage, options, out)
                             : show(storage, options, formatter, out);
}

}  // namespace saker::journal
