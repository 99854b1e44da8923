// Requests that no honest client sends. Each is refused with an answer, and the server goes on
// serving.
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

class HostileTest : public testing::Test {
 protected:
  void SetUp() override {
    rig.server.add({
        {Method::Get, "/", Access::Public, "root",
         [this](const Request&) {
           ++handled;
           return json_response("1");
         }},
        {Method::Post, "/", Access::Public, "post_root",
         [this](const Request& request) {
           ++handled;
           return json_response(std::to_string(request.body().size()));
         }},
        {Method::Get, "/admin", Access::User, "admin",
         [this](const Request&) {
           ++smuggled;
           return json_response("1");
         }},
    });
    rig.server.start();
  }
  Rig rig;
  int handled = 0, smuggled = 0;
};

struct Bad {
  const char* what;
  std::string bytes;
  int status;
};

const std::string kPost = "POST / HTTP/1.1\r\nHost: v\r\n";
const std::string kGet = "GET / HTTP/1.1\r\nHost: v\r\n";
const std::string kInner = "GET /admin HTTP/1.1\r\nHost: v\r\n\r\n";

std::vector<Bad> malformed() {
  return {
      {"nothing of HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello there\r\n\r\n", 400},
      {"only line ends", "\r\n\r\n\r\n\r\n", 408},
      {"no version", "GET /\r\n\r\n", 400},
      {"version 0.9", "GET / HTTP/0.9\r\n\r\n", 505},
      {"version 2", "GET / HTTP/2.0\r\nHost: v\r\n\r\n", 505},
      {"version in words", "GET / HTTP/one\r\nHost: v\r\n\r\n", 505},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"bare line feeds", "GET / HTTP/1.1\nHost: v\n\n", 505},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"method with control character", "G\x01T / HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"zero byte in the target", std::string("GET /\0x HTTP/1.1\r\nHost: v\r\n\r\n", 29), 400},
      {"absolute target", "GET http://evil/ HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"target of CONNECT", "CONNECT evil:443 HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"star as target", "OPTIONS * HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"dot segments", "GET /a/../admin HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"encoded dot segments", "GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"encoded slash", "GET /a%2fb HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"backslash", "GET /..%5c..%5cx HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"encoded zero byte", "GET /%00 HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"half an escape", "GET /%2 HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"not an escape", "GET /%zz HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"target that is not UTF-8", "GET /%c3%28 HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"fragment", "GET /#x HTTP/1.1\r\nHost: v\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"field without colon", kGet + "Bad header\r\n\r\n", 400},
      {"space before the colon", kGet + "X-A : 1\r\n\r\n", 400},
      {"field without name", kGet + ": 1\r\n\r\n", 400},
      {"zero byte in a field", kGet + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"line feed in a field", kGet + "X: a\nContent-Length: 5\r\n\r\n", 400},
      {"carriage return in a field", kGet + "X: a\rb\r\n\r\n", 400},
      {"expectation nobody knows", kPost + "Expect: tea\r\nContent-Length: 1\r\n\r\nx", 417},
      {"negative length", kPost + "Content-Length: -1\r\n\r\n", 400},
      {"length in words", kPost + "Content-Length: ten\r\n\r\n", 400},
      {"length with a plus", kPost + "Content-Length: +5\r\n\r\nhello", 400},
      {"length in hexadecimal", kPost + "Content-Length: 0x5\r\n\r\nhello", 400},
      {"length beyond 64 bits", kPost + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"empty length", kPost + "Content-Length: \r\n\r\n", 400},
      {"chunk size in words", kPost + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"negative chunk", kPost + "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n", 400},
      {"endless chunk line",
       kPost + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(200'000, 'x'), 400},
      {"chunk beyond 64 bits",
       kPost + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n", 400},
      {"huge chunk", kPost + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n", 413},
      {"chunk without its end", kPost + "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
       400},
      {"length in a trailer",
       kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n", 400},
  };
}

/// Two readings of where the body ends; the inner request must never be seen as one.
std::vector<Bad> smuggling() {
  return {
      {"length, then chunked",
       kPost + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kInner, 400},
      {"chunked, then length",
       kPost + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + kInner, 400},
      {"two lengths",
       kPost + "Content-Length: 0\r\nContent-Length: 34\r\n\r\n" + kInner, 400},
      {"two equal lengths",
       kPost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" + kInner, 400},
      {"list of lengths", kPost + "Content-Length: 1, 1\r\n\r\nx" + kInner, 400},
      {"coding nobody knows", kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + kInner, 501},
      {"identity", kPost + "Transfer-Encoding: identity\r\n\r\n" + kInner, 501},
      {"chunked not last",
       kPost + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + kInner, 501},
      {"compressed, then chunked",
       kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + kInner, 501},
      {"two codings",
       kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + kInner, 400},
      {"coding in the old version",
       "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kInner, 501},
      {"coding with a space before the colon",
       kPost + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + kInner, 400},
      {"coding behind a line feed",
       kPost + "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kInner, 400},
      {"folded length", kPost + "\tContent-Length: 34\r\n\r\n" + kInner, 400},
      {"folded coding", kPost + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + kInner, 400},
  };
}

TEST_F(HostileTest, MalformedRequestsAreRefused) {
  for (const Bad& bad : malformed()) {
    RawClient client(rig.loop, rig.server.port());
    client.send(bad.bytes);
    EXPECT_TRUE(client.wait_closed()) << bad.what << "\n" << client.received;
    EXPECT_EQ(client.status(), bad.status) << bad.what << "\n" << client.received;
    EXPECT_NE(client.received.find("{\"error\":{\"code\":\""), std::string::npos) << bad.what;
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(rig.status(Rig::get("/")), 200);
  EXPECT_TRUE(rig.loop.run_until([&] { return rig.server.connections() == 0; }, kPatienceNs));
}

TEST_F(HostileTest, NoRequestIsSmuggledInAnother) {
  for (const Bad& bad : smuggling()) {
    RawClient client(rig.loop, rig.server.port());
    client.send(bad.bytes);
    EXPECT_TRUE(client.wait_closed()) << bad.what << "\n" << client.received;
    EXPECT_EQ(client.status(), bad.status) << bad.what << "\n" << client.received;
    EXPECT_EQ(client.count("HTTP/1.1 "), 1u) << bad.what << "\n" << client.received;
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(smuggled, 0);
}

TEST_F(HostileTest, HonestOddRequestsAreTaken) {
  EXPECT_EQ(rig.status("\r\n" + Rig::get("/")), 200);
  EXPECT_EQ(rig.status("GET / HTTP/1.1\r\nhOsT:v\r\n\r\n"), 200);
  EXPECT_EQ(rig.status("GET /? HTTP/1.1\r\nHost:   v  \r\n\r\n"), 200);
  EXPECT_TRUE(rig.ask(kPost + "Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\nxy\r\n0\r\nX: y\r\n\r\n")
                  .ends_with("\r\n\r\n2"));
  EXPECT_EQ(handled, 4);
}

TEST_F(HostileTest, EveryCutOfARequestIsHarmless) {
  const std::string whole =
      kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RawClient client(rig.loop, rig.server.port());
    client.send(whole.substr(0, size));
    client.end_sending();
    ASSERT_TRUE(client.wait_closed()) << size;
    ASSERT_EQ(client.received, "") << size;
  }
  // The same in single bytes is a request like any other.
  RawClient client(rig.loop, rig.server.port());
  for (const char c : whole) {
    client.send({&c, 1});
    rig.loop.run_for(kMs / 10);
  }
  EXPECT_TRUE(client.wait_for("\r\n\r\n3"));
  EXPECT_EQ(handled, 1);
}

TEST_F(HostileTest, RandomBytesAndSuddenEnds) {
  std::uint64_t random = 0x9E3779B97F4A7C15;
  for (int round = 0; round < 200; ++round) {
    RawClient client(rig.loop, rig.server.port());
    std::string bytes = round % 2 == 0 ? kPost + "Content-Length: 20\r\n\r\n" + kInner : kGet;
    for (int i = 0; i < 4; ++i) {
      random = random * 6364136223846793005 + 1442695040888963407;
      bytes[(random >> 33) % bytes.size()] = static_cast<char>(random >> 25);
    }
    client.send(bytes);
    rig.loop.run_for(kMs / 5);
  }
  EXPECT_EQ(smuggled, 0);
  EXPECT_EQ(rig.status(Rig::get("/")), 200);
}

}  // namespace
}  // namespace saker::web
