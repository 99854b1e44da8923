#include "engine/log_copy.hpp"

#include <cerrno>
#include <cstring>

#include "journal/log_reader.hpp"
#include "journal/posix_storage.hpp"

namespace saker::engine {

namespace {

using Exit = journal::LogToolExit;
using Number = unsigned long long;  // for printf
using journal::IoStatus;
using journal::PosixStorage;
using journal::ReadKind;
using journal::ReadMode;

int code(Exit exit) { return static_cast<int>(exit); }

int complain(const char* what, const std::string& where) {
  std::fprintf(stderr, "saker-log: %s %s: %s\n", what, where.c_str(), std::strerror(errno));
  return code(Exit::cannot_read);
}

bool open_source(PosixStorage& storage, const std::string& directory) {
  return storage.open_directory(directory, PosixStorage::Access::read_only) == IoStatus::ok;
}

ReadMode mode_of(bool live) { return live ? ReadMode::follow : ReadMode::sealed; }

/// What the reader said instead of a record; ok where that is just the end. A torn tail is cut, as
/// the engine does at its next start: nobody was promised it.
int ended(const journal::LogReader<PosixStorage>& reader, ReadKind kind,
          const std::string& directory) {
  if (kind == ReadKind::end || kind == ReadKind::nothing_yet || kind == ReadKind::torn_tail) {
    return code(Exit::ok);
  }
  if (kind == ReadKind::io_error) return complain("cannot read the log in", directory);
  journal::print_damage(stderr, kind, reader.damage());
  return code(Exit::damage);
}

int end_main(int argc, const char* const* argv) {
  std::string directory;
  bool live = false;
  CommandLine app("Prints the sequence of the last sound record.", "saker-log end");
  app.option("DIR", directory, "directory of the log").required();
  app.flag("--live", live, "the log is in use: look at what is durable only");
  if (const auto wrong = app.parse(argc, argv)) return *wrong;
  PosixStorage storage;
  if (!open_source(storage, directory)) return complain("cannot open directory", directory);
  // Only the last segment is read.
  journal::LogReader reader(storage, mode_of(live), UINT64_MAX);
  const ReadKind kind = reader.next();
  if (const int bad = ended(reader, kind, directory)) return bad;
  std::printf("%llu\n", static_cast<Number>(reader.state().last_sequence));
  return code(Exit::ok);
}

class Copy {
 public:
  std::string from;
  std::string into;
  Sequence to = 0;  // 0: all
  bool live = false;

  int run() {
    if (!open_source(source_, from)) return complain("cannot open directory", from);
    if (const int bad = find_end()) return bad;
    std::vector<journal::FileInfo> files;
    if (target_.open_directory(into, PosixStorage::Access::read_write) != IoStatus::ok ||
        target_.list(files) != IoStatus::ok) {
      return complain("cannot open directory", into);
    }
    if (!files.empty()) {
      std::fprintf(stderr, "saker-log: %s is not empty; nothing was copied\n", into.c_str());
      return code(Exit::usage);
    }
    for (std::uint64_t segment = 0; segment <= end_.next.segment; ++segment) {
      if (!copy_segment(segment)) {
        return complain("cannot copy", journal::segment_name(segment));
      }
    }
    if (target_.sync_dir() != IoStatus::ok) return complain("cannot sync", into);
    return check_copy();
  }

 private:
  /// Reads all that will be copied, to the end of the write that `to` names.
  int find_end() {
    journal::LogReader reader(source_, mode_of(live));
    ReadKind kind = reader.next();
    for (; kind == ReadKind::record; kind = reader.next()) {
      end_ = reader.state();
      if (reader.record().header.sequence == to) break;
    }
    if (kind != ReadKind::record) {
      if (const int bad = ended(reader, kind, from)) return bad;
    }
    if (end_.last_sequence == 0 || (to != 0 && end_.last_sequence != to)) {
      std::fprintf(stderr, "saker-log: record %llu is not the end of a write\n",
                   static_cast<Number>(to));
      return code(Exit::usage);
    }
    if (reader.first_sequence() != 1) {
      std::fprintf(stderr, "saker-log: the log in %s begins with record %llu, not with its first\n",
                   from.c_str(), static_cast<Number>(reader.first_sequence()));
      return code(Exit::damage);
    }
    return code(Exit::ok);
  }

  bool copy_segment(std::uint64_t segment) {
    const std::string name = journal::segment_name(segment);
    journal::FileId in{};
    journal::FileId out{};
    std::uint64_t size = 0;
    if (source_.open(name, in) != IoStatus::ok) return false;
    bool ok = source_.size(in, size) == IoStatus::ok && target_.create(name, out) == IoStatus::ok;
    const std::uint64_t used = segment == end_.next.segment ? end_.next.offset : size;
    std::vector<std::byte> chunk(1u << 20);
    for (std::uint64_t at = 0; ok && at < used;) {
      const std::size_t want = std::min<std::uint64_t>(chunk.size(), used - at);
      std::size_t got = 0;
      ok = source_.read_at(in, at, std::span(chunk).first(want), got) == IoStatus::ok &&
           got == want && target_.write_at(out, at, Bytes(chunk).first(want)) == IoStatus::ok;
      at += want;
    }
    // Zeros up to where the segment ended: a write to its last byte makes it as long.
    const std::byte zero{};
    if (ok && used < size) ok = target_.write_at(out, size - 1, {&zero, 1}) == IoStatus::ok;
    ok = ok && target_.sync(out) == IoStatus::ok;
    source_.close(in);
    target_.close(out);
    return ok;
  }

  int check_copy() {
    journal::LogReader reader(target_, ReadMode::sealed);
    ReadKind kind = reader.next();
    while (kind == ReadKind::record) kind = reader.next();
    if (const int bad = ended(reader, kind, into)) return bad;
    if (reader.state().last_sequence != end_.last_sequence) {
      std::fprintf(stderr, "saker-log: the copy in %s is not complete\n", into.c_str());
      return code(Exit::damage);
    }
    std::printf("records 1 to %llu copied and checked, up to %s\n",
                static_cast<Number>(end_.last_sequence),
                journal::time_text(end_.timestamp_ns).c_str());
    return code(Exit::ok);
  }

  PosixStorage source_;
  PosixStorage target_;
  journal::LogState end_;
};

int copy_main(int argc, const char* const* argv) {
  Copy copy;
  CommandLine app(
      "Copies a log, or the durable part of one that is in use, and checks the copy.\n"
      "Exit codes: 0 done, 1 the log is damaged, 2 wrong usage, 3 a file cannot be read or\n"
      "written.",
      "saker-log copy");
  app.option("DIR", copy.from, "directory of the log").required();
  app.option("TO", copy.into, "directory of the copy; made if missing, else empty").required();
  app.option("--to", copy.to, "last record: the end of a write, as `saker-log end` says it");
  app.flag("--live", copy.live, "the log is in use: copy what is durable only");
  if (const auto wrong = app.parse(argc, argv)) return *wrong;
  return copy.run();
}

}  // namespace

journal::LogCommand end_command() {
  return {"end", "the sequence of the last sound record", end_main};
}

journal::LogCommand copy_command() {
  return {"copy", "a checked copy, of a log in use too", copy_main};
}

}  // namespace saker::engine
