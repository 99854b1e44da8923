// The fake follower's answer to a question for activity: several datagrams, small ones.
#include <algorithm>

#include "client/fake/venue.hpp"

namespace saker::client::fake {

void Venue::answer_activity(proto::Query query) {
  const Sequence reached = std::min(sequence_, follower_limit);
  const auto first_after = [this](Sequence sequence) {
    return static_cast<std::size_t>(
        std::count_if(reports.begin(), reports.end(), [sequence](const proto::Report& r) {
          return r.engine_sequence() <= sequence;
        }));
  };
  proto::QueryHeader header;
  header.mutate_applied(sequence_);
  const std::size_t end = first_after(reached);
  std::size_t at = first_after(query.from()) + query.page();
  if (at + 1 < oldest_report) {
    return reply(proto::QueryKind::Activity, query, proto::QueryStatus::SnapshotRequired, {},
                 header);
  }
  if (at >= end) {
    return reply(proto::QueryKind::Activity, query, proto::QueryStatus::NotYet, {}, {});
  }
  for (std::uint32_t left = query.subject(); at < end && left > 0; --left) {
    const std::size_t count = std::min<std::size_t>(max_page_items, end - at);
    proto::QueryReply content;
    content.reports = {&reports[at], count};
    at += count;
    const Sequence next = at < end ? reports[at].engine_sequence() : reached + 1;
    header.mutate_from(query.from());
    header.mutate_to(next - 1);
    header.mutate_pages(static_cast<std::uint32_t>(at - first_after(next - 1)));
    header.mutate_snapshot(at < end && left > 1 ? 1 : 0);
    reply(proto::QueryKind::Activity, query, proto::QueryStatus::Ok, content, header);
    query.mutate_from(header.to());
    query.mutate_page(header.pages());
  }
}

}  // namespace saker::client::fake
