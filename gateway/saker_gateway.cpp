// saker-gateway: what customers and their browsers talk to.
#include "gateway/gateway.hpp"

int main(int argc, char** argv) {
  return saker::web::service_main<saker::gateway::Gateway>(
      argc, argv,
      {"gateway", "HTTP and WebSocket for customers and their browsers", 0,
       "gateway/gateway.toml"});
}
