#include "journal/evidence/evidence_tool.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/config.hpp"
#include "journal/evidence/prove.hpp"
#include "journal/evidence/seed_file.hpp"
#include "journal/posix_storage.hpp"

namespace saker::evidence {

namespace {

using journal::LogToolExit;
using journal::PosixStorage;
using Number = unsigned long long;  // for printf

int ends(LogToolExit code) { return static_cast<int>(code); }

int complain(LogToolExit code, const std::string& why) {
  std::fprintf(stderr, "saker-log: %s\n", why.c_str());
  return ends(code);
}

struct Options {
  std::string log;
  std::string evidence;
  std::string seed;
  std::string public_key;
  std::string file;
  Sequence sequence = 0;
};

void add_places(CommandLine& app, Options& options) {
  app.option("DIR", options.log, "directory of the log").required();
  app.option("--evidence", options.evidence, "directory of the heads [DIR/../evidence]");
  app.option("--seed", options.seed, "the notary's secret [DIR/../secrets/evidence-seed.hex]");
}

std::string beside(const std::string& log, const char* what) {
  return (std::filesystem::absolute(log) / ".." / what).lexically_normal();
}

/// Log, heads and keys, as `audit` and `prove` need them.
struct Evidence {
  PosixStorage log;
  PosixStorage storage;
  HeadFile<PosixStorage> heads{storage};
  EvidenceKeys keys;

  /// An empty text, or why not.
  std::string open(Options options) {
    if (options.evidence.empty()) options.evidence = beside(options.log, "evidence");
    if (options.seed.empty()) {
      options.seed = beside(options.log, "secrets/") + kSeedFile;
    }
    const auto access = PosixStorage::Access::read_only;
    if (log.open_directory(options.log, access) != journal::IoStatus::ok) {
      return "cannot open directory " + options.log + ": " + std::strerror(errno);
    }
    if (storage.open_directory(options.evidence, access) != journal::IoStatus::ok ||
        heads.open(false) != journal::IoStatus::ok) {
      return "no heads in " + options.evidence + ": " + std::strerror(errno) +
             "; saker-notary makes them";
    }
    Seed seed;
    std::string error;
    if (!load_seed(options.seed, seed, error)) return error;
    keys = EvidenceKeys::from_seed(seed);
    return {};
  }
};

int audit_main(int argc, const char* const* argv) {
  Options options;
  CommandLine app(
      "Compares the log with the heads that were signed over it, from the first on: a record that\n"
      "was changed afterwards is found even where every checksum was made good again.\n"
      "Exit codes: 0 they agree, 1 they do not, 2 wrong usage, 3 something cannot be read.",
      "saker-log audit");
  add_places(app, options);
  if (const auto code = app.parse(argc, argv)) return *code;
  Evidence evidence;
  if (const std::string why = evidence.open(options); !why.empty()) {
    return complain(LogToolExit::cannot_read, why);
  }
  const Audit result = audit(evidence.log, evidence.heads, evidence.keys);
  std::printf("%llu heads agree with the log, up to record %llu\n",
              static_cast<Number>(result.heads), static_cast<Number>(result.last_sequence));
  if (result.sound()) {
    std::printf("OK: nothing was changed since it was signed\n");
    return ends(LogToolExit::ok);
  }
  if (!result.readable) return complain(LogToolExit::cannot_read, "the heads cannot be read on");
  const Number head = result.heads + 1;
  if (result.check != HeadCheck::none) {
    std::printf("DISAGREE: head %llu, after record %llu\n  failed check: %s (%s)\n", head,
                static_cast<Number>(result.last_sequence), to_string(result.check),
                explain(result.check));
  } else if (result.log == journal::ReadKind::nothing_yet) {
    std::printf("DISAGREE: head %llu covers records that the log does not have\n", head);
  } else {
    journal::print_damage(stdout, result.log, result.damage);
  }
  return ends(LogToolExit::damage);
}

const char* explain(ProveResult result) {
  switch (result) {
    case ProveResult::not_signed_yet:
      return "no head covers this record yet: one is signed about every second";
    case ProveResult::before_heads: return "the record is older than the first head";
    case ProveResult::heads_unreadable: return "the heads cannot be read";
    case ProveResult::log_unreadable:
      return "the log cannot be read where the record is: saker-log verify says why";
    case ProveResult::disagree:
      return "log and head do not agree: saker-log audit says where";
    case ProveResult::proved: break;
  }
  return "";
}

int prove_main(int argc, const char* const* argv) {
  Options options;
  CommandLine app(
      "Prints the proof that one record is in the log as it was signed. Give it away with the\n"
      "public key: it shows this record and nothing of any other.\n"
      "Exit codes: 0 done, 1 log and heads disagree, 2 wrong usage, 3 it cannot be proved (yet).",
      "saker-log prove");
  add_places(app, options);
  app.option("SEQUENCE", options.sequence, "the record's number").required();
  if (const auto code = app.parse(argc, argv)) return *code;
  Evidence evidence;
  if (const std::string why = evidence.open(options); !why.empty()) {
    return complain(LogToolExit::cannot_read, why);
  }
  Proof proof;
  const ProveResult result =
      prove(evidence.log, evidence.heads, evidence.keys, options.sequence, proof);
  if (result == ProveResult::proved) {
    std::fputs(to_text(proof).c_str(), stdout);
    return ends(LogToolExit::ok);
  }
  return complain(
      result == ProveResult::disagree ? LogToolExit::damage : LogToolExit::cannot_read,
      explain(result));
}

int check_main(int argc, const char* const* argv, const journal::RecordFormatter& formatter) {
  Options options;
  CommandLine app(
      "Checks a proof that `saker-log prove` has printed; needs neither log nor secrets.\n"
      "Exit codes: 0 it is good, 1 it is not, 2 wrong usage, 3 it cannot be read.",
      "saker-log check");
  app.option("FILE", options.file, "the proof").required();
  app.option("--public-key", options.public_key,
             "the venue's key: 64 hexadecimal digits, or the file that has them")
      .required();
  if (const auto code = app.parse(argc, argv)) return *code;
  PublicKey key;
  std::string error;
  if (!read_public_key(options.public_key, key, error)) {
    return complain(LogToolExit::cannot_read, error);
  }
  std::ifstream file(options.file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return complain(LogToolExit::cannot_read, options.file + ": " + std::strerror(errno));
  }
  try {
    const Proof proof = parse_proof(text, options.file);
    HeadCheck head_check = HeadCheck::none;
    const ProofCheck check = check_proof(proof, key, head_check);
    const Head& head = proof.head.head;
    if (check != ProofCheck::none) {
      std::printf("NOT PROVED: %s%s%s\n", explain(check),
                  head_check != HeadCheck::none ? ": " : "",
                  head_check != HeadCheck::none ? explain(head_check) : "");
      return ends(LogToolExit::damage);
    }
    std::printf("PROVED: record %llu is in the log %s, shard %u, as it was signed in head %llu\n"
                "        over the records %llu to %llu, the last of %s\n",
                static_cast<Number>(proof.record.sequence), to_hex(head.log).c_str(),
                unsigned{head.shard}, static_cast<Number>(head.number),
                static_cast<Number>(head.first_sequence),
                static_cast<Number>(head.last_sequence),
                journal::time_text(head.timestamp_ns).c_str());
    std::printf("%s\n", journal::record_text(proof.record, proof.payload, formatter).c_str());
    return ends(LogToolExit::ok);
  } catch (const ConfigError& wrong) {
    return complain(LogToolExit::cannot_read, wrong.what());
  }
}

}  // namespace

std::vector<journal::LogCommand> evidence_commands(const journal::RecordFormatter& formatter) {
  return {{"audit", "compare the log with its signed heads", audit_main},
          {"prove", "print the proof that one record is in the log", prove_main},
          {"check", "check such a proof, without the log",
           [formatter](int argc, const char* const* argv) {
             return check_main(argc, argv, formatter);
           }}};
}

}  // namespace saker::evidence
