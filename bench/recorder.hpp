// Where a port reports answers during a phase. On the generator's thread; only adds up.
#pragma once

#include "bench/phase.hpp"

namespace saker::bench {

/// One send that waits for its answer.
struct Flight {
  std::uint64_t id = 0;
  TimeNs intended_ns = 0;
  TimeNs sent_ns = 0;
  bool measured = false;
};

/// An acknowledgement's stamps, UTC nanoseconds.
struct AckStamps {
  TimeNs received_ns = 0;
  TimeNs sequenced_ns = 0;
  TimeNs matched_ns = 0;
  TimeNs released_ns = 0;
};

class Recorder {
 public:
  explicit Recorder(PhaseResult& result) : result_(result) {}

  void begin(TimeNs from_ns, TimeNs to_ns) {
    from_ns_ = from_ns;
    to_ns_ = to_ns;
    point_ns_ = std::max<std::uint64_t>((to_ns - from_ns) / kSeriesPoints, 1);
  }

  /// An order or echo was answered.
  void answer(const Flight& flight, TimeNs now_ns, bool accepted) {
    count(flight, now_ns, accepted);
    if (!flight.measured) return;
    const std::uint64_t took_ns = since(flight.intended_ns, now_ns);
    result_.latency.record(took_ns);
    const std::size_t point = (flight.intended_ns - from_ns_) / point_ns_;
    result_.series[std::min(point, kSeriesPoints - 1)].record(took_ns);
  }
  void answer_cancel(const Flight& flight, TimeNs now_ns, bool accepted) {
    count(flight, now_ns, accepted);
    if (flight.measured) result_.cancel.record(since(flight.intended_ns, now_ns));
  }
  void stages(const Flight& flight, const AckStamps& ack, TimeNs now_ns) {
    if (!flight.measured || ack.matched_ns == 0) return;
    const std::array<TimeNs, kStages + 1> stamps{flight.intended_ns, flight.sent_ns,
                                                 ack.received_ns,    ack.sequenced_ns,
                                                 ack.matched_ns,     ack.released_ns, now_ns};
    for (std::size_t i = 0; i < kStages; ++i) {
      result_.stages[i].record(since(stamps[i], stamps[i + 1]));
    }
  }

 private:
  // Stamps of two processes may disagree by a little; time does not run backwards.
  static std::uint64_t since(TimeNs from_ns, TimeNs to_ns) {
    return to_ns > from_ns ? to_ns - from_ns : 0;
  }
  void count(const Flight& flight, TimeNs now_ns, bool accepted) {
    if (now_ns >= from_ns_ && now_ns < to_ns_) ++result_.answered_in_time;
    if (!flight.measured) return;
    ++result_.answered;
    if (!accepted) ++result_.refused;
  }

  PhaseResult& result_;
  TimeNs from_ns_ = 0;
  TimeNs to_ns_ = 0;
  std::uint64_t point_ns_ = 1;
};

}  // namespace saker::bench
