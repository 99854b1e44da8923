// In a build without DPDK: the transports over it say so.
#include "bench/work.hpp"

namespace saker::bench {

namespace {

constexpr const char* kWithout = "this build is without DPDK (meson option dpdk)";

}  // namespace

void work_over_dpdk(const WorkerSetup&, WorkerShared& shared, int fd) {
  fail(shared, fd, kWithout);
}

std::string echo_over_dpdk(const End&, int) { return kWithout; }

}  // namespace saker::bench
