// The log alone on the fake disk: writer, segment allocator, recovery, reader. Records are
// appended, the scheduler lets any part take its next step, and at any moment the process dies or
// the power fails. Whatever the writer called durable must be there afterwards, byte for byte, and
// nothing may be there that was not appended.
#include <gtest/gtest.h>

#include <memory>

#include "journal/log_writer.hpp"
#include "journal/recovery.hpp"
#include "sim/durable_log.hpp"
#include "sim/virtual_clock.hpp"

namespace saker::sim {
namespace {

struct Tally {
  std::uint64_t records = 0;
  std::uint64_t restarts = 0;
  std::uint64_t torn = 0;
  std::uint64_t segments = 0;
  std::uint64_t failures = 0;
};

class LogWorld {
 public:
  LogWorld(std::uint64_t seed, Coverage& coverage, Tally& tally)
      : rng_(seed), tally_(tally),
        disk_(coverage, rng_.fork(1), 4u << 20), durable_(disk_, "log") {
    config_.log_id = seed | 1;
    config_.segment_bytes = 16u << 10;
    config_.ring_bytes = 16u << 10;
    config_.max_batch_bytes = 4096;
    config_.max_payload_bytes = 512;
    config_.reserve_bytes = 2048;
    config_.keep_free_bytes = 4096;
    config_.zero_chunk_bytes = 4096;
    DiskFaults faults;
    faults.write_error_ppm = 300;
    faults.sync_error_ppm = 1000;
    faults.sync_dir_error_ppm = 1000;
    if (rng_.chance(500'000)) disk_.set_faults(faults);
  }

  void run(int steps) {
    restart();
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
    disk_.set_faults({});
    disk_.set_capacity(4u << 20);
    end_process(rng_.chance(500'000));
    restart();
  }

 private:
  struct Process {
    Process(SimDisk& disk, const journal::LogConfig& config, const journal::LogState& end)
        : storage(disk, "log"), allocator(storage, config, end.next_segment()),
          writer(storage, allocator, config, end) {}
    SimStorage storage;
    journal::SegmentAllocator<SimStorage> allocator;
    journal::LogWriter<SimStorage> writer;
  };

  /// Until recovery succeeds; failing storage while recovering is a crash like any other.
  void restart() {
    for (int attempt = 0; process_ == nullptr; ++attempt) {
      ASSERT_LT(attempt, 100);
      ++tally_.restarts;
      SimStorage storage(disk_, "log");
      const journal::Recovery recovery = journal::recover(storage);
      ASSERT_NE(recovery.kind, journal::ReadKind::corruption)
          << to_string(recovery.damage.check) << " at segment "
          << recovery.damage.position.segment << " offset " << recovery.damage.position.offset;
      if (!recovery.ok()) {
        if (rng_.chance(300'000)) disk_.power_cut(PowerCut::random);
        continue;
      }
      tally_.torn += recovery.kind == journal::ReadKind::torn_tail;
      check_recovered(recovery.state);
      auto process = std::make_unique<Process>(disk_, config_, recovery.state);
      if (process->writer.start()) process_ = std::move(process);
    }
  }

  /// All that was promised is there, the rest is a prefix of what was appended.
  void check_recovered(const journal::LogState& state) {
    durable_.advance({});
    ASSERT_GE(state.last_sequence, promised_);
    ASSERT_LE(state.last_sequence, appended_.size());
    // What recovery hands out may be promised at once, so it has to be on the disk by itself.
    ASSERT_EQ(durable_.last_sequence(), state.last_sequence);
    ASSERT_EQ(durable_.first_lost(), 0u);
    SimStorage storage(disk_, "log");
    journal::LogReader<SimStorage> reader(storage, journal::ReadMode::sealed);
    Sequence sequence = 0;
    while (reader.next() == journal::ReadKind::record) {
      const Bytes payload = reader.record().payload;
      ASSERT_EQ(reader.record().header.sequence, ++sequence);
      ASSERT_EQ(std::vector<std::byte>(payload.begin(), payload.end()), appended_[sequence - 1]);
    }
    ASSERT_EQ(sequence, state.last_sequence);
    appended_.resize(sequence);
    promised_ = sequence;
  }

  void step() {
    clock_.advance_by(1000 + rng_.below(200'000));
    const std::uint64_t what = rng_.below(100);
    if (what < 40) append();
    else if (what < 80) process_->writer.poll(clock_.now());
    else if (what < 97) process_->allocator.poll(clock_.now());
    else if (what == 97) disk_.set_capacity(rng_.chance(300'000) ? 8192 : 4u << 20);
    else if (rng_.chance(200'000)) crash();
    const Sequence durable = process_->writer.durable_sequence();
    if (durable > promised_) {
      durable_.advance({});
      ASSERT_GE(durable_.last_sequence(), durable) << "called durable before it was";
      promised_ = durable;
    }
    if (process_->writer.failed()) {
      ++tally_.failures;
      crash();
    }
  }

  void append() {
    if (process_->writer.room() == journal::Room::none) return;
    std::vector<std::byte> payload(rng_.below(512));
    for (std::byte& byte : payload) byte = static_cast<std::byte>(rng_.next());
    if (!process_->writer.can_append(payload.size())) return;
    journal::RecordFields fields;
    fields.type = 1;
    fields.epoch = 1;
    fields.sequence = appended_.size() + 1;
    fields.timestamp_ns = clock_.now();
    process_->writer.append(fields, payload);
    appended_.push_back(std::move(payload));
    ++tally_.records;
  }

  void end_process(bool power) {
    tally_.segments += process_->writer.state().next.segment;
    process_.reset();
    if (power) disk_.power_cut(static_cast<PowerCut>(rng_.below(4)));
  }
  void crash() {
    end_process(rng_.chance(600'000));
    restart();
  }

  Rng rng_;
  Tally& tally_;
  VirtualClock clock_;
  SimDisk disk_;
  DurableLog durable_;
  journal::LogConfig config_;
  std::unique_ptr<Process> process_;
  std::vector<std::vector<std::byte>> appended_;
  Sequence promised_ = 0;
};

TEST(JournalCrash, WhatWasDurableSurvivesEverything) {
  Coverage coverage;
  Tally tally;
  const char* wanted = std::getenv("SAKER_SIM_SEEDS");
  const std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 60;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    LogWorld(seed, coverage, tally).run(4000);
  }
  EXPECT_GT(tally.records, seeds * 300);
  EXPECT_GT(tally.restarts, seeds * 5);
  EXPECT_GT(tally.torn, 0u);
  EXPECT_GT(tally.segments, 0u);
  EXPECT_GT(tally.failures, 0u);
  for (const Count count : {Count::disk_power_cut, Count::disk_sector_dropped,
                            Count::disk_sector_kept, Count::disk_write_torn,
                            Count::disk_name_dropped, Count::disk_write_error,
                            Count::disk_write_short, Count::disk_sync_error, Count::disk_full}) {
    EXPECT_GT(coverage.get(count), 0u) << name_of(count);
  }
}

}  // namespace
}  // namespace saker::sim
