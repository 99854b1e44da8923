#include "common/placement.hpp"

#include <hwloc.h>
#include <pthread.h>
#include <sched.h>

#include <cstring>

namespace saker {

namespace {

class Topology {
 public:
  Topology() {
    ready_ = hwloc_topology_init(&topology_) == 0 && hwloc_topology_load(topology_) == 0;
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
  hwloc_obj_t core_of(hwloc_obj_t pu) const {
    return hwloc_get_ancestor_obj_by_type(topology_, HWLOC_OBJ_CORE, pu);
  }

 private:
  hwloc_topology_t topology_ = nullptr;
  bool ready_ = false;
};

bool allowed_by_affinity(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return true;
  return cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set);
}

std::string describe(const PlacedThread& thread, const Topology& topology, hwloc_obj_t pu) {
  std::string line = thread.role + ": cpu " + std::to_string(thread.cpu);
  const hwloc_obj_t core = topology.core_of(pu);
  if (core != nullptr) line += ", core " + std::to_string(core->logical_index);
  return line;
}

}  // namespace

PlacementReport check_placement(const std::vector<PlacedThread>& threads) {
  PlacementReport report;
  const Topology topology;
  if (!topology.ready()) {
    report.problems.push_back("the machine's topology cannot be read");
    return report;
  }
  std::vector<std::pair<const PlacedThread*, hwloc_obj_t>> placed;
  for (const PlacedThread& thread : threads) {
    if (thread.cpu < 0) {
      report.plan.push_back(thread.role + ": wherever the kernel puts it");
      continue;
    }
    const hwloc_obj_t pu = topology.cpu(thread.cpu);
    if (pu == nullptr || !allowed_by_affinity(thread.cpu)) {
      report.problems.push_back(thread.role + ": cpu " + std::to_string(thread.cpu) +
                                " does not exist or is not allowed to this process");
      continue;
    }
    report.plan.push_back(describe(thread, topology, pu));
    if (thread.cpu == 0 && topology.cpus() >= 4) {
      report.problems.push_back(thread.role + ": cpu 0 serves the kernel's housekeeping");
    }
    for (const auto& [other, other_pu] : placed) {
      if (other_pu == pu) {
        report.problems.push_back(thread.role + " and " + other->role + " share cpu " +
                                  std::to_string(thread.cpu));
      } else if (topology.core_of(pu) != nullptr &&
                 topology.core_of(pu) == topology.core_of(other_pu)) {
        report.problems.push_back(thread.role + " and " + other->role +
                                  " are hyper-threads of one core");
      }
    }
    placed.emplace_back(&thread, pu);
  }
  return report;
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

}  // namespace saker
