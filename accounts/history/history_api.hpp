// The routes of a user's history: orders, trades, the statement. Each waits (bounded) until the
// ledger has reached the log sequence that the caller has seen, given as the header
// X-Saker-At-Least or the query's at_least.
#pragma once

#include "accounts/history/history_store.hpp"
#include "accounts/payments/payments.hpp"
#include "accounts/payments/payments_api.hpp"
#include "web/server.hpp"

namespace saker::accounts {

class HistoryApi {
 public:
  HistoryApi(Payments& payments, Database& database, RequireLive require_live)
      : payments_(payments), database_(database), require_live_(std::move(require_live)) {}

  std::vector<web::Route> routes();

 private:
  void get_orders(const web::Request& request, web::Responder responder);
  void get_order(const web::Request& request, web::Responder responder);
  void get_trades(const web::Request& request, web::Responder responder);
  void get_statement(const web::Request& request, web::Responder responder);

  ListQuestion list_question(const web::Request& request, const web::Fields& query) const;
  /// `work` on a worker once the ledger has reached `at_least`, else UNAVAILABLE.
  void answer_at(Sequence at_least, web::Responder responder,
                 std::function<web::Response(pqxx::work&)> work);

  Payments& payments_;
  Database& database_;
  RequireLive require_live_;
};

}  // namespace saker::accounts
