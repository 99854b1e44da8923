// What event_tail.hpp declares. For those who make a tail over another storage.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/plants.hpp"
#include "events/event_tail.hpp"

namespace saker::events {
namespace tail {

/// How often an idle reader looks whether what it has read is still there.
inline constexpr std::uint64_t kCheckNs = 50'000'000;
/// What cannot be read for so long is not just being written.
inline constexpr std::uint64_t kLastingNs = 1'000'000'000;
inline constexpr std::size_t kBatchFront =
    sizeof(journal::RecordHeader) + sizeof(follower::EventBatchBody);

inline std::string text(std::uint64_t number) { return std::to_string(number); }

}  // namespace tail

template <journal::Storage S>
TailStatus BasicEventTail<S>::idle(std::string problem) {
  problem_ = std::move(problem);
  return TailStatus::kIdle;
}

template <journal::Storage S>
TailStatus BasicEventTail<S>::forked(std::string problem) {
  problem_ = std::move(problem);
  return TailStatus::kForked;
}

template <journal::Storage S>
TailStatus BasicEventTail<S>::start_over(const std::string& why) {
  positioned_ = false;
  verified_ = cursor_.sequence == 0;
  entry_found_ = false;
  batch_ = {};
  unread_offset_ = 0;
  return idle(why);
}

template <journal::Storage S>
TailStatus BasicEventTail<S>::next(TimeNs now_ns) {
  now_ns_ = now_ns;
  events_.clear();
  if (!positioned_) {
    const TailStatus status = position();
    if (!positioned_) return status;
  }
  bool last_look = false;  // at the end of a file that another one follows
  for (;;) {
    const std::uint64_t offset = file_->offset();
    follower::EventBatchView view;
    const follower::EventRead read = file_->next(view);
    if (read == follower::EventRead::batch) {
      remember(view, offset);
      const TailStatus status = take(view);
      if (status == TailStatus::kIdle) continue;
      return status;
    }
    if (read == follower::EventRead::io_error) return start_over("cannot read " + directory_);
    if (read == follower::EventRead::end) {
      const TailStatus status = after_end(last_look);
      if (status != TailStatus::kBatch) return status;
      last_look = !last_look;
      continue;
    }
    // A batch that is being written looks like damage for a moment, and so does one that stands
    // across the place where the reader was before the journal was cut.
    if (!history_is_still_there()) return start_over("the event journal was cut and begins again");
    if (!lasting_damage()) return idle("");
    const std::string problem = "the event journal cannot be read on at byte " +
                                tail::text(file_->offset()) + " of " +
                                follower::event_file_name(file_->header().index) + ": " +
                                file_->problem();
    if (now_ns_ < reopened_ns_ + tail::kLastingNs) return idle(problem);
    reopened_ns_ = now_ns_;
    return start_over(problem);  // the file may be another one by now, see file_was_made_again()
  }
}

template <journal::Storage S>
bool BasicEventTail<S>::open() {
  if constexpr (requires { S::Access::read_only; }) {
    opened_ = opened_ || storage_.open_directory(directory_, S::Access::read_only) ==
                             journal::IoStatus::ok;
    return opened_;
  }
  return true;
}

template <journal::Storage S>
TailStatus BasicEventTail<S>::position() {
  if (!open()) return idle("there is no event journal in " + directory_);
  std::vector<std::uint64_t> indices;
  if (!follower::list_event_files(storage_, indices)) return idle("cannot list " + directory_);
  file_ = std::make_unique<Reader>(storage_);
  for (std::size_t i = indices.size(); i-- > 0;) {
    const follower::EventRead read = file_->open(indices[i]);
    if (read == follower::EventRead::io_error) return idle("cannot open a file of " + directory_);
    if (read == follower::EventRead::damage) {
      if (i + 1 == indices.size()) continue;  // it is being made
      return idle(follower::event_file_name(indices[i]) + ": " + file_->problem());
    }
    const bool holds_cursor = file_->header().after_sequence < cursor_.sequence;
    if (!holds_cursor && i > 0) continue;
    if (cursor_.sequence != 0 && file_->header().log_id != cursor_.log_id) {
      return forked("the event journal belongs to log " + tail::text(file_->header().log_id) +
                    ", what has been applied to log " + tail::text(cursor_.log_id));
    }
    if (file_->header().after_sequence > cursor_.sequence) {
      return forked("the event journal begins after sequence " +
                    tail::text(file_->header().after_sequence) +
                    ", what has been applied ends at " + tail::text(cursor_.sequence));
    }
    read_after_ = file_->header().after_sequence;
    header_ = trace(indices[i], 0, sizeof(follower::EventFileHeader));
    positioned_ = true;
    return TailStatus::kIdle;
  }
  return idle("the event journal in " + directory_ + " is empty");
}

/// kBatch: there is something beyond the cursor. kIdle: read on.
template <journal::Storage S>
TailStatus BasicEventTail<S>::take(const follower::EventBatchView& view) {
  if (view.header.shard != cursor_.shard) {
    return forked("the event journal is of shard " + tail::text(view.header.shard) + ", not " +
                  tail::text(cursor_.shard));
  }
  if (!verified_) {
    const TailStatus status = verify(view);
    if (status != TailStatus::kIdle) return status;
  }
  if (view.body.last_sequence <= cursor_.sequence) return TailStatus::kIdle;
  Bytes entries = view.entries;
  follower::CommandEvents one;
  while (follower::next_command_events(entries, one)) {
    const bool beyond = one.entry.sequence > cursor_.sequence;
    if (beyond || SAKER_PLANT(entry_taken_again)) events_.push_back(one);
  }
  cursor_.sequence = view.body.last_sequence;
  cursor_.epoch = view.header.epoch;
  cursor_.log_id = view.body.log_id;
  cursor_.time_ns = view.header.timestamp_ns;
  if (!events_.empty()) {
    cursor_.entry_sequence = events_.back().entry.sequence;
    cursor_.entry_chain_head = events_.back().entry.chain_head;
  }
  problem_.clear();
  return TailStatus::kBatch;
}

/// Is this, up to the cursor, the history that was taken? All commands of a batch are of one epoch,
/// and a log that lost its end goes on in a higher one.
template <journal::Storage S>
TailStatus BasicEventTail<S>::verify(const follower::EventBatchView& view) {
  const bool holds_cursor = view.body.last_sequence >= cursor_.sequence;
  if (view.header.epoch > cursor_.epoch || (holds_cursor && view.header.epoch != cursor_.epoch)) {
    return forked("the event journal has another history: what has been applied goes to sequence " +
                  tail::text(cursor_.sequence) + " of epoch " + tail::text(cursor_.epoch) +
                  ", but in the journal sequence " + tail::text(view.header.sequence) +
                  " is of epoch " + tail::text(view.header.epoch));
  }
  Bytes entries = view.entries;
  follower::CommandEvents one;
  while (follower::next_command_events(entries, one)) {
    if (one.entry.sequence != cursor_.entry_sequence) continue;
    if (one.entry.chain_head != cursor_.entry_chain_head) {
      return forked("the event journal has another history: the events of sequence " +
                    tail::text(cursor_.entry_sequence) + " are not those that have been applied");
    }
    entry_found_ = true;
  }
  if (!holds_cursor) return TailStatus::kIdle;
  if (!entry_found_ && cursor_.entry_sequence > read_after_) {
    return forked("the event journal has another history: sequence " +
                  tail::text(cursor_.entry_sequence) + ", which has been applied, is not in it");
  }
  verified_ = true;
  return TailStatus::kIdle;
}

/// kBatch: read on, here once more or in the next file.
template <journal::Storage S>
TailStatus BasicEventTail<S>::after_end(bool last_look) {
  const std::uint64_t index = file_->header().index + 1;
  auto following = std::make_unique<Reader>(storage_);
  const follower::EventRead read = following->open(index);
  if (read == follower::EventRead::batch) {
    // The end was seen before the file was: something may have been written here in between.
    if (!last_look) return TailStatus::kBatch;
    if (following->header().after_sequence != file_->last_sequence() ||
        following->header().previous_link != file_->link()) {
      return start_over(follower::event_file_name(index) + " does not follow the file before it");
    }
    file_ = std::move(following);
    header_ = trace(index, 0, sizeof(follower::EventFileHeader));
    return TailStatus::kBatch;
  }
  if (now_ns_ >= checked_ns_ + tail::kCheckNs) {
    checked_ns_ = now_ns_;
    if (!history_is_still_there()) return start_over("the event journal was cut and begins again");
    if (file_was_made_again()) return start_over("a file of the event journal was made again");
  }
  if (verified_) return idle("");
  return idle("the event journal ends at sequence " + tail::text(file_->last_sequence()) +
              ", before what has been applied (" + tail::text(cursor_.sequence) + ")");
}

template <journal::Storage S>
void BasicEventTail<S>::remember(const follower::EventBatchView& view, std::uint64_t offset) {
  batch_.file = file_->header().index;
  batch_.offset = offset;
  batch_.bytes.resize(tail::kBatchFront);
  std::memcpy(batch_.bytes.data(), &view.header, sizeof(view.header));
  std::memcpy(batch_.bytes.data() + sizeof(view.header), &view.body, sizeof(view.body));
  bytes_ += view.bytes;
}

template <journal::Storage S>
bool BasicEventTail<S>::lasting_damage() {
  if (damage_offset_ != file_->offset()) damage_since_ns_ = now_ns_;
  damage_offset_ = file_->offset();
  return now_ns_ >= damage_since_ns_ + tail::kLastingNs;
}

/// A follower that died when it had just begun a file removes it and begins it again, with the same
/// header: then what is open here is not that file any more, and will never grow.
template <journal::Storage S>
bool BasicEventTail<S>::file_was_made_again() {
  const std::vector<std::byte> bytes =
      trace(file_->header().index, file_->offset(), sizeof(journal::RecordHeader)).bytes;
  const bool unread = std::any_of(bytes.begin(), bytes.end(),
                                  [](std::byte byte) { return byte != std::byte{0}; });
  const std::uint64_t before = std::exchange(unread_offset_, unread ? file_->offset() : 0);
  // It may have been written this very moment: the second look counts.
  return unread && before == file_->offset();
}

template <journal::Storage S>
bool BasicEventTail<S>::history_is_still_there() {
  return unchanged(header_) && unchanged(batch_);
}

template <journal::Storage S>
typename BasicEventTail<S>::Trace BasicEventTail<S>::trace(std::uint64_t file,
                                                           std::uint64_t offset,
                                                           std::size_t size) {
  Trace trace{file, offset, std::vector<std::byte>(size)};
  journal::FileId id = journal::FileId::none;
  if (storage_.open(follower::event_file_name(file), id) != journal::IoStatus::ok) return trace;
  std::size_t got = 0;
  const bool read = storage_.read_at(id, offset, trace.bytes, got) == journal::IoStatus::ok;
  trace.bytes.resize(read ? got : 0);
  storage_.close(id);
  return trace;
}

template <journal::Storage S>
bool BasicEventTail<S>::unchanged(const Trace& known) {
  return known.file == 0 ||
         trace(known.file, known.offset, known.bytes.size()).bytes == known.bytes;
}

}  // namespace saker::events
