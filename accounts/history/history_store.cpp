#include "accounts/history/history_store.hpp"

#include <cstdio>
#include <ctime>

#include "common/decimal.hpp"

namespace saker::accounts {
namespace {

/// The account of the user, and of nobody else.
constexpr const char* kOwnAccount =
    "(SELECT account_id FROM payments.accounts WHERE user_id = $1)";

constexpr const char* kOrderColumns =
    "SELECT created_sequence, order_id, client_order_id, price_ticks, quantity_lots, leaves_lots, "
    "filled_lots, trunc(filled_quote)::text AS filled_quote, created_ns / 1000000 AS created_ms, "
    "updated_ns / 1000000 AS updated_ms, market, side, type, time_in_force, status, reason "
    "FROM ledger.orders WHERE account = ";

constexpr const char* kFillColumns =
    "SELECT trade_id, order_id, price_ticks, quantity_lots, fee, time_ns / 1000000 AS time_ms, "
    "market, side, liquidity FROM ledger.fills WHERE account = ";

std::uint64_t bits(const pqxx::field& field) {
  return static_cast<std::uint64_t>(field.as<std::int64_t>());
}

OrderRow order_of(const pqxx::row& row) {
  OrderRow o;
  o.created_sequence = bits(row["created_sequence"]);
  o.order_id = bits(row["order_id"]);
  o.client_order_id = bits(row["client_order_id"]);
  o.price_ticks = row["price_ticks"].as<std::int64_t>();
  o.quantity_lots = row["quantity_lots"].as<std::int64_t>();
  o.leaves_lots = row["leaves_lots"].as<std::int64_t>();
  o.filled_lots = row["filled_lots"].as<std::int64_t>();
  o.filled_quote = parse_wide(row["filled_quote"].c_str());
  o.created_ms = row["created_ms"].as<std::int64_t>();
  o.updated_ms = row["updated_ms"].as<std::int64_t>();
  o.market = row["market"].as<std::uint32_t>();
  o.side = row["side"].as<int>();
  o.type = row["type"].as<int>();
  o.time_in_force = row["time_in_force"].as<int>();
  o.status = row["status"].as<int>();
  o.reason = row["reason"].as<std::uint16_t>();
  return o;
}

std::vector<FillRow> fills_of(const pqxx::result& rows) {
  std::vector<FillRow> fills;
  for (const pqxx::row& row : rows) {
    fills.push_back({bits(row["trade_id"]), bits(row["order_id"]),
                     row["price_ticks"].as<std::int64_t>(),
                     row["quantity_lots"].as<std::int64_t>(), row["fee"].as<Minor>(),
                     row["time_ms"].as<std::int64_t>(), row["market"].as<std::uint32_t>(),
                     row["side"].as<int>(), row["liquidity"].as<int>()});
  }
  return fills;
}

std::int64_t upper_end(std::uint64_t before) {
  return before == 0 ? INT64_MAX : static_cast<std::int64_t>(before);
}

const char* entry_word(int reason) {
  switch (reason) {
    case 1: return "trade";
    case 2: return "fee";
    case 3: return "deposit";
    case 4: return "withdrawal";
    case 5: return "transfer";
    case 6: return "bust";
    default: return "other";
  }
}

}  // namespace

std::vector<OrderRow> list_orders(pqxx::work& tx, const ListQuestion& q,
                                  OrderStatusFilter filter) {
  std::string sql = std::string(kOrderColumns) + kOwnAccount +
                    " AND created_sequence < $2 AND ($3::int = 0 OR market = $3::int) ";
  if (filter == OrderStatusFilter::open) sql += "AND status = 0 ";
  if (filter == OrderStatusFilter::closed) sql += "AND status <> 0 ";
  sql += "ORDER BY created_sequence DESC LIMIT $4";
  std::vector<OrderRow> orders;
  for (const pqxx::row& row :
       tx.exec_params(sql, q.user_id, upper_end(q.before), q.market, q.limit)) {
    orders.push_back(order_of(row));
  }
  return orders;
}

std::optional<OrderRow> find_order(pqxx::work& tx, std::uint64_t user_id,
                                   std::uint64_t order_id) {
  // An order id is used once in the life of a log, so one row or none.
  const auto rows = tx.exec_params(std::string(kOrderColumns) + kOwnAccount +
                                       " AND order_id = $2 AND order_id <> 0",
                                   user_id, static_cast<std::int64_t>(order_id));
  if (rows.empty()) return std::nullopt;
  return order_of(rows[0]);
}

std::vector<FillRow> list_fills(pqxx::work& tx, const ListQuestion& q) {
  return fills_of(tx.exec_params(std::string(kFillColumns) + kOwnAccount +
                                     " AND trade_id < $2 AND ($3::int = 0 OR market = $3::int) "
                                     "ORDER BY trade_id DESC LIMIT $4",
                                 q.user_id, upper_end(q.before), q.market, q.limit));
}

std::vector<FillRow> fills_of_order(pqxx::work& tx, std::uint64_t user_id,
                                    std::uint64_t order_id) {
  return fills_of(tx.exec_params(
      std::string(kFillColumns) + kOwnAccount + " AND order_id = $2 ORDER BY trade_id", user_id,
      static_cast<std::int64_t>(order_id)));
}

namespace {

/// The commands that moved something of the account, each branch its first ones in order, and then
/// their entries. A trade's come by way of the trades, because the index of entries by account
/// leaves them out (050_entries_index.sql).
std::string statement_sql() {
  const std::string account = kOwnAccount;
  const auto trades_of = [&account](const std::string& side) {
    return "(SELECT shard, sequence FROM ledger.trades WHERE " + side + "_account = " + account +
           " AND time_ns >= $2 AND time_ns < $3"
           " AND ($4::int = 0 OR base_asset = $4::int OR quote_asset = $4::int)"
           " ORDER BY trade_id LIMIT $5)";
  };
  return "WITH moved AS (" + trades_of("maker") + " UNION " + trades_of("taker") +
         " UNION (SELECT shard, sequence FROM ledger.entries WHERE account = " + account +
         " AND reason NOT IN (1, 2) AND time_ns >= $2 AND time_ns < $3"
         " AND ($4::int = 0 OR asset = $4::int) ORDER BY sequence, leg LIMIT $5)) "
         "SELECT sequence, leg, time_ns, reason, asset, market, amount, balance, reference "
         "FROM moved JOIN ledger.entries USING (shard, sequence) WHERE account = " + account +
         " AND ($4::int = 0 OR asset = $4::int) ORDER BY sequence, leg LIMIT $5";
}

}  // namespace

std::vector<StatementRow> statement(pqxx::work& tx, std::uint64_t user_id, std::int64_t from_ns,
                                    std::int64_t to_ns, std::uint32_t asset, std::size_t limit) {
  std::vector<StatementRow> rows;
  for (const pqxx::row& row :
       tx.exec_params(statement_sql(), user_id, from_ns, to_ns, asset, limit)) {
    rows.push_back({bits(row[0]), row[1].as<std::int64_t>(), row[2].as<std::int64_t>(),
                    row[3].as<int>(), row[4].as<std::uint32_t>(), row[5].as<std::uint32_t>(),
                    row[6].as<Minor>(), row[7].as<Minor>(), bits(row[8])});
  }
  return rows;
}

std::string utc_text(std::int64_t time_ns) {
  const std::time_t seconds = time_ns / 1'000'000'000;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &time);
  std::snprintf(text + length, sizeof text - length, ".%09lldZ",
                static_cast<long long>(time_ns % 1'000'000'000));
  return text;
}

std::string statement_csv(const std::vector<StatementRow>& rows, const Catalogue& catalogue) {
  std::string csv = "time,sequence,leg,kind,asset,amount,balance,market,reference\r\n";
  for (const StatementRow& row : rows) {
    const Asset* asset = catalogue.asset(row.asset);
    const Market* market = catalogue.market(row.market);
    const unsigned decimals = asset != nullptr ? asset->decimals : 0;
    csv += utc_text(row.time_ns) + ',' + std::to_string(row.sequence) + ',' +
           std::to_string(row.leg) + ',' + entry_word(row.reason) + ',';
    csv += asset != nullptr ? asset->symbol : std::to_string(row.asset);
    csv += ',' + format_decimal(row.amount, decimals, decimals);
    csv += ',' + format_decimal(row.balance, decimals, decimals) + ',';
    if (market != nullptr) csv += market->symbol;
    csv += ',' + std::to_string(row.reference) + "\r\n";
  }
  return csv;
}

Int128 parse_wide(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Int128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

}  // namespace saker::accounts
