// saker-engine: matches orders from UDP sockets.
#include "engine/engine_process.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::engine {
namespace {

struct SocketHost {
  using Transport = net::UdpTransport;
  using Time = UtcClock;
  static constexpr const char* kName = "saker-engine";
  static constexpr bool kBypass = false;

  ReadTransport reader() { return {}; }
  std::unique_ptr<Transport> open(ProcessConfig& config, std::uint16_t port, std::string& error) {
    config.udp.bind.port = port;
    return Transport::open(config.udp, error);
  }
  DeviceLocality locality(const Transport&) { return {}; }
  void control(Transport&) {}
  std::vector<CounterSpec> counters() { return {}; }
  void publish(Transport&, Counters&, std::uint32_t) {}
};

}  // namespace
}  // namespace saker::engine

int main(int argc, char** argv) {
  return saker::engine::engine_main<saker::engine::SocketHost>(argc, argv);
}
