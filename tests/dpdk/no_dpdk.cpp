// Stands for dpdk_parties.cpp in a build without DPDK.
#include "tests/dpdk/flow_transport.hpp"

namespace saker::tests {

Floor::OpenTransport dpdk_transport_maker(const TransportOptions&) {
  return [](std::size_t, std::string& error) -> std::unique_ptr<AnyTransport> {
    error = "this program was built without DPDK";
    return nullptr;
  };
}

}  // namespace saker::tests
