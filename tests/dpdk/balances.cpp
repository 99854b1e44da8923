#include "tests/dpdk/balances.hpp"

#include <fstream>

#include "client/fetch.hpp"
#include "net/endpoint.hpp"

namespace saker::tests {

namespace {

constexpr std::uint32_t kMonitor = 1;  // session and key that may look at all accounts
constexpr std::uint32_t kFirstTrader = 2, kLastTrader = 4;

/// What tests/dpdk/venue.toml pays in.
Minor deposit(std::uint32_t account, std::uint32_t asset) {
  if (account < kFirstTrader) return 0;
  return asset == kQuoteAsset ? 1'000'000'00 : 100'000 * kBasePerLot;
}

class Auditor {
 public:
  using Queries = client::QueryClient<net::UdpTransport>;

  Auditor(const client::SessionConfig& config, net::UdpTransport& socket, Checks& checks)
      : checks_(checks), socket_(socket), queries_(config, socket) {
    queries_.start(clock_.now_ns());
  }

  void balances(const Positions& positions, Sequence at_least) {
    client::SnapshotFetch<proto::Balance, net::UdpTransport> fetch(queries_);
    fetch.start(proto::QueryKind::Balances, 0, at_least);
    if (!finish(fetch, "balances")) return;
    Positions missing = positions;
    fetch.for_each([&](const proto::Balance& balance) {
      const std::pair key{balance.account(), balance.asset()};
      const auto found = positions.find(key);
      const Minor traded = found == positions.end() ? 0 : found->second;
      const Minor want = deposit(key.first, key.second) + traded;
      checks_.that(balance.available() + balance.held() == want,
                   "account %u has %ld of asset %u, should have %ld", key.first,
                   balance.available() + balance.held(), key.second, want);
      checks_.that(balance.held() == 0, "account %u: %ld of asset %u is held for no order",
                   key.first, balance.held(), key.second);
      missing.erase(key);
    });
    for (const auto& [key, amount] : missing) {
      checks_.that(amount == 0, "account %u has no balance of asset %u", key.first, key.second);
    }
  }

  void no_open_orders(std::uint32_t account, Sequence at_least) {
    client::SnapshotFetch<proto::OpenOrder, net::UdpTransport> fetch(queries_);
    fetch.start(proto::QueryKind::OpenOrders, account, at_least);
    if (!finish(fetch, "open orders")) return;
    std::size_t open = 0;
    fetch.for_each([&](const proto::OpenOrder&) { ++open; });
    checks_.that(open == 0, "account %u has %zu open orders at the follower", account, open);
  }

 private:
  template <class Fetch>
  bool finish(Fetch& fetch, const char* what) {
    const TimeNs end_ns = clock_.now_ns() + 30'000'000'000;
    while (fetch.state() == client::FetchState::kRunning && clock_.now_ns() < end_ns) {
      for (net::Datagram& datagram : socket_.receive()) {
        queries_.on_datagram(datagram, clock_.now_ns());
      }
      fetch.poll();
      queries_.poll(clock_.now_ns());
      socket_.flush();
      socket_.wait(1'000'000);
    }
    return checks_.that(fetch.state() == client::FetchState::kDone,
                        "the follower does not answer: %s, status %s", what,
                        proto::EnumNameQueryStatus(fetch.status()));
  }

  Checks& checks_;
  UtcClock clock_;
  net::UdpTransport& socket_;
  Queries queries_;
};

}  // namespace

void check_balances(const FloorConfig& floor, const Positions& positions, Sequence at_least,
                    Checks& checks) {
  client::SessionConfig config;
  std::string error;
  if (!client::load_session(floor.secrets, kMonitor, kMonitor, floor.follower, floor.port_base,
                            config, error)) {
    checks.that(false, "%s", error.c_str());
    return;
  }
  const auto socket = client::open_socket(config.follower, error);
  if (!checks.that(socket != nullptr, "%s", error.c_str())) return;
  Minor created = 0;
  for (const auto& [key, amount] : positions) created += key.second == kQuoteAsset ? amount : 0;
  checks.that(created == 0, "trading made %ld minor units out of nothing", created);
  Auditor auditor(config, *socket, checks);
  auditor.balances(positions, at_least);
  for (std::uint32_t account = kFirstTrader; account <= kLastTrader; ++account) {
    auditor.no_open_orders(account, at_least);
  }
}

bool write_positions(const std::string& path, const Positions& positions) {
  std::ofstream file(path);
  for (const auto& [key, amount] : positions) {
    file << key.first << ' ' << key.second << ' ' << amount << '\n';
  }
  return static_cast<bool>(file.flush());
}

bool read_positions(const std::string& path, Positions& positions) {
  std::ifstream file(path);
  std::pair<std::uint32_t, std::uint32_t> key;
  Minor amount = 0;
  while (file >> key.first >> key.second >> amount) positions[key] += amount;
  return file.eof() && !positions.empty();
}

}  // namespace saker::tests
