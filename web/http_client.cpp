#include "web/http_client.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <deque>

#include "common/clock.hpp"
#include "web/asio.hpp"
#include "web/http_parser.hpp"
#include "web/log.hpp"

namespace saker::web {

namespace {

constexpr std::uint64_t kTickNs = 20'000'000;

struct Call {
  HttpRequest request;
  std::function<void(HttpResult)> done;
  TimeNs deadline_ns = 0;
  bool again = false;  // it met a closed connection and is sent for the second time
};

bool is_sound(std::string_view text, bool spaces) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [spaces](unsigned char c) {
    return (c > 0x20 && c != 0x7F) || (spaces && (c == ' ' || c == '\t'));
  });
}

/// The bytes of a request; empty when a part of it would break out of its line.
std::string bytes_of(const HttpRequest& request, const HttpClientConfig& config) {
  if (!request.target.starts_with('/') || !is_sound(request.target, false)) return {};
  std::string bytes = std::string(method_word(request.method)) + " " + request.target +
                      " HTTP/1.1\r\nHost: " + config.address + ":" + std::to_string(config.port) +
                      "\r\n";
  bool tells_type = false;
  for (const auto& [name, value] : request.headers) {
    if (!is_sound(name, false) || (!value.empty() && !is_sound(value, true))) return {};
    bytes += name + ": " + value + "\r\n";
    tells_type = tells_type || name == "Content-Type";
  }
  if (!config.service_token.empty()) bytes += "X-Saker-Service: " + config.service_token + "\r\n";
  if (!request.body.empty() && !tells_type) bytes += "Content-Type: application/json\r\n";
  const bool may_have_body = request.method != Method::Get && request.method != Method::Head;
  if (may_have_body || !request.body.empty()) {
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return bytes + "\r\n" + request.body;
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  struct Link {
    explicit Link(const Executor& executor) : socket(executor) {}
    TcpSocket socket;
    std::shared_ptr<Call> call;  // nullptr: idle
    std::unique_ptr<ResponseParser> parser;
    std::string in, out;
    TimeNs deadline_ns = 0;  // of the connecting or the idling
    bool connected = false, reused = false, waits = false;
  };

  Impl(Loop& event_loop, HttpClientConfig client_config)
      : loop(event_loop), config(std::move(client_config)), ticker(event_loop),
        endpoint(asio::ip::make_address(config.address), config.port) {}

  static TimeNs now_ns() { return MonotonicClock().now_ns(); }

  void send(HttpRequest request, std::function<void(HttpResult)> done) {
    auto call = std::make_shared<Call>();
    const std::uint64_t timeout_ns =
        request.timeout_ns != 0 ? request.timeout_ns : config.timeout_ns;
    call->request = std::move(request);
    call->done = std::move(done);
    call->deadline_ns = now_ns() + timeout_ns;
    if (waiting.size() >= config.max_waiting) return finish(call, HttpFailure::Overloaded);
    waiting.push_back(std::move(call));
    loop.post([self = shared_from_this()] { self->pump(); });
  }

  /// Tells the caller, from the loop.
  void finish(const std::shared_ptr<Call>& call, HttpFailure failure, Response response = {}) {
    loop.post([self = shared_from_this(), call, failure, response = std::move(response)]() mutable {
      if (!self->closed) call->done({failure, std::move(response)});
    });
  }

  void pump() {
    if (closed) return;
    while (!waiting.empty()) {
      const auto idle = std::find_if(links.begin(), links.end(), [](const auto& link) {
        return link->connected && link->call == nullptr;
      });
      if (idle != links.end()) {
        take_next(*idle);
        begin(*idle);
      } else if (links.size() < config.max_connections) {
        connect();
      } else {
        break;
      }
    }
    if (!ticking && !(links.empty() && waiting.empty())) {
      ticking = true;
      ticker.every(kTickNs, [self = shared_from_this()] { self->tick(); });
    }
  }

  void take_next(const std::shared_ptr<Link>& link) {
    link->call = std::move(waiting.front());
    waiting.pop_front();
  }

  void connect() {
    auto link = std::make_shared<Link>(loop.impl().io.get_executor());
    links.push_back(link);
    take_next(link);
    link->deadline_ns = now_ns() + config.connect_timeout_ns;
    link->socket.async_connect(endpoint, [self = shared_from_this(), link](const ErrorCode& error) {
      if (link->call == nullptr) return;  // given up meanwhile
      if (error) return self->fail(link, HttpFailure::Unreachable);
      ErrorCode ignored;
      link->socket.set_option(tcp::no_delay(true), ignored);
      link->socket.non_blocking(true, ignored);
      link->connected = true;
      self->begin(link);
    });
  }

  void begin(const std::shared_ptr<Link>& link) {
    link->out = bytes_of(link->call->request, config);
    if (link->out.empty()) {
      log_error("request not sent, it would break the protocol",
                {{"target", link->call->request.target}});
      const auto call = std::move(link->call);
      finish(call, HttpFailure::Unreachable);
      return rest(link);
    }
    link->parser = std::make_unique<ResponseParser>(
        config.max_body_bytes, link->call->request.method == Method::Head);
    asio::async_write(link->socket, asio::buffer(link->out),
                      [self = shared_from_this(), link, call = link->call](
                          const ErrorCode& error, std::size_t size) {
                        if (!error || link->call != call) return;
                        // Not one byte left: it is as if it had not been sent.
                        if (size == 0) self->fail_unsent(link);
                        else self->fail(link, HttpFailure::Broken);
                      });
    wait_readable(link);
  }

  void wait_readable(const std::shared_ptr<Link>& link) {
    if (link->waits) return;
    link->waits = true;
    link->socket.async_wait(tcp::socket::wait_read,
                            [self = shared_from_this(), link](const ErrorCode& error) {
                              link->waits = false;
                              if (!self->closed && !error) self->on_readable(link);
                            });
  }

  void on_readable(const std::shared_ptr<Link>& link) {
    if (!link->socket.is_open()) return;
    ErrorCode error;
    const std::size_t size = link->socket.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) return wait_readable(link);
    // An idle connection has nothing to say: it ends, or makes no sense.
    if (link->call == nullptr) return remove(link);
    if (error) {
      if (error == asio::error::eof && link->parser->parse_end() == ParseStep::Complete) {
        return answered(link);
      }
      return fail(link, HttpFailure::Broken);
    }
    link->in.append(scratch.data(), size);
    switch (link->parser->parse(link->in)) {
      case ParseStep::NeedMore: return wait_readable(link);
      case ParseStep::Complete: return answered(link);
      default: return fail(link, HttpFailure::Broken);
    }
  }

  void answered(const std::shared_ptr<Link>& link) {
    const auto call = std::move(link->call);
    const bool reusable = link->parser->keep_alive() && link->in.empty();
    finish(call, HttpFailure::None, link->parser->take());
    if (reusable) rest(link);
    else remove(link);
    pump();
  }

  /// The connection waits for its next request.
  void rest(const std::shared_ptr<Link>& link) {
    link->call = nullptr;
    link->parser.reset();
    link->out.clear();
    link->reused = true;
    link->deadline_ns = now_ns() + config.idle_timeout_ns;
    wait_readable(link);
  }

  /// A connection kept too long may be closed by the server just as a request goes out.
  void fail_unsent(const std::shared_ptr<Link>& link) {
    if (!link->reused || link->call->again) return fail(link, HttpFailure::Unreachable);
    send_again(link);
  }

  void send_again(const std::shared_ptr<Link>& link) {
    link->call->again = true;
    waiting.push_front(std::move(link->call));
    remove(link);
    pump();
  }

  void fail(const std::shared_ptr<Link>& link, HttpFailure failure) {
    const Method method = link->call->request.method;
    const bool harmless = method == Method::Get || method == Method::Head;
    if (failure == HttpFailure::Broken && harmless && link->reused && !link->call->again &&
        !link->parser->got_some()) {
      return send_again(link);
    }
    const auto call = std::move(link->call);
    finish(call, failure);
    remove(link);
    pump();
  }

  void remove(const std::shared_ptr<Link>& link) {
    link->call = nullptr;
    link->connected = false;
    ErrorCode ignored;
    link->socket.close(ignored);
    std::erase(links, link);
  }

  void tick() {
    const TimeNs now = now_ns();
    while (!waiting.empty() && waiting.front()->deadline_ns < now) {
      finish(waiting.front(), HttpFailure::Overloaded);
      waiting.pop_front();
    }
    const auto all = links;
    for (const auto& link : all) {
      if (link->call != nullptr && link->connected && link->call->deadline_ns < now) {
        fail(link, HttpFailure::Timeout);
      } else if (!link->connected && link->deadline_ns < now) {
        fail(link, HttpFailure::Unreachable);
      } else if (link->call == nullptr && link->deadline_ns < now) {
        remove(link);
      }
    }
    if (links.empty() && waiting.empty()) {
      ticking = false;
      ticker.cancel();
    }
  }

  void close() {
    closed = true;
    ticker.cancel();
    waiting.clear();
    const auto all = std::move(links);
    links.clear();
    for (const auto& link : all) remove(link);
  }

  Loop& loop;
  HttpClientConfig config;
  Timer ticker;
  tcp::endpoint endpoint;
  std::deque<std::shared_ptr<Call>> waiting;
  std::vector<std::shared_ptr<Link>> links;
  std::array<char, 64 * 1024> scratch;
  bool closed = false, ticking = false;
};

HttpClient::HttpClient(Loop& loop, HttpClientConfig config)
    : impl_(std::make_shared<Impl>(loop, std::move(config))) {}
HttpClient::~HttpClient() { impl_->close(); }

void HttpClient::send(HttpRequest request, std::function<void(HttpResult)> done) {
  impl_->send(std::move(request), std::move(done));
}

const char* failure_word(HttpFailure failure) {
  static constexpr const char* kWords[] = {"none", "unreachable", "overloaded", "timeout",
                                           "broken"};
  return kWords[static_cast<std::size_t>(failure)];
}

std::string_view HttpResult::header(std::string_view name) const {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return value;
  }
  return {};
}

ApiError HttpResult::error(const std::string& what) const {
  if (never_sent()) return unavailable(what + " cannot be reached; nothing was done");
  return outcome_unknown(what + " gave no answer; look whether it was done");
}

}  // namespace saker::web
