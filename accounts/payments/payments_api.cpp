#include "accounts/payments/payments_api.hpp"

#include <algorithm>

#include "client/reasons.hpp"
#include "common/decimal.hpp"

namespace saker::accounts {
namespace {

using web::Access;
using web::Method;
using web::Request;
using web::Responder;

constexpr std::size_t kSmallBody = 4'096;

void write_transfer(web::Writer& out, const Transfer& t) {
  out.begin_object().field_id("transfer_id", t.transfer_id).field("kind", t.kind);
  out.field("asset", t.asset);
  out.field("amount", format_decimal(t.amount, t.decimals, t.decimals));
  out.field("status", t.status).field("reason", t.reason);
  out.field("created_at", t.created_ms).field("updated_at", t.updated_ms).end_object();
}

web::Response transfer_response(const Transfer& t) {
  if (t.status == "refused") {
    const std::string reason = t.reason.value_or("REFUSED");
    return web::error_response(422, reason, "the venue refused this transfer: " + reason);
  }
  web::Writer out;
  out.begin_object().key("transfer");
  write_transfer(out, t);
  out.field("sequence", t.engine_sequence).end_object();
  // "pending": booked, and bound to be decided, but not yet; the list of transfers will tell.
  return web::json_response(out.take());
}

/// Minor units of a rule; 0 when the rule is not there or has more places than the asset.
Minor rule_minor(const std::string& text, const Asset& asset) {
  return text.empty() ? 0 : parse_decimal(text, asset.decimals).value_or(0);
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

std::string request_key(const Request& request) {
  const std::string key(request.header("Idempotency-Key"));
  if (key.size() > 128 || !printable(key)) {
    throw web::invalid_request("Idempotency-Key must be at most 128 printable characters");
  }
  return key;
}

const AssetRules* rules_of(const PaymentsConfig& config, std::string_view symbol) {
  const auto at = std::find_if(config.assets.begin(), config.assets.end(),
                               [&](const AssetRules& rules) { return rules.symbol == symbol; });
  return at == config.assets.end() ? nullptr : &*at;
}

}  // namespace

std::vector<web::Route> PaymentsApi::routes() {
  return {
      {Method::Get, "/api/faucet", Access::ServiceUser, "get_faucet",
       to(this, &PaymentsApi::get_faucet)},
      {Method::Post, "/api/faucet", Access::ServiceUser, "claim_faucet",
       to(this, &PaymentsApi::claim_faucet), kSmallBody},
      {Method::Post, "/api/deposit", Access::ServiceUser, "deposit",
       to(this, &PaymentsApi::deposit), kSmallBody},
      {Method::Post, "/api/withdrawal", Access::ServiceUser, "withdraw",
       to(this, &PaymentsApi::withdraw), kSmallBody},
      {Method::Get, "/api/transfers", Access::ServiceUser, "get_transfers",
       to(this, &PaymentsApi::get_transfers)},
  };
}

TransferRequest PaymentsApi::begin(const Request& request, const web::Fields& body,
                                   const char* kind, const AssetRules*& rules) {
  require_live_(request);
  TransferRequest transfer;
  transfer.user_id = request.identity().user;
  transfer.kind = kind;
  transfer.now_ms = now_ms();
  transfer.request_key = request_key(request);
  const std::string symbol = body.need_text("asset", 16);
  const Asset* asset = payments_.catalogue().asset(symbol);
  rules = rules_of(payments_.config(), symbol);
  if (asset == nullptr || rules == nullptr) body.fail("asset", "is none of the assets offered");
  transfer.asset = *asset;
  return transfer;
}

void PaymentsApi::carry_out(TransferRequest request, Responder responder) {
  auto shared = std::make_shared<Responder>(std::move(responder));
  payments_.transfer(std::move(request), [shared](const DbResult<Transfer>& result) {
    if (result) {
      shared->answer(transfer_response(*result.value));
    } else {
      shared->answer(*result.error);
    }
  });
}

void PaymentsApi::get_faucet(const Request& request, Responder responder) {
  require_live_(request);
  struct Line {
    Asset asset;
    Minor amount;
  };
  std::vector<Line> lines;
  for (const AssetRules& rules : payments_.config().assets) {
    const Asset* asset = payments_.catalogue().asset(rules.symbol);
    if (asset == nullptr) continue;
    const Minor amount = rule_minor(rules.faucet, *asset);
    if (amount > 0) lines.push_back({*asset, amount});
  }
  database_.answer(
      Database::Mode::read, std::move(responder),
      [lines, user = request.identity().user, now = now_ms(),
       interval = payments_.config().faucet_interval_ms](pqxx::work& tx) {
        const auto claims = faucet_claims(tx, user);
        web::Writer out;
        out.begin_object().key("assets").begin_array();
        for (const Line& line : lines) {
          std::optional<std::int64_t> next_ms;
          for (const auto& [asset, claimed_ms] : claims) {
            if (asset == line.asset.id && claimed_ms + interval > now) {
              next_ms = claimed_ms + interval;
            }
          }
          out.begin_object().field("asset", line.asset.symbol);
          const unsigned decimals = line.asset.decimals;
          out.field("amount", format_decimal(line.amount, decimals, decimals));
          out.field("next_claim_at", next_ms).end_object();
        }
        out.end_array().end_object();
        return web::json_response(out.take());
      });
}

void PaymentsApi::claim_faucet(const Request& request, Responder responder) {
  const web::Fields body = request.json();
  const AssetRules* rules = nullptr;
  TransferRequest transfer = begin(request, body, "faucet", rules);
  body.reject_unknown();
  transfer.amount = rule_minor(rules->faucet, transfer.asset);
  if (transfer.amount <= 0) body.fail("asset", "is not given by the faucet");
  transfer.faucet_interval_ms = payments_.config().faucet_interval_ms;
  carry_out(std::move(transfer), std::move(responder));
}

void PaymentsApi::deposit(const Request& request, Responder responder) {
  const web::Fields body = request.json();
  const AssetRules* rules = nullptr;
  TransferRequest transfer = begin(request, body, "deposit", rules);
  transfer.amount = body.need_decimal("amount", transfer.asset.decimals);
  body.reject_unknown();
  const Minor most = rule_minor(rules->deposit_max, transfer.asset);
  transfer.daily_limit = rule_minor(rules->deposit_daily, transfer.asset);
  if (most <= 0) body.fail("asset", "cannot be deposited");
  if (transfer.amount <= 0) body.fail("amount", "must be above zero");
  if (transfer.amount > most) body.fail("amount", "may be at most " + rules->deposit_max);
  carry_out(std::move(transfer), std::move(responder));
}

void PaymentsApi::withdraw(const Request& request, Responder responder) {
  const web::Fields body = request.json();
  const AssetRules* rules = nullptr;
  TransferRequest transfer = begin(request, body, "withdrawal", rules);
  transfer.amount = body.need_decimal("amount", transfer.asset.decimals);
  transfer.destination = body.need_text("destination", 128);
  body.reject_unknown();
  if (transfer.destination.empty() || !printable(transfer.destination)) {
    body.fail("destination", "must be 1 to 128 printable characters");
  }
  const Minor least = rule_minor(rules->withdrawal_min, transfer.asset);
  const Minor most = rule_minor(rules->withdrawal_max, transfer.asset);
  if (most <= 0) body.fail("asset", "cannot be withdrawn");
  if (transfer.amount <= 0) body.fail("amount", "must be above zero");
  if (transfer.amount < least) body.fail("amount", "must be at least " + rules->withdrawal_min);
  if (transfer.amount > most) body.fail("amount", "may be at most " + rules->withdrawal_max);
  carry_out(std::move(transfer), std::move(responder));
}

void PaymentsApi::get_transfers(const Request& request, Responder responder) {
  require_live_(request);
  const web::Fields query = request.query();
  const auto limit = static_cast<std::size_t>(query.integer("limit", 1, 500).value_or(50));
  const std::uint64_t before = query.id("before").value_or(0);
  if (before > INT64_MAX) query.fail("before", "is too large");
  query.reject_unknown();
  database_.answer(
      Database::Mode::read, std::move(responder),
      [user = request.identity().user, limit, before](pqxx::work& tx) {
        std::vector<Transfer> transfers = list_transfers(tx, user, limit + 1, before);
        std::optional<std::string> next;
        if (transfers.size() > limit) {
          transfers.pop_back();
          next = std::to_string(transfers.back().transfer_id);
        }
        web::Writer out;
        out.begin_object().key("transfers").begin_array();
        for (const Transfer& transfer : transfers) write_transfer(out, transfer);
        out.end_array().field("next", next).end_object();
        return web::json_response(out.take());
      });
}

}  // namespace saker::accounts
