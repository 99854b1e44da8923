#include "bench/wire_options.hpp"

#include <cstdio>
#include <filesystem>

#include "common/command_line.hpp"

namespace saker::bench {

namespace {

void add_load_options(CommandLine& app, WireOptions& o) {
  app.option("--rate", o.rate, "commands a second, orders and their cancels together").shown();
  app.option("--arrivals", o.arrivals, "fixed or poisson").one_of({"fixed", "poisson"}).shown();
  app.flag("--closed", o.closed, "one in flight, the next when it is answered, instead of a rate");
  app.option("--sessions", o.site.sessions, "that take turns").range(1, 2'000).shown();
  app.option("--rounds", o.rounds, "of echo and orders in turn").range(1, 1'000).shown();
  app.option("--seconds", o.seconds, "measured in each round").shown();
  app.option("--warm-up", o.warm_up, "seconds before them that do not count").shown();
  app.option("--cool-down", o.cool_down, "seconds after them that do not count").shown();
  app.option("--sweep", o.sweep, "loads of the curve latency against load: from --rate up, each "
             "half as much again, until it is not carried").range(0, 40).shown();
  app.option("--throughput", o.throughput, "seconds of the closed-loop throughput run").shown();
  app.option("--window", o.site.window, "commands in flight in it, all sessions together")
      .range(1, 1'000).shown();
  app.option("--commands", o.commands, "its length in commands instead");
  app.option("--late-us", o.late_us, "a send so late by the generator's own fault counts as late; "
             "more than one in a hundred, and the run is refused (exit status 3)").shown();
  app.flag("--allow-late", o.allow_late, "do not refuse: for tests on busy machines, which look "
           "at counts only");
  app.option("--seed", o.seed, "of the poisson gaps").shown();
}

void add_place_options(CommandLine& app, WireOptions& o) {
  app.option("--transport", o.transport, "what lies between client and engine")
      .one_of({"sockets", "memif", "vhost", "af_packet"}).shown();
  app.option("--policy", o.site.policy, "commit policy: memory or disk")
      .one_of({"memory", "disk"}).shown();
  app.option("--wait", o.site.wait, "how the engine waits (disk on two cores: blocking)")
      .one_of({"busy", "blocking"}).shown();
  app.flag("--untagged", o.site.untagged, "no authentication tags, on both ends");
  app.flag("--huge-pages", o.site.huge_pages, "DPDK takes its memory from 2 MiB pages");
  app.option("--folder", o.site.folder, "keep configuration, log and data here; else in a folder "
             "of $TMPDIR that goes with the run");
  app.option("--port-base", o.site.port_base, "UDP ports of engine and echo").shown();
  app.option("--client-cpu", o.client_cpu, "core of the generator; -1: any").shown();
  app.option("--engine-cpu", o.engine_cpu, "core of the engine's hot thread and of the echo; "
             "-1: any").shown();
  app.option("--log-writer", o.site.log_writer, "how it waits for work: with two cores it must not "
             "spin").one_of({"auto", "spin", "nap"}).shown();
  app.option("--segment", o.site.segment, "size of the log's segments: at high rates the next one "
             "must be ready before this one is full").shown();
  app.option("--log-writer-cpu", o.site.log_writer_cpu, "core of the log writer and the engine's "
             "other threads; -1: any. With --realtime they come before what spins there").shown();
  app.flag("--realtime", o.realtime, "generator, echo and hot thread before everything else on "
           "their cores; phases should be shorter than 0.8 s then");
  app.option("--engine", o.engine, "engine program; empty: the one that belongs to the transport");
  app.option("--out", o.out, "folder for report.html, .json and .csv, pictures, latency.hlog and "
             "tables of percentiles");
  app.flag("--json", o.json, "print the report as one line of JSON");
}

}  // namespace

std::optional<int> read_wire_options(int argc, char** argv, WireOptions& o) {
  CommandLine app("Order to acknowledgement through a real engine process, beside the raw echo of "
                  "the same transport in the same run.",
                  "saker-bench wire");
  add_place_options(app, o);
  add_load_options(app, o);
  if (const auto code = app.parse(argc, argv)) return *code;
  parse_wire(o.transport, o.site.wire);
  if (!(o.rate > 0 && o.rate <= 1e8 && o.seconds > 0 && o.seconds <= 3'600 && o.warm_up >= 0 &&
        o.cool_down >= 0 && o.throughput >= 0)) {
    std::fputs("saker-bench wire: rate and times must be positive\n", stderr);
    return 2;
  }
  if (o.engine.empty()) {
    const auto self = std::filesystem::canonical("/proc/self/exe");
    o.engine = (self.parent_path().parent_path() / "engine" /
                (is_dpdk(o.site.wire) ? "saker-engine-dpdk" : "saker-engine")).string();
  }
  return std::nullopt;
}

PhaseRequest phase_of(const WireOptions& options, double rate, double seconds,
                      std::uint32_t window) {
  const auto ns = [](double s) { return static_cast<std::uint64_t>(s * 1e9); };
  PhaseRequest request;
  request.rate = rate;
  request.arrivals = options.arrivals == "fixed" ? Arrivals::kFixed : Arrivals::kPoisson;
  request.window = window;
  request.sessions = options.site.sessions;
  request.warm_up_ns = ns(options.warm_up);
  request.measure_ns = ns(seconds);
  request.cool_down_ns = ns(options.cool_down);
  request.late_ns = static_cast<std::uint64_t>(options.late_us * 1e3);
  request.seed = options.seed;
  return request;
}

}  // namespace saker::bench
