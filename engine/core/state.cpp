#include "engine/core/state.hpp"

#include <cstring>

#include "common/hash.hpp"
#include "common/plants.hpp"

namespace saker::core {

State::State(const proto::Genesis& g, TableMemory memory)
    : genesis(g),
      assets(g.assets() + 1),
      firms(g.firms() + 1),
      groups(g.groups() + 1),
      accounts(g.accounts() + 1),
      sessions(g.sessions() + 1),
      markets(g.markets() + 1),
      balances((std::size_t{g.accounts()} + 1) * (g.assets() + 1)),
      grants((std::size_t{g.sessions()} + 1) * (g.accounts() + 1)),
      decisions((std::size_t{g.sessions()} + 1) * kDecisionWindow),
      client_ids((std::size_t{g.accounts()} + 1) * g.client_ids_per_account(),
                 memory == TableMemory::Touched),
      client_id_table(std::size_t{g.accounts()} * g.client_ids_per_account() + g.orders(),
                      g.random_seed(), memory == TableMemory::Touched),
      hot(std::size_t{g.orders()} + 1),
      cold(std::size_t{g.orders()} + 1),
      prices(g.price_leaves()),
      trades(g.trades()),
      withdrawals(g.withdrawals()),
      proposals(g.proposals()),
      jobs(2 * std::size_t{g.sessions()} + kKillJobs) {
  freed_slots.reserve(g.orders());
}

void State::apply(const Command& command, Output& output) {
  SAKER_ASSERT(command.sequence == sequence + 1);
  SAKER_ASSERT(command.time_ns >= time_ns);
  SAKER_ASSERT(command.body.size() == body_size(command.kind) && !command.body.empty());
  sequence = command.sequence;
  time_ns = command.time_ns;
  from = command.envelope;
  out = &output;
  fills = 0;
  output.clear();
  output.sequence = sequence;
  output.time_ns = time_ns;
  output.first_feed_sequence = next_feed_sequence;
  const std::uint64_t feed_before = next_feed_sequence;

  if (from.client_sequence != 0) {
    SAKER_ASSERT(is_session(from.session) && is_client_command(command.kind));
    Session& session = sessions[from.session];
    if (from.client_sequence > session.highest_client_sequence) {
      session.highest_client_sequence = from.client_sequence;
    }
    decision(from.session, from.client_sequence) = {.client_sequence = from.client_sequence,
                                                    .engine_sequence = sequence};
  }
  SAKER_ASSERT(sweeping == 0 || !is_client_command(command.kind));

  switch (command.kind) {
    case CommandKind::NewOrder: new_order(command.as<proto::NewOrder>()); break;
    case CommandKind::CancelOrder: cancel_order(command.as<proto::CancelOrder>()); break;
    case CommandKind::ReplaceOrder: replace_order(command.as<proto::ReplaceOrder>()); break;
    case CommandKind::MassCancel: mass_cancel(command.as<proto::MassCancel>()); break;
    case CommandKind::Continue: continue_job(); break;
    case CommandKind::SessionLogon:
    case CommandKind::SessionLogoff:
    case CommandKind::SessionTimedOut: apply_session(command); break;
    case CommandKind::EpochStart:
      epoch = command.as<proto::EpochStart>().epoch();
      policy = command.as<proto::EpochStart>().policy();
      break;
    case CommandKind::ActivateRules:
      (void)set_rule_version(command.as<proto::ActivateRules>().rule_version());
      break;
    case CommandKind::Genesis: rule_version = genesis.rule_version(); break;
    case CommandKind::AdvanceClock:
    case CommandKind::StateMarker:
    case CommandKind::None: break;
    default: apply_admin(command); break;
  }
  if (from.client_sequence != 0) remember_decision();
  finish_chain(command.kind, feed_before);
  output.chain_head = chain_head;
}

void State::remember_decision() {
  // Where the session's next command will be remembered: nobody has been there for a window.
  __builtin_prefetch(&decision(from.session, from.client_sequence + 1), 1);
  for (const proto::Report& report : out->reports.view()) {
    if (report.session() != from.session) continue;
    Decision& d = decision(from.session, from.client_sequence);
    if (SAKER_PLANT(reject_not_remembered) && report.kind() == ReportKind::OrderRejected) d = {};
    d.report_sequence = report.report_sequence();
    d.order_id = report.order_id();
    d.kind = report.kind();
    d.reason = report.reason();
    return;
  }
}

void State::apply_session(const Command& command) {
  switch (command.kind) {
    case CommandKind::SessionLogon: {
      const auto& logon = command.as<proto::SessionLogon>();
      if (!is_session(logon.session())) return;
      sessions[logon.session()].connected = true;
      sessions[logon.session()].connection = logon.connection();
      return;
    }
    case CommandKind::SessionLogoff: {
      const std::uint32_t id = command.as<proto::SessionLogoff>().session();
      if (is_session(id)) sessions[id].connected = false;
      return;
    }
    default: {
      const std::uint32_t id = command.as<proto::SessionTimedOut>().session();
      if (!is_session(id)) return;
      sessions[id].connected = false;
      if (sessions[id].cancel_on_disconnect) start_disconnect(id);
      return;
    }
  }
}

proto::Report& State::add_report(ReportKind kind, std::uint32_t session, std::uint32_t account,
                                 bool copy) {
  proto::Report& report = out->reports.add();
  report.mutate_kind(kind);
  report.mutate_session(session);
  report.mutate_account(account);
  report.mutate_engine_sequence(sequence);
  report.mutate_sequenced_ns(time_ns);
  if (session != 0) {
    report.mutate_report_sequence(sessions[session].next_report_sequence++);
    if (SAKER_PLANT(report_number_reused) && sequence % 61 == 0) {
      --sessions[session].next_report_sequence;
    }
  }
  if (account != 0 && !copy) {
    report.mutate_account_sequence(accounts[account].next_account_sequence++);
  }
  if (session != 0 && session == from.session && !copy) {
    report.mutate_client_sequence(from.client_sequence);
    report.mutate_received_ns(from.received_ns);
    report.mutate_received_source(
        static_cast<proto::TimestampSource>(from.received_source));
  }
  return report;
}

proto::Report& State::order_report(ReportKind kind, std::uint32_t slot, std::uint32_t session,
                                   bool copy) {
  const OrderHot& h = hot[slot];
  const OrderCold& c = cold[slot];
  proto::Report& report = add_report(kind, session, h.account, copy);
  report.mutate_client_order_id(c.client_order_id);
  report.mutate_order_id(order_id(slot));
  report.mutate_price_ticks(h.price);
  report.mutate_quantity_lots(c.quantity);
  report.mutate_leaves_lots(h.leaves);
  report.mutate_cumulative_lots(c.cumulative);
  report.mutate_market(h.market);
  report.mutate_side(h.side);
  return report;
}

proto::Report& State::add_reject(ReportKind kind, Reason reason, std::uint32_t account) {
  const bool hidden = reason == Reason::UNKNOWN_ACCOUNT || reason == Reason::PERMISSION_DENIED ||
                      reason == Reason::PERMISSION_ACCOUNT_NOT_GRANTED ||
                      reason == Reason::PERMISSION_NOT_LOGGED_ON;
  const std::uint32_t known_session = is_session(from.session) ? from.session : 0;
  proto::Report& report = add_report(kind, known_session, hidden ? 0 : account);
  report.mutate_account(account);
  report.mutate_reason(reason);
  return report;
}

proto::FeedMessage& State::add_feed(FeedKind kind, std::uint32_t market) {
  proto::FeedMessage& message = out->feed.add();
  ++next_feed_sequence;
  message.mutate_kind(kind);
  message.mutate_market(market);
  message.mutate_engine_time_ns(time_ns);
  return message;
}

namespace {

template <std::size_t kSize>
flatbuffers::span<const std::uint8_t, kSize> text(const std::array<std::uint8_t, kSize>& name) {
  return flatbuffers::span<const std::uint8_t, kSize>(name);
}

}  // namespace

proto::MarketDefinition State::definition(std::uint32_t id) const {
  const Market& m = markets[id];
  const Asset& base = assets[m.base];
  const Asset& quote = assets[m.quote];
  const proto::MarketParams& p = m.params;
  return proto::MarketDefinition(
      m.tick_size, m.lot_size, m.tick_value, p.min_quantity_lots(), p.max_quantity_lots(),
      p.min_notional(), p.max_notional(), p.max_price_ticks(), id, m.version, m.base, m.quote,
      p.maker_fee_ppm(), p.taker_fee_ppm(), m.price_decimals, base.decimals, quote.decimals,
      m.phase, 0, 0, text(m.symbol), text(base.symbol), text(quote.symbol));
}

void State::define_market(std::uint32_t market) {
  add_feed(FeedKind::MarketDefined, market);
  out->definitions.add() = definition(market);
}

void State::add_leg(LegReason reason, std::uint32_t account, std::uint32_t asset, Minor amount,
                    std::uint64_t reference, std::uint32_t market) {
  if (amount == 0) return;
  LedgerLeg& leg = out->legs.add();
  leg.reference = reference;
  leg.amount = amount;
  if (account != 0) {
    const BalanceView& b = balance(account, asset);
    leg.balance = b.available + b.held;
  }
  leg.account = account;
  leg.asset = asset;
  leg.market = market;
  leg.reason = reason;
}

void State::finish_chain(CommandKind kind, std::uint64_t feed_before) {
  struct Link {
    std::uint64_t sequence;
    std::uint64_t time_ns;
    std::uint64_t feed_before;
    std::uint16_t kind;
    std::uint16_t reports;
    std::uint16_t feed;
    std::uint16_t definitions;
    std::uint64_t legs;
  } link{};
  static_assert(sizeof(Link) == 40);
  link.sequence = sequence;
  link.time_ns = time_ns;
  link.feed_before = feed_before;
  link.kind = raw(kind);
  link.reports = static_cast<std::uint16_t>(out->reports.size());
  link.feed = static_cast<std::uint16_t>(out->feed.size());
  link.definitions = static_cast<std::uint16_t>(out->definitions.size());
  link.legs = out->legs.size();
  chain_head = chain_hash(chain_head, bytes_of(link));
  for (const proto::Report& report : out->reports.view()) {
    chain_head = chain_hash(chain_head, bytes_of(report).first(kReportStableBytes));
  }
  if (!out->feed.empty()) chain_head = chain_hash(chain_head, std::as_bytes(out->feed.view()));
  if (!out->definitions.empty()) {
    chain_head = chain_hash(chain_head, std::as_bytes(out->definitions.view()));
  }
  if (!out->legs.empty()) chain_head = chain_hash(chain_head, std::as_bytes(out->legs.view()));
}

}  // namespace saker::core
