// The trading operations of the public API, the same for REST and WebSocket: read, checked, carried
// out, answered as JSON. Every one of them acts for the account of the identity it is given, and
// looks at nothing else.
#pragma once

#include "gateway/order_desk.hpp"
#include "gateway/token_bucket.hpp"
#include "web/access_token.hpp"
#include "web/rate_limit.hpp"

namespace saker::gateway {

struct Answer {
  std::optional<web::ApiError> error;
  std::string json;  // the result object, when there is no error
};
using AnswerDone = std::function<void(const Answer&)>;

class TradeApi {
 public:
  /// `order_rate`: of one account.
  TradeApi(Schedule& schedule, const RateLimit& order_rate, const Markets& markets,
           Accounts& accounts, OrderDesk& desk);

  // All throw ApiError when nothing was done; otherwise `done` is called once, maybe at once.
  void place_order(const web::Identity& who, const web::Fields& fields, AnswerDone done);
  void replace_order(const web::Identity& who, const web::Fields& fields, AnswerDone done);
  void cancel_order(const web::Identity& who, const web::Fields& fields, AnswerDone done);
  void cancel_all(const web::Identity& who, const web::Fields& fields, AnswerDone done);
  /// status=open; market?, limit?, before?, at_least?
  void open_orders(const web::Identity& who, const web::Fields& fields, AnswerDone done);
  void balances(const web::Identity& who, const web::Fields& fields, AnswerDone done);

  /// Throws ApiError CONFLICT for a customer whose account in the engine is not open yet.
  static void need_account(const web::Identity& who);
  /// The log sequence that a read of this customer must include: what they have been told of, or
  /// what they ask for with `at_least`.
  Sequence at_least(const web::Identity& who, const web::Fields& fields) const;

 private:
  void limit_rate(const web::Identity& who);
  std::string order_json(const CommandResult& result, bool with_fills) const;
  void answer_order(const CommandResult& result, bool with_fills, const AnswerDone& done) const;

  Schedule& schedule_;
  const Markets& markets_;
  Accounts& accounts_;
  OrderDesk& desk_;
  web::RateLimit order_rate_;
};

}  // namespace saker::gateway
