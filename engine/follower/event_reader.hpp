// Reads event files batch by batch: for settlement, for the follower's own start, for tests.
//
// `end` means "nothing more yet": the follower may append. A batch can be seen before it is
// synced; after a crash the same entries come again, perhaps framed in other batches. So whoever
// reads keeps its place as a command sequence, and skips entries at or below it.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/follower/event_format.hpp"
#include "journal/storage.hpp"

namespace saker::follower {

enum class EventRead : std::uint8_t { batch, end, damage, io_error };

/// Indices of the event files of a directory, rising. False on an I/O error.
template <journal::Storage S>
bool list_event_files(S& storage, std::vector<std::uint64_t>& indices) {
  std::vector<journal::FileInfo> files;
  if (storage.list(files) != journal::IoStatus::ok) return false;
  indices.clear();
  for (const journal::FileInfo& file : files) {
    std::uint64_t index = 0;
    if (event_file_index(file.name, index)) indices.push_back(index);
  }
  std::sort(indices.begin(), indices.end());
  return true;
}

/// One file.
template <journal::Storage S>
class EventFileReader {
 public:
  explicit EventFileReader(S& storage) : storage_(storage) {}
  ~EventFileReader() { close(); }
  EventFileReader(const EventFileReader&) = delete;
  EventFileReader& operator=(const EventFileReader&) = delete;

  /// batch: stands before the first batch. damage: the header is not valid.
  EventRead open(std::uint64_t index);
  void close() {
    if (file_ != journal::FileId::none) storage_.close(file_);
    file_ = journal::FileId::none;
  }
  /// `end` at zeros or at the end of the file; `damage` when what stands there is no batch that
  /// follows: problem() says why. Both may be asked again.
  EventRead next(EventBatchView& view);

  const EventFileHeader& header() const { return header_; }
  std::uint64_t offset() const { return offset_; }
  Sequence last_sequence() const { return last_sequence_; }
  std::uint64_t link() const { return link_; }
  const char* problem() const { return problem_; }

 private:
  EventRead damaged(const char* problem) {
    problem_ = problem;
    return EventRead::damage;
  }

  S& storage_;
  journal::FileId file_ = journal::FileId::none;
  EventFileHeader header_;
  std::uint64_t offset_ = 0;
  Sequence last_sequence_ = 0;
  std::uint64_t link_ = 0;
  const char* problem_ = nullptr;
  std::vector<std::byte> buffer_;
};

template <journal::Storage S>
EventRead EventFileReader<S>::open(std::uint64_t index) {
  close();
  if (storage_.open(event_file_name(index), file_) != journal::IoStatus::ok) {
    return EventRead::io_error;
  }
  std::size_t got = 0;
  std::byte bytes[sizeof(EventFileHeader)];
  if (storage_.read_at(file_, 0, bytes, got) != journal::IoStatus::ok) return EventRead::io_error;
  if (got < sizeof(bytes)) return damaged("its header is cut short");
  header_ = read_as<EventFileHeader>(bytes);
  if (!valid_event_file_header(header_, index)) return damaged("its header is not valid");
  offset_ = sizeof(EventFileHeader);
  last_sequence_ = header_.after_sequence;
  link_ = header_.previous_link;
  return EventRead::batch;
}

template <journal::Storage S>
EventRead EventFileReader<S>::next(EventBatchView& view) {
  constexpr std::size_t kHead = sizeof(journal::RecordHeader);
  buffer_.resize(journal::record_bytes(journal::kMaxPayloadBytes));
  std::size_t got = 0;
  if (storage_.read_at(file_, offset_, {buffer_.data(), kHead}, got) != journal::IoStatus::ok) {
    return EventRead::io_error;
  }
  const Bytes head{buffer_.data(), got};
  if (std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; })) {
    return EventRead::end;
  }
  if (got < kHead) return damaged("it is cut short");
  const std::size_t length = read_as<journal::RecordHeader>(head).length;
  if (length > journal::kMaxPayloadBytes) return damaged("its length is impossible");
  const std::size_t size = journal::record_bytes(length);
  if (storage_.read_at(file_, offset_, {buffer_.data(), size}, got) != journal::IoStatus::ok) {
    return EventRead::io_error;
  }
  if (const char* why = check_event_batch({buffer_.data(), got}, view)) return damaged(why);
  if (view.body.log_id != header_.log_id) return damaged("it belongs to another log");
  if (view.body.previous_link != link_ || view.header.sequence != last_sequence_ + 1) {
    return damaged("it does not follow the batch before it");
  }
  offset_ += view.bytes;
  last_sequence_ = view.body.last_sequence;
  link_ = view.link;
  return EventRead::batch;
}

/// All files in a row, from the first.
template <journal::Storage S>
class EventReader {
 public:
  explicit EventReader(S& storage) : storage_(storage), file_(storage) {}

  EventRead next(EventBatchView& view) {
    for (;;) {
      if (!opened_) {
        const EventRead opened = open_next();
        if (opened != EventRead::batch) return opened;
      }
      const EventRead read = file_.next(view);
      if (read != EventRead::end) return read;
      std::vector<std::uint64_t> indices;
      if (!list_event_files(storage_, indices)) return EventRead::io_error;
      if (indices.empty() || indices.back() <= file_.header().index) return EventRead::end;
      opened_ = false;
    }
  }
  const char* problem() const { return problem_ != nullptr ? problem_ : file_.problem(); }

 private:
  EventRead open_next() {
    std::vector<std::uint64_t> indices;
    if (!list_event_files(storage_, indices)) return EventRead::io_error;
    if (indices.empty()) return EventRead::end;
    const bool first = file_.header().log_id == 0;
    const std::uint64_t index = first ? indices.front() : file_.header().index + 1;
    const Sequence last = file_.last_sequence();
    const std::uint64_t link = file_.link();
    const EventRead read = file_.open(index);
    if (read == EventRead::io_error) return read;
    // The header of a file that is being made may not be there yet.
    if (read == EventRead::damage) return index == indices.back() ? EventRead::end : read;
    if (!first && (file_.header().after_sequence != last || file_.header().previous_link != link)) {
      problem_ = "a file does not follow the one before it";
      return EventRead::damage;
    }
    opened_ = true;
    return EventRead::batch;
  }

  S& storage_;
  EventFileReader<S> file_;
  bool opened_ = false;
  const char* problem_ = nullptr;
};

}  // namespace saker::follower
