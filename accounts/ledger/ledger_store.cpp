#include "accounts/ledger/ledger_store.hpp"

namespace saker::accounts {
namespace {

using events::array_text;
using events::bits;
using events::Database;
using events::Rows;
using Statements = LedgerStatements<Database>;

/// Of pg_advisory_lock: "ledger" and the shard.
constexpr const char* kLockKey = "7021";

void load_balances(Database& database, LedgerBook& book) {
  const Rows rows =
      database.run("SELECT account, asset, balance, sequence FROM ledger.balances");
  for (int i = 0; i < rows.count(); ++i) {
    BalanceRow row;
    row.account = static_cast<std::uint32_t>(rows.integer(i, 0));
    row.asset = static_cast<std::uint32_t>(rows.integer(i, 1));
    row.balance = rows.integer(i, 2);
    row.sequence = rows.bits(i, 3);
    book.load(row);
  }
  const Rows totals = database.run("SELECT asset, deposits, withdrawals FROM ledger.totals");
  for (int i = 0; i < totals.count(); ++i) {
    book.load(static_cast<std::uint32_t>(totals.integer(i, 0)),
              {totals.wide(i, 1), totals.wide(i, 2), false});
  }
}

void load_open_orders(Database& database, LedgerBook& book) {
  const Rows rows = database.run(
      "SELECT created_sequence, order_id, client_order_id, price_ticks, quantity_lots,"
      " leaves_lots, filled_lots, filled_quote, filled_fee, created_ns, updated_ns,"
      " updated_sequence, account, market, side, type, time_in_force, reason"
      " FROM ledger.orders WHERE status = 0");
  for (int i = 0; i < rows.count(); ++i) {
    OrderRow order;
    order.created_sequence = rows.bits(i, 0);
    order.order_id = rows.bits(i, 1);
    order.client_order_id = rows.bits(i, 2);
    order.price_ticks = rows.integer(i, 3);
    order.quantity_lots = rows.integer(i, 4);
    order.leaves_lots = rows.integer(i, 5);
    order.filled_lots = rows.integer(i, 6);
    order.filled_quote = rows.wide(i, 7);
    order.filled_fee = rows.wide(i, 8);
    order.created_ns = rows.bits(i, 9);
    order.updated_ns = rows.bits(i, 10);
    order.updated_sequence = rows.bits(i, 11);
    order.account = static_cast<std::uint32_t>(rows.integer(i, 12));
    order.market = static_cast<std::uint32_t>(rows.integer(i, 13));
    order.side = static_cast<std::uint8_t>(rows.integer(i, 14));
    order.type = static_cast<std::uint8_t>(rows.integer(i, 15));
    order.time_in_force = static_cast<std::uint8_t>(rows.integer(i, 16));
    order.reason = static_cast<std::uint16_t>(rows.integer(i, 17));
    book.load(order);
  }
}

}  // namespace

void Statements::put_balances(Database& database, LedgerBook& book) {
  const auto& rows = book.changed_balances();
  if (!rows.empty()) {
    database.run(
        "INSERT INTO ledger.balances (account, asset, balance, sequence)"
        " SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[])"
        " ON CONFLICT (account, asset) DO UPDATE"
        " SET balance = excluded.balance, sequence = excluded.sequence",
        {array_text(rows, [](auto* r) { return r->account; }),
         array_text(rows, [](auto* r) { return r->asset; }),
         array_text(rows, [](auto* r) { return r->balance; }),
         array_text(rows, [](auto* r) { return bits(r->sequence); })});
  }
  const auto totals = book.changed_totals();
  if (totals.empty()) return;
  database.run(
      "INSERT INTO ledger.totals (asset, deposits, withdrawals)"
      " SELECT * FROM unnest($1::int[], $2::numeric[], $3::numeric[])"
      " ON CONFLICT (asset) DO UPDATE"
      " SET deposits = excluded.deposits, withdrawals = excluded.withdrawals",
      {array_text(totals, [](auto& t) { return t.first; }),
       array_text(totals, [](auto& t) { return t.second->deposits; }),
       array_text(totals, [](auto& t) { return t.second->withdrawals; })});
}

void Statements::put_orders(Database& database, LedgerBook& book, std::uint16_t shard) {
  const auto& rows = book.changed_orders();
  if (rows.empty()) return;
  const auto list = [&rows](auto value) {
    return array_text(rows, [&](auto* row) { return value(*row); });
  };
  using Row = const OrderRow&;
  database.run(
      "INSERT INTO ledger.orders (created_sequence, order_id, client_order_id, price_ticks,"
      " quantity_lots, leaves_lots, filled_lots, filled_quote, filled_fee, created_ns, updated_ns,"
      " updated_sequence, account, market, shard, side, type, time_in_force, status, reason)"
      " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
      " $5::bigint[], $6::bigint[], $7::bigint[], $8::numeric[], $9::numeric[], $10::bigint[],"
      " $11::bigint[], $12::bigint[], $13::int[], $14::int[], $15::smallint[], $16::smallint[],"
      " $17::smallint[], $18::smallint[], $19::smallint[], $20::int[])"
      " ON CONFLICT (created_sequence) DO UPDATE SET client_order_id = excluded.client_order_id,"
      " price_ticks = excluded.price_ticks, quantity_lots = excluded.quantity_lots,"
      " leaves_lots = excluded.leaves_lots, filled_lots = excluded.filled_lots,"
      " filled_quote = excluded.filled_quote, filled_fee = excluded.filled_fee,"
      " updated_ns = excluded.updated_ns, updated_sequence = excluded.updated_sequence,"
      " status = excluded.status, reason = excluded.reason",
      {list([](Row r) { return bits(r.created_sequence); }),
       list([](Row r) { return bits(r.order_id); }),
       list([](Row r) { return bits(r.client_order_id); }),
       list([](Row r) { return r.price_ticks; }), list([](Row r) { return r.quantity_lots; }),
       list([](Row r) { return r.leaves_lots; }), list([](Row r) { return r.filled_lots; }),
       list([](Row r) { return r.filled_quote; }), list([](Row r) { return r.filled_fee; }),
       list([](Row r) { return bits(r.created_ns); }),
       list([](Row r) { return bits(r.updated_ns); }),
       list([](Row r) { return bits(r.updated_sequence); }),
       list([](Row r) { return r.account; }), list([](Row r) { return r.market; }),
       list([shard](Row) { return std::uint32_t{shard}; }),
       list([](Row r) { return unsigned{r.side}; }), list([](Row r) { return unsigned{r.type}; }),
       list([](Row r) { return unsigned{r.time_in_force}; }),
       list([](Row r) { return int{raw(r.status)}; }),
       list([](Row r) { return unsigned{r.reason}; })});
}

bool Statements::take_writer_lock(Database& database, std::uint16_t shard) {
  const Rows lock = database.run(std::string("SELECT pg_try_advisory_lock(") + kLockKey + ", $1)",
                                 {std::to_string(shard)});
  return lock.text(0, 0) == "t";
}

void Statements::commit_without_waiting(Database& database) {
  database.run("SET synchronous_commit = off");
}

events::Cursor Statements::read_cursor(Database& database, std::uint16_t shard) {
  return events::read_cursor(database, kLedgerCursor, shard);
}

void Statements::move_cursor(Database& database, const events::Cursor& from,
                             const events::Cursor& to) {
  events::move_cursor(database, kLedgerCursor, from, to);
}

void Statements::load_rows(Database& database, LedgerBook& book) {
  load_balances(database, book);
  load_open_orders(database, book);
}

void Statements::copy_entries(Database& database, events::CopyRows& rows) {
  database.copy("ledger.entries (sequence, amount, balance, reference, time_ns, account, asset,"
                " market, shard, leg, reason)",
                rows);
}

void Statements::copy_trades(Database& database, events::CopyRows& rows) {
  database.copy("ledger.trades (trade_id, sequence, time_ns, price_ticks, quantity_lots,"
                " base_amount, quote_amount, maker_order_id, taker_order_id, maker_fee, taker_fee,"
                " maker_account, taker_account, market, base_asset, quote_asset, shard,"
                " taker_side)",
                rows);
}

void Statements::copy_busts(Database& database, events::CopyRows& rows) {
  database.copy("ledger.busts (trade_id, sequence, time_ns, shard)", rows);
}

void raise_alarm(Database& database, const std::string& kind, const std::string& detail,
                 Sequence sequence, bool if_ledger) {
  // Waits for a rebuild under way, which locks the cursor and leaves it empty.
  const std::string condition = if_ledger ? " WHERE EXISTS (SELECT 1 FROM ledger.cursor)" : "";
  database.run(
      "INSERT INTO ledger.alarms (kind, detail, sequence) "
      "SELECT $1::text, $2::text, $3::bigint" + condition +
      " ON CONFLICT (kind) WHERE cleared_at IS NULL"
      " DO UPDATE SET detail = excluded.detail, sequence = excluded.sequence",
      {kind, detail, std::to_string(bits(sequence))});
}

bool clear_alarm(Database& database, const std::string& kind) {
  return database
             .run("UPDATE ledger.alarms SET cleared_at = now()"
                  " WHERE kind = $1 AND cleared_at IS NULL",
                  {kind})
             .affected() > 0;
}

}  // namespace saker::accounts
