// DPDK's environment layer: started once per process by the first transport, in a thread of its
// own, so that neither the affinity of the caller nor that of any other thread is changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/dpdk/dpdk_config.hpp"

struct rte_mempool;

namespace saker::net {

struct EalState {
  bool pci = false;                 // devices on the PCI bus can be opened
  bool huge_pages = false;
  std::string memory;               // "128 MiB on 2 MiB pages"
  std::vector<std::string> notes;   // what the host did not grant
};

/// Starts the layer, or gives what the first call has started: later configurations do not change
/// it. nullptr with `error` when it cannot start, or has been started without what is needed now.
const EalState* start_eal(const DpdkConfig& config, std::string& error);

/// Gives the calling thread a number of DPDK's, which makes buffer pools quick for it. Once per
/// thread; taken back when the thread ends.
void adopt_this_thread();

enum class PoolKind : std::uint8_t { receive, send, header };

/// Buffers on `node`: one that was released and is big enough, or a new one, all of it touched.
/// nullptr when memory is short. Pools live as long as the process, since drivers and the other
/// end of an in-process wire may hold buffers for longer than their transport lives.
rte_mempool* take_pool(PoolKind kind, unsigned buffers, int node);
void release_pool(rte_mempool* pool);

}  // namespace saker::net
