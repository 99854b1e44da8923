// The event journal's writer. Owner: the follower's thread.
//
// Restartable exactly: open() finds the last whole batch and cuts what a crash left behind it;
// the follower then re-executes the log and adds the commands after last_sequence(), no others.
// So there is never a gap and never a double, whatever happened between.
//
// Readers see a batch when it is written; it is synced later. What a crash of the machine takes
// comes again from the log, the same to the last byte of every entry.
#pragma once

#include <string>

#include "engine/follower/event_reader.hpp"

namespace saker::follower {

template <journal::Storage S>
class EventJournal {
 public:
  /// Where a batch ended: enough to ask the log whether it still tells the same story.
  struct Mark {
    Sequence sequence = 0;
    std::uint32_t epoch = 0;
    std::uint32_t record_crc = 0;
    std::uint64_t chain_head = 0;
    std::uint64_t offset = 0;         // where the batch begins in its file
    std::uint64_t previous_link = 0;
    Sequence previous_sequence = 0;
  };

  EventJournal(S& storage, std::uint64_t file_bytes) : storage_(storage), file_bytes_(file_bytes) {}
  ~EventJournal() {
    if (file_ != journal::FileId::none) storage_.close(file_);
  }

  /// Finds the end. False: see problem().
  bool open();
  /// Forgets the last batch: the log has another history there. False: see problem().
  bool drop_last();
  /// The last batch, or nullptr while the journal is empty.
  const Mark* end() const { return marks_.empty() ? nullptr : &marks_.back(); }
  /// Log that the journal belongs to; 0 while that is not known.
  std::uint64_t log_id() const { return log_id_; }
  /// Called once before the first add().
  void begin(std::uint64_t log_id, std::uint16_t shard) {
    log_id_ = log_id;
    shard_ = shard;
  }

  /// Every command up to here is written.
  Sequence last_sequence() const { return last_sequence_; }
  /// Every command up to here has been added.
  Sequence added_sequence() const {
    return builder_.empty() ? last_sequence_ : builder_.last_sequence();
  }
  /// Commands or entries that wait for write().
  bool pending() const { return !builder_.empty(); }
  std::uint64_t pending_commands() const { return added_sequence() - last_sequence_; }
  std::uint32_t pending_entries() const { return builder_.entry_count(); }

  /// Adds the next command, flushing first when it needs a new batch. False when nothing was
  /// added: no space (ask again later; problem() is empty) or a failure.
  bool add(const journal::RecordHeader& record, const core::Command& command,
           const core::Output& out);
  /// Writes what waits. False as for add().
  bool write();
  /// Syncs what is written. False: see problem().
  bool sync();
  bool synced() const { return synced_; }
  /// Both.
  bool flush() { return write() && sync(); }

  const std::string& problem() const { return problem_; }
  bool failed() const { return !problem_.empty(); }
  /// What open() cut, for the log of the process; empty when nothing.
  const std::string& cut_text() const { return cut_text_; }
  std::uint64_t batches() const { return batches_; }

 private:
  bool fail(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  /// ok; no_space leaves problem() empty.
  bool done(journal::IoStatus status, const char* what) {
    if (status == journal::IoStatus::ok) return true;
    if (status != journal::IoStatus::no_space) fail(std::string(what) + ": " + to_string(status));
    return false;
  }
  /// Removes a journal of an earlier version. False: of a later one, or it cannot be removed.
  bool check_version(std::vector<std::uint64_t>& indices);
  bool scan_file(std::uint64_t index, bool& holds_batches);
  bool cut(std::uint64_t from);
  bool write_again();
  bool next_file();

  S& storage_;
  const std::uint64_t file_bytes_;
  std::uint64_t log_id_ = 0;
  std::uint16_t shard_ = 0;
  journal::FileId file_ = journal::FileId::none;
  std::uint64_t index_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t link_ = 0;
  Sequence last_sequence_ = 0;
  std::vector<Mark> marks_;  // of the current file's batches at open(); afterwards only the last
  EventBatchBuilder builder_;
  std::uint64_t batches_ = 0;
  bool synced_ = true;
  std::string problem_;
  std::string cut_text_;
};

template <journal::Storage S>
bool EventJournal<S>::open() {
  std::vector<std::uint64_t> indices;
  if (!list_event_files(storage_, indices)) return fail("cannot list the event files");
  marks_.clear();
  last_sequence_ = 0;
  link_ = 0;
  if (file_ != journal::FileId::none) storage_.close(file_);
  file_ = journal::FileId::none;
  if (!check_version(indices)) return false;
  for (; !indices.empty(); indices.pop_back()) {
    bool holds_batches = false;
    if (!scan_file(indices.back(), holds_batches)) return false;
    if (holds_batches) return true;
    // Nothing whole is in it: a file that was just begun. Going on in the one before is simplest.
    if (file_ != journal::FileId::none) storage_.close(file_);
    file_ = journal::FileId::none;
    if (storage_.remove(event_file_name(indices.back())) != journal::IoStatus::ok ||
        storage_.sync_dir() != journal::IoStatus::ok) {
      return fail("cannot remove the empty file " + event_file_name(indices.back()));
    }
    // What it said of the files before it is not known from these.
    last_sequence_ = link_ = log_id_ = 0;
  }
  return true;
}

/// The newest file goes first, so that the first one still says the version if this is interrupted.
template <journal::Storage S>
bool EventJournal<S>::check_version(std::vector<std::uint64_t>& indices) {
  if (indices.empty()) return true;
  EventFileReader<S> reader(storage_);
  const EventRead read = reader.open(indices.front());
  const std::string name = event_file_name(indices.front());
  if (read == EventRead::io_error) return fail("cannot read " + name);
  if (read != EventRead::damage) return true;
  const EventFileHeader& header = reader.header();
  if (!sealed_event_file_header(header) || header.version == kEventVersion) return true;
  const std::string version = std::to_string(header.version);
  if (header.version > kEventVersion) {
    return fail(name + " is of version " + version + ", later than this program");
  }
  reader.close();
  cut_text_ = "all of it: its version is " + version + "; it is made anew from the log";
  for (; !indices.empty(); indices.pop_back()) {
    if (storage_.remove(event_file_name(indices.back())) != journal::IoStatus::ok ||
        storage_.sync_dir() != journal::IoStatus::ok) {
      return fail("cannot remove " + event_file_name(indices.back()) + " of version " + version);
    }
  }
  return true;
}

template <journal::Storage S>
bool EventJournal<S>::scan_file(std::uint64_t index, bool& holds_batches) {
  EventFileReader<S> reader(storage_);
  EventRead read = reader.open(index);
  if (read == EventRead::io_error) return fail("cannot read " + event_file_name(index));
  if (read == EventRead::damage) {
    cut_text_ = event_file_name(index) + ": " + reader.problem();
    return true;
  }
  EventBatchView view;
  Mark mark;
  do {
    mark.offset = reader.offset();
    mark.previous_link = reader.link();
    mark.previous_sequence = reader.last_sequence();
    read = reader.next(view);
    if (read == EventRead::batch) {
      mark.sequence = view.body.last_sequence;
      mark.epoch = view.header.epoch;
      mark.record_crc = view.body.last_record_crc;
      mark.chain_head = view.body.chain_head;
      marks_.push_back(mark);
    }
  } while (read == EventRead::batch);
  if (read == EventRead::io_error) return fail("cannot read " + event_file_name(index));
  log_id_ = reader.header().log_id;
  shard_ = reader.header().shard;
  index_ = index;
  offset_ = reader.offset();
  link_ = reader.link();
  last_sequence_ = reader.last_sequence();
  holds_batches = !marks_.empty();
  if (!holds_batches) return true;
  if (!done(storage_.open(event_file_name(index), file_), "cannot open an event file")) {
    return fail("cannot open " + event_file_name(index));
  }
  if (!write_again()) return false;
  // Behind zeros there may be batches whose predecessor did not reach the disk.
  if (read == EventRead::end) return cut(offset_);
  cut_text_ = event_file_name(index) + " after sequence " + std::to_string(last_sequence_) +
              " at byte " + std::to_string(offset_) + ": " + reader.problem();
  return cut(offset_);
}

/// Writes the file's batches again as they are, and syncs them. What was read may be in memory
/// only: not synced before a kill, or, after a sync that failed, never to be written by a later
/// one. The next file must not begin before it is on the disk.
template <journal::Storage S>
bool EventJournal<S>::write_again() {
  std::vector<std::byte> bytes(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < offset_;) {
    const std::size_t want = std::min<std::uint64_t>(bytes.size(), offset_ - at);
    std::size_t got = 0;
    journal::IoStatus status = storage_.read_at(file_, at, {bytes.data(), want}, got);
    if (status == journal::IoStatus::ok && got != want) status = journal::IoStatus::io_error;
    if (status == journal::IoStatus::ok) {
      status = storage_.write_at(file_, at, {bytes.data(), want});
    }
    if (status != journal::IoStatus::ok) return fail("cannot write an event file again");
    at += want;
  }
  return storage_.sync(file_) == journal::IoStatus::ok || fail("cannot sync an event file");
}

/// Zeros from `from` to the end of the file, so that nothing old can be taken for new.
template <journal::Storage S>
bool EventJournal<S>::cut(std::uint64_t from) {
  std::uint64_t size = 0;
  if (storage_.size(file_, size) != journal::IoStatus::ok) return fail("cannot size an event file");
  if (size <= from) return true;
  const std::vector<std::byte> zeros(std::size_t{64} << 10);
  for (std::uint64_t at = from; at < size;) {
    const std::size_t n = std::min<std::uint64_t>(zeros.size(), size - at);
    if (storage_.write_at(file_, at, {zeros.data(), n}) != journal::IoStatus::ok) {
      return fail("cannot cut an event file");
    }
    at += n;
  }
  if (storage_.sync(file_) != journal::IoStatus::ok) return fail("cannot sync an event file");
  return true;
}

template <journal::Storage S>
bool EventJournal<S>::drop_last() {
  SAKER_ASSERT(!marks_.empty() && builder_.empty());
  const Mark mark = marks_.back();
  if (!cut(mark.offset)) return false;
  marks_.pop_back();
  offset_ = mark.offset;
  link_ = mark.previous_link;
  last_sequence_ = mark.previous_sequence;
  return !marks_.empty() || open();  // nothing left here: on to the file before
}

template <journal::Storage S>
bool EventJournal<S>::add(const journal::RecordHeader& record, const core::Command& command,
                          const core::Output& out) {
  SAKER_ASSERT(record.sequence == added_sequence() + 1);
  if (builder_.add(record, command, out)) return true;
  return write() && builder_.add(record, command, out);
}

template <journal::Storage S>
bool EventJournal<S>::sync() {
  if (failed()) return false;
  if (synced_) return true;
  if (storage_.sync(file_) != journal::IoStatus::ok) return fail("cannot sync events");
  synced_ = true;
  return true;
}

template <journal::Storage S>
bool EventJournal<S>::write() {
  if (failed()) return false;
  if (builder_.empty()) return true;
  const bool full = file_ != journal::FileId::none && offset_ >= file_bytes_;
  if (full && !sync()) return false;  // a file begins when those before it are on the disk
  if ((full || file_ == journal::FileId::none) && !next_file()) return false;
  Mark mark{builder_.last_sequence(), 0, 0, 0, offset_, link_, last_sequence_};
  std::uint64_t link = link_;
  const Bytes batch = builder_.finish(log_id_, link);
  synced_ = false;
  if (!done(storage_.write_at(file_, offset_, batch), "cannot write events")) return false;
  const auto head = read_as<journal::RecordHeader>(batch);
  const auto body = read_as<EventBatchBody>(batch, sizeof(journal::RecordHeader));
  mark.epoch = head.epoch;
  mark.record_crc = body.last_record_crc;
  mark.chain_head = body.chain_head;
  marks_.assign(1, mark);
  link_ = link;
  offset_ += batch.size();
  last_sequence_ = builder_.last_sequence();
  ++batches_;
  builder_.clear();
  return true;
}

template <journal::Storage S>
bool EventJournal<S>::next_file() {
  const bool first = file_ == journal::FileId::none;
  const std::uint64_t index = first ? 1 : index_ + 1;
  const EventFileHeader header =
      make_event_file_header(index, log_id_, shard_, last_sequence_, link_);
  journal::FileId file = journal::FileId::none;
  if (!done(storage_.create(event_file_name(index), file), "cannot make an event file")) {
    return false;
  }
  const bool written = done(storage_.write_at(file, 0, bytes_of(header)), "cannot begin a file");
  if (!written || storage_.sync(file) != journal::IoStatus::ok ||
      storage_.sync_dir() != journal::IoStatus::ok) {
    storage_.close(file);
    return written ? fail("cannot sync an event file") : false;
  }
  if (!first) storage_.close(file_);
  file_ = file;
  index_ = index;
  offset_ = sizeof(EventFileHeader);
  return true;
}

}  // namespace saker::follower
