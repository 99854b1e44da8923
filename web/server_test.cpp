// Routing, access, answers, limits and the life of connections, over real sockets.
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

Response fine(const Request&) { return json_response("{\"ok\":true}"); }

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    rig.server.add({
        {Method::Get, "/public", Access::Public, "get_public", fine},
        {Method::Get, "/as/service", Access::Service, "as_service", fine},
        {Method::Get, "/as/user", Access::User, "as_user",
         [](const Request& request) {
           Writer out;
           out.begin_object().field_id("user", request.identity().user).end_object();
           return json_response(out.take());
         }},
        {Method::Get, "/as/both", Access::ServiceUser, "as_both", fine},
        {Method::Post, "/as/user", Access::User, "post_as_user", fine},
        {Method::Get, "/items/{id}", Access::Public, "get_item",
         [](const Request& request) { return json_response(request.path_parameter("id")); }},
        {Method::Get, "/items/special", Access::Public, "get_special",
         [](const Request&) { return json_response("\"special\""); }},
        {Method::Delete, "/items/{id}", Access::Public, "delete_item", fine},
        {Method::Post, "/echo", Access::Public, "echo",
         [](const Request& request) { return json_response(request.body()); }},
        {Method::Post, "/large", Access::Public, "large",
         [](const Request& request) {
           return json_response(std::to_string(request.body().size()));
         },
         256 * 1024},
        {Method::Get, "/later", Access::Public, "later",
         [this](const Request&, Responder responder) {
           auto shared = std::make_shared<Responder>(std::move(responder));
           rig.loop.after(20 * kMs, [shared] { shared->answer(json_response("\"later\"")); });
         }},
        {Method::Get, "/never", Access::Public, "never",
         [this](const Request&, Responder responder) { kept.push_back(std::move(responder)); }},
        {Method::Get, "/dropped", Access::Public, "dropped", [](const Request&, Responder) {}},
        {Method::Get, "/refuses", Access::Public, "refuses",
         [](const Request&) -> Response { throw refused("INSUFFICIENT_FUNDS", "not enough"); }},
        {Method::Get, "/throws", Access::Public, "throws",
         [](const Request&) -> Response { throw std::runtime_error("a secret detail"); }},
        {Method::Get, "/refuses_later", Access::Public, "refuses_later",
         [](const Request&, Responder) { throw conflict("twice"); }},
        {Method::Get, "/split", Access::Public, "split",
         [](const Request&) {
           return json_response("1")
               .add_header("X-Bad", "a\r\nSet-Cookie: stolen=1")
               .add_header("cache-control", "max-age=5");
         }},
        {Method::Get, "/address", Access::Public, "address",
         [](const Request& request) { return json_response(request.client_address()); }},
    });
    rig.server.start();
  }

  Rig rig;
  std::vector<Responder> kept;
};

TEST_F(ServerTest, RoutesByPathAndMethod) {
  EXPECT_EQ(rig.status(Rig::get("/public")), 200);
  EXPECT_TRUE(rig.ask(Rig::get("/items/special")).ends_with("\"special\""));
  EXPECT_TRUE(rig.ask(Rig::get("/items/12")).ends_with("12"));
  EXPECT_TRUE(rig.ask(Rig::get("/items/a%20b?x=1")).ends_with("a b"));
  EXPECT_EQ(rig.status(Rig::get("/items")), 404);
  EXPECT_EQ(rig.status(Rig::get("/items/")), 404);
  EXPECT_EQ(rig.status(Rig::get("/items/1/2")), 404);
  EXPECT_EQ(rig.status(Rig::get("/PUBLIC")), 404);
  EXPECT_EQ(rig.status("DELETE /items/1 HTTP/1.1\r\nHost: v\r\n\r\n"), 200);
}

TEST_F(ServerTest, TellsWhatIsAllowedInsteadOfAnotherMethod) {
  for (const std::string method : {"PUT", "PATCH", "POST", "OPTIONS", "TRACE", "BREW"}) {
    const std::string answer = rig.ask(method + " /items/1 HTTP/1.1\r\nHost: v\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405")) << method << answer;
    EXPECT_NE(answer.find("\r\nAllow: GET, HEAD, DELETE\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("METHOD_NOT_ALLOWED"), std::string::npos);
  }
  EXPECT_EQ(rig.status("BREW /nothing HTTP/1.1\r\nHost: v\r\n\r\n"), 404);
}

TEST_F(ServerTest, HeadIsGetWithoutBody) {
  const std::string answer = rig.ask("HEAD /public HTTP/1.1\r\nHost: v\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
  EXPECT_NE(answer.find("Content-Length: 11\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, AccessIsCheckedBeforeTheHandler) {
  const std::string user = "Authorization: Bearer " + rig.token() + "\r\n";
  const std::string service = std::string("X-Saker-Service: ") + Rig::kServiceToken + "\r\n";
  const std::string scraper = std::string("Authorization: Bearer ") + Rig::kServiceToken + "\r\n";
  struct Case {
    const char* path;
    bool none, user, service, both, scraper;
  };
  for (const Case& c : {Case{"/public", true, true, true, true, true},
                        Case{"/as/service", false, false, true, true, true},
                        Case{"/as/user", false, true, false, true, false},
                        Case{"/as/both", false, false, false, true, false}}) {
    const auto check = [&](const std::string& headers, bool welcome) {
      EXPECT_EQ(rig.status(Rig::get(c.path, headers)), welcome ? 200 : 401) << c.path << headers;
    };
    check("", c.none);
    check(user, c.user);
    check(service, c.service);
    check(service + user, c.both);
    check(scraper, c.scraper);
    check("X-Saker-Service: \r\n", c.none);
    check("X-Saker-Service: " + std::string(Rig::kServiceToken) + "x\r\n", c.none);
    check("Authorization: Bearer " + rig.token(-1) + "\r\n", c.none);
    check("Authorization: Basic " + rig.token() + "\r\n", c.none);
  }
  const std::string answer = rig.ask(Rig::get("/as/user", user));
  EXPECT_TRUE(answer.ends_with("{\"user\":\"7\"}")) << answer;
  const std::string refusal = rig.ask(Rig::get("/as/user"));
  EXPECT_NE(refusal.find("\"code\":\"UNAUTHENTICATED\""), std::string::npos);
  EXPECT_NE(refusal.find("WWW-Authenticate: Bearer"), std::string::npos);
}

TEST_F(ServerTest, WhoMayNotAskSendsNoBody) {
  // Refused from the header alone: the megabyte never has to come.
  RawClient client(rig.loop, rig.server.port());
  client.send("POST /as/user HTTP/1.1\r\nHost: v\r\nContent-Length: 1000000\r\n\r\nabc");
  EXPECT_TRUE(client.wait_for("HTTP/1.1 401"));
  EXPECT_NE(client.received.find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, AnswersMayComeLaterOrNotAtAll) {
  EXPECT_TRUE(rig.ask(Rig::get("/later")).ends_with("\"later\""));
  EXPECT_EQ(rig.status(Rig::get("/dropped")), 500);
  const std::string never = rig.ask(Rig::get("/never"));
  EXPECT_TRUE(never.starts_with("HTTP/1.1 504")) << never;
  EXPECT_NE(never.find("OUTCOME_UNKNOWN"), std::string::npos);
  ASSERT_EQ(kept.size(), 1u);
  kept[0].answer(json_response("\"too late\""));  // nobody waits any more
  rig.loop.run_for(5 * kMs);
}

TEST_F(ServerTest, AnAnswerAfterTheClientLeftGoesNowhere) {
  {
    RawClient client(rig.loop, rig.server.port());
    client.send(Rig::get("/never"));
    ASSERT_TRUE(rig.loop.run_until([&] { return kept.size() == 1; }, kPatienceNs));
  }
  kept[0].answer(json_response("1"));
  rig.loop.run_for(20 * kMs);
  EXPECT_EQ(rig.status(Rig::get("/public")), 200);
}

TEST_F(ServerTest, ErrorsAreTypedAndTellNoSecrets) {
  EXPECT_TRUE(rig.ask(Rig::get("/refuses"))
                  .ends_with("{\"error\":{\"code\":\"INSUFFICIENT_FUNDS\","
                             "\"message\":\"not enough\"}}"));
  EXPECT_EQ(rig.status(Rig::get("/refuses")), 422);
  EXPECT_EQ(rig.status(Rig::get("/refuses_later")), 409);
  const std::string broken = rig.ask(Rig::get("/throws"));
  EXPECT_TRUE(broken.starts_with("HTTP/1.1 500"));
  EXPECT_EQ(broken.find("secret"), std::string::npos);
  const std::string split = rig.ask(Rig::get("/split"));
  EXPECT_EQ(split.find("stolen"), std::string::npos);
  EXPECT_NE(split.find("cache-control: max-age=5"), std::string::npos);
  EXPECT_EQ(split.find("no-store"), std::string::npos) << "what a handler tells is not told again";
}

TEST_F(ServerTest, BodiesHaveLimits) {
  const auto post = [&](const std::string& path, std::size_t size) {
    return rig.status("POST " + path + " HTTP/1.1\r\nHost: v\r\nContent-Length: " +
                      std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
  };
  EXPECT_EQ(post("/echo", 8 * 1024), 200);
  EXPECT_EQ(post("/echo", 8 * 1024 + 1), 413);
  EXPECT_EQ(post("/large", 256 * 1024), 200);
  EXPECT_EQ(post("/large", 256 * 1024 + 1), 413);
  EXPECT_EQ(rig.status("POST /echo HTTP/1.1\r\nHost: v\r\nContent-Length: "
                       "18446744073709551615\r\n\r\n"),
            413);
  const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: v\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(rig.status(chunked + chunk + chunk + "0\r\n\r\n"), 200);
  EXPECT_EQ(rig.status(chunked + chunk + chunk + "1\r\nx\r\n0\r\n\r\n"), 413);
}

TEST_F(ServerTest, HeadersHaveLimits) {
  EXPECT_EQ(rig.status(Rig::get("/public", "X-Long: " + std::string(3'000, 'x') + "\r\n")), 200);
  EXPECT_EQ(rig.status(Rig::get("/public", "X-Long: " + std::string(5'000, 'x') + "\r\n")), 431);
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(rig.status(Rig::get("/public", many)), 431);
  EXPECT_EQ(rig.status(Rig::get("/" + std::string(5'000, 'x'))), 431);
}

TEST_F(ServerTest, SlowHeadersAndBodiesAreNotWaitedFor) {
  RawClient silent(rig.loop, rig.server.port());
  RawClient dripping(rig.loop, rig.server.port());
  RawClient bodiless(rig.loop, rig.server.port());
  Timer drip(rig.loop);
  drip.every(40 * kMs, [&] { dripping.send("G"); });  // each byte alone would be in time
  bodiless.send("POST /echo HTTP/1.1\r\nHost: v\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(silent.wait_closed());
  EXPECT_EQ(silent.received, "");
  EXPECT_TRUE(dripping.wait_closed());
  EXPECT_EQ(dripping.status(), 408);
  EXPECT_TRUE(bodiless.wait_closed());
  EXPECT_EQ(bodiless.status(), 408);
}

TEST_F(ServerTest, KeepsConnectionsAliveAndTakesPipelinedRequests) {
  RawClient client(rig.loop, rig.server.port());
  client.send(Rig::get("/public")).wait_for("HTTP/1.1 200");
  client.send(Rig::get("/later") + Rig::get("/items/2") + Rig::get("/items/3"));
  EXPECT_TRUE(client.wait_for("HTTP/1.1 200", 4));
  // In the order they were asked, although the first takes longest.
  const std::size_t later = client.received.find("\"later\"");
  EXPECT_LT(later, client.received.find("\r\n\r\n2"));
  EXPECT_LT(client.received.find("\r\n\r\n2"), client.received.find("\r\n\r\n3"));
  EXPECT_FALSE(client.closed());
  EXPECT_TRUE(client.wait_closed());  // idle
  EXPECT_EQ(client.count("408"), 0u);
}

TEST_F(ServerTest, SlowReadersGetAllAndStalledOnesAreCut) {
  ServerConfig config = Rig::impatient();
  config.write_timeout_ns = 300 * kMs;
  Rig other(config);
  other.server.add({Method::Get, "/file", Access::Public, "file", [](const Request&) {
                      return json_response(std::string(20'000'000, 'x'));
                    }});
  other.server.start();
  RawClient stalled(other.loop, other.server.port());
  RawClient slow(other.loop, other.server.port());
  stalled.pause();
  stalled.send(Rig::get("/file"));
  slow.send(Rig::get("/file"));
  Timer lull(other.loop);
  bool paused = false;
  lull.every(40 * kMs, [&] {  // altogether it takes longer than one time-out
    paused = !paused;
    if (paused) slow.pause();
    else slow.resume();
  });
  EXPECT_TRUE(slow.wait_for("\r\n\r\n"));
  EXPECT_TRUE(other.loop.run_until([&] { return slow.received.size() > 20'000'000; }, kPatienceNs));
  EXPECT_TRUE(other.loop.run_until([&] { return other.server.connections() <= 1; }, kPatienceNs));
  stalled.resume();
  EXPECT_TRUE(stalled.wait_closed());
  EXPECT_LT(stalled.received.size(), 20'000'000u);
}

TEST_F(ServerTest, OldAndClosingClientsAreClosed) {
  EXPECT_EQ(rig.status("GET /public HTTP/1.0\r\n\r\n"), 200);
  RawClient client(rig.loop, rig.server.port());
  client.send(Rig::get("/public", "Connection: close\r\n") + Rig::get("/public"));
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.count("HTTP/1.1 200"), 1u);
}

TEST_F(ServerTest, AsksForTheBodyThatWaits) {
  RawClient client(rig.loop, rig.server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: v\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("17");
  EXPECT_TRUE(client.wait_for("\r\n\r\n17"));
}

TEST_F(ServerTest, BelievesAddressesOfServicesOnly) {
  const std::string forwarded = "X-Forwarded-For: 1.2.3.4\r\n";
  EXPECT_TRUE(rig.ask(Rig::get("/address", forwarded)).ends_with("127.0.0.1"));
  EXPECT_TRUE(rig.ask(Rig::get("/address", forwarded + "X-Saker-Service: " +
                                               Rig::kServiceToken + "\r\n"))
                  .ends_with("1.2.3.4"));
}

TEST_F(ServerTest, TheTableThatDispatchesCanBeRead) {
  const auto table = parse_json(rig.server.route_table()).array();
  ASSERT_EQ(table.size(), 18u);
  EXPECT_EQ(table[3].dump(),
            R"({"method":"GET","path":"/as/both","access":"service_user","operation":"as_both"})");
}

TEST_F(ServerTest, CountsWhatItAnswers) {
  rig.ask(Rig::get("/public"));
  rig.ask(Rig::get("/refuses"));
  rig.ask(Rig::get("/nowhere"));
  const std::string text = rig.metrics.text();
  for (const char* line :
       {"saker_test_requests_total{operation=\"get_public\",status=\"2xx\"} 1\n",
        "saker_test_requests_total{operation=\"refuses\",status=\"4xx\"} 1\n",
        "saker_test_requests_total{operation=\"none\",status=\"4xx\"} 1\n",
        "saker_test_request_seconds_count{operation=\"get_public\"} 1\n",
        "saker_test_connections_accepted_total 3\n", "# TYPE saker_test_connections gauge\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST_F(ServerTest, DrainsWithoutCuttingRequests) {
  RawClient idle(rig.loop, rig.server.port());
  RawClient busy(rig.loop, rig.server.port());
  idle.send(Rig::get("/public")).wait_for("HTTP/1.1 200");
  busy.send(Rig::get("/never"));
  ASSERT_TRUE(rig.loop.run_until([&] { return !kept.empty(); }, kPatienceNs));
  bool drained = false;
  rig.server.drain([&] { drained = true; });
  kept[0].answer(json_response("\"later\""));
  EXPECT_TRUE(busy.wait_for("\"later\""));
  EXPECT_NE(busy.received.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_TRUE(rig.loop.run_until([&] { return drained; }, kPatienceNs));
  EXPECT_EQ(rig.server.connections(), 0u);
}

TEST(ServerLimits, ConnectionsAreCounted) {
  ServerConfig config = Rig::impatient();
  config.max_connections = 3;
  config.idle_timeout_ns = config.header_timeout_ns = kPatienceNs;
  Rig rig(config);
  rig.server.add({Method::Get, "/", Access::Public, "root", fine});
  rig.server.start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(rig.loop, rig.server.port()));
    EXPECT_TRUE(clients.back()->send(Rig::get("/")).wait_for("HTTP/1.1 200"));
  }
  RawClient fourth(rig.loop, rig.server.port());
  EXPECT_TRUE(fourth.wait_closed());
  EXPECT_EQ(fourth.status(), 503);
  clients.pop_back();
  EXPECT_TRUE(rig.loop.run_until([&] { return rig.server.connections() == 2; }, kPatienceNs));
  EXPECT_EQ(rig.status(Rig::get("/")), 200);
}

TEST(ServerLimits, TheGateComesFirst) {
  Rig rig;
  int asked = 0;
  rig.server.add({Method::Get, "/", Access::User, "root", fine});
  rig.server.set_gate([&](const Request& request, const Route& route) -> std::optional<ApiError> {
    EXPECT_EQ(request.client_address(), "127.0.0.1");
    EXPECT_EQ(route.operation, "root");
    if (++asked > 1) return rate_limited(3);
    return std::nullopt;
  });
  rig.server.start();
  EXPECT_EQ(rig.status(Rig::get("/")), 401);
  const std::string answer = rig.ask(Rig::get("/"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429"));
  EXPECT_NE(answer.find("Retry-After: 3\r\n"), std::string::npos);
}

TEST(ServerLimits, ATakenPortIsAnError) {
  Rig rig;
  rig.server.start();
  ServerConfig config;
  config.port = rig.server.port();
  Server second(rig.loop, config, rig.metrics);
  EXPECT_THROW(second.start(), std::runtime_error);
}

}  // namespace
}  // namespace saker::web
