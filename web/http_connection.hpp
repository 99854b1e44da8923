// Inside web/ only: one HTTP connection of the server, from accept to close or upgrade.
#pragma once

#include "web/server_impl.hpp"

namespace saker::web {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<Server::Impl> server, TcpSocket socket,
                 std::string remote_address);

  void start();
  /// Time-outs; monotonic time.
  void tick(TimeNs now_ns);
  /// The server stops: idle connections close, others after their answer.
  void drain();
  /// Closes now.
  void cut();
  const std::string& remote_address() const { return remote_address_; }

 private:
  enum class State : std::uint8_t {
    Idle,       // nothing of the next request is here
    Header,
    Body,
    Handling,   // a handler owes an answer
    Writing,
    Lingering,  // answered and done; what the peer still sends is thrown away
    Closed,
  };
  class Sink;

  void set_state(State state, std::uint64_t timeout_ns);
  void wait_readable();
  void on_readable();
  void advance();
  bool on_header();
  void on_body();
  std::optional<Response> refusal();
  void find_route();
  void begin_upgrade();
  void handle();
  void on_answer(std::uint64_t exchange, Response&& response);
  void on_dropped(std::uint64_t exchange);
  void refuse(const ApiError& error);
  void write(Response&& response);
  void write_piece();
  std::string head_of(const Response& response) const;
  void on_written(const ErrorCode& error);
  void linger();

  std::shared_ptr<Server::Impl> server_;
  TcpSocket socket_;
  std::string remote_address_;
  State state_ = State::Idle;
  TimeNs deadline_ns_ = 0, request_began_ns_ = 0;
  std::string in_;  // received, not yet parsed
  std::unique_ptr<RequestParser> parser_;
  Request request_;
  const Route* route_ = nullptr;
  bool reading_ = false;
  bool close_after_ = false;  // after the answer, the connection ends
  bool handler_runs_ = false, dropped_ = false;
  std::uint64_t exchange_ = 0;  // number of the request, so that late answers find it gone
  std::string out_head_, out_body_;
  std::size_t written_ = 0;  // of the body
};

}  // namespace saker::web
