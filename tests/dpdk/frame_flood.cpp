// frame_flood: hostile frames into the engine's receive ring, in the middle of a client's orders.
// One thread owns the wire: it trades through it and floods it. Rounds with and without flood take
// turns, and every frame must be counted as what it is. Exit status 1 when not.
#include <algorithm>
#include <cinttypes>
#include <thread>

#include "common/command_line.hpp"
#include "common/counters.hpp"
#include "net/dpdk/dpdk_config.hpp"
#include "proto/frame.hpp"
#include "tests/dpdk/bad_frames.hpp"
#include "tests/dpdk/flow_transport.hpp"
#include "tests/dpdk/raw_port.hpp"

namespace saker::tests {
namespace {

struct Options {
  FloorConfig floor;
  TransportOptions transport;
  std::string counters;
  std::string engine_mac;
  std::uint64_t rounds = 8;
  std::uint64_t round_ms = 250;
  std::uint64_t rate = 1'000'000;
  std::uint64_t orders_per_second = 5'000;
  double p99_limit_us = 0;
};

/// Keeps a session's first command and heartbeat as they went out: what a neighbour on the wire
/// would play again.
class Recorder final : public AnyTransport {
 public:
  explicit Recorder(std::unique_ptr<AnyTransport> inner) : inner_(std::move(inner)) {}
  std::span<net::Datagram> receive() override { return inner_->receive(); }
  std::span<std::byte> reserve() override { return built_ = inner_->reserve(); }
  void commit(net::Endpoint to, std::size_t size) override {
    note(built_.first(size));
    inner_->commit(to, size);
  }
  bool send(net::Endpoint to, std::span<const std::byte> bytes) override {
    note(bytes);
    return inner_->send(to, bytes);
  }
  std::size_t send_each(std::span<const net::Endpoint> to,
                        std::span<const std::byte> bytes) override {
    return inner_->send_each(to, bytes);
  }
  void flush() override { inner_->flush(); }
  void forget() {
    command.clear();
    heartbeat.clear();
  }

  std::vector<std::byte> command, heartbeat;

 private:
  void note(std::span<const std::byte> bytes) {
    proto::Prefix prefix;
    if (bytes.size() < sizeof prefix) return;
    std::memcpy(&prefix, bytes.data(), sizeof prefix);
    if (prefix.kind == proto::PacketKind::Command) keep(command, bytes);
    if (prefix.kind == proto::PacketKind::Heartbeat) keep(heartbeat, bytes);
  }
  static void keep(std::vector<std::byte>& kept, std::span<const std::byte> bytes) {
    if (kept.empty()) kept.assign(bytes.begin(), bytes.end());
  }
  std::unique_ptr<AnyTransport> inner_;
  std::span<std::byte> built_;
};

/// A kind of frame, what it is counted as, and how many went out.
struct Kind {
  const char* name;
  std::string counter;
  std::vector<std::byte> frame;
  std::uint64_t sent = 0;
  std::uint64_t before = 0;
};

class Flood {
 public:
  Flood(const Options& options, Floor& floor, Checks& checks)
      : options_(options), floor_(floor), checks_(checks) {}

  /// `old_command`: of a connection that has ended.
  bool prepare(const Recorder& now, const std::vector<std::byte>& old_command,
               std::string& error) {
    const ConfigTable file = load_config(options_.transport.dpdk);
    const net::DpdkConfig config = net::read_dpdk_config(file.section("dpdk"));
    raw_ = RawPort::open(config.device.substr(0, config.device.find(',')), error);
    reader_ = CounterReader::open(options_.counters, error);
    if (raw_ == nullptr || reader_ == nullptr) return false;
    FrameRoute route{config.mac, {}, {config.address, kPort}, {}};
    std::uint32_t engine = 0;
    if (!net::parse_mac(options_.engine_mac, route.to_mac) ||
        !net::parse_address(options_.floor.engine, engine) || now.command.empty() ||
        now.heartbeat.empty()) {
      error = "no MAC address, no address, or no command to forge from";
      return false;
    }
    route.to = {engine, static_cast<std::uint16_t>(options_.floor.port_base + 1)};
    for (BadFrame& bad : bad_frames(route, now.command)) {
      const bool at_session = bad.counted_as == net::FrameDrop::none;
      const std::string counter = std::string("frame_") + net::name_of(bad.counted_as);
      kinds_.push_back(
          {bad.kind, at_session ? "dropped_bad_tag" : counter, std::move(bad.bytes)});
    }
    // Of a connection that has ended; of this one; and what a resend looks like, which is answered
    // with the decision that was made, and never applied again.
    kinds_.push_back({"replayed_old", "dropped_bad_tag", good_frame(route, old_command)});
    kinds_.push_back({"replayed_beat", "dropped_replayed", good_frame(route, now.heartbeat)});
    kinds_.push_back({"replayed", "decisions", good_frame(route, now.command)});
    for (Kind& kind : kinds_) kind.before = value_of(kind.counter);
    return true;
  }

  /// Orders at a steady pace, with `rate` frames a second of all kinds among them or none.
  void round(std::uint64_t rate) {
    std::vector<std::uint64_t> times;
    const TimeNs start_ns = clock_.now_ns();
    const std::uint64_t length_ns = options_.round_ms * 1'000'000;
    std::uint64_t owed = 0, frames = 0, orders = 0, pending = 0, id = 0;
    for (std::uint64_t now_ns = 0; now_ns < length_ns; now_ns = clock_.now_ns() - start_ns) {
      owed = now_ns * rate / 1'000'000'000;
      if (owed > frames) frames += inject(owed - frames);
      turn();
      if (pending != 0) {
        const client::Outcome* outcome = floor_.maker().party.outcome(pending);
        if (outcome == nullptr) continue;
        times.push_back(outcome->round_trip_ns);
        pending = 0;
      } else if (now_ns * options_.orders_per_second / 1'000'000'000 > orders) {
        const bool place = ++orders % 2 == 1;
        pending = place ? floor_.place(floor_.maker(), {.side = client::Side::Buy,
                                                        .price_ticks = 2400,
                                                        .quantity_lots = 1}, &id)
                        : floor_.cancel(floor_.maker(), id);
      }
    }
    floor_.soon("the last order is decided", [&] {
      return pending == 0 || floor_.maker().party.outcome(pending) != nullptr;
    });
    if (!times.empty()) note_round(rate, times, frames, clock_.now_ns() - start_ns);
  }

  void report_rounds() {
    for (const bool flooded : {false, true}) {
      const auto& rounds = rounds_[flooded];
      std::printf("flood: %s: order to decision p50 %.1f us, p99 %.1f us (medians of %zu rounds)\n",
                  flooded ? "flooded" : "quiet  ", median(rounds, 0), median(rounds, 1),
                  rounds.size());
    }
    const double rate = median(rounds_[true], 2);
    const double worse = median(rounds_[true], 1) - median(rounds_[false], 1);
    std::printf("flood: %.0f frames a second; p99 differs by %.1f us\n", rate, worse);
    checks_.that(rate > 0, "no frame went out");
    if (options_.p99_limit_us > 0) {
      checks_.that(worse <= options_.p99_limit_us, "p99 is %.1f us worse", worse);
    }
  }

  void check_counts() {
    for (const Kind& kind : kinds_) {
      floor_.soon("every frame is counted", [&] { return counted(kind) >= sent_as(kind); });
      // The client may have sent one of its own again, which also is decided only once.
      const bool right = kind.counter == "decisions" ? counted(kind) >= sent_as(kind)
                                                     : counted(kind) == sent_as(kind);
      checks_.that(right, "%s: %lu sent, %lu counted as %s", kind.name, sent_as(kind),
                   counted(kind), kind.counter.c_str());
    }
  }
  std::uint64_t sent() const {
    std::uint64_t sum = 0;
    for (const Kind& kind : kinds_) sum += kind.sent;
    return sum;
  }

 private:
  static constexpr std::uint16_t kPort = 40'000;  // the maker's, as in dpdk_parties.cpp
  using Round = std::array<double, 3>;            // p50 us, p99 us, frames a second

  static double median(const std::vector<Round>& rounds, std::size_t which) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(round[which]);
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
  }
  void note_round(std::uint64_t rate, std::vector<std::uint64_t>& times, std::uint64_t frames,
                  std::uint64_t took_ns) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
      return static_cast<double>(times[index]) / 1e3;
    };
    rounds_[rate > 0].push_back(
        {at(0.5), at(0.99), static_cast<double>(frames) * 1e9 / static_cast<double>(took_ns)});
  }
  void turn() {
    for (auto& seat : floor_.seats()) seat->session->poll(clock_.now_ns());
  }
  std::uint64_t counted(const Kind& kind) const {
    return value_of(kind.counter) - kind.before;
  }
  /// What is asked for again is answered with a decision while its quota lasts.
  std::uint64_t value_of(const std::string& counter) const {
    const std::uint64_t value = reader_->value_of(counter);
    return counter == "decisions" ? value + reader_->value_of("dropped_answer_limited") : value;
  }
  /// Of all kinds that are counted as this one is.
  std::uint64_t sent_as(const Kind& kind) const {
    std::uint64_t sum = 0;
    for (const Kind& each : kinds_) sum += each.counter == kind.counter ? each.sent : 0;
    return sum;
  }
  /// At most a burst of frames of all kinds in turn; how many the wire took.
  std::size_t inject(std::uint64_t most) {
    std::array<std::span<const std::byte>, kBurst> burst;
    const std::size_t count = std::min<std::uint64_t>(most, kBurst);
    for (std::size_t i = 0; i < count; ++i) burst[i] = kinds_[(next_ + i) % kinds_.size()].frame;
    const std::size_t taken = raw_->send({burst.data(), count});
    for (std::size_t i = 0; i < taken; ++i) ++kinds_[(next_ + i) % kinds_.size()].sent;
    next_ = (next_ + taken) % kinds_.size();
    return taken;
  }
  static constexpr std::size_t kBurst = 32;
  const Options& options_;
  Floor& floor_;
  Checks& checks_;
  UtcClock clock_;  // the sessions' clock
  std::unique_ptr<RawPort> raw_;
  std::unique_ptr<CounterReader> reader_;
  std::vector<Kind> kinds_;
  std::size_t next_ = 0;
  std::vector<Round> rounds_[2];  // quiet, flooded
};

void one_order(Floor& floor) {
  std::uint64_t id = 0;
  floor.place(floor.maker(), {.side = client::Side::Buy, .price_ticks = 2400,
                              .quantity_lots = 1}, &id);
  floor.cancel(floor.maker(), id);
  floor.settle();
}

/// The maker ends its connection and begins another.
void log_on_again(Floor& floor) {
  Floor::Session& session = *floor.maker().session;
  session.orders().log_off();
  floor.soon("the maker logs off", [&] { return session.orders().logged_off(); });
  session.start(UtcClock().now_ns());
  floor.soon("the maker logs on again", [&] { return session.orders().logged_on(); });
}

int run(const Options& options) {
  Checks checks;
  Floor floor(options.floor, checks);
  Recorder* recorder = nullptr;
  const Floor::OpenTransport open = transport_maker(options.transport);
  const auto record = [&](std::size_t party, std::string& error) -> std::unique_ptr<AnyTransport> {
    auto inner = open(party, error);
    if (inner == nullptr || party != 0) return inner;
    auto recording = std::make_unique<Recorder>(std::move(inner));
    recorder = recording.get();
    return recording;
  };
  std::string error;
  if (!floor.open(record, error)) return std::fprintf(stderr, "flood: %s\n", error.c_str()), 2;
  floor.soon("all log on", [&] {
    return std::all_of(floor.seats().begin(), floor.seats().end(),
                       [](auto& seat) { return seat->session->orders().logged_on(); });
  });
  one_order(floor);
  const std::vector<std::byte> old_command = recorder->command;
  log_on_again(floor);
  recorder->forget();
  one_order(floor);
  floor.soon("a heartbeat", [&] { return !recorder->heartbeat.empty(); });
  Flood flood(options, floor, checks);
  if (!flood.prepare(*recorder, old_command, error)) {
    return std::fprintf(stderr, "flood: %s\n", error.c_str()), 2;
  }
  for (std::uint64_t i = 0; i < options.rounds; ++i) {
    flood.round(0);
    flood.round(options.rate);
  }
  flood.report_rounds();
  flood.check_counts();
  floor.settle();
  floor.mass_cancel(floor.maker());
  floor.settle();
  checks.that(floor.maker().party.open_orders() == 0 && floor.trades().count() == 0,
              "what was applied is not what was sent");
  std::printf("flood: decided=%lu skipped=%lu busy=%lu frames=%lu losses=%lu\n",
              floor.total(&Party::decided), floor.total(&Party::never_applied),
              floor.total(&Party::busy), flood.sent(), floor.total(&Party::losses));
  std::printf("flood: %lu checks, %lu failed\n", checks.made(), checks.failed());
  keep_wire(options.transport);
  return checks.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace saker::tests

int main(int argc, char** argv) {
  saker::tests::Options options;
  saker::CommandLine app("Hostile frames into the engine's receive ring, among a client's orders.");
  app.option("--secrets", options.floor.secrets, "directory with key-2.hex to key-4.hex")
      .required();
  app.option("--engine", options.floor.engine, "the engine's address").required();
  app.option("--engine-mac", options.engine_mac, "its MAC address").required();
  app.option("--port-base", options.floor.port_base, "as the engine's").range(1, 65'000);
  app.option("--dpdk", options.transport.dpdk, "file with a table [dpdk]").required();
  app.option("--counters", options.counters, "the engine's counters").required();
  app.option("--rounds", options.rounds, "quiet and flooded, each so often").shown();
  app.option("--round-ms", options.round_ms, "length of one").shown();
  app.option("--rate", options.rate, "frames a second").shown();
  app.option("--p99-limit-us", options.p99_limit_us,
             "most that p99 may differ; 0: it is only reported").shown();
  app.flag("--stay", options.transport.stay, "holds the wire at the end until standard input ends");
  if (const auto code = app.parse(argc, argv)) return *code;
  options.floor.heartbeat_ms = 2'000;  // a wire full of other things loses some
  return saker::tests::run(options);
}
