// saker-notary: the process around evidence::Notary. Follows the log of a data directory and signs
// a head over it at intervals. It sleeps; nothing waits for it.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "common/clock.hpp"
#include "common/command_line.hpp"
#include "common/config.hpp"
#include "engine/process_support.hpp"
#include "journal/evidence/notary.hpp"
#include "journal/evidence/seed_file.hpp"

namespace saker::evidence {
namespace {

using engine::say;
using engine::StartError;
using journal::PosixStorage;

constexpr std::uint64_t kPollNs = 20'000'000;

struct NotaryConfig {
  std::string log;       // directories; empty: below DATA
  std::string evidence;
  std::string seed;
  std::uint64_t interval_ns = 0;
};

NotaryConfig read_config(const engine::ProcessOptions& options) {
  const ConfigTable table =
      options.config.empty() ? parse_config("", "built-in defaults") : load_config(options.config);
  NotaryConfig config;
  config.log = table.text("log", options.data + "/log");
  config.evidence = table.text("evidence", options.data + "/evidence");
  config.seed = table.text("seed", options.data + "/secrets/" + kSeedFile);
  config.interval_ns = table.duration_ns("interval", "1s", "10ms", "1h");
  table.reject_unknown();
  return config;
}

/// One notary per directory: two would each sign a head of the same number. Throws StartError.
void lock(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  for (int attempt = 0; fd >= 0 && attempt < 20; ++attempt) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return;  // held until the process ends
    ::usleep(100'000);
  }
  throw StartError("another notary signs in " + directory + " (" + path + " is locked)");
}

EvidenceKeys prepare(const NotaryConfig& config) {
  std::error_code error;
  std::filesystem::create_directories(config.evidence, error);
  if (error) throw StartError("cannot make " + config.evidence + ": " + error.message());
  lock(config.evidence);
  std::string why;
  Seed seed;
  if (!make_seed(config.seed, why) || !load_seed(config.seed, seed, why)) throw StartError(why);
  const EvidenceKeys keys = EvidenceKeys::from_seed(seed);
  if (!publish_key(config.evidence, keys.public_key, why)) throw StartError(why);
  return keys;
}

int run(const engine::ProcessOptions& options) {
  const NotaryConfig config = read_config(options);
  const EvidenceKeys keys = prepare(config);
  PosixStorage log;
  PosixStorage heads;
  if (log.open_directory(config.log, PosixStorage::Access::read_only) != journal::IoStatus::ok) {
    throw StartError("cannot open the log in " + config.log);
  }
  engine::open_storage(heads, config.evidence);
  Notary notary(log, heads, keys, config.interval_ns);
  if (!notary.start()) throw StartError(notary.failure());
  say("signs every %.3g s what is durable in %s; public key %s",
      static_cast<double>(config.interval_ns) / 1e9, config.log.c_str(),
      to_hex(std::as_bytes(std::span(keys.public_key))).c_str());
  engine::write_ready(options.ready_fd);
  MonotonicClock clock;
  bool stop = false;
  while (!stop) {
    const NotaryStep step = notary.poll(clock.now_ns());
    if (step == NotaryStep::failed) throw StartError(notary.failure());
    stop = engine::wait_for_stop_signal(step == NotaryStep::idle ? kPollNs : 0);
  }
  const SignedHead* last = notary.last();
  say("stopped after head %llu, at record %llu",
      static_cast<unsigned long long>(last == nullptr ? 0 : last->head.number),
      static_cast<unsigned long long>(last == nullptr ? 0 : last->head.last_sequence));
  return 0;
}

int main_of(int argc, char** argv) {
  engine::set_program_name("notary");
  engine::ProcessOptions options;
  options.config.clear();
  CommandLine app(
      "Signs a head over the command log at intervals, so that nobody can change it afterwards\n"
      "unnoticed, and single records can be proved (saker-log audit, prove, check).");
  app.option("--config", options.config, "configuration file (notary.toml)");
  app.option("--data", options.data, "data directory").shown();
  app.option("--port-base", options.port_base, "not used; every process is told");
  app.option("--ready-fd", options.ready_fd, "descriptor that gets \"ready\\n\"");
  if (const auto code = app.parse(argc, argv)) return *code;
  engine::block_stop_signals();
  try {
    return run(options);
  } catch (const std::exception& error) {
    say("%s", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace saker::evidence

int main(int argc, char** argv) { return saker::evidence::main_of(argc, argv); }
