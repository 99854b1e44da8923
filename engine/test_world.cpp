// Out of line, so that the engine is instantiated once and not by every test file.
#include "engine/test_world.hpp"

namespace saker::engine::testing {

const char* const kTestVenue = R"(
[genesis]
venue = "test"
orders = 4096
price_leaves = 1024
assets = 4
markets = 4
firms = 4
groups = 8
accounts = 8
sessions = 8
grants = 32
withdrawals = 16
proposals = 16
trades = 1024
client_ids_per_account = 1024
[[asset]]
id = 1
symbol = "EUR"
decimals = 2
[[asset]]
id = 2
symbol = "KCN"
decimals = 8
[[firm]]
id = 1
name = "venue"
[[firm]]
id = 2
name = "traders"
[[group]]
id = 1
firm = 1
name = "venue"
[[group]]
id = 2
firm = 2
name = "one"
[[group]]
id = 3
firm = 2
name = "two"
[[account]]
id = 1
group = 1
name = "fees"
[[account]]
id = 2
group = 2
name = "one"
[[account]]
id = 3
group = 3
name = "two"
[[session]]
id = 1
firm = 1
name = "admin"
key = 1
rights = ["administer", "approve", "funds", "view"]
cancel_on_disconnect = false
[[session]]
id = 2
firm = 2
name = "one"
key = 2
rights = ["trade", "cancel", "view"]
[[session]]
id = 3
firm = 2
name = "two"
key = 3
rights = ["trade", "cancel", "view"]
cancel_on_disconnect = false
[[grant]]
session = 2
accounts = [2]
rights = ["trade", "cancel", "view"]
[[grant]]
session = 3
accounts = [3]
rights = ["trade", "cancel", "view"]
[[market]]
id = 1
symbol = "KCN/EUR"
base = "KCN"
quote = "EUR"
fee_account = 1
price_decimals = 2
tick_size = "0.01"
lot_size = "1"
reference_price = "25.00"
min_quantity = "1"
max_quantity = "1000000"
min_notional = "0.01"
max_notional = "0"
max_price = "10000.00"
price_band_ppm = 0
protection_ppm = 0
maker_fee_ppm = 0
taker_fee_ppm = 0
phase = "open"
[[deposit]]
account = 2
asset = "EUR"
amount = "100000000.00"
[[deposit]]
account = 2
asset = "KCN"
amount = "10000000"
[[deposit]]
account = 3
asset = "EUR"
amount = "100000000.00"
[[deposit]]
account = 3
asset = "KCN"
amount = "10000000"
)";

World::World() {
  config.staging_bytes = 1u << 20;
  config.session.restart_grace_ms = 2'000;
  log_config.log_id = 77;
  log_config.segment_bytes = 512u << 10;
  log_config.ring_bytes = 1u << 16;
  log_config.reserve_bytes = 64u << 10;
  log_config.keep_free_bytes = 0;
  log_config.max_payload_bytes = kMaxRecordPayload;
}

World::~World() = default;

void World::start() {
  staging = std::make_unique<StagingRing>(config.staging_bytes);
  StateRecovery recovery(log_storage, snapshot_storage, *staging, config.rerelease_commands);
  recovered = recovery.run();
  SAKER_ASSERT(recovered.error.empty());
  allocator = std::make_unique<TestAllocator>(log_storage, log_config,
                                              recovered.log.next_segment());
  log = std::make_unique<TestLog>(log_storage, *allocator, log_config, recovered.log);
  SAKER_ASSERT(log->start());
  const bool first = is_first_start(recovered);
  const bool new_epoch = !first && needs_new_epoch(recovered);
  const char* why = nullptr;
  core = std::move(recovered.core);
  if (core == nullptr) core = core::Core::create(venue().genesis, &why);
  engine = std::make_unique<TestEngine>(*core, network, *log, clock, *staging, config, secrets);
  RunStart<TestEngine, ManualClock> run(*engine, *core, clock, config);
  const auto pump = [this] { write_log(); };
  SAKER_ASSERT(first ? run.first(venue(), pump) : run.again(new_epoch, pump));
  commit();
  network.clear();
}

const Venue& World::venue() {
  if (!parsed_ || parsed_text_ != venue_text) {
    parsed_ = parse_venue(venue_text, "venue");
    parsed_text_ = venue_text;
  }
  return *parsed_;
}

void World::crash() {
  engine.reset();
  log.reset();
  allocator.reset();
  core.reset();
  staging.reset();
  log_storage.crash();
  network.receive();
  network.clear();
}

void World::forget() {
  crash();
  log_storage = {};
  snapshot_storage = {};
  recovered = {};
  clock.time_ns = kBeginNs;
}

void World::write_log() {
  if (on_write_log) on_write_log();
  while (allocator->poll(clock.now_ns())) {
  }
  while (log->poll(clock.now_ns())) {
  }
}

void World::poll() {
  if (on_round) on_round();
  engine->poll(clock.now_ns());
}

void World::commit() {
  poll();
  write_log();
  poll();
}

void World::pass_ms(std::uint64_t ms) {
  for (; ms > 0; ms -= std::min<std::uint64_t>(ms, 50)) {
    clock.time_ns += std::min<std::uint64_t>(ms, 50) * 1'000'000;
    commit();
  }
}

bool TestClient::logon(std::uint32_t heartbeat_ms) {
  begin_logon(heartbeat_ms);
  for (int round = 0; round < 4 && !logged_on(); ++round) {
    poll_handshake();
    world_.commit();
    receive();
  }
  return logged_on();
}

void TestClient::begin_logon(std::uint32_t heartbeat_ms) {
  SAKER_ASSERT(early_.empty());
  proto::HandshakeClient::Config config;
  config.session = session_;
  config.keys = proto::derive_logon_keys(secret_);
  config.heartbeat_ms = heartbeat_ms;
  handshake_.emplace(config);
  handshake_->start(world_.clock.now_ns(), ++nonce_, 1);
}

Inbox TestClient::receive() {
  Inbox inbox;
  for (Packet& packet : world_.network.sent()) {
    if (packet.peer != peer) continue;
    open(packet, inbox);
    packet.peer = {};
  }
  return inbox;
}

void TestClient::open(Packet& packet, Inbox& inbox) {
  ++inbox.datagrams;
  proto::Prefix p;
  const std::span<std::byte> datagram{packet.bytes.data(), packet.size};
  SAKER_ASSERT(proto::parse_prefix(datagram, p) == proto::FrameError::None);
  if (proto::is_logon(p.kind)) return on_logon(p, datagram, inbox);
  if (!proto::check_tag(datagram, keys.to_client)) {
    // The engine changes the keys with the confirm; reports may leave before its answer does.
    SAKER_ASSERT(handshake_ && handshake_->state() == proto::HandshakeClient::State::kConfirming);
    return early_.push_back(packet);
  }
  const Bytes payload = proto::payload_of(datagram);
  switch (p.kind) {
    case proto::PacketKind::Reports:
      for (const proto::Report& report : proto::decode_reports(payload)) {
        inbox.reports.push_back(report);
      }
      break;
    case proto::PacketKind::Decision:
      inbox.decisions.push_back(*proto::decode<proto::Decision>(payload));
      break;
    case proto::PacketKind::Busy:
      inbox.busy.push_back(*proto::decode<proto::Busy>(payload));
      break;
    case proto::PacketKind::Heartbeat:
      inbox.heartbeats.push_back(*proto::decode<proto::Heartbeat>(payload));
      break;
    case proto::PacketKind::Logoff: ++inbox.logoffs; break;
    default: fatal("unexpected kind", __FILE__, __LINE__);
  }
}

void TestClient::on_logon(const proto::Prefix& p, std::span<std::byte> datagram, Inbox& inbox) {
  if (!handshake_) return;
  if (p.kind == proto::PacketKind::LogonRefused) {
    inbox.refused.push_back(*proto::decode<proto::LogonRefused>(proto::payload_of(datagram)));
  }
  const auto event = handshake_->on_datagram(p, datagram, world_.clock.now_ns());
  if (event != proto::HandshakeClient::Event::kAccepted) return;
  accepted = handshake_->accepted();
  keys = proto::derive_keys(secret_, accepted.epoch(), accepted.connection(),
                            proto::Purpose::OrderEntry);
  next_sequence = accepted.next_client_sequence();
  heartbeats_ = 0;
  prove_early(inbox);
}

/// They have the new keys, and what is in them LogonAccepted tells to be missing.
void TestClient::prove_early(Inbox& inbox) {
  for (const Packet& packet : early_) {
    const Bytes datagram{packet.bytes.data(), packet.size};
    SAKER_ASSERT(proto::check_tag(datagram, keys.to_client));
    proto::Prefix p;
    SAKER_ASSERT(proto::parse_prefix(datagram, p) == proto::FrameError::None);
    if (p.kind == proto::PacketKind::Heartbeat) continue;
    SAKER_ASSERT(p.kind == proto::PacketKind::Reports);
    for (const proto::Report& report : proto::decode_reports(proto::payload_of(datagram))) {
      SAKER_ASSERT(report.report_sequence() < accepted.next_report_sequence());
      inbox.early.push_back(report);
    }
  }
  early_.clear();
}

void TestClient::poll_handshake() {
  const std::size_t size = handshake_->poll(world_.clock.now_ns(), buffer_);
  if (size != 0) deliver(Bytes{buffer_.data(), size});
}

}  // namespace saker::engine::testing
