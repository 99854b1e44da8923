// A whole client in one page: logs on, keeps one quote on each side of a market, prints its fills,
// and takes everything out when it ends. Usage: example_quoter DATA PORT_BASE [SECONDS]
#include <cstdio>
#include <cstdlib>

#include "client/order_tracker.hpp"
#include "client/socket_session.hpp"
#include "client/subscribed_feed.hpp"

using namespace saker;
using namespace saker::client;

namespace {

constexpr std::uint32_t kSession = 8, kKey = 8, kAccount = 8, kMarket = 1;  // guest-1, KCN/EUR

struct Quoter : OrderEntryHandler, FeedHandler {
  OrderTracker orders{kSession};
  int fills = 0;
  bool all_out = false;

  void on_report(const proto::Report& report) { orders.on_report(report); }
  void on_order_filled(const proto::Report& report) {
    ++fills;
    std::printf("%s %ld lots at %ld ticks, %ld left\n", proto::EnumNameSide(report.side()),
                static_cast<long>(report.quantity_lots()), static_cast<long>(report.price_ticks()),
                static_cast<long>(report.leaves_lots()));
  }
  void on_order_rejected(const proto::Report& report) {
    std::printf("rejected: %s\n", proto::EnumNameReason(report.reason()));
  }
  void on_mass_cancel_done(const proto::Report&) { all_out = true; }
};

/// One quote a side, a tick from the middle: sent when it is missing, replaced when it is off.
void quote(SocketSession<Quoter>& session, const Quoter& quoter, std::int64_t middle_ticks) {
  for (const Side side : {Side::Buy, Side::Sell}) {
    const std::int64_t price_ticks = middle_ticks + (side == Side::Buy ? -1 : 1);
    const TrackedOrder* mine = nullptr;
    quoter.orders.for_each([&](const TrackedOrder& o) { mine = o.side == side ? &o : mine; });
    if (mine == nullptr) {
      session.orders().send(NewOrderRequest{.account = kAccount, .market = kMarket, .side = side,
                                            .price_ticks = price_ticks, .quantity_lots = 10});
    } else if (mine->price_ticks != price_ticks) {
      session.orders().send(ReplaceOrderRequest{
          .account = kAccount, .order_id = mine->order_id, .price_ticks = price_ticks,
          .quantity_lots = mine->cumulative_lots + 10});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: example_quoter DATA PORT_BASE [SECONDS]\n"), 2;
  const std::string secrets = std::string(argv[1]).append("/secrets");
  const auto port_base = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 10;
  SessionConfig config;
  std::string error;
  if (!load_session(secrets, kSession, kKey, "127.0.0.1", port_base, config, error)) {
    return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  }
  const auto socket = open_socket(config.engine, error);
  const auto line_a = open_socket(config.engine, error), line_b = open_socket(config.engine, error);
  Quoter quoter;
  SocketSession<Quoter> session(config, *socket, quoter);
  SubscribedFeed<net::UdpTransport, Quoter> feed(*line_a, *line_b, session.queries(), quoter);
  const UnsteppedClock clock;
  const TimeNs end_ns = clock.now_ns() + static_cast<std::uint64_t>(seconds) * 1'000'000'000;
  bool cancelled = false;
  for (session.start(clock.now_ns()); !session.orders().logged_off();) {
    const TimeNs now_ns = clock.now_ns();
    session.poll(now_ns);
    feed.poll(now_ns, session.orders(), subscription(*line_a, *line_b));
    const FeedMarket* market = feed.feed().market(kMarket);
    const bool ready = session.orders().logged_on() && session.orders().in_flight() == 0;
    if (now_ns > end_ns + 5'000'000'000 || quoter.all_out) session.orders().log_off();
    if (now_ns > end_ns && ready && !cancelled) {
      cancelled = session.orders().send(MassCancelRequest{}) != 0;
    } else if (now_ns < end_ns && ready && feed.live() && market != nullptr &&
               market->book.best_bid_ticks() > 0 && market->book.best_ask_ticks() > 0) {
      quote(session, quoter,
            (market->book.best_bid_ticks() + market->book.best_ask_ticks()) / 2);
    }
    line_a->wait(1'000'000);  // up to a millisecond: any of the three sockets may have something
  }
  std::printf("%d fills, %zu orders left\n", quoter.fills, quoter.orders.open_orders());
  return quoter.orders.open_orders() == 0 && quoter.all_out ? 0 : 1;
}
