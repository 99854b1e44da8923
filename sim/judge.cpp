#include "sim/judge.hpp"

#include "sim/state_bytes.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::FeedKind;
using proto::ReportKind;

std::uint64_t command_hash(CommandKind kind, Bytes body) {
  return chain_hash(static_cast<std::uint64_t>(kind), body);
}

std::uint64_t order_print(std::uint32_t market, std::uint64_t feed_order_id, proto::Side side,
                          std::int64_t price_ticks, std::int64_t quantity_lots) {
  const std::uint64_t words[] = {market, feed_order_id, static_cast<std::uint64_t>(side),
                                 static_cast<std::uint64_t>(price_ticks),
                                 static_cast<std::uint64_t>(quantity_lots)};
  return chain_hash(0, std::as_bytes(std::span(words)));
}

Judge::Judge(SimDisk& disk, Verdict& verdict, Coverage& coverage)
    : verdict_(verdict), coverage_(coverage), log_(disk, "log") {}

void Judge::advance() {
  log_.advance([this](const journal::RecordHeader& header, Bytes payload) {
    if (!verdict_.failed()) replay(header, payload);
  });
}

// ---- replay --------------------------------------------------------------------------------

bool Judge::start(const journal::RecordHeader& header, Bytes body) {
  if (header.sequence != 1 || body.size() != sizeof(proto::Genesis)) {
    verdict_.fail("log_without_genesis", "the log begins with record %llu of type %u",
                  ull(header.sequence), header.type);
    return false;
  }
  const char* why = "";
  core_ = core::Core::create(read_as<proto::Genesis>(body), &why);
  if (core_ == nullptr) verdict_.fail("genesis_refused", "%s", why);
  naive_ = std::make_unique<naive::NaiveExchange>(read_as<proto::Genesis>(body));
  return core_ != nullptr;
}

void Judge::replay(const journal::RecordHeader& header, Bytes payload) {
  alignas(8) std::byte body[core::kMaxCommandBody];
  core::Command command;
  command.sequence = header.sequence;
  command.time_ns = header.timestamp_ns;
  command.kind = static_cast<CommandKind>(header.type);
  const std::size_t expected = core::body_size(command.kind);
  if (expected == 0 || payload.size() != sizeof(core::CommandEnvelope) + expected) {
    verdict_.fail("log_payload", "record %llu: %zu payload bytes for type %u",
                  ull(header.sequence), payload.size(), header.type);
    return;
  }
  command.envelope = read_as<core::CommandEnvelope>(payload);
  std::memcpy(body, payload.data() + sizeof(core::CommandEnvelope), expected);
  command.body = {body, expected};
  if (core_ == nullptr && !start(header, command.body)) return;
  note_client_command(command);
  if (verdict_.failed()) return;
  core_->apply(command, out_);
  compare_with_naive(command);
  apply_to_shadow(command);
  heads_.push_back(out_.chain_head);
  epochs_.push_back(header.epoch);
  if (command.kind != CommandKind::Genesis && header.epoch != core_->epoch()) {
    verdict_.fail("epoch", "record %llu has epoch %u, the state %u", ull(header.sequence),
                  header.epoch, core_->epoch());
  }
  if (!out_.feed.empty() && out_.first_feed_sequence != feed_.size() + 1) {
    verdict_.fail("feed_gap", "command %llu numbers its feed from %llu, expected %zu",
                  ull(command.sequence), ull(out_.first_feed_sequence), feed_.size() + 1);
  }
  for (const proto::Report& report : out_.reports.view()) note_report(report);
  for (const proto::FeedMessage& message : out_.feed.view()) note_feed(message);
  feed_counts_.push_back(feed_.size());
  note_legs(command.sequence);
  const bool proposes = command.kind == CommandKind::ProposeTransfer ||
                        command.kind == CommandKind::ProposeTradeBust;
  if (proposes && !out_.reports.empty() && out_.reports[0].kind() == ReportKind::AdminAccepted) {
    ++proposals_;
  }
  count_situations(command);
  for (const OnCommand& tell : on_command_) tell(command, out_);
}

template <class A, class B>
static bool same(std::span<const A> a, const std::vector<B>& b, std::size_t bytes_each) {
  static_assert(sizeof(A) == sizeof(B));
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], bytes_each) != 0) return false;
  }
  return true;
}

void Judge::compare_with_naive(const core::Command& command) {
  naive::Command twin;
  twin.sequence = command.sequence;
  twin.time_ns = command.time_ns;
  twin.kind = command.kind;
  twin.session = command.envelope.session;
  twin.client_sequence = command.envelope.client_sequence;
  twin.received_ns = command.envelope.received_ns;
  twin.received_source = command.envelope.received_source;
  twin.body = command.body;
  const naive::Events events = naive_->apply(twin);
  const bool agree =
      same(out_.reports.view(), events.reports, core::kReportStableBytes) &&
      same(out_.feed.view(), events.feed, sizeof(proto::FeedMessage)) &&
      same(out_.definitions.view(), events.definitions, sizeof(proto::MarketDefinition)) &&
      same(out_.legs.view(), events.legs, sizeof(core::LedgerLeg)) &&
      out_.chain_head == events.chain_head;
  if (!agree) {
    verdict_.fail("naive_differs", "command %llu of kind %d: core and naive model disagree",
                  ull(command.sequence), static_cast<int>(command.kind));
  }
}

void Judge::note_client_command(const core::Command& command) {
  if (command.envelope.client_sequence == 0) return;
  check_window(command);
  auto& of_session = logged_[command.envelope.session];
  const auto [at, fresh] = of_session.try_emplace(command.envelope.client_sequence);
  if (!fresh) {
    verdict_.fail("applied_twice", "session %u number %llu is in the log at %llu and %llu",
                  command.envelope.session, ull(command.envelope.client_sequence),
                  ull(at->second.engine_sequence), ull(command.sequence));
    return;
  }
  at->second.engine_sequence = command.sequence;
  at->second.kind = command.kind;
  at->second.body_hash = command_hash(command.kind, command.body);
}

/// The naive model says whether the number was to be applied at this point of the log.
void Judge::check_window(const core::Command& command) {
  const std::uint64_t number = command.envelope.client_sequence;
  const naive::Verdict verdict = naive_->check_sequence(command.envelope.session, number);
  if (verdict == naive::Verdict::kNew || verdict == naive::Verdict::kDecided) return;
  verdict_.fail("outside_window", "log %llu: session %u number %llu was outside the window",
                ull(command.sequence), command.envelope.session, ull(number));
}

void Judge::count_situations(const core::Command& command) {
  if (command.kind == CommandKind::Continue) coverage_.add(Count::continue_command);
  if (command.kind == CommandKind::SetRuleVersion && !out_.reports.empty() &&
      out_.reports[0].kind() == ReportKind::AdminAccepted) {
    coverage_.add(Count::rules_raised);
  }
  for (const core::LedgerLeg& leg : out_.legs.view()) {
    if (leg.reason == core::LegReason::kWithdrawal) coverage_.add(Count::withdrawal_paid);
  }
  for (const proto::Report& report : out_.reports.view()) {
    if (report.kind() == ReportKind::MassCancelDone) coverage_.add(Count::mass_cancel_done);
    if (report.kind() == ReportKind::TradeBusted) coverage_.add(Count::trade_busted);
    switch (report.reason()) {
      case proto::Reason::CAPACITY_ORDERS: coverage_.add(Count::order_arena_full); break;
      case proto::Reason::CANCEL_KILL_SWITCH: coverage_.add(Count::kill_switch_cancel); break;
      case proto::Reason::CANCEL_SELF_TRADE: coverage_.add(Count::self_trade_prevented); break;
      default: break;
    }
  }
}

void Judge::note_report(const proto::Report& report) {
  if (report.session() != 0) {
    auto& stream = sessions_[report.session()].reports;
    if (report.report_sequence() != stream.size() + 1) {
      verdict_.fail("report_gap", "session %u: report %llu after %zu at command %llu",
                    report.session(), ull(report.report_sequence()), stream.size(),
                    ull(report.engine_sequence()));
    }
    stream.push_back(report);
    if (report.client_sequence() != 0) {
      LoggedCommand& logged = logged_[report.session()][report.client_sequence()];
      if (logged.first_report.kind() == ReportKind::None) logged.first_report = report;
    }
  }
  if (report.account_sequence() == 0) return;
  auto& copies = accounts_[report.account()].reports;
  if (report.account_sequence() != copies.size() + 1) {
    verdict_.fail("drop_copy_gap", "account %u: copy %llu after %zu at command %llu",
                  report.account(), ull(report.account_sequence()), copies.size(),
                  ull(report.engine_sequence()));
  }
  copies.push_back(report);
  note_order(report);
}

/// Follows every order by its primary reports alone: quantities must add up, nothing may happen
/// to an order that has ended.
void Judge::note_order(const proto::Report& report) {
  const bool begins = report.kind() == ReportKind::OrderAccepted;
  const bool goes_on = report.kind() == ReportKind::OrderFilled ||
                       report.kind() == ReportKind::OrderReplaced ||
                       report.kind() == ReportKind::OrderCancelled;
  if (!begins && !goes_on) return;
  OrderState& order = orders_[report.order_id()];
  if (begins == order.open || (begins && order.quantity != 0)) {
    verdict_.fail("order_life", "order %llx: kind %d at command %llu while %s",
                  ull(report.order_id()), static_cast<int>(report.kind()),
                  ull(report.engine_sequence()), order.open ? "open" : "not open");
  }
  if (begins || report.kind() == ReportKind::OrderReplaced) {
    order.quantity = report.quantity_lots();
    order.open = true;
  }
  if (report.kind() == ReportKind::OrderFilled) {
    order.cumulative += report.quantity_lots();
    if (++trades_[report.trade_id()] > 2) {
      verdict_.fail("fill_doubled", "trade %llu has a third fill", ull(report.trade_id()));
    }
  }
  const std::int64_t leaves = order.quantity - order.cumulative;
  const bool cancelled = report.kind() == ReportKind::OrderCancelled;
  if (report.cumulative_lots() != order.cumulative || leaves < 0 ||
      report.leaves_lots() != (cancelled ? 0 : leaves)) {
    verdict_.fail("order_quantities",
                  "order %llx at command %llu: leaves %lld cumulative %lld, expected %lld %lld",
                  ull(report.order_id()), ull(report.engine_sequence()),
                  sll(report.leaves_lots()), sll(report.cumulative_lots()), sll(leaves),
                  sll(order.cumulative));
  }
  order.open = !cancelled && leaves > 0;
}

void Judge::note_feed(const proto::FeedMessage& message) {
  std::uint64_t print = book_print(message.market(), feed_.size());
  const std::uint64_t before = print;
  const std::uint64_t id = message.feed_order_id();
  const auto found = book_.find(id);
  const bool known = found != book_.end();
  const auto print_of = [&](const FeedOrder& order) {
    return order_print(order.market, id, order.side, order.price_ticks, order.quantity_lots);
  };
  const auto change = [&](std::int64_t taken) {
    if (!known || found->second.quantity_lots - taken != message.leaves_lots()) {
      verdict_.fail("feed_contradiction", "feed %zu: order %llu cannot have %lld left",
                    feed_.size() + 1, ull(id), sll(message.leaves_lots()));
      return;
    }
    print -= print_of(found->second);
    found->second.quantity_lots -= taken;
    if (found->second.quantity_lots == 0) {
      book_.erase(found);
    } else {
      print += print_of(found->second);
    }
  };
  switch (message.kind()) {
    case FeedKind::OrderAdded: {
      const FeedOrder order{message.market(), message.side(), message.price_ticks(),
                            message.quantity_lots()};
      if (known) verdict_.fail("feed_contradiction", "feed order %llu added twice", ull(id));
      book_[id] = order;
      print += print_of(order);
      break;
    }
    case FeedKind::OrderExecuted:
    case FeedKind::OrderReduced: change(message.quantity_lots()); break;
    case FeedKind::OrderDeleted: change(message.quantity_lots()); break;
    default: break;
  }
  feed_.push_back(message);
  feed_origin_.push_back(out_.sequence);
  if (print != before) prints_[message.market()][feed_.size()] = print;
}

void Judge::note_legs(Sequence sequence) {
  std::map<std::uint32_t, Minor> sums;
  for (const core::LedgerLeg& leg : out_.legs.view()) {
    sums[leg.asset] += leg.amount;
    Minor& balance = balances_[{leg.account, leg.asset}];
    balance += leg.amount;
    if (leg.account != 0 && (balance != leg.balance || balance < 0)) {
      verdict_.fail("leg_balance", "command %llu: account %u asset %u says %lld, legs say %lld",
                    ull(sequence), leg.account, leg.asset, sll(leg.balance), sll(balance));
    }
  }
  for (const auto& [asset, sum] : sums) {
    if (sum != 0) {
      verdict_.fail("legs_unbalanced", "command %llu: legs of asset %u sum to %lld",
                    ull(sequence), asset, sll(sum));
    }
  }
}

// ---- snapshot plus tail --------------------------------------------------------------------

void Judge::apply_to_shadow(const core::Command& command) {
  if (shadow_ == nullptr) return;
  shadow_->apply(command, shadow_out_);
  if (shadow_out_.chain_head != out_.chain_head) {
    verdict_.fail("snapshot_and_tail", "command %llu: a core from a snapshot says otherwise",
                  ull(command.sequence));
  }
}

void Judge::renew_shadow() {
  if (shadow_ != nullptr && shadow_->state_hash() != core_->state_hash()) {
    verdict_.fail("snapshot_and_tail", "state hashes differ at %llu", ull(core_->sequence()));
  }
  const std::vector<std::byte> bytes = state_bytes(*core_);
  const char* why = "";
  shadow_ = core_from_bytes(bytes, &why);
  if (shadow_ == nullptr) {
    verdict_.fail("snapshot_refused", "at %llu: %s", ull(core_->sequence()), why);
  } else if (shadow_->state_hash() != core_->state_hash() || state_bytes(*shadow_) != bytes) {
    verdict_.fail("snapshot_differs", "at %llu", ull(core_->sequence()));
  }
}

// ---- lookups -------------------------------------------------------------------------------

const LoggedCommand* Judge::logged(std::uint32_t session, std::uint64_t client_sequence) const {
  const auto of_session = logged_.find(session);
  if (of_session == logged_.end()) return nullptr;
  const auto found = of_session->second.find(client_sequence);
  return found == of_session->second.end() ? nullptr : &found->second;
}

std::uint64_t Judge::highest_client_sequence(std::uint32_t session, Sequence up_to) const {
  const auto of_session = logged_.find(session);
  if (of_session == logged_.end()) return 0;
  for (auto at = of_session->second.rbegin(); at != of_session->second.rend(); ++at) {
    if (at->second.engine_sequence <= up_to) return at->first;
  }
  return 0;
}

const proto::Report* Judge::report(std::uint32_t session, std::uint64_t report_sequence) const {
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || report_sequence == 0) return nullptr;
  const auto& reports = found->second.reports;
  return report_sequence > reports.size() ? nullptr : &reports[report_sequence - 1];
}

const proto::Report* Judge::drop_copy(std::uint32_t account, std::uint64_t sequence) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end() || sequence == 0) return nullptr;
  const auto& reports = found->second.reports;
  return sequence > reports.size() ? nullptr : &reports[sequence - 1];
}

std::uint64_t Judge::reports_of(std::uint32_t session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? 0 : found->second.reports.size();
}

const proto::FeedMessage* Judge::feed(std::uint64_t feed_sequence) const {
  const bool known = feed_sequence != 0 && feed_sequence <= feed_.size();
  return known ? &feed_[feed_sequence - 1] : nullptr;
}

std::uint64_t Judge::book_print(std::uint32_t market, std::uint64_t feed_sequence) const {
  const auto found = prints_.find(market);
  if (found == prints_.end()) return 0;
  auto at = found->second.upper_bound(feed_sequence);
  return at == found->second.begin() ? 0 : (--at)->second;
}

Sequence Judge::feed_origin(std::uint64_t feed_sequence) const {
  return feed_origin_[feed_sequence - 1];
}

// ---- the slow checks -----------------------------------------------------------------------

void Judge::full_check() {
  if (core_ == nullptr || verdict_.failed()) return;
  core_->check_invariants();
  check_balances();
  check_books();
  renew_shadow();
  const Sequence lost = log_.first_lost();
  if (lost != 0) {
    verdict_.fail("durable_lost", "record %llu was durable and is gone or changed", ull(lost));
  }
}

void Judge::check_balances() {
  std::map<std::uint32_t, Minor> sums;
  for (std::uint32_t account = 1; account <= core_->account_count(); ++account) {
    for (std::uint32_t asset = 1; asset <= core_->asset_count(); ++asset) {
      const core::BalanceView view = core_->balance(AccountId{account}, AssetId{asset});
      sums[asset] += view.available + view.held;
      const auto legs = balances_.find({account, asset});
      const Minor expected = legs == balances_.end() ? 0 : legs->second;
      if (view.available < 0 || view.held < 0 || view.available + view.held != expected) {
        verdict_.fail("balance", "account %u asset %u: %lld + %lld held, legs say %lld", account,
                      asset, sll(view.available), sll(view.held), sll(expected));
      }
    }
  }
  for (const auto& [asset, sum] : sums) {
    if (sum != -balances_[{0, asset}]) {
      verdict_.fail("conservation", "asset %u: accounts hold %lld, deposits less withdrawals %lld",
                    asset, sll(sum), sll(-balances_[{0, asset}]));
    }
  }
}

void Judge::check_books() {
  for (std::uint32_t market = 1; market <= core_->market_count(); ++market) {
    std::uint64_t print = 0;
    std::int64_t best[2] = {0, 0};
    for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
      core_->for_each_book_order(MarketId{market}, side, [&](const proto::BookOrder& order) {
        print += order_print(market, order.feed_order_id(), side, order.price_ticks(),
                             order.quantity_lots());
        std::int64_t& touch = best[static_cast<int>(side)];
        if (touch == 0) touch = order.price_ticks();
      });
    }
    if (best[0] != 0 && best[1] != 0 && best[0] >= best[1] && !core_->has_urgent_job()) {
      verdict_.fail("book_crossed", "market %u: %lld bid, %lld asked", market, sll(best[0]),
                    sll(best[1]));
    }
    if (print != book_print(market, feed_.size())) {
      verdict_.fail("book_and_feed", "market %u: the feed's book differs from the core's at %llu",
                    market, ull(core_->sequence()));
    }
  }
}

}  // namespace saker::sim
