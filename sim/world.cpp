#include "sim/world.hpp"

#include <cstdarg>

#include "sim/gateway_side.hpp"
#include "sim/money_side.hpp"

namespace saker::sim {

namespace {

constexpr net::Endpoint kEngine{0x0A000001, 3001};
constexpr net::Endpoint kFollower{0x0A000001, 3002};
constexpr net::Endpoint kAttacker{0x0A0000FF, 666};
constexpr net::Endpoint kLineA{0xEF000001, 9001};
constexpr net::Endpoint kLineB{0xEF000002, 9002};

net::Endpoint endpoint_of(std::uint32_t session) {
  return {0x0A000100 + session, static_cast<std::uint16_t>(4000 + session)};
}

}  // namespace

World::World(const WorldConfig& config, Coverage& coverage)
    : config_(config), coverage_(coverage), rng_(config.seed),
      network_(clock_, coverage, rng_.fork(1)), disk_(coverage, rng_.fork(2), kDiskBytes),
      judge_(disk_, verdict_, coverage),
      memory_(rng_.chance(200'000) || config.killed_first_start),
      roles_{kEngine, kFollower, kAttacker},
      auditor_(judge_, verdict_, coverage, roles_, memory_) {
  configure();
  network_.on_sent([this](net::Endpoint from, net::Endpoint to, Bytes bytes) {
    auditor_.on_sent(from, to, bytes);
    attacker_->on_sent(from, to, bytes);
  });
  network_.on_received(
      [this](net::Endpoint, net::Endpoint to, Bytes bytes) { auditor_.on_received(to, bytes); });
  network_.on_refused([this](net::Endpoint from) { auditor_.on_refused(from); });
  auditor_.set_connection_of([this](std::uint32_t session) {
    if (session == kFundsSession) return money_->connection();
    if (session == kGatewaySession) return gateway_->connection();
    return session == kSloppySession ? sloppy_->connection()
                                     : clients_[session - 1]->connection();
  });
  network_.set_untagged([](Bytes bytes) {
    return bytes.size() >= 4 && read_as<std::uint32_t>(bytes) == proto::kFeedMagic;
  });
  disk_.on_synced([this] { disk_moved_ = true; });
  attacker_ = std::make_unique<Attacker>(network_, kAttacker, rng_.fork(3));
  venue_ = make_venue(rng_);
  make_clients();
  const auto say = [this](const std::string& line) { note("%s", line.c_str()); };
  money_ = std::make_unique<MoneySide>(
      MoneySide::Place{disk_, clock_, judge_, verdict_, coverage_, say,
                       network_.node(endpoint_of(kFundsSession)), kEngine, kFollower, memory_},
      rng_.fork(4));
  gateway_ = std::make_unique<GatewaySide>(
      GatewaySide::Place{network_, clock_, judge_, verdict_, coverage_, say,
                         endpoint_of(kGatewaySession), kEngine, kFollower, memory_},
      rng_.fork(5));
  if (attacked_ || network_faults_.duplicate_ppm != 0) auditor_.copies_possible();
}

World::~World() = default;

/// Every seed has its own mixture of weather.
void World::configure() {
  if (rng_.chance(700'000)) {
    network_faults_.loss_ppm = static_cast<std::uint32_t>(rng_.below(100'000));
    network_faults_.duplicate_ppm = static_cast<std::uint32_t>(rng_.below(50'000));
    network_faults_.corrupt_ppm = static_cast<std::uint32_t>(rng_.below(20'000));
    network_faults_.truncate_ppm = static_cast<std::uint32_t>(rng_.below(10'000));
    network_faults_.slow_ppm = static_cast<std::uint32_t>(rng_.below(50'000));
    network_faults_.send_refused_ppm = static_cast<std::uint32_t>(rng_.below(20'000));
  }
  network_.set_faults(network_faults_);
  attacked_ = rng_.chance(700'000);
  if (rng_.chance(400'000)) {
    disk_faults_.write_error_ppm = static_cast<std::uint32_t>(rng_.below(16'000));
    disk_faults_.sync_error_ppm = static_cast<std::uint32_t>(rng_.below(30'000));
    disk_faults_.sync_dir_error_ppm = static_cast<std::uint32_t>(rng_.below(20'000));
  }
  breakage_ppm_ = rng_.chance(850'000) ? 200 + rng_.below(3'000) : 0;

  engine::EngineConfig& engine = engine_config_.engine;
  engine.policy = memory_ ? proto::CommitPolicy::Memory : proto::CommitPolicy::Disk;
  engine.staging_bytes = rng_.chance(500'000) ? 256u << 10 : 1u << 20;
  // With much of the ring reserved, few outputs that wait fill the rest.
  const bool tight = engine.staging_bytes == 256u << 10 && rng_.chance(500'000);
  writer_share_ = tight ? 5 + rng_.below(20) : 20 + rng_.below(160);
  engine.reserved_commands = tight ? 11 : 4;
  engine.internal_commands = 2;
  engine.job_interval_commands = static_cast<std::uint32_t>(1 + rng_.below(8));
  engine.clock_interval_ms = 50;
  engine.rerelease_commands = static_cast<std::uint32_t>(rng_.below(300));
  engine.session.restart_grace_ms = 300;
  engine.session.cookie_lifetime_ms = 500;
  engine.session.missed_heartbeats = 4;
  if (rng_.chance(300'000)) engine.session.orders = {2'000, 20};
  engine.feed.heartbeat_ms = 20;
  engine.feed.multicast_a = kLineA;
  engine.feed.multicast_b = kLineB;

  journal::LogConfig& log = engine_config_.log;
  log.log_id = config_.seed * 2 + 1;
  log.segment_bytes = std::uint64_t{32} << (10 + rng_.below(3));
  log.ring_bytes = std::size_t{8} << (10 + rng_.below(5));
  log.max_batch_bytes = std::size_t{1} << (10 + rng_.below(5));
  if (config_.killed_first_start) {
    log.ring_bytes = 8u << 10;
    log.max_batch_bytes = 1u << 10;
  }
  log.max_payload_bytes = engine::kMaxRecordPayload;
  log.reserve_bytes = 8u << 10;
  log.keep_free_bytes = 64u << 10;
  log.zero_chunk_bytes = 16u << 10;
  log.retry_interval_ns = 5 * kMs;

  follower_config_.snapshot_commands = 100 + rng_.below(1'000);
  follower_config_.snapshot_interval_ns = 500 * kMs;
  follower_config_.snapshot_min_commands = 50;
  follower_config_.records_per_poll = static_cast<std::uint32_t>(1 + rng_.below(64));
  follower_config_.event_file_bytes = 64u << 10;
  follower_config_.event_write_ns = 5 * kMs;
  follower_config_.event_idle_write_ns = 200 * kMs;
  follower_config_.event_sync_ns = 500 * kMs;
  follower_config_.history.session_reports = std::size_t{128} << rng_.below(4);
  follower_config_.history.account_reports = 128;
  follower_config_.history.feed_messages = std::size_t{256} << rng_.below(4);
}

void World::make_clients() {
  const SimClient::Watch watch{judge_, auditor_, verdict_, coverage_};
  for (std::uint32_t session = 1; session < kSloppySession; ++session) {
    SimTransport& transport = network_.node(endpoint_of(session));
    clients_.push_back(std::make_unique<SimClient>(SimClient::Place{session, kEngine, kFollower},
                                                   transport, watch, rng_.fork(100 + session),
                                                   memory_));
    clients_.back()->restart(clock_.now());
  }
  sloppy_ = std::make_unique<SloppyClient>(kSloppySession, kEngine,
                                           network_.node(endpoint_of(kSloppySession)), coverage_,
                                           rng_.fork(99));
}

// ---- the scheduler -------------------------------------------------------------------------

bool World::run() {
  const bool interrupted = rng_.chance(600'000) || config_.killed_first_start;
  start_engine(interrupted ? rng_.below(40) : 1'000'000);
  start_follower();
  for (step_ = 1; step_ <= config_.steps && !verdict_.failed(); ++step_) one_step();
  if (!verdict_.failed()) settle();
  if (!verdict_.failed()) check_end();
  return !verdict_.failed();
}

void World::one_step() {
  maybe_break();
  restart_due();
  poll_somebody(rng_.below(1000));
  check_step();
  if (rng_.chance(400)) check_everything();
}

void World::poll_somebody(std::uint64_t dice) {
  clock_.advance_by(100 + rng_.below(3'000));
  if (dice < 250) {
    poll_engine();
  } else if (dice < 250 + writer_share_) {
    if (engine_ != nullptr) engine_->log().poll(clock_.now());
  } else if (dice < 430) {
    pass_time();
  } else if (dice < 480) {
    if (engine_ != nullptr) engine_->allocator().poll(clock_.now());
  } else if (dice < 560) {
    if (follower_ != nullptr) follower_->follower().poll(clock_.now());
  } else if (dice < 760) {
    clients_[rng_.below(clients_.size())]->poll(clock_.now());
  } else if (dice < 790) {
    sloppy_->poll(clock_.now());
  } else if (dice < 880) {
    SimClient& client = *clients_[rng_.below(clients_.size())];
    if (client.session() >= kFirstTrader || rng_.chance(150'000)) client.act();
  } else if (dice < 890) {
    if (!settling_) sloppy_->act();
  } else if (dice < 902) {
    if (!settling_ && attacked_) attacker_->act();
  } else if (dice < 940) {
    money_->poll();
  } else if (dice < 970) {
    gateway_->poll();
  } else {
    pass_time();
  }
}

void World::poll_engine() {
  if (engine_ == nullptr) return;
  engine_->engine().poll(clock_.now());
  if (!engine_->failed()) return;
  coverage_.add(Count::engine_log_failed);
  kill_engine("its log has failed");
}

void World::pass_time() {
  const TimeNs arrival = network_.next_arrival();
  const TimeNs soon = clock_.now() + rng_.below(100'000);
  TimeNs until = std::max(clock_.now(), std::min(arrival, soon));
  if (arrival == UINT64_MAX) until = clock_.now() + rng_.below(kMs);
  if (rng_.chance(3'000)) until = clock_.now() + rng_.below(20 * kMs);
  if (rng_.chance(200)) {
    coverage_.add(Count::long_pause);
    auditor_.copies_possible();  // clients do not wait for them as long as this
    until = clock_.now() + rng_.below(1'500 * kMs);
  }
  clock_.advance_to(until);
  network_.deliver_due();
}

/// Faults end, nobody sends anything new: everything under way has to come to its end in bounded
/// time.
void World::settle() {
  settling_ = true;
  note("settling");
  repair_everything();
  for (auto& client : clients_) client->settle();
  money_->settle();
  gateway_->settle();
  const TimeNs deadline = clock_.now() + 30'000 * kMs;
  std::string why;
  for (std::uint64_t i = 0; !verdict_.failed(); ++i, ++step_) {
    one_step();
    if (i % 500 == 0 && quiet(why)) return;
    if (i % 50 == 0 && network_.next_arrival() == UINT64_MAX) clock_.advance_by(kMs);
    if (clock_.now() < deadline) continue;
    verdict_.fail("liveness", "after 30 s without faults: %s", why.c_str());
  }
}

bool World::quiet(std::string& why) {
  if (engine_ == nullptr || follower_ == nullptr) {
    why = engine_ == nullptr ? "the engine is down" : "the follower is down";
    return false;
  }
  auditor_.advance();
  if (engine_->core().sequence() != judge_.durable()) {
    why = "the engine is at " + std::to_string(engine_->core().sequence()) + ", the disk at " +
          std::to_string(judge_.durable());
    return false;
  }
  for (const auto& client : clients_) {
    if (!client->quiet(why)) return false;
  }
  // Clock commands go on for ever; close behind is close enough.
  if (follower_->core() == nullptr ||
      follower_->core()->sequence() + 3 < engine_->core().sequence()) {
    why = "the follower lags behind";
    return false;
  }
  return money_->quiet(why) && gateway_->quiet(why);
}

void World::note(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  char stamped[320];
  std::snprintf(stamped, sizeof(stamped), "step %llu, %.6f s: %s", ull(step_),
                static_cast<double>(clock_.now() - VirtualClock::kStart) / 1e9, line);
  if (config_.verbose) std::printf("%s\n", stamped);
  notes_.emplace_back(stamped);
  if (notes_.size() > 40) notes_.pop_front();
}

std::string World::summary() const {
  char line[256];
  std::snprintf(line, sizeof(line),
                "seed %llu (%s): %llu steps, %.2f s, %llu commands, %llu trades, %llu reports and "
                "%llu feed messages checked, %llu starts",
                ull(config_.seed), memory_ ? "memory" : "disk", ull(step_),
                static_cast<double>(clock_.now() - VirtualClock::kStart) / 1e9,
                ull(judge_.durable()), ull(judge_.trade_count()), ull(auditor_.reports_checked()),
                ull(auditor_.feed_checked()), ull(engine_runs_));
  return line;
}

}  // namespace saker::sim
