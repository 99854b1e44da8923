#include "gateway/venue_link.hpp"

#include <stdexcept>

#include "client/socket_session.hpp"
#include "gateway/loop_schedule.hpp"
#include "gateway/venue_session.hpp"

namespace saker::gateway {

struct VenueLink::Impl {
  using Transport = net::UdpTransport;

  Impl(web::Loop& event_loop, const VenueConfig& venue, Markets& all_markets,
       MarketStates& market_states, VenueEvents& listener)
      : loop(event_loop),
        config(venue),
        markets(all_markets),
        states(market_states),
        events(listener),
        schedule(event_loop),
        timer(event_loop) {}

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
    session = std::make_unique<VenueSession<Transport>>(
        session_config,
        VenueSession<Transport>::Sockets{*transport, *line_a, *line_b,
                                         client::subscription(*line_a, *line_b)},
        schedule, markets, states, events, [this] { turn_soon(); });
    session->start();
    turn();
  }

  void turn() {
    session->turn();
    rest();
  }

  void rest() {
    const TimeNs now_ns = loop.now_ns();
    const TimeNs deadline = std::min(now_ns + 1'000'000'000, session->next_deadline_ns());
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
    session->log_off();
    stop_timer.every(10'000'000, [this] {
      turn();
      if (!session->logged_off() && ++stop_tries < 100) return;
      stop_timer.cancel();
      stopped();
    });
  }

  template <class Request>
  std::uint64_t send(const Request& request) {
    return session == nullptr ? 0 : session->send(request);
  }

  web::Loop& loop;
  const VenueConfig config;
  Markets& markets;
  MarketStates& states;
  VenueEvents& events;
  LoopSchedule schedule;
  std::shared_ptr<int> life = std::make_shared<int>(0);
  std::unique_ptr<Transport> transport, line_a, line_b;
  std::unique_ptr<VenueSession<Transport>> session;
  std::vector<web::Watch> watches;  // before the sockets are closed
  web::Timer timer;
  web::Timer stop_timer{loop};
  std::function<void()> stopped;
  int stop_tries = 0;
  bool turn_posted = false;
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
  impl_->session->ask_balances(account, at_least, patience_ns, std::move(done));
}

void VenueLink::ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                            std::function<void(AccountAnswer)> done) {
  impl_->session->ask_account(account, at_least, patience_ns, std::move(done));
}

void VenueLink::ask_history(std::uint32_t account, std::uint64_t from, Sequence at_least,
                            std::uint64_t patience_ns,
                            std::function<void(HistoryAnswer)> done) {
  impl_->session->ask_history(account, from, at_least, patience_ns, std::move(done));
}

bool VenueLink::engine_up() const {
  return impl_->session != nullptr && impl_->session->engine_up();
}
bool VenueLink::follower_up() const {
  return impl_->session != nullptr && impl_->session->follower_up();
}
bool VenueLink::feed_live() const {
  return impl_->session != nullptr && impl_->session->feed_live();
}
Sequence VenueLink::complete_to() const {
  return impl_->session == nullptr ? 0 : impl_->session->complete_to();
}
std::uint64_t VenueLink::feed_sequence() const {
  return impl_->session == nullptr ? 0 : impl_->session->feed_sequence();
}
std::size_t VenueLink::in_flight() const {
  return impl_->session == nullptr ? 0 : impl_->session->in_flight();
}
std::size_t VenueLink::questions() const {
  return impl_->session == nullptr ? 0 : impl_->session->questions();
}
std::uint64_t VenueLink::round_trip_ns() const {
  return impl_->session == nullptr ? 0 : impl_->session->round_trip_ns();
}

}  // namespace saker::gateway
