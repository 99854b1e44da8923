#include "accounts/settlement/engine_balances.hpp"

#include "client/fetch.hpp"
#include "client/socket_session.hpp"
#include "common/clock.hpp"

namespace saker::accounts {
namespace {

using Queries = client::QueryClient<net::UdpTransport>;
template <class Item>
using Fetch = client::SnapshotFetch<Item, net::UdpTransport>;

/// One logon at the follower, polled until what is asked for is there.
class Conversation {
 public:
  Conversation(const EngineAccess& access, const std::atomic<bool>& stop) : stop_(stop) {
    client::SessionConfig config;
    std::string error;
    if (!client::load_session(access.secrets, access.session, access.key, access.host,
                              access.port_base, config, error)) {
      throw NoAnswer(error);
    }
    config.query_patience_ns = access.patience_ns;
    socket_ = client::open_socket(config.follower, error);
    if (socket_ == nullptr) throw NoAnswer(error);
    queries_ = std::make_unique<Queries>(config, *socket_);
    queries_->start(now());
    give_up_ns_ = now_ns_ + access.patience_ns;
  }

  template <class Item>
  void run(Fetch<Item>& fetch, proto::QueryKind kind, Sequence at_least) {
    fetch.start(kind, 0, at_least);
    while (fetch.state() == client::FetchState::kRunning) {
      turn();
      fetch.poll();
      if (now_ns_ > give_up_ns_ || stop_.load()) {
        throw NoAnswer("the follower does not answer; is it running?");
      }
    }
    if (fetch.state() == client::FetchState::kDone) return;
    throw NoAnswer(fetch.status() == proto::QueryStatus::Denied
                       ? "the follower denies the balances of all accounts to this session"
                       : "the follower is busy or does not know the question");
  }
  Queries& queries() { return *queries_; }

  /// Only who may look at all accounts is told how many there are. A part of them, taken for the
  /// whole, would look like a ledger that has too much.
  void need_all_accounts(std::uint32_t session) {
    proto::Query query;
    query.mutate_subject(1);
    asked_ = Asked{};
    queries_->ask(proto::QueryKind::Account, query,
                  client::QueryCallback::to<&Conversation::on_account>(this));
    while (!asked_.done) {
      turn();
      if (now_ns_ > give_up_ns_ || stop_.load()) break;
    }
    if (!asked_.answered) throw NoAnswer("the follower does not answer; is it running?");
    if (asked_.accounts == 0) {
      throw NoAnswer("session " + std::to_string(session) +
                     " may not look at all accounts; venue.toml grants that with account 0");
    }
  }
  void on_account(const client::QueryResult& result) {
    asked_.done = result.last;
    asked_.answered = result.answered;
    if (result.answered) asked_.accounts = result.reply.header->to();
  }

 private:
  TimeNs now() { return now_ns_ = clock_.now_ns(); }

  void turn() {
    for (net::Datagram& datagram : socket_->receive()) {
      if (datagram.peer == queries_->server()) queries_->on_datagram(datagram, now());
    }
    queries_->poll(now());
    socket_->flush();
    socket_->wait(2'000'000);
  }

  struct Asked {
    bool done = false;
    bool answered = false;
    std::uint64_t accounts = 0;
  };

  const std::atomic<bool>& stop_;
  Asked asked_;
  std::unique_ptr<net::UdpTransport> socket_;
  std::unique_ptr<Queries> queries_;
  const UnsteppedClock clock_;
  TimeNs now_ns_ = 0;
  TimeNs give_up_ns_ = 0;
};

/// Text of a fixed field, up to its first zero.
template <class Field>
std::string text_of(const Field& field) {
  std::string text;
  for (const std::uint8_t c : field) {
    if (c == 0) break;
    text += static_cast<char>(c);
  }
  return text;
}

}  // namespace

EngineBalances fetch_engine_balances(const EngineAccess& access, Sequence at_least,
                                     const std::atomic<bool>& stop) {
  EngineBalances engine;
  Conversation conversation(access, stop);
  conversation.need_all_accounts(access.session);
  Fetch<proto::MarketDefinition> markets(conversation.queries());
  conversation.run(markets, proto::QueryKind::Markets, at_least);
  markets.for_each([&engine](const proto::MarketDefinition& market) {
    engine.names[market.base_asset()] = {text_of(*market.base_symbol()), market.base_decimals()};
    engine.names[market.quote_asset()] = {text_of(*market.quote_symbol()),
                                          market.quote_decimals()};
  });
  Fetch<proto::Balance> balances(conversation.queries());
  conversation.run(balances, proto::QueryKind::Balances, at_least);
  engine.sequence = balances.header().applied();
  balances.for_each([&engine](const proto::Balance& balance) {
    const Minor total = balance.available() + balance.held();
    if (total != 0) engine.accounts[{balance.account(), balance.asset()}] = total;
  });
  return engine;
}

}  // namespace saker::accounts
