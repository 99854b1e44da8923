#include "gateway/rest_api.hpp"

#include <algorithm>

#include "gateway/channel.hpp"
#include "gateway/emit.hpp"
#include "gateway/public_channels.hpp"

namespace saker::gateway {
namespace {

using web::Access;
using web::Fields;
using web::Method;
using web::Request;
using web::Responder;
using web::Response;

constexpr std::size_t kSmallBody = 8 * 1024;

std::uint64_t now_ms(web::Loop& loop) { return loop.utc_ns() / 1'000'000; }

}  // namespace

void RestApi::add_routes(web::Server& server) {
  server.add({
      {Method::Get, "/api/markets", Access::Public, "get_markets",
       web::to(this, &RestApi::get_markets)},
      {Method::Get, "/api/depth", Access::Public, "get_depth",
       web::to(this, &RestApi::get_depth)},
      {Method::Get, "/api/ticker", Access::Public, "get_ticker",
       web::to(this, &RestApi::get_ticker)},
      {Method::Get, "/api/ohlcv", Access::Public, "get_ohlcv",
       web::to(this, &RestApi::get_ohlcv)},
      {Method::Get, "/api/trades/recent", Access::Public, "get_recent_trades",
       web::to(this, &RestApi::get_recent_trades)},
      {Method::Get, "/api/evidence", Access::Public, "get_evidence",
       web::to(&parts_.evidence, &EvidenceApi::get_evidence)},
      {Method::Post, "/api/order", Access::User, "place_order",
       from_body(&TradeApi::place_order), kSmallBody},
      {Method::Put, "/api/order", Access::User, "replace_order",
       from_body(&TradeApi::replace_order), kSmallBody},
      {Method::Delete, "/api/order", Access::User, "cancel_order",
       from_query(&TradeApi::cancel_order), kSmallBody},
      {Method::Delete, "/api/orders", Access::User, "cancel_all_orders",
       from_query(&TradeApi::cancel_all), kSmallBody},
      {Method::Get, "/api/orders", Access::User, "get_orders",
       web::to(this, &RestApi::get_orders)},
      {Method::Get, "/api/balances", Access::User, "get_balances",
       from_query(&TradeApi::balances)},
  });
  add_proxied(server);
}

void RestApi::add_proxied(web::Server& server) {
  struct Passed {
    Method method;
    const char* path;
    Access access;
    const char* operation;
  };
  static constexpr Passed kPassed[] = {
      {Method::Get, "/api/orders/{order_id}", Access::User, "get_order"},
      {Method::Get, "/api/trades", Access::User, "get_trades"},
      {Method::Get, "/api/statement", Access::User, "get_statement"},
      {Method::Get, "/api/me", Access::User, "get_profile"},
      {Method::Patch, "/api/me", Access::User, "update_profile"},
      {Method::Get, "/api/faucet", Access::User, "get_faucet"},
      {Method::Post, "/api/faucet", Access::User, "claim_faucet"},
      {Method::Post, "/api/deposit", Access::User, "deposit"},
      {Method::Post, "/api/withdrawal", Access::User, "withdraw"},
      {Method::Get, "/api/transfers", Access::User, "get_transfers"},
      {Method::Get, "/auth/sessions", Access::User, "list_sessions"},
      {Method::Delete, "/auth/sessions/{session_id}", Access::User, "revoke_session"},
      {Method::Post, "/auth/code", Access::Public, "request_code"},
      {Method::Post, "/auth/session", Access::Public, "create_session"},
      {Method::Post, "/auth/refresh", Access::Public, "refresh_session"},
      {Method::Post, "/auth/sign-out", Access::Public, "sign_out"},
  };
  for (const Passed& passed : kPassed) {
    server.add({passed.method, passed.path, passed.access, passed.operation, to_accounts(),
                kSmallBody});
  }
}

// ---- public reads -----------------------------------------------------------------------------

Response RestApi::get_markets(const Request& request) {
  request.query().reject_unknown();
  if (parts_.markets.size() == 0) throw web::unavailable("the feed has not come yet");
  web::Writer out;
  out.begin_object().key("markets").begin_array();
  parts_.markets.for_each([&](const Market& market) {
    const MarketState* state = parts_.states.find(market.id());
    write_market(out, market,
                 state != nullptr ? state->phase : market.definition().phase());
  });
  out.end_array().end_object();
  return web::json_response(out.take());
}

Response RestApi::get_depth(const Request& request) {
  const Fields query = request.query();
  const Market& market = parts_.markets.need(query.need_text("market"));
  const std::string group = query.text("group").value_or("none");
  const std::int64_t group_ticks = parse_group(market, group);
  const auto depth =
      static_cast<std::size_t>(query.integer("depth", 1, kMaxDepth).value_or(50));
  query.reject_unknown();
  const MarketState* state = parts_.states.find(market.id());
  if (state == nullptr || state->book == nullptr) {
    throw web::unavailable("the book is not exact at the moment; try again");
  }
  web::Writer out;
  out.begin_object()
      .field("market", market.symbol())
      .field("group", group)
      .field("sequence", parts_.venue.feed_sequence());
  write_depth(out, aggregate(*state->book, group_ticks, depth), market);
  out.field("time", now_ms(parts_.loop)).end_object();
  return web::json_response(out.take());
}

Response RestApi::get_ticker(const Request& request) {
  const Fields query = request.query();
  const auto symbol = query.text("market");
  query.reject_unknown();
  web::Writer out;
  out.begin_object().key("tickers").begin_array();
  const auto write = [&](const Market& market) {
    write_ticker(out, parts_.states.ticker(market.id(), now_ms(parts_.loop)), market);
  };
  if (symbol) {
    write(parts_.markets.need(*symbol));
  } else {
    parts_.markets.for_each(write);
  }
  out.end_array().end_object();
  return web::json_response(out.take());
}

Response RestApi::get_recent_trades(const Request& request) {
  const Fields query = request.query();
  const Market& market = parts_.markets.need(query.need_text("market"));
  const auto limit = static_cast<std::size_t>(query.integer("limit", 1, 500).value_or(100));
  query.reject_unknown();
  std::vector<Trade> trades = parts_.states.recent(market.id(), limit);
  std::reverse(trades.begin(), trades.end());
  web::Writer out;
  out.begin_object().field("market", market.symbol()).key("trades").begin_array();
  for (const Trade& trade : trades) write_trade(out, trade, market);
  out.end_array().end_object();
  return web::json_response(out.take());
}

void RestApi::get_ohlcv(const Request& request, Responder responder) {
  const Fields query = request.query();
  const Market& market = parts_.markets.need(query.need_text("market"));
  const std::string interval =
      query.need_choice("interval", {"1m", "5m", "15m", "1h", "4h", "1d"});
  const auto from = query.integer("from", 0, INT64_MAX / 1'000'000);
  const auto to = query.integer("to", 0, INT64_MAX / 1'000'000);
  const std::int64_t limit = query.integer("limit", 1, 1'000).value_or(500);
  query.reject_unknown();
  std::string target = "/internal/candles?market=" + std::to_string(market.id()) +
                       "&interval=" + interval + "&limit=" + std::to_string(limit);
  if (from) target += "&from=" + std::to_string(*from);
  if (to) target += "&to=" + std::to_string(*to);
  if (parts_.marketdata == nullptr) throw web::unavailable("the gateway is starting");
  auto answer = std::make_shared<Responder>(std::move(responder));
  parts_.marketdata->send(
      {Method::Get, target, {}, {}},
      [this, answer, interval, limit, live = !from && !to,
       id = market.id()](const web::HttpResult& result) {
        if (result.failure != web::HttpFailure::None) {
          return answer->answer(result.error("market data"));
        }
        answer->answer_with([&] {
          const Market& known = *parts_.markets.find(id);
          if (!result.ok()) throw web::unavailable("market data is not there at the moment");
          return web::json_response(ohlcv_json(known, interval, live,
                                               static_cast<std::size_t>(limit),
                                               read_candles(result.response.body, known)));
        });
      });
}

/// The candle in the making is taken from the feed where that is ahead.
std::string RestApi::ohlcv_json(const Market& market, const std::string& interval, bool live,
                                std::size_t limit, std::vector<Candle> candles) {
  const MarketState* state = parts_.states.find(market.id());
  if (live && state != nullptr && state->minutes.loaded() && !state->tape.empty()) {
    const auto now = state->minutes.candle_at(state->tape.back().trade.time_ms,
                                              candle_interval_ms(interval));
    const bool ahead =
        now && (candles.empty() || now->last_trade_id > candles.back().last_trade_id);
    if (ahead && !candles.empty() && candles.back().open_time_ms == now->open_time_ms) {
      candles.back() = *now;
    } else if (ahead) {
      candles.push_back(*now);
    }
    if (candles.size() > limit) candles.erase(candles.begin());
  }
  web::Writer out;
  out.begin_object().field("market", market.symbol()).field("interval", interval);
  out.key("candles").begin_array();
  for (const Candle& candle : candles) write_candle(out, candle, market);
  out.end_array().end_object();
  return out.take();
}

// ---- the customer's own -----------------------------------------------------------------------

void RestApi::carry_out(Operation operation, const Request& request, const Fields& fields,
                        Responder responder) {
  auto answer = std::make_shared<Responder>(std::move(responder));
  try {
    (parts_.trade.*operation)(request.identity(), fields, [answer](const Answer& result) {
      if (result.error) return answer->answer(*result.error);
      answer->answer(web::json_response(result.json));
    });
  } catch (const web::ApiError& error) {
    answer->answer(error);
  }
}

web::Handler RestApi::from_body(Operation operation) {
  return [this, operation](const Request& request, Responder responder) {
    carry_out(operation, request, request.json(), std::move(responder));
  };
}

web::Handler RestApi::from_query(Operation operation) {
  return [this, operation](const Request& request, Responder responder) {
    carry_out(operation, request, request.query(), std::move(responder));
  };
}

/// Open orders are known here to the latest command; those that are closed are in the ledger.
void RestApi::get_orders(const Request& request, Responder responder) {
  const Fields query = request.query();
  if (query.need_choice("status", {"open", "closed", "all"}) == "open") {
    return carry_out(&TradeApi::open_orders, request, query, std::move(responder));
  }
  TradeApi::need_account(request.identity());
  auto answer = std::make_shared<Responder>(std::move(responder));
  parts_.desk.when_certain(
      request.identity().account,
      [this, request, answer](const std::optional<web::ApiError>& error) {
        if (error) return answer->answer(*error);
        to_accounts()(request, std::move(*answer));
      });
}

web::Handler RestApi::to_accounts() {
  return [this](const Request& request, Responder responder) {
    const std::uint32_t account = request.identity().account;
    const Sequence seen = account == 0 ? 0 : parts_.accounts.seen(account);
    const bool changes = request.method() == Method::Post;
    parts_.to_accounts.pass(
        request, request.target(), request.method() == Method::Get ? seen : 0,
        std::move(responder), [this, account, changes](const std::string& body) {
          if (changes && account != 0) note_sequence(account, body);
        });
  };
}

/// A deposit names the log sequence that holds it: from now on reads include it.
void RestApi::note_sequence(std::uint32_t account, const std::string& body) {
  try {
    const auto sequence = web::parse_json(body).object().integer("sequence", 0, INT64_MAX);
    if (sequence) parts_.accounts.saw(account, static_cast<Sequence>(*sequence));
  } catch (const web::ApiError&) {
    // Not an object with a sequence: nothing to note.
  }
}

}  // namespace saker::gateway
