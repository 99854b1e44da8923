// What a venue's services see of their customers' orders, and how late: registers customers as
// the registrar does, trades for them as a gateway does, and meanwhile follows the activity of all
// their accounts and reads the event journal as settlement does. The venue runs already.
#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "client/activity_stream.hpp"
#include "client/fetch.hpp"
#include "client/socket_session.hpp"
#include "common/command_line.hpp"
#include "engine/follower/event_reader.hpp"
#include "journal/posix_storage.hpp"

namespace saker::bench {
namespace {

constexpr std::uint32_t kAccounts = 5, kGateway = 6, kRegistrar = 16;  // sessions of venue.toml
constexpr std::uint32_t kFirm = 5, kMarket = 1, kQuote = 1, kBase = 2;

struct Options {
  std::string data = ".saker";
  std::uint16_t port_base = 3000;
  std::uint32_t customers = 1'000;
  std::uint32_t rate = 2'000;
  std::uint32_t seconds = 10;
};

struct Latencies {
  std::vector<std::uint64_t> ns;
  void add(TimeNs from_ns, TimeNs to_ns) { ns.push_back(to_ns > from_ns ? to_ns - from_ns : 0); }
  void print(const char* what) {
    std::sort(ns.begin(), ns.end());
    const auto at = [this](double part) {
      if (ns.empty()) return 0.0;
      const auto i = static_cast<std::size_t>(part * static_cast<double>(ns.size() - 1));
      return static_cast<double>(ns[i]) / 1e6;
    };
    std::printf("%-34s %8zu   p50 %7.2f ms   p99 %7.2f ms   most %7.2f ms\n", what, ns.size(),
                at(0.5), at(0.99), at(1.0));
  }
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "follower-bench: %s\n", why.c_str());
  std::exit(1);
}

/// One session of the venue with its socket.
struct Participant : client::OrderEntryHandler, client::ActivityHandler {
  Participant(const Options& options, std::uint32_t number) {
    client::SessionConfig config;
    std::string error;
    if (!client::load_session(options.data + "/secrets", number, number, "127.0.0.1",
                              options.port_base, config, error)) {
      give_up(error);
    }
    transport = client::open_socket(config.engine, error);
    if (transport == nullptr) give_up(error);
    session = std::make_unique<Session>(config, *transport, *this);
    activity = std::make_unique<client::ActivityStream<net::UdpTransport, Participant>>(
        session->queries(), *this);
    session->start(UtcClock().now_ns());
  }
  void poll() {
    now_ns = UtcClock().now_ns();
    session->poll(now_ns);
    activity->poll();
    transport->flush();
  }
  void on_outcome(const client::Outcome&) { ++outcomes; }
  void on_admin_rejected(const proto::Report& report) {
    give_up(std::string("refused: ") + proto::EnumNameReason(report.reason()));
  }
  void on_report(const proto::Report& report) {
    if (report.kind() == proto::ReportKind::OrderFilled) ++fills;
    if (report.client_sequence() == 0 || report.released_ns() == 0) return;
    released_ns.emplace(report.engine_sequence(), report.released_ns());
    acknowledged.add(report.received_ns(), now_ns);
  }
  void on_activity(const proto::Report& report) {
    ++activity_reports;
    const auto found = released_ns.find(report.engine_sequence());
    if (found != released_ns.end()) seen_in_activity.add(found->second, now_ns);
  }
  void on_activity_lost(Sequence, Sequence) { ++activity_losses; }

  using Session = client::SocketSession<Participant>;
  std::unique_ptr<net::UdpTransport> transport;
  std::unique_ptr<Session> session;
  std::unique_ptr<client::ActivityStream<net::UdpTransport, Participant>> activity;
  TimeNs now_ns = 0;
  std::uint64_t outcomes = 0, fills = 0, activity_reports = 0, activity_losses = 0;
  std::unordered_map<Sequence, TimeNs> released_ns;
  Latencies acknowledged, seen_in_activity;
};

/// The event journal as settlement reads it.
class Journal {
 public:
  explicit Journal(const std::string& directory) {
    using journal::PosixStorage;
    const auto status = storage_.open_directory(directory, PosixStorage::Access::read_only);
    if (status != journal::IoStatus::ok) give_up("cannot open " + directory);
  }
  void poll(const std::unordered_map<Sequence, TimeNs>& released_ns) {
    follower::EventBatchView view;
    while (reader_.next(view) == follower::EventRead::batch) {
      const TimeNs now_ns = UtcClock().now_ns();
      follower::CommandEvents command;
      ++batches;
      last = view.body.last_sequence;
      while (follower::next_command_events(view.entries, command)) {
        ++entries;
        const auto found = released_ns.find(command.entry.sequence);
        if (found != released_ns.end()) seen.add(found->second, now_ns);
      }
    }
  }
  std::uint64_t batches = 0, entries = 0;
  Sequence last = 0;
  Latencies seen;

 private:
  journal::PosixStorage storage_;
  follower::EventReader<journal::PosixStorage> reader_{storage_};
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        funds_(options, kAccounts),
        gateway_(options, kGateway),
        registrar_(options, kRegistrar),
        journal_(options.data + "/events") {}

  void run() {
    until("the sessions are logged on", [this] {
      return funds_.session->orders().logged_on() && gateway_.session->orders().logged_on() &&
             registrar_.session->orders().logged_on() && registrar_.session->queries().up();
    });
    find_ids();
    add_customers();
    trade();
    ask_all_balances();
    print();
  }

 private:
  void poll() {
    for (Participant* p : {&funds_, &gateway_, &registrar_}) p->poll();
    journal_.poll(gateway_.released_ns);
    gateway_.transport->wait(50'000);
  }
  template <class Done>
  void until(const char* what, Done&& done, std::uint64_t most_ns = 60'000'000'000) {
    const TimeNs end_ns = UtcClock().now_ns() + most_ns;
    while (!done()) {
      poll();
      if (UtcClock().now_ns() > end_ns) give_up(std::string("waited in vain until ") + what);
    }
  }

  void on_party(const client::QueryResult& result) {
    if (!result.answered) give_up("no answer about accounts");
    next_group_ = static_cast<std::uint32_t>(result.reply.header->from()) + 1;
    next_account_ = static_cast<std::uint32_t>(result.reply.header->to()) + 1;
  }
  void find_ids() {
    registrar_.session->queries().ask(proto::QueryKind::Account, {},
                                      client::QueryCallback::to<&Bench::on_party>(this));
    until("the next ids are known", [this] { return next_account_ != 0; });
  }

  /// Several undecided at a time; one, where the next command needs this one.
  template <class Command>
  void send(Participant& to, const Command& command, std::uint64_t undecided = 200) {
    until("commands are answered",
          [&] { return sent_[&to] < to.outcomes + undecided; });
    until("a command may be sent", [&] { return to.session->orders().send(command) != 0; });
    ++sent_[&to];
  }
  void all_answered(Participant& of) {
    until("all commands are answered", [&] { return of.outcomes >= sent_[&of]; });
  }

  void add_customers() {
    const TimeNs began_ns = UtcClock().now_ns();
    first_ = next_account_;
    const auto rights = proto::Rights::Trade | proto::Rights::Cancel | proto::Rights::View;
    for (std::uint32_t i = 0; i < options_.customers; ++i) {
      const std::uint32_t account = next_account_++;
      const std::string name = std::string("u").append(std::to_string(account));
      proto::AddGroup group;
      group.mutate_group(next_group_);
      group.mutate_firm(kFirm);
      client::fill_text(group.mutable_name(), name);
      send(registrar_, group, 1);
      proto::AddAccount add;
      add.mutate_account(account);
      add.mutate_group(next_group_++);
      add.mutate_max_open_orders(200);
      client::fill_text(add.mutable_name(), name);
      send(registrar_, add, 1);
      proto::GrantAccount grant;
      grant.mutate_session(kGateway);
      grant.mutate_account(account);
      grant.mutate_rights(rights);
      send(registrar_, grant, 1);
    }
    all_answered(registrar_);
    for (std::uint32_t account = first_; account < next_account_; ++account) {
      for (const std::uint32_t asset : {kQuote, kBase}) {
        proto::Deposit deposit;
        deposit.mutate_account(account);
        deposit.mutate_asset(asset);
        deposit.mutate_amount(asset == kQuote ? 100'000'000 : 1'000'000'000'000);
        deposit.mutate_reference(account);
        send(funds_, deposit);
      }
    }
    all_answered(funds_);
    const double seconds = static_cast<double>(UtcClock().now_ns() - began_ns) / 1e9;
    std::printf("%u customers added, granted and given funds in %.2f s\n", options_.customers,
                seconds);
  }

  void trade() {
    gateway_.activity->start(gateway_.session->orders().accepted().engine_sequence());
    until("activity is up to date", [this] { return gateway_.activity->complete_to() != 0; });
    gateway_.activity_reports = 0;
    const TimeNs began_ns = UtcClock().now_ns();
    const TimeNs end_ns = began_ns + options_.seconds * std::uint64_t{1'000'000'000};
    std::uint64_t next_id = began_ns;
    const std::uint32_t accounts = next_account_ - first_;
    for (TimeNs now_ns = began_ns; now_ns < end_ns; now_ns = UtcClock().now_ns()) {
      const std::uint64_t due = (now_ns - began_ns) * options_.rate / 1'000'000'000;
      while (orders_ < due) {
        const client::NewOrderRequest request{
            .account = first_ + static_cast<std::uint32_t>(orders_ * 7919 % accounts),
            .market = kMarket,
            .side = orders_ % 2 == 0 ? proto::Side::Buy : proto::Side::Sell,
            .price_ticks = 2500,
            .quantity_lots = 1,
            .client_order_id = next_id++};
        if (gateway_.session->orders().send(request) == 0) break;
        ++orders_;
      }
      poll();
    }
    took_s_ = static_cast<double>(UtcClock().now_ns() - began_ns) / 1e9;
    Sequence last = 0;
    const auto settled = [&] {
      last = 0;
      for (const auto& [sequence, time_ns] : gateway_.released_ns) last = std::max(last, sequence);
      return gateway_.session->orders().in_flight() == 0 && journal_.last >= last &&
             gateway_.activity->complete_to() >= last;
    };
    until("everything has arrived everywhere", settled);
  }

  void ask_all_balances() {
    client::SnapshotFetch<proto::Balance, net::UdpTransport> fetch(funds_.session->queries());
    const TimeNs began_ns = UtcClock().now_ns();
    fetch.start(proto::QueryKind::Balances, 0, 0);
    until("all balances have come", [&] {
      fetch.poll();
      return fetch.state() != client::FetchState::kRunning;
    });
    if (fetch.state() == client::FetchState::kFailed) give_up("balances are refused");
    std::size_t count = 0;
    fetch.for_each([&count](const proto::Balance&) { ++count; });
    std::printf("%zu balances of all accounts at sequence %llu in %.2f ms\n", count,
                static_cast<unsigned long long>(fetch.header().applied()),
                static_cast<double>(UtcClock().now_ns() - began_ns) / 1e6);
  }

  void print() {
    const double reports = static_cast<double>(gateway_.activity_reports);
    std::printf("%llu orders, %llu fills in %.1f s; %.0f reports of activity a second, %llu lost\n",
                static_cast<unsigned long long>(orders_),
                static_cast<unsigned long long>(gateway_.fills), took_s_, reports / took_s_,
                static_cast<unsigned long long>(gateway_.activity_losses));
    std::printf("%llu entries in %llu batches of the event journal\n",
                static_cast<unsigned long long>(journal_.entries),
                static_cast<unsigned long long>(journal_.batches));
    gateway_.acknowledged.print("order received -> client has report");
    gateway_.seen_in_activity.print("released -> seen in activity");
    journal_.seen.print("released -> read in event journal");
  }

  const Options options_;
  Participant funds_, gateway_, registrar_;
  Journal journal_;
  std::unordered_map<Participant*, std::uint64_t> sent_;
  std::uint32_t next_group_ = 0, next_account_ = 0, first_ = 0;
  std::uint64_t orders_ = 0;
  double took_s_ = 0;
};

}  // namespace
}  // namespace saker::bench

int main(int argc, char** argv) {
  saker::bench::Options options;
  saker::CommandLine app{"What services see of customers' orders, and how late. The venue runs."};
  app.option("--data", options.data, "data directory of the venue").shown();
  app.option("--port-base", options.port_base, "first UDP port of the venue").shown();
  app.option("--customers", options.customers, "customers to add first").shown().range(2, 8'000);
  app.option("--rate", options.rate, "orders a second").shown();
  app.option("--seconds", options.seconds, "how long to trade").shown();
  if (const auto code = app.parse(argc, argv)) return *code;
  saker::bench::Bench(options).run();
  return 0;
}
