// Workers and the echo over DPDK.
#include "bench/pin.hpp"
#include "bench/work.hpp"
#include "client/dpdk_session.hpp"
#include "common/tsc_clock.hpp"

namespace saker::bench {

void work_over_dpdk(const WorkerSetup& setup, WorkerShared& shared, int fd) {
  std::string error;
  client::DpdkLink link;
  if (!link.open(setup.end.dpdk_config, setup.end.local.port, error)) {
    return fail(shared, fd, error);
  }
  pin_thread(0, setup.cpu, setup.realtime ? kSpinPriority : kOrdinary);
  TscClock clock;
  work(link.transport(), clock, setup, shared, fd);
}

std::string echo_over_dpdk(const End& end, int report_fd) {
  std::string error;
  client::DpdkLink link;
  if (!link.open(end.dpdk_config, end.local.port, error)) return error;
  const std::uint16_t port = link.transport().local().port;
  if (::write(report_fd, &port, sizeof port) != sizeof port) return "nobody waits for the echo";
  echo_for_ever(link.transport());
}

}  // namespace saker::bench
