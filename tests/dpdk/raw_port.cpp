#include "tests/dpdk/raw_port.hpp"

#include <algorithm>
#include <cstring>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace saker::tests {

std::unique_ptr<RawPort> RawPort::open(const std::string& name, std::string& error) {
  std::uint16_t port = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0) {
    error = "DPDK has no port " + name;
    return nullptr;
  }
  constexpr unsigned kBuffers = 8'191, kCache = 256;
  rte_mempool* pool = rte_pktmbuf_pool_create("raw_frames", kBuffers, kCache, 0,
                                              RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == nullptr) {
    error = "no memory for raw frames";
    return nullptr;
  }
  return std::unique_ptr<RawPort>(new RawPort(port, pool));
}

std::size_t RawPort::send(std::span<const std::span<const std::byte>> frames) {
  constexpr std::size_t kBurst = 64;
  rte_mbuf* burst[kBurst];
  const auto count = static_cast<unsigned>(std::min(frames.size(), kBurst));
  if (rte_pktmbuf_alloc_bulk(static_cast<rte_mempool*>(pool_), burst, count) != 0) return 0;
  for (unsigned i = 0; i < count; ++i) {
    std::memcpy(rte_pktmbuf_mtod(burst[i], void*), frames[i].data(), frames[i].size());
    burst[i]->data_len = static_cast<std::uint16_t>(frames[i].size());
    burst[i]->pkt_len = burst[i]->data_len;
  }
  const unsigned sent = rte_eth_tx_burst(port_, 0, burst, static_cast<std::uint16_t>(count));
  if (sent < count) rte_pktmbuf_free_bulk(burst + sent, count - sent);
  return sent;
}

}  // namespace saker::tests
