// The skeleton of a service: command line, configuration file, loop, server, the routes that every
// service has (/healthz, /readyz, /metrics), readiness, signals. A service is then
//
//   class Gateway : public web::Application {
//    public:
//     explicit Gateway(web::ServiceContext& context);  // reads its keys, adds its routes
//     void start() override;                           // opens databases and sessions
//     bool ready(std::string& why_not) override;
//   };
//   int main(int argc, char** argv) {
//     return web::service_main<Gateway>(argc, argv, {"gateway", "HTTP and WebSocket for customers",
//                                                    0, "gateway/gateway.toml"});
//   }
//
// Options: --config FILE, --data DIR, --port-base N, --ready-fd FD, --routes, --help. With --routes
// the dispatch table is printed as JSON after the constructor, and nothing is started: so a
// constructor connects to nothing and writes nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "web/server.hpp"

namespace saker::web {

struct ServiceDescription {
  std::string name;     // "gateway": the process is saker-gateway
  std::string purpose;  // one line for --help
  std::uint16_t port_offset = 0;  // to the port base
  std::string default_config;     // of --config; empty: every key has its default
};

/// What an application is built from; lives longer than it.
struct ServiceContext {
  const ServiceDescription& description;
  const ConfigTable& config;  // the whole file; [server] is taken. The skeleton rejects unknown
                              // keys after the constructor
  std::string data;           // the data directory
  std::string secrets;        // DATA/secrets
  std::uint16_t port_base;
  Loop& loop;
  Server& server;
  Metrics& metrics;
  /// The service token; made at the first call if nobody has yet.
  const std::string& service_token();

  std::string service_token_;
};

class Application {
 public:
  virtual ~Application() = default;
  /// On the loop, after the routes are known and before the server listens. May throw.
  virtual void start() = 0;
  /// Asked by /readyz and until the first yes for --ready-fd. `why_not` is for people; while a
  /// start takes long it changes as the work gets on, or the launcher takes the process for stuck.
  virtual bool ready(std::string& why_not) = 0;
  /// SIGTERM, after the server has drained: call `done` when all is put away.
  virtual void stop(std::function<void()> done) { done(); }
};

using MakeApplication = std::function<std::unique_ptr<Application>(ServiceContext&)>;

/// The whole of main(): the exit status.
int run_service(int argc, char** argv, const ServiceDescription& description,
                const MakeApplication& make);

template <class App>
int service_main(int argc, char** argv, const ServiceDescription& description) {
  return run_service(argc, argv, description, [](ServiceContext& context) {
    return std::unique_ptr<Application>(std::make_unique<App>(context));
  });
}

}  // namespace saker::web
