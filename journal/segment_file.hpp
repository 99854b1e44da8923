// One segment file open for reading, seen through a window that is read ahead.
#pragma once

#include <algorithm>

#include "journal/format.hpp"
#include "journal/storage.hpp"

namespace saker::journal {

template <Storage S>
class SegmentFile {
 public:
  explicit SegmentFile(S& storage) : storage_(storage) {}
  ~SegmentFile() { close(); }
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  IoStatus open(std::uint64_t index) {
    close();
    IoStatus status = storage_.open(segment_name(index), file_);
    if (status == IoStatus::ok) status = storage_.size(file_, size_);
    return status;
  }
  void close() {
    if (file_ != FileId::none) storage_.close(file_);
    file_ = FileId::none;
    forget();
  }
  bool is_open() const { return file_ != FileId::none; }
  std::uint64_t size() const { return size_; }
  FileId file() const { return file_; }

  /// `length` bytes at `offset`, fewer at the end of the file. May read ahead, but not past
  /// `ahead_limit`: what lies there may still change. Valid until the next call.
  IoStatus view(std::uint64_t offset, std::size_t length, std::uint64_t ahead_limit, Bytes& out) {
    if (offset < start_ || offset + length > start_ + got_) {
      const std::uint64_t limit = std::min(ahead_limit, size_);
      const std::uint64_t ahead = limit > offset ? limit - offset : 0;
      const std::size_t want = std::max<std::uint64_t>(
          length, std::min<std::uint64_t>(ahead, kWindowBytes));
      if (window_.size() < want) window_.resize(want);
      start_ = offset;
      got_ = 0;
      const IoStatus status = storage_.read_at(file_, offset, {window_.data(), want}, got_);
      if (status != IoStatus::ok) return status;
    }
    const std::size_t skip = offset - start_;
    out = {window_.data() + skip, std::min(length, got_ - skip)};
    return IoStatus::ok;
  }
  /// The next view() reads anew.
  void forget() { start_ = got_ = 0; }

  /// First offset in [from, size) whose byte is not zero, or size().
  IoStatus find_nonzero(std::uint64_t from, std::uint64_t& at) {
    for (at = from; at < size_;) {
      Bytes bytes;
      const IoStatus status = view(at, std::min<std::uint64_t>(kWindowBytes, size_ - at), 0, bytes);
      if (status != IoStatus::ok) return status;
      if (bytes.empty()) return IoStatus::io_error;  // the file became shorter under us
      const std::size_t clean = first_nonzero(bytes);
      at += clean;
      if (clean < bytes.size()) return IoStatus::ok;
    }
    at = size_;
    return IoStatus::ok;
  }

 private:
  static constexpr std::size_t kWindowBytes = 256u << 10;
  S& storage_;
  FileId file_ = FileId::none;
  std::uint64_t size_ = 0;
  std::vector<std::byte> window_;
  std::uint64_t start_ = 0;
  std::size_t got_ = 0;
};

}  // namespace saker::journal
