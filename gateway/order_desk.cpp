#include "gateway/order_desk.hpp"

#include <algorithm>
#include <utility>

#include "client/reasons.hpp"
#include "common/plants.hpp"

namespace saker::gateway {
namespace {

using proto::CommandKind;
using proto::ReportKind;

constexpr std::int64_t kFillsPerCommand = 32;  // a larger sweep goes on in the next command
constexpr std::uint64_t kSweepPauseNs = 100'000'000;
constexpr std::uint64_t kMassCancelPauseNs = 50'000'000;
constexpr std::uint64_t kHistory = 256;  // reports looked through for an order that has ended

web::ApiError busy(const client::Outcome& outcome) {
  const client::ReasonText text = client::explain(outcome.reason);
  web::ApiError error(503, client::reason_word(outcome.reason),
                      std::string(text.what) + " Nothing was done. " + text.todo);
  error.retry_after_s = std::max<unsigned>(1, outcome.retry_after_us / 1'000'000);
  return error;
}

std::string unknown_message(const char* what, std::uint64_t client_order_id) {
  std::string message = "It is not known whether the venue has ";
  message += what;
  if (client_order_id == 0) return message + "; ask GET /api/orders?status=open";
  return message + " client_order_id " + std::to_string(client_order_id) +
         "; GET /api/orders?status=all says it as soon as it is known, or send the same request "
         "again";
}

}  // namespace

web::ApiError refusal_of(proto::Reason reason) {
  const client::ReasonText text = client::explain(reason);
  std::string message = text.what;
  if (*text.todo != 0) message += std::string(" ") + text.todo;
  if (reason == proto::Reason::UNKNOWN_ORDER) {
    return {404, client::reason_word(reason), message};
  }
  return web::refused(client::reason_word(reason), message);
}

// ---- sending ----------------------------------------------------------------------------------

void OrderDesk::check_room() {
  if (!venue_->engine_up()) throw web::unavailable("the matching engine is away; nothing was done");
  if (pending_.size() < limits_.max_in_flight) return;
  throw web::unavailable("too many requests are waiting for the engine; nothing was done");
}

/// A refused order costs the log a record (use_up_refused), and what a full disk has left is for
/// cancels: it is asked once in a while whether there is room again, not with every order.
void OrderDesk::check_disk() {
  const TimeNs now_ns = schedule_.now_ns();
  if (now_ns >= disk_full_until_ns_) return;
  client::Outcome outcome;
  outcome.reason = proto::Reason::BUSY_DISK_FULL;
  outcome.retry_after_us = static_cast<std::uint32_t>((disk_full_until_ns_ - now_ns) / 1'000);
  ++counters_.not_sequenced;
  throw busy(outcome);
}

OrderDesk::Pending& OrderDesk::enter(std::uint64_t number, CommandKind kind,
                                     std::uint32_t account, CommandDone done) {
  if (number == 0) {
    throw web::unavailable("the matching engine takes no more at the moment; nothing was done");
  }
  ++counters_.commands;
  Pending& pending = pending_[number];
  pending.kind = kind;
  pending.account = account;
  pending.sent_ns = schedule_.now_ns();
  pending.done = std::move(done);
  return pending;
}

void OrderDesk::place(std::uint32_t account, NewOrder order, CommandDone done) {
  check_room();
  check_disk();
  AccountView& view = accounts_.use(account);
  order.request.account = account;
  if (SAKER_PLANT(retry_under_new_id) &&
      std::any_of(pending_.begin(), pending_.end(), [&](const auto& entry) {
        return entry.second.client_order_id == order.request.client_order_id;
      })) {
    order.request.client_order_id = 0;
  }
  if (order.request.client_order_id == 0) {
    // Above all ids that callers may choose, and above those of an earlier run.
    last_given_id_ = std::max(last_given_id_ + 1, kGivenOrderIds | schedule_.now_ns());
    order.request.client_order_id = last_given_id_;
  }
  const std::uint64_t id = order.request.client_order_id;
  const std::uint64_t number = venue_->send(order.request);
  Pending& pending = enter(number, CommandKind::NewOrder, account, std::move(done));
  undecided_[number] = {account, id};
  view.orders().expect(number, id, order.wish());
  pending.client_order_id = id;
  pending.order = std::move(order);
}

void OrderDesk::replace(std::uint32_t account, client::ReplaceOrderRequest request,
                        CommandDone done) {
  check_room();
  check_disk();
  accounts_.use(account);
  request.account = account;
  Pending& pending =
      enter(venue_->send(request), CommandKind::ReplaceOrder, account, std::move(done));
  pending.client_order_id = request.client_order_id;
  pending.order_id = request.order_id;
}

void OrderDesk::cancel(std::uint32_t account, const OrderName& name, CommandDone done) {
  check_room();
  accounts_.use(account);
  const client::CancelOrderRequest request{.account = account,
                                           .order_id = name.order_id,
                                           .client_order_id = name.client_order_id};
  Pending& pending =
      enter(venue_->send(request), CommandKind::CancelOrder, account, std::move(done));
  pending.client_order_id = name.client_order_id;
  pending.order_id = name.order_id;
}

void OrderDesk::cancel_all(std::uint32_t account, client::MassCancelRequest request,
                           CommandDone done) {
  check_room();
  if (mass_cancels_.size() >= limits_.max_mass_cancels) {
    throw web::unavailable("too many mass cancels are waiting; nothing was done");
  }
  request.scope_id = account;
  mass_cancels_.push_back(
      {account, request, schedule_.now_ns() + limits_.patience_ns, std::move(done)});
  send_mass_cancel();
}

/// The venue runs one mass cancel of a session at a time.
void OrderDesk::send_mass_cancel() {
  const TimeNs now_ns = schedule_.now_ns();
  while (!mass_cancels_.empty() && mass_cancels_.front().give_up_ns <= now_ns) {
    const WaitingCancel late = std::move(mass_cancels_.front());
    mass_cancels_.pop_front();
    late.done({.error = web::unavailable("other mass cancels came first; nothing was done")});
  }
  if (mass_cancel_runs_ || mass_cancels_.empty() || now_ns < mass_cancel_after_ns_) return;
  WaitingCancel& next = mass_cancels_.front();
  next.request.client_reference = last_given_id_ =
      std::max(last_given_id_ + 1, kGivenOrderIds | now_ns);
  const std::uint64_t number = venue_->send(next.request);
  if (number == 0) return;  // not logged on for the moment
  mass_cancel_runs_ = true;
  Pending& pending = enter(number, CommandKind::MassCancel, next.account, std::move(next.done));
  pending.reference = next.request.client_reference;
  mass_cancels_.pop_front();
}

// ---- what the venue says ----------------------------------------------------------------------

void OrderDesk::on_outcome(const client::Outcome& outcome) {
  if (outcome.result == client::Result::kNotSequenced &&
      outcome.reason == proto::Reason::BUSY_DISK_FULL) {
    disk_full_until_ns_ = schedule_.now_ns() + limits_.disk_full_pause_ns;
  }
  if (const auto order = undecided_.extract(outcome.client_sequence)) {
    // In every list from now on. One so old that the venue has forgotten it was decided long ago.
    accounts_.saw(order.mapped().account, outcome.engine_sequence != 0 ? outcome.engine_sequence
                                                                      : venue_->complete_to());
    if (outcome.result == client::Result::kAccepted) note_placed(order.mapped(), outcome);
  }
  const auto found = pending_.find(outcome.client_sequence);
  if (found == pending_.end()) return;
  Pending& pending = found->second;
  pending.outcome = outcome;
  pending.decided_ns = pending.reported_ns = schedule_.now_ns();
  pending.sequence = std::max(pending.sequence, outcome.engine_sequence);
  if (outcome.order_id != 0) pending.order_id = outcome.order_id;
}

/// An earlier try of the same order is still on its way: it may be placed though this one was not.
bool OrderDesk::is_asked_twice(std::uint64_t number, const Pending& pending) const {
  const Undecided order{pending.account, pending.client_order_id};
  return pending.order && std::any_of(undecided_.begin(), undecided_.end(), [&](const auto& entry) {
    return entry.first != number && entry.second == order;
  });
}

/// Tries of it that were refused, and wait to be answered, have their order after all.
void OrderDesk::note_placed(const Undecided& order, const client::Outcome& outcome) {
  for (auto& [number, pending] : pending_) {
    const bool refused = pending.order && pending.outcome &&
                         pending.outcome->result == client::Result::kRejected;
    if (!refused || Undecided{pending.account, pending.client_order_id} != order) continue;
    pending.outcome->reason = proto::Reason::ORDER_DUPLICATE_CLIENT_ID;
    pending.outcome->order_id = pending.order_id = outcome.order_id;
    pending.sequence = std::max(pending.sequence, outcome.engine_sequence);
    pending.decided_ns = schedule_.now_ns();
  }
}

/// All customers share the session: what a command does to the resting orders of others, and to
/// other ones of its own account, is reported here too, under the same client sequence.
bool OrderDesk::is_about(const Pending& pending, const proto::Report& report) {
  if (pending.kind == CommandKind::MassCancel || SAKER_PLANT(report_of_another_taken)) return true;
  if (report.account() != pending.account) return false;
  return pending.order_id == 0 || report.order_id() == 0 ||
         report.order_id() == pending.order_id;
}

void OrderDesk::on_report(const proto::Report& report) {
  const auto take = [&](Pending& pending) {
    pending.reports.push_back(report);
    if (report.kind() == ReportKind::OrderCancelled) ++pending.cancelled;
    // The end of a mass cancel is told to us alone, and the account's own stream comes up to it
    // late: it counts only when there were orders of other sessions, whose end is not told to us.
    if (report.kind() != ReportKind::MassCancelDone ||
        pending.cancelled != static_cast<std::uint64_t>(report.cumulative_lots())) {
      pending.sequence = std::max(pending.sequence, report.engine_sequence());
    }
    pending.reported_ns = schedule_.now_ns();
    if (report.order_id() != 0) pending.order_id = report.order_id();
    if (report.kind() == ReportKind::MassCancelDone) pending.mass_cancel_done = true;
  };
  const auto found = pending_.find(report.client_sequence());
  if (found != pending_.end()) {
    if (is_about(found->second, report)) take(found->second);
    return;
  }
  // What a command's later steps cause names no client sequence.
  const bool done = report.kind() == ReportKind::MassCancelDone;
  const bool sweep = (report.kind() == ReportKind::OrderFilled &&
                      report.liquidity() == proto::Liquidity::Taker) ||
                     report.kind() == ReportKind::OrderCancelled;
  if (!done && !sweep) return;
  note_mass_cancel(report);
  for (auto& [number, pending] : pending_) {
    const bool its_end = done && pending.kind == CommandKind::MassCancel &&
                         pending.reference == report.client_order_id();
    const bool its_sweep = sweep && !pending.reports.empty() &&
                           pending.kind != CommandKind::MassCancel &&
                           pending.order_id == report.order_id();
    if (its_end || its_sweep) return take(pending);
  }
}

/// A later step of a mass cancel: of the one that runs, there is never a second.
void OrderDesk::note_mass_cancel(const proto::Report& report) {
  if (report.kind() != ReportKind::OrderCancelled ||
      report.reason() != proto::Reason::CANCEL_MASS) {
    return;
  }
  for (auto& [number, pending] : pending_) {
    if (pending.kind != CommandKind::MassCancel || pending.account != report.account()) continue;
    ++pending.cancelled;
    pending.sequence = std::max(pending.sequence, report.engine_sequence());
  }
}

void OrderDesk::poll() {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, pending] : pending_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    Pending& pending = pending_.at(number);
    if (try_answer(number, pending)) continue;
    if (schedule_.now_ns() >= pending.sent_ns + limits_.patience_ns) give_up(number, pending);
  }
  send_mass_cancel();
  serve_readers();
}

// ---- answering --------------------------------------------------------------------------------

bool OrderDesk::try_answer(std::uint64_t number, Pending& pending) {
  if (!pending.outcome) return false;
  if (pending.outcome->result == client::Result::kAccepted) {
    return answer_accepted(number, pending);
  }
  return answer_refusal(number, pending);
}

bool OrderDesk::answer_refusal(std::uint64_t number, Pending& pending) {
  const client::Outcome& outcome = *pending.outcome;
  CommandResult result;
  switch (outcome.result) {
    case client::Result::kRejected:
      if (outcome.reason == proto::Reason::ORDER_DUPLICATE_CLIENT_ID && pending.order) {
        return answer_duplicate(number, pending);
      }
      if (is_asked_twice(number, pending)) return false;
      if (outcome.reason == proto::Reason::CAPACITY_JOB_IN_PROGRESS) {
        // One of an earlier run of the gateway: ours comes after it.
        mass_cancel_after_ns_ = schedule_.now_ns() + kMassCancelPauseNs;
      }
      ++counters_.rejected;
      result.error = refusal_of(outcome.reason);
      result.sequence = outcome.engine_sequence;
      break;
    case client::Result::kUnresolved:
      give_up(number, pending);
      return true;
    default:
      ++counters_.not_sequenced;
      result.error = busy(outcome);
  }
  finish(number, pending, std::move(result));
  return true;
}

/// The id has been used. For the very same order that is an answer: the same as it was placed, not
/// as it is now. Otherwise it is not said that it was another: its story may begin before what the
/// follower keeps, and not tell all.
bool OrderDesk::answer_duplicate(std::uint64_t number, Pending& pending) {
  AccountView* view = accounts_.find(pending.account);
  const bool ready = view != nullptr && view->state() == ViewState::kReady &&
                     venue_->complete_to() >= pending.sequence;
  const bool waited = schedule_.now_ns() >= pending.decided_ns + limits_.follower_patience_ns;
  if (!ready && !waited) return false;
  CommandResult result;
  result.sequence = pending.sequence;
  const Order* order = ready ? view->orders().find_client_order(pending.client_order_id) : nullptr;
  const bool known = order != nullptr && order->kind_known && order->as_placed;
  if (order != nullptr &&
      ((known && same_order(*pending.order, *order)) || SAKER_PLANT(used_id_confirmed))) {
    ++counters_.repeated;
    result.order = *order;
    result.fills = view->fills_of(order->order_id);
  } else if (ready && !known && pending.history_asked_ns == 0) {
    ask_story(number, pending, *view);
    return false;
  } else if (pending.story && same_as_reported(*pending.order, *pending.story, order)) {
    ++counters_.repeated;
    result.order = pending.story->order;
    apply_wish(result.order, pending.order->wish());
    result.fills = pending.story->fills;
  } else if (!pending.story && pending.history_asked_ns != 0 &&
             schedule_.now_ns() < pending.history_asked_ns + limits_.follower_patience_ns) {
    return false;
  } else {
    ++counters_.rejected;
    result.error = web::refused(
        "ORDER_DUPLICATE_CLIENT_ID",
        "The account has used this client_order_id already, for order_id " +
            std::to_string(pending.outcome->order_id) +
            "; this request has placed nothing. Look at that order before placing another one");
  }
  finish(number, pending, std::move(result));
  return true;
}

/// The order is older than our view, or was replaced since: its reports tell what it was.
void OrderDesk::ask_story(std::uint64_t number, Pending& pending, const AccountView& view) {
  pending.history_asked_ns = schedule_.now_ns();
  const std::uint64_t last = view.account_sequence();
  venue_->ask_history(pending.account, last > kHistory ? last - kHistory : 1, pending.sequence,
                      limits_.follower_patience_ns,
                      [this, number, order_id = pending.outcome->order_id](
                          const HistoryAnswer& answer) {
                        const auto found = pending_.find(number);
                        if (found == pending_.end()) return;
                        found->second.story = story_of(order_id, answer.reports);
                      });
}

/// Its last command made as many fills as one may, and more is open: another step may follow.
bool OrderDesk::maybe_sweeping(const Pending& pending) const {
  if (pending.reports.empty() || pending.reports.back().kind() != ReportKind::OrderFilled ||
      pending.reports.back().leaves_lots() == 0) {
    return false;
  }
  const std::int64_t fills = std::count_if(
      pending.reports.begin(), pending.reports.end(), [&](const proto::Report& report) {
        return report.kind() == ReportKind::OrderFilled &&
               report.engine_sequence() == pending.sequence;
      });
  return fills >= kFillsPerCommand && schedule_.now_ns() < pending.reported_ns + kSweepPauseNs;
}

bool OrderDesk::answer_accepted(std::uint64_t number, Pending& pending) {
  if (pending.kind == CommandKind::MassCancel) {
    if (!pending.mass_cancel_done) return false;
    CommandResult result;
    result.cancelled = static_cast<std::uint64_t>(pending.reports.back().cumulative_lots());
    result.sequence = pending.sequence;
    ++counters_.accepted;
    finish(number, pending, std::move(result));
    return true;
  }
  if (maybe_sweeping(pending)) return false;
  const AccountView* view = accounts_.find(pending.account);
  CommandResult result;
  const Order* order = nullptr;
  // The follower has told everything up to the command: then nothing of it is missing.
  if (view != nullptr && view->state() == ViewState::kReady &&
      venue_->complete_to() >= pending.sequence) {
    order = view->orders().find(pending.order_id);
  }
  if (order != nullptr) {
    result.order = *order;
  } else if (schedule_.now_ns() < pending.decided_ns + limits_.follower_patience_ns ||
             !from_reports(pending, result.order)) {
    return false;
  }
  if (order != nullptr && pending.order) {
    result.fills = view->fills_of(order->order_id);
  } else {
    for (const proto::Report& report : pending.reports) {
      if (report.kind() == ReportKind::OrderFilled) result.fills.push_back(fill_of(report));
    }
  }
  result.sequence = pending.sequence;
  ++counters_.accepted;
  finish(number, pending, std::move(result));
  return true;
}

/// While the follower is away: the order as the engine's own reports tell it. One that never rests
/// has ended; until that is reported, its last reports are missing.
bool OrderDesk::from_reports(const Pending& pending, Order& order) const {
  bool decided = false;
  for (const proto::Report& report : pending.reports) {
    decided = apply_report(order, report) || decided;
  }
  if (!decided || !pending.order) return decided;
  apply_wish(order, pending.order->wish());
  const bool open =
      order.status == OrderStatus::kOpen || order.status == OrderStatus::kPartiallyFilled;
  return !open || order.time_in_force == proto::TimeInForce::GoodTillCancel;
}

void OrderDesk::give_up(std::uint64_t number, Pending& pending) {
  ++counters_.unknown;
  const char* what = pending.kind == CommandKind::NewOrder       ? "placed the order with"
                     : pending.kind == CommandKind::ReplaceOrder ? "replaced the order with"
                     : pending.kind == CommandKind::CancelOrder  ? "cancelled the order with"
                                                                 : "cancelled the orders";
  CommandResult result;
  result.error = web::outcome_unknown(unknown_message(what, pending.client_order_id));
  if (SAKER_PLANT(unknown_called_refused)) result.error = web::unavailable("nothing was done");
  finish(number, pending, std::move(result));
}

const OrderDesk::Undecided* OrderDesk::find_undecided(std::uint32_t account,
                                                      std::uint64_t last_number) const {
  for (const auto& [number, order] : undecided_) {
    if (number <= last_number && order.account == account) return &order;
  }
  return nullptr;
}

void OrderDesk::when_certain(std::uint32_t account, Certain done) {
  const std::uint64_t last = undecided_.empty() ? 0 : undecided_.rbegin()->first;
  readers_.push_back({account, last, schedule_.now_ns() + limits_.patience_ns, std::move(done)});
  serve_readers();
}

void OrderDesk::serve_readers() {
  const TimeNs now_ns = schedule_.now_ns();
  for (WaitingReader& reader : std::exchange(readers_, {})) {
    const bool reached = accounts_.seen(reader.account) != 0;
    const Undecided* order = find_undecided(reader.account, reader.last_number);
    if (reached && (order == nullptr || SAKER_PLANT(list_before_decided))) {
      reader.done(std::nullopt);
    } else if (now_ns < reader.give_up_ns) {
      readers_.push_back(std::move(reader));
    } else if (!reached) {
      reader.done(web::unavailable("the venue has not been reached since this gateway's start, "
                                   "so what it did with orders is not known; try again"));
    } else {
      reader.done(web::outcome_unknown(
          "It is still not known what the venue does with client_order_id " +
          std::to_string(order->client_order_id) + ", so no list can say it; ask again"));
    }
  }
}

void OrderDesk::finish(std::uint64_t number, Pending& pending, CommandResult result) {
  if (pending.kind == CommandKind::MassCancel) mass_cancel_runs_ = false;
  if (result.sequence != 0) accounts_.saw(pending.account, result.sequence);
  const CommandDone done = std::move(pending.done);
  pending_.erase(number);
  done(result);
}

}  // namespace saker::gateway
