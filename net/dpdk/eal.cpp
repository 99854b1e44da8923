#include "net/dpdk/eal.hpp"

#include <sched.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

namespace saker::net {

namespace {

struct Pool {
  rte_mempool* pool;
  PoolKind kind;
  unsigned buffers;
  int node;
  bool taken;
};

struct Process {
  std::mutex mutex;
  bool tried = false;
  bool running = false;
  std::string failure;
  EalState state;
  std::vector<std::string> arguments;  // DPDK keeps pointers into them
  std::vector<char*> argv;
  std::vector<Pool> pools;
};

/// Never destroyed: DPDK's own threads live until the very end.
Process& process() {
  static Process* const it = new Process;
  return *it;
}

std::uint64_t free_pages(std::uint64_t page_kib) {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-" + std::to_string(page_kib) +
                     "kB/free_hugepages");
  std::uint64_t count = 0;
  file >> count;
  return count;
}

/// The pages there are: what was asked for, else smaller ones, else plain memory.
DpdkMemory choose_memory(const DpdkConfig& config, std::vector<std::string>& notes) {
  const std::uint64_t wanted_kib = std::uint64_t{config.memory_mb} * 1'024;
  const auto enough = [wanted_kib](std::uint64_t page_kib) {
    return free_pages(page_kib) * page_kib >= wanted_kib;
  };
  if (config.memory == DpdkMemory::pages_1g) {
    if (enough(1'048'576)) return DpdkMemory::pages_1g;
    notes.push_back("fewer free 1 GiB pages than " + std::to_string(config.memory_mb) +
                    " MiB: hugepagesz=1G hugepages=N at boot reserves them");
  }
  if (config.memory != DpdkMemory::plain) {
    if (enough(2'048)) return DpdkMemory::pages_2m;
    notes.push_back("fewer free 2 MiB pages than " + std::to_string(config.memory_mb) +
                    " MiB: sysctl vm.nr_hugepages=" + std::to_string(config.memory_mb / 2) +
                    " reserves them");
    notes.push_back("packets lie in plain memory: more TLB misses, higher tail latency");
  }
  return DpdkMemory::plain;
}

const char* level_number(const std::string& level) {
  if (level == "debug") return "8";
  if (level == "info") return "7";
  if (level == "notice") return "6";
  return level == "error" ? "4" : "5";
}

int choose_cpu(const DpdkConfig& config) {
  if (config.control_cpu >= 0) return config.control_cpu;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  int cpu = 0;
  while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed)) ++cpu;
  return cpu;
}

std::vector<std::string> build_arguments(const DpdkConfig& config, EalState& state, int cpu) {
  const DpdkMemory memory = choose_memory(config, state.notes);
  state.huge_pages = memory != DpdkMemory::plain;
  state.pci = is_pci_address(config.device);
  state.memory = std::to_string(config.memory_mb) + " MiB " +
                 (memory == DpdkMemory::pages_1g   ? "on 1 GiB pages"
                  : memory == DpdkMemory::pages_2m ? "on 2 MiB pages"
                                                   : "of plain memory");
  std::vector<std::string> arguments = {"saker", "--lcores", "0@" + std::to_string(cpu),
                                        "--no-telemetry", "--log-level",
                                        level_number(config.log_level), "-m",
                                        std::to_string(config.memory_mb)};
  // No files, so that none are left behind and any number of processes may run; the folder that
  // DPDK makes for them all the same stays empty. One segment, so that vhost peers can map it.
  arguments.push_back("--file-prefix=" +
                      (config.file_prefix.empty() ? "saker" : config.file_prefix));
  if (state.huge_pages) {
    arguments.insert(arguments.end(), {"--in-memory", "--single-file-segments"});
  } else {
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  }
  if (state.pci) {
    arguments.push_back("-a");
    arguments.push_back(config.device +
                        (config.devargs.empty() ? "" : "," + config.devargs));
  } else {
    arguments.insert(arguments.end(), {"--no-pci", "--iova-mode=va"});
  }
  return arguments;
}

/// In a thread of its own: rte_eal_init pins the thread that calls it, and gives its children the
/// same processor.
void initialise(Process& process, const DpdkConfig& config) {
  const int cpu = choose_cpu(config);
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  if (::sched_setaffinity(0, sizeof only, &only) != 0) {
    process.failure = "control_cpu " + std::to_string(cpu) + " cannot be used";
    return;
  }
  process.arguments = build_arguments(config, process.state, cpu);
  for (std::string& argument : process.arguments) process.argv.push_back(argument.data());
  process.argv.push_back(nullptr);
  const int used = rte_eal_init(static_cast<int>(process.arguments.size()), process.argv.data());
  if (used >= 0) {
    process.running = true;
    return;
  }
  process.failure = "DPDK does not start: " + std::string(rte_strerror(rte_errno)) + " (";
  for (const std::string& argument : process.arguments) process.failure += argument + " ";
  process.failure.back() = ')';
}

/// Takes DPDK's number back when its thread ends.
struct Adoption {
  bool adopted = false;
  ~Adoption() {
    if (adopted) rte_thread_unregister();
  }
};

/// As rte_pktmbuf_pool_create, but for virtual devices objects may lie across pages: DPDK would put
/// one into each page of plain memory, and its af_xdp driver, which takes the pool for one block
/// without gaps, would lose frames in the rest. Not for cards: such objects have no address that
/// one could read or write at.
rte_mempool* create_pool(const char* name, unsigned buffers, std::uint16_t room, int node) {
  constexpr unsigned kCache = 256;
  const bool gapless = !process().state.pci && rte_eal_iova_mode() == RTE_IOVA_VA;
  const unsigned flags = gapless ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
  rte_mempool* pool =
      rte_mempool_create_empty(name, buffers, unsigned{sizeof(rte_mbuf)} + room, kCache,
                               sizeof(rte_pktmbuf_pool_private), node, flags);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_private shape{};
  shape.mbuf_data_room_size = room;
  if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) == 0) {
    rte_pktmbuf_pool_init(pool, &shape);
    if (rte_mempool_populate_default(pool) >= 0) {
      rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
      return pool;
    }
  }
  rte_mempool_free(pool);
  return nullptr;
}

rte_mempool* make_pool(PoolKind kind, unsigned buffers, int node, std::size_t number) {
  constexpr std::uint16_t kHeaderRoom = RTE_PKTMBUF_HEADROOM + 128;
  const char* name = kind == PoolKind::receive ? "saker_rx_"
                     : kind == PoolKind::send  ? "saker_tx_"
                                               : "saker_hd_";
  const std::uint16_t room =
      kind == PoolKind::header ? kHeaderRoom : std::uint16_t{RTE_MBUF_DEFAULT_BUF_SIZE};
  rte_mempool* pool = create_pool((name + std::to_string(number)).c_str(), buffers, room, node);
  if (pool == nullptr) return nullptr;
  // A first touch costs a page fault, which must not happen on the hot thread.
  rte_mempool_obj_iter(
      pool,
      [](rte_mempool*, void*, void* object, unsigned) {
        auto* buffer = static_cast<rte_mbuf*>(object);
        std::memset(buffer->buf_addr, 0, buffer->buf_len);
      },
      nullptr);
  return pool;
}

}  // namespace

const EalState* start_eal(const DpdkConfig& config, std::string& error) {
  Process& it = process();
  const std::lock_guard lock(it.mutex);
  if (!it.tried) {
    it.tried = true;
    std::thread([&it, &config] { initialise(it, config); }).join();
  }
  if (!it.running) {
    error = it.failure;
    return nullptr;
  }
  if (is_pci_address(config.device) && !it.state.pci) {
    error = "DPDK was started by a virtual device, without the PCI bus: open " + config.device +
            " first";
    return nullptr;
  }
  return &it.state;
}

void adopt_this_thread() {
  thread_local Adoption adoption;
  if (adoption.adopted || rte_lcore_id() != LCORE_ID_ANY) return;
  adoption.adopted = rte_thread_register() == 0;
}

rte_mempool* take_pool(PoolKind kind, unsigned buffers, int node) {
  Process& it = process();
  const std::lock_guard lock(it.mutex);
  for (Pool& pool : it.pools) {
    if (pool.taken || pool.kind != kind || pool.node != node || pool.buffers < buffers) continue;
    pool.taken = true;
    return pool.pool;
  }
  rte_mempool* pool = make_pool(kind, buffers, node, it.pools.size());
  if (pool != nullptr) it.pools.push_back({pool, kind, buffers, node, true});
  return pool;
}

void release_pool(rte_mempool* pool) {
  Process& it = process();
  const std::lock_guard lock(it.mutex);
  for (Pool& each : it.pools) {
    if (each.pool == pool) each.taken = false;
  }
}

}  // namespace saker::net
