// engine.toml as values. See engine/engine.toml, which explains each.
#pragma once

#include <string>

#include "common/config.hpp"
#include "engine/core/command.hpp"
#include "engine/config.hpp"
#include "journal/log_config.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::engine {

struct ProcessConfig {
  EngineConfig engine;
  journal::LogConfig log;
  net::UdpConfig udp;         // bind.port is set from the port base
  std::string venue;          // file, as given
  bool busy = false;          // wait mode
  int engine_cpu = -1;        // -1: not pinned
  int log_writer_cpu = -1;
};

/// Throws ConfigError.
ProcessConfig load_engine_config(const std::string& path);
ProcessConfig parse_engine_config(const ConfigTable& file);

}  // namespace saker::engine
