// The hot thread's loop: poll, publish counters, sleep where that is allowed.
//
// Busy mode spins: each round begins where the one before ended, so that one look at the clock a
// round is enough. Blocking mode sleeps when a round found nothing to do, until a datagram
// arrives, the log writer has made something durable, or a timer may be due.
#pragma once

#include <csignal>

#include "common/wake_fd.hpp"
#include "engine/counters.hpp"
#include "engine/duty_cycle.hpp"
#include "engine/engine.hpp"

namespace saker::engine {

/// What other threads tell the loop.
struct LoopSignals {
  WakeFd wake;
  std::atomic<bool> stop{false};
  std::atomic<std::uint8_t> clock_quality{0};
};

/// What is too much work for the hot thread: percentiles of what it has measured. Call it about
/// once a second, on another thread.
inline void evaluate_latencies(Metrics& metrics, Counters& counters) {
  metrics.order_to_ack.take([&counters](const LatencyHistogram& latency) {
    counters.set(kGauge_latency_samples, latency.count());
    if (latency.count() == 0) return;
    counters.set(kGauge_latency_p50_ns, latency.percentile_ns(50));
    counters.set(kGauge_latency_p90_ns, latency.percentile_ns(90));
    counters.set(kGauge_latency_p99_ns, latency.percentile_ns(99));
    counters.set(kGauge_latency_p999_ns, latency.percentile_ns(99.9));
    counters.set(kGauge_latency_max_ns, latency.max_ns());
  });
  metrics.residence.take([&counters](const LatencyHistogram& residence) {
    counters.set(kGauge_residence_samples, residence.count());
    if (residence.count() == 0) return;
    counters.set(kGauge_residence_p50_ns, residence.percentile_ns(50));
    counters.set(kGauge_residence_p99_ns, residence.percentile_ns(99));
    counters.set(kGauge_residence_max_ns, residence.max_ns());
  });
  metrics.answer_rounds.take([&counters](const LatencyHistogram& rounds) {
    if (rounds.count() == 0) return;
    counters.set(kGauge_answer_round_p50_ns, rounds.percentile_ns(50));
    counters.set(kGauge_answer_round_p99_ns, rounds.percentile_ns(99));
  });
}

enum class LoopEnd : std::uint8_t { kStopped, kStopTimedOut, kLogFailed };

template <class Engine, class Transport, CommandLog Log, Clock Time, class Host>
class Loop {
 public:
  Loop(Engine& engine, const core::Core& core, Transport& transport, Log& log, Time& clock,
       const StagingRing& staging, const EngineConfig& config, bool busy, Counters& counters,
       LoopSignals& signals, Host& host)
      : engine_(engine), core_(core), transport_(transport), log_(log), clock_(clock),
        staging_(staging), config_(config), busy_(busy), counters_(counters),
        signals_(signals), host_(host), duty_(engine.metrics()) {}

  /// Until a stop is asked for and carried out, or the log fails.
  LoopEnd run() {
    TimeNs begin_ns = clock_.now_ns();
    counters_.set(kGauge_started_ns, begin_ns);
    while (!signals_.stop.load(std::memory_order_relaxed)) {
      const bool worked = engine_.poll(begin_ns);
      if (engine_.failed()) return LoopEnd::kLogFailed;
      const TimeNs end_ns = clock_.now_ns();
      duty_.round(begin_ns, end_ns, worked);
      begin_ns = end_ns;
      if (end_ns - published_ns_ >= kPublishIntervalNs) publish_round(end_ns);
      if (worked || busy_) continue;
      rest();
      begin_ns = clock_.now_ns();
    }
    return stop();
  }

  /// Copies everything that is watched from outside.
  void publish_counters(TimeNs now_ns);

 private:
  static constexpr std::uint64_t kPublishIntervalNs = 100'000'000;
  static constexpr std::uint64_t kSecondNs = 1'000'000'000;
  static constexpr std::uint64_t kStopPatienceNs = 10 * kSecondNs;
  static constexpr std::uint64_t kRestNs = 20'000'000;
  static constexpr std::uint64_t kAloneRestNs = 90'000'000;  // nobody is logged on

  LoopEnd stop() {
    const TimeNs begun_ns = clock_.now_ns();
    for (;;) {
      const TimeNs now_ns = clock_.now_ns();
      const bool done = engine_.poll_stop(now_ns);
      if (engine_.failed()) return LoopEnd::kLogFailed;
      if (done) break;
      if (now_ns - begun_ns > kStopPatienceNs) return LoopEnd::kStopTimedOut;
      if (!busy_) rest();
    }
    publish_counters(clock_.now_ns());
    return LoopEnd::kStopped;
  }

  void publish_round(TimeNs now_ns) {
    published_ns_ = now_ns;
    engine_.set_clock_quality(signals_.clock_quality.load(std::memory_order_relaxed));
    publish_counters(now_ns);
  }

  void rest() {
    signals_.wake.prepare();
    if (engine_.can_release() || engine_.failed() ||
        (signals_.stop.load(std::memory_order_seq_cst) && !stopping_)) {
      stopping_ = signals_.stop.load(std::memory_order_relaxed);
      signals_.wake.cancel();
      return;
    }
    const bool alone = engine_.sessions_bound() == 0;
    transport_.wait(alone ? kAloneRestNs : kRestNs, signals_.wake.fd());
    signals_.wake.cancel();
  }

  void publish_second(TimeNs now_ns);

  Engine& engine_;
  const core::Core& core_;
  Transport& transport_;
  Log& log_;
  Time& clock_;
  const StagingRing& staging_;
  const EngineConfig& config_;
  const bool busy_;
  Counters& counters_;
  LoopSignals& signals_;
  Host& host_;  // of the process (engine_process.hpp): publishes the transport's own counters
  DutyCycle duty_;
  bool stopping_ = false;
  TimeNs published_ns_ = 0;
  TimeNs second_ns_ = 0;
  std::uint64_t busy_before_ns_ = 0;
  std::uint64_t orders_before_ = 0;
  std::uint64_t commands_before_ = 0;
};

template <class Engine, class Transport, CommandLog Log, Clock Time, class Host>
void Loop<Engine, Transport, Log, Time, Host>::publish_counters(TimeNs now_ns) {
  publish(engine_.metrics(), counters_);
  counters_.set(kGauge_sequence, core_.sequence());
  counters_.set(kGauge_committed_sequence, engine_.committed());
  counters_.set(kGauge_released_sequence, engine_.released_sequence());
  counters_.set(kGauge_durable_sequence, log_.durable_sequence());
  counters_.set(kGauge_feed_sequence, engine_.released_feed_sequence());
  counters_.set(kGauge_epoch, core_.epoch());
  counters_.set(kGauge_policy, static_cast<std::uint64_t>(config_.policy));
  counters_.set(kGauge_chain_head, core_.chain_head());
  counters_.set(kGauge_command_time_ns, core_.time_ns());
  counters_.set(kGauge_clock_quality, signals_.clock_quality.load(std::memory_order_relaxed));
  counters_.set(kGauge_open_orders, core_.open_order_count());
  counters_.set(kGauge_sessions_connected, engine_.sessions_bound());
  counters_.set(kGauge_feed_subscribers, engine_.subscribers());
  counters_.set(kGauge_room_state, static_cast<std::uint64_t>(log_.room()));
  counters_.set(kGauge_staging_used_bytes, staging_.used());
  counters_.set(kGauge_staging_capacity_bytes, staging_.capacity());
  const auto& transport = transport_.counters();  // lives on when it is a copy
  counters_.set(kGauge_socket_received, transport.received);
  counters_.set(kGauge_socket_dropped, transport.kernel_dropped);
  counters_.set(kGauge_socket_send_errors, transport.send_errors);
  counters_.set(kGauge_loop_longest_ns, duty_.longest_ns());
  host_.publish(transport_, counters_, kEngineCounterCount);
  if (now_ns < second_ns_ || now_ns - second_ns_ >= kSecondNs) publish_second(now_ns);
}

template <class Engine, class Transport, CommandLog Log, Clock Time, class Host>
void Loop<Engine, Transport, Log, Time, Host>::publish_second(TimeNs now_ns) {
  Metrics& metrics = engine_.metrics();
  const std::uint64_t passed_ns = now_ns > second_ns_ ? now_ns - second_ns_ : kSecondNs;
  const auto rate = [passed_ns](std::uint64_t count) {
    return static_cast<std::uint64_t>(static_cast<Int128>(count) * kSecondNs / passed_ns);
  };
  if (second_ns_ != 0) {
    counters_.set(kGauge_orders_per_second, rate(metrics.orders - orders_before_));
    counters_.set(kGauge_commands_per_second,
                  rate(metrics.commands_sequenced - commands_before_));
  }
  counters_.set(kGauge_loop_busy_permille,
                (metrics.loop_busy_ns - busy_before_ns_) * 1'000 / passed_ns);
  second_ns_ = now_ns;
  busy_before_ns_ = metrics.loop_busy_ns;
  orders_before_ = metrics.orders;
  commands_before_ = metrics.commands_sequenced;
  metrics.order_to_ack.hand_over();
  metrics.residence.hand_over();
  metrics.answer_rounds.hand_over();
  counters_.set(kGauge_poll_max_ns, duty_.take_longest_lately_ns());
}

}  // namespace saker::engine
