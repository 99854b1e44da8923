#include "engine/follower/answers.hpp"

#include <algorithm>

namespace saker::follower {
namespace {

using proto::QueryKind;
using proto::QueryStatus;

/// A book's pages leave room for the market's definition, which the first one carries.
constexpr std::size_t kBookPageItems =
    (proto::kMaxPayloadBytes - proto::kQueryReplyHeadBytes - 8 - sizeof(proto::MarketDefinition)) /
    sizeof(proto::BookOrder);

proto::QueryHeader header_for(const Question& question, QueryStatus status,
                              const core::Core* core) {
  proto::QueryHeader header;
  header.mutate_request(question.query.request());
  header.mutate_page(question.query.page());
  header.mutate_status(status);
  if (core == nullptr) return header;
  header.mutate_applied(core->sequence());
  header.mutate_chain_head(core->chain_head());
  header.mutate_epoch(core->epoch());
  return header;
}

/// Which part [from, to) of what a ring holds a question is answered with.
struct Range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  QueryStatus status = QueryStatus::Ok;
  bool not_reached = false;
};

/// `from` 0: the oldest there is. `to` 0: as far as it goes.
template <class T>
Range range_of(const proto::Query& query, const SequencedRing<T>& ring) {
  Range range;
  range.from = query.from() == 0 ? ring.first() : query.from();
  range.to = query.to() == 0 || query.to() > ring.next() ? ring.next() : query.to();
  if (range.from < ring.first()) {
    range.status = QueryStatus::SnapshotRequired;
  } else if (range.from >= range.to) {
    const bool nothing_asked = query.to() != 0 && query.to() <= range.from;
    const bool open_end = query.to() == 0 && range.from == ring.next();
    range.not_reached = !nothing_asked && !open_end;
    range.to = range.from;
  }
  return range;
}

}  // namespace

Answers::Answers(const QueryConfig& config)
    : config_(config),
      pages_(config.snapshot_slots, std::uint64_t{config.snapshot_ttl_ms} * 1'000'000,
             config.snapshot_bytes) {}

void Answers::attach(const core::Core* core, History* history) {
  core_ = core;
  history_ = history;
  pages_.clear();
}

Outcome Answers::done(AnswerPage& page, QueryStatus status) const {
  page.header.mutate_status(status);
  return Outcome::kAnswered;
}

void Answers::refuse(const Question& question, QueryStatus status, AnswerPage& page) const {
  page.header = header_for(question, status, core_);
  page.reply = {};
}

Outcome Answers::answer(Question& question, TimeNs now_ns, bool may_freeze, AnswerPage& page) {
  refuse(question, QueryStatus::Ok, page);
  page.made_snapshot = false;
  page.more = false;
  if (core_ == nullptr || question.query.at_least() > core_->sequence()) {
    return Outcome::kNotReached;
  }
  const QueryStatus status = check(question);
  if (status != QueryStatus::Ok) return done(page, status);
  switch (question.kind) {
    case QueryKind::Reports:
      return report_range(question, history_->session(*core_, question.session), page);
    case QueryKind::DropCopy: {
      const AccountId account{question.query.subject()};
      return report_range(question, history_->account(*core_, account), page);
    }
    case QueryKind::FeedRange: return feed_range(question, page);
    case QueryKind::OrderStatus: return order_status(question, page);
    case QueryKind::OpenOrders:
    case QueryKind::Balances:
      if (direct(question, page)) return Outcome::kAnswered;
      [[fallthrough]];
    case QueryKind::BookSnapshot:
    case QueryKind::Markets: return paged(question, now_ns, may_freeze, page);
    case QueryKind::Activity: return activity(question, page);
    case QueryKind::Account:
    case QueryKind::Group: return party(question, page);
    default: break;
  }
  return done(page, QueryStatus::Unknown);
}

QueryStatus Answers::check(const Question& question) const {
  const std::uint32_t subject = question.query.subject();
  switch (question.kind) {
    case QueryKind::Balances:
      if (subject == 0) return QueryStatus::Ok;  // of all that the session may view
      [[fallthrough]];
    case QueryKind::DropCopy:
    case QueryKind::OpenOrders:
    case QueryKind::OrderStatus:
      // Accounts are numbered without gaps: that one exists is no secret.
      if (!core_->account_exists(AccountId{subject})) return QueryStatus::Unknown;
      return core_->may_view(question.session, AccountId{subject}) ? QueryStatus::Ok
                                                                   : QueryStatus::Denied;
    case QueryKind::BookSnapshot:
      if (subject == 0) return QueryStatus::Unknown;
      [[fallthrough]];
    case QueryKind::Markets:
      return subject <= core_->market_count() ? QueryStatus::Ok : QueryStatus::Unknown;
    default: return QueryStatus::Ok;
  }
}

Outcome Answers::report_range(const Question& question, const History::Reports& ring,
                              AnswerPage& page) {
  const Range range = range_of(question.query, ring);
  page.header.mutate_to(ring.next());
  page.header.mutate_from(range.status == QueryStatus::Ok ? range.from : ring.first());
  if (range.status != QueryStatus::Ok) return done(page, range.status);
  if (range.not_reached) return Outcome::kNotReached;
  const std::size_t count = std::min<std::uint64_t>(range.to - range.from, page.reports.size());
  for (std::size_t i = 0; i < count; ++i) page.reports[i] = ring[range.from + i];
  page.reply.reports = {page.reports.data(), count};
  return Outcome::kAnswered;
}

Outcome Answers::feed_range(const Question& question, AnswerPage& page) {
  const History::Feed& ring = history_->feed();
  const Range range = range_of(question.query, ring);
  page.header.mutate_to(ring.next());
  page.header.mutate_from(range.status == QueryStatus::Ok ? range.from : ring.first());
  if (range.status != QueryStatus::Ok) return done(page, range.status);
  if (range.not_reached) return Outcome::kNotReached;
  std::size_t count = 0;
  std::size_t defined = 0;
  std::uint64_t sequence = range.from;
  for (; sequence < range.to && count < page.feed.size(); ++sequence) {
    const proto::MarketDefinition* definition = history_->definition(sequence);
    const std::size_t more_definitions = definition != nullptr ? 1 : 0;
    proto::QueryReply larger;
    larger.header = &page.header;
    larger.feed = {page.feed.data(), count + 1};
    larger.definitions = {page.definitions.data(), defined + more_definitions};
    if (defined + more_definitions > page.definitions.size()) break;
    if (proto::query_reply_bytes(larger) > proto::kMaxPayloadBytes) break;
    page.feed[count++] = ring[sequence];
    if (definition != nullptr) page.definitions[defined++] = *definition;
  }
  page.reply.feed = {page.feed.data(), count};
  page.reply.definitions = {page.definitions.data(), defined};
  return Outcome::kAnswered;
}

/// The client order id is in `from`.
Outcome Answers::order_status(const Question& question, AnswerPage& page) {
  const AccountId account{question.query.subject()};
  page.orders[0] = core_->find_client_order(account, question.query.from());
  if (page.orders[0].order_id() == 0) return done(page, QueryStatus::Unknown);
  page.reply.orders = {page.orders.data(), 1};
  return Outcome::kAnswered;
}

/// Begins at (from, page): after the command `from`, and after so many reports of the next one.
Outcome Answers::activity(Question& question, AnswerPage& page) const {
  const proto::Query& query = question.query;
  const History::Reports& ring = history_->activity();
  page.header.mutate_from(query.from());
  page.header.mutate_to(core_->sequence());
  if (query.from() > core_->sequence()) return Outcome::kNotReached;
  if (query.from() < history_->activity_floor()) {
    page.header.mutate_from(history_->activity_floor());
    return done(page, QueryStatus::SnapshotRequired);
  }
  std::uint64_t at = question.scanned;
  if (at == 0) {
    at = history_->activity_after(query.from()) + query.page();
    const bool within = at <= ring.next() && (query.page() == 0 ||
                        ring[at - 1].engine_sequence() == query.from() + 1);
    if (!within) return done(page, QueryStatus::Unknown);
  }
  std::size_t count = 0;
  for (; at < ring.next(); ++at) {
    const proto::Report& report = ring[at];
    if (!core_->may_view(question.session, AccountId{report.account()})) continue;
    if (count == page.reports.size()) break;
    page.reports[count++] = report;
  }
  question.scanned = at;
  page.reply.reports = {page.reports.data(), count};
  if (count == 0) return Outcome::kNotReached;
  page.more = at < ring.next();
  if (!page.more) return Outcome::kAnswered;
  const Sequence next = ring[at].engine_sequence();
  page.header.mutate_to(next - 1);
  page.header.mutate_pages(static_cast<std::uint32_t>(at - history_->activity_after(next - 1)));
  return Outcome::kAnswered;
}

bool Answers::answer_late(const Question& question, AnswerPage& page) const {
  if (question.kind != QueryKind::Activity || core_ == nullptr) return false;
  const Sequence reached = core_->sequence();
  if (question.query.from() > reached || question.query.at_least() > reached) return false;
  refuse(question, QueryStatus::Ok, page);
  page.header.mutate_from(question.query.from());
  page.header.mutate_to(core_->sequence());
  return true;
}

Outcome Answers::party(const Question& question, AnswerPage& page) const {
  const std::uint32_t id = question.query.subject();
  const bool group = question.kind == QueryKind::Group;
  const bool sees_all = core_->may_view(question.session, AccountId{0});
  if (sees_all) {
    page.header.mutate_from(core_->group_count());
    page.header.mutate_to(core_->account_count());
  }
  const core::PartyView view = group ? core_->group(id) : core_->account(AccountId{id});
  if (!view.exists) return done(page, QueryStatus::Unknown);
  const bool allowed =
      sees_all || (!group && core_->may_view(question.session, AccountId{id}));
  if (!allowed) return done(page, QueryStatus::Denied);
  proto::AccountDetail& detail = page.party[0];
  detail = proto::AccountDetail(
      view.account, view.group, view.firm, view.max_open_orders, view.open_orders,
      view.killed ? 1 : 0, 0, 0, flatbuffers::span<const std::uint8_t, 16>(view.name),
      group ? 0 : core_->next_account_sequence(AccountId{id}));
  page.reply.accounts = page.party;
  return Outcome::kAnswered;
}

bool Answers::direct(const Question& question, AnswerPage& page) const {
  const proto::Query& query = question.query;
  const AccountId account{query.subject()};
  if (query.snapshot() != 0 || query.page() != 0 || query.subject() == 0) return false;
  page.header.mutate_pages(1);
  page.header.mutate_to(core_->next_account_sequence(account));
  if (question.kind == QueryKind::Balances) {
    if (core_->asset_count() > page.balances.size()) return false;
    for (std::uint32_t asset = 1; asset <= core_->asset_count(); ++asset) {
      const core::BalanceView view = core_->balance(account, AssetId{asset});
      page.balances[asset - 1] = proto::Balance(raw(account), asset, view.available, view.held);
    }
    page.reply.balances = {page.balances.data(), core_->asset_count()};
    return true;
  }
  if (core_->account(account).open_orders >= page.orders.size()) return false;
  std::size_t count = 0;
  core_->for_each_open_order(account, [&](const proto::OpenOrder& order) {
    if (count < page.orders.size()) page.orders[count] = order;
    ++count;
  });
  if (count > page.orders.size()) return false;
  page.reply.orders = {page.orders.data(), count};
  return true;
}

Outcome Answers::paged(const Question& question, TimeNs now_ns, bool may_freeze,
                       AnswerPage& page) {
  const proto::Query& query = question.query;
  Pages* pages = nullptr;
  if (query.snapshot() != 0) {
    pages = pages_.find(query.snapshot(), key_of(question), now_ns);
    if (pages == nullptr) return done(page, QueryStatus::SnapshotRequired);
  } else {
    const std::uint64_t share_ns = std::uint64_t{config_.snapshot_share_ms} * 1'000'000;
    pages = pages_.find_young(key_of(question), query.at_least(),
                              now_ns > share_ns ? now_ns - share_ns : 0, now_ns);
    if (pages == nullptr) {
      if (!may_freeze) return Outcome::kLater;
      pages = freeze(question, now_ns);
      if (pages == nullptr) return done(page, QueryStatus::Busy);
      page.made_snapshot = true;
    }
  }
  page.header.mutate_snapshot(pages->number);
  page.header.mutate_applied(pages->applied);
  page.header.mutate_chain_head(pages->chain_head);
  page.header.mutate_epoch(pages->epoch);
  page.header.mutate_pages(pages->page_count());
  if (question.kind == QueryKind::BookSnapshot || question.kind == QueryKind::Markets) {
    page.header.mutate_from(pages->stream_sequence);
  }
  page.header.mutate_to(pages->stream_sequence);
  if (query.page() >= pages->page_count()) return done(page, QueryStatus::Unknown);
  switch (question.kind) {
    case QueryKind::OpenOrders:
      page.reply.orders = pages->page<proto::OpenOrder>(query.page());
      break;
    case QueryKind::Balances:
      page.reply.balances = pages->page<proto::Balance>(query.page());
      break;
    case QueryKind::BookSnapshot:
      page.reply.book = pages->page<proto::BookOrder>(query.page());
      if (query.page() == 0) page.reply.definitions = {&pages->definition, 1};
      break;
    default: page.reply.definitions = pages->page<proto::MarketDefinition>(query.page());
  }
  return Outcome::kAnswered;
}

/// Balances of all accounts are those that the session may view: nobody else's pages.
PageStore::Key Answers::key_of(const Question& question) const {
  const std::uint32_t subject = question.query.subject();
  const bool own = question.kind == QueryKind::Balances && subject == 0;
  return {question.kind, subject, own ? raw(question.session) : 0};
}

Pages* Answers::freeze(const Question& question, TimeNs now_ns) {
  Pages* pages = pages_.make(key_of(question), now_ns);
  if (pages == nullptr) return nullptr;
  pages->epoch = core_->epoch();
  pages->applied = core_->sequence();
  pages->chain_head = core_->chain_head();
  const bool of_account =
      question.kind == QueryKind::Balances || question.kind == QueryKind::OpenOrders;
  pages->stream_sequence =
      of_account ? core_->next_account_sequence(AccountId{question.query.subject()})
                 : core_->next_feed_sequence();
  fill(question, *pages);
  return pages;
}

void Answers::fill(const Question& question, Pages& pages) const {
  const std::uint32_t subject = question.query.subject();
  const auto shape = [&pages](std::size_t item_bytes, std::size_t page_items) {
    pages.item_bytes = item_bytes;
    pages.page_items = page_items;
  };
  switch (question.kind) {
    case QueryKind::OpenOrders:
      shape(sizeof(proto::OpenOrder), proto::query_page_items<proto::OpenOrder>());
      core_->for_each_open_order(AccountId{subject},
                                 [&pages](const proto::OpenOrder& o) { pages.add(o); });
      break;
    case QueryKind::Balances:
      shape(sizeof(proto::Balance), proto::query_page_items<proto::Balance>());
      if (subject == 0) return fill_all_balances(question.session, pages);
      for (std::uint32_t asset = 1; asset <= core_->asset_count(); ++asset) {
        const core::BalanceView view = core_->balance(AccountId{subject}, AssetId{asset});
        pages.add(proto::Balance(subject, asset, view.available, view.held));
      }
      break;
    case QueryKind::BookSnapshot:
      pages.definition = core_->definition(MarketId{subject});
      shape(sizeof(proto::BookOrder), kBookPageItems);
      for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
        core_->for_each_book_order(MarketId{subject}, side,
                                   [&pages](const proto::BookOrder& o) { pages.add(o); });
      }
      break;
    default:
      shape(sizeof(proto::MarketDefinition), proto::query_page_items<proto::MarketDefinition>());
      for (std::uint32_t market = 1; market <= core_->market_count(); ++market) {
        if (subject == 0 || subject == market) pages.add(core_->definition(MarketId{market}));
      }
  }
}

/// Those that are not zero, account by account.
void Answers::fill_all_balances(SessionId session, Pages& pages) const {
  for (std::uint32_t account = 1; account <= core_->account_count(); ++account) {
    if (!core_->may_view(session, AccountId{account})) continue;
    for (std::uint32_t asset = 1; asset <= core_->asset_count(); ++asset) {
      const core::BalanceView view = core_->balance(AccountId{account}, AssetId{asset});
      if (view.available == 0 && view.held == 0) continue;
      pages.add(proto::Balance(account, asset, view.available, view.held));
    }
  }
}

}  // namespace saker::follower
