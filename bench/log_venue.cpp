#include "bench/log_venue.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "bench/pin.hpp"
#include "common/config.hpp"

namespace saker::bench {

namespace {

/// The defaults of engine.toml.
engine::ProcessConfig default_config(const LogVenueOptions& options) {
  engine::ProcessConfig config = engine::parse_engine_config(parse_config("", "defaults"));
  config.log.log_id = 1;
  config.log.segment_bytes = options.segment_bytes;
  return config;
}

}  // namespace

LogVenue::LogVenue(const LogVenueOptions& options)
    : options_(options), config_(default_config(options)), staging_(config_.engine.staging_bytes) {
  std::filesystem::create_directories(options.directory);
  const std::string directory = options.directory + "/log";
  if (storage_.open_directory(directory) != journal::IoStatus::ok) {
    throw std::runtime_error("cannot open " + directory);
  }
  if (!storage_.choose(options.write, config_.log.block_bytes)) {
    throw std::runtime_error(storage_.note());
  }
  std::vector<journal::FileInfo> files;
  if (storage_.list(files) != journal::IoStatus::ok || !files.empty()) {
    throw std::runtime_error(directory + " is not empty");
  }
  allocator_ = std::make_unique<journal::SegmentAllocator<journal::LogStorage>>(
      storage_, config_.log, 0);
  log_ = std::make_unique<Log>(storage_, *allocator_, config_.log, journal::LogState{});
  if (!log_->start()) throw std::runtime_error("the log cannot be written");
  log_->set_on_durable([this](Sequence) {
    batches_.fetch_add(1, std::memory_order_relaxed);
    wake_.notify();
  });
  const auto wait = options.spin ? journal::WriterWait::spin : journal::WriterWait::wake;
  threads_ = std::make_unique<journal::LogThreads<journal::LogStorage>>(*log_, *allocator_,
                                                                       config_.log, wait);
  threads_->start([this] { pin_thread(0, options_.writer_cpu, kOrdinary); });
  pin_thread(0, options.hot_cpu, kOrdinary);
}

LogVenue::~LogVenue() {
  if (threads_ != nullptr) threads_->stop();
}

void LogVenue::set_up(const Stream& stream) {
  const char* why = nullptr;
  core_ = core::Core::create(stream.command(0).as<proto::Genesis>(), &why);
  SAKER_ASSERT(core_ != nullptr);
  engine_ = std::make_unique<Exchange>(*core_, transport_, *log_, clock_, staging_, config_.engine,
                                       secrets_);
  duty_ = std::make_unique<engine::DutyCycle>(engine_->metrics());
  auto& sequencer = engine_->sequencer();
  const auto add = [&](const core::Command& command) {
    if (command.kind == proto::CommandKind::Continue) return;
    // No whole round, which would sequence a clock command before the genesis.
    while (sequencer.admit(engine::Need::kReserved) != proto::Reason::NONE) {
      SAKER_ASSERT(!log_->failed());
      engine_->hand_out(clock_.now_ns());
      ::usleep(100);
    }
    const TimeNs now_ns = clock_.now_ns();
    sequencer.sequence(command.kind, command.envelope, command.body, now_ns);
    sequencer.after_client_command(now_ns);
  };
  const auto add_own = [&](proto::CommandKind kind, const auto& body) {
    core::Command command;
    alignas(8) const auto aligned = body;
    command.kind = kind;
    command.body = bytes_of(aligned);
    add(command);
  };
  add(stream.command(0));
  add_own(proto::CommandKind::EpochStart,
          proto::EpochStart(0, 0, 1, proto::CommitPolicy::Disk, 0, 0));
  for (std::size_t i = 1; i < stream.setup_size(); ++i) add(stream.command(i));
  add_own(proto::CommandKind::StateMarker, proto::StateMarker(0));
  settle();
  round_ended_ns_ = clock_.now_ns();
}

bool LogVenue::sequence(const Stream& stream, std::size_t index, TimeNs received_ns) {
  auto& sequencer = engine_->sequencer();
  core::Command command = stream.command(index);
  if (command.kind == proto::CommandKind::Continue) return true;
  if (sequencer.admit(engine::Need::kNewBusiness) != proto::Reason::NONE) return false;
  command.envelope.received_ns = received_ns;
  sequencer.sequence(command.kind, command.envelope, command.body, received_ns);
  sequencer.after_client_command(received_ns);
  return true;
}

bool LogVenue::round() {
  const TimeNs now_ns = clock_.now_ns();
  const bool worked = engine_->poll(now_ns);
  SAKER_ASSERT(!log_->failed());
  const TimeNs end_ns = clock_.now_ns();
  duty_->round(round_ended_ns_, end_ns, worked);
  round_ended_ns_ = end_ns;
  return worked;
}

void LogVenue::rest(TimeNs until_ns) {
  const TimeNs now_ns = clock_.now_ns();
  if (options_.busy || until_ns <= now_ns) return;
  wake_.prepare();
  if (!engine_->can_release()) {
    pollfd waited{wake_.fd(), POLLIN, 0};
    const std::uint64_t left_ns = until_ns - now_ns;
    const timespec timeout{static_cast<time_t>(left_ns / 1'000'000'000),
                           static_cast<long>(left_ns % 1'000'000'000)};
    ::ppoll(&waited, 1, &timeout, nullptr);
  }
  wake_.cancel();
  round_ended_ns_ = clock_.now_ns();
}

void LogVenue::settle() {
  while (engine_->released_sequence() < core_->sequence() || engine_->waiting()) {
    if (!round()) rest(clock_.now_ns() + 10'000'000);
  }
}

bool LogVenue::stop() {
  const bool closed = threads_->stop();
  threads_.reset();
  return closed;
}

std::uint64_t LogVenue::log_bytes() const {
  const journal::Position& next = log_->state().next;
  return next.segment * options_.segment_bytes + next.offset;
}

}  // namespace saker::bench
