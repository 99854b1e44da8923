// What a worker is asked to measure, and what comes of it. Plain data: it lies in memory that the
// worker shares with the program that asks.
#pragma once

#include <array>

#include "bench/hdr_histogram.hpp"
#include "bench/pacing.hpp"
#include "common/latency_histogram.hpp"

namespace saker::bench {

struct PhaseRequest {
  double rate = 0;               // sends a second; 0: closed loop, `window` undecided at a time
  Arrivals arrivals = Arrivals::kPoisson;
  std::uint32_t window = 1;
  std::uint32_t sessions = 1;    // that take turns, of those logged on
  std::uint64_t warm_up_ns = 0;  // sent but not counted ..
  std::uint64_t measure_ns = 0;
  std::uint64_t cool_down_ns = 0;  // .. like what is sent in the end
  std::uint64_t commands = 0;    // closed loop: measure so many instead of `measure_ns`
  std::uint64_t late_ns = 0;     // the generator's own lag above which a send counts as late
  std::uint64_t seed = 1;
};

/// Where the time between two stamps of an acknowledgement goes.
enum class Stage : std::uint8_t { kPlan, kInbound, kVerify, kMatch, kStage, kOutbound };
inline constexpr std::size_t kStages = 6;

struct StageText {
  const char* name;
  const char* interval;
  const char* covers;
};
inline constexpr std::array<StageText, kStages> kStageTexts{{
    {"plan", "intended -> sent", "generator late, or too much undecided"},
    {"inbound", "sent -> received", "client encodes, tags, its driver, network, receive stamp"},
    {"verify", "received -> sequenced", "receive poll, frame checks, tag, decode, window"},
    {"match", "sequenced -> matched", "log record, risk, match, ledger legs, stage"},
    {"stage", "matched -> released", "wait for commit, release begins"},
    {"outbound", "released -> client", "build, tag, send, network, client verifies, decodes"},
}};

inline constexpr std::size_t kSeriesPoints = 25;

struct PhaseResult {
  TimeNs started_ns = 0;           // UTC, of the measured part
  std::uint64_t measured_ns = 0;   // its length as it was
  std::uint64_t planned = 0;       // sends intended in the whole phase, and ..
  std::uint64_t sent = 0;          // .. how many of them were made
  std::uint64_t measured = 0;      // sends of the measured part: orders, cancels or echoes
  std::uint64_t answered = 0;      // of these, answered within a second of the phase's end
  std::uint64_t refused = 0;       // of these, answered by something else than acceptance
  std::uint64_t answered_in_time = 0;  // answers that came while the measured part lasted
  std::uint64_t lost = 0;          // never answered
  std::uint64_t resent = 0;        // datagrams that the client had to send again
  std::uint64_t blocked = 0;       // times that sends had to wait: too much undecided
  std::uint64_t late = 0;          // measured sends the generator itself was late for
  HdrHistogram latency;            // orders or echoes: intended time -> answer at the client
  LatencyHistogram cancel;         // the same of cancels
  LatencyHistogram lag;            // intended time -> send begun, where not blocked
  std::array<LatencyHistogram, kStages> stages;
  std::array<LatencyHistogram, kSeriesPoints> series;  // `latency` by time of intention

  void clear() {
    started_ns = measured_ns = planned = sent = measured = answered = refused = 0;
    answered_in_time = lost = resent = blocked = late = 0;
    latency.clear();
    cancel.clear();
    lag.clear();
    for (LatencyHistogram& stage : stages) stage.clear();
    for (LatencyHistogram& point : series) point.clear();
  }
};

}  // namespace saker::bench
