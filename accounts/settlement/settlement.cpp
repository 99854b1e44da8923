#include "accounts/settlement/settlement.hpp"

#include "common/clock.hpp"
#include "web/log.hpp"

namespace saker::accounts {

using events::WorkerStatus;

SettlementConfig read_settlement_config(const ConfigTable& root, const std::string& data,
                                        const std::string& secrets, std::uint16_t port_base) {
  SettlementConfig config;
  const ConfigTable settlement = root.section("settlement");
  config.shard = static_cast<std::uint16_t>(settlement.integer("shard", 0, 0, INT16_MAX));
  config.history_accounts_from = static_cast<std::uint32_t>(
      settlement.integer("history_accounts_from", config.history_accounts_from, 0, INT32_MAX));
  config.worker.events = data + "/events";
  config.worker.secrets = secrets;
  config.worker.conninfo_role = "saker_settlement";
  config.worker.name = kSettlementConnection;
  config.worker.poll_ns = settlement.duration_ns("poll", "5ms", "1ms", "1s");
  config.worker.most_rows = static_cast<std::uint64_t>(
      settlement.integer("rows_per_transaction", 200'000, 1, 10'000'000));
  const ConfigTable table = root.section("reconciliation");
  ReconcilerConfig& reconciler = config.reconciler;
  reconciler.shard = config.shard;
  reconciler.interval_ns = table.duration_ns("interval", "1min", "0s", "1440min");
  reconciler.patience_ns = table.duration_ns("patience", "30s", "100ms", "10min");
  reconciler.engine.secrets = secrets;
  reconciler.engine.host = table.text("host", "127.0.0.1");
  reconciler.engine.port_base = port_base;
  reconciler.engine.session =
      static_cast<std::uint32_t>(table.integer("session", 17, 1, 1 << 20));
  reconciler.engine.key =
      static_cast<std::uint32_t>(table.integer("key", reconciler.engine.session, 1, 1 << 20));
  return config;
}

// ---- the sink ------------------------------------------------------------------------------

events::Cursor LedgerSink::load(events::Database& database) {
  const events::Cursor cursor = BasicLedgerSink::load(database);
  web::log_info("ledger loaded", {{"sequence", cursor.sequence}, {"epoch", cursor.epoch}});
  return cursor;
}

void LedgerSink::commit(events::Database& database, const events::Cursor& from,
                        const events::Cursor& to) {
  const std::uint64_t trades = book().trades.rows();
  BasicLedgerSink::commit(database, from, to);
  trades_.fetch_add(trades, std::memory_order_relaxed);
  open_orders_.store(book().open_orders(), std::memory_order_relaxed);
  unknown_.store(book().unknown_orders(), std::memory_order_relaxed);
}

void LedgerSink::refused(const std::string& conninfo, const events::Refused& refusal) {
  try {
    events::Database database(conninfo, "saker-alarm");
    raise_alarm(database, refusal.fork ? "fork" : "contradiction", refusal.what(), sequence(),
                had_ledger());
  } catch (const events::DatabaseError& error) {
    web::log_error("the alarm could not be kept", {{"why", std::string(error.what())}});
  }
}

// ---- the application -----------------------------------------------------------------------

Settlement::Settlement(web::ServiceContext& context)
    : loop_(context.loop),
      config_(read_settlement_config(context.config, context.data, context.secrets,
                                     context.port_base)),
      sink_(config_),
      worker_(config_.worker, sink_),
      reconciler_(config_.reconciler) {
  context.server.add({web::Method::Get, "/internal/settlement", web::Access::Service,
                      "get_settlement", web::to(this, &Settlement::status)});
  declare_metrics(context.metrics);
}

void Settlement::start() {
  worker_.start([this](const std::string& why) {
    loop_.post([why] {
      throw std::runtime_error(
          why + ". Nothing of it was applied, and withdrawals are blocked. The ledger is derived: "
                "once the reason is known, events/rebuild.sh DATA ledger makes it anew from the "
                "journal (accounts/settlement/README.md)");
    });
  });
  reconciler_.start();
}

bool Settlement::ready(std::string& why_not) {
  const WorkerStatus worker = worker_.status();
  const Reconciler::Status reconciliation = reconciler_.status();
  why_not.clear();
  if (!worker.connected || !worker.caught_up) {
    why_not = !worker.problem.empty() ? worker.problem
              : worker.connected      ? "catching up, at sequence " +
                                       std::to_string(worker.cursor.sequence)
                                      : "no connection to the database yet";
  } else if (!worker.problem.empty()) {
    why_not = worker.problem;
  } else if (reconciliation.last && !reconciliation.last->equal()) {
    why_not = "engine and ledger differ " + reconciliation.last->summary();
  }
  return why_not.empty();
}

void Settlement::stop(std::function<void()> done) {
  reconciler_.stop();
  worker_.stop();
  done();
}

web::Response Settlement::status(const web::Request&) {
  const WorkerStatus worker = worker_.status();
  const Reconciler::Status reconciliation = reconciler_.status();
  web::Writer out;
  out.begin_object()
      .field("sequence", worker.cursor.sequence)
      .field("epoch", worker.cursor.epoch)
      .field("time", worker.cursor.time_ns / 1'000'000)
      .field("connected", worker.connected)
      .field("caught_up", worker.caught_up)
      .field("problem", worker.problem)
      .field("transactions", worker.transactions)
      .field("rows", worker.rows);
  out.key("reconciliation").begin_object();
  out.field("runs", reconciliation.runs)
      .field("failures", reconciliation.failures)
      .field("failure", reconciliation.failure);
  if (reconciliation.last) {
    out.field("time", reconciliation.finished_ns / 1'000'000)
        .field("sequence", reconciliation.last->sequence)
        .field("accounts", std::uint64_t{reconciliation.last->accounts})
        .field("equal", reconciliation.last->equal())
        .field("summary", reconciliation.last->summary());
  }
  out.end_object().end_object();
  return web::json_response(out.take());
}

void Settlement::declare_metrics(web::Metrics& metrics) {
  web::Gauge& sequence = metrics.gauge("sequence", "Last command whose events are in the ledger");
  web::Gauge& connected = metrics.gauge("database_connected", "1: connected");
  web::Gauge& caught_up = metrics.gauge("caught_up", "1: has reached the journal's end");
  web::Gauge& rows = metrics.gauge("rows", "Rows written since the start");
  web::Gauge& trades = metrics.gauge("trades", "Trades written since the start");
  web::Gauge& transactions = metrics.gauge("transactions", "Transactions since the start");
  web::Gauge& commit_us =
      metrics.gauge("commit_microseconds", "Time spent in transactions since the start");
  web::Gauge& reconnects = metrics.gauge("reconnects", "Times the database was lost");
  web::Gauge& open_orders = metrics.gauge("open_orders", "Open orders of kept accounts");
  web::Gauge& unknown =
      metrics.gauge("unknown_orders", "Changes of orders entered before history began");
  web::Gauge& runs = metrics.gauge("reconciliations", "Comparisons with the engine made");
  web::Gauge& failures =
      metrics.gauge("reconciliations_failed", "Comparisons that could not be made");
  web::Gauge& differences = metrics.gauge(
      "reconciliation_differences", "Balances that differed last time; -1: none compared yet");
  web::Gauge& equal = metrics.gauge(
      "reconciliation_equal", "1: balances and totals agreed last time; 0: not, or not yet");
  web::Gauge& age = metrics.gauge("reconciliation_time_seconds", "When that was, Unix time");
  metrics.before_text([&, this] {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    const WorkerStatus worker = worker_.status();
    sequence.set(number(worker.cursor.sequence));
    connected.set(worker.connected ? 1 : 0);
    caught_up.set(worker.caught_up ? 1 : 0);
    rows.set(number(worker.rows));
    trades.set(number(sink_.trades()));
    transactions.set(number(worker.transactions));
    commit_us.set(number(worker.commit_ns / 1'000));
    reconnects.set(number(worker.reconnects));
    open_orders.set(number(sink_.open_orders()));
    unknown.set(number(sink_.unknown_orders()));
    const Reconciler::Status reconciliation = reconciler_.status();
    runs.set(number(reconciliation.runs));
    failures.set(number(reconciliation.failures));
    age.set(number(reconciliation.finished_ns / 1'000'000'000));
    const bool known = reconciliation.last.has_value();
    equal.set(known && reconciliation.last->equal() ? 1 : 0);
    differences.set(known ? number(reconciliation.last->differences.size()) : -1);
  });
}

}  // namespace saker::accounts
