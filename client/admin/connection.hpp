// One administrator's conversation with the venue, a question at a time: log on, send or ask, wait
// for the answer. Everything that goes wrong is a Failure with an exit code and a sentence.
#pragma once

#include <stdexcept>

#include "client/socket_session.hpp"

namespace saker::client::admin {

struct Options {
  std::string data = ".saker";
  std::string host = "127.0.0.1";
  std::uint16_t port_base = kDefaultPortBase;
  std::uint32_t session = 1;
  std::uint32_t key = 0;  // 0: the session's number
  std::uint64_t timeout_ms = 5'000;
  bool json = false;
  std::string reason = "saker admin";
};

enum class Exit : int { kDone = 0, kRefused = 1, kUsage = 2, kNoAnswer = 3 };

struct Failure : std::runtime_error {
  Failure(Exit exit_code, const std::string& what) : std::runtime_error(what), code(exit_code) {}
  Exit code;
};

class Connection : public OrderEntryHandler {
 public:
  explicit Connection(const Options& options);
  ~Connection();

  /// Sends a command of the schema or of requests.hpp and waits for its outcome.
  template <class Request>
  Outcome execute(const Request& request) {
    need_engine();
    const std::uint64_t number = session_->orders().send(request);
    if (number == 0) throw Failure(Exit::kNoAnswer, "the engine takes no command now");
    return outcome_of(number);
  }
  /// After a mass cancel: how many orders it took out.
  std::uint64_t wait_for_mass_cancel();

  /// All pages of an answer.
  template <class Item>
  std::vector<Item> fetch(proto::QueryKind kind, std::uint32_t subject) {
    need_follower();
    SnapshotFetch<Item, net::UdpTransport> fetch(session_->queries());
    fetch.start(kind, subject, seen_);
    run_until([&] {
      fetch.poll();
      return fetch.state() != FetchState::kRunning;
    }, "the follower does not answer");
    if (fetch.state() == FetchState::kFailed) refused(fetch.status());
    applied_ = fetch.header().applied();
    std::vector<Item> items;
    fetch.for_each([&items](const Item& item) { items.push_back(item); });
    return items;
  }
  /// The order that a client order id names.
  proto::OpenOrder order_status(std::uint32_t account, std::uint64_t client_order_id);
  /// The last reports of the account's drop copy, at most `count`.
  std::vector<proto::Report> drop_copy(std::uint32_t account, std::uint64_t count);

  const std::vector<proto::MarketDefinition>& markets();
  /// Log sequence that the last answer reflects.
  Sequence applied() const { return applied_; }
  const Options& options() const { return options_; }

  // -- callbacks
  void on_outcome(const Outcome& outcome) { outcome_ = outcome; }
  void on_logon_refused(proto::Reason reason) { refused_ = reason; }
  void on_mass_cancel_done(const proto::Report& report) {
    mass_cancelled_ = report.cumulative_lots();
  }

 private:
  static constexpr std::uint64_t kEnginePatienceNs = 500'000'000;

  void need_engine();
  void need_follower();
  Outcome outcome_of(std::uint64_t number);
  [[noreturn]] void refused(proto::QueryStatus status);
  /// Turns the loop until `done()`; a Failure with `complaint` when that takes too long.
  template <class Done>
  void run_until(Done done, const char* complaint) {
    const TimeNs give_up_ns = now() + options_.timeout_ms * 1'000'000;
    for (turn(); !done(); turn()) {
      if (refused_ != proto::Reason::NONE) logon_refused();
      if (now_ns_ > give_up_ns) throw Failure(Exit::kNoAnswer, complaint);
    }
  }
  bool turn();
  TimeNs now();
  [[noreturn]] void logon_refused();

  Options options_;
  std::unique_ptr<net::UdpTransport> socket_;
  std::unique_ptr<SocketSession<Connection>> session_;
  const UnsteppedClock clock_;
  TimeNs now_ns_ = 0;
  Outcome outcome_;
  proto::Reason refused_ = proto::Reason::NONE;
  std::int64_t mass_cancelled_ = -1;
  Sequence seen_ = 0;
  Sequence applied_ = 0;
  std::vector<proto::MarketDefinition> markets_;
};

}  // namespace saker::client::admin
