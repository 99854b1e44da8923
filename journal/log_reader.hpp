// Reads the command log in order and believes nothing: segments must follow each other without
// a gap, every checksum and hash must agree, sequences rise by one, epochs and timestamps never
// fall, what should be zero is zero.
//
// Damage is told apart with the durable mark, which every batch header, every segment header and
// the file durable.mark carry. The writer syncs a batch before it writes the next one, so a
// crash can only harm the last batch, which nobody was promised: a torn tail, to be cut. If
// anything valid after the damage says that the place was durable, promised records are harmed:
// corruption, to be refused and restored from a copy.
#pragma once

#include "journal/segment_file.hpp"

namespace saker::journal {

enum class ReadKind : std::uint8_t {
  record,
  nothing_yet,  // follow only: nothing more is durable so far
  end,          // sealed only: the clean end of the log
  torn_tail,    // sealed only: an unfinished write lies after the last record; see damage()
  corruption,   // see damage()
  io_error,
};
const char* to_string(ReadKind kind);
/// Where reading stood when it failed: " near segment log-….seg, offset 4096".
std::string place_of_error(const LogState& state);

enum class ReadMode : std::uint8_t {
  sealed,  // nobody writes: the log is read to its end and everything in it is judged
  follow,  // somebody may be writing: only what is known to be durable is returned
};

struct RecordView {
  RecordHeader header;
  Bytes payload;
  Position position;
};

struct Damage {
  Check check = Check::none;
  Position position;      // of what is damaged
  Sequence sequence = 0;  // that should have been read next
};

template <Storage S>
class LogReader {
 public:
  /// Begins with record `from` (0: the oldest there is). Only the segments from the one that
  /// holds it are read; it is found by binary search over the segment headers.
  LogReader(S& storage, ReadMode mode, Sequence from = 0)
      : storage_(storage), mode_(mode), from_(from), file_(storage) {}
  ~LogReader() {
    if (mark_file_ != FileId::none) storage_.close(mark_file_);
  }
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// Advances. In sealed mode any result but `record` is final; in follow mode `nothing_yet` is
  /// not: call again later. What record() returns is valid until the next call.
  ReadKind next();
  const RecordView& record() const { return record_; }
  const Damage& damage() const { return damage_; }

  /// The state after the last complete batch (sealed mode, at the end: where to go on writing).
  const LogState& state() const { return state_; }
  /// Up to here the log itself or the mark says that it is durable.
  Position known_durable() const { return durable_; }
  /// The log goes at least to here, or its end is damage. 0: the mark does not say.
  Sequence marked_sequence() const { return mark_valid_ ? mark_.durable_sequence : 0; }
  /// Oldest sequence this log holds; valid once next() has returned anything but nothing_yet.
  Sequence first_sequence() const { return first_sequence_; }

 private:
  enum class Header : std::uint8_t { valid, blank, damaged, absent, io_error };
  /// on: look again; stop: kind_ says what next() returns.
  enum class Go : std::uint8_t { on, stop };

  Go open();
  Go find_start(std::uint64_t& index);
  Header read_header(std::uint64_t index, SegmentHeader& header);
  Go enter(std::uint64_t index, const SegmentHeader& header, bool from_here);
  Go load_batch();
  Go read_batch(Bytes head);
  Go take_batch(Bytes bytes, const BatchHeader& header);
  Go leave_segment();
  Go next_header_bad(Header what, std::uint64_t index);
  bool emit();
  bool learn_durable();
  bool learn_from_next_segment(Sequence expected);
  bool peek(std::uint64_t offset, BatchHeader& header);
  bool read_mark();
  Go finish(ReadKind kind) { kind_ = kind; return Go::stop; }
  Go damaged(Check check, Position at);
  Go at_end();
  /// Does anything valid after `at` say that `at` was durable?
  IoStatus proven_durable(Position at, bool& proven);
  std::uint64_t ahead_limit() const;

  S& storage_;
  const ReadMode mode_;
  const Sequence from_;
  SegmentFile<S> file_;
  std::uint64_t last_index_ = 0;  // sealed: of the last segment file there is
  bool opened_ = false;
  bool final_ = false;
  ReadKind kind_ = ReadKind::nothing_yet;
  RecordView record_;
  Damage damage_;
  LogState state_;
  Position durable_;
  FileId mark_file_ = FileId::none;
  DurableMark mark_;
  bool mark_valid_ = false;
  std::uint32_t quiet_polls_ = 0;
  Sequence first_sequence_ = 0;
  Check header_check_ = Check::none;
  // The batch being handed out.
  std::vector<std::byte> batch_;
  Position batch_start_;
  std::size_t batch_used_ = 0;
  std::size_t batch_end_ = 0;
  bool torn_after_batch_ = false;  // the tail is torn in the padding after the batch's records
};

}  // namespace saker::journal

#include "journal/log_reader_impl.hpp"
