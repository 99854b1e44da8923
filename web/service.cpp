#include "web/service.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "common/clock.hpp"
#include "common/command_line.hpp"
#include "web/log.hpp"

namespace saker::web {

namespace {

constexpr std::uint64_t kReadyPollNs = 50'000'000;
constexpr std::uint64_t kProgressPauseNs = 1'000'000'000;

struct Options {
  std::string config;
  std::string data = ".saker";
  std::uint16_t port_base = 3000;
  int ready_fd = -1;
  bool routes = false;
};

void add_common_routes(ServiceContext& context, const std::unique_ptr<Application>& application) {
  const std::string name = context.description.name;
  context.server.add({
      {Method::Get, "/healthz", Access::Public, "health",
       [name](const Request&) {
         Writer out;
         out.begin_object().field("service", name).field("status", "alive").end_object();
         return json_response(out.take());
       }},
      {Method::Get, "/readyz", Access::Public, "readiness",
       [name, &application](const Request&) {
         std::string why_not = "starting";
         if (!application || !application->ready(why_not)) {
           throw unavailable("not ready: " + why_not);
         }
         Writer out;
         out.begin_object().field("service", name).field("status", "ready").end_object();
         return json_response(out.take());
       }},
      {Method::Get, "/metrics", Access::Service, "metrics",
       [&context](const Request&) {
         Response response;
         response.content_type = "text/plain; version=0.0.4; charset=utf-8";
         response.body = context.metrics.text();
         return response;
       }},
  });
}

/// Tells the launcher once, when the application can serve, and until then that it gets nearer:
/// another reason than before is progress.
class ReadyTeller {
 public:
  ReadyTeller(Loop& loop, const std::unique_ptr<Application>& application, int fd)
      : application_(application), timer_(loop), fd_(fd) {
    timer_.every(kReadyPollNs, [this] { look(); });
  }

 private:
  void look() {
    std::string why_not;
    if (!application_->ready(why_not)) return tell_progress(why_not);
    timer_.cancel();
    log_info("ready");
    tell("ready\n");
    if (fd_ >= 0) ::close(fd_);
  }
  void tell_progress(const std::string& why_not) {
    const TimeNs now_ns = MonotonicClock().now_ns();
    if (why_not == why_not_ || now_ns < told_ns_ + kProgressPauseNs) return;
    const bool first = why_not_.empty();
    why_not_ = why_not;
    if (first) return;
    told_ns_ = now_ns;
    tell("progress\n");
  }
  void tell(std::string_view word) {
    if (fd_ < 0) return;
    const ssize_t written = ::write(fd_, word.data(), word.size());
    if (written == static_cast<ssize_t>(word.size())) return;
    log_warning("the launcher does not hear us", {{"word", word.substr(0, word.size() - 1)}});
  }
  const std::unique_ptr<Application>& application_;
  Timer timer_;
  int fd_;
  std::string why_not_;
  TimeNs told_ns_ = 0;
};

int serve(const Options& options, const ServiceDescription& description,
          const MakeApplication& make) {
  const ConfigTable config = options.config.empty() ? parse_config("", "built-in defaults")
                                                    : load_config(options.config);
  ServerConfig server_config = read_server_config(config.section("server"));
  server_config.port = static_cast<std::uint16_t>(options.port_base + description.port_offset);
  Loop loop;
  Metrics metrics(description.name);
  Server server(loop, server_config, metrics);
  ServiceContext context{description,       config, options.data, options.data + "/secrets",
                         options.port_base, loop,   server,       metrics,
                         {}};
  std::unique_ptr<Application> application;
  add_common_routes(context, application);
  application = make(context);
  config.reject_unknown();
  if (options.routes) {
    std::printf("%s\n", server.route_table().c_str());
    return 0;
  }
  server.set_service_token(context.service_token());
  server.set_token_verifier(std::make_shared<TokenVerifier>(context.secrets));
  ::signal(SIGPIPE, SIG_IGN);
  loop.stop_on_signals([&] {
    log_info("stopping");
    server.drain([&] { application->stop([&loop] { loop.stop(); }); });
  });
  std::unique_ptr<ReadyTeller> teller;
  loop.post([&] {
    application->start();
    server.start();
    log_info("listening", {{"address", server_config.address}, {"port", server.port()}});
    teller = std::make_unique<ReadyTeller>(loop, application, options.ready_fd);
  });
  const auto end = [&] {
    teller.reset();
    server.stop();  // before the application, which its handlers refer to
    application.reset();
  };
  try {
    loop.run();
  } catch (...) {
    end();
    throw;
  }
  end();
  log_info("stopped");
  return 0;
}

}  // namespace

const std::string& ServiceContext::service_token() {
  if (service_token_.empty()) service_token_ = load_service_token(secrets);
  return service_token_;
}

int run_service(int argc, char** argv, const ServiceDescription& description,
                const MakeApplication& make) {
  Options options;
  options.config = description.default_config;
  CommandLine app(description.purpose, "saker-" + description.name);
  app.option("--config", options.config, "configuration file").shown();
  app.option("--data", options.data, "data directory of the venue").shown();
  app.option("--port-base", options.port_base, "first port of the venue").range(1, 65'000).shown();
  app.option("--ready-fd", options.ready_fd, "write a line here when ready to serve");
  app.flag("--routes", options.routes, "print the table of routes as JSON and exit");
  if (const auto code = app.parse(argc, argv)) return *code;
  set_log_service(description.name);
  try {
    return serve(options, description, make);
  } catch (const std::exception& error) {
    log_error("cannot go on", {{"error", error.what()}});
    return 1;
  }
}

}  // namespace saker::web
