#include "bench/wire_run.hpp"

#include <unistd.h>

#include <cstdio>

#include "bench/facts.hpp"
#include "common/clock.hpp"
#include "common/counters.hpp"

namespace saker::bench {

namespace {

constexpr std::uint64_t kSettleNs = 50'000'000;
constexpr unsigned kRealtimeRestUs = 150'000;

}  // namespace

bool WireRun::start(std::string& error) {
  machine_ = machine_facts();
  return site_.make(error) && start_echo(error) && start_engine(error);
}

bool WireRun::start_echo(std::string& error) {
  if (!echo_.start_echo(site_.echo_end(), error)) return false;
  echo_.pin_hot_thread(options_.engine_cpu, -1, options_.realtime);
  const WorkerSetup setup{site_.ping_end(), site_.echo_end().local, {}, options_.client_cpu,
                          options_.realtime};
  if (!pinger_.start(setup, error) ||
      !wait_for_other_end(pinger_, [this] { return echo_.lives(); }, error)) {
    return false;
  }
  echo_.pause();
  return true;
}

bool WireRun::start_engine(std::string& error) {
  const std::string log = site_.folder() + "/engine.log";
  if (!engine_.start({options_.engine, "--config", site_.engine_config(), "--data", site_.data(),
                      "--port-base", std::to_string(options_.site.port_base)},
                     log, error)) {
    return false;
  }
  engine_.pin_hot_thread(options_.engine_cpu, options_.site.log_writer_cpu, options_.realtime);
  WorkerSetup setup{site_.order_end(), site_.engine_end().local, {}, options_.client_cpu,
                    options_.realtime};
  if (!site_.sessions(setup.sessions, error) || !trader_.start(setup, error)) return false;
  engine_.pause();
  return true;
}

bool WireRun::echo_phase(const PhaseRequest& request, std::string& error) {
  rest();
  echo_.resume();
  const bool done = pinger_.run(request, error);
  echo_.pause();
  return done;
}

bool WireRun::order_phase(const PhaseRequest& request, std::string& error) {
  rest();
  engine_.resume();
  const std::uint64_t before_ns = thread_cpu_ns(engine_.pid(), engine_.pid());
  const bool done = trader_.run(request, error);
  engine_cpu_ns_ = thread_cpu_ns(engine_.pid(), engine_.pid()) - before_ns;
  rest();  // for the log writer, too
  engine_.pause();
  return done;
}

// The kernel lets real-time threads have 95 % of each second and stops them for the rest of it;
// taking the pause between phases keeps it out of them.
void WireRun::rest() const {
  if (options_.realtime) ::usleep(kRealtimeRestUs);
}

bool WireRun::measure(Report& report, std::string& error) {
  report.transport = wire_name(options_.site.wire);
  report.closed = options_.closed;
  report.rate = options_.closed ? 0 : options_.rate;
  report.started_ns = UtcClock().now_ns();
  PhaseRequest settle = phase_of(options_, report.rate, 0.1, 1);
  settle.measure_ns += kSettleNs;
  if (!echo_phase(settle, error) || !order_phase(settle, error)) return false;
  if (!measure_rounds(report, error)) return false;
  report.engine = read_engine();
  if (options_.sweep > 0 && !measure_curve(report, error)) return false;
  if ((options_.throughput > 0 || options_.commands > 0) && !measure_throughput(report, error)) {
    return false;
  }
  engine_.resume();
  add_facts(report);
  judge(report);
  return true;
}

bool WireRun::measure_rounds(Report& report, std::string& error) {
  PhaseRequest request = phase_of(options_, report.rate, options_.seconds, 1);
  for (std::uint32_t i = 0; i < options_.rounds; ++i) {
    request.seed = options_.seed + i;
    auto round = std::make_unique<Round>();
    if (!echo_phase(request, error)) return false;
    round->echo.merge(pinger_.result().latency);
    round->echo_ns = pinger_.result().started_ns;
    report.echo.add(pinger_.result());
    if (options_.site.sessions > 1) {
      PhaseRequest one = request;
      one.sessions = 1;
      if (!order_phase(one, error)) return false;
      round->one_session.merge(trader_.result().latency);
      report.one_session.merge(trader_.result().latency);
    }
    if (!order_phase(request, error)) return false;
    const PhaseResult& orders = trader_.result();
    round->order.merge(orders.latency);
    round->order_ns = orders.started_ns;
    report.order.add(orders);
    report.cancel.merge(orders.cancel);
    for (std::size_t s = 0; s < kStages; ++s) report.stages[s].merge(orders.stages[s]);
    add_series(report);
    report.rounds.push_back(std::move(round));
  }
  return true;
}

void WireRun::add_series(Report& report) const {
  const PhaseResult& orders = trader_.result();
  const double began_s = static_cast<double>(orders.started_ns - report.started_ns) / 1e9;
  const double step_s = static_cast<double>(orders.measured_ns) / 1e9 / kSeriesPoints;
  for (std::size_t i = 0; i < kSeriesPoints; ++i) {
    const LatencyHistogram& h = orders.series[i];
    if (h.count() == 0) continue;
    report.series.push_back({began_s + step_s * (static_cast<double>(i) + 0.5),
                             h.percentile_ns(50), h.percentile_ns(99), h.max_ns()});
  }
  if (!report.series.empty()) report.series.back().last = true;
}

bool WireRun::measure_curve(Report& report, std::string& error) {
  double rate = options_.rate;
  std::uint32_t not_carried = 0;
  for (std::uint32_t i = 0; i < options_.sweep && not_carried < 2; ++i, rate *= 1.5) {
    const PhaseRequest request = phase_of(options_, rate, options_.seconds, 1);
    LoadPoint point;
    point.offered = rate;
    if (!echo_phase(request, error)) return false;
    if (!missed_schedule(pinger_.result())) {
      point.echo_p50_ns = pinger_.result().latency.percentile_ns(50);
    }
    if (!order_phase(request, error)) return false;
    const PhaseResult& orders = trader_.result();
    point.achieved = static_cast<double>(orders.answered_in_time) * 1e9 /
                     static_cast<double>(orders.measured_ns);
    point.p50_ns = orders.latency.percentile_ns(50);
    point.p99_ns = orders.latency.percentile_ns(99);
    point.p999_ns = orders.latency.percentile_ns(99.9);
    point.missed = missed_schedule(orders);
    if (point.missed || point.achieved < 0.99 * rate) ++not_carried;
    report.curve.push_back(point);
  }
  return true;
}

bool WireRun::measure_throughput(Report& report, std::string& error) {
  PhaseRequest request =
      phase_of(options_, 0, std::max(options_.throughput, 0.001), options_.site.window);
  const auto rate_of = [](std::uint64_t count, std::uint64_t ns) {
    return static_cast<double>(count) * 1e9 / static_cast<double>(std::max<std::uint64_t>(ns, 1));
  };
  request.commands = options_.commands;
  if (!order_phase(request, error)) return false;
  const PhaseResult& result = trader_.result();
  Throughput throughput;
  throughput.window = options_.site.window;
  throughput.commands_per_second = rate_of(
      result.answered_in_time - std::min(result.refused, result.answered_in_time),
      result.measured_ns);
  throughput.per_engine_cpu_second = 
      rate_of(result.sent - result.refused, engine_cpu_ns_);
  throughput.refused = result.refused;
  throughput.lost = result.lost;
  throughput.resent = result.resent;
  report.throughput = throughput;
  return true;
}

// Right after the rounds: what they say is of the last second.
std::vector<Fact> WireRun::read_engine() const {
  std::vector<Fact> facts;
  std::string error;
  const auto counters = CounterReader::open(site_.data() + "/run/engine.counters", error);
  if (counters == nullptr) return facts;
  // Names that begin so: how long the engine itself had a datagram, rounds, losses before it.
  for (const char* prefix : {"residence_", "round_", "stall", "busy_", "socket_", "dpdk_",
                             "send_failures"}) {
    for (std::size_t i = 0; i < counters->counters().size(); ++i) {
      const auto& counter = counters->counters()[i];
      if (counter.name.rfind(prefix, 0) != 0) continue;
      const double value = static_cast<double>(counters->value(i));
      const bool says_something = value != 0 || counter.name.rfind("residence_", 0) == 0;
      if (says_something) facts.push_back({counter.name, with_commas(value) + " " + counter.unit});
    }
  }
  return facts;
}

void WireRun::add_facts(Report& report) const {
  const WireOptions& o = options_;
  report.facts = machine_;
  const auto add = [&](const char* name, std::string value) {
    report.facts.push_back({name, std::move(value)});
  };
  add("transport", wire_text(o.site.wire));
  add("commit policy", o.site.policy);
  add("tags", o.site.untagged ? "UNTAGGED" : "tagged");
  add("engine waits", o.site.wait + ", its log writer: " + o.site.log_writer);
  add("log", "segments of " + o.site.segment + " on " + file_system_of(site_.folder()));
  add("sessions", std::to_string(o.site.sessions));
  add("scheduling", !o.realtime ? "ordinary"
                    : o.site.log_writer_cpu < 0
                        ? "generator, echo and hot thread SCHED_FIFO 1"
                        : "generator, echo and hot thread SCHED_FIFO 1, log writer 2");
  add("cores", "generator " + std::to_string(o.client_cpu) + ", engine or echo " +
                   std::to_string(o.engine_cpu) + ", log writer " +
                   std::to_string(o.site.log_writer_cpu) + " (-1: any)");
  add("load", o.closed ? std::string("closed loop, one in flight")
                       : with_commas(o.rate) + " commands/s offered, " + o.arrivals +
                             " arrivals, orders and cancels in turn");
  add("achieved", with_commas(report.order.rate()) + " commands/s, echo " +
                      with_commas(report.echo.rate()) + "/s");
  char times[160];
  std::snprintf(times, sizeof times, "%u of %g s, %g s before and %g s after each discarded",
                o.rounds, o.seconds, o.warm_up, o.cool_down);
  add("rounds", times);
  add("samples", with_commas(static_cast<double>(report.order.latency.count())) + " orders, " +
                     with_commas(static_cast<double>(report.echo.latency.count())) + " echoes");
  if (o.allow_late) add("NOTE", "taken with --allow-late: counts only, no figures");
}

void WireRun::judge(Report& report) const {
  const auto judge_one = [&](const char* name, const Totals& totals) {
    if (options_.closed) return;
    if (totals.late * 100 > totals.measured) {
      report.refused_because.push_back(
          std::string(name) + ": the generator was late by more than " +
          std::to_string(static_cast<unsigned>(options_.late_us)) + " us for " +
          std::to_string(totals.late) + " of " + std::to_string(totals.measured) + " sends");
    }
    if (totals.blocked == 0 && totals.sent * 100 < totals.planned * 99) {
      report.refused_because.push_back(std::string(name) + ": only " +
                                       std::to_string(totals.sent) + " of " +
                                       std::to_string(totals.planned) + " sends were made");
    }
  };
  judge_one("echo", report.echo);
  judge_one("orders", report.order);
}

}  // namespace saker::bench
