// frame_cost: what a bad frame costs the thread that receives it. Frames of each kind are put into
// the receive ring of a transport of this process, a burst at a time, and taken out against the
// clock. Prints nanoseconds per frame: of the best of many short rounds, which is what the code
// costs when nobody else has the core, and the median. Exit status 1 when a frame is not counted as
// what it is, or costs more than the limit in the best round.
#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "common/clock.hpp"
#include "common/command_line.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "proto/frame.hpp"
#include "tests/dpdk/bad_frames.hpp"
#include "tests/dpdk/raw_port.hpp"
#include "tests/dpdk/session_cost.hpp"

namespace saker::tests {
namespace {

constexpr std::size_t kBurst = 32;
constexpr std::size_t kRounds = 25;

struct Cost {
  double best_ns = 0;
  double median_ns = 0;
};

struct Bench {
  std::unique_ptr<net::DpdkTransport> receiver;
  std::unique_ptr<net::DpdkTransport> sender;
  std::unique_ptr<RawPort> raw;
  FrameRoute route;
};

std::unique_ptr<net::DpdkTransport> open_end(const char* device, std::uint32_t address,
                                             std::uint16_t port, std::string& error) {
  net::DpdkConfig config;
  config.device = device;
  config.memory = net::DpdkMemory::plain;
  config.memory_mb = 256;
  config.address = address;
  config.port = port;
  config.allow = {{0x0A090002, 0xFFFFFFFF}};
  return net::DpdkTransport::open(config, error);
}

bool open_bench(Bench& bench, std::string& error) {
  bench.receiver = open_end("ring:cost:a", 0x0A090001, 3001, error);
  if (bench.receiver == nullptr) return false;
  bench.sender = open_end("ring:cost:b", 0x0A090002, 40'000, error);
  if (bench.sender == nullptr) return false;
  bench.raw = RawPort::open("net_ring_cost_b", error);
  if (bench.raw == nullptr) return false;
  bench.route = {bench.sender->mac(), bench.receiver->mac(), bench.sender->local(),
                 bench.receiver->local()};
  return true;
}

/// Nanoseconds per frame of this kind; the frames must be received.
double one_round(Bench& bench, const std::vector<std::byte>& frame, std::size_t frames) {
  std::array<std::span<const std::byte>, kBurst> burst;
  burst.fill(frame);
  const MonotonicClock clock;
  std::uint64_t spent_ns = 0;
  for (std::size_t sent = 0; sent < frames; sent += kBurst) {
    std::uint64_t waiting = bench.raw->send(burst);
    const std::uint64_t until = bench.receiver->counters().frames + waiting;
    const TimeNs start_ns = clock.now_ns();
    for (int tries = 0; tries < 64 && bench.receiver->counters().frames < until; ++tries) {
      bench.receiver->receive();
    }
    spent_ns += clock.now_ns() - start_ns;
  }
  return static_cast<double>(spent_ns) / static_cast<double>(frames);
}

Cost cost_of(Bench& bench, const std::vector<std::byte>& frame, std::size_t frames) {
  std::array<double, kRounds> rounds{};
  for (double& round : rounds) round = one_round(bench, frame, frames);
  std::sort(rounds.begin(), rounds.end());
  return {rounds.front(), rounds[kRounds / 2]};
}

const char* verdict(bool counted, bool cheap) {
  if (!counted) return ": FAILED, not all are";
  return cheap ? "" : ": FAILED, over the limit";
}

/// What the transport drops by itself; how many kinds failed.
int frame_costs(Bench& bench, std::span<const std::byte> payload, std::size_t frames,
                double limit_ns) {
  int failures = 0;
  for (const BadFrame& bad : bad_frames(bench.route, payload)) {
    if (bad.counted_as == net::FrameDrop::none) continue;
    const std::uint64_t before = bench.receiver->dropped(bad.counted_as);
    const Cost cost = cost_of(bench, bad.bytes, frames);
    const bool counted = bench.receiver->dropped(bad.counted_as) - before == frames * kRounds;
    failures += !counted || cost.best_ns > limit_ns;
    std::printf("frame_cost: %-14s %6.1f ns (median %.1f), counted as %s%s\n", bad.kind,
                cost.best_ns, cost.median_ns, net::name_of(bad.counted_as),
                verdict(counted, cost.best_ns <= limit_ns));
  }
  return failures;
}

int measure(std::size_t frames, double limit_ns) {
  Bench bench;
  std::string error;
  if (!open_bench(bench, error)) {
    return std::fprintf(stderr, "frame_cost: %s\n", error.c_str()), 2;
  }
  const std::vector<std::byte> payload(112, std::byte{0x53});  // as long as an order
  const Cost good = cost_of(bench, good_frame(bench.route, payload), frames);
  std::printf("frame_cost: %-14s %6.1f ns (median %.1f), handed on\n", "good", good.best_ns,
              good.median_ns);
  int failures = frame_costs(bench, payload, frames, limit_ns);
  for (const SessionCost& one : session_costs(frames)) {
    // The transport spends on it what it spends on a good frame, then the session its own share.
    const double cost = good.best_ns + one.cost_ns;
    const bool cheap = !one.dropped || cost <= limit_ns;
    failures += !one.counted || !cheap;
    std::printf("frame_cost: %-14s %6.1f ns (median %.1f), %.1f of them in the session, %s%s\n",
                one.kind.c_str(), cost, good.median_ns + one.median_ns, one.cost_ns,
                one.dropped ? "dropped" : "answered", verdict(one.counted, cheap));
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace saker::tests

int main(int argc, char** argv) {
  std::uint64_t frames = 6'400;
  double limit_ns = 150;
  saker::CommandLine app("What a bad frame costs the thread that receives it.");
  app.option("--frames", frames, "of each kind, in each of 25 rounds; a multiple of 32").shown();
  app.option("--limit-ns", limit_ns, "most that a frame may cost").shown();
  if (const auto code = app.parse(argc, argv)) return *code;
  return saker::tests::measure(frames / 32 * 32, limit_ns);
}
