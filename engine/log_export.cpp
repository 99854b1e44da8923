#include "engine/log_export.hpp"

#include <cerrno>
#include <cstring>

#include "engine/log_record.hpp"
#include "journal/evidence/signed_head.hpp"
#include "journal/log_reader.hpp"
#include "journal/posix_storage.hpp"

namespace saker::engine {

namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", unsigned{code});
      out += escaped;
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

std::string line_of(const journal::RecordView& record, const journal::RecordFormatter& words) {
  const journal::RecordHeader& header = record.header;
  std::string line = "{\"sequence\":" + std::to_string(header.sequence) +
                     ",\"time\":\"" + journal::time_text(header.timestamp_ns) +
                     "\",\"timestamp_ns\":" + std::to_string(header.timestamp_ns) +
                     ",\"shard\":" + std::to_string(header.shard) +
                     ",\"epoch\":" + std::to_string(header.epoch) +
                     ",\"rules\":" + std::to_string(header.rule_version) +
                     ",\"flags\":" + std::to_string(header.flags);
  CommandBody body;
  core::Command command;
  if (to_command(record, body, command) == nullptr) {
    line += std::string(",\"kind\":\"") + proto::EnumNameCommandKind(command.kind) +
            "\",\"session\":" + std::to_string(command.envelope.session) +
            ",\"client_sequence\":" + std::to_string(command.envelope.client_sequence);
  } else {
    line += ",\"kind\":null";
  }
  return line + ",\"words\":" + json_text(words(header, record.payload)) + ",\"header\":\"" +
         evidence::to_hex(bytes_of(header)) + "\",\"payload\":\"" +
         evidence::to_hex(record.payload) + "\"}";
}

int export_main(int argc, const char* const* argv, const journal::RecordFormatter& words) {
  std::string directory;
  Sequence from = 0;
  Sequence to = UINT64_MAX;
  bool live = false;
  CommandLine app(
      "Prints the log as JSON, one object a line: what the header says, the kind of command and\n"
      "its sender, the line of `show`, and all bytes in hexadecimal digits.\n"
      "Exit codes: 0 the log is sound as far as it was read, 1 it is damaged, 2 wrong usage, 3 it\n"
      "cannot be read.",
      "saker-log export");
  app.option("DIR", directory, "directory of the log").required();
  app.option("--from", from, "first sequence number");
  app.option("--to", to, "last sequence number");
  app.flag("--live", live, "the log is in use: look at what is durable only");
  if (const auto code = app.parse(argc, argv)) return *code;
  journal::PosixStorage storage;
  if (storage.open_directory(directory, journal::PosixStorage::Access::read_only) !=
      journal::IoStatus::ok) {
    std::fprintf(stderr, "saker-log: cannot open directory %s: %s\n", directory.c_str(),
                 std::strerror(errno));
    return static_cast<int>(journal::LogToolExit::cannot_read);
  }
  journal::LogReader reader(
      storage, live ? journal::ReadMode::follow : journal::ReadMode::sealed, from);
  journal::ReadKind kind = reader.next();
  for (; kind == journal::ReadKind::record; kind = reader.next()) {
    if (reader.record().header.sequence > to) return 0;
    std::printf("%s\n", line_of(reader.record(), words).c_str());
  }
  if (kind == journal::ReadKind::end || kind == journal::ReadKind::nothing_yet) return 0;
  if (kind == journal::ReadKind::io_error) {
    std::fprintf(stderr, "saker-log: the log cannot be read: %s\n", std::strerror(errno));
    return static_cast<int>(journal::LogToolExit::cannot_read);
  }
  journal::print_damage(stderr, kind, reader.damage());
  return static_cast<int>(journal::LogToolExit::damage);
}

}  // namespace

journal::LogCommand export_command(const journal::RecordFormatter& words) {
  return {"export", "the log as JSON, one object a line",
          [words](int argc, const char* const* argv) { return export_main(argc, argv, words); }};
}

}  // namespace saker::engine
