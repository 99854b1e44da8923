// flow_client: the whole flow of orders with the real client over any transport, with checks of its
// own: every command decided exactly once, reports in order, fills of both sides alike, balances
// that add up. Prints what it did; exit status 1 when anything was not as it must be.
#include <memory>

#include "common/command_line.hpp"
#include "tests/dpdk/balances.hpp"
#include "tests/dpdk/flow_transport.hpp"
#include "tests/dpdk/steps.hpp"

namespace saker::tests {
namespace {

struct Options {
  FloorConfig floor;
  TransportOptions transport;
  std::uint64_t random_commands = 2'000;
  std::uint64_t seed = 1;
  bool restart = false;
  bool disconnect = false;
  std::string positions;
  std::string check;
};

int verdict(const Checks& checks) {
  std::printf("flow: %lu checks, %lu failed\n", checks.made(), checks.failed());
  return checks.failed() == 0 && checks.made() > 0 ? 0 : 1;
}

int check_only(const Options& options) {
  Checks checks;
  Positions positions;
  if (checks.that(read_positions(options.check, positions), "%s cannot be read",
                  options.check.c_str())) {
    check_balances(options.floor, positions, 0, checks);
  }
  return verdict(checks);
}

/// The network was as bad as was asked for, and that was felt.
void check_losses(Floor& floor) {
  const net::ImpairedCounters bad = floor.impairments();
  const client::OrderEntryCounters counters = floor.counters();
  std::printf("flow: datagrams lost=%lu doubled=%lu reordered=%lu\n", bad.lost, bad.doubled,
              bad.reordered);
  floor.checks().that(bad.lost > 0 && bad.doubled > 0 && bad.reordered > 0,
                      "the network was not bad at all");
  floor.checks().that(counters.resends > 0 && counters.duplicate_reports > 0 &&
                          counters.reports_recovered > 0,
                      "%lu commands were sent again, %lu reports came twice, %lu were recovered",
                      counters.resends, counters.duplicate_reports, counters.reports_recovered);
}

void print_counts(const Floor& floor, std::uint64_t trades) {
  const client::OrderEntryCounters counters = floor.counters();
  std::printf("flow: commands=%lu decided=%lu fills=%lu trades=%lu reports=%lu resends=%lu "
              "gaps=%lu recovered=%lu skipped=%lu busy=%lu\n",
              floor.total(&Party::commands), floor.total(&Party::decided),
              floor.total(&Party::fills), trades, counters.reports, counters.resends,
              counters.gaps, counters.reports_recovered, floor.total(&Party::never_applied),
              floor.total(&Party::busy));
}

int trade(const Options& options) {
  Checks checks;
  Floor floor(options.floor, checks);
  std::string error;
  if (!floor.open(transport_maker(options.transport), error)) {
    std::fprintf(stderr, "flow: %s\n", error.c_str());
    return 2;
  }
  floor.soon("all three log on", [&] {
    bool up = true;
    for (auto& seat : floor.seats()) up &= seat->session->orders().logged_on();
    return up;
  });
  if (checks.failed() == 0) {
    trade_step_by_step(floor);
    trade_at_random(floor, options.random_commands, options.seed);
    if (options.disconnect) disconnect(floor);
    if (options.restart) survive_restart(floor);
  }
  floor.trades().check_both_sides();
  if (options.transport.loss_ppm > 0) check_losses(floor);
  if (!options.positions.empty()) {
    checks.that(write_positions(options.positions, floor.positions()), "cannot write %s",
                options.positions.c_str());
  }
  if (!options.floor.follower.empty()) {
    check_balances(options.floor, floor.positions(), floor.highest_sequence(), checks);
  }
  for (auto& seat : floor.seats()) seat->session->orders().log_off();
  floor.soon("everybody logs off", [&] {
    bool off = true;
    for (auto& seat : floor.seats()) off &= seat->session->orders().logged_off();
    return off;
  });
  print_counts(floor, floor.trades().count());
  const int status = verdict(checks);
  keep_wire(options.transport);
  return status;
}

}  // namespace
}  // namespace saker::tests

int main(int argc, char** argv) {
  using namespace saker::tests;
  Options options;
  saker::CommandLine app("The whole flow of orders over any transport, with its own checks.");
  app.option("--secrets", options.floor.secrets, "directory with key-1.hex to key-4.hex")
      .required();
  app.option("--engine", options.floor.engine, "the engine's address").shown();
  app.option("--follower", options.floor.follower, "the follower's address; none: nobody is asked");
  app.option("--port-base", options.floor.port_base, "as the engine's").range(1, 65'000).shown();
  app.option("--dpdk", options.transport.dpdk,
             "file with a table [dpdk]: trade over this instead of sockets");
  app.option("--loss-ppm", options.transport.loss_ppm,
             "of a million datagrams, lost each way; as many come twice or late").shown();
  app.option("--heartbeat-ms", options.floor.heartbeat_ms, "five missed ones end a session")
      .range(50, 10'000).shown();
  app.option("--random", options.random_commands, "commands at random").shown();
  app.option("--seed", options.seed, "of the commands and of the losses").shown();
  app.flag("--disconnect", options.disconnect, "with cancel on disconnect");
  app.flag("--restart", options.restart, "asks for a restart of the engine on the way");
  app.flag("--stay", options.transport.stay, "holds the wire at the end until standard input ends");
  app.option("--positions", options.positions, "writes what was traded to this file");
  app.option("--check", options.check, "only compares such a file with the follower");
  if (const auto code = app.parse(argc, argv)) return *code;
  options.transport.seed = options.seed;
  return options.check.empty() ? trade(options) : check_only(options);
}
