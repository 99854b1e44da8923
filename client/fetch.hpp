// Answers that do not fit one datagram: all pages of a snapshot, collected whatever is lost.
#pragma once

#include <vector>

#include "client/query_client.hpp"

namespace saker::client {

/// The list of a reply that holds items of a type.
template <class Item>
std::span<const Item> items_of(const proto::QueryReply& reply);
template <>
inline std::span<const proto::OpenOrder> items_of(const proto::QueryReply& r) { return r.orders; }
template <>
inline std::span<const proto::Balance> items_of(const proto::QueryReply& r) { return r.balances; }
template <>
inline std::span<const proto::BookOrder> items_of(const proto::QueryReply& r) { return r.book; }
template <>
inline std::span<const proto::MarketDefinition> items_of(const proto::QueryReply& r) {
  return r.definitions;
}
template <>
inline std::span<const proto::AccountDetail> items_of(const proto::QueryReply& r) {
  return r.accounts;
}
template <>
inline std::span<const proto::Report> items_of(const proto::QueryReply& r) { return r.reports; }

enum class FetchState : std::uint8_t { kIdle, kRunning, kDone, kFailed };

/// One snapshot: open orders or balances of an account (0: balances of all accounts that the
/// session may view), a market's book, the markets, what an account or group is. Pages are
/// asked for several at a time; when the follower forgot the snapshot it is started anew.
template <class Item, net::Transport Transport>
class SnapshotFetch {
 public:
  explicit SnapshotFetch(QueryClient<Transport>& queries) : queries_(queries) {}

  /// Begins, dropping whatever ran. `at_least`: log sequence that the answer must include.
  void start(proto::QueryKind kind, std::uint32_t subject, Sequence at_least) {
    cancel();
    kind_ = kind;
    subject_ = subject;
    at_least_ = at_least;
    restarts_ = 0;
    first_page();
  }
  void cancel() {
    for (std::uint64_t& request : requests_) {
      if (request != 0) queries_.forget(request);
      request = 0;
    }
    state_ = FetchState::kIdle;
  }

  /// Asks for what is not asked for yet; call it as long as the state is kRunning.
  void poll() {
    if (state_ != FetchState::kRunning) return;
    if (!has_header_) {
      ask(0);
      return;
    }
    while (next_page_ < pages_.size() && asked() < kAtOnce) {
      const std::size_t page = next_page_;
      if (!ask(page)) return;
      ++next_page_;
    }
  }

  FetchState state() const { return state_; }
  /// Why kFailed: a status of the follower's, Busy when it did not answer at all.
  proto::QueryStatus status() const { return status_; }
  /// After kDone: the first page's header, and all items in order.
  const proto::QueryHeader& header() const { return header_; }
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (const auto& page : pages_) {
      for (const Item& item : page) fn(item);
    }
  }
  /// Market definition that came along with a book.
  const std::vector<proto::MarketDefinition>& definitions() const { return definitions_; }

 private:
  static constexpr std::size_t kAtOnce = 8;
  static constexpr std::uint32_t kMostRestarts = 20;
  static constexpr std::uint32_t kMostPages = 1u << 20;

  void first_page() {
    state_ = FetchState::kRunning;
    has_header_ = false;
    pages_.clear();
    definitions_.clear();
    arrived_ = 0;
    next_page_ = 1;
    ask(0);
  }

  std::size_t asked() const {
    return static_cast<std::size_t>(
        std::count_if(requests_.begin(), requests_.end(), [](auto r) { return r != 0; }));
  }

  bool ask(std::size_t page) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      if (requests_[i] != 0) {
        if (!has_header_) return false;  // the first page is on its way
        continue;
      }
      proto::Query query;
      query.mutate_at_least(at_least_);
      query.mutate_subject(subject_);
      query.mutate_page(static_cast<std::uint32_t>(page));
      query.mutate_snapshot(has_header_ ? header_.snapshot() : 0);
      page_of_[i] = page;
      requests_[i] = queries_.ask(
          kind_, query, QueryCallback::to<&SnapshotFetch::on_result>(this));
      return requests_[i] != 0;
    }
    return false;
  }

  void on_result(const QueryResult& result) {
    std::size_t i = 0;
    while (i < kAtOnce && requests_[i] != result.request) ++i;
    if (i == kAtOnce) return;
    requests_[i] = 0;
    if (!result.answered) return fail(proto::QueryStatus::Busy);
    if (result.status == proto::QueryStatus::SnapshotRequired && restarts_++ < kMostRestarts) {
      cancel();
      return first_page();
    }
    if (result.status != proto::QueryStatus::Ok) return fail(result.status);
    if (!has_header_) {
      header_ = *result.reply.header;
      if (header_.pages() > kMostPages) return fail(proto::QueryStatus::Unknown);
      has_header_ = true;
      pages_.resize(std::max<std::uint32_t>(1, header_.pages()));
      definitions_.assign(result.reply.definitions.begin(), result.reply.definitions.end());
    }
    const auto items = items_of<Item>(result.reply);
    pages_[page_of_[i]].assign(items.begin(), items.end());
    if (++arrived_ == pages_.size()) {
      state_ = FetchState::kDone;
    } else {
      poll();
    }
  }

  void fail(proto::QueryStatus status) {
    cancel();
    status_ = status;
    state_ = FetchState::kFailed;
  }

  QueryClient<Transport>& queries_;
  proto::QueryKind kind_ = proto::QueryKind::None;
  std::uint32_t subject_ = 0;
  Sequence at_least_ = 0;
  FetchState state_ = FetchState::kIdle;
  proto::QueryStatus status_ = proto::QueryStatus::Ok;
  std::uint32_t restarts_ = 0;
  bool has_header_ = false;
  proto::QueryHeader header_;
  std::vector<std::vector<Item>> pages_;
  std::vector<proto::MarketDefinition> definitions_;
  std::size_t arrived_ = 0;
  std::size_t next_page_ = 1;
  std::array<std::uint64_t, kAtOnce> requests_{};
  std::array<std::size_t, kAtOnce> page_of_{};
};

}  // namespace saker::client
