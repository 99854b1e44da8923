#include "gateway/config.hpp"

namespace saker::gateway {
namespace {

RateLimit rate(const ConfigTable& table, const std::string& name, const RateLimit& fallback) {
  return {static_cast<std::uint32_t>(
              table.integer(name + "_per_second", fallback.per_second, 0, 1'000'000)),
          static_cast<std::uint32_t>(table.integer(name + "_burst", fallback.burst, 1, 1'000'000))};
}

std::size_t count(const ConfigTable& table, const char* key, std::size_t fallback,
                  std::int64_t max) {
  return static_cast<std::size_t>(
      table.integer(key, static_cast<std::int64_t>(fallback), 1, max));
}

std::uint64_t interval_ms(const ConfigTable& table, const char* key, const char* fallback) {
  return table.duration_ns(key, fallback, "10ms", "10s") / 1'000'000;
}

std::uint16_t port(const ConfigTable& table, const char* key) {
  return static_cast<std::uint16_t>(table.integer(key, 0, 0, 65'535));
}

void read_limits(const ConfigTable& limits, GatewayConfig& config) {
  config.order_rate = rate(limits, "orders", config.order_rate);
  config.request_rate = rate(limits, "requests", config.request_rate);
  config.socket_rate = rate(limits, "socket_requests", config.socket_rate);
  config.channels_per_socket = count(limits, "channels_per_socket", 64, 10'000);
  config.sockets_per_account = count(limits, "sockets_per_account", 16, 10'000);
  config.channels.max_streams = count(limits, "channels", 2'000, 1'000'000);
  config.orders.max_in_flight = count(limits, "orders_in_flight", 512, 1'000);
  config.orders.max_mass_cancels = count(limits, "mass_cancels_waiting", 128, 10'000);
  config.accounts.max_views = count(limits, "accounts", 10'000, 1'000'000);
}

}  // namespace

GatewayConfig read_gateway_config(const ConfigTable& file) {
  GatewayConfig config;
  const ConfigTable venue = file.section("venue");
  config.venue.host = venue.text("host", "127.0.0.1");
  config.venue.session = static_cast<std::uint32_t>(venue.integer("session", 6, 1, 1 << 20));
  config.venue.key = static_cast<std::uint32_t>(venue.integer("key", 6, 1, 1 << 20));

  const ConfigTable services = file.section("services");
  config.accounts_port = port(services, "accounts_port");
  config.marketdata_port = port(services, "marketdata_port");
  config.service_timeout_ns = services.duration_ns("timeout", "10s", "100ms", "60s");

  config.page = file.section("page").text("directory", "frontend/dist");
  config.evidence = file.section("evidence").text("directory", "");

  const ConfigTable patience = file.section("patience");
  config.orders.patience_ns = patience.duration_ns("orders", "5s", "100ms", "60s");
  config.orders.follower_patience_ns = patience.duration_ns("follower", "300ms", "10ms", "10s");
  config.accounts.patience_ns = patience.duration_ns("reads", "5s", "100ms", "60s");
  config.accounts.forget_after_ns = patience.duration_ns("idle_account", "10min", "1s", "1440min");

  const ConfigTable channels = file.section("channels");
  config.channels.trades_interval_ms = interval_ms(channels, "trades", "50ms");
  config.channels.ticker_interval_ms = interval_ms(channels, "ticker", "500ms");
  config.channels.candles_interval_ms = interval_ms(channels, "candles", "250ms");

  read_limits(file.section("limits"), config);
  for (const ConfigTable& asset : file.tables("asset")) {
    config.assets.push_back({static_cast<std::uint32_t>(asset.need_integer("id", 1, 1 << 20)),
                             asset.need_text("symbol"),
                             static_cast<unsigned>(asset.need_integer("decimals", 0, 18))});
  }
  return config;
}

}  // namespace saker::gateway
