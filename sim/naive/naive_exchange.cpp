#include "sim/naive/naive_exchange.hpp"

#include "common/bytes.hpp"
#include "common/hash.hpp"

namespace saker::naive {

using proto::CommandKind;

NaiveExchange::NaiveExchange(const proto::Genesis& genesis)
    : genesis_(genesis), rules_(genesis.rule_version()), generations_(genesis.orders() + 1, 1) {
  for (std::uint32_t slot = genesis.orders(); slot >= 1; --slot) free_slots_.push_back(slot);
}

Events NaiveExchange::apply(const Command& command) {
  Events events;
  command_ = &command;
  events_ = &events;
  fills_ = 0;
  const std::uint64_t first_feed_sequence = next_feed_sequence_;
  dispatch();
  if (command.client_sequence > 0) {
    Session& sender = sessions_[command.session - 1];
    sender.highest = std::max(sender.highest, command.client_sequence);
    Decision& decision = sender.seen[command.client_sequence];
    decision.engine_sequence = command.sequence;
    for (const proto::Report& report : events.reports) {
      if (report.session() != command.session) continue;
      decision.report_sequence = report.report_sequence();
      decision.order_id = report.order_id();
      decision.kind = report.kind();
      decision.reason = report.reason();
      break;
    }
    while (sender.seen.begin()->first + 1024 <= sender.highest) {
      sender.seen.erase(sender.seen.begin());
    }
  }
  update_chain(first_feed_sequence);
  events.chain_head = chain_head_;
  command_ = nullptr;
  events_ = nullptr;
  return events;
}

void NaiveExchange::dispatch() {
  switch (command_->kind) {
    case CommandKind::NewOrder: return new_order();
    case CommandKind::CancelOrder: return cancel_order();
    case CommandKind::ReplaceOrder: return replace_order();
    case CommandKind::MassCancel: return mass_cancel();
    case CommandKind::SessionLogon:
    case CommandKind::SessionLogoff:
    case CommandKind::SessionTimedOut: return session_command();
    case CommandKind::Continue: return continue_work();
    case CommandKind::Genesis:
    case CommandKind::EpochStart:
    case CommandKind::AdvanceClock:
    case CommandKind::StateMarker:
      return;
    case CommandKind::ActivateRules:
      set_rule_version(command_->as<proto::ActivateRules>().rule_version());
      return;
    default: return admin();
  }
}

Verdict NaiveExchange::check_sequence(std::uint32_t session, std::uint64_t q) const {
  const Session& s = sessions_[session - 1];
  if (q > s.highest + 1024) return Verdict::kTooFar;
  if (q > s.highest) return Verdict::kNew;
  if (q + 1024 <= s.highest) return Verdict::kExpired;
  if (s.seen.count(q) != 0) return Verdict::kDecided;
  return q + 256 <= s.highest ? Verdict::kSkipped : Verdict::kNew;
}

Decision NaiveExchange::decision(std::uint32_t session, std::uint64_t q) const {
  return sessions_[session - 1].seen.at(q);
}

// -- reports and feed ---------------------------------------------------------------------------

proto::Report& NaiveExchange::add_report(std::uint32_t session, proto::ReportKind kind,
                                         std::uint32_t account, bool primary) {
  proto::Report& report = events_->reports.emplace_back();
  report.mutate_kind(kind);
  report.mutate_session(session);
  report.mutate_account(account);
  report.mutate_engine_sequence(command_->sequence);
  report.mutate_sequenced_ns(command_->time_ns);
  if (session != 0) {
    report.mutate_report_sequence(sessions_[session - 1].next_report_sequence++);
  }
  if (account != 0 && primary) {
    report.mutate_account_sequence(accounts_[account - 1].next_account_sequence++);
  }
  if (session != 0 && session == command_->session) {
    report.mutate_client_sequence(command_->client_sequence);
    report.mutate_received_ns(command_->received_ns);
    report.mutate_received_source(
        static_cast<proto::TimestampSource>(command_->received_source));
  }
  return report;
}

proto::Report& NaiveExchange::order_report(std::uint32_t session, proto::ReportKind kind,
                                           const Order& order, bool primary) {
  proto::Report& report = add_report(session, kind, order.account, primary);
  report.mutate_client_order_id(order.client_order_id);
  report.mutate_order_id(order.id);
  report.mutate_price_ticks(order.price);
  report.mutate_quantity_lots(order.quantity);
  report.mutate_leaves_lots(order.leaves);
  report.mutate_cumulative_lots(order.cumulative);
  report.mutate_market(order.market);
  report.mutate_side(order.side);
  return report;
}

proto::FeedMessage& NaiveExchange::add_feed(proto::FeedKind kind, std::uint32_t market) {
  ++next_feed_sequence_;
  proto::FeedMessage& message = events_->feed.emplace_back();
  message.mutate_kind(kind);
  message.mutate_market(market);
  message.mutate_engine_time_ns(command_->time_ns);
  return message;
}

/// With the order's feed id, side, price and leaves as they are now.
proto::FeedMessage& NaiveExchange::order_feed(proto::FeedKind kind, const Order& order) {
  proto::FeedMessage& message = add_feed(kind, order.market);
  message.mutate_feed_order_id(order.feed_order_id);
  message.mutate_side(order.side);
  message.mutate_price_ticks(order.price);
  return message;
}

// -- money and chain ----------------------------------------------------------------------------

Balance& NaiveExchange::balance_of(std::uint32_t account, std::uint32_t asset) {
  return accounts_[account - 1].balances[asset];
}

Balance NaiveExchange::balance(std::uint32_t account, std::uint32_t asset) const {
  const auto& balances = accounts_[account - 1].balances;
  const auto found = balances.find(asset);
  return found == balances.end() ? Balance{} : found->second;
}

/// Moves `amount` into (or out of) the account's available balance and writes the entry. Account
/// 0 is the outside world, which has no balance.
void NaiveExchange::add_leg(std::uint32_t account, std::uint32_t asset, std::int64_t amount,
                            LegReason reason, std::uint64_t reference, std::uint32_t market) {
  if (amount == 0) return;
  Leg leg;
  leg.reference = reference;
  leg.amount = amount;
  leg.account = account;
  leg.asset = asset;
  leg.market = market;
  leg.reason = reason;
  if (account != 0) {
    Balance& balance = balance_of(account, asset);
    balance.available += amount;
    leg.balance = balance.available + balance.held;
    assets_[asset - 1].sum += amount;
  }
  events_->legs.push_back(leg);
}

template <class T>
static Bytes all_of(const std::vector<T>& list) {
  return {reinterpret_cast<const std::byte*>(list.data()), list.size() * sizeof(T)};
}

void NaiveExchange::update_chain(std::uint64_t first_feed_sequence) {
  const std::uint64_t kind_and_counts = std::uint64_t{static_cast<std::uint16_t>(command_->kind)} |
                                        std::uint64_t{events_->reports.size()} << 16 |
                                        std::uint64_t{events_->feed.size()} << 32 |
                                        std::uint64_t{events_->definitions.size()} << 48;
  const std::uint64_t link[] = {command_->sequence, command_->time_ns, first_feed_sequence,
                                kind_and_counts, events_->legs.size()};
  const auto add = [&](Bytes bytes) {
    if (!bytes.empty()) chain_head_ = chain_hash(chain_head_, bytes);
  };
  add(bytes_of(link));
  for (const proto::Report& report : events_->reports) add(bytes_of(report).first(136));
  add(all_of(events_->feed));
  add(all_of(events_->definitions));
  add(all_of(events_->legs));
}

// -- reads --------------------------------------------------------------------------------------

std::vector<proto::OpenOrder> NaiveExchange::open_orders(std::uint32_t account) const {
  std::vector<proto::OpenOrder> result;
  for (const auto& [rank, id] : accounts_[account - 1].open) {
    const Order& order = orders_.at(id);
    result.emplace_back(order.id, order.client_order_id, order.price, order.quantity,
                        order.leaves, order.cumulative, order.hold, order.entered_ns,
                        order.account, order.market, order.session, order.side, order.type,
                        order.time_in_force, std::uint8_t{0});
  }
  return result;
}

std::vector<proto::BookOrder> NaiveExchange::book(std::uint32_t market, Side side) const {
  std::vector<proto::BookOrder> result;
  const auto add_level = [&](const std::deque<std::uint64_t>& level) {
    for (const std::uint64_t id : level) {
      const Order& order = orders_.at(id);
      result.emplace_back(order.feed_order_id, order.price, order.leaves, order.side,
                          std::uint8_t{0}, std::uint16_t{0}, 0u);
    }
  };
  const Market& m = markets_[market - 1];
  if (side == Side::Sell) {
    for (const auto& [price, level] : m.asks) add_level(level);
  } else {
    for (auto it = m.bids.rbegin(); it != m.bids.rend(); ++it) add_level(it->second);
  }
  return result;
}

}  // namespace saker::naive
