// saker-marketdata as an application of web/service.hpp.
#pragma once

#include "marketdata/market_store.hpp"
#include "web/service.hpp"

namespace saker::marketdata {

class MarketData : public web::Application {
 public:
  explicit MarketData(web::ServiceContext& context);

  void start() override;
  bool ready(std::string& why_not) override;
  void stop(std::function<void()> done) override;

 private:
  web::Response candles(const web::Request& request);
  web::Response trades(const web::Request& request);
  web::Response statistics(const web::Request& request);
  void declare_metrics(web::Metrics& metrics);
  /// Asks the database what memory cannot answer. 503 when there is none.
  template <class Read>
  auto from_database(Read read);

  web::Loop& loop_;
  MarketBook book_;
  MarketSink sink_;
  events::WorkerConfig config_;
  events::JournalWorker worker_;
  std::unique_ptr<events::Database> reader_;  // the loop's own
};

}  // namespace saker::marketdata
