// Questions to the follower about accounts, some at a time, the others in line; each is answered or
// given up when its patience is over. Bounded: beyond its length a question fails at once.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "client/fetch.hpp"
#include "gateway/venue.hpp"

namespace saker::gateway {

/// Reports [from, to) of an account's drop copy as far as they are kept, and the header that says
/// where it ends; in the shape of SnapshotFetch.
template <net::Transport Transport>
class DropCopyFetch {
 public:
  explicit DropCopyFetch(client::QueryClient<Transport>& queries) : queries_(queries) {}
  /// `to` 0: all there are; `from`: the header alone.
  void start(std::uint32_t account, std::uint64_t from, std::uint64_t to, Sequence at_least) {
    cancel();
    account_ = account;
    next_ = from;
    to_ = to;
    at_least_ = at_least;
    state_ = client::FetchState::kRunning;
    poll();
  }
  void poll() {
    if (state_ != client::FetchState::kRunning || request_ != 0) return;
    proto::Query query;
    query.mutate_subject(account_);
    query.mutate_at_least(at_least_);
    query.mutate_from(next_);
    query.mutate_to(to_);
    request_ = queries_.ask(proto::QueryKind::DropCopy, query,
                            client::QueryCallback::to<&DropCopyFetch::on_result>(this));
  }
  void cancel() {
    if (request_ != 0) queries_.forget(request_);
    request_ = 0;
    reports_.clear();
    state_ = client::FetchState::kIdle;
  }
  client::FetchState state() const { return state_; }
  const proto::QueryHeader& header() const { return header_; }
  std::vector<proto::Report>& reports() { return reports_; }

 private:
  void on_result(const client::QueryResult& result) {
    if (result.last) request_ = 0;
    state_ = client::FetchState::kFailed;
    if (!result.answered) return;
    header_ = *result.reply.header;
    if (result.status == proto::QueryStatus::SnapshotRequired) return skip_what_is_not_kept();
    if (result.status != proto::QueryStatus::Ok) return;
    for (const proto::Report& report : result.reply.reports) {
      if (report.account_sequence() != next_) continue;  // a page that came twice
      reports_.push_back(report);
      ++next_;
    }
    state_ = result.last ? client::FetchState::kDone : client::FetchState::kRunning;
  }

  void skip_what_is_not_kept() {
    if (to_ != 0 && to_ <= header_.from()) {
      state_ = client::FetchState::kDone;
    } else if (header_.from() > next_) {
      next_ = header_.from();
      state_ = client::FetchState::kRunning;
      poll();
    }
  }

  client::QueryClient<Transport>& queries_;
  client::FetchState state_ = client::FetchState::kIdle;
  std::uint32_t account_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t to_ = 0;
  Sequence at_least_ = 0;
  std::uint64_t request_ = 0;
  proto::QueryHeader header_;
  std::vector<proto::Report> reports_;
};

template <net::Transport Transport>
class QuestionQueue {
 public:
  explicit QuestionQueue(client::QueryClient<Transport>& queries) {
    for (std::size_t i = 0; i < kAtOnce; ++i) slots_.push_back(std::make_unique<Slot>(queries));
  }

  void ask_balances(std::uint32_t account, Sequence at_least, TimeNs give_up_ns,
                    std::function<void(BalancesAnswer)> done) {
    waiting_.push_back({account, at_least, give_up_ns, 0, std::move(done), nullptr, nullptr});
  }
  void ask_account(std::uint32_t account, Sequence at_least, TimeNs give_up_ns,
                   std::function<void(AccountAnswer)> done) {
    waiting_.push_back({account, at_least, give_up_ns, 0, nullptr, std::move(done), nullptr});
  }
  void ask_history(std::uint32_t account, std::uint64_t from, Sequence at_least,
                   TimeNs give_up_ns, std::function<void(HistoryAnswer)> done) {
    waiting_.push_back({account, at_least, give_up_ns, from, nullptr, nullptr, std::move(done)});
  }

  /// Takes answers, gives up what is due, starts what is next.
  void poll(TimeNs now_ns) {
    for (auto& slot : slots_) {
      if (slot->busy) advance(*slot, now_ns);
    }
    while (!waiting_.empty() &&
           (waiting_.front().give_up_ns <= now_ns || waiting_.size() > kMostWaiting)) {
      const Job job = std::move(waiting_.front());
      waiting_.pop_front();
      fail(job);
    }
    for (auto& slot : slots_) {
      if (waiting_.empty()) break;
      if (slot->busy) continue;
      slot->job = std::move(waiting_.front());
      waiting_.pop_front();
      begin(*slot);
    }
  }
  /// When poll() has something to do though nothing arrives.
  TimeNs next_deadline_ns() const {
    TimeNs deadline = waiting_.empty() ? UINT64_MAX : waiting_.front().give_up_ns;
    for (const auto& slot : slots_) {
      if (slot->busy) deadline = std::min(deadline, slot->job.give_up_ns);
    }
    return deadline;
  }
  std::size_t size() const {
    const auto busy = std::count_if(slots_.begin(), slots_.end(), [](auto& s) { return s->busy; });
    return waiting_.size() + static_cast<std::size_t>(busy);
  }

 private:
  static constexpr std::size_t kAtOnce = 16;
  static constexpr std::size_t kMostWaiting = 4'096;

  struct Job {
    std::uint32_t account = 0;
    Sequence at_least = 0;
    TimeNs give_up_ns = 0;
    std::uint64_t from = 0;  // history
    std::function<void(BalancesAnswer)> balances;
    std::function<void(AccountAnswer)> account_done;
    std::function<void(HistoryAnswer)> history;
  };
  struct Slot {
    explicit Slot(client::QueryClient<Transport>& queries)
        : balances(queries), orders(queries), end(queries), history(queries) {}
    bool busy = false;
    Job job;
    client::SnapshotFetch<proto::Balance, Transport> balances;
    client::SnapshotFetch<proto::OpenOrder, Transport> orders;
    DropCopyFetch<Transport> end;
    DropCopyFetch<Transport> history;
  };

  void begin(Slot& slot) {
    slot.busy = true;
    if (slot.job.balances) {
      slot.balances.start(proto::QueryKind::Balances, slot.job.account, slot.job.at_least);
    } else if (slot.job.history) {
      slot.history.start(slot.job.account, slot.job.from, 0, slot.job.at_least);
    } else {
      slot.orders.start(proto::QueryKind::OpenOrders, slot.job.account, slot.job.at_least);
      slot.end.start(slot.job.account, 1, 1, slot.job.at_least);
    }
  }

  void advance(Slot& slot, TimeNs now_ns) {
    using client::FetchState;
    slot.balances.poll();
    slot.orders.poll();
    slot.end.poll();
    slot.history.poll();
    const bool done = slot.balances.state() == FetchState::kDone ||
                      slot.history.state() == FetchState::kDone ||
                      (slot.orders.state() == FetchState::kDone &&
                       slot.end.state() == FetchState::kDone);
    const bool failed = slot.balances.state() == FetchState::kFailed ||
                        slot.history.state() == FetchState::kFailed ||
                        slot.orders.state() == FetchState::kFailed ||
                        slot.end.state() == FetchState::kFailed;
    if (!done && !failed && now_ns < slot.job.give_up_ns) return;
    const Job job = std::exchange(slot.job, {});
    if (done) {
      answer(slot, job);
    } else {
      slot.busy = false;
      fail(job);
    }
    slot.balances.cancel();
    slot.orders.cancel();
    slot.end.cancel();
    slot.history.cancel();
    slot.busy = false;
  }

  void answer(Slot& slot, const Job& job) {
    if (job.balances) {
      BalancesAnswer answer{true, slot.balances.header().applied(), {}};
      slot.balances.for_each(
          [&](const proto::Balance& balance) { answer.balances.push_back(balance); });
      job.balances(std::move(answer));
      return;
    }
    if (job.history) return job.history({true, std::move(slot.history.reports())});
    AccountAnswer answer{true, slot.orders.header().applied(), {}, slot.end.header().applied(),
                         slot.end.header().to()};
    slot.orders.for_each([&](const proto::OpenOrder& order) { answer.orders.push_back(order); });
    job.account_done(std::move(answer));
  }

  static void fail(const Job& job) {
    if (job.balances) return job.balances({});
    if (job.history) return job.history({});
    job.account_done({});
  }

  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<Job> waiting_;
};

}  // namespace saker::gateway
