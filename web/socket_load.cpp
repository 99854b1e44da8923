// saker-socket-load: opens many WebSockets to a running gateway, subscribes, and tells what came:
// whether anybody missed a message (prev_sequence), was cut, or fell behind. Some clients may be
// told to read nothing, to see that they hurt nobody.
//
//   saker-socket-load --port 3000 --sockets 2000 --stalled 1 --seconds 30
//     --send '{"id":1,"method":"subscribe","params":{"channels":["book.KCN/EUR.none.20.100ms"]}}'
#include <sys/resource.h>

#include <cstdio>
#include <map>

#include "common/clock.hpp"
#include "common/command_line.hpp"
#include "web/json.hpp"
#include "web/socket.hpp"
#include "web/socket_client.hpp"

namespace saker::web {
namespace {

constexpr std::uint64_t kRetryNs = 1'000'000'000;
constexpr std::uint64_t kOpeningNs = 120'000'000'000;

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 3000;
  std::string target = "/ws";
  std::uint64_t sockets = 2'000;
  std::uint64_t stalled = 0;
  std::uint64_t seconds = 10;
  std::uint64_t at_once = 100;
  std::vector<std::string> send;
};

struct Totals {
  std::uint64_t opened = 0, messages = 0, bytes = 0, errors = 0, gaps = 0;
  std::uint64_t closed = 0, stalled_closed = 0;
};

class LoadClient {
 public:
  LoadClient(Loop& loop, const Options& options, Totals& totals, bool stalled)
      : loop_(loop), options_(options), totals_(totals), stalled_(stalled) {
    connect();
  }

  std::uint64_t messages() const { return messages_; }
  bool stalled() const { return stalled_; }

 private:
  void connect() {
    SocketClientConfig config;
    config.address = options_.address;
    config.port = options_.port;
    config.target = options_.target;
    if (stalled_) config.receive_buffer_bytes = 4'096;
    socket_ = std::make_unique<SocketClient>(
        loop_, config,
        SocketClient::Events{[this] { on_open(); },
                             [this](std::string_view text) { on_text(text); },
                             [this](std::uint16_t code, unsigned status) {
                               on_close(code, status);
                             }});
  }

  void on_open() {
    ++totals_.opened;
    for (const std::string& text : options_.send) socket_->send(text);
    if (stalled_) socket_->pause();
  }

  void on_text(std::string_view text) {
    ++messages_;
    ++totals_.messages;
    totals_.bytes += text.size();
    try {
      const Fields message = parse_json(text).object();
      if (message.has("error")) ++totals_.errors;
      if (const auto channel = message.text("channel")) check(*channel, message);
    } catch (const ApiError& error) {
      ++totals_.errors;
    }
  }

  /// A push names the one before it, or is a snapshot.
  void check(const std::string& channel, const Fields& message) {
    const Fields data = message.need_object("data");
    const auto sequence = data.integer("sequence", 0, INT64_MAX);
    if (!sequence) return;
    const auto previous = data.integer("prev_sequence", 0, INT64_MAX);
    const auto last = last_.find(channel);
    const bool begins = !previous && (last == last_.end() || data.boolean("snapshot"));
    if (!begins && (last == last_.end() || previous != last->second)) ++totals_.gaps;
    last_[channel] = *sequence;
  }

  void on_close(std::uint16_t code, unsigned status) {
    // The gateway's limit for one address, from which all of us come.
    if (status == 429) return loop_.after(kRetryNs, [this] { connect(); });
    if (stalled_) ++totals_.stalled_closed;
    else ++totals_.closed;
    if (totals_.closed + totals_.stalled_closed <= 5) {
      std::fprintf(stderr, "closed with %u (HTTP status %u)\n", code, status);
    }
  }

  Loop& loop_;
  const Options& options_;
  Totals& totals_;
  const bool stalled_;
  std::unique_ptr<SocketClient> socket_;
  std::map<std::string, std::int64_t> last_;
  std::uint64_t messages_ = 0;
};

/// As many file descriptors as the system gives us.
void raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int run(const Options& options) {
  raise_file_limit();
  Loop loop;
  Totals totals;
  std::vector<std::unique_ptr<LoadClient>> clients;
  const MonotonicClock clock;
  const TimeNs began_ns = clock.now_ns();
  while (clients.size() < options.sockets) {
    for (std::uint64_t i = 0; i < options.at_once && clients.size() < options.sockets; ++i) {
      clients.push_back(std::make_unique<LoadClient>(loop, options, totals,
                                                     clients.size() < options.stalled));
    }
    const std::size_t wanted = clients.size();
    const auto settled = [&] {
      return totals.opened + totals.closed + totals.stalled_closed >= wanted;
    };
    if (!loop.run_until(settled, kOpeningNs)) break;
  }
  const TimeNs opened_ns = clock.now_ns();
  loop.run_for(options.seconds * 1'000'000'000);
  std::uint64_t fewest = UINT64_MAX, most = 0;
  for (const auto& client : clients) {
    if (client->stalled()) continue;
    fewest = std::min(fewest, client->messages());
    most = std::max(most, client->messages());
  }
  Writer out;
  out.begin_object()
      .field("opened", totals.opened)
      .field("opening_ms", (opened_ns - began_ns) / 1'000'000)
      .field("seconds", options.seconds)
      .field("messages", totals.messages)
      .field("bytes", totals.bytes)
      .field("fewest_messages", clients.size() == options.stalled ? 0 : fewest)
      .field("most_messages", most)
      .field("gaps", totals.gaps)
      .field("errors", totals.errors)
      .field("closed", totals.closed)
      .field("stalled_closed", totals.stalled_closed)
      .end_object();
  std::printf("%s\n", out.text().c_str());
  const bool good = totals.opened == options.sockets && totals.gaps == 0 && totals.errors == 0 &&
                    totals.closed == 0;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace saker::web

int main(int argc, char** argv) {
  saker::web::Options options;
  saker::CommandLine app(
      "Many WebSockets to one gateway; exit status 0 when all was received by all.",
      "saker-socket-load");
  app.option("--address", options.address, "of the gateway").shown();
  app.option("--port", options.port, "of the gateway").shown();
  app.option("--target", options.target, "path of the WebSocket").shown();
  app.option("--sockets", options.sockets, "clients altogether").shown();
  app.option("--stalled", options.stalled, "of these, clients that read nothing").shown();
  app.option("--seconds", options.seconds, "to listen after all are open").shown();
  app.option("--at-once", options.at_once, "clients that open at one time")
      .range(1, 100'000).shown();
  app.option("--send", options.send, "text that each client sends first (repeatable)")
      .one_at_a_time();
  if (const auto code = app.parse(argc, argv)) return *code;
  return saker::web::run(options);
}
