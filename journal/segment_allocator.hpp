// Prepares the next segment ahead of the log writer: creates the file, fills it with zeros in
// chunks and syncs it, so that the writer never waits for that and its own syncs never have to
// move the file's length. Runs on a helper thread of low priority (`poll` in a loop) or in the
// simulator's scheduler. When the disk is full it says so and tries again at a low rate.
#pragma once

#include <atomic>

#include "common/plants.hpp"
#include "common/wake_up.hpp"
#include "journal/format.hpp"
#include "journal/storage.hpp"

namespace saker::journal {

enum class AllocatorStatus : std::uint8_t { preparing, ready, no_space, failed };

template <Storage S>
class SegmentAllocator {
 public:
  /// Prepares segment `next_index` first (LogState::next_segment()).
  SegmentAllocator(S& storage, const LogConfig& config, std::uint64_t next_index)
      : storage_(storage), config_(config), index_(next_index), zeros_(config.zero_chunk_bytes) {}

  /// One step of work, at most one chunk. True while there is more to do at once; false when a
  /// segment is ready, when the disk is full (come back after retry_interval_ns) or on failure.
  bool poll(TimeNs now_ns);

  /// Any thread.
  AllocatorStatus status() const { return status_.load(std::memory_order_acquire); }
  bool failed() const { return status() == AllocatorStatus::failed; }
  /// Notified when the writer has taken a segment.
  WakeUp& wake_up() { return wake_up_; }
  /// Called by the writer at start: whom to wake when a segment has become ready.
  void set_listener(WakeUp* listener) { listener_ = listener; }

  /// Writer: true when a segment is ready; its index and file.
  bool ready() const { return status() == AllocatorStatus::ready; }
  std::uint64_t index() const { return index_; }
  FileId file() const { return file_; }
  /// Writer: the ready segment now is its own, and the one after it is to be prepared.
  void take();

 private:
  enum class Step : std::uint8_t { space, open, zero, sync, sync_dir };
  bool after(IoStatus status, TimeNs now_ns);
  IoStatus check_space();
  IoStatus open_file();
  IoStatus zero_chunk();

  S& storage_;
  const LogConfig config_;
  std::uint64_t index_;
  FileId file_ = FileId::none;
  Step step_ = Step::space;
  std::uint64_t zeroed_ = 0;
  TimeNs retry_at_ns_ = 0;
  PageBytes zeros_;
  WakeUp* listener_ = nullptr;
  WakeUp wake_up_;
  std::atomic<AllocatorStatus> status_{AllocatorStatus::preparing};
};

template <Storage S>
bool SegmentAllocator<S>::poll(TimeNs now_ns) {
  const AllocatorStatus status = this->status();
  if (status == AllocatorStatus::ready || status == AllocatorStatus::failed) return false;
  if (status == AllocatorStatus::no_space && now_ns < retry_at_ns_) return false;
  switch (step_) {
    case Step::space: return after(check_space(), now_ns);
    case Step::open: return after(open_file(), now_ns);
    case Step::zero: return after(zero_chunk(), now_ns);
    case Step::sync: return after(storage_.sync(file_), now_ns);
    case Step::sync_dir:
      if (SAKER_PLANT(segment_name_not_synced)) return after(IoStatus::ok, now_ns);
      return after(storage_.sync_dir(), now_ns);
  }
  return false;
}

/// What follows a step that ended in `status`.
template <Storage S>
bool SegmentAllocator<S>::after(IoStatus status, TimeNs now_ns) {
  const bool syncing = step_ == Step::sync || step_ == Step::sync_dir;
  if (status == IoStatus::no_space && !syncing) {
    retry_at_ns_ = now_ns + config_.retry_interval_ns;
    status_.store(AllocatorStatus::no_space, std::memory_order_release);
    return false;
  }
  if (status != IoStatus::ok) {
    status_.store(AllocatorStatus::failed, std::memory_order_release);
    if (listener_ != nullptr) listener_->notify();
    return false;
  }
  if (step_ == Step::sync_dir) {
    step_ = Step::space;
    status_.store(AllocatorStatus::ready, std::memory_order_release);
    if (listener_ != nullptr) listener_->notify();
    return false;
  }
  if (step_ == Step::zero) {
    step_ = Step::sync;
  } else if (step_ == Step::sync && zeroed_ < config_.segment_bytes) {
    step_ = Step::zero;  // synced chunk by chunk, so that the writer's syncs stay short
  } else {
    step_ = static_cast<Step>(static_cast<int>(step_) + 1);
  }
  status_.store(AllocatorStatus::preparing, std::memory_order_release);
  return true;
}

/// Only what the file does not have yet must be free: after a restart on a full disk a segment
/// prepared before is there to be used.
template <Storage S>
IoStatus SegmentAllocator<S>::check_space() {
  FileId file = FileId::none;
  std::uint64_t have = 0;
  std::uint64_t free = 0;
  IoStatus status = storage_.open(segment_name(index_), file);
  if (status == IoStatus::ok) {
    status = storage_.size(file, have);
    storage_.close(file);
  } else if (status == IoStatus::not_found) {
    status = IoStatus::ok;
  }
  if (status != IoStatus::ok || have >= config_.segment_bytes) return status;
  status = storage_.free_bytes(free);
  if (status != IoStatus::ok) return status;
  const std::uint64_t need = config_.segment_bytes - have + config_.keep_free_bytes;
  return free < need ? IoStatus::no_space : IoStatus::ok;
}

/// A file left from an earlier attempt holds nothing (recovery saw to that); it is filled with
/// zeros again from the start, because how much of it reached the disk is not known.
template <Storage S>
IoStatus SegmentAllocator<S>::open_file() {
  const std::string name = segment_name(index_);
  IoStatus status = storage_.create(name, file_);
  std::uint64_t size = 0;
  if (status == IoStatus::ok) status = storage_.size(file_, size);
  if (status == IoStatus::ok && size > config_.segment_bytes) {
    storage_.close(file_);
    status = storage_.remove(name);
    if (status == IoStatus::ok) status = storage_.create(name, file_);
  }
  zeroed_ = 0;
  return status;
}

template <Storage S>
IoStatus SegmentAllocator<S>::zero_chunk() {
  const std::uint64_t left = config_.segment_bytes - zeroed_;
  const std::size_t size = left < zeros_.size() ? left : zeros_.size();
  const IoStatus status = storage_.write_at(file_, zeroed_, {zeros_.data(), size});
  if (status == IoStatus::ok) zeroed_ += size;
  return status;
}

template <Storage S>
void SegmentAllocator<S>::take() {
  SAKER_ASSERT(ready());
  ++index_;
  file_ = FileId::none;
  status_.store(AllocatorStatus::preparing, std::memory_order_release);
  wake_up_.notify();
}

}  // namespace saker::journal
