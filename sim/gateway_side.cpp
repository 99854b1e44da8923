#include "sim/gateway_side.hpp"

#include "sim/venue.hpp"

namespace saker::sim {

namespace {

net::Endpoint with_port(net::Endpoint endpoint, std::uint16_t more) {
  endpoint.port = static_cast<std::uint16_t>(endpoint.port + more);
  return endpoint;
}

}  // namespace

GatewaySide::GatewaySide(const Place& place, Rng rng)
    : place_(place), rng_(rng),
      audit_(place.judge, place.verdict, place.coverage, place.memory),
      orders_(place.network.node(place.endpoint)),
      line_a_(place.network.node(with_port(place.endpoint, 1'000))),
      line_b_(place.network.node(with_port(place.endpoint, 2'000))) {
  configure();
  place_.judge.on_command([this](const core::Command& command, const core::Output& out) {
    audit_.on_command(command, out);
  });
  for (std::uint32_t i = 0; i < kCustomers; ++i) {
    customers_.push_back(std::make_unique<WebCustomer>(kFirstCustomer + i, place_.clock, audit_,
                                                       place_.coverage, rng_.fork(i)));
  }
}

/// As in production, but for a world whose time passes in steps of microseconds.
void GatewaySide::configure() {
  client::SessionConfig& session = config_.session;
  session.session = kGatewaySession;
  session.secret = secret_of(kGatewaySession);
  session.engine = place_.engine;
  session.follower = place_.follower;
  session.heartbeat_ms = 100;
  session.refused_retry_ns = 50 * kMs;
  session.datagram_lifetime_ns = 100 * kMs;
  config_.orders.patience_ns = 10 * kMs + rng_.below(60 * kMs);
  config_.orders.follower_patience_ns = kMs + rng_.below(20 * kMs);
  config_.orders.disk_full_pause_ns = 10 * kMs;
  if (rng_.chance(200'000)) config_.orders.max_in_flight = 2;
  config_.accounts.patience_ns = 50 * kMs;
  if (rng_.chance(400'000)) config_.order_rate = {500, 5};
  both_lines_ = rng_.chance(300'000);
}

void GatewaySide::poll() {
  if (box_ == nullptr) {
    if (place_.clock.now() >= back_ns_) start();
  } else {
    box_->poll();
    if (stopping_ && box_->session().logged_off()) kill("stopped");
  }
  customers_[rng_.below(customers_.size())]->act();
}

void GatewaySide::start() {
  config_.session.nonce_seed = rng_.next();
  const GatewayBox::Session::Sockets sockets{
      orders_, line_a_, line_b_,
      proto::FeedSubscribe(0, 0, line_a_.endpoint().port,
                           both_lines_ ? line_b_.endpoint().port : 0, 0)};
  box_ = std::make_unique<GatewayBox>(config_, sockets, place_.clock);
  for (const auto& customer : customers_) customer->connect(&box_->trade(), &box_->accounts());
}

/// As on SIGTERM: it logs off; its customers' connections break when it has gone.
void GatewaySide::stop() {
  if (box_ == nullptr || stopping_) return;
  place_.coverage.add(Count::gateway_stopped);
  stopping_ = true;
  box_->session().log_off();
}

void GatewaySide::kill(const char* how) {
  if (box_ == nullptr) return;
  const std::size_t open = box_->desk().in_flight();
  place_.note(std::string("gateway ends: ") + how + ", with " + std::to_string(open) + " open");
  place_.coverage.add(open != 0 ? Count::gateway_killed_with_open : Count::gateway_killed);
  stopping_ = false;
  box_.reset();
  for (const auto& customer : customers_) customer->connect(nullptr, nullptr);
  for (SimTransport* socket : {&orders_, &line_a_, &line_b_}) socket->reset();
  back_ns_ = place_.clock.now() + rng_.below(20 * kMs);
}

void GatewaySide::break_something() {
  if (rng_.chance(200'000)) return stop();
  kill("killed");
}

void GatewaySide::settle() {
  config_.orders.patience_ns = config_.accounts.patience_ns = 2'000 * kMs;
  kill("it has all the time from now on");
  for (const auto& customer : customers_) customer->settle();
}

bool GatewaySide::quiet(std::string& why) const {
  for (const auto& customer : customers_) {
    if (customer->quiet()) continue;
    why = std::to_string(customer->open()) + " wishes of a customer are open, the gateway is " +
          (box_ == nullptr ? "down" : "up");
    return false;
  }
  return true;
}

}  // namespace saker::sim
