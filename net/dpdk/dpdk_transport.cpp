#include "net/dpdk/dpdk_transport.hpp"

#include <map>
#include <mutex>

#include "net/dpdk/port.hpp"

namespace saker::net {

namespace {

/// The devices that are open, so that a second transport finds the first's.
struct OpenPorts {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<DpdkPort>> ports;
};

OpenPorts& open_ports() {
  static OpenPorts ports;
  return ports;
}

std::shared_ptr<DpdkPort> find_port(const DpdkConfig& config, std::string& error) {
  OpenPorts& open = open_ports();
  const std::string name = config.device.substr(0, config.device.find(','));
  if (std::shared_ptr<DpdkPort> port = open.ports[name].lock()) {
    if (port->config().address == config.address && port->config().vlan == config.vlan) return port;
    error = name + " is open with another address or VLAN";
    return nullptr;
  }
  std::unique_ptr<Device> device = Device::open(config, error);
  if (device == nullptr) return nullptr;
  auto port = std::make_shared<DpdkPort>(std::move(device), config);
  open.ports[name] = port;
  return port;
}

}  // namespace

static_assert(Transport<DpdkTransport>);

std::unique_ptr<DpdkTransport> DpdkTransport::open(const DpdkConfig& config, std::string& error) {
  const std::lock_guard lock(open_ports().mutex);
  std::shared_ptr<DpdkPort> port = find_port(config, error);
  if (port == nullptr) return nullptr;
  const std::size_t slot = port->open_slot(config, error);
  if (slot == DpdkPort::kMostSlots) return nullptr;
  return std::unique_ptr<DpdkTransport>(new DpdkTransport(std::move(port), slot));
}

DpdkTransport::DpdkTransport(std::shared_ptr<DpdkPort> port, std::size_t slot)
    : port_(std::move(port)), slot_(slot) {}

DpdkTransport::~DpdkTransport() {
  const std::lock_guard lock(open_ports().mutex);
  port_->close_slot(slot_);
  port_.reset();
}

std::span<Datagram> DpdkTransport::receive() { return port_->receive(slot_); }
std::span<std::byte> DpdkTransport::reserve() { return port_->reserve(slot_); }
void DpdkTransport::commit(Endpoint to, std::size_t size) { port_->commit(slot_, to, size); }
bool DpdkTransport::send(Endpoint to, std::span<const std::byte> bytes) {
  return send_copy(*this, to, bytes);
}
std::size_t DpdkTransport::send_each(std::span<const Endpoint> to,
                                     std::span<const std::byte> bytes) {
  return port_->send_each(slot_, to, bytes);
}
void DpdkTransport::flush() { port_->flush(); }
bool DpdkTransport::wait(std::uint64_t timeout_ns, int wake_fd) {
  return port_->wait(slot_, timeout_ns, wake_fd);
}

Endpoint DpdkTransport::local() const { return {port_->config().address, port_->port_of(slot_)}; }
MacAddress DpdkTransport::mac() const { return port_->device().mac; }
DpdkCounters DpdkTransport::counters() const { return port_->counters(slot_); }
std::uint64_t DpdkTransport::dropped(FrameDrop why) const { return port_->dropped(why); }

void DpdkTransport::control_poll() { port_->control_poll(); }
void DpdkTransport::request_reset() { port_->device().reset_wanted.store(true); }
bool DpdkTransport::link_up() const {
  return port_->device().link_up.load(std::memory_order_relaxed);
}
std::vector<std::string> DpdkTransport::device_statistics() const {
  return port_->device().statistics();
}

const std::vector<std::string>& DpdkTransport::plan() const { return port_->device().plan; }
const std::vector<std::string>& DpdkTransport::notes() const { return port_->device().notes; }
int DpdkTransport::numa_node() const { return port_->device().node; }
const std::string& DpdkTransport::pci_address() const { return port_->device().pci_address; }
const std::string& DpdkTransport::driver() const { return port_->device().driver; }
const RssPlan& DpdkTransport::rss() const { return port_->device().rss; }

}  // namespace saker::net
