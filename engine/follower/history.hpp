// What can be sent again: the last reports of each session, the last drop-copy reports of each
// account, the last feed messages with their definitions. Filled from the core's output as the
// log is re-executed; nothing here is written to disk.
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
};

class History {
 public:
  explicit History(const HistoryLimits& limits)
      : limits_(limits), feed_(limits.feed_messages) {}

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
  /// Definition that belongs to the MarketDefined message with this sequence, which feed() holds.
  const proto::MarketDefinition* definition(std::uint64_t feed_sequence) const;

 private:
  Reports& ring(std::vector<Reports>& rings, std::uint32_t id, std::size_t capacity);

  const HistoryLimits limits_;
  std::vector<Reports> sessions_;  // by id
  std::vector<Reports> accounts_;
  Feed feed_;
  std::map<std::uint64_t, proto::MarketDefinition> definitions_;
};

}  // namespace saker::follower
