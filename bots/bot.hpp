// One bot: a session, what it knows of its own orders and money, and a strategy that decides.
// Survives restarts of engine and follower; on stop it takes its orders out and logs off.
#pragma once

#include <memory>

#include "bots/config.hpp"
#include "bots/make_view.hpp"
#include "client/feed_client.hpp"
#include "client/order_tracker.hpp"
#include "client/trading_session.hpp"
#include "common/decimal.hpp"
#include "common/latency_histogram.hpp"

namespace saker::bots {

/// What a bot counts; the numbers of `saker top` and of the log line at the end.
struct BotStats {
  std::uint64_t commands = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t not_sequenced = 0;
  std::uint64_t fills = 0;
  std::uint64_t maker_fills = 0;
  std::uint64_t traded_lots = 0;
  std::uint64_t logons = 0;
  proto::Reason last_reject = proto::Reason::NONE;
  LatencyHistogram round_trip;
};

template <net::Transport Transport>
class Bot : public client::OrderEntryHandler {
 public:
  Bot(const BotConfig& config, const client::SessionConfig& session, Transport& transport)
      : config_(config),
        tracker_(config.session),
        random_(config.seed ^ 0xB07),
        session_(session, transport, *this),
        open_orders_(session_.queries()),
        balances_(session_.queries()) {}

  void start(TimeNs now_ns) {
    // Ids above every earlier run's: the clock never gives out so many.
    next_client_order_id_ = now_ns;
    session_.start(now_ns);
  }

  /// One turn. `market` is what the feed shows, nullptr while it shows nothing; `live` whether it
  /// is to be trusted.
  void poll(TimeNs now_ns, const client::FeedMarket* market, bool live) {
    now_ns_ = now_ns;
    session_.poll(now_ns);
    if (!session_.orders().logged_on()) return;
    resync();
    if (stopping_) return stop_further();
    if (market != nullptr && market->definition.market() != 0) define(*market);
    if (now_ns < next_look_ns_) return;
    next_look_ns_ = now_ns + pause_ns();
    // Decides on what is known for certain.
    if (tracker_.resyncing() || !defined_ || session_.orders().in_flight() > 0) return;
    const bool tradable = live && market->live && market->phase == proto::MarketPhase::Open;
    if (tradable) {
      trade(*market);
    } else if (tracker_.open_orders() > 0) {
      mass_cancel();  // quotes at prices that nobody can see any more
    }
  }

  /// Takes all own orders out, then logs off.
  void stop() { stopping_ = true; }
  bool stopped() const { return session_.orders().logged_off(); }

  TimeNs next_deadline_ns() const {
    const TimeNs deadline = session_.next_deadline_ns();
    if (!session_.orders().logged_on()) return deadline;
    if (stopping_) return stop_sent_ ? std::min(deadline, stop_retry_ns_) : deadline;
    return std::min(deadline, next_look_ns_);
  }

  // -- callbacks ------------------------------------------------------------------------------
  void on_logged_on(const proto::LogonAccepted& accepted) {
    if (++stats_.logons == 1) begin_resync(accepted.engine_sequence());
    stop_sent_ = false;
  }
  void on_epoch_changed(std::uint32_t, std::uint32_t) { begin_resync(0); }
  void on_reports_lost(std::uint64_t, std::uint64_t) { begin_resync(tracker_.engine_sequence()); }
  void on_outcome(const client::Outcome& outcome) {
    stats_.round_trip.record(outcome.round_trip_ns);
    if (outcome.result == client::Result::kAccepted) ++stats_.accepted;
    if (outcome.result == client::Result::kNotSequenced) ++stats_.not_sequenced;
    if (outcome.result == client::Result::kRejected) {
      ++stats_.rejected;
      stats_.last_reject = outcome.reason;
    }
  }
  void on_report(const proto::Report& report) { tracker_.on_report(report); }
  void on_order_filled(const proto::Report& report) {
    ++stats_.fills;
    stats_.maker_fills += report.liquidity() == proto::Liquidity::Maker;
    stats_.traded_lots += static_cast<std::uint64_t>(report.quantity_lots());
  }
  void on_mass_cancel_done(const proto::Report&) { cancel_done_ = true; }

  const BotConfig& config() const { return config_; }
  const BotStats& stats() const { return stats_; }
  const client::OrderTracker& tracker() const { return tracker_; }
  client::TradingSession<Transport, Bot>& session() { return session_; }
  /// Lots above the wished holding; 0 while the market is not known.
  std::int64_t inventory_lots() const { return defined_ ? base_lots() - target_lots_ : 0; }

 private:
  static constexpr std::uint64_t kStopRetryNs = 500'000'000;
  static constexpr double kLongestStepSeconds = 5;  // after an outage the price does not leap

  void define(const client::FeedMarket& market) {
    if (defined_ && definition_.version() == market.definition.version()) return;
    definition_ = market.definition;
    tracker_.define(definition_);
    if (const auto minor = parse_decimal(config_.target_base, definition_.base_decimals())) {
      target_lots_ = *minor / definition_.lot_size();
    }
    if (!defined_) begin(market);
    defined_ = true;
  }

  /// Starts from where the market stands, so that a restart does not jump.
  void begin(const client::FeedMarket& market) {
    double anchor = 0;
    if (const auto price = parse_decimal(config_.start_price, definition_.price_decimals())) {
      anchor = static_cast<double>(*price / definition_.tick_size());
    }
    strategy_ = make_strategy(config_, anchor);
    const std::int64_t bid = market.book.best_bid_ticks();
    const std::int64_t ask = market.book.best_ask_ticks();
    strategy_->begin(bid > 0 && ask > 0 ? static_cast<double>(bid + ask) / 2 : anchor);
    looked_ns_ = now_ns_;
  }

  std::int64_t base_lots() const {
    return tracker_.position(config_.account, definition_.base_asset()).total /
           definition_.lot_size();
  }

  /// Who quotes looks regularly; takers come as people do, at random.
  std::uint64_t pause_ns() {
    if (strategy_ == nullptr || !strategy_->takes()) return config_.interval_ns;
    return static_cast<std::uint64_t>(random_.between(1, 2 * static_cast<std::int64_t>(
                                                             config_.interval_ns)));
  }

  void trade(const client::FeedMarket& market) {
    MarketView view = make_view(definition_, tracker_, config_.account, target_lots_,
                                market.book.best_bid_ticks(), market.book.best_ask_ticks());
    const double passed = static_cast<double>(now_ns_ - looked_ns_) * 1e-9;
    double seconds = std::min(passed, kLongestStepSeconds) * config_.speed;
    looked_ns_ = now_ns_;
    const std::uint32_t looks = strategy_->takes() ? config_.burst : 1;
    for (std::uint32_t i = 0; i < looks; ++i, seconds = 0) {
      actions_.clear();
      strategy_->look(view, seconds, actions_);
      for (const Action& action : actions_) {
        perform(action);
        expect(view, action);
      }
    }
  }

  /// False when over the rate; what is left is planned anew at the next look.
  bool may_send() {
    const double seconds = static_cast<double>(now_ns_ - tokens_ns_) * 1e-9;
    const double most = config_.most_per_second;
    tokens_ = tokens_ns_ == 0 ? most : std::min(most, tokens_ + seconds * most);
    tokens_ns_ = now_ns_;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  void perform(const Action& action) {
    if (!may_send()) return;
    std::uint64_t number = 0;
    switch (action.kind) {
      case ActionKind::kNew:
        number = session_.orders().send(client::NewOrderRequest{
            .account = config_.account,
            .market = config_.market,
            .side = action.side,
            .type = action.type,
            .time_in_force = action.time_in_force,
            .price_ticks = action.price_ticks,
            .quantity_lots = action.quantity_lots,
            .client_order_id = ++next_client_order_id_});
        break;
      case ActionKind::kReplace:
        number = session_.orders().send(client::ReplaceOrderRequest{
            .account = config_.account,
            .order_id = action.order_id,
            .price_ticks = action.price_ticks,
            .quantity_lots = action.quantity_lots});
        break;
      case ActionKind::kCancel:
        number = session_.orders().send(
            client::CancelOrderRequest{.account = config_.account, .order_id = action.order_id});
        break;
    }
    if (number != 0) ++stats_.commands;
  }

  void mass_cancel() {
    cancel_done_ = false;
    if (session_.orders().send(client::MassCancelRequest{}) != 0) ++stats_.commands;
  }

  void stop_further() {
    if (stop_sent_ && cancel_done_) return session_.orders().log_off();
    if (session_.orders().in_flight() > 0 || (stop_sent_ && now_ns_ < stop_retry_ns_)) return;
    mass_cancel();
    stop_sent_ = true;
    stop_retry_ns_ = now_ns_ + kStopRetryNs;
  }

  // -- knowing the own orders and balances ----------------------------------------------------

  void begin_resync(Sequence at_least) {
    tracker_.begin_resync();
    resync_at_least_ = at_least;
    open_orders_.start(proto::QueryKind::OpenOrders, config_.account, at_least);
    balances_.start(proto::QueryKind::Balances, config_.account, at_least);
  }

  void resync() {
    if (!tracker_.resyncing()) return;
    open_orders_.poll();
    balances_.poll();
    using client::FetchState;
    if (open_orders_.state() == FetchState::kFailed || balances_.state() == FetchState::kFailed) {
      return begin_resync(resync_at_least_);
    }
    if (open_orders_.state() != FetchState::kDone || balances_.state() != FetchState::kDone) return;
    open_orders_.for_each([this](const proto::OpenOrder& o) { tracker_.add_open_order(o); });
    balances_.for_each([this](const proto::Balance& b) { tracker_.add_balance(b); });
    tracker_.end_resync(open_orders_.header().applied(), balances_.header().applied());
  }

  BotConfig config_;
  BotStats stats_;
  client::OrderTracker tracker_;
  Random random_;  // of the pauses
  std::unique_ptr<Strategy> strategy_;  // once the market is known
  std::vector<Action> actions_;
  client::TradingSession<Transport, Bot> session_;
  client::SnapshotFetch<proto::OpenOrder, Transport> open_orders_;
  client::SnapshotFetch<proto::Balance, Transport> balances_;
  Sequence resync_at_least_ = 0;
  bool defined_ = false;
  proto::MarketDefinition definition_;
  std::int64_t target_lots_ = 0;
  TimeNs now_ns_ = 0;
  TimeNs next_look_ns_ = 0;
  TimeNs looked_ns_ = 0;
  double tokens_ = 0;
  TimeNs tokens_ns_ = 0;
  std::uint64_t next_client_order_id_ = 0;
  bool stopping_ = false;
  bool stop_sent_ = false;
  bool cancel_done_ = false;
  TimeNs stop_retry_ns_ = 0;
};

}  // namespace saker::bots
