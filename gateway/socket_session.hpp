// One WebSocket of a customer: requests with ids, answers, pushes of the channels it subscribed to.
// The hub knows them all: it tells them when the feed goes stale, and ends what a token that has
// expired had opened.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "gateway/config.hpp"
#include "gateway/public_channels.hpp"
#include "gateway/trade_api.hpp"
#include "web/socket.hpp"

namespace saker::gateway {

class SocketSession;

/// What all sockets share. Everything outlives the sockets.
class SocketHub {
 public:
  struct Parts {
    web::Loop& loop;
    const GatewayConfig& config;
    web::TokenVerifier& tokens;
    TradeApi& trade;
    Accounts& accounts;
    PublicChannels& channels;
    VenueLink& venue;
  };
  explicit SocketHub(const Parts& parts) : parts_(parts) {}

  std::shared_ptr<web::SocketHandler> open();
  /// Tells every socket.
  void on_feed_live(bool live);
  /// Ends what expired tokens had opened; call it every second.
  void expire();

  std::size_t sockets() const { return sessions_.size(); }
  std::size_t signed_in() const { return sessions_of_account_.size(); }

 private:
  friend class SocketSession;
  static std::string status_text(bool live);

  Parts parts_;
  std::set<SocketSession*> sessions_;
  std::map<std::uint32_t, std::size_t> sessions_of_account_;
};

class SocketSession : public web::SocketHandler,
                      public Subscriber,
                      public std::enable_shared_from_this<SocketSession> {
 public:
  explicit SocketSession(SocketHub& hub) : hub_(hub) {}

  void on_open(std::shared_ptr<web::Socket> socket) override;
  void on_text(std::string_view text) override;
  void on_close(std::uint16_t code) override;
  void push(const SharedText& text) override;

  /// The identity is over when its token is.
  void expire(std::int64_t now_s);

 private:
  using Method = void (SocketSession::*)(const std::string& id, const web::Fields& params);

  void handle(const std::string& id, const std::string& method, const web::Fields& params);
  void auth(const std::string& id, const web::Fields& params);
  void subscribe(const std::string& id, const web::Fields& params);
  void unsubscribe(const std::string& id, const web::Fields& params);
  void ping(const std::string& id, const web::Fields& params);
  void trade(const std::string& id, const std::string& method, const web::Fields& params);

  void sign_in(const web::Identity& identity);
  void sign_out();
  const web::Identity& need_identity() const;
  void join(const std::string& name, const Channel& channel);
  void leave(const std::string& name);
  void leave_private();
  void reply(const std::string& id, std::string_view result);
  void reply_error(const std::string& id, const web::ApiError& error);

  SocketHub& hub_;
  std::shared_ptr<web::Socket> socket_;
  std::optional<web::Identity> identity_;
  std::map<std::string, Channel> channels_;
  TokenBucket requests_;
};

}  // namespace saker::gateway
