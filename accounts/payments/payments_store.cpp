#include "accounts/payments/payments_store.hpp"

#include "client/reasons.hpp"
#include "web/error.hpp"

namespace saker::accounts {
namespace {

// ledger.entries.reason, as 020_ledger.sql explains it.
constexpr int kDepositEntry = 3;
constexpr int kWithdrawalEntry = 4;

constexpr const char* kTransferColumns =
    "transfer_id, kind, asset, status, decimals, amount, reason, engine_sequence, created_ms, "
    "updated_ms ";

template <class T>
std::optional<T> maybe(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<T>();
}

Transfer transfer_of(const pqxx::row& row) {
  Transfer t;
  t.transfer_id = row["transfer_id"].as<std::uint64_t>();
  t.kind = row["kind"].as<std::string>();
  t.asset = row["asset"].as<std::string>();
  t.status = row["status"].as<std::string>();
  t.decimals = row["decimals"].as<unsigned>();
  t.amount = row["amount"].as<Minor>();
  t.reason = maybe<std::string>(row["reason"]);
  t.engine_sequence = maybe<std::int64_t>(row["engine_sequence"]);
  t.created_ms = row["created_ms"].as<std::int64_t>();
  t.updated_ms = row["updated_ms"].as<std::int64_t>();
  return t;
}

OutboxKind kind_of(const std::string& word) {
  for (const OutboxKind kind : {OutboxKind::deposit, OutboxKind::hold, OutboxKind::pay}) {
    if (word == outbox_word(kind)) return kind;
  }
  return OutboxKind::void_hold;
}

OutboxCommand command_of(const pqxx::row& row) {
  return {row["outbox_id"].as<std::uint64_t>(), row["transfer_id"].as<std::uint64_t>(),
          kind_of(row["command"].as<std::string>()), row["account_id"].as<std::uint32_t>(),
          row["asset_id"].as<std::uint32_t>(), row["amount"].as<Minor>()};
}

/// Locks the user's row, so that limits are counted by one request of the user at a time.
std::uint32_t lock_account(pqxx::work& tx, std::uint64_t user_id) {
  const pqxx::result rows = tx.exec_params(
      "SELECT account_id FROM payments.accounts WHERE user_id = $1 FOR UPDATE", user_id);
  if (rows.empty() || rows[0][0].is_null()) {
    throw web::unavailable("your account is being opened; try again in a moment");
  }
  return rows[0][0].as<std::uint32_t>();
}

std::optional<Transfer> earlier_request(pqxx::work& tx, const TransferRequest& r) {
  if (r.request_key.empty()) return std::nullopt;
  const pqxx::result rows =
      tx.exec_params(std::string("SELECT ") + kTransferColumns +
                         ", asset_id, destination FROM payments.transfers "
                         "WHERE user_id = $1 AND request_key = $2",
                     r.user_id, r.request_key);
  if (rows.empty()) return std::nullopt;
  const Transfer earlier = transfer_of(rows[0]);
  if (earlier.kind != r.kind || earlier.amount != r.amount ||
      rows[0]["asset_id"].as<std::uint32_t>() != r.asset.id ||
      rows[0]["destination"].as<std::string>() != r.destination) {
    throw web::conflict("this Idempotency-Key was used for another transfer");
  }
  return earlier;
}

void check_limits(pqxx::work& tx, const TransferRequest& r) {
  if (r.kind == "withdrawal") {
    if (const auto reason = alarm(tx)) {
      throw web::unavailable("withdrawals are stopped while the books are being checked");
    }
  }
  if (r.kind == "deposit" && r.daily_limit > 0) {
    const auto sum = tx.exec_params(
        "SELECT coalesce(sum(amount), 0) + $3::bigint > $4::bigint FROM payments.transfers "
        "WHERE user_id = $1 AND asset_id = $2 AND kind = 'deposit' AND status <> 'refused' "
        "AND created_ms > $5",
        r.user_id, r.asset.id, r.amount, r.daily_limit, r.now_ms - 86'400'000);
    if (sum[0][0].as<bool>()) {
      throw web::ApiError(409, "LIMIT_EXCEEDED",
                          "this is more test money than one may deposit in 24 hours");
    }
  }
}

/// The primary key decides: of two claims at one time the second sees the first.
void claim_faucet(pqxx::work& tx, const TransferRequest& r, std::uint64_t transfer_id) {
  const pqxx::result claimed = tx.exec_params(
      "INSERT INTO payments.faucet_claims AS c (user_id, asset_id, claimed_ms, transfer_id) "
      "VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, asset_id) DO UPDATE SET "
      "claimed_ms = EXCLUDED.claimed_ms, transfer_id = EXCLUDED.transfer_id "
      "WHERE c.claimed_ms <= EXCLUDED.claimed_ms - $5::bigint RETURNING 1",
      r.user_id, r.asset.id, r.now_ms, transfer_id, r.faucet_interval_ms);
  if (!claimed.empty()) return;
  const auto last = tx.exec_params(
      "SELECT claimed_ms FROM payments.faucet_claims WHERE user_id = $1 AND asset_id = $2",
      r.user_id, r.asset.id);
  const std::int64_t wait_ms = last[0][0].as<std::int64_t>() + r.faucet_interval_ms - r.now_ms;
  web::ApiError error = web::rate_limited(static_cast<unsigned>(wait_ms / 1'000 + 1));
  throw error;
}

OutboxCommand add_command(pqxx::work& tx, std::uint64_t transfer_id, OutboxKind kind,
                          std::uint32_t account, std::uint32_t asset, Minor amount,
                          std::int64_t now_ms) {
  const auto id = tx.exec_params("INSERT INTO payments.outbox (transfer_id, command, created_ms) "
                                 "VALUES ($1, $2, $3) RETURNING outbox_id",
                                 transfer_id, outbox_word(kind), now_ms)[0][0]
                      .as<std::uint64_t>();
  return {id, transfer_id, kind, account, asset, amount};
}

void record(pqxx::work& tx, const OutboxDecision& d, std::int64_t payout_delay_ms,
            std::int64_t now_ms) {
  const char* status = "refused";
  if (d.done) {
    switch (d.command.kind) {
      case OutboxKind::deposit: status = "completed"; break;
      case OutboxKind::hold: status = "held"; break;
      case OutboxKind::pay: status = "paid"; break;
      case OutboxKind::void_hold: status = "void"; break;
    }
  }
  std::optional<std::string> reason, sequence, payout_ms;
  if (!d.done) reason = client::reason_word(d.reason);
  if (d.done && d.command.kind == OutboxKind::void_hold) reason = "PAYOUT_REFUSED";
  if (d.engine_sequence != 0) sequence = std::to_string(d.engine_sequence);
  if (d.done && d.command.kind == OutboxKind::hold) {
    payout_ms = std::to_string(now_ms + payout_delay_ms);
  }
  const auto changed = tx.exec_params(
      "UPDATE payments.outbox SET state = $2, engine_sequence = $3::bigint, reason = $4::text, "
      "decided_ms = $5 WHERE outbox_id = $1 AND state = 'open'",
      d.command.outbox_id, d.done ? "done" : "refused", sequence.has_value() ? sequence->c_str()
                                                                             : nullptr,
      reason ? reason->c_str() : nullptr, now_ms);
  if (changed.affected_rows() == 0) return;  // recorded already
  tx.exec_params(
      "UPDATE payments.transfers SET status = $2, reason = $3::text, "
      "engine_sequence = coalesce($4::bigint, engine_sequence), "
      "payout_ms = coalesce($5::bigint, payout_ms), updated_ms = $6 WHERE transfer_id = $1",
      d.command.reference, status, reason ? reason->c_str() : nullptr,
      sequence ? sequence->c_str() : nullptr, payout_ms ? payout_ms->c_str() : nullptr, now_ms);
  // A claim that brought nothing may be made again.
  if (!d.done) {
    tx.exec_params("DELETE FROM payments.faucet_claims WHERE transfer_id = $1",
                   d.command.reference);
  }
}

}  // namespace

Booked book_transfer(pqxx::work& tx, const TransferRequest& r) {
  const std::uint32_t account = lock_account(tx, r.user_id);
  if (auto earlier = earlier_request(tx, r)) return {*earlier, std::nullopt};
  check_limits(tx, r);
  const char* key = r.request_key.empty() ? nullptr : r.request_key.c_str();
  Booked booked;
  booked.transfer = transfer_of(
      tx.exec_params(std::string("INSERT INTO payments.transfers (user_id, account_id, kind, "
                                 "asset_id, asset, decimals, amount, destination, request_key, "
                                 "created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
                                 "$9::text, $10, $10) RETURNING ") +
                         kTransferColumns,
                     r.user_id, account, r.kind, r.asset.id, r.asset.symbol, r.asset.decimals,
                     r.amount, r.destination, key, r.now_ms)[0]);
  if (r.kind == "faucet") claim_faucet(tx, r, booked.transfer.transfer_id);
  const OutboxKind kind = r.kind == "withdrawal" ? OutboxKind::hold : OutboxKind::deposit;
  booked.command = add_command(tx, booked.transfer.transfer_id, kind, account, r.asset.id,
                               r.amount, r.now_ms);
  return booked;
}

std::vector<Transfer> record_decisions(pqxx::work& tx,
                                       const std::vector<OutboxDecision>& decisions,
                                       std::int64_t payout_delay_ms, std::int64_t now_ms) {
  std::vector<Transfer> transfers;
  for (const OutboxDecision& decision : decisions) {
    record(tx, decision, payout_delay_ms, now_ms);
    transfers.push_back(transfer_of(
        tx.exec_params(std::string("SELECT ") + kTransferColumns +
                           "FROM payments.transfers WHERE transfer_id = $1",
                       decision.command.reference)[0]));
  }
  return transfers;
}

std::vector<OutboxCommand> begin_payouts(pqxx::work& tx, const std::string& void_prefix,
                                         std::int64_t now_ms) {
  std::vector<OutboxCommand> commands;
  const bool blocked = alarm(tx).has_value();
  const pqxx::result due = tx.exec_params(
      "SELECT transfer_id, account_id, asset_id, amount, destination "
      "FROM payments.transfers t WHERE status = 'held' AND payout_ms <= $1 "
      "AND NOT EXISTS (SELECT FROM payments.outbox o WHERE o.transfer_id = t.transfer_id "
      "AND command IN ('pay', 'void')) ORDER BY payout_ms LIMIT 100 FOR UPDATE",
      now_ms);
  for (const pqxx::row& row : due) {
    const std::string destination = row["destination"].as<std::string>();
    const bool refuse = !void_prefix.empty() && destination.starts_with(void_prefix);
    if (blocked && !refuse) continue;
    commands.push_back(add_command(tx, row["transfer_id"].as<std::uint64_t>(),
                                   refuse ? OutboxKind::void_hold : OutboxKind::pay,
                                   row["account_id"].as<std::uint32_t>(),
                                   row["asset_id"].as<std::uint32_t>(), row["amount"].as<Minor>(),
                                   now_ms));
  }
  return commands;
}

std::vector<OutboxCommand> open_commands(pqxx::work& tx, std::int64_t before_ms) {
  std::vector<OutboxCommand> commands;
  for (const pqxx::row& row : tx.exec_params(
           "SELECT outbox_id, o.transfer_id, command, account_id, asset_id, amount "
           "FROM payments.outbox o JOIN payments.transfers USING (transfer_id) "
           "WHERE o.state = 'open' AND o.created_ms < $1 ORDER BY outbox_id",
           before_ms)) {
    commands.push_back(command_of(row));
  }
  return commands;
}

LookUpAnswer look_up(pqxx::work& tx, const std::vector<OutboxCommand>& commands) {
  LookUpAnswer answer;
  answer.cursor = UINT64_MAX;
  for (const OutboxCommand& c : commands) {
    const int reason = c.kind == OutboxKind::deposit ? kDepositEntry : kWithdrawalEntry;
    // One statement is one snapshot: a cursor that was read before may have been taken back since.
    const auto row = tx.exec_params(
        "SELECT (SELECT coalesce(max(sequence), 0) FROM ledger.cursor), coalesce(max(sequence), 0) "
        "FROM ledger.entries "
        "WHERE reference = $1 AND account = $2 AND reason = $3 AND reason IN (3, 4)",
        c.reference, c.account, reason);
    answer.cursor = std::min(answer.cursor, row[0][0].as<Sequence>());
    answer.found.push_back({c.outbox_id, row[0][1].as<Sequence>()});
  }
  return answer;
}

Sequence settlement_cursor(pqxx::work& tx) {
  return tx.exec("SELECT coalesce(max(sequence), 0) FROM ledger.cursor")[0][0].as<Sequence>();
}

std::optional<std::string> alarm(pqxx::work& tx) {
  const pqxx::result row = tx.exec("SELECT blocked, reason FROM ledger.withdrawals");
  if (row.empty() || !row[0][0].as<bool>()) return std::nullopt;
  return row[0][1].is_null() ? std::string() : row[0][1].as<std::string>();
}

Directory load_directory(pqxx::work& tx) {
  Directory directory;
  std::uint32_t expected = 0;
  bool gap = false;
  for (const pqxx::row& row : tx.exec("SELECT user_id, state, account_id, group_id "
                                      "FROM payments.accounts ORDER BY account_id, user_id")) {
    const auto user = row["user_id"].as<std::uint64_t>();
    if (row["account_id"].is_null()) {
      directory.waiting.push_back(user);
      continue;
    }
    directory.last = {user, row["group_id"].as<std::uint32_t>(),
                      row["account_id"].as<std::uint32_t>()};
    directory.open.push_back(directory.last);
    if (expected != 0 && directory.last.account != expected) gap = true;
    expected = directory.last.account + 1;
    if (!gap) directory.scan_after = directory.last.account;
  }
  return directory;
}

std::uint32_t want_account(pqxx::work& tx, std::uint64_t user_id, std::int64_t now_ms) {
  tx.exec_params("INSERT INTO payments.accounts (user_id, created_ms) VALUES ($1, $2) "
                 "ON CONFLICT (user_id) DO NOTHING",
                 user_id, now_ms);
  const auto row = tx.exec_params(
      "SELECT coalesce(account_id, 0) FROM payments.accounts WHERE user_id = $1", user_id);
  return row[0][0].as<std::uint32_t>();
}

void record_opened(pqxx::work& tx, const std::vector<OpenedAccount>& opened,
                   std::int64_t now_ms) {
  for (const OpenedAccount& account : opened) {
    tx.exec_params("UPDATE payments.accounts SET state = 'open', account_id = $2, group_id = $3, "
                   "opened_ms = $4 WHERE user_id = $1 AND state = 'waiting'",
                   account.user_id, account.account, account.group, now_ms);
  }
}

std::vector<Transfer> list_transfers(pqxx::work& tx, std::uint64_t user_id, std::size_t limit,
                                     std::uint64_t before) {
  std::vector<Transfer> transfers;
  for (const pqxx::row& row :
       tx.exec_params(std::string("SELECT ") + kTransferColumns +
                          "FROM payments.transfers WHERE user_id = $1 AND transfer_id < $2 "
                          "ORDER BY transfer_id DESC LIMIT $3",
                      user_id, before == 0 ? INT64_MAX : static_cast<std::int64_t>(before),
                      limit)) {
    transfers.push_back(transfer_of(row));
  }
  return transfers;
}

std::vector<std::pair<std::uint32_t, std::int64_t>> faucet_claims(pqxx::work& tx,
                                                                  std::uint64_t user_id) {
  std::vector<std::pair<std::uint32_t, std::int64_t>> claims;
  for (const pqxx::row& row : tx.exec_params(
           "SELECT asset_id, claimed_ms FROM payments.faucet_claims WHERE user_id = $1",
           user_id)) {
    claims.emplace_back(row[0].as<std::uint32_t>(), row[1].as<std::int64_t>());
  }
  return claims;
}

}  // namespace saker::accounts
