// saker-marketdata: candles, recent trades and statistics from the event journal.
#include "marketdata/marketdata.hpp"

int main(int argc, char** argv) {
  return saker::web::service_main<saker::marketdata::MarketData>(
      argc, argv,
      {"marketdata", "Makes candles from the event journal and answers for the gateway.", 4,
       "marketdata/marketdata.toml"});
}
