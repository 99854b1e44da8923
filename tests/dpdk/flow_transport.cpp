#include "tests/dpdk/flow_transport.hpp"

#include <cstdio>

#include "net/impaired.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::tests {

namespace {

/// A transport that loses, doubles and reorders, and what it does that to.
struct BadNetwork : net::Impaired<AnyTransport> {
  BadNetwork(std::unique_ptr<AnyTransport> transport, const net::ImpairedConfig& config)
      : Impaired(*transport, config), good(std::move(transport)) {}
  std::unique_ptr<AnyTransport> good;
};

class ImpairedTransport final : public BoxedTransport<BadNetwork> {
 public:
  using BoxedTransport::BoxedTransport;
  net::ImpairedCounters impairments() const override {
    net::ImpairedCounters sum = inner().inbound();
    const net::ImpairedCounters& out = inner().outbound();
    sum.passed += out.passed;
    sum.lost += out.lost;
    sum.doubled += out.doubled;
    sum.reordered += out.reordered;
    return sum;
  }
};

Floor::OpenTransport impaired(Floor::OpenTransport good, const TransportOptions& options) {
  return [good = std::move(good), options](std::size_t party, std::string& error) {
    auto transport = good(party, error);
    if (transport == nullptr) return transport;
    const double share = options.loss_ppm / 1e6;
    const net::Impairment impairment{.loss = share, .duplicate = share, .reorder = share};
    const net::ImpairedConfig config{options.seed * 16 + party, impairment, impairment};
    auto bad = std::make_unique<BadNetwork>(std::move(transport), config);
    transport = std::make_unique<ImpairedTransport>(std::move(bad));
    return transport;
  };
}

Floor::OpenTransport good_transport_maker(const TransportOptions& options) {
  if (!options.dpdk.empty()) return dpdk_transport_maker(options);
  return [](std::size_t, std::string& error) -> std::unique_ptr<AnyTransport> {
    auto socket = net::UdpTransport::open({}, error);
    return socket == nullptr ? nullptr : boxed(std::move(socket));
  };
}

}  // namespace

Floor::OpenTransport transport_maker(const TransportOptions& options) {
  Floor::OpenTransport good = good_transport_maker(options);
  return options.loss_ppm == 0 ? good : impaired(std::move(good), options);
}

void keep_wire(const TransportOptions& options) {
  if (!options.stay) return;
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace saker::tests
