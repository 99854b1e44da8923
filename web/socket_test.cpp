// WebSockets over real sockets: what is let in, what is cut, and that one client's trouble stays
// its own.
#include "web/socket_client.hpp"
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: venue\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A client's frame: masked with zeros, so that the payload can be read in the test.
std::string frame(unsigned first_byte, std::string_view payload, bool masked = true) {
  std::string bytes(1, static_cast<char>(first_byte));
  const unsigned mask = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    bytes += static_cast<char>(mask | payload.size());
  } else {
    bytes += static_cast<char>(mask | 126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size());
  }
  return bytes + std::string(masked ? 4 : 0, '\0') + std::string(payload);
}

class SocketTest : public testing::Test {
 protected:
  static ServerConfig config() {
    ServerConfig config = Rig::impatient();
    config.socket.max_message_bytes = 1'000;
    config.socket.output_queue_bytes = 256 * 1024;
    config.socket.send_buffer_bytes = 16 * 1024;
    config.socket.idle_timeout_ns = 600 * kMs;
    config.socket.stall_timeout_ns = 5'000 * kMs;
    config.socket.close_timeout_ns = 300 * kMs;
    return config;
  }

  /// Answers each text with itself and keeps book of what happened.
  struct Echo : SocketHandler {
    explicit Echo(SocketTest& owner) : test(owner) {}
    void on_open(std::shared_ptr<Socket> opened) override {
      socket = opened;
      test.sockets.push_back(opened);
    }
    void on_text(std::string_view text) override {
      if (text == "throw") throw std::runtime_error("a handler that throws");
      if (text == "bye") return socket->close(kCloseNormal, "bye");
      socket->send(std::string(text));
    }
    void on_close(std::uint16_t code) override {
      test.codes.push_back(code);
      socket.reset();
    }
    SocketTest& test;
    std::shared_ptr<Socket> socket;
  };

  void SetUp() override {
    const auto open = [this](const Request&) { return std::make_shared<Echo>(*this); };
    rig.server.add_socket({"/ws", Access::Public, "socket", open});
    rig.server.add_socket({"/private", Access::User, "private_socket", open});
    rig.server.add_socket({"/refusing", Access::Public, "refusing_socket",
                           [](const Request&) -> std::shared_ptr<SocketHandler> {
                             throw rate_limited(1);
                           }});
    rig.server.start();
  }
  void TearDown() override { sockets.clear(); }

  bool until(const std::function<bool()>& done) { return rig.loop.run_until(done, kPatienceNs); }
  /// Opens a raw WebSocket.
  std::unique_ptr<RawClient> raw() {
    auto client = std::make_unique<RawClient>(rig.loop, rig.server.port());
    client->send(kUpgrade + "\r\n");
    EXPECT_TRUE(client->wait_for("\r\n\r\n"));
    EXPECT_EQ(client->status(), 101);
    client->received.clear();
    return client;
  }
  /// Sends `bytes` on a raw WebSocket and expects the server to close with `code`.
  void expect_close(const char* what, const std::string& bytes, unsigned code) {
    const auto client = raw();
    client->send(bytes);
    EXPECT_TRUE(client->wait_for("\x88")) << what;
    ASSERT_GE(client->received.size(), 4u) << what;
    const std::size_t at = client->received.find('\x88');
    const unsigned told = static_cast<unsigned char>(client->received[at + 2]) << 8 |
                          static_cast<unsigned char>(client->received[at + 3]);
    EXPECT_EQ(told, code) << what;
    EXPECT_TRUE(client->wait_closed()) << what;
  }

  struct Peer {
    std::unique_ptr<SocketClient> client;
    std::vector<std::string> texts;
    std::size_t bytes = 0, received = 0;
    bool opened = false, closed = false;
    std::uint16_t code = 0;
    unsigned status = 0;
  };
  std::unique_ptr<Peer> peer(SocketClientConfig client = {}) {
    client.port = rig.server.port();
    auto made = std::make_unique<Peer>();
    Peer* p = made.get();
    made->client = std::make_unique<SocketClient>(
        rig.loop, client,
        SocketClient::Events{[p] { p->opened = true; },
                             [p](std::string_view text) {
                               ++p->received;
                               p->bytes += text.size();
                               if (p->texts.size() < 100) p->texts.emplace_back(text);
                             },
                             [p](std::uint16_t code, unsigned status) {
                               p->closed = true;
                               p->code = code;
                               p->status = status;
                             }});
    return made;
  }

  Rig rig{config()};
  std::vector<std::shared_ptr<Socket>> sockets;
  std::vector<std::uint16_t> codes;
};

TEST_F(SocketTest, TalksAndCloses) {
  const auto p = peer();
  ASSERT_TRUE(until([&] { return p->opened; }));
  p->client->send("hello");
  p->client->send("Grüße, 世界");
  EXPECT_TRUE(until([&] { return p->texts.size() == 2; }));
  EXPECT_EQ(p->texts[1], "Grüße, 世界");
  p->client->send("bye");
  EXPECT_TRUE(until([&] { return p->closed && codes.size() == 1; }));
  EXPECT_EQ(p->code, kCloseNormal);
  EXPECT_EQ(codes[0], kCloseNormal);
  EXPECT_TRUE(until([&] { return rig.server.sockets() == 0; }));
  EXPECT_FALSE(sockets[0]->send("too late"));
}

TEST_F(SocketTest, ClientsMayCloseOrVanish) {
  const auto closing = peer();
  auto vanishing = peer();
  ASSERT_TRUE(until([&] { return closing->opened && vanishing->opened; }));
  closing->client->close(4'000);
  EXPECT_TRUE(until([&] { return codes.size() == 1 && closing->closed; }));
  EXPECT_EQ(codes[0], 4'000);
  vanishing.reset();
  EXPECT_TRUE(until([&] { return codes.size() == 2; }));
  EXPECT_EQ(codes[1], kCloseLost);
}

TEST_F(SocketTest, AHandlerThatThrowsEndsItsSocketOnly) {
  const auto bad = peer(), good = peer();
  ASSERT_TRUE(until([&] { return bad->opened && good->opened; }));
  bad->client->send("throw");
  EXPECT_TRUE(until([&] { return bad->closed; }));
  EXPECT_EQ(bad->code, 1'011);
  good->client->send("still here");
  EXPECT_TRUE(until([&] { return good->texts.size() == 1; }));
}

TEST_F(SocketTest, UpgradesAreChecked) {
  const auto status = [&](const std::string& target, Headers headers) {
    SocketClientConfig client;
    client.target = target;
    client.headers = std::move(headers);
    const auto p = peer(client);
    EXPECT_TRUE(until([&] { return p->opened || p->closed; }));
    return p->opened ? 101u : p->status;
  };
  const std::string own = "http://127.0.0.1:" + std::to_string(rig.server.port());
  EXPECT_EQ(status("/ws", {{"Origin", own}}), 101u);
  EXPECT_EQ(status("/ws", {{"Origin", "http://evil.example"}}), 403u);
  EXPECT_EQ(status("/ws", {{"Origin", "null"}}), 403u);
  EXPECT_EQ(status("/private", {}), 401u);
  EXPECT_EQ(status("/private", {{"Authorization", "Bearer " + rig.token()}}), 101u);
  EXPECT_EQ(status("/refusing", {}), 429u);
  EXPECT_EQ(status("/elsewhere", {}), 404u);
  EXPECT_EQ(rig.status(Rig::get("/ws")), 426);
  EXPECT_EQ(rig.status(kUpgrade + "Content-Length: 3\r\n\r\nabc"), 426);
  EXPECT_EQ(rig.status(kUpgrade + "\r\n" + frame(0x81, "early")), 426);
}

TEST_F(SocketTest, BadFramesAreRefused) {
  expect_close("too large", frame(0x81, std::string(1'001, 'x')), kCloseTooLarge);
  expect_close("too large in pieces",
               frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(600, 'x')),
               kCloseTooLarge);
  expect_close("length of 2^62", std::string("\x81\xff\x40\0\0\0\0\0\0\0\0\0\0\0", 14),
               kCloseTooLarge);
  expect_close("not UTF-8", frame(0x81, "\xc3\x28"), 1'007);
  expect_close("overlong", frame(0x81, "\xc0\xaf"), 1'007);
  expect_close("surrogate", frame(0x81, "\xed\xa0\x80"), 1'007);
  expect_close("cut character", frame(0x81, "\xe4\xb8"), 1'007);
  expect_close("not text", frame(0x82, "abc"), kCloseUnsupported);
  expect_close("not masked", frame(0x81, "abc", false), 1'002);
  expect_close("reserved bits", frame(0xF1, "abc"), 1'002);
  expect_close("unknown kind", frame(0x83, "abc"), 1'002);
  expect_close("continues nothing", frame(0x80, "abc"), 1'002);
  expect_close("ping in pieces", frame(0x09, "abc"), 1'002);
  expect_close("large ping", frame(0x89, std::string(126, 'x')), 1'002);
  expect_close("close with half a code", frame(0x88, "\x03"), 1'002);
  expect_close("close with a code that is none", frame(0x88, std::string("\x03\xed", 2)), 1'002);
  const auto p = peer();
  EXPECT_TRUE(until([&] { return p->opened; }));
}

TEST_F(SocketTest, PiecesAndPingsAreTaken) {
  const auto client = raw();
  client->send(frame(0x01, "one ") + frame(0x89, "are you there") + frame(0x80, "text"));
  EXPECT_TRUE(client->wait_for("are you there"));
  EXPECT_TRUE(client->wait_for("one text"));
}

TEST_F(SocketTest, SilentPeersArePingedThenCut) {
  const auto silent = raw();       // reads, but answers no ping
  const auto alive = peer();       // its library answers pings
  ASSERT_TRUE(until([&] { return alive->opened; }));
  EXPECT_TRUE(silent->wait_for("\x89"));
  EXPECT_TRUE(silent->wait_closed());
  EXPECT_EQ(codes, std::vector<std::uint16_t>{kCloseLost});
  rig.loop.run_for(800 * kMs);
  EXPECT_TRUE(alive->client->is_open());
}

TEST_F(SocketTest, AClientThatDoesNotReadIsCutAndOthersGoOn) {
  SocketClientConfig slow;
  slow.receive_buffer_bytes = 4'096;
  const auto stalled = peer(slow);
  const auto healthy = peer();
  ASSERT_TRUE(until([&] { return sockets.size() == 2; }));
  stalled->client->pause();
  const auto payload = std::make_shared<const std::string>(4'000, 'x');
  std::size_t sent = 0, largest = 0;
  while (codes.empty() && sent < 2'000) {
    for (const auto& socket : sockets) {
      socket->send(payload);
      largest = std::max(largest, socket->queued_bytes());
    }
    ++sent;
    rig.loop.run_for(kMs);
  }
  ASSERT_EQ(codes, std::vector<std::uint16_t>{kCloseTryAgain});
  EXPECT_LE(largest, config().socket.output_queue_bytes);
  EXPECT_TRUE(until([&] { return healthy->received == sent; }));
  EXPECT_TRUE(healthy->client->is_open());
  // Its connection ends soon after, although it never read the close.
  EXPECT_TRUE(until([&] { return rig.server.sockets() == 1; }));
  EXPECT_NE(rig.metrics.text().find("saker_test_sockets_cut_slow_total 1\n"), std::string::npos);
}

TEST_F(SocketTest, AClientThatWakesUpIsToldWhyItWasCut) {
  const auto p = peer();
  ASSERT_TRUE(until([&] { return sockets.size() == 1; }));
  const auto payload = std::make_shared<const std::string>(100'000, 'x');
  while (sockets[0]->send(payload)) continue;  // one turn of the loop, no time to read
  EXPECT_TRUE(until([&] { return p->closed; }));
  EXPECT_EQ(p->code, kCloseTryAgain);
}

TEST_F(SocketTest, APendingWriteThatDoesNotMoveIsCut) {
  ServerConfig impatient = config();
  impatient.socket.stall_timeout_ns = 300 * kMs;
  impatient.socket.idle_timeout_ns = 60'000 * kMs;
  Rig other(impatient);
  std::shared_ptr<Socket> socket;
  std::uint16_t code = 0;
  struct Handler : SocketHandler {
    Handler(std::shared_ptr<Socket>& opened, std::uint16_t& closed)
        : socket(opened), code(closed) {}
    void on_open(std::shared_ptr<Socket> opened) override { socket = opened; }
    void on_text(std::string_view) override {}
    void on_close(std::uint16_t closed) override { code = closed; }
    std::shared_ptr<Socket>& socket;
    std::uint16_t& code;
  };
  other.server.add_socket({"/ws", Access::Public, "socket", [&](const Request&) {
                             return std::make_shared<Handler>(socket, code);
                           }});
  other.server.start();
  SocketClientConfig slow;
  slow.port = other.server.port();
  slow.receive_buffer_bytes = 4'096;
  SocketClient client(other.loop, slow, {});
  client.pause();
  ASSERT_TRUE(other.loop.run_until([&] { return socket != nullptr; }, kPatienceNs));
  socket->send(std::string(250'000, 'x'));  // fits the queue, not the kernel
  EXPECT_TRUE(other.loop.run_until([&] { return code != 0; }, kPatienceNs));
  EXPECT_EQ(code, kCloseTryAgain);
  socket.reset();
}

TEST_F(SocketTest, DrainingTellsEverySocket) {
  const auto a = peer(), b = peer();
  const auto deaf = raw();  // never answers the close
  ASSERT_TRUE(until([&] { return sockets.size() == 3; }));
  bool drained = false;
  rig.server.drain([&] { drained = true; });
  EXPECT_TRUE(until([&] { return drained; }));
  EXPECT_EQ(a->code, kCloseGoingAway);
  EXPECT_EQ(b->code, kCloseGoingAway);
  EXPECT_EQ(rig.server.connections(), 0u);
}

TEST_F(SocketTest, AServerMayEndBeforeItsSockets) {
  auto other = std::make_unique<Rig>(config());
  other->server.add_socket({"/ws", Access::Public, "socket",
                            [this](const Request&) { return std::make_shared<Echo>(*this); }});
  other->server.start();
  SocketClientConfig client;
  client.port = other->server.port();
  SocketClient socket(other->loop, client, {});
  ASSERT_TRUE(other->loop.run_until([&] { return sockets.size() == 1; }, kPatienceNs));
  other->server.stop();
  EXPECT_FALSE(sockets[0]->is_open());
  EXPECT_TRUE(codes.empty());
  sockets.clear();
}

}  // namespace
}  // namespace saker::web
