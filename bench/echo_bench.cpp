// saker-bench echo: the raw echo of a transport, either end of it.
#include <cstdio>

#include "bench/text.hpp"
#include "bench/wire_options.hpp"
#include "bench/worker.hpp"
#include "client/json_writer.hpp"
#include "common/command_line.hpp"
#include "net/endpoint.hpp"

namespace saker::bench {

namespace {

struct EchoOptions {
  std::string bind = "127.0.0.1:0";
  std::string dpdk;
  std::string to;
  WireOptions load;
  bool json = false;
};

void add_end_options(CommandLine& app, EchoOptions& o) {
  app.option("--bind", o.bind, "address and port of this end; over DPDK only the port counts")
      .shown();
  app.option("--dpdk", o.dpdk, "over DPDK, as the table [dpdk] of this file says; else sockets");
}

bool end_of(const EchoOptions& o, End& end) {
  end.wire = o.dpdk.empty() ? Wire::kSockets : Wire::kMemif;  // any that is over DPDK
  end.dpdk_config = o.dpdk;
  if (net::parse_endpoint(o.bind, end.local)) return true;
  std::fprintf(stderr, "saker-bench echo: not an address and port: %s\n", o.bind.c_str());
  return false;
}

int serve_echo(const EchoOptions& o) {
  End end;
  if (!end_of(o, end)) return 2;
  int report[2];
  if (::pipe(report) != 0) return 1;
  // The port is wanted when any was asked for; the loop never returns to say it.
  if (end.local.port != 0) std::printf("echo on port %u\n", unsigned{end.local.port});
  std::fflush(stdout);
  const std::string why = is_dpdk(end.wire) ? echo_over_dpdk(end, report[1])
                                            : echo_over_sockets(end, report[1]);
  std::fprintf(stderr, "saker-bench echo: %s\n", why.c_str());
  return 1;
}

void print_ping(const PhaseResult& r, const EchoOptions& o) {
  const HdrHistogram& h = r.latency;
  if (o.json) {
    client::JsonWriter json;
    json.open('{').key("sent").number(r.sent).key("answered").number(r.answered);
    json.key("lost").number(r.lost).key("late").number(r.late).key("min_ns").number(h.min_ns());
    json.key("p50_ns").number(h.percentile_ns(50)).key("p99_ns").number(h.percentile_ns(99));
    json.key("p999_ns").number(h.percentile_ns(99.9)).key("max_ns").number(h.max_ns());
    std::printf("%s\n", json.close('}').str().c_str());
    return;
  }
  std::printf("sent %llu, measured %llu, answered %llu, lost %llu, late %llu\n"
              "microseconds: min %.2f, p50 %.2f, p99 %.2f, p99.9 %.2f, max %.2f\n",
              ull(r.sent), ull(r.measured), ull(r.answered), ull(r.lost), ull(r.late),
              us(h.min_ns()), us(h.percentile_ns(50)),
              us(h.percentile_ns(99)), us(h.percentile_ns(99.9)), us(h.max_ns()));
}

int ping_echo(const EchoOptions& o) {
  WorkerSetup setup;
  if (!end_of(o, setup.end)) return 2;
  if (!net::parse_endpoint(o.to, setup.server)) {
    std::fprintf(stderr, "saker-bench echo: not an address and port: %s\n", o.to.c_str());
    return 2;
  }
  setup.cpu = o.load.client_cpu;
  Worker worker;
  std::string error;
  const double rate = o.load.closed ? 0 : o.load.rate;
  int tries = 10;  // nobody knows whether there is another end
  const bool done = worker.start(setup, error) &&
                    wait_for_other_end(worker, [&tries] { return --tries > 0; }, error) &&
                    worker.run(phase_of(o.load, rate, o.load.seconds, 1), error);
  if (!done) {
    std::fprintf(stderr, "saker-bench echo: %s\n", error.c_str());
    return 1;
  }
  print_ping(worker.result(), o);
  return worker.result().answered > 0 ? 0 : 1;
}

}  // namespace

int run_echo(int argc, char** argv) {
  CommandLine app("The raw echo: what a transport costs with nothing behind it.",
                  "saker-bench echo");
  EchoOptions o;
  o.load.client_cpu = -1;
  CommandLine* serve = app.command("serve", "sends back whatever comes, until it is stopped");
  add_end_options(*serve, o);
  CommandLine* ping = app.command("ping", "measures against one that serves");
  add_end_options(*ping, o);
  ping->option("--to", o.to, "address and port of the one that serves").required();
  ping->option("--rate", o.load.rate, "datagrams a second").shown();
  ping->flag("--closed", o.load.closed, "one in flight, the next when it is back");
  ping->option("--seconds", o.load.seconds, "measured").shown();
  ping->option("--cpu", o.load.client_cpu, "core of this process; -1: any").shown();
  ping->flag("--json", o.json, "one line of JSON");
  app.require_command();
  if (const auto code = app.parse(argc, argv)) return *code;
  return serve->chosen() ? serve_echo(o) : ping_echo(o);
}

}  // namespace saker::bench
