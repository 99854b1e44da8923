// The skeleton of a service, as a process of its own: options, readiness, the routes that every
// service has, a clean stop. And the load that a gateway has to bear.
#include "web/service.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>

#include "web/socket_client.hpp"
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr long kMostKibPerSocket = 256;  // freed memory is kept for a while
#else
constexpr long kMostKibPerSocket = 32;
#endif
constexpr std::size_t kClients = 2'000;

/// Answers texts, and sends everybody the same 8 KB when asked to.
class TestApplication : public Application {
 public:
  explicit TestApplication(ServiceContext& context)
      : context_(context), greeting_(context.config.text("greeting", "hi")) {
    context.server.add({
        {Method::Get, "/greeting", Access::User, "greeting",
         [this](const Request&) { return json_response("\"" + greeting_ + "\""); }},
        {Method::Post, "/broadcast", Access::Service, "broadcast",
         [this](const Request&) {
           send_all();
           return empty_response();
         }},
        {Method::Get, "/slow", Access::Public, "slow",
         [this](const Request&, Responder responder) {
           auto shared = std::make_shared<Responder>(std::move(responder));
           context_.loop.after(200 * kMs, [shared] { shared->answer(json_response("1")); });
         }},
    });
    context.server.add_socket({"/ws", Access::Public, "socket", [this](const Request&) {
                                 return std::make_shared<Session>(*this);
                               }});
  }
  void start() override {
    if (greeting_ == "fail") throw std::runtime_error("cannot reach the database");
    started_ns_ = context_.loop.now_ns();
  }
  bool ready(std::string& why_not) override {
    const TimeNs passed_ns = context_.loop.now_ns() - started_ns_;
    why_not = "warming up";
    if (greeting_ == "slow") why_not += ", step " + std::to_string(passed_ns / (100 * kMs));
    return passed_ns > (greeting_ == "slow" ? 400 : 100) * kMs;
  }

 private:
  struct Session : SocketHandler {
    explicit Session(TestApplication& owner) : application(owner) {}
    void on_open(std::shared_ptr<Socket> socket) override {
      id = socket->id();
      application.sockets_[id] = std::move(socket);
    }
    void on_text(std::string_view text) override {
      application.sockets_[id]->send(std::string(text));
    }
    void on_close(std::uint16_t) override { application.sockets_.erase(id); }
    TestApplication& application;
    std::uint64_t id = 0;
  };

  void send_all() {
    const auto text = std::make_shared<const std::string>(
        "{\"number\":" + std::to_string(++number_) + ",\"filler\":\"" + std::string(8'000, 'x') +
        "\"}");
    for (const auto& [id, socket] : sockets_) socket->send(text);
  }

  ServiceContext& context_;
  std::string greeting_;
  TimeNs started_ns_ = 0;
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Socket>> sockets_;
};

/// The service in a child process, with its own data directory and port.
class ServiceProcess {
 public:
  explicit ServiceProcess(std::vector<std::string> arguments, const std::string& config = "",
                          std::uint16_t wanted_port = 0)
      : port(wanted_port != 0 ? wanted_port : free_port()) {
    std::ofstream(folder.path() + "/test.toml") << config;
    std::filesystem::create_directory(folder.path() + "/secrets");
    EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(),
                     {"saker-test", "--config", folder.path() + "/test.toml", "--data",
                      folder.path(), "--port-base", std::to_string(port - 3), "--ready-fd",
                      std::to_string(pipe_[1])});
    pid_ = ::fork();
    if (pid_ == 0) run(arguments);
    ::close(pipe_[1]);
  }
  ~ServiceProcess() {
    if (pid_ > 0) stop(SIGKILL);
    ::close(pipe_[0]);
  }
  /// What comes on the ready descriptor until it is closed.
  std::string wait_ready() {
    std::string words;
    char buffer[64];
    for (ssize_t size; (size = ::read(pipe_[0], buffer, sizeof buffer)) > 0;) {
      words.append(buffer, static_cast<std::size_t>(size));
    }
    return words;
  }
  /// The exit status, or 1000 + signal.
  int stop(int signal) {
    ::kill(pid_, signal);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
  }
  std::string output() const {
    std::ifstream file(folder.path() + "/output");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  long resident_kib() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
    }
    return -1;
  }
  HttpClientConfig client() const {
    HttpClientConfig config;
    config.port = port;
    config.service_token = load_service_token(folder.path() + "/secrets");
    return config;
  }

  TemporaryFolder folder;
  std::uint16_t port;

 private:
  /// One that was free a moment ago.
  static std::uint16_t free_port() {
    Loop loop;
    Metrics metrics("probe");
    Server probe(loop, {}, metrics);
    probe.start();
    return probe.port();
  }
  [[noreturn]] void run(const std::vector<std::string>& arguments) {
    const int out = ::open((folder.path() + "/output").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::fcntl(pipe_[1], F_SETFD, 0);
    std::vector<char*> argv;
    for (const std::string& text : arguments) argv.push_back(const_cast<char*>(text.c_str()));
    const int status = service_main<TestApplication>(
        static_cast<int>(argv.size()), argv.data(), {"test", "A service for tests", 3, ""});
    std::fflush(stdout);
    ::_exit(status);
  }

  pid_t pid_ = -1;
  int pipe_[2];
};

HttpResult ask(Loop& loop, HttpClient& client, HttpRequest request) {
  std::optional<HttpResult> got;
  client.send(std::move(request), [&](HttpResult result) { got = std::move(result); });
  EXPECT_TRUE(loop.run_until([&] { return got.has_value(); }, kPatienceNs));
  return got.value_or(HttpResult());
}

TEST(ServiceTest, SaysThatItGetsOnUntilItIsReady) {
  ServiceProcess service({}, "greeting = \"slow\"\n");
  EXPECT_EQ(service.wait_ready(), "progress\nready\n");  // at most once a second
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.output();
}

TEST(ServiceTest, StartsServesAndStops) {
  ServiceProcess service({}, "greeting = \"hello\"\n[server]\nmax_body = \"2KiB\"\n");
  EXPECT_EQ(service.wait_ready(), "ready\n");
  Loop loop;
  HttpClient client(loop, service.client());
  HttpClientConfig stranger_config = service.client();
  stranger_config.service_token.clear();
  HttpClient stranger(loop, stranger_config);
  EXPECT_EQ(ask(loop, stranger, {Method::Get, "/healthz"}).response.body,
            R"({"service":"test","status":"alive"})");
  EXPECT_EQ(ask(loop, stranger, {Method::Get, "/readyz"}).response.status, 200u);
  EXPECT_EQ(ask(loop, stranger, {Method::Get, "/metrics"}).response.status, 401u);
  const HttpResult metrics = ask(loop, client, {Method::Get, "/metrics"});
  EXPECT_EQ(metrics.response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(metrics.response.body.find("saker_test_requests_total{operation=\"health\""),
            std::string::npos);
  // A signer that started after the service: accounts.
  const TokenSigner signer(service.folder.path() + "/secrets");
  const auto now_s = static_cast<std::int64_t>(loop.utc_ns() / 1'000'000'000);
  const std::string token = signer.sign({1, 2, 3, now_s + 60});
  EXPECT_EQ(ask(loop, stranger, {Method::Get, "/greeting", {{"Authorization", "Bearer " + token}}})
                .response.body,
            "\"hello\"");
  std::optional<HttpResult> slow;
  stranger.send({Method::Get, "/slow"}, [&](HttpResult result) { slow = std::move(result); });
  loop.run_for(50 * kMs);
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.output();
  EXPECT_TRUE(loop.run_until([&] { return slow.has_value(); }, kPatienceNs));
  EXPECT_TRUE(slow->ok()) << "a request under way is answered before the end";
  EXPECT_NE(service.output().find(" info test \"stopped\"\n"), std::string::npos);
}

TEST(ServiceTest, PrintsItsRoutesWithoutStarting) {
  ServiceProcess service({"--routes"}, "greeting = \"fail\"\n");
  EXPECT_EQ(service.wait(), 0);
  const auto table = parse_json(service.output()).array();
  ASSERT_EQ(table.size(), 7u) << service.output();
  EXPECT_EQ(table[2].dump(),
            R"({"method":"GET","path":"/metrics","access":"service","operation":"metrics"})");
  EXPECT_FALSE(std::filesystem::exists(service.folder.path() + "/secrets/service.token"));
}

TEST(ServiceTest, BadStartsAreErrors) {
  ServiceProcess unknown({}, "greetings = \"x\"\n");
  EXPECT_EQ(unknown.wait(), 1);
  EXPECT_NE(unknown.output().find("greetings"), std::string::npos);
  ServiceProcess wrong({}, "[server]\nidle_timeout = \"soon\"\n");
  EXPECT_EQ(wrong.wait(), 1);
  EXPECT_NE(wrong.output().find("idle_timeout"), std::string::npos);
  ServiceProcess failing({}, "greeting = \"fail\"\n");
  EXPECT_EQ(failing.wait(), 1);
  EXPECT_NE(failing.output().find("cannot reach the database"), std::string::npos);
  ServiceProcess first({});
  EXPECT_EQ(first.wait_ready(), "ready\n");
  ServiceProcess second({}, "", first.port);
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(second.output().find("cannot listen on 127.0.0.1:" + std::to_string(first.port)),
            std::string::npos);
}

/// As many clients as a gateway has to bear, which note whether they miss a message.
class Crowd {
 public:
  Crowd(Loop& loop, std::uint16_t port) : loop_(loop), clients_(kClients) {
    for (Client& client : clients_) {
      SocketClientConfig config;
      config.port = port;
      if (&client == &clients_[0]) config.receive_buffer_bytes = 4'096;
      client.socket = std::make_unique<SocketClient>(
          loop, config,
          SocketClient::Events{[this] { ++opened; },
                               [this, &client](std::string_view text) {
                                 const std::uint64_t number =
                                     std::strtoull(text.data() + 10, nullptr, 10);
                                 missed = missed || number != client.last + 1;
                                 client.last = number;
                                 ++received;
                               },
                               [this](std::uint16_t, unsigned) { ++closed; }});
    }
  }
  bool wait_open() {
    return loop_.run_until([this] { return opened == kClients; }, 6 * kPatienceNs);
  }
  /// Until all but the first have had `messages` each.
  bool wait_received(std::size_t messages) {
    return loop_.run_until([=, this] { return received >= messages * (kClients - 1); },
                           6 * kPatienceNs);
  }
  void stall_first() { clients_[0].socket->pause(); }

  std::size_t opened = 0, closed = 0, received = 0;
  bool missed = false;

 private:
  struct Client {
    std::unique_ptr<SocketClient> socket;
    std::uint64_t last = 0;
  };
  Loop& loop_;
  std::vector<Client> clients_;
};

// 2,000 clients, of which one reads nothing: it is cut, the others miss no message, and the server
// holds no more than its limits say.
TEST(ServiceTest, BearsTwoThousandSockets) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_GT(files.rlim_cur, kClients + 100) << "raise the limit of open files (ulimit -Hn)";
  ServiceProcess service({},
                         "[server.socket]\noutput_queue = \"64KiB\"\nsend_buffer = \"16KiB\"\n"
                         "stall_timeout = \"10min\"\n");  // full is what it is to be cut for
  ASSERT_EQ(service.wait_ready(), "ready\n");
  Loop loop;
  HttpClient control(loop, service.client());
  const long before_kib = service.resident_kib();
  Crowd crowd(loop, service.port);
  ASSERT_TRUE(crowd.wait_open()) << crowd.opened;
  const long open_kib = service.resident_kib();
  EXPECT_LT((open_kib - before_kib) / static_cast<long>(kClients), kMostKibPerSocket);
  crowd.stall_first();
  bool cut = false;
  std::size_t rounds = 0;
  while (!cut && rounds < 100) {
    ASSERT_EQ(ask(loop, control, {Method::Post, "/broadcast"}).response.status, 204u);
    ASSERT_TRUE(crowd.wait_received(++rounds)) << crowd.received;
    cut = ask(loop, control, {Method::Get, "/metrics"})
              .response.body.find("sockets_cut_slow_total 1\n") != std::string::npos;
  }
  EXPECT_TRUE(cut);
  EXPECT_GE(rounds, 8u) << "cut before its queue was full";
  EXPECT_FALSE(crowd.missed);
  EXPECT_EQ(crowd.closed, 0u) << "others were cut";
  EXPECT_LT((service.resident_kib() - before_kib) / static_cast<long>(kClients),
            kMostKibPerSocket);
  std::printf("%zu sockets: %ld KiB before, %ld open, %ld after %zu rounds of 8 KB\n", kClients,
              before_kib, open_kib, service.resident_kib(), rounds);
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace saker::web
