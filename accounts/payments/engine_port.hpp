// Engine and follower on the service's loop: sockets, timers, both sessions, the catalogue.
#pragma once

#include <functional>
#include <memory>

#include "accounts/payments/catalogue.hpp"
#include "accounts/payments/funds_session.hpp"
#include "client/fetch.hpp"
#include "client/socket_session.hpp"
#include "web/loop.hpp"
#include "web/metrics.hpp"

namespace saker::accounts {

struct EngineConfig {
  std::string secrets;             // directory
  std::string host = "127.0.0.1";
  std::uint16_t port_base = 3000;
  std::uint32_t funds_session = 5;
  std::uint32_t registrar_session = 16;
  AccountOpener::Config opening;
};

class EnginePort {
 public:
  /// `progress` is called after every turn that may have changed outbox, opener or catalogue.
  EnginePort(web::Loop& loop, const EngineConfig& config, Outbox& outbox, AccountOpener& opener,
             web::Metrics& metrics, std::function<void()> progress);

  /// Tries to connect, again and again: key files may not be there yet.
  void start();
  /// There is something to send.
  void kick();

  bool logged_on() const { return funds_ != nullptr && funds_->logged_on(); }
  bool registrar_logged_on() const { return registrar_ != nullptr && registrar_->logged_on(); }
  const Catalogue& catalogue() const { return catalogue_; }
  /// Whether the directory was read and fits the database.
  bool checked() const { return checked_ && !opener_.foreign(); }

 private:
  using Transport = net::UdpTransport;
  using Markets = client::SnapshotFetch<proto::MarketDefinition, Transport>;

  bool connect(std::uint32_t session, client::SessionConfig& config,
               std::unique_ptr<Transport>& transport);
  void turn();
  void fetch_markets(TimeNs now_ns);

  web::Loop& loop_;
  EngineConfig config_;
  Outbox& outbox_;
  AccountOpener& opener_;
  std::function<void()> progress_;
  std::unique_ptr<Transport> funds_transport_, registrar_transport_;
  std::unique_ptr<FundsSession<Transport>> funds_;
  std::unique_ptr<RegistrarSession<Transport>> registrar_;
  std::unique_ptr<web::Watch> funds_watch_, registrar_watch_;
  std::unique_ptr<Markets> markets_;
  Catalogue catalogue_;
  std::uint64_t catalogue_logons_ = 0;  // logons when it was last fetched
  TimeNs fetch_again_ns_ = 0;
  web::Timer timer_;
  bool kicked_ = false;
  bool checked_ = false;  // the directory was found to fit the database
  web::Gauge& connected_;
};

}  // namespace saker::accounts
