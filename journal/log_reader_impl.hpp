// Bodies of LogReader; included by log_reader.hpp only.
#pragma once

#include "common/plants.hpp"
#include "journal/log_reader.hpp"

namespace saker::journal {

template <Storage S>
ReadKind LogReader<S>::next() {
  if (final_) return kind_;
  for (;;) {
    while (batch_used_ < batch_end_) {
      if (emit()) return ReadKind::record;
    }
    // A torn tail inside the last batch's padding has been judged before its records went out.
    if (!torn_after_batch_ && (opened_ ? load_batch() : open()) == Go::on) continue;
    final_ = kind_ != ReadKind::nothing_yet;
    return kind_;
  }
}

/// Hands out the next record of the batch, or skips it when it is before the one asked for.
template <Storage S>
bool LogReader<S>::emit() {
  record_.header = read_as<RecordHeader>(batch_, batch_used_);
  record_.payload = Bytes(batch_).subspan(batch_used_ + sizeof(RecordHeader),
                                          record_.header.length);
  record_.position = {batch_start_.segment, batch_start_.offset + batch_used_};
  batch_used_ += record_bytes(record_.header.length);
  return record_.header.sequence >= from_;
}

// --- Where to begin ------------------------------------------------------------------------

template <Storage S>
typename LogReader<S>::Go LogReader<S>::open() {
  // Without the mark a lost tail may pass for a clean end: it is absent or read, nothing else.
  if (!read_mark() && mode_ == ReadMode::sealed) return finish(ReadKind::io_error);
  std::vector<FileInfo> files;
  if (storage_.list(files) != IoStatus::ok) return finish(ReadKind::io_error);
  std::vector<std::uint64_t> indices;
  for (const FileInfo& file : files) {
    std::uint64_t index;
    if (segment_index(file.name, index)) indices.push_back(index);
  }
  std::sort(indices.begin(), indices.end());
  for (std::size_t i = 1; i < indices.size(); ++i) {
    if (indices[i] == indices[i - 1] + 1) continue;
    return damaged(Check::segment_missing, {indices[i - 1] + 1, 0});
  }
  if (indices.empty()) return mode_ == ReadMode::sealed ? at_end() : finish(ReadKind::nothing_yet);
  last_index_ = indices.back();

  // The last segment whose first record is not after the one wanted.
  std::uint64_t low = indices.front();
  SegmentHeader header;
  Header found = read_header(low, header);
  if (found != Header::valid) return next_header_bad(found, low);
  first_sequence_ = header.first_sequence;
  if (from_ != 0 && from_ < first_sequence_) return damaged(Check::begins_later, {low, 0});
  std::uint64_t high = last_index_ + 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    SegmentHeader there;
    found = read_header(middle, there);
    if (found == Header::io_error) return finish(ReadKind::io_error);
    // A damaged or blank header is judged when reading arrives there, in order.
    if (found == Header::valid && from_ != 0 && there.first_sequence <= from_) {
      low = middle;
      header = there;
    } else {
      high = middle;
    }
  }
  found = read_header(low, header);
  if (found != Header::valid) return next_header_bad(found, low);
  const Go go = enter(low, header, true);
  opened_ = go == Go::on;
  return go;
}

template <Storage S>
typename LogReader<S>::Header LogReader<S>::read_header(std::uint64_t index,
                                                        SegmentHeader& header) {
  const IoStatus status = file_.open(index);
  if (status == IoStatus::not_found) return Header::absent;
  if (status != IoStatus::ok) return Header::io_error;
  Bytes block;
  if (file_.view(0, 512, 0, block) != IoStatus::ok) return Header::io_error;
  if (all_zero(block.first(std::min(block.size(), sizeof(SegmentHeader))))) return Header::blank;
  header_check_ = check_segment_header(block, index, header);
  return header_check_ == Check::none ? Header::valid : Header::damaged;
}

/// Stands at the first batch of the segment that file_ has open. `from_here`: reading starts
/// with this segment, so there is nothing before it to compare with.
template <Storage S>
typename LogReader<S>::Go LogReader<S>::enter(std::uint64_t index, const SegmentHeader& header,
                                              bool from_here) {
  if (from_here) {
    state_ = state_at(header);
  } else if (const Check check = enter_segment(header, state_); check != Check::none) {
    return damaged(check, {index, 0});
  }
  // A valid header means: all segments before this one are durable.
  durable_ = std::max(durable_, Position{index, 0});
  if (mark_valid_ && mark_.log_id != state_.log_id) {
    return damaged(Check::mark_of_other_log, {index, 0});
  }
  if (file_.size() != header.segment_bytes) {
    return damaged(Check::segment_size, {index, std::min(file_.size(), header.segment_bytes)});
  }
  Bytes rest;
  const std::size_t skip = sizeof(SegmentHeader);
  if (file_.view(skip, header.block_bytes - skip, 0, rest) != IoStatus::ok) {
    return finish(ReadKind::io_error);
  }
  const std::size_t clean = first_nonzero(rest);
  if (clean != rest.size()) return damaged(Check::not_zero, {index, skip + clean});
  return Go::on;
}

/// False when there may be one that cannot be read.
template <Storage S>
bool LogReader<S>::read_mark() {
  if (mark_file_ == FileId::none) {
    const IoStatus opened = storage_.open(kMarkFile, mark_file_);
    if (opened != IoStatus::ok) return opened == IoStatus::not_found;
  }
  std::byte bytes[kMarkSlotBytes + sizeof(DurableMark)];
  std::size_t got = 0;
  if (storage_.read_at(mark_file_, 0, bytes, got) != IoStatus::ok) return false;
  for (std::size_t at = 0; at + sizeof(DurableMark) <= got; at += kMarkSlotBytes) {
    DurableMark mark;
    if (check_mark(Bytes(bytes, got).subspan(at), mark) != Check::none) continue;
    if (mark_valid_ && mark.durable < mark_.durable) continue;
    mark_ = mark;
    mark_valid_ = true;
  }
  if (mark_valid_) durable_ = std::max(durable_, mark_.durable);
  return true;
}

// --- Batch by batch --------------------------------------------------------------------------

template <Storage S>
typename LogReader<S>::Go LogReader<S>::load_batch() {
  const bool bounded = mode_ == ReadMode::follow && !SAKER_PLANT(follower_ahead);
  if (bounded && !(state_.next < durable_) && !learn_durable()) {
    return finish(ReadKind::nothing_yet);
  }
  if (!file_.is_open() && file_.open(state_.next.segment) != IoStatus::ok) {
    return finish(ReadKind::io_error);
  }
  Bytes head;
  const IoStatus status = file_.view(state_.next.offset, sizeof(BatchHeader), ahead_limit(), head);
  if (status != IoStatus::ok) return finish(ReadKind::io_error);
  return all_zero(head) ? leave_segment() : read_batch(head);
}

template <Storage S>
typename LogReader<S>::Go LogReader<S>::read_batch(Bytes head) {
  const Position at = state_.next;
  BatchHeader header;
  Check check = check_batch_header(head, header);
  if (check == Check::none) check = check_batch_follows(header, state_);
  if (check != Check::none) return damaged(check, at);
  Bytes bytes;
  const std::size_t size = header.body.batch_bytes;
  if (file_.view(at.offset, size, ahead_limit(), bytes) != IoStatus::ok || bytes.size() != size) {
    return finish(ReadKind::io_error);
  }
  return take_batch(bytes, header);
}

template <Storage S>
typename LogReader<S>::Go LogReader<S>::take_batch(Bytes bytes, const BatchHeader& header) {
  const LogState before = state_;
  const Position at = before.next;
  const Check check = check_batch_records(bytes, header, state_);
  if (check != Check::none && check != Check::padding) return damaged(check, at);
  durable_ = std::max(durable_, header.body.durable);
  batch_start_ = at;
  batch_used_ = sizeof(BatchHeader);
  batch_end_ = batch_used_ + header.body.record_bytes;
  batch_.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(batch_end_));
  if (check == Check::padding) {
    // The records are sound. If this is the tail they are kept and the padding is cut; if not,
    // nothing of the batch is handed out.
    const std::size_t clean = first_nonzero(bytes.subspan(batch_end_));
    const Position where{at.segment, at.offset + batch_end_ + clean};
    (void)damaged(check, where);
    if (kind_ != ReadKind::torn_tail) {
      state_ = before;
      damage_.sequence = before.last_sequence + 1;
      batch_end_ = batch_used_;
      return Go::stop;
    }
    torn_after_batch_ = true;
  }
  return Go::on;
}

/// At a place where no batch begins: everything after it in the segment must be zero, and either
/// the log ends here or the next segment goes on from here.
template <Storage S>
typename LogReader<S>::Go LogReader<S>::leave_segment() {
  const std::uint64_t index = state_.next.segment;
  std::uint64_t at = 0;
  if (file_.find_nonzero(state_.next.offset, at) != IoStatus::ok) return finish(ReadKind::io_error);
  if (at != file_.size()) return damaged(Check::not_zero, {index, at});
  SegmentHeader header;
  if (mode_ == ReadMode::sealed && index == last_index_) return at_end();
  const Header found = read_header(index + 1, header);
  if (found != Header::valid) return next_header_bad(found, index + 1);
  return enter(index + 1, header, false);
}

/// The header of segment `index`, where reading would go on, is not valid. That is in order only
/// for the last file there is: a segment prepared ahead, all zeros, or one whose header a crash
/// has torn.
template <Storage S>
typename LogReader<S>::Go LogReader<S>::next_header_bad(Header what, std::uint64_t index) {
  if (what == Header::io_error) return finish(ReadKind::io_error);
  if (mode_ == ReadMode::follow) {
    if (opened_) return damaged(Check::segment_blank, {index, 0});
    return finish(ReadKind::nothing_yet);
  }
  if (what == Header::absent) return damaged(Check::segment_missing, {index, 0});
  if (index != last_index_) {
    const bool blank = what == Header::blank;
    return damaged(blank ? Check::segment_blank : header_check_, {index, 0});
  }
  if (what == Header::damaged) return damaged(header_check_, {index, 0});
  std::uint64_t at = 0;
  if (file_.find_nonzero(0, at) != IoStatus::ok) return finish(ReadKind::io_error);
  if (at != file_.size()) return damaged(Check::not_zero, {index, at});
  return at_end();
}

/// Nothing more in the files; is that all there should be?
template <Storage S>
typename LogReader<S>::Go LogReader<S>::at_end() {
  if (mark_valid_ && mark_.durable_sequence > state_.last_sequence) {
    return damaged(Check::ends_before_mark, state_.next);
  }
  return finish(ReadKind::end);
}

// --- Damage ----------------------------------------------------------------------------------

template <Storage S>
typename LogReader<S>::Go LogReader<S>::damaged(Check check, Position at) {
  damage_ = {check, at, state_.last_sequence + 1};
  // What is missing may begin before what was found: zeros where a batch should be.
  const Position start = state_.exists() ? state_.next : Position{at.segment, 0};
  const Position from = std::min(at, start);
  // A segment is prepared only after the header of the one before it is durable.
  const bool begun_after = from.segment + 2 <= last_index_ ||
                           (at.offset == 0 && at.segment != last_index_);
  bool durable =
      mode_ == ReadMode::follow || !may_be_torn(check) || from < durable_ || begun_after;
  if (!durable && proven_durable(from, durable) != IoStatus::ok) return finish(ReadKind::io_error);
  return finish(durable ? ReadKind::corruption : ReadKind::torn_tail);
}

template <Storage S>
IoStatus LogReader<S>::proven_durable(Position at, bool& proven) {
  proven = false;
  const std::uint32_t step = state_.exists() ? state_.block_bytes : 512;
  for (std::uint64_t index = at.segment; index <= last_index_ && !proven; ++index) {
    SegmentHeader next;
    const Header found = read_header(index, next);
    if (found == Header::io_error || found == Header::absent) return IoStatus::io_error;
    // A later segment with a header that is whole, even if it makes no sense, was begun, and it
    // is begun only when this one is durable.
    const bool whole = found == Header::valid ||
                       (found == Header::damaged && header_check_ != Check::segment_header_crc);
    if (index != at.segment && whole) proven = true;
    // A batch names a durable place at or before its own start, which is a whole block. One that
    // follows `at` was written when `at` was durable; one that belongs elsewhere was misdirected,
    // which no crash does: that the log should be there and is not, is corruption as well.
    std::uint64_t offset = index == at.segment ? at.offset / step * step + step : step;
    for (; offset < file_.size() && !proven; offset += step) {
      Bytes bytes;
      const IoStatus status = file_.view(offset, sizeof(BatchHeader), file_.size(), bytes);
      if (status != IoStatus::ok) return status;
      BatchHeader header;
      proven = check_batch_header(bytes, header) == Check::none &&
               (state_.exists() ? header.body.log_id == state_.log_id
                                : at < header.body.durable);
    }
  }
  return IoStatus::ok;
}

// --- Following -------------------------------------------------------------------------------

/// What may be read ahead: in sealed mode everything, otherwise what no longer changes.
template <Storage S>
std::uint64_t LogReader<S>::ahead_limit() const {
  if (mode_ == ReadMode::sealed || durable_.segment > state_.next.segment) return UINT64_MAX;
  return durable_.offset;
}

/// Looks for news of what is durable: in the mark, then in what follows the next batch. True
/// when the next batch, or the end of this segment, is durable.
template <Storage S>
bool LogReader<S>::learn_durable() {
  (void)read_mark();
  if (state_.next < durable_) return true;
  // With a mark the log itself is asked only now and then, in case the mark could not be written.
  if (mark_valid_ && ++quiet_polls_ % 16 != 0) return false;
  if (!file_.is_open() && file_.open(state_.next.segment) != IoStatus::ok) return false;
  BatchHeader header;
  if (!peek(state_.next.offset, header)) return learn_from_next_segment(state_.last_sequence + 1);
  if (check_batch_follows(header, state_) != Check::none) return false;
  const Position end{state_.next.segment, state_.next.offset + header.body.batch_bytes};
  const Sequence after = state_.last_sequence + 1 + header.body.record_count;
  BatchHeader following;
  if (!peek(end.offset, following)) return learn_from_next_segment(after);
  if (following.head.sequence != after || following.body.log_id != state_.log_id) return false;
  durable_ = std::max(durable_, following.body.durable);
  return state_.next < durable_;
}

template <Storage S>
bool LogReader<S>::learn_from_next_segment(Sequence expected) {
  const std::uint64_t index = state_.next.segment + 1;
  SegmentHeader header;
  const Header found = read_header(index, header);
  file_.close();  // reopened where reading goes on
  if (found != Header::valid || header.log_id != state_.log_id) return false;
  if (header.first_sequence != expected) return false;
  durable_ = std::max(durable_, Position{index, 0});
  return true;
}

/// Reads a batch header where one may be being written just now.
template <Storage S>
bool LogReader<S>::peek(std::uint64_t offset, BatchHeader& header) {
  Bytes bytes;
  file_.forget();
  const bool ok = file_.view(offset, sizeof(BatchHeader), 0, bytes) == IoStatus::ok &&
                  check_batch_header(bytes, header) == Check::none;
  file_.forget();
  return ok;
}

}  // namespace saker::journal
