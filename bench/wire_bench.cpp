// Order to acknowledgement over UDP sockets, beside the raw ping-pong of the same transport code.
//
// One order in flight. Rounds alternate between the echo process and the engine; whoever is not
// measured is stopped, so that each has a core to itself. The ratio is the median over the rounds
// of (median order -> ack) / (median ping-pong), which drifts of the machine leave alone.
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/children.hpp"
#include "client/socket_session.hpp"
#include "common/command_line.hpp"
#include "common/latency_histogram.hpp"

namespace saker::bench {

namespace {

struct WireOptions {
  std::string policy = "memory";
  bool untagged = false;
  std::uint32_t rounds = 21;
  std::uint32_t samples = 1'000;
  std::uint32_t window = 128;
  double seconds = 3;
  std::uint64_t commands = 0;  // 0: as many as fit into `seconds`
  std::string folder;          // kept afterwards; empty: a temporary one
  std::uint16_t port_base = 23'000;
  int client_cpu = 0;
  int engine_cpu = 1;
  std::string engine;  // program
  std::string venue;
  bool json = false;
};

constexpr std::uint32_t kSession = 8;  // guest of the default venue, with its key and account
constexpr std::uint32_t kMarket = 1;
constexpr std::int64_t kFarPrice = 2'100;  // inside the band, away from any other order

const char* wait_mode(const WireOptions& options) {
  return options.policy == "disk" ? "blocking" : "busy";
}

struct Handler : client::OrderEntryHandler {
  std::uint64_t outcomes = 0;
  std::uint64_t rejected = 0;
  std::uint64_t order_id = 0;
  void on_outcome(const client::Outcome& outcome) {
    ++outcomes;
    rejected += outcome.result != client::Result::kAccepted;
    order_id = outcome.order_id;
  }
};

using Session = client::SocketSession<Handler>;

/// A venue of its own in a temporary folder, the echo, and a session logged on to the engine.
class Wire {
 public:
  explicit Wire(const WireOptions& options) : options_(options) {}
  ~Wire() {
    std::error_code none;
    if (!folder_.empty() && options_.folder.empty()) std::filesystem::remove_all(folder_, none);
  }

  bool start(std::string& error) {
    if (!make_folder(error)) return false;
    write_config();
    if (!echo_.start_echo(echo_endpoint_, error)) return false;
    echo_.pin(options_.engine_cpu);
    echo_.pause();
    if (!engine_.start({options_.engine, "--config", folder_ + "/engine.toml", "--data",
                        folder_ + "/data", "--port-base", std::to_string(options_.port_base)},
                       folder_ + "/engine.log", error)) {
      return false;
    }
    return log_on(error);
  }

  std::uint64_t ping(Bytes payload) {
    const TimeNs began = clock_.now_ns();
    raw_->send(echo_endpoint_, payload);
    raw_->flush();
    while (raw_->receive().empty()) {
      if (clock_.now_ns() - began > 1'000'000'000) return 0;  // lost
    }
    return clock_.now_ns() - began;
  }

  /// Sends and spins until it is decided; 0 when that takes over a second.
  template <class Request>
  std::uint64_t decide(const Request& request) {
    const std::uint64_t before = handler_.outcomes;
    const TimeNs began = clock_.now_ns();
    session_->poll(began);
    const TimeNs sent = clock_.now_ns();
    if (session_->orders().send(request) == 0) return 0;
    transport_->flush();
    while (handler_.outcomes == before) {
      const TimeNs now = clock_.now_ns();
      session_->poll(now);
      if (now - sent > 1'000'000'000) return 0;
    }
    return clock_.now_ns() - sent;
  }

  std::uint64_t order_and_cancel() {
    const std::uint64_t ns = decide(next_order());
    decide(client::CancelOrderRequest{.account = kSession, .order_id = handler_.order_id});
    return ns;
  }

  client::NewOrderRequest next_order() {
    return {.account = kSession, .market = kMarket, .price_ticks = kFarPrice,
            .quantity_lots = 1, .client_order_id = ++client_order_id_};
  }

  /// Commands decided per second with `window` in flight: orders that rest and their cancels.
  double throughput() {
    std::vector<std::uint64_t> live;
    std::uint64_t sent = handler_.outcomes;
    const std::uint64_t first = handler_.outcomes;
    const TimeNs began = clock_.now_ns();
    const TimeNs end = began + static_cast<TimeNs>(options_.seconds * 1e9);
    const auto more = [&](TimeNs now) {
      return options_.commands == 0 ? now < end : handler_.outcomes - first < options_.commands;
    };
    TimeNs now = began;
    while (more(now)) {
      while (sent - handler_.outcomes < options_.window) {
        // By client order id: the cancel need not wait for the order's acknowledgement.
        const bool ok = sent % 2 == 0
            ? session_->orders().send(next_order()) != 0
            : session_->orders().send(client::CancelOrderRequest{
                  .account = kSession, .client_order_id = client_order_id_}) != 0;
        if (!ok) break;
        ++sent;
      }
      session_->poll(now);
      now = clock_.now_ns();
    }
    const double rate = static_cast<double>(handler_.outcomes - first) * 1e9 /
                        static_cast<double>(now - began);
    const TimeNs last = now + 2'000'000'000;
    while (session_->orders().in_flight() > 0 && clock_.now_ns() < last) {
      session_->poll(clock_.now_ns());
    }
    return rate;
  }

  Child& echo() { return echo_; }
  Child& engine() { return engine_; }
  const Handler& handler() const { return handler_; }
  std::uint64_t resends() const { return session_->orders().counters().resends; }
  void spin(TimeNs ns) {
    const TimeNs end = clock_.now_ns() + ns;
    while (clock_.now_ns() < end) session_->poll(clock_.now_ns());
  }

 private:
  bool make_folder(std::string& error) {
    std::error_code failed;
    char name[] = "/tmp/saker-bench-XXXXXX";
    if (!options_.folder.empty()) {
      std::filesystem::create_directories(options_.folder, failed);
      folder_ = options_.folder;
    } else if (::mkdtemp(name) != nullptr) {
      folder_ = name;
    }
    if (failed || folder_.empty()) error = "cannot make the folder for the engine's data";
    return error.empty();
  }

  void write_config() {
    std::filesystem::copy_file(options_.venue, folder_ + "/venue.toml",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream file(folder_ + "/engine.toml");
    // With the policy disk an order waits for the disk anyway, and log writer and hot thread, both
    // on one core here, would only take it from each other by spinning.
    file << "[loop]\nwait = \"" << wait_mode(options_) << "\"\n[commit]\npolicy = \""
         << options_.policy << "\"\n[sessions]\norders_per_second = 0\n"
         << "cancels_per_second = 0\nuntagged = "
         << (options_.untagged ? "true" : "false") << "\n[venue]\nfile = \"venue.toml\"\n";
  }

  bool log_on(std::string& error) {
    client::SessionConfig config;
    if (!client::load_session(folder_ + "/data/secrets", kSession, kSession, "127.0.0.1",
                              options_.port_base, config, error)) {
      return false;
    }
    config.tagged = !options_.untagged;
    config.follower = {};
    transport_ = client::open_socket(config.engine, error);
    raw_ = client::open_socket(echo_endpoint_, error);
    if (transport_ == nullptr || raw_ == nullptr) return false;
    session_ = std::make_unique<Session>(config, *transport_, handler_);
    session_->start(clock_.now_ns());
    const TimeNs end = clock_.now_ns() + 10'000'000'000;
    while (!session_->orders().logged_on() && clock_.now_ns() < end) {
      session_->poll(clock_.now_ns());
    }
    if (!session_->orders().logged_on()) error = "no logon within 10 s";
    return session_->orders().logged_on();
  }

  const WireOptions& options_;
  std::string folder_;
  UtcClock clock_;
  Child echo_;
  Child engine_;
  net::Endpoint echo_endpoint_;
  Handler handler_;
  std::unique_ptr<net::UdpTransport> transport_;
  std::unique_ptr<net::UdpTransport> raw_;
  std::unique_ptr<Session> session_;
  std::uint64_t client_order_id_ = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

struct WireResult {
  LatencyHistogram ping;
  LatencyHistogram order;
  std::vector<double> ratios;
  std::uint64_t lost = 0;
  double commands_per_second = 0;
};

WireResult measure(Wire& wire, const WireOptions& options) {
  WireResult result;
  std::array<std::byte, 152> payload{};  // as long as a NewOrder datagram
  for (std::uint32_t round = 0; round <= options.rounds; ++round) {
    LatencyHistogram ping;
    LatencyHistogram order;
    wire.engine().pause();
    wire.echo().resume();
    for (std::uint32_t i = 0; i < options.samples; ++i) {
      const std::uint64_t ns = wire.ping(payload);
      ns == 0 ? ++result.lost : (ping.record(ns), 0);
    }
    wire.echo().pause();
    wire.engine().resume();
    wire.spin(20'000'000);  // heartbeats that fell due meanwhile
    for (std::uint32_t i = 0; i < options.samples; ++i) {
      const std::uint64_t ns = wire.order_and_cancel();
      ns == 0 ? ++result.lost : (order.record(ns), 0);
    }
    if (round == 0) continue;  // warm-up
    result.ping.merge(ping);
    result.order.merge(order);
    const std::uint64_t ping_ns = std::max<std::uint64_t>(ping.percentile_ns(50), 1);
    result.ratios.push_back(static_cast<double>(order.percentile_ns(50)) /
                            static_cast<double>(ping_ns));
  }
  result.commands_per_second = wire.throughput();
  return result;
}

void print_row(const char* name, const LatencyHistogram& h) {
  std::printf("%-22s %10.2f %10.2f %10.2f %10.2f %10.2f %9llu\n", name,
              static_cast<double>(h.min_ns()) / 1e3, static_cast<double>(h.percentile_ns(50)) / 1e3,
              static_cast<double>(h.percentile_ns(90)) / 1e3,
              static_cast<double>(h.percentile_ns(99)) / 1e3,
              static_cast<double>(h.percentile_ns(99.9)) / 1e3,
              static_cast<unsigned long long>(h.count()));
}

void print_table(const WireResult& r, const Wire& wire, const WireOptions& o) {
  std::printf("transport UDP sockets, loopback; client and echo busy, engine %s; commit policy %s; "
              "%s; one order in flight\n",
              wait_mode(o), o.policy.c_str(), o.untagged ? "UNTAGGED" : "tagged");
  std::printf("%-22s %10s %10s %10s %10s %10s %9s\n", "microseconds", "min", "p50", "p90", "p99",
              "p99.9", "samples");
  print_row("raw UDP ping-pong", r.ping);
  print_row("order -> ack", r.order);
  std::printf("ratio of medians, median of %zu interleaved rounds: %.2f\n", r.ratios.size(),
              median(r.ratios));
  std::printf("throughput, %u in flight: %.0f commands/s decided (orders and their cancels)\n",
              o.window, r.commands_per_second);
  std::printf("lost %llu, resent %llu, not accepted %llu\n",
              static_cast<unsigned long long>(r.lost),
              static_cast<unsigned long long>(wire.resends()),
              static_cast<unsigned long long>(wire.handler().rejected));
}

void print_json(const WireResult& r, const Wire& wire, const WireOptions& o) {
  const auto histogram = [](const char* name, const LatencyHistogram& h) {
    std::printf("\"%s\": {\"min_ns\": %llu, \"p50_ns\": %llu, \"p99_ns\": %llu, "
                "\"p999_ns\": %llu, \"samples\": %llu}, ",
                name, static_cast<unsigned long long>(h.min_ns()),
                static_cast<unsigned long long>(h.percentile_ns(50)),
                static_cast<unsigned long long>(h.percentile_ns(99)),
                static_cast<unsigned long long>(h.percentile_ns(99.9)),
                static_cast<unsigned long long>(h.count()));
  };
  std::printf("{\"transport\": \"sockets\", \"policy\": \"%s\", \"tagged\": %s, ",
              o.policy.c_str(), o.untagged ? "false" : "true");
  histogram("ping_pong", r.ping);
  histogram("order_to_ack", r.order);
  std::printf("\"ratio_p50\": %.3f, \"window\": %u, \"commands_per_second\": %.0f, "
              "\"lost\": %llu, \"resent\": %llu, \"not_accepted\": %llu}\n",
              median(r.ratios), o.window, r.commands_per_second,
              static_cast<unsigned long long>(r.lost),
              static_cast<unsigned long long>(wire.resends()),
              static_cast<unsigned long long>(wire.handler().rejected));
}

void add_options(CommandLine& app, WireOptions& o, const std::string& program) {
  const std::filesystem::path build = std::filesystem::path(program).parent_path().parent_path();
  o.engine = (build / "engine" / "saker-engine").string();
  o.venue = (build / ".." / ".." / "engine" / "venue.toml").lexically_normal().string();
  app.option("--policy", o.policy, "commit policy: memory or disk")
      .one_of({"memory", "disk"}).shown();
  app.flag("--untagged", o.untagged, "no authentication tags, on both ends");
  app.option("--rounds", o.rounds, "interleaved rounds").shown();
  app.option("--samples", o.samples, "samples in a round").shown();
  app.option("--window", o.window, "commands in flight for the throughput").range(1, 256).shown();
  app.option("--seconds", o.seconds, "length of the throughput run").shown();
  app.option("--commands", o.commands, "length of the throughput run in commands instead");
  app.option("--folder", o.folder, "keep configuration, log and data here");
  app.option("--port-base", o.port_base, "UDP ports of the engine under test").shown();
  app.option("--client-cpu", o.client_cpu, "core of this program").shown();
  app.option("--engine-cpu", o.engine_cpu, "core of engine and echo").shown();
  app.option("--engine", o.engine, "engine program").shown();
  app.option("--venue", o.venue, "venue file with the guest session").shown();
  app.flag("--json", o.json, "one line of JSON");
}

}  // namespace

int run_wire_benchmark(int argc, char** argv) {
  CommandLine app(
      "Order to acknowledgement over UDP sockets beside a raw ping-pong in the same run.",
      "saker-bench wire");
  WireOptions options;
  add_options(app, options, std::filesystem::canonical("/proc/self/exe").string());
  if (const auto code = app.parse(argc, argv)) return *code;

  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(options.client_cpu, &set);
  Wire wire(options);
  std::string error;
  if (!wire.start(error)) {
    std::fprintf(stderr, "saker-bench wire: %s\n", error.c_str());
    return 1;
  }
  ::sched_setaffinity(0, sizeof set, &set);
  wire.engine().pin(options.engine_cpu);
  const WireResult result = measure(wire, options);
  options.json ? print_json(result, wire, options) : print_table(result, wire, options);
  const bool measured = result.order.count() > 0 && result.ping.count() > 0;
  return measured ? 0 : 1;
}

}  // namespace saker::bench
