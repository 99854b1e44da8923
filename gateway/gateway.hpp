// saker-gateway whole: the parts and how they are joined.
#pragma once

#include "gateway/loop_schedule.hpp"
#include "gateway/rest_api.hpp"
#include "gateway/socket_session.hpp"
#include "web/service.hpp"

namespace saker::gateway {

class Gateway : public web::Application, private VenueEvents {
 public:
  explicit Gateway(web::ServiceContext& context);

  void start() override;
  bool ready(std::string& why_not) override;
  void stop(std::function<void()> done) override;

 private:
  // VenueEvents.
  void on_outcome(const client::Outcome& outcome) override { desk_.on_outcome(outcome); }
  void on_report(const proto::Report& report) override { desk_.on_report(report); }
  void on_activity(const proto::Report& report) override { accounts_.on_activity(report); }
  void on_activity_complete(Sequence sequence) override { accounts_.on_complete(sequence); }
  void on_accounts_lost() override { accounts_.on_lost(); }
  void on_feed_restarted() override { channels_.restart(); }
  void on_feed_live(bool live) override;
  void on_turn() override { desk_.poll(); }

  void declare_metrics();
  void begin_timers();
  /// Looks whether the services behind the proxies are there.
  void look_at(web::HttpClient& service, bool& up);
  std::optional<web::ApiError> gate(const web::Request& request);

  web::ServiceContext& context_;
  web::Loop& loop_;
  LoopSchedule schedule_{loop_};
  GatewayConfig config_;
  Markets markets_;
  MarketStates states_;
  Accounts accounts_;
  OrderDesk desk_;
  PublicChannels channels_;
  VenueLink venue_;
  TradeApi trade_;
  std::shared_ptr<web::TokenVerifier> tokens_;
  std::unique_ptr<web::HttpClient> accounts_client_, marketdata_client_;
  Proxy to_accounts_{"accounts"};
  EvidenceApi evidence_;
  HistoryLoader history_;
  SocketHub hub_;
  RestApi rest_;
  bool accounts_up_ = false;
  bool marketdata_up_ = false;
  web::RateLimit request_rate_;
  web::Timer publish_timer_, poll_timer_, second_timer_;
};

}  // namespace saker::gateway
