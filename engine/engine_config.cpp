#include "engine/engine_config.hpp"

#include <algorithm>

#include "engine/staging.hpp"
#include "net/endpoint.hpp"

namespace saker::engine {

namespace {

constexpr std::int64_t kMostCpu = 4095;

std::uint32_t milliseconds(const ConfigTable& table, const char* key, const char* fallback,
                           const char* min, const char* max) {
  return static_cast<std::uint32_t>(table.duration_ns(key, fallback, min, max) / 1'000'000);
}

std::uint32_t number(const ConfigTable& table, const char* key, std::int64_t fallback,
                     std::int64_t min, std::int64_t max) {
  return static_cast<std::uint32_t>(table.integer(key, fallback, min, max));
}

std::size_t power_of_two(const ConfigTable& table, const char* key, const char* fallback,
                         const char* min, const char* max) {
  const std::uint64_t bytes = table.size_bytes(key, fallback, min, max);
  if ((bytes & (bytes - 1)) != 0) table.fail(key, "must be a power of two");
  return bytes;
}

net::Endpoint group(const ConfigTable& table, const char* key) {
  const std::string text = table.text(key, "");
  net::Endpoint endpoint;
  if (text.empty()) return endpoint;
  if (!net::parse_endpoint(text, endpoint) || !net::is_multicast(endpoint.address) ||
      endpoint.port == 0) {
    table.fail(key, "must be a multicast address and port like 239.1.1.1:3100, or empty");
  }
  return endpoint;
}

void read_loop(const ConfigTable& table, ProcessConfig& config) {
  config.busy = table.choice("wait", "blocking", {"busy", "blocking"}) == "busy";
  const std::string writer =
      table.choice("log_writer", "auto", {"auto", "wake", "spin", "nap"});
  config.log_writer = writer == "nap"                              ? journal::WriterWait::nap
                      : writer == "spin" || (writer == "auto" && config.busy)
                          ? journal::WriterWait::spin
                          : journal::WriterWait::wake;
  config.engine_cpu = static_cast<int>(table.integer("engine_cpu", -1, -1, kMostCpu));
  config.log_writer_cpu = static_cast<int>(table.integer("log_writer_cpu", -1, -1, kMostCpu));
  config.force_placement =
      table.choice("placement", "checked", {"checked", "forced"}) == "forced";
  config.realtime_priority = static_cast<int>(table.integer("realtime_priority", 0, 0, 99));
  config.lock_memory = table.boolean("lock_memory", false);
  config.engine.job_interval_commands =
      number(table, "job_interval_commands", 8, 1, 1'000'000);
  config.engine.clock_interval_ms = milliseconds(table, "clock_interval", "1s", "10ms", "1h");
  config.engine.reserved_commands = number(table, "reserved_commands", 32, 1, 100'000);
  config.engine.internal_commands = number(table, "internal_commands", 8, 1, 100'000);
}

void read_commit(const ConfigTable& table, ProcessConfig& config) {
  const std::string policy = table.choice("policy", "disk", {"memory", "disk"});
  config.engine.policy =
      policy == "memory" ? proto::CommitPolicy::Memory : proto::CommitPolicy::Disk;
  const std::string write = table.choice("write", "auto", {"auto", "direct", "portable"});
  config.write_path = write == "direct"     ? journal::WritePath::direct
                      : write == "portable" ? journal::WritePath::portable
                                            : journal::WritePath::automatic;
  config.log.block_bytes =
      static_cast<std::uint32_t>(power_of_two(table, "block", "512B", "512B", "64KiB"));
  config.log.segment_bytes = table.size_bytes("segment", "64MiB", "1MiB", "1GiB");
  config.log.ring_bytes = power_of_two(table, "ring", "8MiB", "64KiB", "1GiB");
  config.log.reserve_bytes = table.size_bytes("reserve", "4MiB", "64KiB", "1GiB");
  config.log.keep_free_bytes = table.size_bytes("keep_free", "256MiB", "0B", "1024GiB");
  config.log.max_payload_bytes = sizeof(core::CommandEnvelope) + core::kMaxCommandBody;
  config.engine.staging_bytes = power_of_two(table, "staging", "16MiB", "1MiB", "4GiB");
  config.engine.rerelease_commands = number(table, "rerelease_commands", 4'096, 0, 1 << 24);
  if (config.log.segment_bytes % config.log.block_bytes != 0) {
    table.fail("segment", "must be whole blocks");
  }
  journal::LogConfig named = config.log;
  named.log_id = 1;  // a new log gets its own, random one at start
  if (const char* problem = named.problem()) table.fail("segment", problem);
}

void read_sessions(const ConfigTable& table, SessionConfig& sessions) {
  sessions.heartbeat_min_ms = milliseconds(table, "heartbeat_min", "100ms", "10ms", "60s");
  sessions.heartbeat_max_ms = milliseconds(table, "heartbeat_max", "10s", "10ms", "60s");
  sessions.heartbeat_default_ms = milliseconds(table, "heartbeat", "1s", "10ms", "60s");
  if (sessions.heartbeat_min_ms > sessions.heartbeat_max_ms) {
    table.fail("heartbeat_min", "must not be above heartbeat_max");
  }
  sessions.missed_heartbeats = number(table, "missed_heartbeats", 5, 2, 1'000);
  sessions.tail_probe_ms = milliseconds(table, "tail_probe", "20ms", "5ms", "60s");
  sessions.restart_grace_ms = milliseconds(table, "restart_grace", "10s", "0ms", "1h");
  sessions.cookie_lifetime_ms = milliseconds(table, "cookie_lifetime", "5s", "100ms", "60s");
  constexpr std::int64_t kMostRate = 100'000'000;
  sessions.orders = {number(table, "orders_per_second", 20'000, 0, kMostRate),
                     number(table, "orders_burst", 4'000, 1, kMostRate)};
  sessions.cancels = {number(table, "cancels_per_second", 40'000, 0, kMostRate),
                      number(table, "cancels_burst", 8'000, 1, kMostRate)};
  sessions.answers = {number(table, "answers_per_second", 10'000, 0, kMostRate),
                      number(table, "answers_burst", 4'096, 1, kMostRate)};
  sessions.untagged = table.boolean("untagged", false);
}

void read_feed(const ConfigTable& table, FeedConfig& feed) {
  feed.heartbeat_ms = milliseconds(table, "heartbeat", "200ms", "5ms", "60s");
  feed.max_subscribers = number(table, "max_subscribers", 64, 0, 4'096);
  feed.multicast_a = group(table, "multicast_a");
  feed.multicast_b = group(table, "multicast_b");
}

void read_net(const ConfigTable& table, net::UdpConfig& udp) {
  const std::string address = table.text("bind", "0.0.0.0");
  if (!net::parse_address(address, udp.bind.address)) {
    table.fail("bind", "must be an IPv4 address");
  }
  udp.burst = number(table, "burst", 64, 1, 1'024);
  udp.receive_buffer_bytes =
      static_cast<std::uint32_t>(table.size_bytes("receive_buffer", "4MiB", "64KiB", "1GiB"));
  udp.send_buffer_bytes =
      static_cast<std::uint32_t>(table.size_bytes("send_buffer", "4MiB", "64KiB", "1GiB"));
  udp.busy_poll_us = number(table, "busy_poll_us", 0, 0, 1'000);
  udp.kernel_timestamps = table.boolean("kernel_timestamps", true);
}

/// With both reserves kept there must be room for one command at least, or nothing would ever be
/// admitted.
void check_reserves(const ConfigTable& table, const ProcessConfig& config) {
  const std::size_t kept =
      std::size_t{config.engine.reserved_commands} + config.engine.internal_commands;
  if ((kept + 2) * kMaxStagedBytes > config.engine.staging_bytes) {
    table.fail("staging", "has no room for loop.reserved_commands and internal_commands");
  }
  if ((kept + 2) * journal::record_bytes(config.log.max_payload_bytes) > config.log.ring_bytes) {
    table.fail("ring", "has no room for loop.reserved_commands and internal_commands");
  }
}

}  // namespace

ProcessConfig parse_engine_config(const ConfigTable& file, const ReadTransport& transport) {
  ProcessConfig config;
  read_loop(file.section("loop"), config);
  read_commit(file.section("commit"), config);
  check_reserves(file.section("commit"), config);
  read_sessions(file.section("sessions"), config.engine.session);
  read_feed(file.section("feed"), config.engine.feed);
  if (transport) transport(file);
  else read_net(file.section("net"), config.udp);
  config.venue = file.section("venue").text("file", "venue.toml");
  const std::uint32_t newest =
      number(file.section("venue"), "newest_rules", 0, 0, core::kNewestRules);
  if (newest != 0) config.engine.newest_rules = newest;
  file.reject_unknown();
  return config;
}

ProcessConfig load_engine_config(const std::string& path, const ReadTransport& transport) {
  return parse_engine_config(load_config(path), transport);
}

}  // namespace saker::engine
