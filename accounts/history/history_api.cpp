#include "accounts/history/history_api.hpp"

#include <charconv>

#include "client/reasons.hpp"

namespace saker::accounts {
namespace {

using web::Access;
using web::Method;
using web::Request;
using web::Responder;

constexpr std::size_t kMostStatementRows = 100'000;

const char* status_word(const OrderRow& order) {
  switch (order.status) {
    case 0: return order.filled_lots > 0 ? "partially_filled" : "open";
    case 1: return "filled";
    case 2: return "cancelled";
    default: return "rejected";
  }
}

const char* side_word(int side) { return side == 0 ? "buy" : "sell"; }

/// Decimal text, or null for "not there".
void maybe(web::Writer& out, std::string_view name, bool there, const std::string& text) {
  out.key(name);
  if (there) {
    out.value(text);
  } else {
    out.value(nullptr);
  }
}

void write_order(web::Writer& out, const OrderRow& o, const Market& m) {
  // A market buy without a price is one by budget: what it bought was its quantity.
  const bool by_budget = o.type == 1 && o.side == 0 && o.price_ticks == 0;
  const bool closed = o.status != 0;
  const std::int64_t quantity = by_budget && closed ? o.filled_lots : o.quantity_lots;
  out.begin_object().field_id("order_id", o.order_id);
  out.field_id("client_order_id", o.client_order_id);
  out.field("market", m.symbol).field("side", side_word(o.side));
  out.field("type", o.type == 0 ? "limit" : "market");
  out.field("time_in_force", o.time_in_force == 0 ? "gtc" : "ioc");
  maybe(out, "price", o.price_ticks != 0, m.price_text(o.price_ticks));
  out.field("quantity", m.quantity_text(quantity));
  out.field("filled_quantity", m.quantity_text(o.filled_lots));
  out.field("remaining_quantity", m.quantity_text(closed ? 0 : o.leaves_lots));
  const bool filled = o.filled_lots > 0;
  maybe(out, "average_price", filled,
        filled ? m.average_price_text(o.filled_quote, o.filled_lots) : "");
  out.field("status", status_word(o));
  maybe(out, "reason", o.reason != 0,
        client::reason_word(static_cast<proto::Reason>(o.reason)));
  out.field("created_at", o.created_ms).field("updated_at", o.updated_ms).end_object();
}

void write_fill(web::Writer& out, const FillRow& f, const Market& m, const Asset& quote) {
  out.begin_object().field_id("trade_id", f.trade_id).field_id("order_id", f.order_id);
  out.field("market", m.symbol).field("side", side_word(f.side));
  out.field("price", m.price_text(f.price_ticks));
  out.field("quantity", m.quantity_text(f.quantity_lots));
  out.field("fee", m.quote_text(f.fee)).field("fee_asset", quote.symbol);
  out.field("liquidity", f.liquidity == 1 ? "maker" : "taker").field("time", f.time_ms);
  out.end_object();
}

void write_fills(web::Writer& out, std::string_view name, const std::vector<FillRow>& fills,
                 const Catalogue& catalogue) {
  out.key(name).begin_array();
  for (const FillRow& fill : fills) {
    // Markets are never taken away; one that is not known yet comes with the next logon.
    const Market* market = catalogue.market(fill.market);
    if (market != nullptr) write_fill(out, fill, *market, *catalogue.asset(market->quote));
  }
  out.end_array();
}

/// The place to go on from, when there was one item more than `limit`; takes that item off.
template <class Row, class Place>
std::optional<std::string> cut(std::vector<Row>& rows, std::size_t limit, Place place) {
  if (rows.size() <= limit) return std::nullopt;
  rows.resize(limit);
  return std::to_string(place(rows.back()));
}

Sequence at_least(const Request& request, const web::Fields& query) {
  const std::uint64_t asked = query.id("at_least").value_or(0);
  const std::string_view header = request.header("X-Saker-At-Least");
  std::uint64_t seen = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seen);
  if (!header.empty() && (error != std::errc() || end != header.data() + header.size())) {
    throw web::invalid_request("X-Saker-At-Least must be a log sequence");
  }
  return std::max(asked, seen);
}

}  // namespace

std::vector<web::Route> HistoryApi::routes() {
  return {
      {Method::Get, "/api/orders", Access::ServiceUser, "get_orders",
       to(this, &HistoryApi::get_orders)},
      {Method::Get, "/api/orders/{order_id}", Access::ServiceUser, "get_order",
       to(this, &HistoryApi::get_order)},
      {Method::Get, "/api/trades", Access::ServiceUser, "get_trades",
       to(this, &HistoryApi::get_trades)},
      {Method::Get, "/api/statement", Access::ServiceUser, "get_statement",
       to(this, &HistoryApi::get_statement)},
  };
}

ListQuestion HistoryApi::list_question(const Request& request, const web::Fields& query) const {
  ListQuestion question;
  question.user_id = request.identity().user;
  question.limit = static_cast<std::size_t>(query.integer("limit", 1, 500).value_or(50));
  question.before = query.id("before").value_or(0);
  if (question.before > INT64_MAX) query.fail("before", "is too large");
  if (const auto symbol = query.text("market", 16)) {
    const Market* market = payments_.catalogue().market(*symbol);
    if (market == nullptr) query.fail("market", "is not a market");
    question.market = market->id;
  }
  return question;
}

void HistoryApi::answer_at(Sequence at_least, Responder responder,
                           std::function<web::Response(pqxx::work&)> work) {
  if (at_least == 0) {
    return database_.answer(Database::Mode::read, std::move(responder), std::move(work));
  }
  auto shared = std::make_shared<Responder>(std::move(responder));
  payments_.cursor().wait(
      at_least, payments_.config().history_wait_ms,
      [this, shared, work = std::move(work)](bool reached) mutable {
        if (reached) {
          return database_.answer(Database::Mode::read, std::move(*shared), std::move(work));
        }
        shared->answer(web::unavailable("the history has not caught up yet; try again"));
      });
}

void HistoryApi::get_orders(const Request& request, Responder responder) {
  require_live_(request);
  const web::Fields query = request.query();
  const ListQuestion question = list_question(request, query);
  const std::string status =
      query.choice("status", {"open", "closed", "all"}).value_or("all");
  const OrderStatusFilter filter = status == "open"     ? OrderStatusFilter::open
                                   : status == "closed" ? OrderStatusFilter::closed
                                                        : OrderStatusFilter::all;
  const Sequence seen = at_least(request, query);
  query.reject_unknown();
  answer_at(seen, std::move(responder),
            [question, filter, catalogue = payments_.catalogue()](pqxx::work& tx) {
              const Sequence sequence = settlement_cursor(tx);
              ListQuestion one_more = question;
              ++one_more.limit;
              std::vector<OrderRow> orders = list_orders(tx, one_more, filter);
              const auto next = cut(orders, question.limit,
                                    [](const OrderRow& row) { return row.created_sequence; });
              web::Writer out;
              out.begin_object().key("orders").begin_array();
              for (const OrderRow& order : orders) {
                const Market* market = catalogue.market(order.market);
                if (market != nullptr) write_order(out, order, *market);
              }
              out.end_array().field("next", next).field("sequence", sequence).end_object();
              return web::json_response(out.take());
            });
}

void HistoryApi::get_order(const Request& request, Responder responder) {
  require_live_(request);
  const web::Fields query = request.query();
  const Sequence seen = at_least(request, query);
  query.reject_unknown();
  const std::string& text = request.path_parameter("order_id");
  std::uint64_t order_id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), order_id);
  if (error != std::errc() || end != text.data() + text.size() || order_id == 0) {
    throw web::not_found("there is no such order");
  }
  answer_at(seen, std::move(responder),
            [order_id, user = request.identity().user,
             catalogue = payments_.catalogue()](pqxx::work& tx) {
              const auto order = find_order(tx, user, order_id);
              const Market* market = order ? catalogue.market(order->market) : nullptr;
              if (market == nullptr) throw web::not_found("there is no such order");
              web::Writer out;
              out.begin_object().key("order");
              write_order(out, *order, *market);
              write_fills(out, "fills", fills_of_order(tx, user, order_id), catalogue);
              out.end_object();
              return web::json_response(out.take());
            });
}

void HistoryApi::get_trades(const Request& request, Responder responder) {
  require_live_(request);
  const web::Fields query = request.query();
  const ListQuestion question = list_question(request, query);
  const Sequence seen = at_least(request, query);
  query.reject_unknown();
  answer_at(seen, std::move(responder),
            [question, catalogue = payments_.catalogue()](pqxx::work& tx) {
              const Sequence sequence = settlement_cursor(tx);
              ListQuestion one_more = question;
              ++one_more.limit;
              std::vector<FillRow> fills = list_fills(tx, one_more);
              const auto next = cut(fills, question.limit,
                                    [](const FillRow& row) { return row.trade_id; });
              web::Writer out;
              out.begin_object();
              write_fills(out, "trades", fills, catalogue);
              out.field("next", next).field("sequence", sequence).end_object();
              return web::json_response(out.take());
            });
}

void HistoryApi::get_statement(const Request& request, Responder responder) {
  require_live_(request);
  constexpr std::int64_t kMostMs = INT64_MAX / 1'000'000;
  const web::Fields query = request.query();
  const std::int64_t from_ms = query.integer("from", 0, kMostMs).value_or(0);
  const std::int64_t to_ms = query.integer("to", 0, kMostMs).value_or(kMostMs);
  if (to_ms < from_ms) query.fail("to", "is before from");
  std::uint32_t asset_id = 0;
  if (const auto symbol = query.text("asset", 16)) {
    const Asset* asset = payments_.catalogue().asset(*symbol);
    if (asset == nullptr) query.fail("asset", "is not an asset");
    asset_id = asset->id;
  }
  const Sequence seen = at_least(request, query);
  query.reject_unknown();
  answer_at(seen, std::move(responder),
            [from_ms, to_ms, asset_id, user = request.identity().user,
             catalogue = payments_.catalogue()](pqxx::work& tx) {
              const auto rows = statement(tx, user, from_ms * 1'000'000, to_ms * 1'000'000,
                                          asset_id, kMostStatementRows + 1);
              if (rows.size() > kMostStatementRows) {
                throw web::invalid_request(
                    "the statement has more than 100000 lines; ask for a shorter time");
              }
              web::Response response;
              response.content_type = "text/csv; charset=utf-8";
              response.body = statement_csv(rows, catalogue);
              response.add_header("Content-Disposition",
                                  "attachment; filename=\"saker-statement.csv\"");
              return response;
            });
}

}  // namespace saker::accounts
