#include "gateway/venue_link.hpp"

#include <stdexcept>

#include "client/activity_stream.hpp"
#include "client/socket_session.hpp"
#include "client/subscribed_feed.hpp"
#include "gateway/question_queue.hpp"

namespace saker::gateway {

struct VenueLink::Impl : client::OrderEntryHandler, client::FeedHandler, client::ActivityHandler {
  using Transport = net::UdpTransport;

  Impl(web::Loop& event_loop, const VenueConfig& venue, Markets& all_markets,
       MarketStates& market_states, VenueEvents& listener)
      : loop(event_loop),
        config(venue),
        markets(all_markets),
        states(market_states),
        events(listener),
        timer(event_loop) {}

  // -- what the client library tells -----------------------------------------------------------
  void on_logged_on(const proto::LogonAccepted& accepted) {
    if (!activity->running()) activity->start(accepted.engine_sequence());
  }
  void on_epoch_changed(std::uint32_t, std::uint32_t) { accounts_lost = true; }
  void on_reports_lost(std::uint64_t, std::uint64_t) { accounts_lost = true; }
  void on_outcome(const client::Outcome& outcome) { events.on_outcome(outcome); }
  void on_report(const proto::Report& report) { events.on_report(report); }

  void on_activity(const proto::Report& report) { events.on_activity(report); }
  void on_activity_complete(Sequence sequence) { events.on_activity_complete(sequence); }
  void on_activity_lost(Sequence, Sequence) { events.on_accounts_lost(); }

  void on_market_defined(const client::FeedMarket& market) {
    markets.define(market.definition);
    states.at(market.definition.market()).phase = market.phase;
  }
  void on_phase_changed(const client::FeedMarket& market) {
    if (market.definition.market() != 0) {
      states.at(market.definition.market()).phase = market.phase;
    }
  }
  void on_book_changed(const client::FeedMarket&, const proto::FeedMessage& message) {
    ++states.at(message.market()).book_version;
  }
  void on_trade(const client::FeedMarket&, const proto::FeedMessage& message) {
    const Trade trade{message.trade_id(), message.price_ticks(), message.quantity_lots(),
                      message.engine_time_ns() / 1'000'000,
                      message.side() == proto::Side::Sell};
    states.on_trade(message.market(), trade, feed->feed().next_sequence() - 1);
  }
  void on_feed_lost(std::uint64_t, std::uint64_t) { states.on_trades_lost(); }

  // -- the loop --------------------------------------------------------------------------------
  void open() {
    client::SessionConfig session_config;
    std::string error;
    if (!client::load_session(config.secrets, config.session, config.key, config.host,
                              config.port_base, session_config, error)) {
      throw std::runtime_error(error);
    }
    const auto socket = [&] {
      auto opened = client::open_socket(session_config.engine, error);
      if (opened == nullptr) throw std::runtime_error(error);
      watches.emplace_back(loop, opened->fd(), [this] { turn(); });
      return opened;
    };
    transport = socket();
    line_a = socket();
    line_b = socket();
    session = std::make_unique<Session>(session_config, *transport, *this);
    feed = std::make_unique<Feed>(*line_a, *line_b, session->queries(), *this);
    activity = std::make_unique<Activity>(session->queries(), *this);
    questions = std::make_unique<Questions>(session->queries());
    session->start(loop.now_ns());
    turn();
  }

  void turn() {
    const TimeNs now_ns = loop.now_ns();
    session->poll(now_ns);
    feed->poll(now_ns, session->orders(), client::subscription(*line_a, *line_b));
    if (std::exchange(accounts_lost, false)) {
      activity->start(session->orders().accepted().engine_sequence());
      events.on_accounts_lost();
    }
    activity->poll();
    questions->poll(now_ns);
    look_at_feed();
    events.on_turn();
    transport->flush();
    rest(now_ns);
  }

  /// Books lose their liveness without a call; what they are is seen here.
  void look_at_feed() {
    const auto& client = feed->feed();
    if (client.epoch() != feed_epoch) {
      const bool again = feed_epoch != 0;
      feed_epoch = client.epoch();
      if (again) {
        states.forget_tapes();
        events.on_feed_restarted();
      }
    }
    for (std::uint32_t id = 1; id <= client.market_count(); ++id) {
      const client::FeedMarket* market = client.market(id);
      const client::OrderBook* book =
          market != nullptr && market->live ? &market->book : nullptr;
      if (states.at(id).book != book) states.on_book(id, book);
      if (market != nullptr && states.at(id).last_ticks == 0) {
        states.at(id).last_ticks = market->last_price_ticks;
      }
    }
    if (feed->live() != live) {
      live = feed->live();
      events.on_feed_live(live);
    }
  }

  void rest(TimeNs now_ns) {
    TimeNs deadline = now_ns + 1'000'000'000;
    deadline = std::min(deadline, session->next_deadline_ns());
    deadline = std::min(deadline, feed->feed().next_deadline_ns());
    deadline = std::min(deadline, questions->next_deadline_ns());
    const std::uint64_t wait_ns = deadline > now_ns ? deadline - now_ns : 0;
    timer.after(std::max<std::uint64_t>(wait_ns, 100'000), [this] { turn(); });
  }

  /// What handlers send leaves with the next turn, which is soon.
  void turn_soon() {
    if (std::exchange(turn_posted, true)) return;
    loop.post([this, alive = std::weak_ptr<int>(life)] {
      if (alive.expired()) return;
      turn_posted = false;
      if (session != nullptr) turn();
    });
  }

  void log_off() {
    session->orders().log_off();
    turn_soon();
    stop_timer.every(10'000'000, [this] {
      turn();
      if (!session->orders().logged_off() && ++stop_tries < 100) return;
      stop_timer.cancel();
      stopped();
    });
  }

  template <class Request>
  std::uint64_t send(const Request& request) {
    if (session == nullptr) return 0;
    const std::uint64_t number = session->orders().send(request);
    turn_soon();
    return number;
  }

  using Session = client::TradingSession<Transport, Impl>;
  using Feed = client::SubscribedFeed<Transport, Impl>;
  using Activity = client::ActivityStream<Transport, Impl>;
  using Questions = QuestionQueue<Transport>;

  web::Loop& loop;
  const VenueConfig config;
  Markets& markets;
  MarketStates& states;
  VenueEvents& events;
  std::shared_ptr<int> life = std::make_shared<int>(0);
  std::unique_ptr<Transport> transport, line_a, line_b;
  std::unique_ptr<Session> session;
  std::unique_ptr<Feed> feed;
  std::unique_ptr<Activity> activity;
  std::unique_ptr<Questions> questions;
  std::vector<web::Watch> watches;  // before the sockets are closed
  web::Timer timer;
  web::Timer stop_timer{loop};
  std::function<void()> stopped;
  int stop_tries = 0;
  bool turn_posted = false;
  bool accounts_lost = false;
  bool live = false;
  std::uint32_t feed_epoch = 0;
};

VenueLink::VenueLink(web::Loop& loop, const VenueConfig& config, Markets& markets,
                     MarketStates& states, VenueEvents& events)
    : impl_(std::make_unique<Impl>(loop, config, markets, states, events)) {}
VenueLink::~VenueLink() = default;

void VenueLink::start() { impl_->open(); }

void VenueLink::stop(std::function<void()> done) {
  impl_->stopped = std::move(done);
  if (impl_->session == nullptr) return impl_->stopped();
  impl_->log_off();
}

std::uint64_t VenueLink::send(const client::NewOrderRequest& r) { return impl_->send(r); }
std::uint64_t VenueLink::send(const client::ReplaceOrderRequest& r) { return impl_->send(r); }
std::uint64_t VenueLink::send(const client::CancelOrderRequest& r) { return impl_->send(r); }
std::uint64_t VenueLink::send(const client::MassCancelRequest& r) { return impl_->send(r); }

void VenueLink::ask_balances(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                             std::function<void(BalancesAnswer)> done) {
  impl_->questions->ask_balances(account, at_least, impl_->loop.now_ns() + patience_ns,
                                 std::move(done));
  impl_->turn_soon();
}

void VenueLink::ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                            std::function<void(AccountAnswer)> done) {
  impl_->questions->ask_account(account, at_least, impl_->loop.now_ns() + patience_ns,
                                std::move(done));
  impl_->turn_soon();
}

bool VenueLink::engine_up() const {
  return impl_->session != nullptr && impl_->session->orders().logged_on();
}
bool VenueLink::follower_up() const {
  return impl_->session != nullptr && impl_->session->queries().up();
}
bool VenueLink::feed_live() const { return impl_->live; }
Sequence VenueLink::complete_to() const {
  return impl_->activity == nullptr ? 0 : impl_->activity->complete_to();
}
std::uint64_t VenueLink::feed_sequence() const {
  return impl_->feed == nullptr ? 0 : impl_->feed->feed().next_sequence() - 1;
}
std::size_t VenueLink::in_flight() const {
  return impl_->session == nullptr ? 0 : impl_->session->orders().in_flight();
}
std::size_t VenueLink::questions() const {
  return impl_->questions == nullptr ? 0 : impl_->questions->size();
}
std::uint64_t VenueLink::round_trip_ns() const {
  return impl_->session == nullptr ? 0 : impl_->session->orders().round_trip_ns();
}

}  // namespace saker::gateway
