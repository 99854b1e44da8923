// The core alone, and the yardsticks it is to be read against, in one run.
//
//   pointer_chase/KB   one dependent load, working set as named
//   dispatch_only/S    reading stream S and switching on the kind, nothing else
//   core_stream/S           applying stream S: risk, matching, ledger legs, events, chain
//
// `ns/command` (thread CPU time) is the figure; read it beside dispatch_only of the same stream.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <ctime>
#include <random>

#include "bench/streams.hpp"

namespace saker::bench {

namespace {

constexpr std::size_t kTimedCommands = 400'000;

const std::vector<Stream>& streams() {
  static const std::vector<Stream> recorded = record_streams(kTimedCommands);
  return recorded;
}

/// CPU time of this thread: what the neighbours on this machine do is left out.
class CpuTimer {
 public:
  void start() { began_ = now(); }
  void stop() { total_ns_ += now() - began_; }
  double total_ns() const { return total_ns_; }

 private:
  static double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  }
  double began_ = 0;
  double total_ns_ = 0;
};

void pointer_chase(benchmark::State& state) {
  const std::size_t lines = static_cast<std::size_t>(state.range(0)) * 1024 / kCacheLine;
  struct alignas(kCacheLine) Line { std::size_t next; };
  std::vector<Line> memory(lines);
  std::vector<std::size_t> order(lines);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::size_t i = 0; i < lines; ++i) memory[order[i]].next = order[(i + 1) % lines];
  std::size_t at = 0;
  CpuTimer timer;
  timer.start();
  for (auto _ : state) {
    for (int i = 0; i < 1'000; ++i) at = memory[at].next;
    benchmark::DoNotOptimize(at);
  }
  timer.stop();
  state.counters["ns/load"] = timer.total_ns() / 1e3 / static_cast<double>(state.iterations());
}

void per_command(benchmark::State& state, const Stream& stream, const CpuTimer& timer) {
  const auto commands = static_cast<double>(stream.size() - stream.setup_size());
  const double ns = timer.total_ns() / commands / static_cast<double>(state.iterations());
  state.counters["ns/command"] = ns;
  state.counters["Mcommands/s"] = 1e3 / ns;
  state.counters["fills/command"] = static_cast<double>(stream.fills) / commands;
  state.SetLabel(stream.name);
}

void dispatch_only(benchmark::State& state) {
  const Stream& stream = streams()[static_cast<std::size_t>(state.range(0))];
  CpuTimer timer;
  timer.start();
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::size_t i = stream.setup_size(); i < stream.size(); ++i) {
      const core::Command command = stream.command(i);
      switch (command.kind) {
        case proto::CommandKind::NewOrder:
          sum += static_cast<std::uint64_t>(command.as<proto::NewOrder>().price_ticks());
          break;
        case proto::CommandKind::CancelOrder:
          sum ^= command.as<proto::CancelOrder>().order_id();
          break;
        case proto::CommandKind::ReplaceOrder:
          sum -= command.as<proto::ReplaceOrder>().order_id();
          break;
        default: ++sum;
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  timer.stop();
  per_command(state, stream, timer);
}

void core_stream(benchmark::State& state) {
  const Stream& stream = streams()[static_cast<std::size_t>(state.range(0))];
  core::Output out;
  CpuTimer timer;
  for (auto _ : state) {
    state.PauseTiming();
    std::unique_ptr<core::Core> core = stream.prepared(out);
    state.ResumeTiming();
    timer.start();
    for (std::size_t i = stream.setup_size(); i < stream.size(); ++i) {
      core->apply(stream.command(i), out);
    }
    timer.stop();
    state.PauseTiming();
    benchmark::DoNotOptimize(core->chain_head());
    core.reset();
    state.ResumeTiming();
  }
  per_command(state, stream, timer);
}

BENCHMARK(pointer_chase)->Arg(16)->Arg(512)->Arg(4'096)->Arg(65'536);
BENCHMARK(dispatch_only)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);
BENCHMARK(core_stream)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace

int run_core_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace saker::bench
