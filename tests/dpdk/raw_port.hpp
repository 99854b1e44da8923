// Whole frames into a DPDK port that a transport of this process has opened, past the transport:
// what a hostile neighbour does. One thread, the transport's owner.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace saker::tests {

class RawPort {
 public:
  /// `name` as DPDK knows the port. nullptr and `error` when there is none, or no memory.
  static std::unique_ptr<RawPort> open(const std::string& name, std::string& error);

  /// Sends up to 64 frames in a burst; how many the port took. The others are not sent.
  std::size_t send(std::span<const std::span<const std::byte>> frames);

 private:
  RawPort(std::uint16_t port, void* pool) : port_(port), pool_(pool) {}
  std::uint16_t port_;
  void* pool_;  // rte_mempool, which lives as long as the process
};

}  // namespace saker::tests
