// One session with engine and follower: commands, questions, the public feed, the activity of all
// customers' accounts. It survives restarts of engine and follower by itself; who listens is told
// what was lost. Owner: one thread, which gives it turns; nothing here waits or looks at a clock.
#pragma once

#include <algorithm>
#include <utility>

#include "client/activity_stream.hpp"
#include "client/subscribed_feed.hpp"
#include "client/trading_session.hpp"
#include "common/plants.hpp"
#include "gateway/market_state.hpp"
#include "gateway/question_queue.hpp"
#include "gateway/schedule.hpp"

namespace saker::gateway {

template <net::Transport Transport>
class VenueSession : public Venue, public client::OrderEntryHandler, public client::FeedHandler,
                     public client::ActivityHandler {
 public:
  /// What it speaks through; all outlive it.
  struct Sockets {
    Transport& orders;  // and questions
    Transport& line_a;
    Transport& line_b;
    proto::FeedSubscribe wish;  // the ports of the two lines
  };
  /// `markets` and `states` are filled from the feed. `turn_soon` is called when something was
  /// sent or asked that leaves with the next turn.
  VenueSession(const client::SessionConfig& config, const Sockets& sockets, Schedule& schedule,
               Markets& markets, MarketStates& states, VenueEvents& events,
               std::function<void()> turn_soon)
      : sockets_(sockets),
        schedule_(schedule),
        markets_(markets),
        states_(states),
        events_(events),
        turn_soon_(std::move(turn_soon)),
        session_(strict(config), sockets.orders, *this),
        feed_(sockets.line_a, sockets.line_b, session_.queries(), *this),
        activity_(session_.queries(), *this),
        questions_(session_.queries()) {}

  /// Logs on.
  void start() { session_.start(schedule_.now_ns()); }

  /// Everything that has come, everything due, everything sent.
  void turn() {
    const TimeNs now_ns = schedule_.now_ns();
    session_.poll(now_ns);
    feed_.poll(now_ns, session_.orders(), sockets_.wish);
    if (std::exchange(accounts_lost_, false)) {
      activity_.start(session_.orders().accepted().engine_sequence());
      events_.on_accounts_lost();
    }
    activity_.poll();
    questions_.poll(now_ns);
    look_at_feed();
    events_.on_turn();
    sockets_.orders.flush();
  }
  /// When the next turn is due though nothing arrives.
  TimeNs next_deadline_ns() {
    return std::min({session_.next_deadline_ns(), feed_.feed().next_deadline_ns(),
                     questions_.next_deadline_ns()});
  }

  /// Orders stay. It goes on needing turns until logged_off().
  void log_off() {
    session_.orders().log_off();
    turn_soon_();
  }
  bool logged_off() const { return session_.orders().logged_off(); }

  std::uint64_t send(const client::NewOrderRequest& r) override { return send_any(r); }
  std::uint64_t send(const client::ReplaceOrderRequest& r) override { return send_any(r); }
  std::uint64_t send(const client::CancelOrderRequest& r) override { return send_any(r); }
  std::uint64_t send(const client::MassCancelRequest& r) override { return send_any(r); }

  void ask_balances(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                    std::function<void(BalancesAnswer)> done) override {
    questions_.ask_balances(account, at_least, schedule_.now_ns() + patience_ns, std::move(done));
    turn_soon_();
  }
  void ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                   std::function<void(AccountAnswer)> done) override {
    questions_.ask_account(account, at_least, schedule_.now_ns() + patience_ns, std::move(done));
    turn_soon_();
  }

  void ask_history(std::uint32_t account, std::uint64_t from, Sequence at_least,
                   std::uint64_t patience_ns, std::function<void(HistoryAnswer)> done) override {
    questions_.ask_history(account, from, at_least, schedule_.now_ns() + patience_ns,
                           std::move(done));
    turn_soon_();
  }

  bool engine_up() const override { return session_.orders().logged_on(); }
  bool follower_up() const override { return session_.queries().up(); }
  Sequence complete_to() const override { return activity_.complete_to(); }
  bool feed_live() const { return live_; }
  /// The last feed message that books and tape contain.
  std::uint64_t feed_sequence() { return feed_.feed().next_sequence() - 1; }
  std::size_t in_flight() const { return session_.orders().in_flight(); }
  std::size_t questions() const { return questions_.size(); }
  std::uint64_t round_trip_ns() const { return session_.orders().round_trip_ns(); }
  /// Of the logon that is in force, 0: none.
  std::uint64_t connection() const {
    return engine_up() ? session_.orders().accepted().connection() : 0;
  }

  // Called by the client library.
  void on_logged_on(const proto::LogonAccepted& accepted) {
    if (activity_.running()) return;
    // The activity begins here. What the follower has said of accounts before may be older, and
    // nobody would ever tell what happened between.
    accounts_lost_ = !SAKER_PLANT(view_before_activity);
    if (!accounts_lost_) activity_.start(accepted.engine_sequence());
  }
  void on_epoch_changed(std::uint32_t, std::uint32_t) { accounts_lost_ = true; }
  void on_reports_lost(std::uint64_t, std::uint64_t) { accounts_lost_ = true; }
  void on_outcome(const client::Outcome& outcome) { events_.on_outcome(outcome); }
  void on_report(const proto::Report& report) { events_.on_report(report); }

  void on_activity(const proto::Report& report) { events_.on_activity(report); }
  void on_activity_complete(Sequence sequence) { events_.on_activity_complete(sequence); }
  void on_activity_lost(Sequence, Sequence) { events_.on_accounts_lost(); }

  void on_market_defined(const client::FeedMarket& market) {
    markets_.define(market.definition);
    states_.at(market.definition.market()).phase = market.phase;
  }
  void on_phase_changed(const client::FeedMarket& market) {
    if (market.definition.market() != 0) {
      states_.at(market.definition.market()).phase = market.phase;
    }
  }
  void on_book_changed(const client::FeedMarket&, const proto::FeedMessage& message) {
    ++states_.at(message.market()).book_version;
  }
  void on_trade(const client::FeedMarket&, const proto::FeedMessage& message) {
    const Trade trade{message.trade_id(), message.price_ticks(), message.quantity_lots(),
                      message.engine_time_ns() / 1'000'000,
                      message.side() == proto::Side::Sell};
    states_.on_trade(message.market(), trade, feed_sequence());
  }
  void on_feed_lost(std::uint64_t, std::uint64_t) { states_.on_trades_lost(); }

 private:
  /// Who is told that there was no room has no order, and will have none from a late copy.
  static client::SessionConfig strict(client::SessionConfig config) {
    config.use_up_refused = !SAKER_PLANT(refusal_told_at_once);
    return config;
  }

  template <class Request>
  std::uint64_t send_any(const Request& request) {
    const std::uint64_t number = session_.orders().send(request);
    turn_soon_();
    return number;
  }

  /// Books lose their liveness without a call; what they are is seen here.
  void look_at_feed() {
    const auto& client = feed_.feed();
    if (client.epoch() != feed_epoch_) {
      const bool again = feed_epoch_ != 0;
      feed_epoch_ = client.epoch();
      if (again) {
        states_.forget_tapes();
        events_.on_feed_restarted();
      }
    }
    for (std::uint32_t id = 1; id <= client.market_count(); ++id) {
      const client::FeedMarket* market = client.market(id);
      const client::OrderBook* book =
          market != nullptr && market->live ? &market->book : nullptr;
      if (states_.at(id).book != book) states_.on_book(id, book);
      if (market != nullptr && states_.at(id).last_ticks == 0) {
        states_.at(id).last_ticks = market->last_price_ticks;
      }
    }
    if (feed_.live() != live_) {
      live_ = feed_.live();
      events_.on_feed_live(live_);
    }
  }

  const Sockets sockets_;
  Schedule& schedule_;
  Markets& markets_;
  MarketStates& states_;
  VenueEvents& events_;
  const std::function<void()> turn_soon_;
  client::TradingSession<Transport, VenueSession> session_;
  client::SubscribedFeed<Transport, VenueSession> feed_;
  client::ActivityStream<Transport, VenueSession> activity_;
  QuestionQueue<Transport> questions_;
  bool accounts_lost_ = false;
  bool live_ = false;
  std::uint32_t feed_epoch_ = 0;
};

}  // namespace saker::gateway
