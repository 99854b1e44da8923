// The file of signed heads: one after the other, 224 bytes each, only ever appended to. A crash
// can leave a part of one at the end, which the next append overwrites: the file may be too short
// for it, or as long as it should be, with zeros where a sector has not reached the disk.
#pragma once

#include <algorithm>

#include "journal/evidence/signed_head.hpp"
#include "journal/storage.hpp"

namespace saker::evidence {

inline constexpr const char* kHeadsFile = "heads";
inline constexpr const char* kPublicKeyFile = "public_key.hex";

template <journal::Storage S>
class HeadFile {
 public:
  explicit HeadFile(S& storage) : storage_(storage) {}
  ~HeadFile() {
    if (file_ != journal::FileId::none) storage_.close(file_);
  }
  HeadFile(const HeadFile&) = delete;
  HeadFile& operator=(const HeadFile&) = delete;

  /// Opens it as it is; `create` makes it where there is none, and makes durable what is in it.
  journal::IoStatus open(bool create) {
    using journal::IoStatus;
    if (create) {
      if (const IoStatus made = storage_.create(kHeadsFile, file_); made != IoStatus::ok) {
        return made;
      }
      if (const IoStatus kept = storage_.sync_dir(); kept != IoStatus::ok) return kept;
    } else if (const IoStatus found = storage_.open(kHeadsFile, file_); found != IoStatus::ok) {
      return found;
    }
    std::uint64_t size = 0;
    const IoStatus status = storage_.size(file_, size);
    count_ = size / sizeof(SignedHead);
    if (status != IoStatus::ok || count_ == 0) return status;
    SignedHead last;
    if (!read(count_, last)) return IoStatus::io_error;
    if (torn(last)) {
      --count_;
    } else if (create) {
      // Written once more: after a sync that failed it may be in memory only, and no later sync
      // would write it.
      --count_;
      return append(last);
    }
    return IoStatus::ok;
  }
  /// Whole heads in the file.
  std::uint64_t count() const { return count_; }

  /// Head `number`, from 1 to count().
  bool read(std::uint64_t number, SignedHead& head) {
    std::array<std::byte, sizeof(SignedHead)> bytes;
    std::size_t got = 0;
    const std::uint64_t offset = (number - 1) * sizeof(SignedHead);
    if (storage_.read_at(file_, offset, bytes, got) != journal::IoStatus::ok) return false;
    if (got != bytes.size()) return false;
    head = read_as<SignedHead>(bytes);
    return true;
  }

  /// Durable when this returns ok.
  journal::IoStatus append(const SignedHead& head) {
    const journal::IoStatus written =
        storage_.write_at(file_, count_ * sizeof(SignedHead), bytes_of(head));
    if (written != journal::IoStatus::ok) return written;
    const journal::IoStatus synced = storage_.sync(file_);
    if (synced == journal::IoStatus::ok) ++count_;
    return synced;
  }

  /// The first head whose last record is not before `sequence`; count() + 1 when there is none.
  /// False when the file cannot be read.
  bool find(Sequence sequence, std::uint64_t& number) {
    std::uint64_t low = 1;
    std::uint64_t high = count_ + 1;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      SignedHead head;
      if (!read(middle, head)) return false;
      if (head.head.last_sequence < sequence) low = middle + 1;
      else high = middle;
    }
    number = low;
    return true;
  }

 private:
  /// Is one of the pieces into which the sectors of the disk divide the last head all zeros? A head
  /// begins and ends with bytes that are not, and lies in two sectors at most.
  bool torn(const SignedHead& head) const {
    constexpr std::size_t kSector = 512;
    const std::size_t start = (count_ - 1) * sizeof(SignedHead) % kSector;
    const std::size_t first = std::min(sizeof(SignedHead), kSector - start);
    const Bytes bytes = bytes_of(head);
    const auto zero = [](std::byte b) { return b == std::byte{0}; };
    const Bytes rest = bytes.subspan(first);
    return std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(first), zero) ||
           (!rest.empty() && std::all_of(rest.begin(), rest.end(), zero));
  }

  S& storage_;
  journal::FileId file_ = journal::FileId::none;
  std::uint64_t count_ = 0;
};

}  // namespace saker::evidence
