// The command log's writer. Two sides:
//
// Producer (the hot thread): append() copies a record into a ring, a few tens of nanoseconds, no
// system call, no checksum; room() says how much the disk will still take; durable_sequence()
// says what may be released.
//
// Consumer (the log writer's thread, or the simulator): poll() takes whatever has queued, makes
// one batch of it, writes it, syncs it and publishes durable_sequence. What queues during a sync
// goes into the next batch: that is the whole group commit. Each poll() does at most one storage
// operation, so that a simulated power cut can fall between any two.
//
// An I/O error is final: failed() stays set and the process must stop at once. After a failed
// sync nobody knows what is on the disk, and a second sync that says "ok" proves nothing.
#pragma once

#include <atomic>
#include <functional>

#include "common/wake_up.hpp"
#include "journal/format.hpp"
#include "journal/record_ring.hpp"
#include "journal/segment_allocator.hpp"
#include "journal/storage.hpp"

namespace saker::journal {

/// What the producer says about a record; shard, length and checksums are the log's business.
struct RecordFields {
  std::uint16_t type = 0;  // not kBatchType
  std::uint8_t flags = 0;
  std::uint16_t rule_version = 0;
  std::uint32_t epoch = 0;      // never falls
  Sequence sequence = 0;        // the one before plus 1
  TimeNs timestamp_ns = 0;      // never falls
};

enum class Room : std::uint8_t {
  normal,
  low,   // only the reserve is left: refuse what is new (unlogged), let cancels and admin go on
  none,  // not even that: append nothing
};

enum class LogStep : std::uint8_t {
  idle, write_segment_header, sync_segment_header, write_batch, sync_batch, write_mark,
};
const char* to_string(LogStep step);

template <Storage S>
class LogWriter {
 public:
  /// `end` is what recovery returned. The allocator must have been made for end.next_segment().
  LogWriter(S& storage, SegmentAllocator<S>& allocator, const LogConfig& config,
            const LogState& end);

  /// Before anything else: opens the current segment and the mark. False: see failure_step().
  bool start();

  // --- Producer ---------------------------------------------------------------------------
  /// Room in the ring for one record (or `count` of them) of that many payload bytes.
  bool can_append(std::size_t payload_bytes, std::size_t count = 1) {
    return ring_.has_room(payload_bytes, count);
  }
  /// Appends a record whose payload is `first` and `second` in a row, together at most
  /// max_payload_bytes. There must be room (can_append). The consumer is not woken: kick() does
  /// that, once per burst.
  void append(const RecordFields& fields, Bytes first, Bytes second = {});
  void kick() { work_.notify(); }
  /// What the disk will take, everything already appended counted at its worst.
  Room room() const {
    const auto left = static_cast<std::int64_t>(frontier_.load(std::memory_order_acquire) -
                                                appended_worst_);
    if (left > static_cast<std::int64_t>(config_.reserve_bytes)) return Room::normal;
    return left >= static_cast<std::int64_t>(worst_record_) ? Room::low : Room::none;
  }

  // --- Any thread -------------------------------------------------------------------------
  Sequence durable_sequence() const { return durable_sequence_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// What the ring's memory is on, for the start-up log.
  const char* memory_note() const { return ring_.memory_note(); }
  /// Valid once failed() is set.
  LogStep failure_step() const { return step_; }

  // --- Consumer ---------------------------------------------------------------------------
  /// One step. True when there is more to do at once; false when nothing is queued, when the
  /// disk is full, or after a failure.
  bool poll(TimeNs now_ns);
  /// Nothing is queued and nothing under way.
  bool idle() { return step_ == LogStep::idle && ring_.empty(); }
  /// True while records wait for disk space. If poll() then says false, call it again after
  /// retry_interval_ns, or when woken.
  bool starved() const { return starved_; }
  /// Would poll() find something new to do? For the check between WakeUp::prepare and wait.
  bool wants_poll() {
    if (failed()) return false;
    if (allocator_.failed()) return true;
    if (starved_ && step_ != LogStep::idle) return false;  // a write is repeated by the clock
    if (allocator_.ready() != next_was_ready_) return true;
    return !starved_ && (step_ != LogStep::idle || !ring_.empty());
  }
  /// Called on the consumer's thread after durable_sequence has moved: wakes who waits for it.
  void set_on_durable(std::function<void(Sequence)> callback) { on_durable_ = std::move(callback); }
  /// The consumer's thread sleeps on this; kick() and the allocator notify it.
  WakeUp& wake_up() { return work_; }
  /// Clean stop, when idle: makes the mark durable too, so that from then on any damage to the
  /// log is known to be damage and not the traces of a crash.
  bool close();
  /// The state after the last durable batch.
  const LogState& state() const { return state_; }

 private:
  bool begin(TimeNs now_ns);
  bool build_batch();
  bool write_batch(TimeNs now_ns);
  bool write_segment_header(TimeNs now_ns);
  bool segment_header_synced();
  bool batch_synced();
  IoStatus write_mark();
  void publish_frontier();
  bool fail();
  /// After a write that found no space: it is repeated, unlike a failed sync.
  bool wait_for_space(TimeNs now_ns);

  S& storage_;
  SegmentAllocator<S>& allocator_;
  const LogConfig config_;
  const std::uint16_t shard_;
  const std::uint32_t worst_block_bytes_;
  const std::uint64_t worst_record_;
  RecordRing ring_;
  WakeUp work_;
  std::function<void(Sequence)> on_durable_;

  // Producer only.
  alignas(kCacheLine) std::uint64_t appended_worst_ = 0;
  Sequence appended_sequence_ = 0;
  TimeNs appended_timestamp_ns_ = 0;
  std::uint32_t appended_epoch_ = 0;

  // Consumer only.
  alignas(kCacheLine) LogStep step_ = LogStep::idle;
  bool starved_ = false;
  bool next_was_ready_ = false;  // when the frontier was last computed
  FileId file_ = FileId::none;
  FileId mark_file_ = FileId::none;
  std::uint64_t marks_written_ = 0;
  LogState state_;    // durable
  LogState planned_;  // with the batch under way
  BatchBuilder builder_;
  Bytes batch_;
  PageBytes header_block_;
  std::uint64_t placed_worst_ = 0;
  TimeNs retry_at_ns_ = 0;

  // Published by the consumer.
  alignas(kCacheLine) std::atomic<Sequence> durable_sequence_{0};
  std::atomic<std::uint64_t> frontier_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace saker::journal

#include "journal/log_writer_impl.hpp"
