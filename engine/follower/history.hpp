// What can be sent again: the last reports of each session, the last drop-copy reports of each
// account and of all accounts together, the last feed messages with their definitions. Filled from
// the core's output as the log is re-executed; nothing here is written to disk.
#pragma once

#include <map>
#include <vector>

#include "engine/core/core.hpp"
#include "engine/follower/sequenced_ring.hpp"

namespace saker::follower {

struct HistoryLimits {
  std::size_t session_reports = 4096;  // powers of two, all of them
  std::size_t account_reports = 4096;
  std::size_t feed_messages = 65536;
  std::size_t activity_reports = 65536;       // drop copies of all accounts together
  std::uint64_t stream_bytes = 512u << 20;    // sessions and accounts; then no stream grows more
};

class History {
 public:
  explicit History(const HistoryLimits& limits)
      : limits_(limits), activity_(limits.activity_reports), feed_(limits.feed_messages) {}

  /// Forgets everything: streams go on from where `core` stands (nullptr: from the beginning).
  void begin(const core::Core* core);
  void take(const core::Output& out);

  using Reports = SequencedRing<proto::Report>;
  using Feed = SequencedRing<proto::FeedMessage>;
  /// Empty rings for ids never heard of. `core` says where a stream stands of which nothing has
  /// been seen yet.
  const Reports& session(const core::Core& core, SessionId id);
  const Reports& account(const core::Core& core, AccountId id);
  const Feed& feed() const { return feed_; }
  /// Drop copies of all accounts in the engine's order, numbered from 1 as this process met them.
  const Reports& activity() const { return activity_; }
  /// All that come from commands after this one are in activity().
  Sequence activity_floor() const { return activity_floor_; }
  /// Number of the first one in activity() that comes from a command after `sequence`.
  std::uint64_t activity_after(Sequence sequence) const;
  /// Definition that belongs to the MarketDefined message with this sequence, which feed() holds.
  const proto::MarketDefinition* definition(std::uint64_t feed_sequence) const;

 private:
  Reports& ring(std::vector<Reports>& rings, std::uint32_t id, std::size_t capacity);
  void push(Reports& reports, std::uint64_t sequence, const proto::Report& report);
  void take_activity(const proto::Report& report);

  const HistoryLimits limits_;
  std::vector<Reports> sessions_;  // by id
  std::vector<Reports> accounts_;
  std::uint64_t stream_bytes_ = 0;  // of both
  Reports activity_;
  Sequence activity_floor_ = 0;
  Feed feed_;
  std::map<std::uint64_t, proto::MarketDefinition> definitions_;
};

}  // namespace saker::follower
