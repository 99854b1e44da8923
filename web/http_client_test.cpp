// The client against our server, and against servers that behave badly.
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    rig.server.add({
        {Method::Get, "/quick", Access::Public, "quick",
         [this](const Request& request) {
           ++served;
           return json_response(request.query_).add_header("X-Two-Words", "yes");
         }},
        {Method::Post, "/echo", Access::Service, "echo",
         [this](const Request& request) {
           ++served;
           return json_response(request.json().need("a").dump(), 201);
         }},
        {Method::Get, "/slow", Access::Public, "slow",
         [this](const Request&, Responder responder) { kept.push_back(std::move(responder)); }},
    });
    rig.server.start();
    config.port = rig.server.port();
    config.service_token = Rig::kServiceToken;
  }
  bool until(const std::function<bool()>& done) { return rig.loop.run_until(done, kPatienceNs); }
  HttpResult ask(HttpClient& client, HttpRequest request) {
    std::optional<HttpResult> got;
    client.send(std::move(request), [&](HttpResult result) { got = std::move(result); });
    EXPECT_FALSE(got) << "called back within send()";
    EXPECT_TRUE(until([&] { return got.has_value(); }));
    return got.value_or(HttpResult());
  }

  Rig rig;
  HttpClientConfig config;
  std::vector<Responder> kept;
  int served = 0;
};

/// Listens, takes connections, and does with each what the test says.
class BadServer {
 public:
  BadServer(Loop& loop, std::function<void(int fd)> on_request)
      : loop_(loop), on_request_(std::move(on_request)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
    watch_ = std::make_unique<Watch>(loop, fd_, [this] { take(); });
  }
  ~BadServer() {
    watch_.reset();
    peers_.clear();
    for (const int fd : fds_) ::close(fd);
    ::close(fd_);
  }
  std::uint16_t port;
  int requests = 0;

 private:
  void take() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    fds_.push_back(fd);
    peers_.push_back(std::make_unique<Watch>(loop_, fd, [this, fd, i = peers_.size()] {
      char buffer[4'096];
      if (::recv(fd, buffer, sizeof buffer, 0) <= 0) return peers_[i].reset();
      ++requests;
      on_request_(fd);
    }));
  }
  Loop& loop_;
  std::function<void(int)> on_request_;
  int fd_;
  std::unique_ptr<Watch> watch_;
  std::vector<std::unique_ptr<Watch>> peers_;
  std::vector<int> fds_;
};

void say(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

TEST_F(HttpClientTest, AsksAndKeepsTheConnection) {
  HttpClient client(rig.loop, config);
  const HttpResult got = ask(client, {Method::Get, "/quick?a=1"});
  EXPECT_TRUE(got.ok());
  EXPECT_EQ(got.response.body, "a=1");
  EXPECT_EQ(got.response.content_type, "application/json");
  EXPECT_EQ(got.header("x-two-words"), "yes");
  const HttpResult posted = ask(client, {Method::Post, "/echo", {}, R"({"a":[1]})"});
  EXPECT_EQ(posted.response.status, 201u);
  EXPECT_EQ(posted.response.body, "[1]");
  EXPECT_EQ(ask(client, {Method::Head, "/quick"}).response.body, "");
  EXPECT_EQ(ask(client, {Method::Get, "/none"}).response.status, 404u);
  EXPECT_EQ(ask(client, {Method::Delete, "/quick"}).response.status, 405u);
  EXPECT_NE(rig.metrics.text().find("saker_test_connections_accepted_total 1\n"),
            std::string::npos);
}

TEST_F(HttpClientTest, ManyAtOnceShareConnections) {
  config.max_connections = 4;
  HttpClient client(rig.loop, config);
  int answers = 0;
  for (int i = 0; i < 200; ++i) {
    client.send({Method::Get, "/quick?" + std::to_string(i)}, [&, i](HttpResult result) {
      EXPECT_EQ(result.response.body, std::to_string(i));
      ++answers;
    });
  }
  EXPECT_TRUE(until([&] { return answers == 200; }));
  EXPECT_NE(rig.metrics.text().find("saker_test_connections_accepted_total 4\n"),
            std::string::npos);
}

TEST_F(HttpClientTest, TimesOutAndGoesOn) {
  config.max_connections = 1;
  HttpClient client(rig.loop, config);
  HttpRequest slow{Method::Get, "/slow"};
  slow.timeout_ns = 100 * kMs;
  const HttpResult late = ask(client, slow);
  EXPECT_EQ(late.failure, HttpFailure::Timeout);
  EXPECT_FALSE(late.never_sent());
  EXPECT_EQ(late.error("x").code, "OUTCOME_UNKNOWN");
  EXPECT_TRUE(ask(client, {Method::Get, "/quick"}).ok());
}

TEST_F(HttpClientTest, WhoWaitsTooLongWasNeverSent) {
  config.max_connections = 1;
  config.max_waiting = 2;
  HttpClient client(rig.loop, config);
  std::vector<HttpFailure> failures;
  HttpRequest slow{Method::Get, "/slow"};
  slow.timeout_ns = 200 * kMs;
  const auto note = [&](HttpResult result) { failures.push_back(result.failure); };
  client.send(slow, note);
  ASSERT_TRUE(until([&] { return kept.size() == 1; }));
  HttpRequest waiting{Method::Post, "/echo", {}, "{}"};
  waiting.timeout_ns = 100 * kMs;
  client.send(waiting, note);
  client.send(waiting, note);
  client.send(waiting, note);  // the third that waits is one too many
  EXPECT_TRUE(until([&] { return failures.size() == 4; }));
  EXPECT_EQ(failures, (std::vector<HttpFailure>{HttpFailure::Overloaded, HttpFailure::Overloaded,
                                                HttpFailure::Overloaded, HttpFailure::Timeout}));
  EXPECT_EQ(served, 0);
}

TEST_F(HttpClientTest, NobodyThereIsUnreachable) {
  Rig gone;
  gone.server.start();
  config.port = gone.server.port();
  gone.server.stop();
  HttpClient client(rig.loop, config);
  const HttpResult got = ask(client, {Method::Post, "/echo", {}, "{}"});
  EXPECT_EQ(got.failure, HttpFailure::Unreachable);
  EXPECT_EQ(got.error("accounts").status, 503u);
  EXPECT_EQ(got.error("accounts").code, "UNAVAILABLE");
}

TEST_F(HttpClientTest, ComesBackAfterTheServerDoes) {
  HttpClient client(rig.loop, config);
  EXPECT_TRUE(ask(client, {Method::Get, "/quick"}).ok());
  rig.server.stop();
  EXPECT_EQ(ask(client, {Method::Get, "/quick"}).failure, HttpFailure::Unreachable);
  ServerConfig same = Rig::impatient();
  same.port = config.port;
  Server again(rig.loop, same, rig.metrics);
  again.add({Method::Get, "/quick", Access::Public, "quick",
             [](const Request&) { return json_response("1"); }});
  again.start();
  EXPECT_TRUE(ask(client, {Method::Get, "/quick"}).ok());
}

TEST_F(HttpClientTest, IdleConnectionsThatCloseAreNoticed) {
  HttpClient client(rig.loop, config);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ask(client, {Method::Get, "/quick"}).ok());
    rig.loop.run_for(600 * kMs);  // longer than the server keeps an idle connection
  }
}

TEST_F(HttpClientTest, BrokenAnswersAreFailures) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  for (const std::string& answer :
       {std::string("not HTTP\r\n\r\n"), head + "ab", std::string("HTTP/1.1 200 OK\r\nContent-Le"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'), std::string()}) {
    BadServer bad(rig.loop, [&](int fd) {
      say(fd, answer);
      ::shutdown(fd, SHUT_RDWR);
    });
    config.port = bad.port;
    HttpClient client(rig.loop, config);
    EXPECT_EQ(ask(client, {Method::Get, "/"}).failure, HttpFailure::Broken) << answer.substr(0, 80);
    EXPECT_EQ(bad.requests, 1);
  }
}

TEST_F(HttpClientTest, OddButSoundAnswersAreTaken) {
  for (const std::string& answer :
       {std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "1\r\no\r\n1\r\nk\r\n0\r\n\r\n"),
        std::string("HTTP/1.0 200 OK\r\n\r\nok")}) {
    BadServer odd(rig.loop, [&](int fd) {
      say(fd, answer);
      ::shutdown(fd, SHUT_WR);
    });
    config.port = odd.port;
    HttpClient client(rig.loop, config);
    EXPECT_EQ(ask(client, {Method::Get, "/"}).response.body, "ok") << answer;
  }
}

TEST_F(HttpClientTest, OnlyHarmlessRequestsAreSentTwice) {
  // The second request on each connection meets an end without an answer.
  const auto count = [&](Method method) {
    int on_connection = 0;
    BadServer closing(rig.loop, [&](int fd) {
      if (++on_connection % 2 == 1) return say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      ::shutdown(fd, SHUT_RDWR);
    });
    config.port = closing.port;
    HttpClient client(rig.loop, config);
    EXPECT_TRUE(ask(client, {method, "/"}).ok());
    const HttpFailure failure = ask(client, {method, "/"}).failure;
    return std::pair(failure, closing.requests);
  };
  EXPECT_EQ(count(Method::Get), std::pair(HttpFailure::None, 3));
  EXPECT_EQ(count(Method::Post), std::pair(HttpFailure::Broken, 2));
}

TEST_F(HttpClientTest, RequestsCannotBeSplit) {
  HttpClient client(rig.loop, config);
  for (const HttpRequest& bad :
       {HttpRequest{Method::Get, "/quick HTTP/1.1\r\nX: y"}, HttpRequest{Method::Get, "quick"},
        HttpRequest{Method::Get, "/quick", {{"X", "a\r\nX-Saker-Service: b"}}},
        HttpRequest{Method::Get, "/quick", {{"X: y\r\nZ", "a"}}}}) {
    EXPECT_EQ(ask(client, bad).failure, HttpFailure::Unreachable);
  }
  EXPECT_EQ(served, 0);
  EXPECT_TRUE(ask(client, {Method::Get, "/quick"}).ok());
}

TEST_F(HttpClientTest, MayEndWithRequestsUnderWay) {
  auto client = std::make_unique<HttpClient>(rig.loop, config);
  client->send({Method::Get, "/slow"}, [](HttpResult) { FAIL() << "called after its end"; });
  client->send({Method::Get, "/quick"}, [&](HttpResult) { client.reset(); });
  EXPECT_TRUE(until([&] { return client == nullptr; }));
  rig.loop.run_for(20 * kMs);
}

}  // namespace
}  // namespace saker::web
