#include "gateway/socket_session.hpp"

#include <utility>

namespace saker::gateway {
namespace {

constexpr std::size_t kMostChannelsAtOnce = 256;

/// The id of a request as it has to stand in the reply: a text or an integer.
std::string read_id(const web::Fields& request) {
  const web::JsonValue id = request.need("id");
  if (id.kind() == web::JsonValue::Kind::Text && id.text().size() <= 64) return id.dump();
  if (id.kind() == web::JsonValue::Kind::Integer) return id.dump();
  request.fail("id", "must be a text of at most 64 bytes or an integer");
}

struct NamedChannel {
  std::string name;
  Channel channel;
};

std::vector<NamedChannel> read_channels(const web::Fields& params) {
  std::vector<NamedChannel> channels;
  for (const web::JsonValue& value : params.need_array("channels", kMostChannelsAtOnce)) {
    channels.push_back({std::string(value.text()), parse_channel(value.text())});
  }
  params.reject_unknown();
  return channels;
}

std::string channel_list(const std::vector<NamedChannel>& channels) {
  web::Writer out;
  out.begin_object().key("channels").begin_array();
  for (const NamedChannel& channel : channels) out.value(channel.name);
  out.end_array().end_object();
  return out.take();
}

}  // namespace

// ---- the hub ----------------------------------------------------------------------------------

std::shared_ptr<web::SocketHandler> SocketHub::open() {
  return std::make_shared<SocketSession>(*this);
}

std::string SocketHub::status_text(bool live) {
  web::Writer out;
  out.begin_object().field("channel", "status").key("data").begin_object();
  out.field("feed", live ? "live" : "stale").end_object().end_object();
  return out.take();
}

void SocketHub::on_feed_live(bool live) {
  const auto text = std::make_shared<const std::string>(status_text(live));
  for (SocketSession* session : sessions_) session->push(text);
}

void SocketHub::expire() {
  const auto now_s = static_cast<std::int64_t>(parts_.loop.utc_ns() / 1'000'000'000);
  for (SocketSession* session : sessions_) session->expire(now_s);
}

// ---- one socket -------------------------------------------------------------------------------

void SocketSession::on_open(std::shared_ptr<web::Socket> socket) {
  socket_ = std::move(socket);
  hub_.sessions_.insert(this);
  socket_->send(SocketHub::status_text(hub_.parts_.venue.feed_live()));
}

void SocketSession::on_close(std::uint16_t) {
  for (const auto& [name, channel] : std::exchange(channels_, {})) {
    if (is_private(channel.kind)) {
      hub_.parts_.accounts.unsubscribe(*this, identity_->account, channel.kind);
    } else {
      hub_.parts_.channels.unsubscribe(*this, name);
    }
  }
  sign_out();
  hub_.sessions_.erase(this);
  socket_.reset();
}

void SocketSession::push(const SharedText& text) {
  if (socket_ != nullptr) socket_->send(text);
}

void SocketSession::reply(const std::string& id, std::string_view result) {
  if (socket_ == nullptr) return;
  web::Writer out;
  out.begin_object().key("id").raw(id).key("result").raw(result).end_object();
  socket_->send(out.take());
}

void SocketSession::reply_error(const std::string& id, const web::ApiError& error) {
  if (socket_ == nullptr) return;
  web::Writer out;
  out.begin_object().key("id").raw(id).key("error");
  out.raw(web::error_object(error.code, error.what())).end_object();
  socket_->send(out.take());
}

void SocketSession::on_text(std::string_view text) {
  std::string id = "null";
  try {
    if (!requests_.take(hub_.parts_.config.socket_rate, hub_.parts_.loop.now_ns())) {
      // Who sends so much cannot be answered request by request; which one it was is still said.
      id = read_id(web::parse_json(text).object());
      throw web::rate_limited(1);
    }
    const web::Fields request = web::parse_json(text).object();
    id = read_id(request);
    const std::string method = request.need_text("method", 64);
    const auto params = request.value("params");
    request.reject_unknown();
    handle(id, method, params ? params->object() : web::parse_json("{}").object());
  } catch (const web::ApiError& error) {
    reply_error(id, error);
  }
}

void SocketSession::handle(const std::string& id, const std::string& method,
                           const web::Fields& params) {
  static const std::map<std::string, Method, std::less<>> kMethods = {
      {"auth", &SocketSession::auth},
      {"subscribe", &SocketSession::subscribe},
      {"unsubscribe", &SocketSession::unsubscribe},
      {"ping", &SocketSession::ping},
  };
  const auto found = kMethods.find(method);
  if (found != kMethods.end()) return (this->*found->second)(id, params);
  trade(id, method, params);
}

void SocketSession::trade(const std::string& id, const std::string& method,
                          const web::Fields& params) {
  using Operation = void (TradeApi::*)(const web::Identity&, const web::Fields&, AnswerDone);
  static const std::map<std::string, Operation, std::less<>> kOperations = {
      {"place_order", &TradeApi::place_order},
      {"replace_order", &TradeApi::replace_order},
      {"cancel_order", &TradeApi::cancel_order},
      {"cancel_all", &TradeApi::cancel_all},
  };
  const auto found = kOperations.find(method);
  if (found == kOperations.end()) throw web::not_found("method: there is none of this name");
  const web::Identity& who = need_identity();
  (hub_.parts_.trade.*found->second)(
      who, params, [id, weak = weak_from_this()](const Answer& answer) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (answer.error) return self->reply_error(id, *answer.error);
        self->reply(id, answer.json);
      });
}

void SocketSession::ping(const std::string& id, const web::Fields& params) {
  params.reject_unknown();
  web::Writer out;
  out.begin_object().field("time", hub_.parts_.loop.utc_ns() / 1'000'000).end_object();
  reply(id, out.take());
}

// ---- who it is --------------------------------------------------------------------------------

void SocketSession::auth(const std::string& id, const web::Fields& params) {
  const std::string token = params.need_text("token", 4'096);
  params.reject_unknown();
  const auto now_s = static_cast<std::int64_t>(hub_.parts_.loop.utc_ns() / 1'000'000'000);
  const auto identity = hub_.parts_.tokens.verify(token, now_s);
  if (!identity) throw web::unauthenticated("the token is not valid or has expired");
  sign_in(*identity);
  web::Writer out;
  out.begin_object()
      .field_id("user_id", identity->user)
      .field_id("account", identity->account)
      .field("expires_at", identity->expires_at_s * 1'000)
      .end_object();
  reply(id, out.take());
}

void SocketSession::sign_in(const web::Identity& identity) {
  const bool same = identity_ && identity_->user == identity.user &&
                    identity_->account == identity.account;
  if (!same) {
    const auto there = hub_.sessions_of_account_.find(identity.account);
    if (there != hub_.sessions_of_account_.end() &&
        there->second >= hub_.parts_.config.sockets_per_account) {
      throw web::ApiError(429, "RATE_LIMITED", "the account has too many sockets open");
    }
    leave_private();
    sign_out();
    ++hub_.sessions_of_account_[identity.account];
  }
  identity_ = identity;
}

void SocketSession::sign_out() {
  if (!identity_) return;
  const auto there = hub_.sessions_of_account_.find(identity_->account);
  if (--there->second == 0) hub_.sessions_of_account_.erase(there);
  identity_.reset();
}

const web::Identity& SocketSession::need_identity() const {
  if (identity_) return *identity_;
  throw web::unauthenticated("send auth with an access token first");
}

void SocketSession::expire(std::int64_t now_s) {
  if (!identity_ || now_s < identity_->expires_at_s) return;
  leave_private();
  sign_out();
  web::Writer out;
  out.begin_object().field("channel", "auth").key("data").begin_object();
  out.field("expired", true).end_object().end_object();
  socket_->send(out.take());
}

// ---- channels ---------------------------------------------------------------------------------

void SocketSession::subscribe(const std::string& id, const web::Fields& params) {
  const std::vector<NamedChannel> wanted = read_channels(params);
  std::vector<std::string> joined;
  try {
    for (const auto& [name, channel] : wanted) {
      const bool fresh = channels_.find(name) == channels_.end();
      if (fresh && channels_.size() >= hub_.parts_.config.channels_per_socket) {
        throw web::conflict("a socket may have " +
                            std::to_string(hub_.parts_.config.channels_per_socket) +
                            " channels; unsubscribe some first");
      }
      join(name, channel);
      if (fresh) joined.push_back(name);
    }
  } catch (const web::ApiError&) {
    for (const std::string& name : joined) leave(name);  // all or none
    throw;
  }
  reply(id, channel_list(wanted));
  const std::uint64_t now_ms = hub_.parts_.loop.utc_ns() / 1'000'000;
  for (const auto& [name, channel] : wanted) {
    if (is_private(channel.kind)) continue;  // their snapshots come from the follower
    hub_.parts_.channels.snapshot(*this, name, hub_.parts_.venue.feed_sequence(), now_ms);
  }
}

void SocketSession::unsubscribe(const std::string& id, const web::Fields& params) {
  const std::vector<NamedChannel> channels = read_channels(params);
  for (const NamedChannel& channel : channels) leave(channel.name);
  reply(id, channel_list(channels));
}

void SocketSession::join(const std::string& name, const Channel& channel) {
  if (is_private(channel.kind)) {
    TradeApi::need_account(need_identity());
    hub_.parts_.accounts.subscribe(*this, identity_->account, channel.kind);
  } else {
    hub_.parts_.channels.subscribe(*this, name, channel);
  }
  channels_[name] = channel;
}

void SocketSession::leave(const std::string& name) {
  const auto found = channels_.find(name);
  if (found == channels_.end()) return;
  if (is_private(found->second.kind)) {
    hub_.parts_.accounts.unsubscribe(*this, identity_->account, found->second.kind);
  } else {
    hub_.parts_.channels.unsubscribe(*this, name);
  }
  channels_.erase(found);
}

void SocketSession::leave_private() {
  for (const char* name : {"orders", "fills", "balances"}) leave(name);
}

}  // namespace saker::gateway
