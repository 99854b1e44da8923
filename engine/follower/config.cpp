#include "engine/follower/config.hpp"

#include "common/config.hpp"
#include "net/endpoint.hpp"

namespace saker::follower {
namespace {

std::size_t power_of_two(const ConfigTable& table, const char* key, std::size_t fallback) {
  const auto value = table.integer(key, static_cast<std::int64_t>(fallback), 64, 1 << 24);
  if ((value & (value - 1)) != 0) table.fail(key, "must be a power of two");
  return static_cast<std::size_t>(value);
}

std::uint32_t number(const ConfigTable& table, const char* key, std::uint32_t fallback,
                     std::int64_t min, std::int64_t max) {
  return static_cast<std::uint32_t>(table.integer(key, fallback, min, max));
}

/// [[session_rate]]: what the venue's own sessions may ask.
void read_session_rates(const ConfigTable& root, QueryConfig& query) {
  for (const ConfigTable& table : root.tables("session_rate")) {
    const std::vector<std::int64_t> sessions = table.integers("sessions", 1, 65'535);
    if (sessions.empty()) table.fail("sessions", "must name at least one session");
    SessionRate rate;
    rate.per_second =
        static_cast<std::uint32_t>(table.need_integer("per_second", 0, 10'000'000));
    rate.burst = static_cast<std::uint32_t>(table.need_integer("burst", 1, 10'000'000));
    for (const std::int64_t session : sessions) {
      rate.session = static_cast<std::uint32_t>(session);
      query.session_rates.push_back(rate);
    }
  }
}

void read_queries(const ConfigTable& table, QueryConfig& query) {
  query.per_second = number(table, "per_second", query.per_second, 0, 1'000'000);
  query.burst = number(table, "burst", query.burst, 1, 1'000'000);
  query.snapshot_cost = number(table, "snapshot_cost", query.snapshot_cost, 1, 1'000);
  query.wait_ms = static_cast<std::uint32_t>(table.duration_ns("wait", "250ms", "0ms", "10s") /
                                             1'000'000);
  query.max_waiting = number(table, "max_waiting", query.max_waiting, 1, 65'536);
  query.activity_burst = number(table, "activity_burst", query.activity_burst, 1, 256);
  query.snapshot_slots = number(table, "snapshot_slots", query.snapshot_slots, 1, 4'096);
  query.snapshot_ttl_ms = static_cast<std::uint32_t>(
      table.duration_ns("snapshot_ttl", "10s", "100ms", "10min") / 1'000'000);
  query.snapshot_share_ms = static_cast<std::uint32_t>(
      table.duration_ns("snapshot_share", "20ms", "0ms", "1s") / 1'000'000);
  query.snapshot_bytes = table.size_bytes("snapshot_bytes", "256MiB", "1MiB", "16GiB");
  query.untagged = table.boolean("untagged", query.untagged);
}

FollowerProcessConfig read(const ConfigTable& root) {
  FollowerProcessConfig process;
  FollowerConfig& config = process.follower;
  const ConfigTable follower = root.section("follower");
  config.shard = static_cast<std::uint16_t>(follower.integer("shard", 0, 0, 65'535));
  const std::uint32_t newest = number(follower, "newest_rules", 0, 0, core::kNewestRules);
  if (newest != 0) config.newest_rules = newest;
  config.records_per_poll =
      number(follower, "records_per_poll", config.records_per_poll, 1, 1'000'000);
  process.poll_min_ns = follower.duration_ns("poll_min", "1ms", "10us", "1s");
  process.poll_max_ns = follower.duration_ns("poll_max", "20ms", "10us", "1s");
  if (process.poll_max_ns < process.poll_min_ns) follower.fail("poll_max", "is below poll_min");
  process.cpu = static_cast<int>(follower.integer("cpu", -1, -1, 4'095));

  const ConfigTable network = root.section("network");
  if (!net::parse_address(network.text("address", "127.0.0.1"), process.address)) {
    network.fail("address", "is not an IPv4 address");
  }
  process.port = static_cast<std::uint16_t>(network.integer("port", 0, 0, 65'535));

  const ConfigTable snapshots = root.section("snapshots");
  config.snapshot_commands = static_cast<std::uint64_t>(snapshots.integer(
      "commands", static_cast<std::int64_t>(config.snapshot_commands), 1, INT64_MAX));
  config.snapshot_interval_ns = snapshots.duration_ns("interval", "10min", "1s", "1440min");
  config.snapshot_min_commands = static_cast<std::uint64_t>(snapshots.integer(
      "min_commands", static_cast<std::int64_t>(config.snapshot_min_commands), 1, INT64_MAX));

  const ConfigTable events = root.section("events");
  config.event_file_bytes = events.size_bytes("file_size", "64MiB", "64KiB", "4GiB");
  config.event_write_ns = events.duration_ns("write", "0ms", "0ms", "1s");
  config.event_idle_write_ns = events.duration_ns("idle_write", "500ms", "0ms", "60min");
  config.event_sync_ns = events.duration_ns("sync", "1s", "0ms", "60min");

  const ConfigTable history = root.section("history");
  config.history.session_reports =
      power_of_two(history, "session_reports", config.history.session_reports);
  config.history.account_reports =
      power_of_two(history, "account_reports", config.history.account_reports);
  config.history.feed_messages =
      power_of_two(history, "feed_messages", config.history.feed_messages);

  config.history.activity_reports =
      power_of_two(history, "activity_reports", config.history.activity_reports);
  config.history.stream_bytes = history.size_bytes("stream_bytes", "512MiB", "1MiB", "64GiB");

  read_queries(root.section("queries"), config.query);
  read_session_rates(root, config.query);
  root.reject_unknown();
  return process;
}

}  // namespace

FollowerProcessConfig load_follower_config(const std::string& path) {
  return read(load_config(path));
}

FollowerProcessConfig parse_follower_config(std::string_view text, const std::string& name) {
  return read(parse_config(text, name));
}

}  // namespace saker::follower
