// Everything that happens to the accounts a session may view, in the engine's order, without
// polling each of them: the drop copies of all these accounts as one stream from the follower.
//
// Reports come once and in order. When the follower no longer has what follows, on_activity_lost()
// says so and the stream goes on behind the hole: take open orders and balances anew.
#pragma once

#include "client/query_client.hpp"

namespace saker::client {

/// Base of a handler; declare what you want in a class derived from it.
struct ActivityHandler {
  void on_activity(const proto::Report&) {}
  /// All reports of commands up to this log sequence have been delivered.
  void on_activity_complete(Sequence) {}
  /// Reports of commands in (from, to] are not to be had.
  void on_activity_lost(Sequence /*from*/, Sequence /*to*/) {}
};

template <net::Transport Transport, class Handler>
class ActivityStream {
 public:
  ActivityStream(QueryClient<Transport>& queries, Handler& handler)
      : queries_(queries), handler_(handler) {}

  /// Begins with the first report after log sequence `after`, dropping whatever ran.
  void start(Sequence after) {
    stop();
    running_ = true;
    sequence_ = after;
    passed_ = 0;
    poll();
  }
  void stop() {
    if (request_ != 0) queries_.forget(request_);
    request_ = 0;
    running_ = false;
  }
  /// Asks when nothing is asked. The answer waits at the follower until there is something.
  void poll() {
    if (!running_ || request_ != 0) return;
    proto::Query query;
    query.mutate_from(sequence_);
    query.mutate_page(passed_);
    query.mutate_subject(kDatagrams);
    request_ = queries_.ask(proto::QueryKind::Activity, query,
                            QueryCallback::to<&ActivityStream::on_result>(this));
  }

  bool running() const { return running_; }
  /// All reports of commands up to here have been delivered.
  Sequence complete_to() const { return sequence_; }

 private:
  static constexpr std::uint32_t kDatagrams = 128;  // of one answer

  void on_result(const QueryResult& result) {
    if (result.last) request_ = 0;
    if (!result.answered) return poll();
    const proto::QueryHeader& header = *result.reply.header;
    if (result.status != proto::QueryStatus::Ok) {
      const Sequence before = sequence_;
      sequence_ = std::max(sequence_, header.applied());
      passed_ = 0;
      handler_.on_activity_lost(before, sequence_);
      handler_.on_activity_complete(sequence_);
    } else if (result.status == proto::QueryStatus::Ok && header.from() == sequence_ &&
               header.page() == passed_) {
      for (const proto::Report& report : result.reply.reports) handler_.on_activity(report);
      const bool moved = header.to() > sequence_;
      sequence_ = header.to();
      passed_ = header.pages();
      if (moved) handler_.on_activity_complete(sequence_);
    }
    poll();
  }

  QueryClient<Transport>& queries_;
  Handler& handler_;
  bool running_ = false;
  std::uint64_t request_ = 0;
  Sequence sequence_ = 0;
  std::uint32_t passed_ = 0;  // reports of the next command that have been delivered
};

}  // namespace saker::client
