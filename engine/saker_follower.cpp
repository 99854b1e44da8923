// saker-follower: the process around follower::Follower. One thread; sleeps on its socket and
// looks at the log every few milliseconds.
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "common/command_line.hpp"
#include "common/config.hpp"
#include "common/placement.hpp"
#include "common/secret_store.hpp"
#include "engine/follower/follower.hpp"
#include "journal/posix_storage.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::follower {
namespace {

using Storage = journal::PosixStorage;
using Process = Follower<net::UdpTransport, Storage, UtcClock>;

std::atomic<bool> stop_asked{false};
void on_signal(int) { stop_asked.store(true); }

void say(const std::string& line) {
  std::fprintf(stderr, "follower: %s\n", line.c_str());
  std::fflush(stderr);
}

struct Options {
  std::string config;
  std::string data = "data";
  std::uint16_t port_base = 3000;
  int ready_fd = -1;
};

/// The secret store, read again now and then when a key is missing: sessions are added while the
/// venue runs.
class Secrets : public engine::SecretSource {
 public:
  explicit Secrets(const std::string& directory) : store_(directory) { load(); }
  const proto::Secret* find(std::uint32_t key_id) const override {
    const proto::Secret* secret = store_.find(key_id);
    if (secret != nullptr) return secret;
    const TimeNs now_ns = MonotonicClock().now_ns();
    if (now_ns < loaded_ns_ + 1'000'000'000) return nullptr;
    load();
    return store_.find(key_id);
  }

 private:
  void load() const {
    loaded_ns_ = MonotonicClock().now_ns();
    std::string error;
    if (!store_.load(error)) say("secrets: " + error);
  }
  mutable SecretStore store_;
  mutable TimeNs loaded_ns_ = 0;
};

struct DataDisks {
  Storage log;
  Storage snapshots;
  Storage events;
};

/// Verifies snapshots on a thread of its own, with a storage of its own: that takes about as long
/// as a start.
class CheckerThread : public SnapshotChecker {
 public:
  explicit CheckerThread(const std::string& directory) : directory_(directory) {}
  ~CheckerThread() override {
    if (thread_.joinable()) thread_.join();
  }
  void start(Sequence sequence) override {
    finished_.store(false);
    result_ = {};
    thread_ = std::thread([this, sequence] {
      check(sequence);
      finished_.store(true);
    });
  }
  Result poll() override { return finished_.load() ? wait() : Result{}; }
  Result wait() override {
    thread_.join();
    finished_.store(false);
    return std::move(result_);
  }

 private:
  void check(Sequence sequence) {
    result_.done = true;
    Storage storage;
    const auto status = storage.open_directory(directory_, Storage::Access::read_write);
    if (status == journal::IoStatus::ok) {
      result_.sound = SnapshotStore<Storage>(storage).confirm(sequence, result_.problem);
    } else {
      result_.problem = std::string("cannot open ").append(directory_);
    }
  }

  const std::string directory_;
  std::thread thread_;
  std::atomic<bool> finished_{false};
  Result result_;  // the thread's until it has finished
};

bool open_disks(const std::string& data, DataDisks& disks) {
  std::error_code error;
  for (const char* folder : {"log", "snapshots", "events", "run"}) {
    std::filesystem::create_directories(data + "/" + folder, error);
    if (error) {
      say("cannot make " + data + "/" + folder + ": " + error.message());
      return false;
    }
  }
  const auto open = [&data](Storage& storage, const char* folder, Storage::Access access) {
    const std::string path = data + "/" + folder;
    const journal::IoStatus status = storage.open_directory(path, access);
    if (status != journal::IoStatus::ok) say("cannot open " + path + ": " + to_string(status));
    return status == journal::IoStatus::ok;
  };
  return open(disks.log, "log", Storage::Access::read_only) &&
         open(disks.snapshots, "snapshots", Storage::Access::read_write) &&
         open(disks.events, "events", Storage::Access::read_write);
}

/// One follower per data directory. One that was just killed may need a moment to be gone.
bool lock_data(const std::string& data) {
  const std::string path = data + "/run/follower.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  for (int attempt = 0; fd >= 0 && attempt < 20; ++attempt) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;  // held until the process ends
    ::usleep(100'000);
  }
  say("another follower uses " + data + " (" + path + " is locked)");
  return false;
}

std::unique_ptr<net::UdpTransport> open_socket(const Options& options,
                                               const FollowerProcessConfig& config) {
  net::UdpConfig udp;
  udp.bind.address = config.address;
  udp.bind.port = config.port != 0 ? config.port
                                   : static_cast<std::uint16_t>(options.port_base + 2);
  std::string error;
  auto transport = net::UdpTransport::open(udp, error);
  if (transport == nullptr) {
    say("cannot take queries at " + net::endpoint_text(udp.bind) + ": " + error);
    return nullptr;
  }
  for (const std::string& note : transport->notes()) say(note);
  say("queries at " + net::endpoint_text(transport->local()));
  return transport;
}

void tell_ready(int fd) {
  if (fd < 0) return;
  if (::write(fd, "ready\n", 6) != 6) say("nobody listens at --ready-fd");
  ::close(fd);
}

/// Until a signal or a problem. Sleeps longer the longer nothing has happened.
void run(Process& process, net::UdpTransport& transport, const FollowerProcessConfig& config,
         int ready_fd) {
  const UnsteppedClock clock;
  std::uint64_t sleep_ns = config.poll_min_ns;
  while (!stop_asked.load(std::memory_order_relaxed) && !process.failed()) {
    const bool busy = process.poll(clock.now_ns());
    if (ready_fd >= 0 && process.ready()) {
      tell_ready(ready_fd);
      ready_fd = -1;
    }
    if (busy) {
      sleep_ns = config.poll_min_ns;
      continue;
    }
    if (process.waiting()) sleep_ns = config.poll_min_ns;
    if (!transport.wait(sleep_ns)) {
      sleep_ns = std::min(config.poll_max_ns, sleep_ns + sleep_ns / 4 + 1);
    }
  }
}

int start(const Options& options) {
  const FollowerProcessConfig config = options.config.empty()
                                           ? parse_follower_config("", "defaults")
                                           : load_follower_config(options.config);
  if (config.follower.query.untagged) {
    say("UNTAGGED: queries are not authenticated; for benchmarks only");
  }
  std::string error;
  if (!place_this_thread({"follower", config.cpu}, error)) say(error);
  DataDisks disks;
  if (!open_disks(options.data, disks) || !lock_data(options.data)) return 1;
  const auto transport = open_socket(options, config);
  if (transport == nullptr) return 1;
  const auto counters = Counters::create(options.data + "/run/follower.counters",
                                         "saker-follower", kFollowerCounters, error);
  if (counters == nullptr) {
    say("counters: " + error);
    return 1;
  }
  Secrets secrets(options.data + "/secrets");
  proto::Key cookie_secret;
  randombytes_buf(cookie_secret.bytes.data(), cookie_secret.bytes.size());
  UtcClock clock;
  Process process(config.follower, *transport, {disks.log, disks.snapshots, disks.events}, clock,
                  secrets, cookie_secret, *counters, say);
  CheckerThread checker(options.data + "/snapshots");
  process.use_checker(&checker);
  run(process, *transport, config, options.ready_fd);
  if (process.failed()) return 1;
  if (!process.stop(clock.now_ns())) {
    say("stopped, but not everything could be written: " + process.problem());
    return 1;
  }
  say("stopped at sequence " +
      std::to_string(process.core() != nullptr ? process.core()->sequence() : 0));
  return 0;
}

int main_of(int argc, char** argv) {
  Options options;
  CommandLine app{
      "Tails the committed log, re-executes it, writes events and snapshots, answers queries."};
  app.option("--config", options.config, "configuration file (follower.toml)");
  app.option("--data", options.data, "data directory").shown();
  app.option("--port-base", options.port_base, "queries are taken at this port + 2").shown();
  app.option("--ready-fd", options.ready_fd,
             "writes \"ready\" to this descriptor once caught up with the log");
  if (const auto code = app.parse(argc, argv)) return *code;
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  if (sodium_init() < 0) {
    say("libsodium does not start");
    return 1;
  }
  try {
    return start(options);
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
}

}  // namespace
}  // namespace saker::follower

int main(int argc, char** argv) { return saker::follower::main_of(argc, argv); }
