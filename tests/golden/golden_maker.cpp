// Makes the golden logs of a rule version: `golden_maker FOLDER` writes FOLDER/v<version>/, one
// folder per story, and refuses when that exists. What was released once never changes.
//
// Each story is a real log of small segments, two snapshots on its way, and expected.txt: event
// chain and state hash every so many commands.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/core.hpp"
#include "engine/core/rules.hpp"
#include "engine/core/tables.hpp"
#include "engine/follower/snapshots.hpp"
#include "journal/log_writer.hpp"
#include "journal/memory_storage.hpp"
#include "tests/golden/story.hpp"

namespace saker::golden {
namespace {

using journal::MemoryStorage;

constexpr std::uint64_t kCheckEvery = 100;
constexpr std::uint64_t kMostSeeds = 2'000;
constexpr std::uint32_t kAdmin = 1;  // a session of the generator's that administers

journal::LogConfig log_config() {
  journal::LogConfig config;
  config.log_id = 0x601DE71065;
  config.segment_bytes = 96u << 10;
  config.ring_bytes = 64u << 10;
  config.max_batch_bytes = 16u << 10;
  config.max_payload_bytes = 256;
  config.reserve_bytes = 4096;
  config.keep_free_bytes = 0;
  return config;
}

/// Plays a story into a log in memory.
class Player {
 public:
  explicit Player(const Story& story)
      : story_(story),
        generator_(story.config),
        allocator_(storage_, config_, 0),
        writer_(storage_, allocator_, config_, {}) {}

  void play() {
    settle();
    SAKER_ASSERT(writer_.start());
    while (commands_ < story_.commands) {
      if (commands_ == story_.commands / 2) special();
      const core::Command command =
          generator_.next(core_ && core_->has_urgent_job(), core_ && core_->has_job());
      apply(command);
      generator_.on_reports(out_.reports.view());
    }
    while (core_->has_urgent_job()) submit(proto::CommandKind::Continue, proto::Continue(0, 0));
    epilogue();
    submit(proto::CommandKind::StateMarker, proto::StateMarker(0));
    settle();
    SAKER_ASSERT(writer_.close());
    check_point();
  }

  const Coverage& coverage() const { return coverage_; }

  void write(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    for (const auto& [name, file] : storage_.files()) {
      std::ofstream out(folder / name, std::ios::binary);
      out.write(reinterpret_cast<const char*>(file.now.data()),
                static_cast<std::streamsize>(file.now.size()));
    }
    std::ofstream(folder / "expected.txt") << expected_;
  }

 private:
  /// What a stream of clients' commands has not: a start after a crash, rules set by the engine.
  void special() {
    if (core_->has_urgent_job()) return;
    submit(proto::CommandKind::EpochStart,
           proto::EpochStart(3, 4, core_->epoch() + 1, proto::CommitPolicy::Disk, 0, 0));
    submit(proto::CommandKind::ActivateRules, proto::ActivateRules(core::kNewestRules, 0));
  }
  /// What the streams come to too seldom: refusals for want of room.
  void epilogue() {
    const std::uint64_t connection = core_->session(SessionId{kAdmin}).connection + 1;
    submit(proto::CommandKind::SessionLogon, proto::SessionLogon(connection, kAdmin, 1'000));
    ask(proto::CommandKind::Deposit, proto::Deposit(1, (std::int64_t{1} << 62) - 1, 1, 1));
    ask(proto::CommandKind::Deposit, proto::Deposit(1, 1, 1, 99));
    for (int i = 0; i < 2; ++i) {
      ask(proto::CommandKind::MassCancel,
          proto::MassCancel(77, 0, 0, proto::Scope::All, 0, 0, 0));
    }
    ask(proto::CommandKind::GrantAccount,
        proto::GrantAccount(99, 1, proto::Rights::View));
    for (std::uint32_t i = 0; i <= core::kKillJobs; ++i) {
      ask(proto::CommandKind::KillSwitch, proto::KillSwitch(0, proto::Scope::All, 1, 0));
    }
    ask(proto::CommandKind::KillSwitch, proto::KillSwitch(0, proto::Scope::All, 0, 0));
    while (core_->has_job()) submit(proto::CommandKind::Continue, proto::Continue(0, 0));
  }
  template <class Body>
  void ask(proto::CommandKind kind, const Body& body) {
    core::CommandEnvelope envelope;
    envelope.session = kAdmin;
    envelope.client_sequence = core_->session(SessionId{kAdmin}).highest_client_sequence + 1;
    envelope.received_ns = core_->time_ns();
    submit(kind, body, envelope);
  }
  template <class Body>
  void submit(proto::CommandKind kind, const Body& body,
              const core::CommandEnvelope& envelope = {}) {
    alignas(8) const Body aligned = body;
    core::Command command;
    command.envelope = envelope;
    command.time_ns = core_->time_ns() + 1;
    command.kind = kind;
    command.body = bytes_of(aligned);
    apply(command);
  }

  void apply(core::Command command) {
    command.sequence = core_ ? core_->sequence() + 1 : 1;
    if (core_ && command.time_ns < core_->time_ns()) command.time_ns = core_->time_ns();
    if (!core_) {
      const char* why = nullptr;
      core_ = core::Core::create(command.as<proto::Genesis>(), &why);
      SAKER_ASSERT(core_ != nullptr);
    }
    journal::RecordFields fields;
    fields.type = raw(command.kind);
    fields.sequence = command.sequence;
    fields.timestamp_ns = command.time_ns;
    fields.rule_version = static_cast<std::uint16_t>(
        commands_ == 0 ? command.as<proto::Genesis>().rule_version() : core_->rule_version());
    fields.epoch = std::max(core_->epoch(), 1u);
    if (command.kind == proto::CommandKind::EpochStart) {
      fields.epoch = command.as<proto::EpochStart>().epoch();
    }
    SAKER_ASSERT(writer_.can_append(sizeof(command.envelope) + command.body.size()));
    writer_.append(fields, bytes_of(command.envelope), command.body);
    core_->apply(command, out_);
    ++commands_;
    coverage_.count(command.kind, out_);
    if (commands_ % 7 == 0) settle();  // batches of several records
    if (commands_ % kCheckEvery == 0) check_point();
    if (commands_ == story_.commands / 3 || commands_ == story_.commands * 2 / 3) snapshot();
  }

  void settle() {
    for (bool more = true; more; now_ns_ += 10) {
      more = allocator_.poll(now_ns_);
      more = writer_.poll(now_ns_) || more;
    }
    SAKER_ASSERT(!writer_.failed());
  }

  void check_point() {
    const Hash128 hash = core_->state_hash();
    char line[160];
    std::snprintf(line, sizeof(line), "%llu chain %016llx state %016llx%016llx rules %u\n",
                  static_cast<unsigned long long>(core_->sequence()),
                  static_cast<unsigned long long>(core_->chain_head()),
                  static_cast<unsigned long long>(hash.high),
                  static_cast<unsigned long long>(hash.low), core_->rule_version());
    expected_ += line;
  }

  void snapshot() {
    journal::SnapshotInfo info;
    info.rule_version = static_cast<std::uint16_t>(core_->rule_version());
    info.epoch = core_->epoch();
    info.log_id = config_.log_id;
    info.sequence = core_->sequence();
    info.timestamp_ns = core_->time_ns();
    info.chain_head = core_->chain_head();
    std::string problem;
    SAKER_ASSERT(follower::SnapshotStore<MemoryStorage>(storage_).write(*core_, info, problem));
  }

  const Story story_;
  const journal::LogConfig config_ = log_config();
  MemoryStorage storage_;
  sim::CommandGenerator generator_;
  journal::SegmentAllocator<MemoryStorage> allocator_;
  journal::LogWriter<MemoryStorage> writer_;
  std::unique_ptr<core::Core> core_;
  core::Output out_;
  Coverage coverage_;
  std::string expected_;
  TimeNs now_ns_ = 1;
  std::uint64_t commands_ = 0;
};

/// Of the folder.
std::string version_name() {
  std::string name = "v";
  name += std::to_string(core::kNewestRules);
  return name;
}

/// The first seed with which the stories together show every kind there is, and every reason.
int make(const std::filesystem::path& folder) {
  std::string missing;
  for (std::uint64_t seed = 1; seed <= kMostSeeds; ++seed) {
    const std::filesystem::path version = folder / version_name();
    if (std::filesystem::exists(version)) {
      std::fprintf(stderr, "golden_maker: %s exists: a released log never changes\n",
                   version.c_str());
      return 1;
    }
    Coverage coverage;
    for (const Story& story : stories(seed)) {
      Player player(story);
      player.play();
      coverage.add(player.coverage());
    }
    missing = coverage.missing_kinds() + " " + coverage.missing_reasons();
    if (missing != " ") continue;
    for (const Story& story : stories(seed)) {
      Player player(story);
      player.play();
      player.write(version / story.name);
    }
    std::printf("%s made with seed %llu\n", version.c_str(),
                static_cast<unsigned long long>(seed));
    return 0;
  }
  std::fprintf(stderr, "golden_maker: no seed shows everything; the last one lacks %s\n",
               missing.c_str());
  return 1;
}

}  // namespace
}  // namespace saker::golden

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: golden_maker FOLDER\n");
    return 2;
  }
  return saker::golden::make(arguments[1]);
}
