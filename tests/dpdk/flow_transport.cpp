#include "tests/dpdk/flow_transport.hpp"

#include "net/socket_fallback/udp_transport.hpp"

namespace saker::tests {

Floor::OpenTransport transport_maker(const TransportOptions& options) {
  if (!options.dpdk.empty()) return dpdk_transport_maker(options);
  return [](std::size_t, std::string& error) -> std::unique_ptr<AnyTransport> {
    auto socket = net::UdpTransport::open({}, error);
    return socket == nullptr ? nullptr : boxed(std::move(socket));
  };
}

}  // namespace saker::tests
