// Workers and the echo over UDP sockets.
#include "bench/pin.hpp"
#include "bench/work.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::bench {

namespace {

std::unique_ptr<net::UdpTransport> open_socket_end(const End& end, std::string& error) {
  net::UdpConfig config;
  config.bind = end.local;
  config.kernel_timestamps = false;  // nobody looks at them at this end
  return net::UdpTransport::open(config, error);
}

}  // namespace

void work_over_sockets(const WorkerSetup& setup, WorkerShared& shared, int fd) {
  std::string error;
  const auto transport = open_socket_end(setup.end, error);
  if (transport == nullptr) return fail(shared, fd, error);
  pin_thread(0, setup.cpu, setup.realtime ? kSpinPriority : kOrdinary);
  UtcClock clock;
  work(*transport, clock, setup, shared, fd);
}

std::string echo_over_sockets(const End& end, int report_fd) {
  std::string error;
  const auto transport = open_socket_end(end, error);
  if (transport == nullptr) return error;
  const std::uint16_t port = transport->local().port;
  if (::write(report_fd, &port, sizeof port) != sizeof port) return "nobody waits for the echo";
  echo_for_ever(*transport);
}

}  // namespace saker::bench
