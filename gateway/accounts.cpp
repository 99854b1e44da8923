#include "gateway/accounts.hpp"

#include <algorithm>
#include <utility>

#include "common/plants.hpp"
#include "gateway/emit.hpp"

namespace saker::gateway {
namespace {

constexpr std::uint64_t kLoadPatienceNs = 10'000'000'000;
constexpr std::uint64_t kSweepNs = 10'000'000'000;

template <class List>
void write_orders(web::Writer& out, const List& orders, const Markets& markets) {
  out.key("orders").begin_array();
  for (const Order* order : orders) {
    const Market* market = markets.find(order->market);
    if (market != nullptr) write_order(out, *order, *market);
  }
  out.end_array();
}

/// Before the feed has come there is no way to show an order: the view is not ready then.
bool markets_known(const AccountView& view, const Markets& markets) {
  const auto& open = view.orders().open();
  return std::all_of(open.begin(), open.end(), [&](const auto& entry) {
    return markets.find(entry.second.market) != nullptr;
  });
}

std::vector<const Order*> open_orders(const AccountView& view) {
  std::vector<const Order*> orders;
  for (const auto& [id, order] : view.orders().open()) orders.push_back(&order);
  return orders;
}

}  // namespace

// ---- from the venue ---------------------------------------------------------------------------

void Accounts::on_activity(const proto::Report& report) {
  if (report.account_sequence() == 0) return;  // a copy for a session
  told_of_ = std::max(told_of_, report.engine_sequence());
  AccountView* view = find(report.account());
  if (view == nullptr) return;
  view->on_report(report);
  if (std::find(touched_.begin(), touched_.end(), report.account()) == touched_.end()) {
    touched_.push_back(report.account());
  }
}

void Accounts::on_complete(Sequence sequence) {
  if (began_at_ == 0) began_at_ = sequence;
  std::erase_if(joining_, [&](std::uint32_t account) {
    AccountView* view = find(account);
    if (view != nullptr && view->state() == ViewState::kLoaded) {
      if (!markets_known(*view, markets_) || !view->on_complete(sequence)) return false;
      touched_.push_back(account);
    }
    return true;
  });
  for (const std::uint32_t account : std::exchange(touched_, {})) {
    AccountView* view = find(account);
    if (view != nullptr && view->state() == ViewState::kReady) push_all(*view);
  }
  serve_waiters();
}

void Accounts::on_lost() {
  touched_.clear();
  told_of_ = 0;
  for (auto& [account, view] : views_) load(*view);
}

void Accounts::poll() {
  if (!joining_.empty()) on_complete(venue_->complete_to());
  serve_waiters();
  if (schedule_.now_ns() >= next_sweep_ns_) {
    next_sweep_ns_ = schedule_.now_ns() + kSweepNs;
    forget_idle();
  }
}

// ---- views ------------------------------------------------------------------------------------

AccountView& Accounts::use(std::uint32_t account) {
  auto& view = views_[account];
  if (view == nullptr) {
    if (views_.size() > limits_.max_views) {
      views_.erase(account);
      throw web::unavailable("too many accounts are active here; try again in a minute");
    }
    view = std::make_unique<AccountView>(account);
    load(*view);
  }
  view->used_ns = schedule_.now_ns();
  return *view;
}

AccountView* Accounts::find(std::uint32_t account) {
  const auto found = views_.find(account);
  return found == views_.end() ? nullptr : found->second.get();
}

void Accounts::load(AccountView& view) {
  view.begin_load();
  const std::uint64_t number = loads_[view.account()] = ++last_load_;
  // Of a command that is being told this view gets only the reports that still come.
  const Sequence told = std::max(venue_->complete_to(), told_of_);
  venue_->ask_account(view.account(), std::max(told, seen(view.account())), kLoadPatienceNs,
                      [this, account = view.account(), number](const AccountAnswer& answer) {
                        on_loaded(account, number, answer);
                      });
}

void Accounts::on_loaded(std::uint32_t account, std::uint64_t number,
                         const AccountAnswer& answer) {
  AccountView* view = find(account);
  if (view == nullptr || loads_[account] != number) return;
  if (!answer.ok) {
    // The follower is away, or the account is not ours to see yet: as long as somebody asks.
    const bool wanted = view->has_listeners() ||
                        std::any_of(waiters_.begin(), waiters_.end(),
                                    [&](const Waiter& w) { return w.account == account; });
    if (!wanted) return void(views_.erase(account));
    schedule_.after(200'000'000, [this, account, number] {
      AccountView* again = find(account);
      if (again != nullptr && loads_[account] == number) load(*again);
    });
    return;
  }
  if (!view->finish_load(answer)) return load(*view);
  joining_.insert(account);
  on_complete(venue_->complete_to());
}

void Accounts::forget_idle() {
  const TimeNs now_ns = schedule_.now_ns();
  std::erase_if(views_, [&](const auto& entry) {
    const AccountView& view = *entry.second;
    const bool idle = !view.has_listeners() && view.used_ns + limits_.forget_after_ns < now_ns;
    if (idle) loads_.erase(entry.first);
    return idle;
  });
}

// ---- reading one's own writes -----------------------------------------------------------------

void Accounts::saw(std::uint32_t account, Sequence sequence) {
  Sequence& seen = seen_[account];
  seen = std::max(seen, sequence);
}

Sequence Accounts::seen(std::uint32_t account) const {
  const auto found = seen_.find(account);
  return std::max(began_at_, found == seen_.end() ? 0 : found->second);
}

Sequence Accounts::included(const AccountView& view) const {
  return std::min(view.engine_sequence(), venue_->complete_to());
}

bool Accounts::ready(const AccountView& view, Sequence at_least) const {
  return view.state() == ViewState::kReady &&
         (venue_->complete_to() >= at_least || SAKER_PLANT(old_list_shown));
}

void Accounts::when_ready(std::uint32_t account, Sequence at_least, Ready done) {
  AccountView& view = use(account);
  if (ready(view, at_least)) return done(&view);
  waiters_.push_back(
      {account, at_least, schedule_.now_ns() + limits_.patience_ns, std::move(done)});
}

void Accounts::serve_waiters() {
  const TimeNs now_ns = schedule_.now_ns();
  std::list<Waiter> due;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const AccountView* view = find(waiter->account);
    const bool is_ready = view != nullptr && ready(*view, waiter->at_least);
    const auto next = std::next(waiter);
    if (is_ready || now_ns >= waiter->give_up_ns) due.splice(due.end(), waiters_, waiter);
    waiter = next;
  }
  for (const Waiter& waiter : due) {
    AccountView* view = find(waiter.account);
    waiter.done(view != nullptr && ready(*view, waiter.at_least) ? view : nullptr);
  }
}

void Accounts::balances(std::uint32_t account, Sequence at_least,
                        std::function<void(BalancesAnswer)> done) {
  venue_->ask_balances(account, at_least, limits_.patience_ns, std::move(done));
}

// ---- private channels -------------------------------------------------------------------------

void Accounts::subscribe(Subscriber& subscriber, std::uint32_t account, ChannelKind kind) {
  AccountView& view = use(account);
  unsubscribe(subscriber, account, kind);
  view.stream(kind).waiting.push_back(&subscriber);
  if (view.state() == ViewState::kReady) {
    touched_.push_back(account);
    schedule_.post([this] { on_complete(venue_->complete_to()); });  // after the reply
  }
}

void Accounts::unsubscribe(Subscriber& subscriber, std::uint32_t account, ChannelKind kind) {
  AccountView* view = find(account);
  if (view == nullptr) return;
  PrivateStream& stream = view->stream(kind);
  std::erase(stream.subscribers, &subscriber);
  std::erase(stream.waiting, &subscriber);
}

void Accounts::send(PrivateStream& stream, std::vector<Subscriber*>& to, const SharedText& text) {
  pushes_ += to.size();
  for (Subscriber* subscriber : to) subscriber->push(text);
  if (&to != &stream.waiting) return;
  stream.subscribers.insert(stream.subscribers.end(), to.begin(), to.end());
  to.clear();
}

void Accounts::push_all(AccountView& view) {
  push_orders(view);
  push_fills(view);
  const PrivateStream& balances = view.stream(ChannelKind::kBalances);
  const bool news = view.balances_changed && !balances.subscribers.empty();
  if (news || !balances.waiting.empty()) ask_balances(view);
}

void Accounts::push_orders(AccountView& view) {
  PrivateStream& stream = view.stream(ChannelKind::kOrders);
  const std::vector<Order> changed = std::exchange(view.changed_orders(), {});
  if (!changed.empty()) {
    const std::uint64_t before = std::exchange(stream.sequence, view.account_sequence());
    if (!stream.subscribers.empty()) {
      web::Writer out = begin_push("orders", nullptr, false, before, stream.sequence);
      std::vector<const Order*> orders;
      for (const Order& order : changed) orders.push_back(&order);
      write_orders(out, orders, markets_);
      send(stream, stream.subscribers, end_push(out));
    }
  }
  if (stream.waiting.empty()) return;
  web::Writer out = begin_push("orders", nullptr, true, 0, stream.sequence);
  write_orders(out, open_orders(view), markets_);
  send(stream, stream.waiting, end_push(out));
}

void Accounts::push_fills(AccountView& view) {
  PrivateStream& stream = view.stream(ChannelKind::kFills);
  const std::vector<Fill> fills = std::exchange(view.new_fills(), {});
  if (!fills.empty()) {
    const std::uint64_t before = std::exchange(stream.sequence, view.account_sequence());
    if (!stream.subscribers.empty()) {
      web::Writer out = begin_push("fills", nullptr, false, before, stream.sequence);
      out.key("fills").begin_array();
      for (const Fill& fill : fills) {
        const Market* market = markets_.find(fill.market);
        if (market != nullptr) write_fill(out, fill, *market);
      }
      out.end_array();
      send(stream, stream.subscribers, end_push(out));
    }
  }
  if (stream.waiting.empty()) return;
  web::Writer out = begin_push("fills", nullptr, true, 0, stream.sequence);
  out.key("fills").begin_array().end_array();
  send(stream, stream.waiting, end_push(out));
}

void Accounts::ask_balances(AccountView& view) {
  if (std::exchange(view.balances_asked, true)) return;
  view.balances_changed = false;
  // Everything up to this number is in an answer that includes this log sequence.
  const std::uint64_t sequence = view.account_sequence();
  const Sequence asked = std::max(view.engine_sequence(), seen(view.account()));
  venue_->ask_balances(view.account(), asked, limits_.patience_ns,
                       [this, account = view.account(), sequence, asked](
                           const BalancesAnswer& answer) {
                         push_balances(account, sequence, asked, answer);
                       });
}

void Accounts::push_balances(std::uint32_t account, std::uint64_t sequence, Sequence,
                             const BalancesAnswer& answer) {
  AccountView* view = find(account);
  if (view == nullptr) return;
  view->balances_asked = false;
  if (view->state() != ViewState::kReady) return;
  PrivateStream& stream = view->stream(ChannelKind::kBalances);
  if (answer.ok && sequence >= stream.sequence) {
    const auto text = [&](bool snapshot, std::uint64_t before) {
      web::Writer out = begin_push("balances", nullptr, snapshot, before, sequence);
      write_balances(out, answer.balances, markets_);
      return end_push(out);
    };
    if (sequence > stream.sequence) {
      const std::uint64_t before = std::exchange(stream.sequence, sequence);
      send(stream, stream.subscribers, text(false, before));
    }
    if (!stream.waiting.empty()) send(stream, stream.waiting, text(true, 0));
  }
  const bool news = view->balances_changed && !stream.subscribers.empty();
  if (news || !stream.waiting.empty()) ask_balances(*view);
}

}  // namespace saker::gateway
