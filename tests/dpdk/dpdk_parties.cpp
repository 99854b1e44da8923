// The parties over DPDK: one device for all of them, and the thread that looks after it.
#include <atomic>
#include <mutex>
#include <thread>

#include "net/dpdk/dpdk_transport.hpp"
#include "tests/dpdk/flow_transport.hpp"

namespace saker::tests {

namespace {

constexpr std::uint16_t kFirstPort = 40'000;

/// Calls control_poll() of the transports that live.
class Caretaker {
 public:
  Caretaker() : thread_([this] { run(); }) {}
  ~Caretaker() {
    ended_.store(true);
    thread_.join();
  }
  void look_after(net::DpdkTransport* transport) {
    const std::lock_guard lock(mutex_);
    transports_.push_back(transport);
  }
  void forget(net::DpdkTransport* transport) {
    const std::lock_guard lock(mutex_);
    std::erase(transports_, transport);
  }

 private:
  void run() {
    while (!ended_.load()) {
      {
        const std::lock_guard lock(mutex_);
        for (net::DpdkTransport* transport : transports_) transport->control_poll();
        reconnect();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
  // DPDK's memif looks for its peer only when it is started; all share the one device.
  void reconnect() {
    if (transports_.empty() || transports_[0]->driver() != "net_memif") return;
    const bool up = transports_[0]->link_up();
    if (was_up_ && !up) transports_[0]->request_reset();
    was_up_ |= up;
  }

  bool was_up_ = false;
  std::mutex mutex_;
  std::vector<net::DpdkTransport*> transports_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

/// A transport with a caretaker, which ends with the last of them.
class LookedAfter final : public BoxedTransport<net::DpdkTransport> {
 public:
  LookedAfter(std::unique_ptr<net::DpdkTransport> transport, std::shared_ptr<Caretaker> caretaker)
      : BoxedTransport(std::move(transport)), caretaker_(std::move(caretaker)) {
    caretaker_->look_after(&inner());
  }
  ~LookedAfter() override { caretaker_->forget(&inner()); }

 private:
  std::shared_ptr<Caretaker> caretaker_;
};

}  // namespace

Floor::OpenTransport dpdk_transport_maker(const TransportOptions& options) {
  ConfigTable file = load_config(options.dpdk);
  net::DpdkConfig config = net::read_dpdk_config(file.section("dpdk"));
  file.reject_unknown();
  auto caretaker = std::make_shared<Caretaker>();
  return [config, caretaker](std::size_t party,
                             std::string& error) mutable -> std::unique_ptr<AnyTransport> {
    config.port = static_cast<std::uint16_t>(kFirstPort + party);
    auto transport = net::DpdkTransport::open(config, error);
    if (transport == nullptr) return nullptr;
    if (party == 0) {
      for (const std::string& line : transport->plan()) std::printf("flow: %s\n", line.c_str());
      for (const std::string& line : transport->notes()) std::printf("flow: %s\n", line.c_str());
      std::fflush(stdout);
    }
    return std::make_unique<LookedAfter>(std::move(transport), caretaker);
  };
}

}  // namespace saker::tests
