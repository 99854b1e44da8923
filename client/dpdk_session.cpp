#include "client/dpdk_session.hpp"

#include <chrono>

#include "common/config.hpp"

namespace saker::client {

namespace {

constexpr auto kControlInterval = std::chrono::milliseconds(500);

}  // namespace

DpdkLink::~DpdkLink() {
  stop_.store(true, std::memory_order_relaxed);
  if (control_.joinable()) control_.join();
}

bool DpdkLink::open(const std::string& config_file, std::uint16_t port, std::string& error) {
  SAKER_ASSERT(transport_ == nullptr);
  try {
    const ConfigTable file = load_config(config_file);
    net::DpdkConfig config = net::read_dpdk_config(file.section("dpdk"));
    file.reject_unknown();
    config.port = port;
    transport_ = net::DpdkTransport::open(config, error);
  } catch (const ConfigError& wrong) {
    error = wrong.what();
  }
  if (transport_ == nullptr) return false;
  control_ = std::thread([this] {
    while (!stop_.load(std::memory_order_relaxed)) {
      transport_->control_poll();
      std::this_thread::sleep_for(kControlInterval);
    }
  });
  return true;
}

}  // namespace saker::client
