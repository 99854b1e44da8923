#include "tests/dpdk/floor.hpp"

#include <ctime>

#include "net/endpoint.hpp"

namespace saker::tests {

namespace {
constexpr std::uint64_t kNoHopeNs = 500'000'000;
constexpr std::uint64_t kIdlePauseNs = 20'000;  // leaves a small machine to the engine
}

Floor::Seat::Seat(const char* name, std::uint32_t session, Floor& floor)
    : session_id(session),
      party(name, session, floor.checks_, floor.trades_, floor.positions_) {}

bool Floor::open(const OpenTransport& open_transport, std::string& error) {
  const char* names[] = {"maker", "taker", "third"};
  for (std::uint32_t i = 0; i < 3; ++i) {
    // Session, key and account of a party have one number, from 2 on.
    seats_.push_back(std::make_unique<Seat>(names[i], i + 2, *this));
    if (!open_seat(*seats_.back(), i, open_transport, error)) return false;
  }
  return true;
}

bool Floor::open_seat(Seat& seat, std::size_t index, const OpenTransport& open_transport,
                      std::string& error) {
  client::SessionConfig config;
  if (!client::load_session(config_.secrets, seat.session_id, seat.session_id, config_.engine,
                            config_.port_base, config, error)) {
    return false;
  }
  config.heartbeat_ms = config_.heartbeat_ms;
  config.follower = {};
  if (!config_.follower.empty()) {
    config.follower.port = static_cast<std::uint16_t>(config_.port_base + 2);
    if (!net::parse_address(config_.follower, config.follower.address)) {
      error = "not an address: " + config_.follower;
      return false;
    }
  }
  seat.query_socket = client::open_socket(config.follower, error);
  if (seat.query_socket == nullptr) return false;
  seat.transport = open_transport(index, error);
  if (seat.transport == nullptr) return false;
  seat.session = std::make_unique<Session>(config, *seat.transport, *seat.query_socket,
                                           seat.party);
  seat.session->start(clock_.now_ns());
  return true;
}

void Floor::pump() {
  std::size_t received = 0;
  for (auto& seat : seats_) {
    if (!seat->silent) received += seat->session->poll(clock_.now_ns());
  }
  if (received > 0) return;
  const timespec pause{0, kIdlePauseNs};
  ::nanosleep(&pause, nullptr);
}

void Floor::pump_for(std::uint64_t time_ns) {
  const TimeNs end_ns = clock_.now_ns() + time_ns;
  while (clock_.now_ns() < end_ns) pump();
}

bool Floor::soon(const char* what, const std::function<bool()>& condition) {
  // What follows a failure fails too: no need to wait for it as long.
  const bool hopeful = checks_.failed() == 0;
  const TimeNs end_ns = clock_.now_ns() + (hopeful ? config_.patience_ns : kNoHopeNs);
  while (!condition()) {
    if (clock_.now_ns() > end_ns) return checks_.that(false, "never came about: %s", what);
    pump();
  }
  return checks_.that(true, "%s", what);
}

bool Floor::settle() {
  return soon("all commands are decided and all reports are here", [this] {
    bool settled = trades_.whole();
    for (const auto& seat : seats_) {
      settled &= seat->silent || (seat->session->orders().logged_on() &&
                                  seat->party.all_decided() && seat->party.reports_are_here());
    }
    return settled;
  });
}

template <class Request>
std::uint64_t Floor::send(Seat& seat, const Request& request, proto::CommandKind kind,
                          std::uint64_t client_order_id, const client::NewOrderRequest* order) {
  std::uint64_t number = 0;
  const bool sent = soon("the client takes a command", [&] {
    number = seat.session->orders().send(request);
    return number != 0;
  });
  if (sent) seat.party.sent(number, kind, client_order_id, order);
  return number;
}

std::uint64_t Floor::place(Seat& seat, client::NewOrderRequest request, std::uint64_t* id) {
  request.account = seat.party.account();
  request.market = kMarket;
  request.client_order_id = seat.party.fresh_id();
  if (id != nullptr) *id = request.client_order_id;
  return send(seat, request, proto::CommandKind::NewOrder, request.client_order_id, &request);
}

std::uint64_t Floor::cancel(Seat& seat, std::uint64_t client_order_id) {
  const client::CancelOrderRequest request{.account = seat.party.account(),
                                           .client_order_id = client_order_id};
  return send(seat, request, proto::CommandKind::CancelOrder, client_order_id);
}

std::uint64_t Floor::replace(Seat& seat, std::uint64_t client_order_id, std::int64_t price_ticks,
                             std::int64_t quantity_lots) {
  const client::ReplaceOrderRequest request{.account = seat.party.account(),
                                            .client_order_id = client_order_id,
                                            .price_ticks = price_ticks,
                                            .quantity_lots = quantity_lots};
  return send(seat, request, proto::CommandKind::ReplaceOrder, client_order_id);
}

std::uint64_t Floor::mass_cancel(Seat& seat, bool buys, bool sells) {
  const client::MassCancelRequest request{.buys = buys, .sells = sells};
  return send(seat, request, proto::CommandKind::MassCancel, 0);
}

std::uint64_t Floor::total(std::uint64_t (Party::*count)() const) const {
  std::uint64_t sum = 0;
  for (const auto& seat : seats_) sum += (seat->party.*count)();
  return sum;
}

Sequence Floor::highest_sequence() const {
  Sequence highest = 0;
  for (const auto& seat : seats_) {
    highest = std::max(highest, seat->party.highest_sequence());
  }
  return highest;
}

net::ImpairedCounters Floor::impairments() const {
  net::ImpairedCounters sum;
  for (const auto& seat : seats_) {
    const net::ImpairedCounters one = seat->transport->impairments();
    sum.lost += one.lost;
    sum.doubled += one.doubled;
    sum.reordered += one.reordered;
  }
  return sum;
}

client::OrderEntryCounters Floor::counters() const {
  client::OrderEntryCounters sum;
  for (const auto& seat : seats_) {
    const client::OrderEntryCounters& one = seat->session->orders().counters();
    sum.resends += one.resends;
    sum.gaps += one.gaps;
    sum.reports += one.reports;
    sum.duplicate_reports += one.duplicate_reports;
    sum.reports_recovered += one.reports_recovered;
  }
  return sum;
}

}  // namespace saker::tests
