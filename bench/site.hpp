// Where a measurement takes place: a folder with the engine's configuration, a venue made for the
// purpose, and the two ends of each wire: generator and engine, generator and echo.
#pragma once

#include <string>
#include <vector>

#include "client/config.hpp"

namespace saker::bench {

enum class Wire : std::uint8_t { kSockets, kMemif, kVhost, kAfPacket };

/// "sockets", "memif", "vhost", "af_packet".
bool parse_wire(const std::string& text, Wire& wire);
const char* wire_name(Wire wire);
/// What the name means, for the head of a report.
const char* wire_text(Wire wire);
inline bool is_dpdk(Wire wire) { return wire != Wire::kSockets; }

/// One end of a wire.
struct End {
  Wire wire = Wire::kSockets;
  net::Endpoint local;      // port 0 (sockets only): any
  std::string dpdk_config;  // DPDK: a file with the table [dpdk]
};

struct SiteOptions {
  Wire wire = Wire::kSockets;
  std::string folder;          // kept afterwards; empty: a temporary one
  std::string policy = "memory";
  std::string wait = "busy";
  bool untagged = false;
  std::uint32_t sessions = 1;
  std::uint32_t window = 256;  // commands in flight at a time, all sessions together
  std::uint16_t port_base = 23'000;
  std::string log_writer = "nap";
  std::string segment = "64MiB";
  int log_writer_cpu = -1;
  bool huge_pages = false;     // DPDK: memory from huge pages; else ordinary ones
};

class Site {
 public:
  explicit Site(const SiteOptions& options) : options_(options) {}
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Makes the folder and everything in it; for Wire::kAfPacket also a network namespace for this
  /// process and its children with two pairs of veth in it. False with `error` when that fails.
  bool make(std::string& error);

  const std::string& folder() const { return folder_; }
  std::string data() const { return folder_ + "/data"; }
  std::string engine_config() const { return folder_ + "/engine.toml"; }

  End engine_end() const { return end(0); }
  End order_end() const { return end(1); }
  End echo_end() const { return end(2); }
  End ping_end() const { return end(3); }

  /// Of all trading sessions, after the engine has made their key. False when it cannot be read.
  bool sessions(std::vector<client::SessionConfig>& configs, std::string& error) const;

 private:
  static constexpr std::uint32_t kFirstSession = 2;
  static constexpr std::uint32_t kKey = 2;

  /// 0 and 1 are the ends of the engine's wire, 2 and 3 those of the echo's; even ones serve.
  End end(unsigned number) const;
  bool make_namespace(std::string& error) const;
  std::string venue_text() const;
  std::string engine_text() const;
  std::string dpdk_text(unsigned number) const;
  std::string device_text(unsigned number) const;
  bool write(const std::string& name, const std::string& text, std::string& error) const;

  const SiteOptions options_;
  std::string folder_;
};

}  // namespace saker::bench
