// What a user did, out of the ledger: orders, fills, the statement. Reads only. Every question
// names the user, and the account is found in the database from that, so nobody can ask about
// somebody else's.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "accounts/payments/catalogue.hpp"

namespace saker::accounts {

struct OrderRow {
  std::uint64_t created_sequence = 0;  // the place in the list
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::int64_t price_ticks = 0, quantity_lots = 0, leaves_lots = 0, filled_lots = 0;
  Int128 filled_quote = 0;
  std::int64_t created_ms = 0, updated_ms = 0;
  std::uint32_t market = 0;
  int side = 0, type = 0, time_in_force = 0, status = 0;  // numbers as 020_ledger.sql explains
  std::uint16_t reason = 0;
};

enum class OrderStatusFilter : std::uint8_t { open, closed, all };

struct ListQuestion {
  std::uint64_t user_id = 0;
  std::uint32_t market = 0;  // 0: all
  std::size_t limit = 50;
  std::uint64_t before = 0;  // 0: from the newest
};

/// Newest first.
std::vector<OrderRow> list_orders(pqxx::work& tx, const ListQuestion& question,
                                  OrderStatusFilter filter);
std::optional<OrderRow> find_order(pqxx::work& tx, std::uint64_t user_id, std::uint64_t order_id);

struct FillRow {
  std::uint64_t trade_id = 0, order_id = 0;
  std::int64_t price_ticks = 0, quantity_lots = 0;
  Minor fee = 0;
  std::int64_t time_ms = 0;
  std::uint32_t market = 0;
  int side = 0, liquidity = 0;
};
/// Newest first.
std::vector<FillRow> list_fills(pqxx::work& tx, const ListQuestion& question);
/// Of one order of the user, oldest first.
std::vector<FillRow> fills_of_order(pqxx::work& tx, std::uint64_t user_id,
                                    std::uint64_t order_id);

struct StatementRow {
  Sequence sequence = 0;
  std::int64_t leg = 0;
  std::int64_t time_ns = 0;
  int reason = 0;
  std::uint32_t asset = 0, market = 0;
  Minor amount = 0, balance = 0;
  std::uint64_t reference = 0;
};
/// Entries of [from_ns, to_ns) in order, of one asset or (0) of all; at most `limit`.
std::vector<StatementRow> statement(pqxx::work& tx, std::uint64_t user_id, std::int64_t from_ns,
                                    std::int64_t to_ns, std::uint32_t asset, std::size_t limit);

/// "2026-11-22T14:37:08.123456789Z"
std::string utc_text(std::int64_t time_ns);
/// The statement as CSV (RFC 4180) with a line of names.
std::string statement_csv(const std::vector<StatementRow>& rows, const Catalogue& catalogue);
/// Decimal text of up to 38 digits, as PostgreSQL gives a whole numeric.
Int128 parse_wide(std::string_view text);

}  // namespace saker::accounts
