// Where outputs wait for their commit: a ring of bytes between apply and release, both on the hot
// thread. An entry lies in one piece; one that does not fit before the end leaves a skip marker
// there and starts at the front. Memory is taken once, entries are built in place.
#pragma once

#include <cstring>
#include <span>

#include "common/assert.hpp"
#include "common/bytes.hpp"
#include "common/fixed_array.hpp"
#include "common/types.hpp"
#include "engine/core/output.hpp"

namespace saker::engine {

enum class StagedType : std::uint32_t {
  kSkip = 0,
  kCommand = 1,  // StagedCommand, then reports, feed messages, definitions
  kMessage = 2,  // StagedMessage, then its bytes
};

struct StagedHeader {
  std::uint32_t bytes = 0;  // whole entry, a multiple of 8
  StagedType type = StagedType::kSkip;
  Sequence sequence = 0;    // may leave once this is committed
};

/// What one command said.
struct StagedCommand {
  StagedHeader header;
  std::uint64_t chain_head = 0;
  TimeNs matched_ns = 0;
  TimeNs time_ns = 0;  // of the command
  std::uint64_t first_feed_sequence = 0;
  std::uint32_t report_count = 0;
  std::uint32_t feed_count = 0;
  std::uint32_t definition_count = 0;
  std::uint32_t reserved = 0;
};

/// A message of the session layer (a decision, an accepted logon) that waits like a report.
struct StagedMessage {
  StagedHeader header;
  std::uint32_t session = 0;
  std::uint32_t size = 0;        // of the bytes that follow
  std::uint64_t connection = 0;  // goes to this connection only
  std::uint64_t prefix_sequence = 0;
  std::uint8_t kind = 0;         // proto::PacketKind
  std::uint8_t reserved[7] = {};
};
static_assert(sizeof(StagedHeader) == 16 && sizeof(StagedCommand) % 8 == 0 &&
              sizeof(StagedMessage) % 8 == 0);

/// Largest message payload that is ever staged, bytes.
inline constexpr std::size_t kMaxStagedMessage = 256;
/// Most one command can stage, bytes.
inline constexpr std::size_t kMaxStagedBytes =
    sizeof(StagedCommand) + core::kMaxReports * sizeof(proto::Report) +
    core::kMaxFeedMessages * sizeof(proto::FeedMessage) +
    core::kMaxDefinitions * sizeof(proto::MarketDefinition);

class StagingRing {
 public:
  /// `capacity` in bytes: a power of two with room for some of the largest entries.
  explicit StagingRing(std::size_t capacity)
      : mask_(capacity - 1), bytes_(capacity) {
    SAKER_ASSERT((capacity & mask_) == 0 && capacity >= 8 * kMaxStagedBytes);
  }

  std::size_t capacity() const { return mask_ + 1; }
  std::size_t used() const { return tail_ - head_; }
  bool empty() const { return tail_ == head_; }
  /// What the memory is on, for the start-up log.
  const char* memory_note() const { return bytes_.note(); }

  /// True when `count` of the largest commands fit one after the other, wherever the end is.
  bool has_room(std::size_t count) const {
    return capacity() - used() >= (count + 1) * kMaxStagedBytes;
  }

  /// There must be room. Commands without reports and feed messages leave nothing to stage.
  void push_command(const core::Output& out, TimeNs matched_ns) {
    if (out.reports.empty() && out.feed.empty()) return;
    StagedCommand entry;
    entry.chain_head = out.chain_head;
    entry.matched_ns = matched_ns;
    entry.time_ns = out.time_ns;
    entry.first_feed_sequence = out.first_feed_sequence;
    entry.report_count = static_cast<std::uint32_t>(out.reports.size());
    entry.feed_count = static_cast<std::uint32_t>(out.feed.size());
    entry.definition_count = static_cast<std::uint32_t>(out.definitions.size());
    const std::size_t size = sizeof(entry) + out.reports.view().size_bytes() +
                             out.feed.view().size_bytes() + out.definitions.view().size_bytes();
    entry.header = {static_cast<std::uint32_t>(size), StagedType::kCommand, out.sequence};
    std::byte* to = reserve(size);
    to = put(to, bytes_of(entry));
    to = put(to, std::as_bytes(out.reports.view()));
    to = put(to, std::as_bytes(out.feed.view()));
    put(to, std::as_bytes(out.definitions.view()));
    tail_ += size;
  }

  /// False (nothing staged) when it would take room that commands may need.
  bool push_message(StagedMessage message, Bytes payload) {
    if (!has_room(2) || payload.size() > kMaxStagedMessage) return false;
    const std::size_t size = sizeof(message) + ((payload.size() + 7) & ~std::size_t{7});
    message.size = static_cast<std::uint32_t>(payload.size());
    message.header.bytes = static_cast<std::uint32_t>(size);
    message.header.type = StagedType::kMessage;
    std::byte* to = reserve(size);
    put(put(to, bytes_of(message)), payload);
    tail_ += size;
    return true;
  }

  /// The oldest entry, or nullptr. Valid until pop().
  std::byte* front() {
    if (empty()) return nullptr;
    auto* header = reinterpret_cast<StagedHeader*>(&bytes_[head_ & mask_]);
    if (header->type == StagedType::kSkip) {
      head_ += capacity() - (head_ & mask_);
      if (empty()) return nullptr;
    }
    return &bytes_[head_ & mask_];
  }
  /// Its bytes stay as they are until the next push.
  void pop() { head_ += reinterpret_cast<const StagedHeader*>(front())->bytes; }

 private:
  /// Moves the tail to where `size` bytes lie in one piece.
  std::byte* reserve(std::size_t size) {
    // Nothing waits: from the front again, where the memory is warm.
    if (empty()) head_ = tail_ = 0;
    const std::size_t at = tail_ & mask_;
    if (capacity() - at < size) {
      if (capacity() - at >= sizeof(StagedHeader)) put(&bytes_[at], bytes_of(StagedHeader{}));
      else std::memset(&bytes_[at], 0, capacity() - at);
      tail_ += capacity() - at;
    }
    SAKER_ASSERT(tail_ + size - head_ <= capacity());
    return &bytes_[tail_ & mask_];
  }
  static std::byte* put(std::byte* to, Bytes bytes) {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return to + bytes.size();
  }

  const std::size_t mask_;
  FixedArray<std::byte> bytes_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
};

/// A staged command's parts, in place. The reports are written to at release.
struct StagedParts {
  std::span<proto::Report> reports;
  std::span<const proto::FeedMessage> feed;
  std::span<const proto::MarketDefinition> definitions;
};

inline StagedParts parts_of(std::byte* entry) {
  const auto* command = reinterpret_cast<const StagedCommand*>(entry);
  auto* reports = reinterpret_cast<proto::Report*>(entry + sizeof(StagedCommand));
  const auto* feed = reinterpret_cast<const proto::FeedMessage*>(reports + command->report_count);
  const auto* definitions =
      reinterpret_cast<const proto::MarketDefinition*>(feed + command->feed_count);
  return {{reports, command->report_count}, {feed, command->feed_count},
          {definitions, command->definition_count}};
}

}  // namespace saker::engine
