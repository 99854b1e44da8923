// Orders as fast as the engine answers them, over DPDK: two sessions that trade with each other.
// Each line on standard input is a number of orders to send, answered by a line when all of them
// are decided; between them, and until standard input ends, the sessions stay logged on.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "client/order_entry_client.hpp"
#include "common/command_line.hpp"
#include "common/secret_store.hpp"
#include "common/tsc_clock.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "net/endpoint.hpp"

namespace saker {
namespace {

using net::DpdkTransport;

constexpr std::int64_t kPriceTicks = 2'500;

struct Options {
  std::string dpdk;
  std::string engine = "10.9.0.1";
  std::string secrets;
  std::uint16_t port_base = 3000;
  std::uint32_t window = 64;  // undecided orders, both sessions together
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "order_stream: %s\n", why.c_str());
  std::exit(1);
}

/// One of the two sessions.
struct Trader : client::OrderEntryHandler {
  Trader(const client::SessionConfig& config, DpdkTransport& transport)
      : account(config.session), queries(config, transport),
        orders(config, transport, queries, *this) {}

  void on_outcome(const client::Outcome&) { ++decided; }
  void on_order_rejected(const proto::Report&) { ++rejected; }
  void on_order_filled(const proto::Report&) { ++fills; }

  const std::uint32_t account;
  std::uint64_t sent = 0, decided = 0, rejected = 0, fills = 0;
  client::QueryClient<DpdkTransport> queries;  // without a follower: never asked
  client::OrderEntryClient<DpdkTransport, Trader> orders;
};

class Stream {
 public:
  Stream(const Options& options, DpdkTransport& transport)
      : transport_(transport), window_(options.window) {
    SecretStore secrets(options.secrets);
    std::string error;
    if (!secrets.load(error)) give_up(error);
    for (const std::uint32_t session : {2u, 3u}) {
      client::SessionConfig config;
      config.session = session;
      const SecretStore::Secret* secret = secrets.find(session);
      if (secret == nullptr) give_up("no secret of session " + std::to_string(session));
      config.secret = *secret;
      if (!net::parse_address(options.engine, config.engine.address)) give_up("--engine?");
      config.engine.port = static_cast<std::uint16_t>(options.port_base + 1);
      config.nonce_seed = TscClock::ticks();
      traders_[session - 2] = std::make_unique<Trader>(config, transport);
    }
  }

  void log_on() {
    for (auto& trader : traders_) trader->orders.start(clock_.now_ns());
    const TimeNs end_ns = clock_.now_ns() + 20'000'000'000;
    while (!traders_[0]->orders.logged_on() || !traders_[1]->orders.logged_on()) {
      turn();
      if (clock_.now_ns() > end_ns) give_up("no answer to the logon in 20 s");
    }
  }

  void send(std::uint64_t count) {
    const TimeNs begin_ns = clock_.now_ns();
    TimeNs progress_ns = begin_ns;
    for (std::uint64_t sent = 0, seen = 0; sent < count || undecided() > 0;) {
      while (sent < count && undecided() < window_ && send_one()) ++sent;
      turn();
      if (decided() != seen) seen = decided(), progress_ns = clock_.now_ns();
      if (clock_.now_ns() - progress_ns > 20'000'000'000) give_up("nothing is decided any more");
    }
    const double seconds = static_cast<double>(clock_.now_ns() - begin_ns) / 1e9;
    std::printf("decided %lu in %.3f s: %.0f orders/s, %lu rejected, %lu fills, %lu resent\n",
                count, seconds, static_cast<double>(count) / seconds,
                traders_[0]->rejected + traders_[1]->rejected,
                traders_[0]->fills + traders_[1]->fills,
                traders_[0]->orders.counters().resends + traders_[1]->orders.counters().resends);
    std::fflush(stdout);
  }

  void turn() {
    for (net::Datagram& datagram : transport_.receive()) {
      // Whose it is stands in the prefix; whoever it is not for drops it unread.
      proto::Prefix prefix;
      const Bytes bytes(datagram.data, datagram.size);
      if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) continue;
      if (prefix.session != 2 && prefix.session != 3) continue;
      traders_[prefix.session - 2]->orders.on_datagram(datagram, clock_.now_ns());
    }
    const TimeNs now_ns = clock_.now_ns();
    for (auto& trader : traders_) trader->orders.poll(now_ns);
    transport_.flush();
    if (now_ns - control_ns_ < 1'000'000'000) return;
    control_ns_ = now_ns;
    transport_.control_poll();
  }

 private:
  /// Buys and sells in turn; after each pair the sides change, so that nobody runs out of anything.
  bool send_one() {
    Trader& trader = *traders_[(number_ + number_ / 2) % 2];
    const bool sent = trader.orders.send(client::NewOrderRequest{
                          .account = trader.account,
                          .market = 1,
                          .side = number_ % 2 == 0 ? proto::Side::Buy : proto::Side::Sell,
                          .price_ticks = kPriceTicks,
                          .quantity_lots = 1}) != 0;
    if (!sent) return false;
    ++trader.sent;
    ++number_;
    return true;
  }
  std::uint64_t decided() const { return traders_[0]->decided + traders_[1]->decided; }
  std::uint64_t undecided() const {
    return traders_[0]->sent + traders_[1]->sent - decided();
  }

  DpdkTransport& transport_;
  TscClock clock_;
  const std::uint32_t window_;
  TimeNs control_ns_ = 0;
  std::uint64_t number_ = 0;
  std::unique_ptr<Trader> traders_[2];
};

int run(const Options& options) {
  net::DpdkConfig config = net::read_dpdk_config(load_config(options.dpdk).section("dpdk"));
  std::string error;
  const auto transport = DpdkTransport::open(config, error);
  if (transport == nullptr) give_up(error);
  Stream stream(options, *transport);
  stream.log_on();
  std::puts("logged on");
  std::fflush(stdout);
  for (std::string line;;) {
    stream.turn();
    pollfd input{0, POLLIN, 0};
    if (::poll(&input, 1, 0) <= 0) continue;
    char c = 0;
    if (::read(0, &c, 1) != 1) return 0;
    if (c != '\n') {
      line += c;
      continue;
    }
    stream.send(std::strtoull(line.c_str(), nullptr, 10));
    line.clear();
  }
}

}  // namespace
}  // namespace saker

int main(int argc, char** argv) {
  saker::Options options;
  saker::CommandLine app("Sends orders over DPDK as fast as they are answered.");
  app.option("--dpdk", options.dpdk, "file with a table [dpdk]: this end of the wire").required();
  app.option("--engine", options.engine, "its address").shown();
  app.option("--port-base", options.port_base, "order entry is on UDP port N+1").shown();
  app.option("--secrets", options.secrets, "the engine's folder of secrets").required();
  app.option("--window", options.window, "undecided orders").shown();
  if (const auto code = app.parse(argc, argv)) return *code;
  return saker::run(options);
}
