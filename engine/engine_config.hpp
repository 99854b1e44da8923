// engine.toml as values. See engine/engine.toml, which explains each.
#pragma once

#include <functional>
#include <string>

#include "common/config.hpp"
#include "engine/core/command.hpp"
#include "engine/config.hpp"
#include "journal/log_config.hpp"
#include "journal/log_storage.hpp"
#include "journal/log_threads.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::engine {

struct ProcessConfig {
  EngineConfig engine;
  journal::LogConfig log;
  journal::WritePath write_path = journal::WritePath::automatic;
  net::UdpConfig udp;         // bind.port is set from the port base
  std::string venue;          // file, as given
  bool busy = false;          // wait mode
  journal::WriterWait log_writer = journal::WriterWait::wake;
  int engine_cpu = -1;        // -1: not pinned, or chosen by the process
  int log_writer_cpu = -1;
  bool force_placement = false;  // a bad plan is only warned about
  int realtime_priority = 0;     // of the hot thread, SCHED_FIFO; 0: ordinary scheduling
  bool lock_memory = false;
};

/// Reads the table of another transport than sockets, which then stands in place of [net].
using ReadTransport = std::function<void(const ConfigTable& file)>;

/// Throws ConfigError.
ProcessConfig load_engine_config(const std::string& path, const ReadTransport& transport = {});
ProcessConfig parse_engine_config(const ConfigTable& file, const ReadTransport& transport = {});

}  // namespace saker::engine
