// What one order costs the engine's core over DPDK: from the round that polls its frame to the end
// of the round, when the answer is with the driver, policy memory. Client and engine take turns on
// one thread at the two ends of a wire in this process, so that a busy machine shows in the tail
// only. The client's turn leaves the caches to the engine as a pause of a few microseconds would.
// residence-bench --help says what can be chosen.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "client/order_entry_client.hpp"
#include "common/command_line.hpp"
#include "common/tsc_clock.hpp"
#include "engine/duty_cycle.hpp"
#include "engine/test_world.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "net/dpdk/process_wire.hpp"

namespace saker::bench {
namespace {

using namespace engine;
using namespace engine::testing;
using net::DpdkTransport;
using Exchange = Engine<DpdkTransport, TestLog, TscClock>;

std::unique_ptr<DpdkTransport> open_end(bool engine) {
  net::DpdkConfig config = net::acquainted_wire_end("residence", engine);
  config.port = engine ? 3'001 : 40'000;
  std::string error;
  auto transport = DpdkTransport::open(config, error);
  if (transport == nullptr) std::fprintf(stderr, "%s\n", error.c_str()), std::exit(1);
  return transport;
}

/// The engine of the tests' world with the clock and transport of production.
struct Box {
  explicit Box(DpdkTransport& transport, bool tagged) {
    config.policy = proto::CommitPolicy::Memory;
    config.staging_bytes = 4u << 20;
    config.session.orders = config.session.cancels = {};
    config.session.untagged = !tagged;
    log_config.log_id = 77;
    log_config.segment_bytes = 1u << 20;
    log_config.ring_bytes = 4u << 20;
    log_config.reserve_bytes = 64u << 10;
    log_config.keep_free_bytes = 0;
    log_config.max_payload_bytes = kMaxRecordPayload;
    allocator = std::make_unique<TestAllocator>(storage, log_config, 0);
    log = std::make_unique<TestLog>(storage, *allocator, log_config, journal::LogState{});
    SAKER_ASSERT(log->start());
    staging = std::make_unique<StagingRing>(config.staging_bytes);
    const Venue venue = parse_venue(kTestVenue, "venue");
    const char* why = nullptr;
    core = core::Core::create(venue.genesis, &why);
    engine = std::make_unique<Exchange>(*core, transport, *log, clock, *staging, config, secrets);
    RunStart<Exchange, TscClock> run(*engine, *core, clock, config);
    SAKER_ASSERT(run.first(venue, [this] { write_log(); }));
    duty = std::make_unique<DutyCycle>(engine->metrics());
  }
  void write_log() {
    const TimeNs now_ns = MonotonicClock().now_ns();
    while (allocator->poll(now_ns)) {
    }
    while (log->poll(now_ns)) {
    }
  }
  /// One round exactly as Loop measures it; its length.
  std::uint64_t round() {
    const TimeNs begin_ns = clock.now_ns();
    const bool busy = engine->poll(begin_ns);
    const TimeNs end_ns = clock.now_ns();
    duty->round(begin_ns, end_ns, busy);
    return end_ns - begin_ns;
  }

  TscClock clock;
  EngineConfig config;
  journal::LogConfig log_config;
  FakeSecrets secrets;
  journal::MemoryStorage storage;
  std::unique_ptr<StagingRing> staging;
  std::unique_ptr<TestAllocator> allocator;
  std::unique_ptr<TestLog> log;
  std::unique_ptr<core::Core> core;
  std::unique_ptr<Exchange> engine;
  std::unique_ptr<DutyCycle> duty;
};

struct Stages {
  std::vector<std::uint64_t> verify, match, release;  // received, sequenced, matched, released
  static void print(const char* name, std::vector<std::uint64_t>& ns) {
    std::sort(ns.begin(), ns.end());
    if (!ns.empty()) std::printf("%s %lu", name, ns[ns.size() / 2]);
  }
};

struct Trader : client::OrderEntryHandler {
  Trader(const client::SessionConfig& config, DpdkTransport& transport, Stages& to)
      : stages(to), queries(config, transport), orders(config, transport, queries, *this) {}
  void on_outcome(const client::Outcome&) { ++decided; }
  void on_order_accepted(const proto::Report& report) {
    stages.verify.push_back(report.sequenced_ns() - report.received_ns());
    stages.match.push_back(report.matched_ns() - report.sequenced_ns());
    stages.release.push_back(report.released_ns() - report.matched_ns());
  }
  Stages& stages;
  std::uint64_t decided = 0;
  client::QueryClient<DpdkTransport> queries;
  client::OrderEntryClient<DpdkTransport, Trader> orders;
};

struct Bench {
  Bench(bool tagged, DpdkTransport& engine_end, DpdkTransport& client_end)
      : box(engine_end, tagged), transport(client_end) {
    for (const std::uint32_t session : {2u, 3u}) {
      client::SessionConfig config;
      config.session = session;
      config.secret = *box.secrets.find(session);
      config.tagged = tagged;
      config.engine = engine_end.local();
      config.nonce_seed = TscClock::ticks();
      traders[session - 2] = std::make_unique<Trader>(config, client_end, stages);
      traders[session - 2]->orders.start(box.clock.now_ns());
    }
    while (!traders[0]->orders.logged_on() || !traders[1]->orders.logged_on()) turn();
  }

  void client_turn() {
    for (net::Datagram& datagram : transport.receive()) {
      proto::Prefix prefix;
      const Bytes bytes(datagram.data, datagram.size);
      if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) continue;
      traders[prefix.session - 2]->orders.on_datagram(datagram, box.clock.now_ns());
    }
    for (auto& trader : traders) trader->orders.poll(box.clock.now_ns());
    transport.flush();
  }
  void turn() {
    client_turn();
    box.round();
    box.write_log();
  }
  void send_one(bool trading) {
    if (trading) send_trading();
    else send_resting();
    ++number;
  }
  /// Half of the orders rest, half trade with them; sides change after each pair.
  void send_trading() {
    const std::uint32_t session = 2 + (number + number / 2) % 2;
    refused += traders[session - 2]->orders.send(client::NewOrderRequest{
        .account = session,
        .market = 1,
        .side = number % 2 == 0 ? proto::Side::Buy : proto::Side::Sell,
        .price_ticks = 2'500,
        .quantity_lots = 1}) == 0;
  }
  /// An order and the cancel of an older one, in turn.
  void send_resting() {
    constexpr std::uint64_t kResting = 100;
    auto& orders = traders[0]->orders;
    const std::uint64_t id = number / 2 + 1;
    if (number % 2 == 0 || id <= kResting) {
      refused += orders.send(client::NewOrderRequest{
          .account = 2,
          .market = 1,
          .price_ticks = static_cast<std::int64_t>(2'400 + id % 50),
          .quantity_lots = 1,
          .client_order_id = number + 1}) == 0;
    } else {
      refused += orders.send(client::CancelOrderRequest{
          .account = 2, .client_order_id = number - 2 * kResting}) == 0;
    }
  }
  [[noreturn]] void give_up(std::uint64_t sent) {
    std::fprintf(stderr, "after %lu orders: %lu were not sent; the engine's counters:\n", sent,
                 refused);
    const Metrics& metrics = box.engine->metrics();
#define SAKER_TELL(name, text) \
  if (metrics.name != 0) std::fprintf(stderr, "  %s %lu\n", #name, metrics.name);
    SAKER_ENGINE_COUNTERS(SAKER_TELL)
#undef SAKER_TELL
    std::exit(1);
  }
  std::uint64_t decided() const { return traders[0]->decided + traders[1]->decided; }

  Box box;
  DpdkTransport& transport;
  Stages stages;
  std::unique_ptr<Trader> traders[2];
  std::uint64_t number = 0;
  std::uint64_t refused = 0;
};

void run(std::uint64_t orders, std::uint64_t window, bool tagged, bool trading) {
  const auto engine_end = open_end(true);
  const auto client_end = open_end(false);
  Bench bench(tagged, *engine_end, *client_end);
  std::vector<std::uint64_t> rounds;  // of one window each
  for (std::uint64_t sent = 0; sent < orders; sent += window) {
    if (sent > orders / 10 && rounds.capacity() == 0) {  // warm
      rounds.reserve(orders);
      bench.stages = {};
      bench.box.engine->metrics().residence.hand_over();
      bench.box.engine->metrics().residence.take([](const LatencyHistogram&) {});
    }
    for (std::uint64_t i = 0; i < window; ++i) bench.send_one(trading);
    bench.transport.flush();
    const Metrics& metrics = bench.box.engine->metrics();
    const std::uint64_t goal = metrics.client_commands + window;
    std::uint64_t took_ns = 0;
    for (int rounds_left = 10'000; metrics.client_commands < goal; --rounds_left) {
      if (rounds_left == 0) bench.give_up(sent);
      took_ns += bench.box.round();
    }
    if (rounds.capacity() != 0) rounds.push_back(took_ns);
    if (sent % 512 < window) bench.box.write_log();
    while (bench.decided() < sent + window) {
      bench.client_turn();
      if (bench.decided() < sent + window) bench.box.round();
    }
  }
  std::sort(rounds.begin(), rounds.end());
  const LatencyHistogram& residence = bench.box.engine->metrics().residence.filling();
  std::printf("%s, %s, window %lu: ", tagged ? "tagged" : "untagged",
              trading ? "trade" : "rest", window);
  std::printf("residence p10 %lu p50 %lu p90 %lu p99 %lu ns; ", residence.percentile_ns(10),
              residence.percentile_ns(50),
              residence.percentile_ns(90), residence.percentile_ns(99));
  const std::uint64_t median = rounds[rounds.size() / 2];
  std::printf("core time of an order %lu ns (best %lu): %.2f M orders/s; ", median / window,
              rounds.front() / window, 1e3 * static_cast<double>(window) /
              static_cast<double>(median));
  Stages::print("verify ", bench.stages.verify);
  Stages::print(", match ", bench.stages.match);
  Stages::print(", to release ", bench.stages.release);
  std::printf(" ns\n");
}

}  // namespace
}  // namespace saker::bench

int main(int argc, char** argv) {
  std::uint64_t orders = 200'000;
  std::uint64_t window = 1;
  bool untagged = false;
  bool resting = false;
  saker::CommandLine app("What one order costs the engine's core over DPDK: client and engine take "
                         "turns at the two ends of a wire in this process.");
  app.option("orders", orders, "how many").shown().range(1'000, 100'000'000);
  app.option("window", window, "orders under way at a time").shown().range(1, 256);
  app.flag("--untagged", untagged, "without tags");
  app.flag("--rest", resting, "orders that rest, and their cancels; else every second one trades");
  if (const auto code = app.parse(argc, argv)) return *code;
  saker::bench::run(orders, window, !untagged, !resting);
  return 0;
}
