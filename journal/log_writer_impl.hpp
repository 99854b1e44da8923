// Bodies of LogWriter; included by log_writer.hpp only.
#pragma once

#include <algorithm>

#include "common/plants.hpp"
#include "journal/log_writer.hpp"

namespace saker::journal {

template <Storage S>
LogWriter<S>::LogWriter(S& storage, SegmentAllocator<S>& allocator, const LogConfig& config,
                        const LogState& end)
    : storage_(storage), allocator_(allocator), config_(config),
      shard_(end.exists() ? end.shard : config.shard),
      worst_block_bytes_(std::max(config.block_bytes, end.block_bytes)),
      worst_record_(worst_case_bytes(config.max_payload_bytes, worst_block_bytes_)),
      ring_(config.ring_bytes), state_(end), builder_(config.max_batch_bytes),
      header_block_(worst_block_bytes_) {
  SAKER_ASSERT(config.problem() == nullptr);
  if (!state_.exists()) {
    state_.log_id = config.log_id;
    state_.shard = shard_;
    state_.last_sequence = config.first_sequence - 1;
  }
  planned_ = state_;
  appended_sequence_ = state_.last_sequence;
  appended_timestamp_ns_ = state_.timestamp_ns;
  appended_epoch_ = state_.epoch;
  durable_sequence_.store(state_.last_sequence, std::memory_order_release);
}

template <Storage S>
bool LogWriter<S>::start() {
  allocator_.set_listener(&work_);
  if (state_.segment_bytes != 0) {
    if (storage_.open(segment_name(state_.next.segment), file_) != IoStatus::ok) return fail();
  }
  publish_frontier();
  return true;
}

template <Storage S>
void LogWriter<S>::append(const RecordFields& fields, Bytes first, Bytes second) {
  const std::size_t length = first.size() + second.size();
  SAKER_ASSERT(length <= config_.max_payload_bytes && fields.type != kBatchType);
  SAKER_ASSERT(fields.sequence == appended_sequence_ + 1);
  SAKER_ASSERT(fields.timestamp_ns >= appended_timestamp_ns_ && fields.epoch >= appended_epoch_);
  appended_sequence_ = fields.sequence;
  appended_timestamp_ns_ = fields.timestamp_ns;
  appended_epoch_ = fields.epoch;
  appended_worst_ += worst_case_bytes(length, worst_block_bytes_);
  RecordHeader header;
  header.flags = fields.flags;
  header.type = fields.type;
  header.length = static_cast<std::uint32_t>(length);
  header.shard = shard_;
  header.rule_version = fields.rule_version;
  header.epoch = fields.epoch;
  header.sequence = fields.sequence;
  header.timestamp_ns = fields.timestamp_ns;
  ring_.push(header, first, second);
}

template <Storage S>
bool LogWriter<S>::poll(TimeNs now_ns) {
  if (failed()) return false;
  if (allocator_.failed()) return fail();
  switch (step_) {
    case LogStep::idle: return begin(now_ns);
    case LogStep::write_segment_header: return write_segment_header(now_ns);
    case LogStep::sync_segment_header: return segment_header_synced();
    case LogStep::write_batch: return write_batch(now_ns);
    case LogStep::sync_batch: return batch_synced();
    case LogStep::write_mark:
      if (write_mark() != IoStatus::ok) return fail();
      step_ = LogStep::idle;
      return !ring_.empty();
  }
  return false;
}

template <Storage S>
bool LogWriter<S>::begin(TimeNs now_ns) {
  publish_frontier();
  if (ring_.front().empty()) {
    starved_ = false;
    return false;
  }
  if (build_batch()) return write_batch(now_ns);
  starved_ = !allocator_.ready();
  return starved_ ? false : write_segment_header(now_ns);
}

/// Takes what has queued and fits the current segment; false when not even one record does.
template <Storage S>
bool LogWriter<S>::build_batch() {
  if (state_.segment_bytes == 0) return false;
  planned_ = state_;
  builder_.begin(state_, state_.segment_bytes - state_.next.offset);
  for (auto record = ring_.front(); !record.empty(); record = ring_.front()) {
    if (!builder_.add(record)) break;
    placed_worst_ += worst_case_bytes(read_as<RecordHeader>(record).length, worst_block_bytes_);
    ring_.pop(record.size());
  }
  if (builder_.count() == 0) return false;
  ring_.release();
  batch_ = builder_.finish(planned_, state_.next, state_.last_sequence);
  return true;
}

template <Storage S>
bool LogWriter<S>::write_batch(TimeNs now_ns) {
  step_ = LogStep::write_batch;
  if (starved_ && now_ns < retry_at_ns_) return false;
  const IoStatus status = storage_.write_at(file_, state_.next.offset, batch_);
  if (status == IoStatus::no_space) return wait_for_space(now_ns);
  if (status != IoStatus::ok) return fail();
  starved_ = false;
  step_ = LogStep::sync_batch;
  if (SAKER_PLANT(durable_before_sync)) durable_sequence_.store(planned_.last_sequence);
  return true;
}

template <Storage S>
bool LogWriter<S>::batch_synced() {
  const IoStatus status = storage_.sync(file_);
  if (status != IoStatus::ok && !SAKER_PLANT(sync_error_ignored)) return fail();
  state_ = planned_;
  durable_sequence_.store(state_.last_sequence, std::memory_order_release);
  if (on_durable_) on_durable_(state_.last_sequence);
  publish_frontier();
  step_ = config_.publish_mark ? LogStep::write_mark : LogStep::idle;
  return config_.publish_mark || !ring_.empty();
}

/// Everything in the old segment is durable when this runs, which is what makes a valid segment
/// header a durable mark for all segments before it.
template <Storage S>
bool LogWriter<S>::write_segment_header(TimeNs now_ns) {
  step_ = LogStep::write_segment_header;
  if (starved_ && now_ns < retry_at_ns_) return false;
  const SegmentHeader header = make_segment_header(state_, allocator_.index(),
                                                   config_.segment_bytes, config_.block_bytes);
  std::memcpy(header_block_.data(), &header, sizeof(header));
  const IoStatus status = storage_.write_at(allocator_.file(), 0,
                                             {header_block_.data(), config_.block_bytes});
  if (status == IoStatus::no_space) return wait_for_space(now_ns);
  if (status != IoStatus::ok) return fail();
  starved_ = false;
  step_ = LogStep::sync_segment_header;
  return true;
}

template <Storage S>
bool LogWriter<S>::segment_header_synced() {
  if (storage_.sync(allocator_.file()) != IoStatus::ok) return fail();
  if (file_ != FileId::none) storage_.close(file_);
  file_ = allocator_.file();
  state_.next = {allocator_.index(), config_.block_bytes};
  state_.segment_bytes = config_.segment_bytes;
  state_.block_bytes = config_.block_bytes;
  planned_ = state_;
  allocator_.take();
  publish_frontier();
  step_ = LogStep::idle;
  return true;
}

/// The mark is a convenience: on a full disk the next batch names what is durable.
template <Storage S>
IoStatus LogWriter<S>::write_mark() {
  if (mark_file_ == FileId::none) {
    const IoStatus created = storage_.create(kMarkFile, mark_file_);
    if (created != IoStatus::ok) return created == IoStatus::no_space ? IoStatus::ok : created;
  }
  DurableMark mark;
  mark.shard = state_.shard;
  mark.log_id = state_.log_id;
  mark.durable_sequence = state_.last_sequence;
  mark.durable = state_.next;
  seal(mark);
  const std::uint64_t slot = marks_written_++ % 2;
  const IoStatus status = storage_.write_at(mark_file_, slot * kMarkSlotBytes, bytes_of(mark));
  return status == IoStatus::no_space ? IoStatus::ok : status;
}

/// How far appended_worst_ may go. What is queued shares blocks and batches, so the real use is
/// never more than the worst case counted here.
template <Storage S>
void LogWriter<S>::publish_frontier() {
  std::uint64_t left = state_.segment_bytes - state_.next.offset;
  next_was_ready_ = allocator_.ready();
  if (next_was_ready_) {
    // Moving on can leave behind a gap smaller than the record that did not fit.
    left = std::max(left, worst_record_) - worst_record_ + config_.segment_bytes -
           config_.block_bytes;
  }
  frontier_.store(placed_worst_ + left, std::memory_order_release);
}

template <Storage S>
bool LogWriter<S>::wait_for_space(TimeNs now_ns) {
  starved_ = true;
  retry_at_ns_ = now_ns + config_.retry_interval_ns;
  frontier_.store(0, std::memory_order_release);
  return false;
}

template <Storage S>
bool LogWriter<S>::fail() {
  failed_.store(true, std::memory_order_release);
  if (on_durable_) on_durable_(durable_sequence());
  return false;
}

template <Storage S>
bool LogWriter<S>::close() {
  if (failed()) return false;
  SAKER_ASSERT(idle());
  if (!config_.publish_mark || state_.segment_bytes == 0) return true;
  if (write_mark() != IoStatus::ok) return fail();
  if (mark_file_ != FileId::none && storage_.sync(mark_file_) != IoStatus::ok) return fail();
  return true;
}

}  // namespace saker::journal
