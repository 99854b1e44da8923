#include "tests/dpdk/party.hpp"

namespace saker::tests {

using client::Side;

void Trades::add(const proto::Report& fill) {
  Trade& trade = trades_[fill.trade_id()];
  const bool first = trade.buyers + trade.sellers == 0;
  one_sided_ += first ? 1 : -1;
  if (first) {
    trade.price_ticks = fill.price_ticks();
    trade.quantity_lots = fill.quantity_lots();
  }
  checks_.that(trade.price_ticks == fill.price_ticks() &&
                   trade.quantity_lots == fill.quantity_lots(),
               "trade %lu: its two sides disagree on price or quantity", fill.trade_id());
  (fill.side() == Side::Buy ? trade.buyers : trade.sellers) += 1;
  (fill.liquidity() == proto::Liquidity::Maker ? trade.makers : trade.takers) += 1;
}

void Trades::check_both_sides() {
  for (const auto& [id, trade] : trades_) {
    checks_.that(trade.buyers == 1 && trade.sellers == 1 && trade.makers == 1 && trade.takers == 1,
                 "trade %lu was reported to %u buyers and %u sellers, %u of them makers", id,
                 trade.buyers, trade.sellers, trade.makers);
  }
}

void Party::sent(std::uint64_t client_sequence, proto::CommandKind kind,
                 std::uint64_t client_order_id, const client::NewOrderRequest* order) {
  // The number of a command that was refused as busy may be used again.
  Sent& sent = sent_[client_sequence];
  const bool again = sent.outcomes == 1 && sent.outcome.result == client::Result::kNotSequenced;
  checks_.that(sent.kind == proto::CommandKind::None || again, "%s: number %lu was given out twice",
               name_, client_sequence);
  if (again) --decided_;
  sent = {.kind = kind, .client_order_id = client_order_id};
  if (order != nullptr) asked_[client_order_id] = *order;
}

const PartyOrder* Party::order(std::uint64_t client_order_id) const {
  const auto found = orders_.find(client_order_id);
  return found == orders_.end() ? nullptr : &found->second;
}

const client::Outcome* Party::outcome(std::uint64_t client_sequence) const {
  const auto found = sent_.find(client_sequence);
  return found == sent_.end() || found->second.outcomes == 0 ? nullptr : &found->second.outcome;
}

std::size_t Party::open_orders() const {
  std::size_t open = 0;
  for (const auto& [engine_id, id] : ids_) open += orders_.at(id).open ? 1 : 0;
  return open;
}

std::uint64_t Party::open_order(std::size_t nth) const {
  if (ids_.empty()) return 0;
  auto at = ids_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(nth % ids_.size()));
  return at->second;
}

std::uint64_t Party::cancelled_as(proto::Reason reason) const {
  const auto found = cancelled_.find(raw(reason));
  return found == cancelled_.end() ? 0 : found->second;
}

void Party::on_logon_refused(proto::Reason reason) {
  checks_.that(false, "%s: logon refused: %s", name_, proto::EnumNameReason(reason));
}

void Party::on_epoch_changed(std::uint32_t before, std::uint32_t now) {
  checks_.that(before == 0, "%s: epoch %u became %u", name_, before, now);
}

void Party::on_reports_lost(std::uint64_t from, std::uint64_t to) {
  checks_.that(false, "%s: reports %lu to %lu are lost", name_, from, to - 1);
}

void Party::on_outcome(const client::Outcome& outcome) {
  const auto found = sent_.find(outcome.client_sequence);
  if (!checks_.that(found != sent_.end(), "%s: an outcome of number %lu, which was never sent",
                    name_, outcome.client_sequence)) {
    return;
  }
  Sent& sent = found->second;
  ++sent.outcomes;
  checks_.that(sent.outcomes == 1, "%s: number %lu was decided %u times", name_,
               outcome.client_sequence, sent.outcomes);
  checks_.that(sent.kind == outcome.command && sent.client_order_id == outcome.client_order_id,
               "%s: the outcome of number %lu is another command's", name_,
               outcome.client_sequence);
  checks_.that(outcome.result != client::Result::kUnresolved,
               "%s: what became of number %lu nobody knows", name_, outcome.client_sequence);
  sent.outcome = outcome;
  ++decided_;
  applied_ += outcome.result == client::Result::kAccepted ||
              outcome.result == client::Result::kRejected;
  ++results_[static_cast<std::size_t>(outcome.result)];
}

void Party::on_report(const proto::Report& report) {
  checks_.that(next_report_ == 0 || report.report_sequence() == next_report_,
               "%s: report %lu came where %lu was due", name_, report.report_sequence(),
               next_report_);
  next_report_ = report.report_sequence() + 1;
  highest_sequence_ = std::max(highest_sequence_, report.engine_sequence());
  const auto sent = sent_.find(report.client_sequence());
  if (sent != sent_.end() && !sent->second.reported) {
    sent->second.reported = true;
    ++reported_;
  }
  checks_.that(report.account() == account_ || report.account() == 0,
               "%s: a report about account %u", name_, report.account());
}

PartyOrder* Party::known(const proto::Report& report, const char* what) {
  const auto id = ids_.find(report.order_id());
  if (!checks_.that(id != ids_.end(), "%s: %s of order %lx, which is not open", name_, what,
                    report.order_id())) {
    return nullptr;
  }
  return &orders_[id->second];
}

void Party::on_order_accepted(const proto::Report& report) {
  const auto asked = asked_.find(report.client_order_id());
  if (!checks_.that(asked != asked_.end(), "%s: accepted order %lu was never sent", name_,
                    report.client_order_id())) {
    return;
  }
  const client::NewOrderRequest& request = asked->second;
  checks_.that(!orders_.contains(report.client_order_id()), "%s: order %lu was accepted twice",
               name_, report.client_order_id());
  checks_.that(report.side() == request.side && report.market() == request.market &&
                   report.quantity_lots() == request.quantity_lots &&
                   report.price_ticks() == request.price_ticks,
               "%s: order %lu was accepted as another one", name_, report.client_order_id());
  orders_[report.client_order_id()] = {.order_id = report.order_id(),
                                       .price_ticks = request.price_ticks,
                                       .quantity_lots = request.quantity_lots,
                                       .side = request.side,
                                       .market = request.type == client::OrderType::Market,
                                       .open = true};
  ids_[report.order_id()] = report.client_order_id();
}

void Party::on_order_filled(const proto::Report& report) {
  ++fills_;
  trades_.add(report);
  const bool buys = report.side() == Side::Buy;
  const Minor quote = report.price_ticks() * report.quantity_lots() * kQuotePerTickLot;
  const Minor base = report.quantity_lots() * kBasePerLot;
  move(kBaseAsset, buys ? base : -base);
  move(kQuoteAsset, (buys ? -quote : quote) - report.amount_minor());
  positions_[{kFeeAccount, kQuoteAsset}] += report.amount_minor();
  PartyOrder* order = known(report, "a fill");
  if (order == nullptr) return;
  ++order->fills;
  order->cumulative_lots += report.quantity_lots();
  const bool better = buys ? report.price_ticks() <= order->price_ticks
                           : report.price_ticks() >= order->price_ticks;
  checks_.that(order->side == report.side(), "%s: a fill on the wrong side", name_);
  checks_.that(better || (order->market && order->price_ticks == 0),
               "%s: order %lu was filled at %ld, worse than its limit %ld", name_,
               report.client_order_id(), report.price_ticks(), order->price_ticks);
  checks_.that(report.cumulative_lots() == order->cumulative_lots &&
                   report.leaves_lots() == order->leaves_lots(),
               "%s: order %lu: told %ld traded and %ld open, added up %ld and %ld", name_,
               report.client_order_id(), report.cumulative_lots(), report.leaves_lots(),
               order->cumulative_lots, order->leaves_lots());
  if (order->leaves_lots() > 0) return;
  order->open = false;
  ids_.erase(report.order_id());
}

void Party::on_order_cancelled(const proto::Report& report) {
  PartyOrder* order = known(report, "the end");
  if (order == nullptr) return;
  order->open = false;
  order->ended = report.reason();
  ++cancelled_[raw(report.reason())];
  checks_.that(report.cumulative_lots() == order->cumulative_lots,
               "%s: order %lu ended with %ld traded, added up %ld", name_,
               report.client_order_id(), report.cumulative_lots(), order->cumulative_lots);
  ids_.erase(report.order_id());
}

void Party::on_order_replaced(const proto::Report& report) {
  PartyOrder* order = known(report, "a replacement");
  if (order == nullptr) return;
  order->price_ticks = report.price_ticks();
  order->quantity_lots = report.quantity_lots();
  checks_.that(report.leaves_lots() == order->leaves_lots() && order->leaves_lots() > 0,
               "%s: replaced order %lu: told %ld open, added up %ld", name_,
               report.client_order_id(), report.leaves_lots(), order->leaves_lots());
}

}  // namespace saker::tests
