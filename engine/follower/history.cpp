#include "engine/follower/history.hpp"

namespace saker::follower {

void History::begin(const core::Core* core) {
  sessions_.clear();
  accounts_.clear();
  definitions_.clear();
  stream_bytes_ = 0;
  activity_.begin_at(1);
  activity_floor_ = core != nullptr ? core->sequence() : 0;
  feed_.begin_at(core != nullptr ? core->next_feed_sequence() : 1);
}

History::Reports& History::ring(std::vector<Reports>& rings, std::uint32_t id,
                                std::size_t capacity) {
  while (rings.size() <= id) rings.emplace_back(capacity);
  return rings[id];
}

void History::push(Reports& reports, std::uint64_t sequence, const proto::Report& report) {
  const std::size_t before = reports.room();
  reports.push(sequence, report, stream_bytes_ < limits_.stream_bytes);
  stream_bytes_ += (reports.room() - before) * sizeof(proto::Report);
}

void History::take_activity(const proto::Report& report) {
  if (activity_.next() - activity_.first() == limits_.activity_reports) {
    activity_floor_ = activity_[activity_.first()].engine_sequence();
  }
  activity_.push(activity_.next(), report);
}

std::uint64_t History::activity_after(Sequence sequence) const {
  std::uint64_t low = activity_.first();
  std::uint64_t high = activity_.next();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (activity_[middle].engine_sequence() > sequence) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void History::take(const core::Output& out) {
  for (const proto::Report& source : out.reports.view()) {
    proto::Report report = source;
    report.mutate_chain_head(out.chain_head);
    report.mutate_matched_ns(0);
    report.mutate_released_ns(0);
    if (report.session() != 0) {
      push(ring(sessions_, report.session(), limits_.session_reports), report.report_sequence(),
           report);
    }
    if (report.account_sequence() != 0) {
      push(ring(accounts_, report.account(), limits_.account_reports),
           report.account_sequence(), report);
      take_activity(report);
    }
  }
  std::uint64_t sequence = out.first_feed_sequence;
  std::size_t defined = 0;
  for (const proto::FeedMessage& message : out.feed.view()) {
    if (message.kind() == proto::FeedKind::MarketDefined) {
      SAKER_ASSERT(defined < out.definitions.size());
      definitions_[sequence] = out.definitions[defined++];
    }
    feed_.push(sequence++, message);
  }
  while (!definitions_.empty() && definitions_.begin()->first < feed_.first()) {
    definitions_.erase(definitions_.begin());
  }
}

const History::Reports& History::session(const core::Core& core, SessionId id) {
  Reports& reports = ring(sessions_, raw(id), limits_.session_reports);
  if (reports.next() == 0) reports.begin_at(core.session(id).next_report_sequence);
  return reports;
}

const History::Reports& History::account(const core::Core& core, AccountId id) {
  Reports& reports = ring(accounts_, raw(id), limits_.account_reports);
  if (reports.next() == 0) reports.begin_at(core.next_account_sequence(id));
  return reports;
}

const proto::MarketDefinition* History::definition(std::uint64_t feed_sequence) const {
  const auto found = definitions_.find(feed_sequence);
  return found == definitions_.end() ? nullptr : &found->second;
}

}  // namespace saker::follower
