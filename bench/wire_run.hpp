// One run of `saker-bench wire`: the processes, the rounds, the curve, the throughput.
//
// Four processes: echo, engine, and a worker against each. Rounds alternate between echo and
// engine, and whoever is not measured is stopped, so that each has its core to itself. The ratio
// is taken per round, which drifts of the machine leave alone.
#pragma once

#include "bench/children.hpp"
#include "bench/report.hpp"
#include "bench/wire_options.hpp"
#include "bench/worker.hpp"

namespace saker::bench {

class WireRun {
 public:
  explicit WireRun(const WireOptions& options) : options_(options), site_(options.site) {}

  /// Starts everything. False with `error` when that fails.
  bool start(std::string& error);
  /// Measures into `report`. False with `error` when a process fails.
  bool measure(Report& report, std::string& error);

 private:
  bool start_echo(std::string& error);
  bool start_engine(std::string& error);
  void rest() const;
  bool echo_phase(const PhaseRequest& request, std::string& error);
  bool order_phase(const PhaseRequest& request, std::string& error);
  bool measure_rounds(Report& report, std::string& error);
  bool measure_curve(Report& report, std::string& error);
  bool measure_throughput(Report& report, std::string& error);
  void add_series(Report& report) const;
  void add_facts(Report& report) const;
  std::vector<Fact> read_engine() const;
  void judge(Report& report) const;

  const WireOptions options_;
  Site site_;
  Child echo_;
  Child engine_;
  Worker pinger_;
  Worker trader_;
  std::vector<Fact> machine_;
  std::uint64_t engine_cpu_ns_ = 0;  // CPU time of the hot thread in the last order phase
};

}  // namespace saker::bench
