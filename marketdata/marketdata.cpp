#include "marketdata/marketdata.hpp"

#include "proto/codec.hpp"

namespace saker::marketdata {
namespace {

using web::Access;
using web::Method;

constexpr std::int64_t kMostCandles = 1'500;
constexpr std::int64_t kMostTrades = 1'000;
constexpr std::int64_t kLatestMs = 4'102'444'800'000;  // the year 2100

std::uint16_t shard_of(const web::ServiceContext& context) {
  const ConfigTable table = context.config.section("marketdata");
  return static_cast<std::uint16_t>(table.integer("shard", 0, 0, INT16_MAX));
}

events::WorkerConfig worker_config(const web::ServiceContext& context) {
  const ConfigTable table = context.config.section("marketdata");
  events::WorkerConfig config;
  config.events = context.data + "/events";
  config.secrets = context.secrets;
  config.conninfo_role = "saker_marketdata";
  config.name = kMarketConnection;
  config.poll_ns = table.duration_ns("poll", "5ms", "1ms", "1s");
  config.most_rows = static_cast<std::uint64_t>(
      table.integer("rows_per_transaction", 100'000, 1, 10'000'000));
  return config;
}

std::uint32_t market_of(const web::Fields& query) {
  return static_cast<std::uint32_t>(query.need_integer("market", 1, INT32_MAX));
}

/// The first whole second at or after: open times are whole seconds.
std::optional<std::int64_t> seconds_of(std::optional<std::int64_t> milliseconds) {
  if (!milliseconds) return std::nullopt;
  return (*milliseconds + 999) / 1'000;
}

void write_candle(web::Writer& out, const Candle& candle) {
  out.begin_object()
      .field("open_time", candle.open_time_s * 1'000)
      .field("open_ticks", candle.open_ticks)
      .field("high_ticks", candle.high_ticks)
      .field("low_ticks", candle.low_ticks)
      .field("close_ticks", candle.close_ticks)
      .field("volume_lots", events::wide_text(candle.volume_lots))
      .field("quote_volume", events::wide_text(candle.quote_volume))
      .field("trades", candle.trades)
      .field_id("last_trade_id", candle.last_trade_id)
      .end_object();
}

void write_statistics(web::Writer& out, const Statistics& statistics) {
  const Candle& day = statistics.day;
  const auto known = [&day](std::int64_t ticks) {
    return day.trades == 0 ? std::nullopt : std::optional(ticks);
  };
  out.begin_object()
      .field("market", statistics.market)
      .field("last_ticks", statistics.last_ticks)
      .field("open_ticks", known(day.open_ticks))
      .field("high_ticks", known(day.high_ticks))
      .field("low_ticks", known(day.low_ticks))
      .field("volume_lots", events::wide_text(day.volume_lots))
      .field("quote_volume", events::wide_text(day.quote_volume))
      .field("trades", day.trades)
      .field_id("last_trade_id", statistics.last_trade_id)
      .end_object();
}

}  // namespace

MarketData::MarketData(web::ServiceContext& context)
    : loop_(context.loop),
      sink_(shard_of(context), book_),
      config_(worker_config(context)),
      worker_(config_, sink_) {
  context.server.add({
      {Method::Get, "/internal/candles", Access::Service, "get_candles",
       web::to(this, &MarketData::candles)},
      {Method::Get, "/internal/trades", Access::Service, "get_trades",
       web::to(this, &MarketData::trades)},
      {Method::Get, "/internal/statistics", Access::Service, "get_statistics",
       web::to(this, &MarketData::statistics)},
  });
  declare_metrics(context.metrics);
}

void MarketData::start() {
  worker_.start([this](const std::string& why) {
    loop_.post([why] {
      throw std::runtime_error(
          why + ". Nothing of it was applied. Candles are derived: once the reason is known, "
                "events/rebuild.sh DATA marketdata makes them anew from the journal");
    });
  });
}

bool MarketData::ready(std::string& why_not) {
  const events::WorkerStatus worker = worker_.status();
  why_not = worker.problem;
  if (!worker.caught_up && why_not.empty()) {
    why_not = "catching up, at sequence " + std::to_string(worker.cursor.sequence);
  }
  return why_not.empty();
}

void MarketData::stop(std::function<void()> done) {
  worker_.stop();
  done();
}

template <class Read>
auto MarketData::from_database(Read read) {
  try {
    if (reader_ == nullptr) {
      reader_ = std::make_unique<events::Database>(
          events::read_conninfo(config_.secrets, config_.conninfo_role),
          std::string(kMarketConnection) + "-reader");
    }
    return read(*reader_);
  } catch (const events::DatabaseError& error) {
    reader_.reset();
    throw web::unavailable(std::string("the database does not answer: ") + error.what());
  }
}

web::Response MarketData::candles(const web::Request& request) {
  const web::Fields query = request.query();
  CandleQuestion question;
  question.market = market_of(query);
  const std::string word =
      query.need_choice("interval", {"1m", "5m", "15m", "1h", "4h", "1d"});
  question.interval = *interval_of(word);
  question.from_s = seconds_of(query.integer("from", 0, kLatestMs));
  question.to_s = seconds_of(query.integer("to", 0, kLatestMs));
  question.limit =
      static_cast<std::size_t>(query.integer("limit", 1, kMostCandles).value_or(500));
  query.reject_unknown();
  const Sequence sequence = book_.sequence();
  std::optional<std::vector<Candle>> candles = book_.candles(question);
  if (!candles) {
    candles = from_database([&](auto& database) { return read_candles(database, question); });
  }
  web::Writer out;
  out.begin_object()
      .field("market", question.market)
      .field("interval", word)
      .field("sequence", sequence);
  out.key("candles").begin_array();
  for (const Candle& candle : *candles) write_candle(out, candle);
  out.end_array().end_object();
  return web::json_response(out.take());
}

web::Response MarketData::trades(const web::Request& request) {
  const web::Fields query = request.query();
  const std::uint32_t market = market_of(query);
  const auto limit =
      static_cast<std::size_t>(query.integer("limit", 1, kMostTrades).value_or(100));
  const std::uint64_t before = query.id("before").value_or(0);
  query.reject_unknown();
  const Sequence sequence = book_.sequence();
  std::optional<std::vector<Trade>> trades = book_.trades(market, limit, before);
  if (!trades) {
    trades = from_database(
        [&](auto& database) { return read_trades(database, market, limit, before); });
  }
  web::Writer out;
  out.begin_object().field("market", market).field("sequence", sequence);
  out.key("trades").begin_array();
  for (const Trade& trade : *trades) {
    out.begin_object()
        .field_id("trade_id", trade.trade_id)
        .field("price_ticks", trade.price_ticks)
        .field("quantity_lots", trade.quantity_lots)
        .field("side", trade.taker_side == raw(proto::Side::Buy) ? "buy" : "sell")
        .field("time", trade.time_ns / 1'000'000)
        .end_object();
  }
  out.end_array().end_object();
  return web::json_response(out.take());
}

web::Response MarketData::statistics(const web::Request& request) {
  const web::Fields query = request.query();
  const auto market = query.integer("market", 1, INT32_MAX);
  query.reject_unknown();
  const TimeNs now_ns = loop_.utc_ns();
  web::Writer out;
  out.begin_object()
      .field("sequence", book_.sequence())
      .field("time", now_ns / 1'000'000);
  out.key("statistics").begin_array();
  if (market) {
    write_statistics(out, book_.statistics(static_cast<std::uint32_t>(*market), now_ns));
  } else {
    for (const std::uint32_t one : book_.markets()) {
      write_statistics(out, book_.statistics(one, now_ns));
    }
  }
  out.end_array().end_object();
  return web::json_response(out.take());
}

void MarketData::declare_metrics(web::Metrics& metrics) {
  web::Gauge& sequence = metrics.gauge("sequence", "Last command whose trades are in candles");
  web::Gauge& connected = metrics.gauge("database_connected", "1: connected");
  web::Gauge& caught_up = metrics.gauge("caught_up", "1: has reached the journal's end");
  web::Gauge& trades = metrics.gauge("trades", "Trades written since the start");
  web::Gauge& busts = metrics.gauge("busts", "Trades taken back since the start");
  web::Gauge& transactions = metrics.gauge("transactions", "Transactions since the start");
  web::Gauge& reconnects = metrics.gauge("reconnects", "Times the database was lost");
  web::Gauge& delay = metrics.gauge(
      "delay_microseconds", "From the engine's time of the last trade to its commit here");
  metrics.before_text([&, this] {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    const events::WorkerStatus worker = worker_.status();
    sequence.set(number(worker.cursor.sequence));
    connected.set(worker.connected ? 1 : 0);
    caught_up.set(worker.caught_up ? 1 : 0);
    trades.set(number(sink_.trades()));
    busts.set(number(sink_.busts()));
    transactions.set(number(worker.transactions));
    reconnects.set(number(worker.reconnects));
    delay.set(number(sink_.delay_ns() / 1'000));
  });
}

}  // namespace saker::marketdata
