#include "client/admin/connection.hpp"

#include "client/reasons.hpp"

namespace saker::client::admin {

Connection::Connection(const Options& options) : options_(options) {
  SessionConfig config;
  std::string error;
  const std::uint32_t key = options.key != 0 ? options.key : options.session;
  if (!load_session(options.data + "/secrets", options.session, key, options.host,
                    options.port_base, config, error)) {
    throw Failure(Exit::kUsage, error.append("; is --data right, and has the venue been started?"));
  }
  config.query_patience_ns = options.timeout_ms * 1'000'000;
  socket_ = open_socket(config.engine, error);
  if (socket_ == nullptr) throw Failure(Exit::kUsage, error);
  session_ = std::make_unique<SocketSession<Connection>>(config, *socket_, *this);
  session_->start(now());
}

Connection::~Connection() {
  if (!session_->orders().logged_on()) return;
  session_->orders().log_off();
  const TimeNs give_up_ns = now() + 300'000'000;
  while (!session_->orders().logged_off() && now_ns_ < give_up_ns) turn();
}

TimeNs Connection::now() { return now_ns_ = clock_.now_ns(); }

bool Connection::turn() {
  const TimeNs now_ns = now();
  const bool received = session_->poll(now_ns) > 0;
  const TimeNs deadline = session_->next_deadline_ns();
  if (!received && deadline > now_ns) {
    socket_->wait(std::min<std::uint64_t>(deadline - now_ns, 20'000'000));
  }
  return received;
}

void Connection::logon_refused() {
  const ReasonText text = explain(refused_);
  throw Failure(Exit::kRefused, std::string("logon refused: ")
                                    .append(reason_word(refused_))
                                    .append(". ")
                                    .append(text.what)
                                    .append(" ")
                                    .append(text.todo));
}

void Connection::need_engine() {
  run_until([this] { return session_->orders().logged_on(); },
            "the engine does not answer: is it running, and are --host and --port-base right?");
}

void Connection::need_follower() {
  run_until([this] { return session_->queries().up(); },
            "the follower does not answer: is it running, and are --host and --port-base right?");
  // What was acknowledged before this program began must be in the answers, so they wait for where
  // the engine stands; without an engine they are as new as the follower is.
  const TimeNs patience_ns = now() + kEnginePatienceNs;
  while (!session_->orders().logged_on() && now_ns_ < patience_ns) turn();
  if (session_->orders().logged_on()) {
    seen_ = std::max(seen_, session_->orders().accepted().engine_sequence());
  }
}

Outcome Connection::outcome_of(std::uint64_t number) {
  run_until([&] { return outcome_.client_sequence == number; },
            "no decision in time. The command may or may not have been applied: look before "
            "sending it again");
  seen_ = std::max(seen_, outcome_.engine_sequence);
  return outcome_;
}

std::uint64_t Connection::wait_for_mass_cancel() {
  run_until([this] { return mass_cancelled_ >= 0; }, "the mass cancel is still running");
  return static_cast<std::uint64_t>(mass_cancelled_);
}

void Connection::refused(proto::QueryStatus status) {
  switch (status) {
    case proto::QueryStatus::Denied:
      throw Failure(Exit::kRefused, "denied: this session may not see that account");
    case proto::QueryStatus::Unknown:
      throw Failure(Exit::kRefused, "unknown: there is no such order, market or account");
    default:
      throw Failure(Exit::kNoAnswer, "the follower is busy or behind; try again");
  }
}

namespace {

/// Collects what one question is answered with.
struct Collector {
  bool done = false;
  bool answered = false;
  proto::QueryStatus status = proto::QueryStatus::Ok;
  std::uint64_t from = 0, to = 0;
  std::vector<proto::OpenOrder> orders;
  std::vector<proto::Report> reports;

  void on_result(const QueryResult& result) {
    done = result.last;
    answered = result.answered;
    if (!answered) return;
    status = result.status;
    from = result.reply.header->from();
    to = result.reply.header->to();
    orders.assign(result.reply.orders.begin(), result.reply.orders.end());
    reports.insert(reports.end(), result.reply.reports.begin(), result.reply.reports.end());
  }
};

}  // namespace

proto::OpenOrder Connection::order_status(std::uint32_t account, std::uint64_t client_order_id) {
  need_follower();
  Collector collector;
  proto::Query query;
  query.mutate_subject(account);
  query.mutate_from(client_order_id);
  query.mutate_at_least(seen_);
  session_->queries().ask(proto::QueryKind::OrderStatus, query,
                          QueryCallback::to<&Collector::on_result>(&collector));
  run_until([&] { return collector.done; }, "the follower does not answer");
  if (!collector.answered) throw Failure(Exit::kNoAnswer, "the follower does not answer");
  if (collector.status != proto::QueryStatus::Ok || collector.orders.empty()) {
    refused(collector.status);
  }
  return collector.orders[0];
}

std::vector<proto::Report> Connection::drop_copy(std::uint32_t account, std::uint64_t count) {
  need_follower();
  const auto ask = [&](std::uint64_t from) {
    Collector collector;
    proto::Query query;
    query.mutate_subject(account);
    query.mutate_from(from);
    query.mutate_at_least(seen_);
    session_->queries().ask(proto::QueryKind::DropCopy, query,
                            QueryCallback::to<&Collector::on_result>(&collector));
    run_until([&] { return collector.done; }, "the follower does not answer");
    if (!collector.answered) throw Failure(Exit::kNoAnswer, "the follower does not answer");
    return collector;
  };
  // The first answer says how far the stream goes.
  Collector whole = ask(0);
  if (whole.status != proto::QueryStatus::Ok) refused(whole.status);
  std::sort(whole.reports.begin(), whole.reports.end(), [](const auto& a, const auto& b) {
    return a.account_sequence() < b.account_sequence();
  });
  const auto same = [](const auto& a, const auto& b) {
    return a.account_sequence() == b.account_sequence();
  };
  auto& reports = whole.reports;
  reports.erase(std::unique(reports.begin(), reports.end(), same), reports.end());
  if (reports.size() > count) {
    reports.erase(reports.begin(), reports.end() - static_cast<std::ptrdiff_t>(count));
  }
  return reports;
}

const std::vector<proto::MarketDefinition>& Connection::markets() {
  if (markets_.empty()) {
    markets_ = fetch<proto::MarketDefinition>(proto::QueryKind::Markets, 0);
  }
  return markets_;
}

}  // namespace saker::client::admin
