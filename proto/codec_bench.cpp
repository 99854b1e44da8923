// What a datagram costs before and after the core: tag, decode, encode, each beside a copy of the
// same bytes, which is the least that touching them can cost.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "order_entry_generated.h"
#include "proto/samples.hpp"

namespace saker::proto {
namespace {

Sample sample_named(const char* name) {
  for (const Sample& sample : all_samples()) {
    if (sample.name == name) return sample;
  }
  fatal("no such sample", __FILE__, __LINE__);
}

void copy(benchmark::State& state, const char* name) {
  const Sample sample = sample_named(name);
  alignas(8) std::byte out[kMaxDatagramBytes];
  for (auto _ : state) {
    std::memcpy(out, sample.bytes, sample.size);
    benchmark::DoNotOptimize(out);
  }
}

void tag(benchmark::State& state, const char* name) {
  Sample sample = sample_named(name);
  const Key key = sample_keys(PacketKind::Command).to_server;
  for (auto _ : state) {
    seal(sample.datagram(), key);
    benchmark::DoNotOptimize(sample.bytes);
  }
}

void decode_new_order(benchmark::State& state) {
  const Sample sample = sample_named("NewOrder");
  for (auto _ : state) {
    Prefix prefix;
    benchmark::DoNotOptimize(parse_prefix(sample.view(), prefix));
    const auto kind = static_cast<CommandKind>(prefix.type);
    benchmark::DoNotOptimize(decode_command(kind, payload_of(sample.view())).body.data());
  }
}

void encode_three_reports(benchmark::State& state) {
  const Sample sample = sample_named("Reports-3");
  const auto reports = decode_reports(payload_of(sample.view()));
  alignas(8) std::byte out[kMaxPayloadBytes];
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode_reports(reports, out));
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK_CAPTURE(copy, order_112_bytes, "NewOrder");
BENCHMARK_CAPTURE(tag, order_112_bytes, "NewOrder");
BENCHMARK(decode_new_order);
BENCHMARK_CAPTURE(copy, reports_552_bytes, "Reports-3");
BENCHMARK_CAPTURE(tag, reports_552_bytes, "Reports-3");
BENCHMARK(encode_three_reports);

}  // namespace
}  // namespace saker::proto

BENCHMARK_MAIN();
