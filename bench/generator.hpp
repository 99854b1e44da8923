// The load generator. Open loop: sends when the schedule says, whatever became of the sends before,
// and measures from the intended time, so that a stall counts for everyone it delayed. Closed loop
// (rate 0): keeps a window of undecided sends full, for throughput and for one at a time.
//
// A port sends and collects answers:
//   void begin(const PhaseRequest&)  what is about to come
//   bool send(const Flight&)         false: too much is undecided, try again later
//   void flush()                     hands what was sent to the driver
//   void poll(TimeNs now_ns)         takes answers, which it tells its Recorder
//   std::size_t undecided()          sends without an answer, up to now
//   std::uint64_t resent()           datagrams sent more than once, since the port exists
//   void give_up()                   what is undecided is lost
#pragma once

#include "bench/recorder.hpp"
#include "common/clock.hpp"

namespace saker::bench {

template <class Port, Clock Time>
class Generator {
 public:
  Generator(Port& port, Recorder& recorder, Time& clock, PhaseResult& result)
      : port_(port), recorder_(recorder), clock_(clock), result_(result) {}

  void run(const PhaseRequest& request) {
    result_.clear();
    const std::uint64_t resent_before = port_.resent();
    port_.begin(request);
    const TimeNs begun_ns = clock_.now_ns() + kRunUpNs;
    from_ns_ = begun_ns + request.warm_up_ns;
    to_ns_ = from_ns_ + request.measure_ns;
    if (request.rate == 0 && request.commands != 0) to_ns_ = from_ns_ + kForeverNs;
    recorder_.begin(from_ns_, to_ns_);
    result_.started_ns = from_ns_;
    if (request.rate > 0) open_loop(request, begun_ns);
    else closed_loop(request, begun_ns);
    result_.lost = drain();
    result_.resent = port_.resent() - resent_before;
  }

 private:
  static constexpr std::uint64_t kRunUpNs = 1'000'000;
  static constexpr std::uint64_t kForeverNs = 3'600'000'000'000;
  static constexpr std::uint64_t kPatienceNs = 1'000'000'000;
  static constexpr std::uint32_t kMostAtOnce = 16;  // before answers are looked at again

  void open_loop(const PhaseRequest& request, TimeNs begun_ns) {
    Schedule schedule(request.arrivals, request.rate, begun_ns, request.seed);
    const TimeNs end_ns = to_ns_ + request.cool_down_ns;
    bool held_up = false;  // by want of room, and not caught up with the plan since
    while (schedule.next_ns() < end_ns) {
      std::uint32_t burst = 0;
      for (; burst < kMostAtOnce; ++burst) {
        const TimeNs now_ns = clock_.now_ns();
        const TimeNs intended_ns = schedule.next_ns();
        if (intended_ns > now_ns) held_up = false;
        if (intended_ns > now_ns || intended_ns >= end_ns) break;
        const Flight flight = flight_of(intended_ns, now_ns);
        if (!port_.send(flight)) {
          if (!held_up) ++result_.blocked;
          held_up = true;
          break;
        }
        count_sent(flight);
        if (!held_up) note_lag(flight, request.late_ns);
        schedule.advance();
      }
      if (burst > 0) port_.flush();
      port_.poll(clock_.now_ns());
      // Hopeless: what was planned for the phase will never be sent in a bounded time.
      if (clock_.now_ns() > end_ns + kPatienceNs) break;
    }
    for (; schedule.next_ns() < end_ns; schedule.advance()) ++result_.planned;
    result_.measured_ns = request.measure_ns;
  }

  void closed_loop(const PhaseRequest& request, TimeNs begun_ns) {
    TimeNs now_ns = clock_.now_ns();
    while (now_ns < begun_ns) now_ns = clock_.now_ns();
    const TimeNs end_ns = to_ns_ + request.cool_down_ns;
    TimeNs last_ns = now_ns;
    while (now_ns < end_ns && (request.commands == 0 || result_.measured < request.commands)) {
      std::uint32_t burst = 0;
      while (burst < kMostAtOnce && port_.undecided() < request.window) {
        now_ns = clock_.now_ns();
        const Flight flight = flight_of(now_ns, now_ns);
        if (!port_.send(flight)) break;
        ++burst;
        count_sent(flight);
        last_ns = now_ns;
      }
      if (burst > 0) port_.flush();
      port_.poll(now_ns);
      now_ns = clock_.now_ns();
      if (now_ns > last_ns + kPatienceNs) break;  // nobody answers any more
    }
    result_.measured_ns = std::min(now_ns, to_ns_) - std::min(from_ns_, now_ns);
  }

  Flight flight_of(TimeNs intended_ns, TimeNs now_ns) const {
    return {0, intended_ns, now_ns, intended_ns >= from_ns_ && intended_ns < to_ns_};
  }

  void count_sent(const Flight& flight) {
    ++result_.planned;
    ++result_.sent;
    if (flight.measured) ++result_.measured;
  }

  void note_lag(const Flight& flight, std::uint64_t late_ns) {
    if (!flight.measured) return;
    const std::uint64_t lag_ns = flight.sent_ns - flight.intended_ns;
    result_.lag.record(lag_ns);
    if (lag_ns > late_ns) ++result_.late;
  }

  /// Waits for what is undecided; how much stayed so.
  std::uint64_t drain() {
    const TimeNs end_ns = clock_.now_ns() + kPatienceNs;
    while (port_.undecided() > 0 && clock_.now_ns() < end_ns) port_.poll(clock_.now_ns());
    const std::uint64_t lost = port_.undecided();
    port_.give_up();
    return lost;
  }

  Port& port_;
  Recorder& recorder_;
  Time& clock_;
  PhaseResult& result_;
  TimeNs from_ns_ = 0;
  TimeNs to_ns_ = 0;
};

}  // namespace saker::bench
