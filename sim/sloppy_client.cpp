#include "sim/sloppy_client.hpp"

#include "engine/core/core.hpp"

namespace saker::sim {

SloppyClient::SloppyClient(std::uint32_t session, net::Endpoint engine, SimTransport& transport,
                           Coverage& coverage, Rng rng)
    : session_(session), transport_(transport), coverage_(coverage), rng_(rng) {
  client::SessionConfig config;
  config.session = session;
  config.secret = secret_of(session);
  config.engine = engine;
  config.nonce_seed = rng_.next();
  config.heartbeat_ms = 100;
  config.refused_retry_ns = 50'000'000;
  link_ = std::make_unique<client::Link<SimTransport>>(config, engine,
                                                       proto::Purpose::OrderEntry, transport);
}

void SloppyClient::poll(TimeNs now_ns) {
  for (net::Datagram& datagram : transport_.receive()) {
    const client::LinkEvent event = link_->on_datagram(datagram, now_ns);
    switch (event.kind) {
      case client::LinkEvent::Kind::kLoggedOn:
        highest_ = std::max(highest_, link_->accepted().next_client_sequence() - 1);
        heartbeats_ = 0;
        next_heartbeat_ns_ = now_ns;
        break;
      case client::LinkEvent::Kind::kFrame: link_->heard(now_ns); break;
      case client::LinkEvent::Kind::kLost: link_->start(now_ns, 0); break;
      default: break;
    }
  }
  if (!link_->wanted()) link_->start(now_ns, 0);
  if (link_->up() && now_ns > link_->heard_ns() + 600'000'000) link_->start(now_ns, 0);
  link_->poll(now_ns);
  if (link_->up() && now_ns >= next_heartbeat_ns_) {
    next_heartbeat_ns_ = now_ns + 100'000'000;
    const proto::Heartbeat heartbeat(++heartbeats_, highest_ + 1, now_ns);
    link_->send(proto::PacketKind::Heartbeat, 0, link_->accepted().connection(), 0, heartbeat);
  }
  transport_.flush();
}

void SloppyClient::act() {
  if (!link_->up()) return;
  const std::uint64_t what = rng_.below(100);
  if (rng_.chance(500'000) && try_the_edge()) {
    coverage_.add(Count::window_edge_tried);
  } else if (what < 60) {
    compose(++highest_);
  } else if (what < 68) {
    const std::uint64_t jump = 1 + rng_.below(600);  // may skip numbers for good
    for (std::uint64_t i = 1; i <= jump; ++i) left_out_.insert(highest_ + i);
    highest_ += jump + 1;
    compose(highest_);
  } else if (what < 70) {
    compose(highest_ + 1000 + rng_.below(200));  // around the edge of the window
  } else if (what < 90 && !sent_.empty()) {
    auto at = sent_.lower_bound(highest_ - std::min(highest_, rng_.below(1500)));
    if (at == sent_.end()) at = sent_.begin();
    transmit(at->first);
  } else if (what < 97) {
    compose(highest_ - std::min(highest_ - 1, rng_.below(700)));  // late, or used before
  } else {
    compose(highest_ - std::min(highest_ - 1, rng_.below(3000)));  // out of date
  }
  while (sent_.size() > 2000) sent_.erase(sent_.begin());
  transport_.flush();
}

/// Sends a number left out so far that is just in or just out of the window for late ones.
bool SloppyClient::try_the_edge() {
  if (highest_ < core::kReorderWindow + 2) return false;
  const auto late = left_out_.lower_bound(highest_ - core::kReorderWindow - 1);
  if (late == left_out_.end() || *late > highest_ - core::kReorderWindow + 2) return false;
  compose(*late);
  left_out_.erase(left_out_.begin(), std::next(late));
  return true;
}

void SloppyClient::compose(std::uint64_t number) {
  client::NewOrderRequest order;
  order.account = accounts_of(session_)[0];
  order.market = static_cast<std::uint32_t>(1 + rng_.below(kMarkets));
  order.side = rng_.chance(500'000) ? proto::Side::Buy : proto::Side::Sell;
  order.client_order_id = (std::uint64_t{session_} << 48) | ++ids_;
  order.quantity_lots = rng_.between(1, 10);
  order.price_ticks = kReferencePrice + rng_.between(-10, 10);
  if (rng_.chance(600'000)) order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  const proto::NewOrder wire = client::to_wire(order);
  const Bytes bytes = bytes_of(wire);
  sent_[number] = {proto::CommandKind::NewOrder, {bytes.begin(), bytes.end()}};
  transmit(number);
}

void SloppyClient::transmit(std::uint64_t number) {
  coverage_.add(Count::sloppy_command);
  const Sent& sent = sent_.at(number);
  link_->send_command(sent.kind, number, 0, sent.body);
}

}  // namespace saker::sim
