// The transport over real DPDK devices, both ends in this process and as any user.
#include <gtest/gtest.h>

#include <cstring>

#include "common/allocation_count.hpp"
#include "common/bytes.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "net/endpoint.hpp"

namespace saker::net {
namespace {

constexpr std::uint32_t kA = 0x0A000001;
constexpr std::uint32_t kB = 0x0A000002;

DpdkConfig config(const std::string& device, std::uint32_t address, std::uint16_t port) {
  DpdkConfig config;
  config.device = device;
  config.address = address;
  config.port = port;
  config.memory = DpdkMemory::plain;
  config.memory_mb = 256;
  return config;
}

std::unique_ptr<DpdkTransport> open(const DpdkConfig& config) {
  std::string error;
  auto transport = DpdkTransport::open(config, error);
  EXPECT_NE(transport, nullptr) << error;
  return transport;
}

Bytes text(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(const Datagram& datagram) {
  return {reinterpret_cast<const char*>(datagram.data), datagram.size};
}

/// Receives until something came, or plainly nothing will.
std::span<Datagram> await(DpdkTransport& transport, DpdkTransport& other) {
  for (int tries = 0; tries < 100'000; ++tries) {
    const std::span<Datagram> got = transport.receive();
    transport.flush();
    if (!got.empty()) return got;
    other.receive();
    other.flush();
  }
  return {};
}

TEST(DpdkTransport, TalksOverAnInProcessWireWithArp) {
  auto a = open(config("ring:one:a", kA, 3000));
  auto b = open(config("ring:one:b", kB, 4000));
  ASSERT_TRUE(a && b);
  for (const auto& line : a->plan()) std::printf("%s\n", line.c_str());
  for (const auto& line : a->notes()) std::printf("%s\n", line.c_str());
  ASSERT_TRUE(a->send({kB, 4000}, text("hello")));
  a->flush();
  auto got = await(*b, *a);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "hello");
  EXPECT_EQ(endpoint_text(got[0].peer), "10.0.0.1:3000");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got[0].data) % 8, 0u);
  ASSERT_TRUE(b->send(got[0].peer, text("and back")));
  b->flush();
  got = await(*a, *b);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "and back");
}

}  // namespace
}  // namespace saker::net
