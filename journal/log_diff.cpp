#include "journal/log_diff.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "journal/posix_storage.hpp"

namespace saker::journal {

namespace {

using Number = unsigned long long;  // for printf

struct Side {
  std::string name;
  PosixStorage storage;
  std::optional<LogReader<PosixStorage>> reader;
  ReadKind kind = ReadKind::nothing_yet;

  bool open(bool live, Sequence from) {
    if (storage.open_directory(name, PosixStorage::Access::read_only) != IoStatus::ok) {
      std::fprintf(stderr, "saker-log: cannot open directory %s: %s\n", name.c_str(),
                   std::strerror(errno));
      return false;
    }
    reader.emplace(storage, live ? ReadMode::follow : ReadMode::sealed, from);
    return true;
  }
  bool next() { return (kind = reader->next()) == ReadKind::record; }
  bool over() const { return kind == ReadKind::end || kind == ReadKind::nothing_yet; }
};

void print_field(const char* name, std::uint64_t a, std::uint64_t b) {
  if (a == b) return;
  std::printf("  %s: %llu and %llu\n", name, static_cast<Number>(a), static_cast<Number>(b));
}

void print_difference(const RecordView& a, const RecordView& b) {
  print_field("sequence", a.header.sequence, b.header.sequence);
  print_field("timestamp_ns", a.header.timestamp_ns, b.header.timestamp_ns);
  print_field("epoch", a.header.epoch, b.header.epoch);
  print_field("shard", a.header.shard, b.header.shard);
  print_field("rule_version", a.header.rule_version, b.header.rule_version);
  print_field("type", a.header.type, b.header.type);
  print_field("flags", a.header.flags, b.header.flags);
  print_field("payload bytes", a.payload.size(), b.payload.size());
  const auto [at, other] = std::mismatch(a.payload.begin(), a.payload.end(), b.payload.begin(),
                                         b.payload.end());
  if (at != a.payload.end() || other != b.payload.end()) {
    std::printf("  payload: from byte %llu on\n", static_cast<Number>(at - a.payload.begin()));
  }
}

bool same(const RecordView& a, const RecordView& b) {
  return std::memcmp(&a.header, &b.header, sizeof(RecordHeader)) == 0 &&
         std::equal(a.payload.begin(), a.payload.end(), b.payload.begin(), b.payload.end());
}

/// One of them can be read no further.
int finish(Side& a, Side& b, Sequence last) {
  for (Side* side : {&a, &b}) {
    if (side->kind == ReadKind::record || side->over()) continue;
    std::printf("%s cannot be read on after record %llu\n", side->name.c_str(),
                static_cast<Number>(last));
    if (side->kind == ReadKind::io_error) return static_cast<int>(LogToolExit::cannot_read);
    print_damage(stdout, side->kind, side->reader->damage());
    return static_cast<int>(LogToolExit::damage);
  }
  if (a.over() && b.over()) {
    std::printf("OK: the same up to record %llu, where both end\n", static_cast<Number>(last));
    return static_cast<int>(LogToolExit::ok);
  }
  Side& longer = a.over() ? b : a;
  std::uint64_t more = 1;
  while (longer.next()) ++more;
  std::printf("DIFFER: the same up to record %llu, where %s ends; %s has %llu more\n",
              static_cast<Number>(last), (a.over() ? a : b).name.c_str(), longer.name.c_str(),
              static_cast<Number>(more));
  return static_cast<int>(LogToolExit::damage);
}

int diff_main(int argc, const char* const* argv, const RecordFormatter& formatter) {
  Side a;
  Side b;
  bool live = false;
  Sequence from = 0;
  CommandLine app(
      "Compares two logs record by record and shows the first difference. How the records lie in\n"
      "batches and segments does not count.\n"
      "Exit codes: 0 they are the same, 1 they differ or are damaged, 2 wrong usage, 3 one cannot "
      "be read.",
      "saker-log diff");
  app.option("DIR", a.name, "directory of the one log").required();
  app.option("OTHER", b.name, "directory of the other").required();
  app.option("--from", from, "first sequence number to compare");
  app.flag("--live", live, "they are in use: look at what is durable only");
  if (const auto code = app.parse(argc, argv)) return *code;
  if (!a.open(live, from) || !b.open(live, from)) {
    return static_cast<int>(LogToolExit::cannot_read);
  }
  Sequence last = 0;
  for (;;) {
    const bool has_a = a.next();
    const bool has_b = b.next();
    if (!has_a || !has_b) return finish(a, b, last);
    const RecordView& left = a.reader->record();
    const RecordView& right = b.reader->record();
    if (!same(left, right)) {
      std::printf("DIFFER: the same up to record %llu; the next one differs\n",
                  static_cast<Number>(last));
      print_difference(left, right);
      std::printf("< %s\n> %s\n", record_text(left.header, left.payload, formatter).c_str(),
                  record_text(right.header, right.payload, formatter).c_str());
      return static_cast<int>(LogToolExit::damage);
    }
    last = left.header.sequence;
  }
}

}  // namespace

LogCommand diff_command(const RecordFormatter& formatter) {
  return {"diff", "show where two logs part", [formatter](int argc, const char* const* argv) {
            return diff_main(argc, argv, formatter);
          }};
}

}  // namespace saker::journal
