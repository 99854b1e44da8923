#include "tests/dpdk/flow_transport.hpp"

#include "net/impaired.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::tests {

namespace {

/// Around any other: loses, doubles and reorders.
class ImpairedTransport final : public AnyTransport {
 public:
  ImpairedTransport(std::unique_ptr<AnyTransport> inner, const net::ImpairedConfig& config)
      : inner_(std::move(inner)), bad_(*inner_, config) {}
  std::span<net::Datagram> receive() override { return bad_.receive(); }
  std::span<std::byte> reserve() override { return bad_.reserve(); }
  void commit(net::Endpoint to, std::size_t size) override { bad_.commit(to, size); }
  bool send(net::Endpoint to, std::span<const std::byte> bytes) override {
    return bad_.send(to, bytes);
  }
  std::size_t send_each(std::span<const net::Endpoint> to,
                        std::span<const std::byte> bytes) override {
    return bad_.send_each(to, bytes);
  }
  void flush() override { bad_.flush(); }
  net::ImpairedCounters impairments() const override {
    net::ImpairedCounters sum = bad_.inbound();
    sum.passed += bad_.outbound().passed;
    sum.lost += bad_.outbound().lost;
    sum.doubled += bad_.outbound().doubled;
    sum.reordered += bad_.outbound().reordered;
    return sum;
  }

 private:
  std::unique_ptr<AnyTransport> inner_;
  net::Impaired<AnyTransport> bad_;
};

Floor::OpenTransport impaired(Floor::OpenTransport good, const TransportOptions& options) {
  return [good = std::move(good), options](std::size_t party, std::string& error) {
    auto transport = good(party, error);
    if (transport == nullptr) return transport;
    const double share = options.loss_ppm / 1e6;
    const net::Impairment impairment{.loss = share, .duplicate = share, .reorder = share};
    const net::ImpairedConfig config{options.seed * 16 + party, impairment, impairment};
    transport = std::make_unique<ImpairedTransport>(std::move(transport), config);
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

}  // namespace saker::tests
