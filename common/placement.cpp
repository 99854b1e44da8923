#include "common/placement.hpp"

#include <hwloc.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace saker {

namespace {

struct Pretended {
  std::string description;
  std::vector<int> isolated_cpus;
};
Pretended& pretended() {
  static Pretended machine;
  return machine;
}

class Topology {
 public:
  Topology() {
    if (hwloc_topology_init(&topology_) != 0) return;
    const std::string& description = pretended().description;
    if (!description.empty() &&
        hwloc_topology_set_synthetic(topology_, description.c_str()) != 0) {
      return;
    }
    hwloc_topology_set_io_types_filter(topology_, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    ready_ = hwloc_topology_load(topology_) == 0;
  }
  ~Topology() {
    if (topology_ != nullptr) hwloc_topology_destroy(topology_);
  }
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  bool ready() const { return ready_; }
  /// The processing unit with this operating system number that we may use, or nullptr.
  hwloc_obj_t cpu(int number) const {
    const auto index = static_cast<unsigned>(number);
    hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology_, index);
    const auto allowed = hwloc_topology_get_allowed_cpuset(topology_);
    return pu != nullptr && hwloc_bitmap_isset(allowed, index) ? pu : nullptr;
  }
  int cpus() const { return hwloc_get_nbobjs_by_type(topology_, HWLOC_OBJ_PU); }
  std::vector<int> numbers() const {
    std::vector<int> numbers;
    for (hwloc_obj_t pu = nullptr;
         (pu = hwloc_get_next_obj_by_type(topology_, HWLOC_OBJ_PU, pu)) != nullptr;) {
      numbers.push_back(static_cast<int>(pu->os_index));
    }
    return numbers;
  }
  hwloc_obj_t core_of(hwloc_obj_t pu) const {
    return hwloc_get_ancestor_obj_by_type(topology_, HWLOC_OBJ_CORE, pu);
  }
  int nodes() const { return hwloc_get_nbobjs_by_type(topology_, HWLOC_OBJ_NUMANODE); }
  int node_of(hwloc_obj_t pu) const {
    for (hwloc_obj_t node = nullptr;
         (node = hwloc_get_next_obj_by_type(topology_, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
      if (hwloc_bitmap_isset(node->cpuset, pu->os_index)) return static_cast<int>(node->os_index);
    }
    return -1;
  }
  /// The node that the card hangs on, or -1 when nobody knows.
  int node_of(const DeviceLocality& card) const {
    if (!card.pci_address.empty()) {
      hwloc_obj_t device = hwloc_get_pcidev_by_busidstring(topology_, card.pci_address.c_str());
      hwloc_obj_t place =
          device == nullptr ? nullptr : hwloc_get_non_io_ancestor_obj(topology_, device);
      if (place != nullptr && place->nodeset != nullptr &&
          hwloc_bitmap_weight(place->nodeset) == 1) {
        return hwloc_bitmap_first(place->nodeset);
      }
    }
    return card.numa_node;
  }

 private:
  hwloc_topology_t topology_ = nullptr;
  bool ready_ = false;
};

bool allowed_by_affinity(int cpu) {
  if (!pretended().description.empty()) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return true;
  return cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set);
}

/// The cpus of a list like "2-3,6" that the kernel gives.
std::vector<int> isolated_cpus() {
  if (!pretended().description.empty()) return pretended().isolated_cpus;
  std::ifstream file("/sys/devices/system/cpu/isolated");
  std::vector<int> cpus;
  int first = 0;
  while (file >> first) {
    int last = first;
    if (file.peek() == '-') file.get(), file >> last;
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (file.peek() == ',') file.get();
  }
  return cpus;
}

bool is_isolated(const std::vector<int>& isolated, int cpu) {
  return std::find(isolated.begin(), isolated.end(), cpu) != isolated.end();
}

/// Checks threads one after the other, each against those before it.
class Checker {
 public:
  Checker(const Topology& topology, const DeviceLocality& card)
      : topology_(topology), card_(card), card_node_(topology.node_of(card)),
        isolated_(isolated_cpus()) {}

  /// What is wrong with the thread on its cpu, one line each.
  std::vector<std::string> problems(const PlacedThread& thread) const {
    std::vector<std::string> found;
    const std::string cpu = thread.role + ": cpu " + std::to_string(thread.cpu);
    hwloc_obj_t pu = topology_.cpu(thread.cpu);
    // A process is not told of the cpus that isolcpus took away, but may pin threads to them.
    if (pu == nullptr ||
        (!allowed_by_affinity(thread.cpu) && !is_isolated(isolated_, thread.cpu))) {
      return {cpu + " does not exist or is not allowed to this process"};
    }
    if (thread.cpu == 0 && topology_.cpus() >= 4) {
      found.push_back(thread.role + ": cpu 0 serves the kernel's housekeeping");
    }
    for (const auto& [other, other_pu] : placed_) {
      if (other_pu == pu) {
        found.push_back(thread.role + " and " + other + " share cpu " +
                        std::to_string(thread.cpu));
      } else if (topology_.core_of(pu) != nullptr &&
                 topology_.core_of(pu) == topology_.core_of(other_pu)) {
        found.push_back(thread.role + " and " + other + " are hyper-threads of one core");
      }
    }
    const int node = topology_.node_of(pu);
    if (card_node_ >= 0 && node >= 0 && node != card_node_ && topology_.nodes() > 1) {
      found.push_back(cpu + " is on NUMA node " + std::to_string(node) +
                      ", the network card on node " + std::to_string(card_node_));
    }
    return found;
  }
  void place(const PlacedThread& thread) {
    placed_.emplace_back(thread.role, topology_.cpu(thread.cpu));
  }

  std::string describe(const PlacedThread& thread) const {
    hwloc_obj_t pu = topology_.cpu(thread.cpu);
    std::string line = thread.role + ": cpu " + std::to_string(thread.cpu);
    if (pu == nullptr) return line;
    const hwloc_obj_t core = topology_.core_of(pu);
    if (core != nullptr) line += ", core " + std::to_string(core->logical_index);
    if (topology_.nodes() > 1) line += ", NUMA node " + std::to_string(topology_.node_of(pu));
    if (is_isolated(isolated_, thread.cpu)) line += ", isolated";
    return line;
  }
  std::string describe_card() const {
    if (card_.pci_address.empty() && card_node_ < 0) return {};
    std::string line = "network card";
    if (!card_.pci_address.empty()) line += " " + card_.pci_address;
    if (card_node_ < 0) return line + ": NUMA node unknown";
    return line + ": NUMA node " + std::to_string(card_node_);
  }

 private:
  const Topology& topology_;
  const DeviceLocality& card_;
  const int card_node_;
  const std::vector<int> isolated_;
  std::vector<std::pair<std::string, hwloc_obj_t>> placed_;
};

}  // namespace

PlacementReport check_placement(const std::vector<PlacedThread>& threads,
                                const DeviceLocality& card) {
  PlacementReport report;
  const Topology topology;
  if (!topology.ready()) {
    report.problems.push_back("the machine's topology cannot be read");
    return report;
  }
  Checker checker(topology, card);
  if (std::string line = checker.describe_card(); !line.empty()) report.plan.push_back(line);
  for (const PlacedThread& thread : threads) {
    if (thread.cpu < 0) {
      report.plan.push_back(thread.role + ": wherever the kernel puts it");
      continue;
    }
    const std::vector<std::string> problems = checker.problems(thread);
    report.problems.insert(report.problems.end(), problems.begin(), problems.end());
    if (topology.cpu(thread.cpu) == nullptr) continue;
    report.plan.push_back(checker.describe(thread));
    checker.place(thread);
  }
  return report;
}

std::vector<PlacedThread> choose_placement(std::vector<PlacedThread> threads,
                                           const DeviceLocality& card) {
  const Topology topology;
  if (!topology.ready()) return threads;
  Checker checker(topology, card);
  for (const PlacedThread& thread : threads) {
    if (thread.cpu >= 0 && topology.cpu(thread.cpu) != nullptr) checker.place(thread);
  }
  std::vector<int> candidates = topology.numbers();
  const std::vector<int> isolated = isolated_cpus();
  std::sort(candidates.begin(), candidates.end(), [&isolated](int a, int b) {
    const bool a_first = is_isolated(isolated, a);
    const bool b_first = is_isolated(isolated, b);
    return a_first != b_first ? a_first : a > b;
  });
  for (PlacedThread& thread : threads) {
    if (thread.cpu >= 0) continue;
    for (const int cpu : candidates) {
      const PlacedThread here{thread.role, cpu};
      if (!checker.problems(here).empty()) continue;
      thread.cpu = cpu;
      checker.place(here);
      break;
    }
  }
  return threads;
}

bool place_this_thread(const PlacedThread& thread, std::string& error) {
  ::pthread_setname_np(::pthread_self(), thread.role.substr(0, 15).c_str());
  if (thread.cpu < 0) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (thread.cpu < CPU_SETSIZE) CPU_SET(thread.cpu, &set);
  const int result = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  if (result == 0) return true;
  error = thread.role + ": cannot be pinned to cpu " + std::to_string(thread.cpu) + ": " +
          std::strerror(result);
  return false;
}

bool make_realtime(int priority, std::string& error) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  const int result = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameter);
  if (result == 0) return true;
  error = "real-time priority " + std::to_string(priority) + " is refused: " +
          std::strerror(result);
  return false;
}

void pretend_machine(const std::string& description, std::vector<int> cpus) {
  pretended() = {description, std::move(cpus)};
}

}  // namespace saker
