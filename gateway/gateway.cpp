#include "gateway/gateway.hpp"

#include <filesystem>

#include "web/log.hpp"

namespace saker::gateway {
namespace {

constexpr std::uint64_t kPublishNs = 10'000'000;
constexpr std::uint64_t kPollNs = 20'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kHealthTimeoutNs = 2'000'000'000;

GatewayConfig configuration(const web::ServiceContext& context) {
  GatewayConfig config = read_gateway_config(context.config);
  config.venue.secrets = context.secrets;
  config.venue.port_base = context.port_base;
  return config;
}

std::uint16_t port_or(std::uint16_t given, std::uint16_t base, std::uint16_t offset) {
  return given != 0 ? given : static_cast<std::uint16_t>(base + offset);
}

}  // namespace

Gateway::Gateway(web::ServiceContext& context)
    : context_(context),
      loop_(context.loop),
      config_(configuration(context)),
      markets_(config_.assets),
      accounts_(schedule_, config_.accounts, markets_),
      desk_(schedule_, config_.orders, accounts_),
      channels_(config_.channels, markets_, states_),
      venue_(loop_, config_.venue, markets_, states_, *this),
      trade_(schedule_, config_.order_rate, markets_, accounts_, desk_),
      tokens_(std::make_shared<web::TokenVerifier>(context.secrets)),
      evidence_(config_.evidence.empty() ? context.data + "/evidence" : config_.evidence),
      history_(loop_, markets_, states_),
      hub_({loop_, config_, *tokens_, trade_, accounts_, channels_, venue_}),
      rest_({loop_, markets_, states_, trade_, desk_, accounts_, venue_, to_accounts_, evidence_,
             marketdata_client_}),
      request_rate_(config_.request_rate.per_second, config_.request_rate.burst),
      publish_timer_(loop_),
      poll_timer_(loop_),
      second_timer_(loop_) {
  accounts_.connect(venue_);
  desk_.connect(venue_);
  rest_.add_routes(context.server);
  context.server.add_socket(
      {"/ws", web::Access::Public, "socket", [this](const web::Request&) { return hub_.open(); }});
  context.server.set_token_verifier(tokens_);
  context.server.set_gate(
      [this](const web::Request& request, const web::Route&) { return gate(request); });
  declare_metrics();
}

void Gateway::start() {
  const std::string& token = context_.service_token();
  const auto client = [&](std::uint16_t port) {
    return std::make_unique<web::HttpClient>(
        loop_, web::HttpClientConfig{.port = port,
                                     .service_token = token,
                                     .timeout_ns = config_.service_timeout_ns,
                                     .max_connections = 64});
  };
  accounts_client_ = client(port_or(config_.accounts_port, context_.port_base, 3));
  marketdata_client_ = client(port_or(config_.marketdata_port, context_.port_base, 4));
  to_accounts_.connect(*accounts_client_);
  history_.connect(*marketdata_client_);
  if (!config_.page.empty() && std::filesystem::is_directory(config_.page)) {
    context_.server.set_static_files({.directory = config_.page});
  } else {
    web::log_warning("no page is served", {{"directory", config_.page}});
  }
  venue_.start();
  begin_timers();
}

void Gateway::begin_timers() {
  publish_timer_.every(kPublishNs, [this] {
    channels_.tick(venue_.feed_sequence(), loop_.utc_ns() / 1'000'000);
  });
  poll_timer_.every(kPollNs, [this] {
    accounts_.poll();
    desk_.poll();
    history_.poll();
  });
  second_timer_.every(kSecondNs, [this] {
    hub_.expire();
    look_at(*accounts_client_, accounts_up_);
    look_at(*marketdata_client_, marketdata_up_);
  });
}

void Gateway::look_at(web::HttpClient& service, bool& up) {
  service.send({web::Method::Get, "/readyz", {}, {}, kHealthTimeoutNs},
               [&up](const web::HttpResult& result) { up = result.ok(); });
}

bool Gateway::ready(std::string& why_not) {
  std::string missing;
  const auto miss = [&missing](bool there, const char* what) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  miss(venue_.engine_up(), "engine");
  miss(venue_.follower_up(), "follower");
  miss(venue_.feed_live(), "feed");
  miss(accounts_up_, "accounts");
  miss(marketdata_up_, "market data");
  if (missing.empty()) return true;
  why_not = "missing: " + missing;
  return false;
}

void Gateway::stop(std::function<void()> done) {
  publish_timer_.cancel();
  second_timer_.cancel();
  venue_.stop(std::move(done));
}

void Gateway::on_feed_live(bool live) {
  web::log_info(live ? "the feed is live" : "the feed is stale or behind",
                {{"sequence", venue_.feed_sequence()}});
  hub_.on_feed_live(live);
}

/// Other services are not limited; the page's files are not asked about here.
std::optional<web::ApiError> Gateway::gate(const web::Request& request) {
  if (request.from_service() || config_.request_rate.per_second == 0) return std::nullopt;
  const TimeNs now_ns = loop_.now_ns();
  const std::string& address = request.client_address();
  if (request_rate_.take(address, now_ns)) return std::nullopt;
  return web::rate_limited(request_rate_.retry_after_s(address, now_ns));
}

void Gateway::declare_metrics() {
  web::Metrics& metrics = context_.metrics;
  const auto gauge = [&metrics](const char* name, const char* help, auto value) {
    web::Gauge* out = &metrics.gauge(name, help);
    metrics.before_text([out, value] { out->set(static_cast<std::int64_t>(value())); });
  };
  gauge("engine_up", "Logged on to the engine", [this] { return venue_.engine_up(); });
  gauge("follower_up", "Logged on to the follower", [this] { return venue_.follower_up(); });
  gauge("feed_live", "Every book is exact", [this] { return venue_.feed_live(); });
  gauge("accounts_signed_in", "Accounts with a socket", [this] { return hub_.signed_in(); });
  gauge("account_views", "Accounts kept in step", [this] { return accounts_.views(); });
  gauge("channels", "Different public channels in use", [this] { return channels_.streams(); });
  gauge("commands_in_flight", "Commands without an answer", [this] { return desk_.in_flight(); });
  gauge("questions", "Questions to the follower without an answer",
        [this] { return venue_.questions(); });
  gauge("round_trip_ns", "Smoothed, command to decision",
        [this] { return venue_.round_trip_ns(); });
  gauge("pushes", "Messages pushed since the start",
        [this] { return channels_.pushes() + accounts_.pushes(); });
  gauge("commands", "Commands sent since the start",
        [this] { return desk_.counters().commands; });
  gauge("commands_accepted", "Of these, accepted", [this] { return desk_.counters().accepted; });
  gauge("commands_rejected", "Of these, refused by the engine",
        [this] { return desk_.counters().rejected; });
  gauge("commands_unknown", "Of these, answered OUTCOME_UNKNOWN",
        [this] { return desk_.counters().unknown; });
  gauge("commands_repeated", "Orders asked for again, answered with what there was",
        [this] { return desk_.counters().repeated; });
}

}  // namespace saker::gateway
