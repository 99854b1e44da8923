#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "web/fuzz.hpp"
#include "web/fuzz_peer.hpp"
#include "web/http_connection.hpp"
#include "web/percent.hpp"

namespace saker::web {

namespace {

constexpr std::size_t kMostConnection = 2'048;
constexpr const char* kServiceToken = "0123456789abcdef0123456789abcdef";
const Identity kWho{7, 1'007, 99, 9'000'000'000};

/// The end of a WebSocket in a service.
class Ear : public SocketHandler {
 public:
  void on_open(std::shared_ptr<Socket> socket) override {
    SAKER_ASSERT(socket_ == nullptr && !closed_);
    socket_ = std::move(socket);
  }
  void on_text(std::string_view text) override {
    SAKER_ASSERT(socket_ != nullptr && !closed_ && is_utf8(text) && text.size() <= 200);
    socket_->send(std::string(text));
  }
  void on_close(std::uint16_t) override {
    SAKER_ASSERT(socket_ != nullptr && !closed_);
    closed_ = true;
    socket_.reset();
  }

 private:
  std::shared_ptr<Socket> socket_;
  bool closed_ = false;
};

/// A whole server but for its listening: routes of every access, a page, a WebSocket.
struct ServerRig {
  ServerRig() {
    char name[] = "/tmp/saker_server_fuzz.XXXXXX";
    folder = ::mkdtemp(name);
    std::filesystem::create_directory(folder + "/page");
    std::ofstream(folder + "/page/index.html") << "<p>page";
    std::ofstream(folder + "/page/a.js") << "1";
    ServerConfig config;
    config.max_header_bytes = 700;
    config.max_body_bytes = 256;
    config.socket.max_message_bytes = 200;
    config.socket.send_buffer_bytes = 0;
    impl = std::make_shared<Server::Impl>(loop, config, metrics);
    impl->service_token = kServiceToken;
    const TokenSigner signer(folder);
    token = signer.sign(kWho);
    impl->verifier = std::make_shared<TokenVerifier>(folder);
    StaticFilesConfig page;
    page.directory = folder + "/page";
    impl->files = std::make_unique<StaticFiles>(page);
    for (const Access access :
         {Access::Public, Access::Service, Access::User, Access::ServiceUser}) {
      const std::string word = access_word(access);
      const auto told_to = [this, access](const Request& request) {
        return handle(request, access);
      };
      impl->router.add({Method::Get, "/" + word, access, "get_" + word, told_to});
      impl->router.add({Method::Post, "/" + word + "/{id}", access, "post_" + word, told_to, 100});
    }
    impl->router.add({Method::Delete, "/public/{id}/x", Access::Public, "delete",
                      [this](const Request& request) { return handle(request, Access::Public); }});
    impl->router.add({Method::Get, "/ws", Access::Public, "ws", Handler()});
    impl->socket_routes.emplace(
        "ws", SocketRoute{"/ws", Access::Public, "ws",
                          [](const Request&) { return std::make_shared<Ear>(); }});
  }
  ~ServerRig() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  Response handle(const Request& request, Access access) {
    const bool user = access == Access::User || access == Access::ServiceUser;
    const bool service = access == Access::Service || access == Access::ServiceUser;
    SAKER_ASSERT(!user || (shows_token && request.identity() == kWho));
    SAKER_ASSERT(!service || shows_service);
    SAKER_ASSERT(!request.from_service() || shows_service);
    SAKER_ASSERT(request.body().size() <= 256 && is_utf8(request.path()));
    SAKER_ASSERT(request.from_service() || request.client_address() == "10.0.0.1");
    std::string line = std::string(method_word(request.method())) + ' ' + request.path();
    for (const auto& [name, value] : request.path_parameters_) line += ' ' + name + '=' + value;
    if (request.header("content-type") == "application/json") {
      for (const std::string& name : request.json().names()) line += ' ' + name;
    }
    for (const std::string& name : request.query().names()) line += ' ' + name;
    line += ' ' + std::string(request.cookie("a")) + ' ' + request.body();
    told.push_back(std::move(line));
    return json_response("{}").add_header("X-Handled", std::to_string(told.size()));
  }

  Loop loop;
  Metrics metrics{"fuzz"};
  std::string folder, token;
  std::shared_ptr<Server::Impl> impl;
  bool shows_token = false, shows_service = false;  // by the request under way
  std::vector<std::string> told;                    // what handlers were asked
};

ServerRig& server_rig() {
  static ServerRig rig;
  return rig;
}

/// Everything that the server says to `bytes`, which come in pieces of 1 to `most_piece`.
std::string serve_bytes(ServerRig& rig, const std::string& bytes, std::size_t most_piece) {
  int ends[2];
  SAKER_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  TcpSocket socket(rig.loop.impl().io.get_executor());
  socket.assign(tcp::v4(), ends[0]);
  socket.non_blocking(true);
  auto connection = std::make_shared<HttpConnection>(rig.impl, std::move(socket), "10.0.0.1");
  ++rig.impl->per_address["10.0.0.1"];
  rig.impl->connections.insert(connection);
  connection->start();
  connection.reset();
  std::uint32_t random = static_cast<std::uint32_t>(most_piece);
  for (std::size_t at = 0; at < bytes.size();) {
    random = random * 1'664'525 + 1'013'904'223;
    const std::size_t size =
        most_piece >= bytes.size() ? bytes.size() : 1 + (random >> 16) % most_piece;
    if (!put_piece(rig.loop, ends[1], std::string_view(bytes).substr(at, size))) break;
    at += size;
  }
  ::shutdown(ends[1], SHUT_WR);
  const auto over = [&rig] { return rig.impl->connections.empty() && rig.impl->sockets.empty(); };
  SAKER_ASSERT(rig.loop.run_until(over, kFuzzPatienceNs));
  std::string answers;
  char buffer[4'096];
  for (ssize_t got; (got = ::recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
    answers.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[1]);
  SAKER_ASSERT(rig.impl->per_address.empty());
  return answers;
}

std::size_t count_in(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) {
    ++found;
  }
  return found;
}

bool fill_in(std::string& text, const std::string& what, const std::string& by) {
  bool found = false;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
    found = true;
  }
  return found;
}

}  // namespace

void fuzz_server(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::size_t most_piece = input.byte() % 32 + 1;
  std::string bytes = input.text(kMostConnection);
  ServerRig& rig = server_rig();
  rig.shows_token = fill_in(bytes, "{T}", rig.token);
  rig.shows_service = fill_in(bytes, "{S}", kServiceToken);
  std::vector<std::string> told_at_once;
  for (const std::size_t most : {bytes.size() + 1, most_piece}) {
    rig.told.clear();
    const std::string answers = serve_bytes(rig, bytes, most);
    // Beast refuses an upgrade in the version of who asked.
    SAKER_ASSERT(answers.empty() || answers.starts_with("HTTP/1.1 ") ||
                 answers.starts_with("HTTP/1.0 400 "));
    SAKER_ASSERT(count_in(answers, "\r\nX-Handled: ") == rig.told.size());
    if (most > bytes.size()) told_at_once = rig.told;
  }
  SAKER_ASSERT(rig.told == told_at_once);
}

}  // namespace saker::web
