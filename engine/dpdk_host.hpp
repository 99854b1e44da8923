// The engine's process over DPDK: transport, clock and what is particular about them. Included by
// the sources of saker-engine-dpdk only.
#pragma once

#include "common/tsc_clock.hpp"
#include "engine/engine_process.hpp"
#include "net/dpdk/dpdk_transport.hpp"

namespace saker::engine {

inline constexpr CounterSpec kDpdkCounterSpecs[] = {
#define SAKER_DPDK_SPEC(name, text) {"dpdk_" #name, "count", text, CounterType::kCounter, 0},
    SAKER_DPDK_COUNTERS(SAKER_DPDK_SPEC)
#undef SAKER_DPDK_SPEC
#define SAKER_FRAME_SPEC(name, text) {"frame_" #name, "frames", text, CounterType::kCounter, 0},
        SAKER_FRAME_DROPS(SAKER_FRAME_SPEC)
#undef SAKER_FRAME_SPEC
            {"dpdk_link_up", "bool", "the card has a link", CounterType::kGauge, 0},
};

struct DpdkHost {
  using Transport = net::DpdkTransport;
  using Time = TscClock;
  static constexpr const char* kName = "saker-engine-dpdk";
  static constexpr bool kBypass = true;

  ReadTransport reader() {
    return [this](const ConfigTable& file) {
      config_ = net::read_dpdk_config(file.section("dpdk"));
    };
  }

  std::unique_ptr<Transport> open(ProcessConfig& config, std::uint16_t port, std::string& error) {
    config_.port = port;
    // A hot thread that may sleep and a transport that may: one without the other is of no use.
    config_.one_core |= !config.busy;
    config.busy = !config_.one_core;
    std::unique_ptr<Transport> transport = Transport::open(config_, error);
    if (transport == nullptr) return nullptr;
    for (const std::string& line : transport->plan()) say("%s", line.c_str());
    return transport;
  }

  DeviceLocality locality(const Transport& transport) {
    return {transport.pci_address(), transport.numa_node()};
  }
  void control(Transport& transport) { transport.control_poll(); }

  std::vector<CounterSpec> counters() {
    return {std::begin(kDpdkCounterSpecs), std::end(kDpdkCounterSpecs)};
  }
  void publish(Transport& transport, Counters& counters, std::uint32_t first) {
    const net::DpdkCounters values = transport.counters();
#define SAKER_DPDK_COPY(name, text) counters.set(first++, values.name);
    SAKER_DPDK_COUNTERS(SAKER_DPDK_COPY)
#undef SAKER_DPDK_COPY
#define SAKER_FRAME_COPY(name, text) \
  counters.set(first++, transport.dropped(net::FrameDrop::name));
    SAKER_FRAME_DROPS(SAKER_FRAME_COPY)
#undef SAKER_FRAME_COPY
    counters.set(first, transport.link_up() ? 1 : 0);
  }

 private:
  net::DpdkConfig config_;
};

}  // namespace saker::engine
