// The routes of money that comes and goes: faucet, deposit, withdrawal, transfers.
#pragma once

#include "accounts/payments/payments.hpp"
#include "web/server.hpp"

namespace saker::accounts {

/// Throws UNAUTHENTICATED when the request's session was ended.
using RequireLive = std::function<void(const web::Request&)>;

class PaymentsApi {
 public:
  PaymentsApi(web::Loop& loop, Payments& payments, Database& database, RequireLive require_live)
      : loop_(loop),
        payments_(payments),
        database_(database),
        require_live_(std::move(require_live)) {}

  std::vector<web::Route> routes();

 private:
  void get_faucet(const web::Request& request, web::Responder responder);
  void claim_faucet(const web::Request& request, web::Responder responder);
  void deposit(const web::Request& request, web::Responder responder);
  void withdraw(const web::Request& request, web::Responder responder);
  void get_transfers(const web::Request& request, web::Responder responder);

  std::int64_t now_ms() { return static_cast<std::int64_t>(loop_.utc_ns() / 1'000'000); }
  TransferRequest begin(const web::Request& request, const web::Fields& body, const char* kind,
                        const AssetRules*& rules);
  void carry_out(TransferRequest request, web::Responder responder);

  web::Loop& loop_;
  Payments& payments_;
  Database& database_;
  RequireLive require_live_;
};

}  // namespace saker::accounts
