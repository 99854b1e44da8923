// Orders and their cancels through one transport, from one session or from many that take turns.
//
// Every second send is the cancel of the order that was placed kResting orders ago, so that the
// book has always as many, spread over kPrices prices, and nothing ever trades.
#pragma once

#include <deque>
#include <memory>

#include "bench/flights.hpp"
#include "bench/log_on.hpp"
#include "client/order_entry_client.hpp"
#include "common/clock.hpp"

namespace saker::bench {

inline constexpr std::uint32_t kMarket = 1;
inline constexpr std::int64_t kLowestPrice = 2'100;  // inside the band of the bench's venue
inline constexpr std::uint64_t kPrices = 100;
inline constexpr std::uint64_t kResting = 200;

/// Of the two sends that an order costs.
enum class Send : std::uint8_t { kOrder, kCancel };

template <net::Transport Transport, Clock Time>
class OrderPort {
 public:
  /// `sessions`: one or more, all of the same engine, with consecutive numbers; the account of a
  /// session has the session's number.
  OrderPort(Transport& transport, const std::vector<client::SessionConfig>& sessions,
            Recorder& recorder, Time& clock, std::uint64_t first_order_id)
      : transport_(transport),
        recorder_(recorder),
        clock_(clock),
        first_session_(sessions.front().session),
        first_id_(first_order_id),
        orders_(kMostUndecided),
        cancels_(kMostUndecided) {
    for (const auto& config : sessions) members_.emplace_back(*this, config, transport);
  }

  /// Logs all sessions on; see log_on_all().
  bool log_on() {
    return log_on_all(members_, clock_, [this] {
      transport_.flush();
      receive();
    });
  }

  void begin(const PhaseRequest& request) {
    in_turn_ = std::min<std::size_t>(request.sessions, members_.size());
    // After a pause of the engine: heartbeats and whatever else fell due.
    const TimeNs end_ns = clock_.now_ns() + 20'000'000;
    while (clock_.now_ns() < end_ns) {
      for (Member& member : members_) member.orders.poll(clock_.now_ns());
      transport_.flush();
      receive();
    }
  }

  bool send(const Flight& flight) {
    const bool sent = next_ == Send::kOrder ? send_order(flight) : send_cancel(flight);
    if (!sent) return false;
    next_ = next_ == Send::kOrder && placed_ > kResting ? Send::kCancel : Send::kOrder;
    // A thousand clients have their own caches, each with its own session in it; here the next
    // one's is fetched before its time.
    next_member().orders.prefetch();
    return true;
  }
  void flush() { transport_.flush(); }

  void poll(TimeNs now_ns) {
    receive();
    // Timers are milliseconds long: it is enough to look after one session now and then.
    if (now_ns - timers_ns_ < kTimerNs) return;
    timers_ns_ = now_ns;
    members_[turn_].orders.poll(now_ns);
    turn_ = turn_ + 1 < members_.size() ? turn_ + 1 : 0;
    transport_.flush();
  }

  std::size_t undecided() const { return orders_.size() + cancels_.size(); }
  std::uint64_t resent() const {
    std::uint64_t sum = 0;
    for (const Member& member : members_) sum += member.orders.counters().resends;
    return sum;
  }
  void give_up() {
    orders_.clear();
    cancels_.clear();
  }

 private:
  static constexpr std::size_t kMostUndecided = 1024;  // orders, and as many cancels
  static constexpr std::uint64_t kTimerNs = 10'000;
  static constexpr std::size_t kOwners = 256;
  static_assert(kOwners > kResting + 1);
  static constexpr std::size_t kAnswered = 64;  // more than one datagram tells of

  struct Answered {
    Flight flight;
    TimeNs at_ns = 0;
  };

  struct Member : client::OrderEntryHandler {
    Member(OrderPort& owner, const client::SessionConfig& config, Transport& transport)
        : port(owner),
          session(config.session),
          queries(config, transport),
          orders(config, transport, queries, *this) {}

    void start(TimeNs now_ns) { orders.start(now_ns); }
    void poll(TimeNs now_ns) { orders.poll(now_ns); }
    bool logged_on() const { return orders.logged_on(); }

    void on_outcome(const client::Outcome& outcome) { port.on_outcome(outcome); }
    void on_order_accepted(const proto::Report& report) { port.on_accepted(report); }

    OrderPort& port;
    const std::uint32_t session;
    client::QueryClient<Transport> queries;  // without a follower: never asked
    client::OrderEntryClient<Transport, Member> orders;
  };

  Member& next_member() {
    return next_ == Send::kOrder ? member_of_order(placed_) : *owners_[cancelled_ % kOwners];
  }
  Member& member_of_order(std::uint64_t order) { return members_[order % in_turn_]; }

  bool send_order(const Flight& flight) {
    if (!orders_.has_room()) return false;
    Member& member = member_of_order(placed_);
    const std::uint64_t id = placed_ + 1;
    const bool sent = member.orders.send(client::NewOrderRequest{
        .account = member.session,
        .market = kMarket,
        .price_ticks = kLowestPrice + static_cast<std::int64_t>(id * 37 % kPrices),
        .quantity_lots = 1,
        .client_order_id = first_id_ + id}) != 0;
    if (!sent) return false;
    owners_[placed_ % kOwners] = &member;
    ++placed_;
    orders_.add(flight);
    return true;
  }

  bool send_cancel(const Flight& flight) {
    if (!cancels_.has_room()) return false;
    Member& member = *owners_[cancelled_ % kOwners];
    const bool sent = member.orders.send(client::CancelOrderRequest{
        .account = member.session, .client_order_id = first_id_ + cancelled_ + 1}) != 0;
    if (!sent) return false;
    ++cancelled_;
    cancels_.add(flight);
    return true;
  }

  void receive() {
    for (net::Datagram& datagram : transport_.receive()) {
      proto::Prefix prefix;
      const Bytes bytes(datagram.data, datagram.size);
      if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) continue;
      const std::size_t index = prefix.session - first_session_;
      if (index < members_.size()) members_[index].orders.on_datagram(datagram, clock_.now_ns());
    }
  }

  // Client order ids count like the flights do: both rise by one with every order and cancel.
  void on_outcome(const client::Outcome& outcome) {
    const bool accepted = outcome.result == client::Result::kAccepted;
    const std::uint64_t id = outcome.client_order_id - first_id_;
    Flights& flights = outcome.command == proto::CommandKind::NewOrder ? orders_ : cancels_;
    Flight* flight = flights.find(id);
    if (flight == nullptr) return;
    const TimeNs now_ns = clock_.now_ns();
    if (&flights == &orders_) recorder_.answer(*flight, now_ns, accepted);
    else recorder_.answer_cancel(*flight, now_ns, accepted);
    if (&flights == &orders_) answered_[id % kAnswered] = {*flight, now_ns};
    flights.remove(*flight);
  }

  // The report of an outcome told just before, unless earlier reports were missing.
  void on_accepted(const proto::Report& report) {
    const std::uint64_t id = report.client_order_id() - first_id_;
    const Answered& answered = answered_[id % kAnswered];
    if (answered.flight.id != id) return;
    recorder_.stages(answered.flight,
                     {report.received_ns(), report.sequenced_ns(), report.matched_ns(),
                      report.released_ns()},
                     answered.at_ns);
  }

  Transport& transport_;
  Recorder& recorder_;
  Time& clock_;
  const std::uint32_t first_session_;
  const std::uint64_t first_id_;
  std::deque<Member> members_;
  Flights orders_;
  Flights cancels_;
  std::array<Member*, kOwners> owners_{};  // of the orders that rest, by their number
  std::array<Answered, kAnswered> answered_{};
  Send next_ = Send::kOrder;
  std::uint64_t placed_ = 0;
  std::uint64_t cancelled_ = 0;
  std::size_t in_turn_ = 1;
  std::size_t turn_ = 0;
  TimeNs timers_ns_ = 0;
};

}  // namespace saker::bench
