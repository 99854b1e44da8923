// The HTTP side of the public API: every route of the gateway is added here and nowhere else.
#pragma once

#include "gateway/evidence_api.hpp"
#include "gateway/history_loader.hpp"
#include "gateway/proxy.hpp"
#include "gateway/trade_api.hpp"
#include "gateway/venue_link.hpp"
#include "web/server.hpp"

namespace saker::gateway {

class RestApi {
 public:
  struct Parts {
    web::Loop& loop;
    const Markets& markets;
    MarketStates& states;
    TradeApi& trade;
    OrderDesk& desk;
    Accounts& accounts;
    VenueLink& venue;
    Proxy& to_accounts;
    EvidenceApi& evidence;
    std::unique_ptr<web::HttpClient>& marketdata;  // there once the gateway has started
  };
  explicit RestApi(const Parts& parts) : parts_(parts) {}
  void add_routes(web::Server& server);

 private:
  web::Response get_markets(const web::Request& request);
  web::Response get_depth(const web::Request& request);
  web::Response get_ticker(const web::Request& request);
  web::Response get_recent_trades(const web::Request& request);
  void get_ohlcv(const web::Request& request, web::Responder responder);
  std::string ohlcv_json(const Market& market, const std::string& interval, bool live,
                         std::size_t limit, std::vector<Candle> candles);
  void get_orders(const web::Request& request, web::Responder responder);

  using Operation = void (TradeApi::*)(const web::Identity&, const web::Fields&, AnswerDone);
  /// A trading operation whose fields are the JSON body, or the query.
  web::Handler from_body(Operation operation);
  web::Handler from_query(Operation operation);
  void carry_out(Operation operation, const web::Request& request, const web::Fields& fields,
                 web::Responder responder);

  void add_proxied(web::Server& server);
  /// As it is; reads wait for what the customer has seen, and what they are told they have seen.
  web::Handler to_accounts();
  void note_sequence(std::uint32_t account, const std::string& body);

  Parts parts_;
};

}  // namespace saker::gateway
