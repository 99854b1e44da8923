// Workers and the echo over DPDK.
#include <atomic>
#include <thread>

#include "bench/pin.hpp"
#include "bench/work.hpp"
#include "common/tsc_clock.hpp"
#include "net/dpdk/dpdk_transport.hpp"

namespace saker::bench {

namespace {

std::unique_ptr<net::DpdkTransport> open_dpdk_end(const End& end, std::string& error) {
  try {
    const ConfigTable file = load_config(end.dpdk_config);
    net::DpdkConfig config = net::read_dpdk_config(file.section("dpdk"));
    config.port = end.local.port;
    return net::DpdkTransport::open(config, error);
  } catch (const ConfigError& wrong) {
    error = wrong.what();
    return nullptr;
  }
}

/// The thread that looks after the card about once a second, for as long as this lives.
class Control {
 public:
  explicit Control(net::DpdkTransport& transport)
      : thread_([this, &transport] {
          while (!stop_.load(std::memory_order_relaxed)) {
            transport.control_poll();
            ::usleep(500'000);
          }
        }) {}
  ~Control() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

void work_over_dpdk(const WorkerSetup& setup, WorkerShared& shared, int fd) {
  std::string error;
  const auto transport = open_dpdk_end(setup.end, error);
  if (transport == nullptr) return fail(shared, fd, error);
  const Control control(*transport);
  pin_thread(0, setup.cpu, setup.realtime);
  TscClock clock;
  work(*transport, clock, setup, shared, fd);
}

std::string echo_over_dpdk(const End& end, int report_fd) {
  std::string error;
  const auto transport = open_dpdk_end(end, error);
  if (transport == nullptr) return error;
  const Control control(*transport);
  const std::uint16_t port = transport->local().port;
  if (::write(report_fd, &port, sizeof port) != sizeof port) return "nobody waits for the echo";
  echo_for_ever(*transport);
}

}  // namespace saker::bench
