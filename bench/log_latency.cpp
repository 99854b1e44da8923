// Order to release through the real core, log and release gate, beside a raw write and fdatasync
// of the same bytes in the same folder: one order at a time, and at a given rate.
#include <cstdio>

#include "bench/log_bench.hpp"
#include "bench/text.hpp"

namespace saker::bench {

namespace {

const char* wait_text(const LogBenchOptions& options) {
  if (options.busy) return options.spin ? "hot thread and log writer spin" : "hot thread spins";
  return options.spin ? "log writer spins" : "both sleep when idle";
}

void describe(const char* what, const LogBenchOptions& options, const LogVenue& venue) {
  std::printf("# %s: %u rounds, %s, log written %s\n", what, options.rounds, wait_text(options),
              venue.write_note().c_str());
}

/// What the hot thread measured since the last call.
struct Latency {
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
};
Latency take_latency(LogVenue& venue) {
  Latency latency;
  venue.metrics().order_to_ack.hand_over();
  venue.metrics().order_to_ack.take([&](const LatencyHistogram& taken) {
    latency = {taken.percentile_ns(50), taken.percentile_ns(99)};
  });
  return latency;
}

struct LoadRound {
  Latency order;
  std::uint64_t raw_p50_ns = 0;
  std::uint64_t batch_bytes = 0;
  double commands_per_batch = 0;
  double paced_per_s = 0;
  double flood_per_s = 0;
  double flood_bytes_per_s = 0;
  std::uint64_t refused = 0;  // rounds in which there was no room for the next command
};

/// Sequences `count` commands from `next` on, `rate` a second (0: as fast as there is room), and
/// waits until all are released; nanoseconds.
std::uint64_t feed(LogVenue& venue, const Stream& stream, std::size_t& next, std::uint64_t count,
                   std::uint64_t rate, std::uint64_t& refused) {
  const TimeNs begin_ns = venue.now_ns();
  const auto due_ns = [&](std::uint64_t i) {
    return rate == 0 ? begin_ns : begin_ns + i * kSecondNs / rate;
  };
  for (std::uint64_t i = 0; i < count;) {
    const TimeNs now_ns = venue.now_ns();
    std::size_t burst = 0;
    while (i < count && burst < LogVenue::kAtOnce && due_ns(i) <= now_ns) {
      if (!venue.sequence(stream, next, rate == 0 ? now_ns : due_ns(i))) {
        ++refused;
        break;
      }
      ++next, ++i, ++burst;
    }
    const bool worked = venue.round();
    if (worked || burst != 0) continue;
    // Nothing is due, or there is no room until something has become durable.
    venue.rest(due_ns(i) > now_ns ? due_ns(i) : now_ns + 1'000'000);
  }
  venue.settle();
  return venue.now_ns() - begin_ns;
}

LoadRound load_round(LogVenue& venue, const Stream& stream, std::size_t& next, RawFile& raw,
                     const LogBenchOptions& options) {
  LoadRound round;
  const std::uint64_t batches = venue.batches();
  std::uint64_t bytes = venue.log_bytes();
  (void)take_latency(venue);
  std::uint64_t took_ns = feed(venue, stream, next, options.rate, options.rate, round.refused);
  round.order = take_latency(venue);
  round.paced_per_s = static_cast<double>(options.rate) * 1e9 / static_cast<double>(took_ns);
  const std::uint64_t written = venue.batches() - batches;
  round.commands_per_batch = static_cast<double>(options.rate) / static_cast<double>(written);
  round.batch_bytes = journal::whole_blocks((venue.log_bytes() - bytes) / written, 512);
  std::vector<std::uint64_t> raw_ns;
  for (int i = 0; i < 200; ++i) raw_ns.push_back(raw.write(round.batch_bytes));
  round.raw_p50_ns = percentile(raw_ns, 50);
  bytes = venue.log_bytes();
  std::uint64_t flood_refused = 0;
  took_ns = feed(venue, stream, next, options.commands, 0, flood_refused);
  (void)take_latency(venue);
  round.flood_per_s = static_cast<double>(options.commands) * 1e9 / static_cast<double>(took_ns);
  round.flood_bytes_per_s =
      static_cast<double>(venue.log_bytes() - bytes) * 1e9 / static_cast<double>(took_ns);
  return round;
}

template <class Value>
double median_of(const std::vector<LoadRound>& rounds, Value&& value) {
  std::vector<double> values;
  for (const LoadRound& round : rounds) values.push_back(static_cast<double>(value(round)));
  return median(values);
}

}  // namespace

void bench_log_light(const LogBenchOptions& options) {
  const std::uint64_t orders = options.commands != 0 ? options.commands : 500;
  const Stream stream = record_deep_stream(orders * options.rounds * 2);
  LogVenue venue(venue_options(options, "light"));
  venue.set_up(stream);
  RawFile raw(options.directory);
  std::size_t next = stream.setup_size();
  std::vector<double> order_p50, order_p99, raw_p50, raw_p99, ratios;
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    std::vector<std::uint64_t> order_ns, raw_ns;
    while (order_ns.size() < orders) {
      const Sequence before = venue.sequenced();
      const std::uint64_t bytes = venue.log_bytes();
      const TimeNs begin_ns = venue.now_ns();
      while (!venue.sequence(stream, next, begin_ns)) venue.round();
      ++next;
      if (venue.sequenced() == before) continue;
      while (venue.released() < venue.sequenced()) {
        if (!venue.round()) venue.rest(begin_ns + 10'000'000);
      }
      order_ns.push_back(venue.now_ns() - begin_ns);
      venue.settle();
      raw_ns.push_back(raw.write(venue.log_bytes() - bytes));
    }
    order_p50.push_back(us(percentile(order_ns, 50)));
    order_p99.push_back(us(percentile(order_ns, 99)));
    raw_p50.push_back(us(percentile(raw_ns, 50)));
    raw_p99.push_back(us(percentile(raw_ns, 99)));
    ratios.push_back(order_p50.back() / raw_p50.back());
  }
  venue.stop();
  describe("light", options, venue);
  std::printf("| order > release p50 us | p99 us | raw write+fdatasync p50 us | p99 us | ratio of "
              "p50 | wanted |\n| --- | --- | --- | --- | --- | --- |\n");
  std::printf("| %.0f | %.0f | %.0f | %.0f | %.2f | 1.5 |\n", median(order_p50),
              median(order_p99), median(raw_p50), median(raw_p99), median(ratios));
}

void bench_log_load(const LogBenchOptions& given) {
  LogBenchOptions options = given;
  if (options.commands == 0) options.commands = 1'000'000;
  if (options.rate == 0) options.rate = 500'000;
  const Stream stream =
      record_deep_stream((options.commands + options.rate) * options.rounds);
  LogVenue venue(venue_options(options, "load"));
  venue.set_up(stream);
  RawFile raw(options.directory);
  std::size_t next = stream.setup_size();
  std::vector<LoadRound> rounds;
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    rounds.push_back(load_round(venue, stream, next, raw, options));
  }
  venue.stop();
  describe("load", options, venue);
  std::printf("| commands/s | committed/s | commands, bytes of a batch | order > release p50 us | "
              "p99 us | raw p50 us | ratio of p50 | wanted | no room |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  std::printf("| %lu | %.0f | %.0f, %.0f | %.0f | %.0f | %.0f | %.2f | 2.5 | %.0f |\n",
              options.rate, median_of(rounds, [](auto& r) { return r.paced_per_s; }),
              median_of(rounds, [](auto& r) { return r.commands_per_batch; }),
              median_of(rounds, [](auto& r) { return r.batch_bytes; }),
              median_of(rounds, [](auto& r) { return us(r.order.p50_ns); }),
              median_of(rounds, [](auto& r) { return us(r.order.p99_ns); }),
              median_of(rounds, [](auto& r) { return us(r.raw_p50_ns); }),
              median_of(rounds, [](auto& r) {
                return static_cast<double>(r.order.p50_ns) / static_cast<double>(r.raw_p50_ns);
              }),
              median_of(rounds, [](auto& r) { return r.refused; }));
  std::printf("\n| as fast as there is room: committed/s | log MB/s | wanted/s |\n"
              "| --- | --- | --- |\n| %.0f | %.0f | 500,000 |\n",
              median_of(rounds, [](auto& r) { return r.flood_per_s; }),
              median_of(rounds, [](auto& r) { return r.flood_bytes_per_s; }) / 1e6);
}

}  // namespace saker::bench
