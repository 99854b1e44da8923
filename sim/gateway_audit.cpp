#include "sim/gateway_audit.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "gateway/order_request.hpp"
#include "sim/venue.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::ReportKind;

namespace {

/// Decimal text in its smallest units: "12.50" is 1250.
std::int64_t digits_of(const std::string& text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c != '.') value = value * 10 + (c - '0');
  }
  return value;
}

bool is_customers(std::uint32_t account) {
  return account >= kFirstCustomer && account < kFirstCustomer + kCustomers;
}

/// An open order's share of the fingerprint of all of them.
std::uint64_t open_order_print(std::uint64_t order_id, std::uint64_t client_order_id,
                               std::int64_t price, std::int64_t leaves, std::int64_t filled) {
  const std::uint64_t words[] = {order_id, client_order_id, static_cast<std::uint64_t>(price),
                                 static_cast<std::uint64_t>(leaves),
                                 static_cast<std::uint64_t>(filled)};
  return chain_hash(0, std::as_bytes(std::span(words)));
}

WebOrder asked_by(const proto::NewOrder& o) {
  WebOrder order{o.client_order_id(), o.market(), o.side(), o.type(), o.time_in_force(),
                 o.price_ticks(), o.quantity_lots()};
  if (order.type == proto::OrderType::Market) order.price_ticks = 0;  // the gateway's protection
  return order;
}

}  // namespace

// ---- what the log says ---------------------------------------------------------------------

void GatewayAudit::on_command(const core::Command& command, const core::Output& out) {
  const bool from_gateway = command.envelope.session == kGatewaySession;
  if (from_gateway && command.kind == CommandKind::NewOrder) on_new_order(command, out);
  for (const proto::Report& report : out.reports.view()) {
    if (report.account_sequence() != 0 && is_customers(report.account())) on_report(report);
  }
  for (const core::LedgerLeg& leg : out.legs.view()) {
    if (!is_customers(leg.account)) continue;
    accounts_[leg.account].balances[leg.asset].emplace_back(command.sequence, leg.balance);
  }
}

void GatewayAudit::on_new_order(const core::Command& command, const core::Output& out) {
  const auto body = read_as<proto::NewOrder>(command.body);
  AccountTruth& account = accounts_[body.account()];
  WebOrder order = asked_by(body);
  const bool accepted =
      !out.reports.empty() && out.reports[0].kind() == ReportKind::OrderAccepted;
  if (order.client_order_id >= gateway::kGivenOrderIds) {
    order.client_order_id = 0;
    if (--account.without_id[order] < 0) {
      verdict_.fail("order_unasked", "log %llu: account %u asked for no such order without an id",
                    ull(command.sequence), body.account());
    }
    return;
  }
  IdTruth& id = account.ids[order.client_order_id];
  if (id.asked.count(order) == 0) {
    verdict_.fail("order_unasked", "log %llu: account %u did not ask for this under id %llu",
                  ull(command.sequence), body.account(), ull(order.client_order_id));
  }
  if (!accepted) return;
  if (id.order_id != 0) {
    verdict_.fail("order_twice", "log %llu: account %u has two orders under id %llu",
                  ull(command.sequence), body.account(), ull(order.client_order_id));
  }
  if (!id.refused.empty()) {
    verdict_.fail("refused_placed", "log %llu: account %u was told of order %llu: %s",
                  ull(command.sequence), body.account(), ull(order.client_order_id),
                  id.refused.c_str());
  }
  id.order_id = out.reports[0].order_id();
  id.placed = order;
}

void GatewayAudit::on_report(const proto::Report& report) {
  const ReportKind kind = report.kind();
  if (kind != ReportKind::OrderAccepted && kind != ReportKind::OrderFilled &&
      kind != ReportKind::OrderCancelled && kind != ReportKind::OrderReplaced) {
    return;
  }
  OrderTruth& order = orders_[report.order_id()];
  AccountTruth& account = accounts_[report.account()];
  State state = order.states.empty() ? State{} : order.states.back();
  const auto print = [&](const State& s) {
    return s.open() ? open_order_print(report.order_id(), s.client_order_id, s.price_ticks,
                                       s.leaves_lots, s.filled_lots)
                    : 0;
  };
  account.open_print -= print(state);
  if (kind == ReportKind::OrderAccepted) {
    order = {report.account(), report.market(), report.side(), {}, {}};
  }
  if (kind == ReportKind::OrderFilled) {
    order.fills[report.trade_id()] = report;
  } else {
    state.price_ticks = report.price_ticks();
    state.quantity_lots = report.quantity_lots();
  }
  state.sequence = report.engine_sequence();
  state.client_order_id = report.client_order_id();
  state.leaves_lots = report.leaves_lots();
  state.filled_lots = report.cumulative_lots();
  state.cancelled = kind == ReportKind::OrderCancelled;
  order.states.push_back(state);
  account.open_print += print(state);
  account.open_prints.emplace_back(state.sequence, account.open_print);
}

// ---- orders --------------------------------------------------------------------------------

void GatewayAudit::on_asked(std::uint32_t account, const WebOrder& order) {
  AccountTruth& truth = accounts_[account];
  if (order.client_order_id == 0) {
    ++truth.without_id[order];
    return;
  }
  IdTruth& id = truth.ids[order.client_order_id];
  id.asked.insert(order);
  ++id.tries;
  id.refused.clear();
}

const GatewayAudit::OrderTruth* GatewayAudit::order_of(std::uint32_t account,
                                                       const web::Fields& order) {
  const std::uint64_t id = order.need_id("order_id");
  auto found = orders_.find(id);
  if (found == orders_.end()) {
    judge_.advance();
    found = orders_.find(id);
  }
  if (found != orders_.end() && found->second.account == account) return &found->second;
  // Under policy memory the number of an order that was lost with its epoch is given again.
  const auto is_this = [&, named = order.need_id("client_order_id")](const State& state) {
    return state.client_order_id == named;
  };
  const bool lost = memory_ && (found == orders_.end() ||
                                std::none_of(found->second.states.begin(),
                                             found->second.states.end(), is_this));
  if (!lost) {
    verdict_.fail("order_of_another", "account %u is shown order %llx, which is %s", account,
                  ull(id), found == orders_.end() ? "not in the log" : "another's");
  }
  return nullptr;
}

void GatewayAudit::on_order(std::uint32_t account, const web::Fields& order, Sequence at_least) {
  judge_.advance();
  const OrderTruth* truth = order_of(account, order);
  if (truth == nullptr || memory_) return;
  const std::string status = order.need_text("status");
  const auto same = [&](const State& s) {
    const bool filled = !s.cancelled && s.leaves_lots == 0;
    const char* expected = s.cancelled        ? "cancelled"
                           : filled           ? "filled"
                           : s.filled_lots > 0 ? "partially_filled"
                                              : "open";
    const std::int64_t remaining = s.open() ? s.leaves_lots : 0;
    return status == expected && order.need_id("client_order_id") == s.client_order_id &&
           digits_of(order.need_text("quantity")) == s.quantity_lots &&
           digits_of(order.need_text("filled_quantity")) == s.filled_lots &&
           digits_of(order.need_text("remaining_quantity")) == remaining &&
           digits_of(order.text("price").value_or("0")) == s.price_ticks;
  };
  const auto& states = truth->states;
  // A state of this sequence, or the last one before it, or any later: nothing that was before.
  // While the reports of its command come in, it may be shown between two of them.
  auto first = std::find_if(states.begin(), states.end(), [&](const State& s) {
    return s.sequence >= at_least;
  });
  if ((first == states.end() || first->sequence != at_least) && first != states.begin()) --first;
  const bool right = order.need_text("market") == symbol_of(truth->market) &&
                     (order.need_text("side") == "buy") == (truth->side == proto::Side::Buy) &&
                     std::any_of(first, states.end(), same);
  if (right) return;
  const State& now = states.back();
  verdict_.fail("order_untrue",
                "account %u, at %llu: shown order %llx as %s, %s of %s filled at %s; the log says "
                "%lld of %lld at %lld, %s, at %llu",
                account, ull(at_least), ull(order.need_id("order_id")), status.c_str(),
                order.need_text("filled_quantity").c_str(), order.need_text("quantity").c_str(),
                order.text("price").value_or("-").c_str(), sll(now.filled_lots),
                sll(now.quantity_lots), sll(now.price_ticks), now.open() ? "open" : "ended",
                ull(now.sequence));
}

void GatewayAudit::on_placed(std::uint32_t account, const WebOrder& asked,
                             const web::Fields& answer) {
  const web::Fields order = answer.need_object("order");
  on_order(account, order, static_cast<Sequence>(answer.need_integer("sequence", 0, INT64_MAX)));
  if (memory_ || verdict_.failed()) return;
  const OrderTruth* truth = order_of(account, order);
  if (truth == nullptr) return;
  const std::string status = order.need_text("status");
  if (asked.time_in_force == proto::TimeInForce::ImmediateOrCancel &&
      (status == "open" || status == "partially_filled")) {
    verdict_.fail("never_resting_open", "account %u: order %llx is shown as %s", account,
                  ull(order.need_id("order_id")), status.c_str());
  }
  if (asked.client_order_id != 0) {
    const IdTruth& id = accounts_[account].ids[asked.client_order_id];
    if (id.order_id != order.need_id("order_id") || id.placed != asked) {
      verdict_.fail("wrong_order_told",
                    "account %u asked for id %llu and is shown order %llx, the log has %llx",
                    account, ull(asked.client_order_id), ull(order.need_id("order_id")),
                    ull(id.order_id));
    }
  }
  check_fills(*truth, answer);
}

/// Fills that are in the log, each once, and not more than the order shows.
void GatewayAudit::check_fills(const OrderTruth& truth, const web::Fields& answer) {
  std::set<std::uint64_t> seen;
  std::int64_t lots = 0;
  const web::Fields order = answer.need_object("order");
  for (const web::JsonValue& value : answer.need_array("fills", 10'000)) {
    const web::Fields fill = value.object();
    const std::uint64_t trade = fill.need_id("trade_id");
    const auto found = truth.fills.find(trade);
    const bool right = found != truth.fills.end() &&
                       fill.need_id("order_id") == order.need_id("order_id") &&
                       is_fill(truth.account, fill);
    if (!right || !seen.insert(trade).second) {
      return verdict_.fail("fill_untrue", "account %u: order %llx shows trade %llu %s",
                           truth.account, ull(order.need_id("order_id")), ull(trade),
                           right ? "twice" : "which is not its");
    }
    lots += digits_of(fill.need_text("quantity"));
  }
  if (lots > digits_of(order.need_text("filled_quantity"))) {
    verdict_.fail("fill_untrue", "account %u: order %llx shows fills of %lld lots, %s are filled",
                  truth.account, ull(order.need_id("order_id")), sll(lots),
                  order.need_text("filled_quantity").c_str());
  }
}

bool GatewayAudit::is_fill(std::uint32_t account, const web::Fields& fill) const {
  const auto order = orders_.find(fill.need_id("order_id"));
  if (order == orders_.end() || order->second.account != account) return false;
  const auto found = order->second.fills.find(fill.need_id("trade_id"));
  if (found == order->second.fills.end()) return false;
  const proto::Report& report = found->second;
  return digits_of(fill.need_text("quantity")) == report.quantity_lots() &&
         digits_of(fill.need_text("price")) == report.price_ticks() &&
         (fill.need_text("liquidity") == "taker") ==
             (report.liquidity() == proto::Liquidity::Taker);
}

void GatewayAudit::on_nothing_done(std::uint32_t account, const WebOrder& asked,
                                   const std::string& code) {
  if (memory_ || asked.client_order_id == 0) return;
  judge_.advance();
  IdTruth& id = accounts_[account].ids[asked.client_order_id];
  id.refused = code;
  if (id.order_id == 0) return;
  verdict_.fail("refused_placed", "account %u: id %llu is refused (%s), the log has order %llx",
                account, ull(asked.client_order_id), code.c_str(), ull(id.order_id));
}

void GatewayAudit::on_id_in_use(std::uint32_t account, const WebOrder& asked, bool another) {
  if (memory_) return;
  judge_.advance();
  const IdTruth& id = accounts_[account].ids[asked.client_order_id];
  if (id.order_id == 0 || (another && id.placed == asked)) {
    verdict_.fail("id_in_use", "account %u: id %llu is called used%s, %s", account,
                  ull(asked.client_order_id), another ? " for another order" : "",
                  id.order_id == 0 ? "the log has no order" : "it is for this very order");
  }
}

// ---- lists ---------------------------------------------------------------------------------

void GatewayAudit::on_open_orders(std::uint32_t account, const web::Fields& answer,
                                  Sequence at_least) {
  if (memory_) return;
  judge_.advance();
  const auto sequence = static_cast<Sequence>(answer.need_integer("sequence", 0, INT64_MAX));
  std::uint64_t print = 0;
  std::size_t count = 0;
  for (const web::JsonValue& value : answer.need_array("orders", 10'000)) {
    const web::Fields order = value.object();
    if (order_of(account, order) == nullptr) return;
    ++count;
    print += open_order_print(order.need_id("order_id"), order.need_id("client_order_id"),
                              digits_of(order.text("price").value_or("0")),
                              digits_of(order.need_text("remaining_quantity")),
                              digits_of(order.need_text("filled_quantity")));
  }
  const auto& prints = accounts_[account].open_prints;
  const auto behind = [&](Sequence limit) {  // the last that is not later
    const auto later = std::find_if(prints.begin(), prints.end(), [&](const auto& entry) {
      return entry.first > limit;
    });
    return later == prints.begin() ? later : later - 1;
  };
  // While the reports of one command come in, the list may stand between two of them.
  auto first = std::find_if(prints.begin(), prints.end(), [&](const auto& entry) {
    return entry.first >= sequence;
  });
  if (first == prints.end() || first->first != sequence) first = behind(sequence);
  first = std::max(first, behind(at_least));
  const bool empty_before = print == 0 && (prints.empty() || prints.front().first > at_least);
  const bool right = empty_before || std::any_of(first, prints.end(), [&](const auto& entry) {
    return entry.second == print;
  });
  if (right) return;
  verdict_.fail("open_orders_untrue",
                "account %u is shown %zu open orders at %llu (at least %llu) that the log never "
                "gives", account, count, ull(sequence), ull(at_least));
}

GatewayAudit::Asked GatewayAudit::asked_so_far(std::uint32_t account) {
  Asked asked;
  for (const auto& [id, truth] : accounts_[account].ids) asked[id] = truth.tries;
  return asked;
}

void GatewayAudit::on_listed(std::uint32_t account, const Asked& before) {
  if (memory_) return;
  judge_.advance();
  for (const auto& [number, tries] : before) {
    IdTruth& id = accounts_[account].ids[number];
    const bool open = id.order_id == 0 && id.tries == tries && id.refused.empty();
    if (!open) continue;
    coverage_.add(Count::missed_in_list);
    id.refused = "a list that was given lacks it";
  }
}

void GatewayAudit::on_balances(std::uint32_t account, const web::Fields& answer,
                               Sequence at_least) {
  if (memory_) return;
  judge_.advance();
  const auto sequence = static_cast<Sequence>(answer.need_integer("sequence", 0, INT64_MAX));
  if (sequence < at_least) {
    return verdict_.fail("balances_old", "account %u: balances as of %llu, asked for %llu",
                         account, ull(sequence), ull(at_least));
  }
  for (const web::JsonValue& value : answer.need_array("balances", 100)) {
    const web::Fields balance = value.object();
    const auto asset = static_cast<std::uint32_t>(balance.need_text("asset").at(1) - 'A' + 1);
    Minor expected = 0;
    for (const auto& [at, total] : accounts_[account].balances[asset]) {
      if (at <= sequence) expected = total;
    }
    if (digits_of(balance.need_text("total")) == expected) continue;
    return verdict_.fail("balances_untrue", "account %u asset %u at %llu: shown %s, log %lld",
                         account, asset, ull(sequence), balance.need_text("total").c_str(),
                         sll(expected));
  }
}

std::set<std::uint64_t> GatewayAudit::open_orders(std::uint32_t account) {
  std::set<std::uint64_t> open;
  for (const auto& [id, order] : orders_) {
    if (order.account == account && !order.states.empty() && order.states.back().open()) {
      open.insert(id);
    }
  }
  return open;
}

void GatewayAudit::on_all_cancelled(std::uint32_t account,
                                    const std::set<std::uint64_t>& were_open) {
  if (memory_) return;
  judge_.advance();
  for (const std::uint64_t id : were_open) {
    if (!orders_[id].states.back().open()) continue;
    verdict_.fail("not_all_cancelled", "account %u: order %llx is open after all were cancelled",
                  account, ull(id));
  }
}

// ---- pushes --------------------------------------------------------------------------------

void GatewayAudit::on_push(std::uint32_t account, const std::string& text, Pushes& pushes) {
  judge_.advance();
  const web::Fields push = web::parse_json(text).object();
  const std::string channel = push.need_text("channel");
  const web::Fields data = push.need_object("data");
  const auto sequence = static_cast<std::uint64_t>(data.need_integer("sequence", 0, INT64_MAX));
  const auto before = data.integer("prev_sequence", 0, INT64_MAX);
  std::uint64_t& last = pushes.last[channel];
  if (before && static_cast<std::uint64_t>(*before) != last) {
    verdict_.fail("push_gap", "account %u: %s %lld..%llu after %llu", account, channel.c_str(),
                  sll(*before), ull(sequence), ull(last));
  }
  last = sequence;
  if (channel == "orders") {
    for (const web::JsonValue& order : data.need_array("orders", 10'000)) {
      on_order(account, order.object(), 0);
    }
  }
  if (channel != "fills") return;
  for (const web::JsonValue& value : data.need_array("fills", 10'000)) {
    coverage_.add(Count::fill_pushed);
    const web::Fields fill = value.object();
    const std::uint64_t order = fill.need_id("order_id");
    const std::uint64_t trade = fill.need_id("trade_id");
    const bool its = is_fill(account, fill);
    if (its && pushes.fills.insert({order, trade}).second) continue;
    verdict_.fail("fill_of_another", "account %u is pushed trade %llu of order %llx %s", account,
                  ull(trade), ull(order), its ? "again" : "which is not its");
  }
}

}  // namespace saker::sim
