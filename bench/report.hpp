// Everything a run of `saker-bench wire` found, and the forms it is told in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/phase.hpp"

namespace saker::bench {

/// One line of the head: what was measured, where and how.
struct Fact {
  std::string name;   // "commit policy"
  std::string value;
};

/// A round: the echo, then the orders, at the same rate; with many sessions also those of one.
struct Round {
  HdrHistogram echo;
  HdrHistogram one_session;  // empty when there is only one
  HdrHistogram order;
  TimeNs echo_ns = 0;   // when each began, UTC
  TimeNs order_ns = 0;
  double ratio() const;  // of the medians, order : echo; 0 when one is empty
  double sessions_ratio() const;  // of the medians, many sessions : one
};

/// What adds up over all rounds of one kind.
struct Totals {
  std::uint64_t planned = 0;
  std::uint64_t sent = 0;
  std::uint64_t measured = 0;
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;
  std::uint64_t resent = 0;
  std::uint64_t blocked = 0;
  std::uint64_t late = 0;
  std::uint64_t answered_in_time = 0;
  std::uint64_t measured_ns = 0;
  HdrHistogram latency;
  LatencyHistogram lag;

  void add(const PhaseResult& phase);
  double rate() const;  // answered within the measured time, per second
};

/// One load of the curve.
struct LoadPoint {
  double offered = 0;   // sends a second
  double achieved = 0;  // answered within the measured time, per second
  std::uint64_t echo_p50_ns = 0;  // 0: the echo was not measured at this load
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t p999_ns = 0;
  bool missed = false;  // the generator missed its schedule: not a figure of the engine
};

struct SeriesPoint {
  double at_s = 0;  // since the run began
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t max_ns = 0;
  bool last = false;  // of its round
};

struct Throughput {
  double commands_per_second = 0;
  double per_engine_cpu_second = 0;  // commands : CPU time of the engine's hot thread
  std::uint32_t window = 0;
  std::uint64_t lost = 0;
  std::uint64_t resent = 0;
  std::uint64_t refused = 0;  // answered by something else than acceptance; not in the rates
};

struct Report {
  std::vector<Fact> facts;
  std::string transport;          // "memif"
  bool closed = false;            // one at a time instead of a schedule
  double rate = 0;                // offered, sends a second
  TimeNs started_ns = 0;
  std::vector<std::unique_ptr<Round>> rounds;
  Totals echo;
  Totals order;
  LatencyHistogram cancel;
  HdrHistogram one_session;       // orders of one session, when `order` is of many
  std::array<LatencyHistogram, kStages> stages;
  std::vector<SeriesPoint> series;
  std::vector<LoadPoint> curve;
  std::optional<Throughput> throughput;
  std::vector<Fact> engine;       // its own counters, where they say something
  std::vector<std::string> refused_because;  // empty: the run counts

  double ratio() const;           // median over the rounds
  double sessions_ratio() const;  // the same of Round::sessions_ratio(); 0: only one session
  const LoadPoint* knee() const;  // the last load that was carried, or nullptr
};

/// True when more than one send in a hundred was late for the generator's own reasons, or fewer
/// than 99 in a hundred of the planned ones were sent.
bool missed_schedule(const PhaseResult& phase);

std::string report_table(const Report& report);
std::string report_json(const Report& report);
/// One line for each row of the table and each load of the curve.
std::string report_csv(const Report& report);
/// A page with pictures that needs nothing beside it.
std::string report_html(const Report& report);
/// Its pictures alone: percentiles of orders and echo; latency against load.
std::string percentile_picture(const Report& report);
std::string load_picture(const Report& report);

/// Writes report.json, .csv and .html, percentiles.svg, load.svg (where there is a curve),
/// latency.hlog, order.hgrm and echo.hgrm into `folder`. False with `error` when one cannot be
/// written.
bool write_report(const Report& report, const std::string& folder, std::string& error);

}  // namespace saker::bench
