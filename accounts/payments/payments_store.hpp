// The payments schema in functions: each is a part of a transaction. Amounts in minor units,
// times UTC milliseconds. Limits and single claims are decided by row locks and unique keys.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "accounts/payments/catalogue.hpp"
#include "accounts/payments/opener.hpp"
#include "accounts/payments/transfers.hpp"

namespace saker::accounts {

/// What a user asks for.
struct TransferRequest {
  std::uint64_t user_id = 0;
  std::string kind;  // deposit, withdrawal, faucet
  Asset asset;
  Minor amount = 0;
  std::string destination;  // withdrawal
  std::string request_key;  // empty: none
  std::int64_t now_ms = 0;
  Minor daily_limit = 0;               // deposit; 0: none
  std::int64_t faucet_interval_ms = 0;  // faucet
};

/// A transfer and, when it is new, what the engine is to be told.
struct Booked {
  Transfer transfer;
  std::optional<OutboxCommand> command;
};

/// Books a transfer and its first outbox row. The same request_key again gives the transfer that
/// the first one made. Throws ApiError: UNAVAILABLE while the engine account is not open or, for
/// withdrawals, while the reconciliation alarm is set; RATE_LIMITED for a faucet claim that comes
/// too early; CONFLICT for a request_key that meant something else; 409 LIMIT_EXCEEDED.
Booked book_transfer(pqxx::work& tx, const TransferRequest& request);

/// Records decisions that are not recorded yet; the transfers as they are now.
std::vector<Transfer> record_decisions(pqxx::work& tx, const std::vector<OutboxDecision>& decisions,
                      std::int64_t payout_delay_ms, std::int64_t now_ms);

/// Held withdrawals that are due get their outbox row: void for destinations that begin with
/// `void_prefix`, else pay; none to pay while the alarm is set.
std::vector<OutboxCommand> begin_payouts(pqxx::work& tx, const std::string& void_prefix,
                                         std::int64_t now_ms);

/// Open outbox rows made before `before_ms`.
std::vector<OutboxCommand> open_commands(pqxx::work& tx, std::int64_t before_ms);

/// What the ledger says of deposits and of withdrawals that were paid, and up to where it had come,
/// all of one snapshot.
LookUpAnswer look_up(pqxx::work& tx, const std::vector<OutboxCommand>& commands);

/// Up to where settlement has come; 0: it has not begun.
Sequence settlement_cursor(pqxx::work& tx);

/// The reason of the alarm that blocks withdrawals, or nothing.
std::optional<std::string> alarm(pqxx::work& tx);

struct Directory {
  std::vector<OpenedAccount> open;
  std::vector<std::uint64_t> waiting;  // users
  OpenedAccount last;                  // the highest account
  std::uint32_t scan_after = 0;        // every account up to it is known
};
Directory load_directory(pqxx::work& tx);
/// Makes the user's row; their account if it is open, else 0.
std::uint32_t want_account(pqxx::work& tx, std::uint64_t user_id, std::int64_t now_ms);
void record_opened(pqxx::work& tx, const std::vector<OpenedAccount>& opened, std::int64_t now_ms);

/// Own transfers below `before` (0: from the newest), newest first, at most `limit`.
std::vector<Transfer> list_transfers(pqxx::work& tx, std::uint64_t user_id, std::size_t limit,
                                     std::uint64_t before);
/// When the user last claimed which asset.
std::vector<std::pair<std::uint32_t, std::int64_t>> faucet_claims(pqxx::work& tx,
                                                                  std::uint64_t user_id);

}  // namespace saker::accounts
